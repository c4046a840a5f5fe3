package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// labelsOf gives the labels that the owner of a survey chose.
func (a *app) labelsOf(id string) models.DataLabels {
	a.t.Helper()
	labels, _, err := a.store.SurveyLabels(a.t.Context(), a.actor("ada@example.com"), id)
	if err != nil {
		a.t.Fatal(err)
	}
	return labels
}

func TestALabelIsSavedByItself(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id, _ := a.sample(t, b)
	p := b.get(link.SurveyLabels(id)).is(http.StatusOK)
	if rows := p.Find("tbody tr").Length(); rows != len(a.draft(id).Questions())+len(a.draft(id).EmbeddedData) {
		t.Errorf("%d rows", rows)
	}
	p.says("tbody tr:first-child", "How did you like the exhibition?").says("tbody tr:first-child", "Automatic")
	if got := p.Find("[data-label=QID1]").AttrOr("value", ""); got != "Q1" {
		t.Errorf("the automatic label is %q", got)
	}
	// Without JavaScript: the page again.
	b.post(link.SurveyLabels(id), "key", "QID1", "label", " liked ").to("")
	b.get(link.SurveyLabels(id)).says("#flashes", "“liked” is saved")
	refused := b.post(link.SurveyLabels(id), "key", "QID2", "label", "LIKED").is(http.StatusUnprocessableEntity).says(".error-summary", "is the label of “How did you like the exhibition?” already")
	if got := refused.Find("[data-label=QID2]"); got.AttrOr("value", "") != "LIKED" || got.AttrOr("aria-invalid", "") != "true" {
		t.Error("what was typed is lost")
	}
	if href := refused.Find(".error-summary a").AttrOr("href", ""); refused.Find(href).Length() != 1 {
		t.Errorf("the summary leads to %s, which is not there", href)
	}
	// By htmx: the row alone.
	b.header.Set("HX-Request", "true")
	row := b.post(link.SurveyLabels(id), "key", "QID2", "label", "my rooms").is(http.StatusUnprocessableEntity)
	if !strings.HasPrefix(row.text, "<tr") || !strings.Contains(row.text, "has no spaces") || !strings.Contains(row.text, "#live") {
		t.Errorf("the row is %s", row.text)
	}
	row = b.post(link.SurveyLabels(id), "key", "QID2", "label", "rooms").is(http.StatusOK)
	if !strings.Contains(row.text, "Saved") || strings.Contains(row.text, "<html") {
		t.Errorf("the row is %s", row.text)
	}
	b.post(link.SurveyLabels(id), "key", "QID1", "label", "liked", "do", "reset").is(http.StatusOK)
	if got := a.labelsOf(id); len(got) != 1 || got["QID2"] != "rooms" {
		t.Errorf("the labels are %v", got)
	}
	b.post(link.SurveyLabels(id), "key", "QID99", "label", "x").is(http.StatusNotFound)
}

func TestLabelsAreFilledPastedAndReset(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id, _ := a.sample(t, b)
	b.post(link.SurveyLabels(id), "key", "QID1", "label", "mine").to("")
	b.post(link.SurveyLabelsFill(id)).to(link.SurveyLabels(id))
	b.get(link.SurveyLabels(id)).says("#flashes", "questions have labels made from their texts")
	if got := a.labelsOf(id); got["QID1"] != "mine" || got["QID2"] != "which_rooms_did_you_see" {
		t.Errorf("the labels are %v", got)
	}
	before := a.labelsOf(id)
	b.post(link.SurveyLabelsPaste(id), "from", "QID2", "paste", "a\nmine\nc d\n").is(http.StatusUnprocessableEntity).
		says("#paste .error-summary", "“c d” for").says("#paste textarea", "mine")
	b.post(link.SurveyLabelsPaste(id), "from", "QID2", "paste", "a\nmine").is(http.StatusUnprocessableEntity).
		says("#paste .error-summary", "“mine” is the label of “How did you like the exhibition?” already")
	b.post(link.SurveyLabelsPaste(id), "from", "", "paste", "QID1\tx\nnothing\ty").is(http.StatusUnprocessableEntity).says("#paste .error-summary", "Line 2")
	if got := a.labelsOf(id); len(got) != len(before) || got["QID2"] != before["QID2"] {
		t.Errorf("a part of a refused column was taken: %v", got)
	}
	b.post(link.SurveyLabelsPaste(id), "from", "QID2", "paste", "rooms\r\nrecommend\r\n").to(link.SurveyLabels(id))
	if got := a.labelsOf(id); got["QID2"] != "rooms" || got["QID3"] != "recommend" || got["QID1"] != "mine" {
		t.Errorf("the labels are %v", got)
	}
	b.post(link.SurveyLabelsReset(id)).to(link.SurveyLabels(id))
	if got := a.labelsOf(id); len(got) != 0 {
		t.Errorf("the labels are %v", got)
	}
}

func TestCopiesKeepLabelsOfSurveysAndNotOfQuestions(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id, _ := a.sample(t, b)
	b.post(link.SurveyLabels(id), "key", "QID1", "label", "liked").to("")
	b.post(link.QuestionCopy(id, "QID1"), "revision", b.revision(id)).to("")
	p := b.get(link.SurveyLabels(id))
	if got := p.Find("[data-label=QID8]").AttrOr("value", ""); got != "Q8" {
		t.Errorf("the copied question is sent as %q", got)
	}
	copied := strings.Split(b.post(link.SurveyCopy(id)).to(""), "/")[2]
	if got := a.labelsOf(copied); got["QID1"] != "liked" {
		t.Errorf("the copied survey has %v", got)
	}
	b.post(link.SurveyLabels(copied), "key", "QID1", "label", "other").to("")
	if got := a.labelsOf(id); got["QID1"] != "liked" {
		t.Errorf("the survey that was copied has %v", got)
	}
}

func TestOwnersLearnWhichLiveWebhooksALabelConcerns(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id, _ := a.sample(t, b)
	s, err := a.store.Survey(t.Context(), a.actor("ada@example.com"), id)
	if err != nil {
		t.Fatal(err)
	}
	i := &storetest.Instance{TB: t, Store: a.store, Actor: a.actor("ada@example.com")}
	send := func(name, config string) {
		w := i.WorkflowOf(i.Actor, s, models.TaskSpec{Type: models.TaskOutboundWebhook, Config: []byte(config)})
		w.Name = name
		if _, err := a.store.SaveWorkflowDraft(t.Context(), i.Actor, w, 0); err != nil {
			t.Fatal(err)
		}
	}
	send("To the CRM", `{"url":"https://example.com","variables":"all","labels":"data"}`)
	send("To the sheet", `{"url":"https://example.com","variables":["QID2"],"labels":"data"}`)
	send("To the log", `{"url":"https://example.com","variables":"all","labels":"auto"}`)
	b.get(link.SurveyLabels(id)).says("main", "2 live webhooks send these labels")
	b.header.Set("HX-Request", "true")
	row := b.post(link.SurveyLabels(id), "key", "QID1", "label", "liked").is(http.StatusOK)
	for _, part := range []string{"A live webhook sends “liked” from now on and no longer “Q1”", "To the CRM"} {
		if !strings.Contains(row.text, part) {
			t.Errorf("%q is missing in %s", part, row.text)
		}
	}
	if strings.Contains(row.text, "To the sheet") || strings.Contains(row.text, "To the log") {
		t.Errorf("a webhook that does not send it is named in %s", row.text)
	}
}
