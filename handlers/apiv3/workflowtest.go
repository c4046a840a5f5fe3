package apiv3

import (
	"bytes"
	"encoding/json"
	"strings"

	"surveyflow/internal/trigger"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// workflowTest is the body of POST /workflows/{workflowId}/test: a response that is there, or an event that did not
// happen.
type workflowTest struct {
	ResponseID string          `json:"responseId"`
	Event      json.RawMessage `json:"event"`
}

// testEvent is an event of a test: its values are those of POST /surveys/{surveyId}/responses.
type testEvent struct {
	Type   models.EventType           `json:"type"`
	Values map[string]json.RawMessage `json:"values"`
}

// testWorkflow runs the live version on a response or an event, and answers the run as it was scheduled.
func (a *API) testWorkflow(c *call) (any, error) {
	ctx := c.Request().Context()
	var in workflowTest
	if err := c.body(&in); err != nil {
		return nil, err
	}
	w, err := a.workflowOf(c)
	if err != nil {
		return nil, err
	}
	test := workflow.Test{WorkflowID: w.ID, ResponseID: models.CleanText(in.ResponseID)}
	given := len(in.Event) > 0 && string(in.Event) != "null"
	switch {
	case given && in.ResponseID != "":
		return nil, invalid("event", "api.error.test_both")
	case given && w.EventType != models.EventSurveyResponse:
		if len(in.Event) > models.EventBodyLimit {
			return nil, invalid("event", "event.error.body_too_large", "KB", models.EventBodyLimit>>10)
		}
		if test.Payload, err = trigger.Parse(in.Event); err != nil {
			return nil, invalid("event", "event.error.body_object")
		}
	case w.EventType != models.EventSurveyResponse:
		return nil, invalid("event", "api.error.test_needs_event")
	case given:
		if err := a.composeTest(c, w, in.Event, &test); err != nil {
			return nil, err
		}
	case in.ResponseID == "":
		return nil, invalid("responseId", "api.error.test_response")
	}
	run, err := workflow.TestRun(ctx, a.store, a.clock, c.actor, test)
	if err != nil {
		return nil, missing(err, "api.error.no_response")
	}
	return a.runBody(c, run.ID)
}

// composeTest makes the response that a test's event is about.
func (a *API) composeTest(c *call, w *models.Workflow, event json.RawMessage, test *workflow.Test) error {
	var in testEvent
	d := json.NewDecoder(bytes.NewReader(event))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return invalid("event", "api.error.test_event", "Type", string(w.EventType))
	}
	if in.Type == "" {
		in.Type = w.EventType
	}
	if in.Type != w.EventType || w.EventType != models.EventSurveyResponse {
		return invalid("event.type", "api.error.test_event", "Type", string(w.EventType))
	}
	if w.SurveyID == nil {
		return models.Conflict("workflow.error.no_survey", nil)
	}
	r, def, err := a.surveys.Compose(c.Request().Context(), *w.SurveyID, in.Values)
	if e, ok := err.(*models.Error); ok && len(e.Fields) > 0 { //nolint:errorlint // Compose promises this type
		fields := make([]models.FieldError, len(e.Fields))
		for i, f := range e.Fields {
			if strings.HasPrefix(f.Field, "values") {
				f.Field = "event." + f.Field
			}
			fields[i] = f
		}
		return models.Invalid(fields...)
	}
	if err != nil {
		return err
	}
	test.Response, test.Definition = r, def
	return nil
}
