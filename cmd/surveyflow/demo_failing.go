package main

import (
	"context"

	"surveyflow/models"
)

// makeNewsletter is a workflow that switched itself off in the end, and that events were refused for.
func (s *story) makeNewsletter(ctx context.Context) (*models.Workflow, error) {
	tasks, err := calls(namedCall{"Tell the newsletter", models.WebServiceConfig{
		Method: "POST", URL: s.address(s.scene.flaky, "/newsletter"), RatePerSecond: 5, Concurrency: 2,
	}})
	if err != nil {
		return nil, err
	}
	return s.workflow(ctx, "Tell the newsletter", where(pipeBags, models.OpGreaterThanOrEqual, "100"), tasks...)
}

// newsletterGone is what became of it: its receiver is gone, and its own call went round in circles before that.
func (s *story) newsletterGone(ctx context.Context) error {
	w := s.scene.off
	for range 3 {
		err := s.store.RecordRefusal(ctx, models.Refusal{OrgID: w.OrgID, WorkflowID: w.ID, Reason: models.RefusedDepth})
		if err != nil {
			return err
		}
	}
	err := s.store.RecordRefusal(ctx, models.Refusal{OrgID: w.OrgID, WorkflowID: w.ID, Reason: models.RefusedSize, Sample: models.RefusalSample{
		Method: "POST", URL: "/API/v3/surveys/" + *w.SurveyID + "/responses", Headers: []models.Header{{Name: "Content-Type", Value: "application/json"}},
		Body: `{"values": {"QID1": 9, "QID2_TEXT": "This went on and on …`, Cut: true,
	}})
	if err != nil {
		return err
	}
	return s.store.SwitchOff(ctx, w.ID, (&models.RunError{Key: "workflow.off.gone"}).Encode())
}
