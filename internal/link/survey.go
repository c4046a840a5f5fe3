package link

// Surveys returns the path of the list of surveys (POST creates one).
func Surveys() string { return PatternSurveys }

// SurveyNew returns the path of the form for a new survey.
func SurveyNew() string { return PatternSurveyNew }

// SurveysImport returns the path of the form that makes a survey of a file (POST makes it).
func SurveysImport() string { return PatternSurveysImport }

// SurveyImported returns the path of the report about the file that a survey was made of.
func SurveyImported(surveyID string) string { return fill(PatternSurveyImported, surveyID) }

// SurveyFile returns the path of a survey as a QSF file.
func SurveyFile(surveyID string) string { return fill(PatternSurveyFile, surveyID) }

// Survey returns the path of a survey; it leads to its builder.
func Survey(surveyID string) string { return fill(PatternSurvey, surveyID) }

// SurveyBuild returns the path of a survey's builder.
func SurveyBuild(surveyID string) string { return fill(PatternSurveyBuild, surveyID) }

// SurveyPages returns the path of a survey's pages (POST adds one).
func SurveyPages(surveyID string) string { return fill(PatternSurveyPages, surveyID) }

// SurveyPage returns the path of one page of a survey (POST saves it).
func SurveyPage(surveyID, pageID string) string { return fill(PatternSurveyPage, surveyID, pageID) }

// SurveyPageMove returns the path that moves a page up or down (POST).
func SurveyPageMove(surveyID, pageID string) string {
	return fill(PatternSurveyPageMove, surveyID, pageID)
}

// SurveyPageDelete returns the path that removes a page (POST).
func SurveyPageDelete(surveyID, pageID string) string {
	return fill(PatternSurveyPageDelete, surveyID, pageID)
}

// Questions returns the path of a survey's questions (POST adds one).
func Questions(surveyID string) string { return fill(PatternQuestions, surveyID) }

// Question returns the path of one question in the builder (POST saves it).
func Question(surveyID, questionID string) string { return fill(PatternQuestion, surveyID, questionID) }

// QuestionMove returns the path that moves a question (POST).
func QuestionMove(surveyID, questionID string) string {
	return fill(PatternQuestionMove, surveyID, questionID)
}

// QuestionCopyTo returns the path of the form that copies a question to another survey (POST copies it).
func QuestionCopyTo(surveyID, questionID string) string {
	return fill(PatternQuestionCopyTo, surveyID, questionID)
}

// QuestionCopy returns the path that copies a question (POST).
func QuestionCopy(surveyID, questionID string) string {
	return fill(PatternQuestionCopy, surveyID, questionID)
}

// QuestionDelete returns the path that removes a question (POST).
func QuestionDelete(surveyID, questionID string) string {
	return fill(PatternQuestionDelete, surveyID, questionID)
}

// EmbeddedData returns the path of a survey's embedded data fields (POST saves them).
func EmbeddedData(surveyID string) string { return fill(PatternEmbeddedData, surveyID) }

// SurveyPutLive returns the path that publishes a survey's draft (POST).
func SurveyPutLive(surveyID string) string { return fill(PatternSurveyPutLive, surveyID) }

// SurveyClose returns the path that closes a survey (POST).
func SurveyClose(surveyID string) string { return fill(PatternSurveyClose, surveyID) }

// SurveyReopen returns the path that opens a closed survey again (POST).
func SurveyReopen(surveyID string) string { return fill(PatternSurveyReopen, surveyID) }

// SurveyDelete returns the path that deletes a survey (POST).
func SurveyDelete(surveyID string) string { return fill(PatternSurveyDelete, surveyID) }

// SurveySettings returns the path of a survey's settings (POST saves them).
func SurveySettings(surveyID string) string { return fill(PatternSurveySettings, surveyID) }

// SurveyPreview returns the path at which the draft of a survey is filled in as a respondent would (GET begins, POST goes on).
// Pages of the app may show it in a frame.
func SurveyPreview(surveyID string) string { return fill(PatternSurveyPreview, surveyID) }

// SurveyPreviewRun returns the path that runs the survey's live workflows as a test with the answers of a preview (POST).
func SurveyPreviewRun(surveyID string) string { return fill(PatternSurveyPreviewRun, surveyID) }

// Responses returns the path of the list of a survey's responses.
func Responses(surveyID string) string { return fill(PatternResponses, surveyID) }

// Response returns the path of one response.
func Response(surveyID, responseID string) string { return fill(PatternResponse, surveyID, responseID) }

// ResponseDelete returns the path that deletes a response (POST).
func ResponseDelete(surveyID, responseID string) string {
	return fill(PatternResponseDelete, surveyID, responseID)
}

// SurveyWorkflows returns the path of the workflows of a survey.
func SurveyWorkflows(surveyID string) string { return fill(PatternSurveyWorkflows, surveyID) }

// SurveyCollectors returns the path of the collectors of a survey (POST adds one).
func SurveyCollectors(surveyID string) string { return fill(PatternSurveyCollectors, surveyID) }

// CollectorClose returns the path that closes a collector (POST).
func CollectorClose(surveyID, collectorID string) string {
	return fill(PatternCollectorClose, surveyID, collectorID)
}

// CollectorReopen returns the path that opens a collector again (POST).
func CollectorReopen(surveyID, collectorID string) string {
	return fill(PatternCollectorReopen, surveyID, collectorID)
}

// SurveyReports returns the path of the results of a survey.
func SurveyReports(surveyID string) string { return fill(PatternSurveyReports, surveyID) }

// SurveyReportDetails returns the path of the detailed report of a survey: one row a response.
func SurveyReportDetails(surveyID string) string { return fill(PatternSurveyReportDetails, surveyID) }

// SurveyReportExport returns the path at which the responses of a survey are saved as a file (POST makes it).
func SurveyReportExport(surveyID string) string { return fill(PatternSurveyReportExport, surveyID) }

// SurveyReportTexts returns the path of all texts that were written to a question.
func SurveyReportTexts(surveyID, questionID string) string {
	return fill(PatternSurveyReportTexts, surveyID, questionID)
}
