package link

// Patterns of signing in by other ways than a password alone.
const (
	PatternSignInCode       = "/sign-in/code"
	PatternSignInService    = "/sign-in/service"
	PatternSignInReturn     = "/sign-in/service/return"
	PatternSettingsSecurity = "/settings/security"
	PatternSecurityFactor   = "/settings/security/second-factor"
	PatternSecurityService  = "/settings/security/service"
	PatternSecurityTest     = "/settings/security/service/test"
	PatternUserFactorOff    = "/settings/users/:userID/second-factor/delete"

	PatternSecondFactor         = "/account/second-factor"
	PatternSecondFactorStart    = "/account/second-factor/start"
	PatternSecondFactorOff      = "/account/second-factor/off"
	PatternSecondFactorRecovery = "/account/second-factor/recovery"
)

// SignInCode returns the path where somebody who signs in shows their second factor.
func SignInCode() string { return PatternSignInCode }

// SignInService returns the path that leads to the organisation's sign-in service (POST).
func SignInService() string { return PatternSignInService }

// SignInReturn returns the path to which the sign-in service leads back.
func SignInReturn() string { return PatternSignInReturn }

// SettingsSecurity returns the path of the page about how people sign in.
func SettingsSecurity() string { return PatternSettingsSecurity }

// SecurityFactor returns the path that says whether a second factor is required (POST).
func SecurityFactor() string { return PatternSecurityFactor }

// SecurityService returns the path that saves the sign-in service (POST).
func SecurityService() string { return PatternSecurityService }

// SecurityTest returns the path that tries the sign-in service (POST).
func SecurityTest() string { return PatternSecurityTest }

// UserFactorOff returns the path that takes somebody's second factor away (POST).
func UserFactorOff(userID string) string { return fill(PatternUserFactorOff, userID) }

// SecondFactor returns the path of one's own second factor (POST turns it on by a code).
func SecondFactor() string { return PatternSecondFactor }

// SecondFactorStart returns the path that makes a secret for an authenticator app (POST).
func SecondFactorStart() string { return PatternSecondFactorStart }

// SecondFactorOff returns the path that turns one's second factor off by a code (POST).
func SecondFactorOff() string { return PatternSecondFactorOff }

// SecondFactorRecovery returns the path that makes new recovery codes (POST).
func SecondFactorRecovery() string { return PatternSecondFactorRecovery }
