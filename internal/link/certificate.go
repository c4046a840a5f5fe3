package link

// Patterns of client certificates: pages, files, and the API.
const (
	PatternSettingsCertificates         = "/settings/api/certificates"
	PatternSettingsCertificatesRequired = "/settings/api/certificates/required"
	PatternSettingsAuthority            = "/settings/api/certificates/authority.pem"
	PatternSettingsCertificateFile      = "/settings/api/certificates/:certificateID/certificate.pem"
	PatternSettingsCertificateRevoke    = "/settings/api/certificates/:certificateID/revoke"

	PatternAPICertificates = PatternAPIOrganization + "/clientcertificates"
	PatternAPICertificate  = PatternAPICertificates + "/:certificateId"
)

// SettingsCertificates returns the path of the page about client certificates (POST issues one).
func SettingsCertificates() string { return PatternSettingsCertificates }

// SettingsCertificatesRequired returns the path that says whether the API needs them (POST).
func SettingsCertificatesRequired() string { return PatternSettingsCertificatesRequired }

// SettingsAuthority returns the path of the certificate of the authority, a file.
func SettingsAuthority() string { return PatternSettingsAuthority }

// SettingsCertificateFile returns the path of a certificate, a file.
func SettingsCertificateFile(id string) string { return fill(PatternSettingsCertificateFile, id) }

// SettingsCertificateRevoke returns the path that revokes a certificate (POST).
func SettingsCertificateRevoke(id string) string { return fill(PatternSettingsCertificateRevoke, id) }
