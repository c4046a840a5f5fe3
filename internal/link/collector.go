package link

// Patterns of the pages of collectors.
const (
	PatternCollectorNew        = "/surveys/:surveyID/collectors/new"
	PatternCollector           = "/surveys/:surveyID/collectors/:collectorID"
	PatternCollectorDelete     = "/surveys/:surveyID/collectors/:collectorID/delete"
	PatternCollectorCode       = "/surveys/:surveyID/collectors/:collectorID/qr/:format" // svg or png
	PatternCollectorMessages   = "/surveys/:surveyID/collectors/:collectorID/messages"
	PatternCollectorLook       = "/surveys/:surveyID/collectors/:collectorID/messages/look"
	PatternCollectorTry        = "/surveys/:surveyID/collectors/:collectorID/messages/try"
	PatternInvitations         = "/surveys/:surveyID/collectors/:collectorID/invitations"
	PatternInvitationsRemind   = "/surveys/:surveyID/collectors/:collectorID/invitations/remind"
	PatternInvitationResend    = "/surveys/:surveyID/collectors/:collectorID/invitations/:invitationID/resend"
	PatternSettingsInvitations = "/settings/invitations"
	PatternSurveyFrequency     = "/surveys/:surveyID/settings/frequency"
)

// CollectorNew returns the path of the form for a new collector; its type is "link" or "email".
func CollectorNew(surveyID, kind string) string {
	return With(fill(PatternCollectorNew, surveyID), "type", kind)
}

// Collector returns the path of a collector's settings (POST saves them).
func Collector(surveyID, collectorID string) string {
	return fill(PatternCollector, surveyID, collectorID)
}

// CollectorDelete returns the path that says what deleting a collector breaks (POST deletes it).
func CollectorDelete(surveyID, collectorID string) string {
	return fill(PatternCollectorDelete, surveyID, collectorID)
}

// CollectorCode returns the path of the QR code of a collector's link, as "svg" or "png".
func CollectorCode(surveyID, collectorID, format string) string {
	return fill(PatternCollectorCode, surveyID, collectorID, format)
}

// CollectorMessages returns the path of the texts of a collector's mails (POST saves them).
func CollectorMessages(surveyID, collectorID string) string {
	return fill(PatternCollectorMessages, surveyID, collectorID)
}

// CollectorLook returns the path that shows what a mail would look like (POST).
func CollectorLook(surveyID, collectorID string) string {
	return fill(PatternCollectorLook, surveyID, collectorID)
}

// CollectorTry returns the path that sends who asks a mail as an example (POST).
func CollectorTry(surveyID, collectorID string) string {
	return fill(PatternCollectorTry, surveyID, collectorID)
}

// Invitations returns the path of the invitations of a collector.
func Invitations(surveyID, collectorID string) string {
	return fill(PatternInvitations, surveyID, collectorID)
}

// InvitationsRemind returns the path that reminds who has not answered (POST).
func InvitationsRemind(surveyID, collectorID string) string {
	return fill(PatternInvitationsRemind, surveyID, collectorID)
}

// InvitationResend returns the path that has a mail of an invitation sent once more (POST).
func InvitationResend(surveyID, collectorID, id string) string {
	return fill(PatternInvitationResend, surveyID, collectorID, id)
}

// SettingsInvitations returns the path of how often the organisation asks one person (POST saves it).
func SettingsInvitations() string { return PatternSettingsInvitations }

// SurveyFrequency returns the path that says how often one person is asked about a survey (POST).
func SurveyFrequency(surveyID string) string { return fill(PatternSurveyFrequency, surveyID) }

// Personal returns the path of a personal link: the collector's, with the response key and its unguessable part.
func Personal(slug, crk, token string) string { return With(Respond(slug), "crk", crk, "t", token) }

// Personal returns the address of a personal link.
func (b Base) Personal(slug, crk, token string) string { return b.public + Personal(slug, crk, token) }

// Unsubscribe returns the path where the person of an invitation takes themselves out (POST does it; RFC 8058).
func Unsubscribe(invitationID, token string) string {
	return fill(PatternUnsubscribe, invitationID, token)
}

// Unsubscribe returns the address where the person of an invitation takes themselves out.
func (b Base) Unsubscribe(invitationID, token string) string {
	return b.public + Unsubscribe(invitationID, token)
}

// Patterns of the API of collectors.
const (
	PatternAPICollectors = APIPrefix + "/surveys/:surveyId/collectors"
	PatternAPICollector  = APIPrefix + "/surveys/:surveyId/collectors/:collectorId"
)
