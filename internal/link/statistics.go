package link

// Patterns of the statistics of surveys.
const (
	PatternStatistics          = "/statistics"
	PatternSurveyStatistics    = "/statistics/:surveyID"
	PatternSurveyDistributions = "/statistics/:surveyID/distributions"
	PatternSurveySubscription  = "/statistics/:surveyID/subscription"
)

// Statistics returns the path of the list of open surveys.
func Statistics() string { return PatternStatistics }

// SurveyStatistics returns the path of the results of a survey, among the statistics.
func SurveyStatistics(surveyID string) string { return fill(PatternSurveyStatistics, surveyID) }

// SurveyDistributions returns the path of what became of the invitations to a survey.
func SurveyDistributions(surveyID string) string { return fill(PatternSurveyDistributions, surveyID) }

// SurveySubscription returns the path that subscribes to the statistics of a survey, or ends that.
func SurveySubscription(surveyID string) string { return fill(PatternSurveySubscription, surveyID) }

// Patterns of what people choose to be told of surveys. Who was invited to one need not see it otherwise, so that its parameter asks for no
// access.
const (
	PatternNotices       = "/account/notices"
	PatternSurveyNotices = "/account/notices/:sentID"
)

// Notices returns the path where people choose what they are told of surveys.
func Notices() string { return PatternNotices }

// SurveyNotices returns the path where people choose what they are told of one survey.
func SurveyNotices(surveyID string) string { return fill(PatternSurveyNotices, surveyID) }
