package link

// Patterns of the surveys that were sent to whoever is signed in.
const (
	PatternMySurveys = "/my-surveys"
	PatternMySurvey  = "/my-surveys/:invitationID"
)

// MySurveys returns the path of the surveys that were sent to whoever is signed in.
func MySurveys() string { return PatternMySurveys }

// MySurvey returns the path of one survey that was sent to whoever is signed in.
func MySurvey(invitationID string) string { return fill(PatternMySurvey, invitationID) }
