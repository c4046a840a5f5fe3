package handlers

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"surveyflow/models"
	"surveyflow/views/workflowpages"
)

// taskFields fills in the form of a web service task as its page does.
func taskFields(p workflowpages.TaskProps) url.Values {
	form := url.Values{
		"summary": {p.Spec.Summary}, "onFailure": {string(p.Spec.OnFailure)}, "retry": {p.Retry}, "retry.delays": {p.Delays},
		"config.method": {p.Web.Method}, "config.url": {p.Web.URL}, "config.timeoutSeconds": {p.Web.Timeout},
		"config.ratePerSecond": {p.Web.Limits.Rate}, "config.concurrency": {p.Web.Limits.Concurrency},
		"config.body.format": {string(p.Web.Format)}, "config.body.mode": {string(p.Web.Mode)}, "config.body.text": {p.Web.Text},
	}
	for i, h := range p.Web.Headers {
		name := "config.headers[" + string(rune('0'+2*i)) + "]" // with gaps, as removed rows leave them
		form.Set(name+".key", h.Key)
		form.Set(name+".value", h.Value)
	}
	for i, pair := range p.Web.Pairs {
		name := "config.body.pairs[" + string(rune('0'+2*i)) + "]"
		form.Set(name+".key", pair.Key)
		form.Set(name+".value", pair.Value)
		form.Set(name+".dataType", string(pair.DataType))
		form.Set(name+".onCastFailure", string(pair.OnCastFailure))
	}
	return form
}

const fullConfig = `{"credentialId":"CR_1","future":{"kept":[1]},"method":"PUT","url":"https://x.example/${e://Field/a}","headers":[{"key":"X-A","value":"1"},{"key":"X-B","value":"${m://Email}"}],
	"body":{"format":"json","mode":"keyValue","pairs":[{"key":"a","value":"1","dataType":"number","onCastFailure":"systemDefault"},{"key":"b","value":" as typed ","dataType":"string","onCastFailure":"error"}]},
	"outputs":[{"name":"id","path":"$.id"}],"timeoutSeconds":7,"ratePerSecond":0.5,"concurrency":4}`

func TestATaskComesBackFromItsForm(t *testing.T) {
	t.Parallel()
	condition := &models.Condition{Left: "x", Operator: models.OpEmpty}
	for name, spec := range map[string]models.TaskSpec{
		"pairs":      {Config: json.RawMessage(fullConfig), Retry: &models.RetrySpec{Delays: []string{"PT5S", "PT1M", "PT2H", "P1D"}}, OnFailure: models.FailureStop},
		"no retry":   {Config: json.RawMessage(fullConfig), Retry: &models.RetrySpec{Delays: []string{}}, OnFailure: models.FailureContinue},
		"plain text": {Config: json.RawMessage(`{"method":"POST","url":"","body":{"format":"plainText","mode":"freeText","text":"Hi\n<b>"}}`), OnFailure: models.FailureContinue},
		"left out":   {Config: json.RawMessage(`{"method":"POST","url":"https://x.example","ratePerSecond":2,"body":{"format":"json","mode":"keyValue","pairs":[{"key":"a","value":"1"}]}}`), OnFailure: models.FailureContinue},
		"no body":    {Config: json.RawMessage(`{"method":"GET","url":"https://x.example"}`), OnFailure: models.FailureContinue},
	} {
		spec.ID, spec.Type, spec.Summary, spec.Condition = "OCAC_1", models.TaskWebService, "Tell <them>", condition
		got, errs := readTask(taskFields(taskProps(spec)), spec, "")
		if len(errs) > 0 {
			t.Errorf("%s: %v", name, errs)
		}
		if !sameJSON(spec, got) {
			t.Errorf("%s changed on the way:\n%s", name, cmp.Diff(canonicalJSON(spec), canonicalJSON(got)))
		}
	}
}

func TestLimitsOfAReceiverAreReadFromTheForm(t *testing.T) {
	t.Parallel()
	for _, kind := range []models.TaskType{models.TaskWebService, models.TaskOutboundWebhook} {
		old := models.TaskSpec{ID: "OCAC_1", Type: kind, Config: json.RawMessage(`{"url":"https://x.example","ratePerSecond":2,"concurrency":3}`)}
		for _, c := range []struct {
			name  string
			typed url.Values
			want  workflowpages.LimitsForm
			wrong string
		}{
			{"a form without the fields keeps them", url.Values{}, workflowpages.LimitsForm{Rate: "2", Concurrency: "3"}, ""},
			{"numbers", url.Values{"config.ratePerSecond": {" 0,25 "}, "config.concurrency": {"16"}}, workflowpages.LimitsForm{Rate: "0.25", Concurrency: "16"}, ""},
			{"nothing", url.Values{"config.ratePerSecond": {""}, "config.concurrency": {" "}}, workflowpages.LimitsForm{}, ""},
			{"no number", url.Values{"config.ratePerSecond": {"NaN"}}, workflowpages.LimitsForm{Rate: "2", Concurrency: "3"}, "config.ratePerSecond"},
			{"no end", url.Values{"config.ratePerSecond": {"inf"}}, workflowpages.LimitsForm{Rate: "2", Concurrency: "3"}, "config.ratePerSecond"},
			{"half a call", url.Values{"config.concurrency": {"1.5"}}, workflowpages.LimitsForm{Rate: "2", Concurrency: "3"}, "config.concurrency"},
			{"far too many", url.Values{"config.concurrency": {"1e300"}}, workflowpages.LimitsForm{Rate: "2", Concurrency: "3"}, "config.concurrency"},
		} {
			got, errs := readTask(c.typed, old, "")
			if f := limitsForm(got.Config); f != c.want {
				t.Errorf("%s: %s has %+v, want %+v", c.name, kind, f, c.want)
			}
			if (len(errs) > 0) != (c.wrong != "") || len(errs) > 0 && errs[0].Field != c.wrong {
				t.Errorf("%s: %s has errors %v, want one of %q", c.name, kind, errs, c.wrong)
			}
		}
	}
}

func TestButtonsOfATaskAddAndRemoveRows(t *testing.T) {
	t.Parallel()
	spec := models.TaskSpec{ID: "OCAC_1", Type: models.TaskWebService, Config: json.RawMessage(fullConfig)}
	form := taskFields(taskProps(spec))
	rows := func(do string) (headers, pairs int) {
		got, _ := readTask(form, spec, do)
		shown := taskProps(got).Web
		return len(shown.Headers), len(shown.Pairs)
	}
	for do, want := range map[string][2]int{
		"": {2, 2}, "add:config.headers": {3, 2}, "add:config.body.pairs": {2, 3}, "remove:config.headers[2]": {1, 2},
		"remove:config.body.pairs[0]": {2, 1}, "remove:config.headers[9]": {2, 2},
	} {
		if h, p := rows(do); h != want[0] || p != want[1] {
			t.Errorf("%q leaves %d headers and %d pairs, want %v", do, h, p, want)
		}
	}
}

func TestPausesAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"5 s, 1 min, 2h, 3 days": {"PT5S", "PT1M", "PT2H", "P3D"},
		"PT30S;P1D":              {"PT30S", "P1D"},
		"":                       {},
		"soon, 5 s":              {"soon", "PT5S"},
		"90 seconds\n10 m":       {"PT90S", "PT10M"},
	} {
		if diff := cmp.Diff(want, readDelays(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
	if got := writeDelays([]string{"PT5S", "PT90S", "PT1H30M", "P2D", "soon"}); got != "5 s, 90 s, 90 min, 2 d, soon" {
		t.Errorf("written as %q", got)
	}
}
