package link

// Patterns of the pages around a survey's draft: its versions, the check before it goes live, templates.
const (
	PatternSurveyTemplate       = "/surveys/templates/:name"
	PatternSurveysBulk          = "/surveys/bulk"
	PatternSurveyCopy           = "/surveys/:surveyID/copy"
	PatternSurveyCheck          = "/surveys/:surveyID/check"
	PatternSurveyLook           = "/surveys/:surveyID/look"
	PatternSurveyVersions       = "/surveys/:surveyID/versions"
	PatternSurveyVersion        = "/surveys/:surveyID/versions/:version"
	PatternSurveyVersionRestore = "/surveys/:surveyID/versions/:version/restore"
	PatternSurveyPutBack        = "/surveys/:surveyID/removed/:removalID"
	PatternSurveyPageCopy       = "/surveys/:surveyID/pages/:pageID/copy"
	PatternSurveyTranslations   = "/surveys/:surveyID/translations"
	PatternSurveyTranslation    = "/surveys/:surveyID/translations/:language"
	PatternSurveyLabels         = "/surveys/:surveyID/data-labels"
	PatternSurveyLabelsFill     = "/surveys/:surveyID/data-labels/fill"
	PatternSurveyLabelsPaste    = "/surveys/:surveyID/data-labels/paste"
	PatternSurveyLabelsReset    = "/surveys/:surveyID/data-labels/reset"
)

// SurveyTemplate returns the path of a template to look at.
func SurveyTemplate(name string) string { return fill(PatternSurveyTemplate, name) }

// SurveysBulk returns the path that does something with several surveys.
func SurveysBulk() string { return PatternSurveysBulk }

// SurveyCopy returns the path that copies a survey.
func SurveyCopy(surveyID string) string { return fill(PatternSurveyCopy, surveyID) }

// SurveyCheck returns the path of what is to be known before a survey goes live.
func SurveyCheck(surveyID string) string { return fill(PatternSurveyCheck, surveyID) }

// SurveyVersions returns the path of the list of a survey's versions.
func SurveyVersions(surveyID string) string { return fill(PatternSurveyVersions, surveyID) }

// SurveyVersion returns the path of one version of a survey.
func SurveyVersion(surveyID, version string) string {
	return fill(PatternSurveyVersion, surveyID, version)
}

// SurveyVersionRestore returns the path that makes a version the draft again.
func SurveyVersionRestore(surveyID, version string) string {
	return fill(PatternSurveyVersionRestore, surveyID, version)
}

// SurveyPutBack returns the path that puts back what was removed from a survey.
func SurveyPutBack(surveyID, removalID string) string {
	return fill(PatternSurveyPutBack, surveyID, removalID)
}

// SurveyPageCopy returns the path that copies a page of a survey.
func SurveyPageCopy(surveyID, pageID string) string {
	return fill(PatternSurveyPageCopy, surveyID, pageID)
}

// SurveyLook returns the path of the draft as it looks on a device.
func SurveyLook(surveyID string) string { return fill(PatternSurveyLook, surveyID) }

// SurveyTranslations returns the path of a survey's languages (POST adds one or takes one out).
func SurveyTranslations(surveyID string) string { return fill(PatternSurveyTranslations, surveyID) }

// SurveyTranslation returns the path of a survey's texts in a language (POST saves one).
func SurveyTranslation(surveyID, language string) string {
	return fill(PatternSurveyTranslation, surveyID, language)
}

// SurveyLabels returns the path of a survey's data labels (POST saves one).
func SurveyLabels(surveyID string) string { return fill(PatternSurveyLabels, surveyID) }

// SurveyLabelsFill returns the path that makes data labels from the texts of questions (POST).
func SurveyLabelsFill(surveyID string) string { return fill(PatternSurveyLabelsFill, surveyID) }

// SurveyLabelsPaste returns the path that takes a column of data labels (POST).
func SurveyLabelsPaste(surveyID string) string { return fill(PatternSurveyLabelsPaste, surveyID) }

// SurveyLabelsReset returns the path that makes all data labels automatic again (POST).
func SurveyLabelsReset(surveyID string) string { return fill(PatternSurveyLabelsReset, surveyID) }
