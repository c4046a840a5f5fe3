package link

// Patterns of the settings about people, and of what lets people in.
const (
	PatternSettingsAudit     = "/settings/audit"
	PatternSettingsAuditFile = "/settings/audit/audit-log.csv"

	PatternSettingsUsers           = "/settings/users"
	PatternSettingsInvites         = "/settings/users/invite"
	PatternSettingsServices        = "/settings/users/service"
	PatternSettingsUserToken       = "/settings/users/:userID/token"
	PatternSettingsInviteDelete    = "/settings/invitations/:inviteID/delete"
	PatternSettingsUser            = "/settings/users/:userID"
	PatternSettingsUserRole        = "/settings/users/:userID/role"
	PatternSettingsUserReset       = "/settings/users/:userID/reset-link"
	PatternSettingsUserDisable     = "/settings/users/:userID/disable"
	PatternSettingsUserEnable      = "/settings/users/:userID/enable"
	PatternSettingsUserTakeOver    = "/settings/users/:userID/take-over"
	PatternSettingsUserForget      = "/settings/users/:userID/forget"
	PatternSettingsUserTokenDelete = "/settings/users/:userID/tokens/:tokenID/delete"

	PatternAccountSessionDelete = "/account/sessions/:sessionID/delete"
	PatternSurveyShare          = "/surveys/:surveyID/share"
	PatternSurveyQuotas         = "/surveys/:surveyID/quotas"
	PatternSurveyQuota          = "/surveys/:surveyID/quotas/:quotaID"
	PatternSurveyUnshare        = "/surveys/:surveyID/share/:userID/delete"
)

// SettingsAudit returns the path of the audit log (POST saves how long it is kept).
func SettingsAudit() string { return PatternSettingsAudit }

// SettingsAuditFile returns the path of the audit log as a file.
func SettingsAuditFile() string { return PatternSettingsAuditFile }

// SettingsUsers returns the path of the list of people.
func SettingsUsers() string { return PatternSettingsUsers }

// SettingsInvites returns the path that makes an invitation (POST).
func SettingsInvites() string { return PatternSettingsInvites }

// SettingsServices returns the path that makes a service account (POST).
func SettingsServices() string { return PatternSettingsServices }

// SettingsUserToken returns the path that makes a service account a new token (POST).
func SettingsUserToken(userID string) string { return fill(PatternSettingsUserToken, userID) }

// SettingsInviteDelete returns the path that takes an invitation back (POST).
func SettingsInviteDelete(inviteID string) string {
	return fill(PatternSettingsInviteDelete, inviteID)
}

// SettingsUser returns the path of a person's page for brand admins.
func SettingsUser(userID string) string { return fill(PatternSettingsUser, userID) }

// SettingsUserRole returns the path that changes a person's role (POST).
func SettingsUserRole(userID string) string { return fill(PatternSettingsUserRole, userID) }

// SettingsUserReset returns the path that makes a link for a new password (POST).
func SettingsUserReset(userID string) string { return fill(PatternSettingsUserReset, userID) }

// SettingsUserDisable returns the path that takes a person's access away (POST).
func SettingsUserDisable(userID string) string { return fill(PatternSettingsUserDisable, userID) }

// SettingsUserEnable returns the path that gives a person access again (POST).
func SettingsUserEnable(userID string) string { return fill(PatternSettingsUserEnable, userID) }

// SettingsUserTakeOver returns the path that takes over what belongs to a disabled person (POST).
func SettingsUserTakeOver(userID string) string { return fill(PatternSettingsUserTakeOver, userID) }

// SettingsUserForget returns the path that removes a disabled person's data (POST).
func SettingsUserForget(userID string) string { return fill(PatternSettingsUserForget, userID) }

// SettingsUserTokenDelete returns the path that revokes a person's API token (POST).
func SettingsUserTokenDelete(userID, tokenID string) string {
	return fill(PatternSettingsUserTokenDelete, userID, tokenID)
}

// AccountSessionDelete returns the path that signs one of the user's browsers out (POST).
func AccountSessionDelete(sessionID string) string {
	return fill(PatternAccountSessionDelete, sessionID)
}

// NewQuota is the id of a quota that is still to be made.
const NewQuota = "new"

// SurveyQuota returns the path of the form of one quota, or of [NewQuota].
func SurveyQuota(surveyID, id string) string { return fill(PatternSurveyQuota, surveyID, id) }

// SurveyQuotas returns the path of a survey's quotas.
func SurveyQuotas(surveyID string) string { return fill(PatternSurveyQuotas, surveyID) }

// SurveyShare returns the path that shares a survey with a person (POST).
func SurveyShare(surveyID string) string { return fill(PatternSurveyShare, surveyID) }

// SurveyUnshare returns the path that takes a share back (POST).
func SurveyUnshare(surveyID, userID string) string {
	return fill(PatternSurveyUnshare, surveyID, userID)
}
