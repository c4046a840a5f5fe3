package link

// Home returns the path of the first page after signing in.
func Home() string { return PatternHome }

// SignIn returns the path of the sign-in page.
func SignIn() string { return PatternSignIn }

// SignOut returns the path that ends the session (POST).
func SignOut() string { return PatternSignOut }

// SetUp returns the path of the page that makes the organisation of an empty instance.
func SetUp() string { return PatternSetUp }

// Theme returns the path that keeps the chosen theme in a cookie (POST theme=light|dark|system).
func Theme() string { return PatternTheme }

// Account returns the path of the signed-in user's own page.
func Account() string { return PatternAccount }

// AccountPreferences returns the path that saves name, language and time zone (POST).
func AccountPreferences() string { return PatternAccountPreferences }

// AccountPassword returns the path that changes the password (POST).
func AccountPassword() string { return PatternAccountPassword }

// AccountTokens returns the path of the user's API tokens (POST makes one).
func AccountTokens() string { return PatternAccountTokens }

// AccountToken returns the path of one of the user's API tokens (POST saves its limits).
func AccountToken(tokenID string) string { return fill(PatternAccountToken, tokenID) }

// AccountTokenDelete returns the path that revokes a token (POST).
func AccountTokenDelete(tokenID string) string { return fill(PatternAccountTokenDelete, tokenID) }

// AccountSessions returns the path that signs the user's other browsers out (POST).
func AccountSessions() string { return PatternAccountSessions }
