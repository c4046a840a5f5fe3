package respond_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"surveyflow/internal/browsertest"
	"surveyflow/internal/link"
	"surveyflow/models"
)

// TestASurveyIsAnsweredInTheFrameOfANamedSiteAlone shows the survey in pages of two other sites. A browser keeps no cookies
// for a site in the frame of another one here: localhost and 127.0.0.1 are two sites.
func TestASurveyIsAnsweredInTheFrameOfANamedSiteAlone(t *testing.T) {
	t.Parallel()
	text := func(id string) []models.Question {
		return []models.Question{{ID: id, Type: models.QuestionShortText, Text: "In one word?"}}
	}
	st := newSite(t, models.SurveyDefinition{Language: "en", Blocks: []models.Block{{ID: pageOne, Questions: text("QID1")}, {ID: pageTwo, Questions: text("QID2")}}})
	framing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `<!doctype html><html lang="en"><title>Our site</title><body data-loads="0">
			<iframe id="frame" title="Survey" width="900" height="700" onload="document.body.dataset.loads++" src="%s"></iframe>`, st.URL+link.Respond(st.slug))
	}))
	t.Cleanup(framing.Close)
	named := strings.Replace(framing.URL, "127.0.0.1", "localhost", 1)
	all, err := st.store.Collectors(t.Context(), st.actor, st.survey.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.store.SetCollectorFrames(t.Context(), st.actor, st.survey.ID, all[0].ID, []string{named}); err != nil {
		t.Fatal(err)
	}
	st.clock.Advance(time.Second)

	p := st.visitor(t, false).open(link.Respond(st.slug))
	if got := p.header.Get("Content-Security-Policy"); !strings.HasSuffix(got, "frame-ancestors "+named) {
		t.Errorf("the policy is %s", got)
	}
	page := browsertest.New(t).Open(named, browsertest.View{})
	page.Wait("[data-loads='1']")
	browsertest.Eval[any](page, "document.getElementById('frame').focus()")
	for i, word := range []string{"Friendly", "Quick"} {
		page.Press(kb.Tab + word + kb.Enter)
		page.Wait(fmt.Sprintf("[data-loads='%d']", i+2))
	}
	got := st.responses(t, models.ResponseCompleted)
	if len(got) != 1 || got[0].Answers.V["QID1"].Text != "Friendly" || got[0].Answers.V["QID2"].Text != "Quick" {
		t.Errorf("got %+v", got)
	}

	page.Goto(framing.URL) // 127.0.0.1, which is the survey's own site but not named
	if said := page.Complaints(); len(said) == 0 || !strings.Contains(strings.Join(said, " "), "frame-ancestors") {
		t.Errorf("a site that is not named shows the survey: %v", said)
	}
}
