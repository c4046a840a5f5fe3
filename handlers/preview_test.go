package handlers_test

import (
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
)

func TestPreviewWalksThroughTheDraftAndStoresNothing(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	ada := a.person("ada@example.com")
	grace := a.person("grace@example.com")
	sv := &models.Survey{ID: models.NewID(models.PrefixSurvey), OwnerID: a.actor("ada@example.com").UserID, Name: "Feedback", NextQID: 9}
	sv.Draft.V = models.SurveyDefinition{
		Language: "en", EmbeddedData: []models.EmbeddedField{{Name: "segment", FromLink: true}},
		Blocks: []models.Block{
			{ID: models.NewID(models.PrefixBlock), Questions: []models.Question{
				{ID: "QID1", Type: models.QuestionNPS, Text: "Would you, ${e://Field/segment} customer, recommend us?", Required: true},
				{ID: "QID2", Type: models.QuestionShortText, Text: "What went wrong?", Display: &models.Condition{Left: "${q://QID1/SelectedChoicesRecode}", Operator: models.OpLessThan, Right: "7"}},
			}},
			{ID: models.NewID(models.PrefixBlock), Questions: []models.Question{{ID: "QID3", Type: models.QuestionShortText, Text: "You gave ${q://QID1/SelectedChoicesRecode}. Why?"}}},
		},
		End: models.EndOfSurvey{Message: "<p>Thank <strong>you</strong></p><p>Bye</p>", Redirect: "https://example.com/?s=${q://QID1/SelectedChoicesRecode}"},
	}
	collector := &models.Collector{ID: models.NewID(models.PrefixCollector), Type: models.CollectorLink, Name: "Link", Slug: models.NewCapability(), Open: true, IsDefault: true}
	if err := a.store.CreateSurvey(t.Context(), a.actor("ada@example.com"), sv, collector); err != nil {
		t.Fatal(err)
	}
	path := link.SurveyPreview(sv.ID)
	p := ada.get(path + "?segment=gold").is(200)
	if csp := p.header.Get("Content-Security-Policy"); !strings.HasSuffix(csp, "frame-ancestors 'self'") {
		t.Errorf("the policy is %q", csp)
	}
	says := func(p *page, want string) *page {
		t.Helper()
		if got := p.words("body"); !strings.Contains(got, want) {
			t.Fatalf("the page does not say %q: %s", want, got)
		}
		return p
	}
	says(p, "Would you, gold customer, recommend us?")
	says(p, "Nothing that you enter is stored.")
	hidden := func(p *page, more ...string) []string {
		pairs := more
		for _, s := range p.Find("form input[type=hidden]").EachIter() {
			if s.Closest("template").Length() == 0 {
				pairs = append(pairs, s.AttrOr("name", ""), s.AttrOr("value", ""))
			}
		}
		return pairs
	}
	p = ada.post(path, hidden(p)...).is(422)
	p = says(ada.post(path, hidden(p, "QID1", "3")...).is(200), "What went wrong?")
	p = says(ada.post(path, hidden(p, "QID1", "3", "QID2", "All")...).is(200), "You gave 3. Why?")
	p = says(ada.post(path, hidden(p, "go", "back")...).is(200), "Would you, gold customer, recommend us?")
	if got := p.Find("input[name=QID2]").AttrOr("value", ""); got != "All" {
		t.Errorf("after going back the field holds %q", got)
	}
	p = ada.post(path, hidden(p, "QID1", "9")...).is(200)
	p = says(ada.post(path, hidden(p, "QID3", "x")...).is(200), "Thank you")
	says(p, "taken to https://example.com/?s=9")
	if p.header.Get("Refresh") != "" {
		t.Error("a preview leads away")
	}
	if counts, err := a.store.ResponseCounts(t.Context(), sv.ID); err != nil || len(counts[sv.ID]) != 0 {
		t.Errorf("responses are counted: %v, %v", counts, err)
	}
	grace.get(path).is(404)
	grace.post(path, "QID1", "3").is(404)
	a.browser().get(path).to("")
	ada.post(path, "preview", `{"page":3,"answers":[`, "page", "x", "token", "R_x.y").is(200)
}

func TestPreviewRunsTheWorkflowsOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	survey, _ := a.sample(t, b)
	id, _ := b.workflow(survey, "https://crm.example.com/")
	b.post(link.WorkflowPutLive(id), "revision", b.draftRevision(id)).to(link.Workflow(id))

	path := link.SurveyPreview(survey)
	p := b.get(path).is(200)
	hidden := func(p *page) []string {
		var pairs []string
		for _, s := range p.Find("form input[type=hidden]").EachIter() {
			pairs = append(pairs, s.AttrOr("name", ""), s.AttrOr("value", ""))
		}
		return pairs
	}
	for range 5 {
		if p.Find("form.rehearsal").Length() > 0 {
			break
		}
		p = b.post(path, append(hidden(p), "QID1", "1", "QID2", "1", "QID3", "9", "QID4", "The blue one", "QID6", "36")...)
	}
	if action := p.Find("form.rehearsal").AttrOr("action", ""); action != link.SurveyPreviewRun(survey) {
		t.Fatalf("the end of the preview offers the test at %q: %s", action, p.words("body"))
	}
	runs := func() []store.RunRow {
		t.Helper()
		all, _, err := a.store.Runs(t.Context(), a.actor(ada), store.RunFilter{WorkflowID: id})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if got := runs(); len(got) != 0 {
		t.Fatalf("the preview alone starts %d runs", len(got))
	}
	state := hidden(p)
	a.person("grace@example.com").post(link.SurveyPreviewRun(survey), state...).is(404)
	b.post(link.SurveyPreviewRun(survey), "preview", "", "token", "").is(409)
	b.post(link.SurveyPreviewRun(survey), "preview", `{"page":"","answers":{}}`, "token", "").is(409) // QID1 is required
	b.post(link.SurveyPreviewRun(survey), state...).is(200).says("main", "1 workflow runs with these answers")
	got := runs()
	if len(got) != 1 || !got[0].Test || got[0].Status == models.RunCanceled {
		t.Fatalf("the test leaves the runs %+v", got)
	}
	b.get(link.Run(got[0].ID)).is(200).says("main", "Very much")
	if counts, err := a.store.ResponseCounts(t.Context(), survey); err != nil || counts[survey][models.ResponseCompleted] != 48 {
		t.Errorf("the preview is counted: %v, %v", counts[survey], err)
	}

	page := p
	b.post(link.WorkflowDisable(id)).to(link.Workflow(id))
	b.post(link.SurveyPreviewRun(survey), hidden(page)...).is(200).says("main", "No workflow waits for answers like these")
}
