package main

import (
	"context"
	_ "embed"

	"surveyflow/internal/survey"
)

// importedSurvey is a survey as somebody takes it along from elsewhere.
//
//go:embed demo_survey.qsf
var importedSurvey []byte

// importSurvey makes a survey of a file, as the page for that does.
func (s *story) importSurvey(ctx context.Context) error {
	_, _, err := survey.Import(ctx, s.store, s.scene.admin, survey.ImportFile{Data: importedSurvey, FileName: "Roastery_visit.qsf"})
	return err
}
