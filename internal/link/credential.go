package link

// Credentials returns the path of the list of credentials (POST makes one).
func Credentials() string { return PatternCredentials }

// CredentialNew returns the path of the form for a new credential.
func CredentialNew() string { return PatternCredentialNew }

// Credential returns the path of one credential (POST saves it).
func Credential(credentialID string) string { return fill(PatternCredential, credentialID) }

// CredentialConnect returns the path that begins the way to a credential's provider (POST).
func CredentialConnect(credentialID string) string {
	return fill(PatternCredentialConnect, credentialID)
}

// CredentialHandshake returns the path that tries a credential's client certificate (POST).
func CredentialHandshake(credentialID string) string {
	return fill(PatternCredentialHandshake, credentialID)
}

// CredentialDelete returns the path that removes a credential (POST).
func CredentialDelete(credentialID string) string { return fill(PatternCredentialDelete, credentialID) }

// OAuthRedirect returns the path that OAuth providers lead back to (contract §3).
func OAuthRedirect() string { return PatternOAuthRedirect }

// SecurityDomains returns the path that saves the only domains that workflows may call (POST).
func SecurityDomains() string { return PatternSecurityDomains }
