package workflowpages

import (
	"bytes"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"surveyflow/internal/i18n"
	"surveyflow/models"
)

func TestEveryTypeOfTaskHasAFormAndAName(t *testing.T) {
	t.Parallel()
	for _, kind := range models.TaskTypes {
		if taskForms[kind] == nil {
			t.Errorf("there is no form for %s", kind)
			continue
		}
		var page bytes.Buffer
		p := TaskProps{Spec: models.TaskSpec{Type: kind}, Web: WebServiceForm{Method: "POST"}}
		if err := TaskForm(p).Render(t.Context(), &page); err != nil {
			t.Fatal(err)
		}
		doc, err := goquery.NewDocumentFromReader(&page)
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range doc.Find("[name]").EachIter() {
			id := field.AttrOr("id", "")
			if field.Is("button, [type=hidden]") {
				continue
			}
			if doc.Find("label[for='"+id+"']").Length() == 0 {
				t.Errorf("the field %s of %s has no label", field.AttrOr("name", ""), kind)
			}
		}
		for _, key := range []string{"task.type." + string(kind), "task.type." + string(kind) + ".text"} {
			if !i18n.Has(key) {
				t.Errorf("there is no message %s", key)
			}
		}
	}
}

func TestEveryOperatorAndEventHasAName(t *testing.T) {
	t.Parallel()
	for _, o := range models.Operators {
		if !i18n.Has("operator." + string(o)) {
			t.Errorf("the operator %s has no name", o)
		}
	}
	for _, e := range models.EventTypes {
		if !i18n.Has("run.event." + string(e)) {
			t.Errorf("the event %s has no name", e)
		}
	}
	for _, d := range models.DataTypes {
		if !i18n.Has("task.web.type." + string(d)) {
			t.Errorf("the data type %s has no name", d)
		}
	}
}

func TestTasksAreSaidInWords(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]string{
		`{"method":"POST","url":"https://user:pw@crm.example.com:8443/x?y=${e://Field/z}"}`: "POST to crm.example.com:8443",
		`{"url":"https://crm.example.com"}`:                                                 "POST to crm.example.com",
		`{"url":""}`:                                                                        "Call a web service",
		`broken`:                                                                            "Call a web service",
	} {
		if got := TaskWords(t.Context(), models.TaskSpec{Type: models.TaskWebService, Config: []byte(config)}); got != want {
			t.Errorf("%s is said as %q, want %q", config, got, want)
		}
	}
}

func TestTasksWithoutASummaryThatDoTheSameAreNumbered(t *testing.T) {
	t.Parallel()
	call := models.TaskSpec{Type: models.TaskWebService, Config: []byte(`{"url":"https://crm.example.com"}`)}
	named := call
	named.Summary = "Create a ticket"
	tasks := []models.TaskSpec{call, named, call, named}
	for i, want := range []string{"POST to crm.example.com", "Create a ticket", "POST to crm.example.com (2)", "Create a ticket (2)"} {
		if got := TaskTitleAt(t.Context(), tasks, i); got != want {
			t.Errorf("task %d is called %q, want %q", i, got, want)
		}
	}
}
