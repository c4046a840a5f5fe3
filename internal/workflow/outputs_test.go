package workflow_test

import (
	"encoding/json"
	"strings"
	"testing"

	"surveyflow/internal/outbound"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/task"
	"surveyflow/internal/task/webservice"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

func TestOutputs_are_found_by_name_by_path_and_within_results(t *testing.T) {
	t.Parallel()
	v := &workflow.Values{
		Snapshot: &models.Snapshot{},
		Outputs: map[string]map[string]json.RawMessage{
			"OCAC_1": {"ticketId": json.RawMessage("12345678901234567890"), "gone": json.RawMessage("null"), "$.tags": json.RawMessage(`["a"]`)},
			"OCAC_2": {"result": json.RawMessage(`{"list":[1,{"x":"y"}]}`), "JSON Request": json.RawMessage(`"z"`)},
		},
		Names: workflow.OutputNames{"OCAC_1": {"$.ticket.id": "ticketId"}},
	}
	for ref, want := range map[string]string{
		"OCAC_1/ticketId": "12345678901234567890", "OCAC_1/$.ticket.id": "12345678901234567890", "OCAC_1/$.tags": `["a"]`, "OCAC_1/gone": "", "OCAC_1/other": "",
		"OCAC_2/result": `{"list":[1,{"x":"y"}]}`, "OCAC_2/$.result.list[1].x": "y", "OCAC_2/$.result.list[*]": `[1,{"x":"y"}]`, `OCAC_2/$["JSON Request"]`: "z",
		"OCAC_2/$.": "", "OCAC_3/$.a": "",
	} {
		id, path, _ := strings.Cut(ref, "/")
		if got := v.Value(pipedtext.Ref{Scheme: "ch", Name: id, Path: path}).String(); got != want {
			t.Errorf("~{ch://%s} is %q; want %q", ref, got, want)
		}
	}
}

func TestCheck_finds_outputs_that_are_always_empty(t *testing.T) {
	t.Parallel()
	types := task.NewRegistry(webservice.New(outbound.New(outbound.Options{Version: "test"}), nil))
	first := models.TaskSpec{
		ID: "OCAC_000000000000001", Type: models.TaskWebService, OnFailure: models.FailureContinue,
		Config: []byte(`{"method":"GET","url":"https://example.com/","outputs":[{"name":"id","path":"$.ticket.id"},{"name":"n","path":"count(//x)"}]}`),
	}
	for path, want := range map[string]string{
		"id": "", "$.ticket.id": "", "$.other": "", "//x": "", "count(//x)": "", "ID": "workflow.error.unknown_output", "$.": "workflow.error.output_path",
	} {
		second := models.TaskSpec{
			ID: "OCAC_000000000000002", Type: models.TaskWebService, OnFailure: models.FailureContinue,
			Config: []byte(`{"method":"GET","url":"https://example.com/?x=~{ch://OCAC_000000000000001/` + path + `}"}`),
		}
		err := workflow.Check(types, &models.WorkflowDefinition{Event: models.EventSpec{Type: models.EventSurveyResponse}, Tasks: []models.TaskSpec{first, second}}, nil)
		got := ""
		if e, ok := err.(*models.Error); ok { //nolint:errorlint // Check promises it
			got = e.Fields[0].Key
		}
		if got != want {
			t.Errorf("%s: %v; want %q", path, err, want)
		}
	}
}
