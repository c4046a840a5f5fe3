package task_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"surveyflow/internal/clock"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// repeating is a task, such as a script, that knows nothing of secrets and repeats what it gets.
type repeating struct{ result task.Result }

func (repeating) Refs() []pipedtext.Ref { return nil }
func (repeating) Host() string          { return "" }

func (r repeating) Run(context.Context, task.Input) task.Outcome {
	const said = "the s3cret-of-an-earlier-answer"
	return task.Outcome{
		Result: r.result, Error: &models.RunError{Key: "run.error.code_exception", Args: map[string]any{"Message": said}, Detail: said},
		Exchange: &models.Exchange{Script: &models.ScriptRecord{Console: said, Inputs: json.RawMessage(`{"a":"` + said + `"}`)}},
		Outputs:  map[string]json.RawMessage{"a": json.RawMessage(`"` + said + `"`), "b": json.RawMessage(`7`)},
	}
}

func TestExec_masks_what_earlier_answers_repeated_whatever_the_type(t *testing.T) {
	t.Parallel()
	in := task.Input{Secrets: []models.Secret{{Value: "s3cret-of-an-earlier-answer", Hosts: []string{"api.example.com"}}, {Value: "another-secret"}}}
	out, a := task.Exec(t.Context(), clock.System{}, slog.New(slog.DiscardHandler), repeating{task.Done}, in)
	for what, text := range map[string]string{"exchange": *a.Exchange, "error": *a.Error, "outputs": *a.Outputs, "error of the run": fmt.Sprint(out.Error)} {
		if strings.Contains(text, "s3cret") || !strings.Contains(text, task.Masked) {
			t.Errorf("%s: %s", what, text)
		}
	}
	if a.Full == nil || !strings.Contains(string(a.Full.Outputs), "s3cret") || len(a.Full.Secrets) != 1 || a.Full.Secrets[0].Hosts[0] != "api.example.com" {
		t.Errorf("to be sealed: %+v", a.Full)
	}
	if _, a := task.Exec(t.Context(), clock.System{}, slog.New(slog.DiscardHandler), repeating{task.Done}, task.Input{}); a.Full != nil || !strings.Contains(*a.Outputs, "s3cret") {
		t.Errorf("without a secret: %+v", a)
	}
}
