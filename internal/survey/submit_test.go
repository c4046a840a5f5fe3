package survey_test

import (
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/survey"
	"surveyflow/models"
)

const (
	pageOne   = "BL_000000000000001"
	pageTwo   = "BL_000000000000002"
	pageThree = "BL_000000000000003"
)

// threePages asks one thing on each page; the first and the last are required.
func threePages() models.SurveyDefinition {
	return models.SurveyDefinition{
		Language: "en",
		Blocks: []models.Block{
			{ID: pageOne, Questions: []models.Question{{ID: "QID1", Type: models.QuestionNPS, Text: "Would you recommend us?", Required: true}}},
			{ID: "BL_00000000000000e"}, // an empty page is none
			{ID: pageTwo, Questions: []models.Question{{ID: "QID2", Type: models.QuestionNumber, Text: "How often?"}}},
			{ID: pageThree, Questions: []models.Question{{ID: "QID3", Type: models.QuestionShortText, Text: "Why ${q://QID1/SelectedChoicesRecode}?", Required: true}}},
		},
		EmbeddedData: []models.EmbeddedField{{Name: "segment", Default: "none", FromLink: true}, {Name: "secret", Default: "s"}},
	}
}

func (in *instance) open(t testing.TB, tokens ...string) *survey.Visit {
	t.Helper()
	v, err := in.service.Open(t.Context(), in.slug, tokens...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// send submits one page, given as "QID1=9&QID2=x".
func (in *instance) send(t testing.TB, v *survey.Visit, page, form string) (*survey.Visit, error) {
	t.Helper()
	values, err := url.ParseQuery(form)
	if err != nil {
		t.Fatal(err)
	}
	return in.service.Submit(t.Context(), v, survey.Submission{Page: page, Form: values, IP: "192.0.2.1", UserAgent: "Test/1"})
}

func (in *instance) mustSend(t testing.TB, v *survey.Visit, page, form string) *survey.Visit {
	t.Helper()
	next, err := in.send(t, v, page, form)
	if err != nil {
		t.Fatalf("page %s: %v", page, err)
	}
	return next
}

func TestOpeningALinkStoresNothing(t *testing.T) {
	t.Parallel()
	in := newInstance(t, threePages())
	v := in.open(t)
	counts, err := in.store.ResponseCounts(t.Context(), in.survey.ID)
	if err != nil || len(counts) != 0 {
		t.Errorf("responses after a look: %v, %v", counts, err)
	}
	if v.State != survey.StateAnswering || v.Response != nil || len(v.Pages()) != 3 {
		t.Errorf("got state %s with %d pages", v.State, len(v.Pages()))
	}
}

func TestAResponseIsSavedPageByPageAndCompletedWithItsRuns(t *testing.T) {
	t.Parallel()
	in := newInstance(t, threePages())
	in.addWorkflow(t, nil)
	in.addWorkflow(t, &models.Condition{Left: "${q://QID1/SelectedChoicesRecode}", Operator: models.OpLessThan, Right: "5"})
	in.clock.Advance(time.Second)
	v := in.mustSend(t, in.open(t), pageOne, "QID1=9")
	if v.Response.State != models.ResponseInProgress || v.Response.Page != pageTwo || v.Response.ExpiresAt == nil {
		t.Errorf("after page 1: %+v", v.Response)
	}
	if want := in.clock.Now().Add(7 * 24 * time.Hour); !v.Response.ExpiresAt.Equal(want) {
		t.Errorf("it rests until %v, want %v", v.Response.ExpiresAt, want)
	}
	v = in.mustSend(t, in.open(t, v.Token.String()), pageTwo, "QID2=3,5")
	v = in.mustSend(t, in.open(t, v.Token.String()), pageThree, "QID3=Because")
	if v.State != survey.StateDone {
		t.Errorf("got state %s", v.State)
	}
	all := in.completed(t)
	if len(all) != 1 {
		t.Fatalf("%d responses", len(all))
	}
	r := all[0]
	if r.Rev != 3 || r.RecordedAt == nil || r.ExpiresAt != nil || r.IP != "192.0.2.1" || r.UserAgent != "Test/1" || r.Channel != models.ChannelLink {
		t.Errorf("got %+v", r)
	}
	if r.Answers.V["QID1"].Number != "9" || r.Answers.V["QID2"].Number != "3.5" || r.Answers.V["QID3"].Text != "Because" {
		t.Errorf("got answers %v", r.Answers.V)
	}
	if r.Fields.V["segment"] != "none" || r.Fields.V["secret"] != "s" {
		t.Errorf("got fields %v", r.Fields.V)
	}
	if n := in.runs(t); n != 1 {
		t.Errorf("%d runs, want the one of the workflow that matches", n)
	}
}

func TestGoingBackKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	in := newInstance(t, threePages())
	v := in.mustSend(t, in.open(t), pageOne, "QID1=9")
	v, err := in.service.Submit(t.Context(), v, survey.Submission{Page: pageTwo, Back: true, Form: url.Values{"QID2": {"now and then"}}})
	if err != nil || v.Page != 0 {
		t.Fatalf("going back: page %d, %v", v.Page, err)
	}
	v = in.mustSend(t, in.open(t, v.Token.String()), pageOne, "QID1=4")
	if got := v.Form().Get("QID2"); got != "now and then" {
		t.Errorf("page 2 shows %q", got)
	}
	// It cannot be completed like that, also not by who skips the page.
	v = in.mustSend(t, v, pageTwo, "QID2=1")
	v, err = in.service.Submit(t.Context(), v, survey.Submission{Page: pageThree, Back: true, Form: url.Values{}})
	if err != nil {
		t.Fatal(err)
	}
	if v.Page != 1 {
		t.Errorf("back from page 3 is page %d", v.Page+1)
	}
}

func TestNobodyCompletesWithAPageUnanswered(t *testing.T) {
	t.Parallel()
	in := newInstance(t, threePages())
	v := in.mustSend(t, in.open(t), pageOne, "QID1=9")
	v = in.mustSend(t, v, pageTwo, "")
	// Back on page 1, which leaves it empty, and forward by pages that were there before.
	v, err := in.service.Submit(t.Context(), v, survey.Submission{Page: pageOne, Back: true, Form: url.Values{}})
	if err != nil {
		t.Fatal(err)
	}
	if next := in.mustSend(t, v, pageThree, "QID3=x"); next.Page != 0 || next.State != survey.StateAnswering {
		t.Errorf("a page that is not reached yet was taken: page %d, %s", next.Page, next.State)
	}
	for _, page := range []string{"", "BL_nowhere", "BL_00000000000000e"} {
		if next := in.mustSend(t, v, page, "QID3=x"); next.Page != 0 {
			t.Errorf("page %q was taken", page)
		}
	}
	if _, err := in.send(t, v, pageOne, ""); models.ErrorCode(err) != models.CodeInvalid {
		t.Errorf("a required question was passed: %v", err)
	}
}

func TestAnEarlierPageIsMendedBeforeTheEnd(t *testing.T) {
	t.Parallel()
	in := newInstance(t, threePages())
	v := in.mustSend(t, in.open(t), pageOne, "QID1=9")
	v = in.mustSend(t, v, pageTwo, "")
	old := v // the third page in one tab
	v, err := in.service.Submit(t.Context(), v, survey.Submission{Page: pageTwo, Back: true, Form: url.Values{"QID2": {"never"}}})
	if err != nil {
		t.Fatal(err)
	}
	v = in.mustSend(t, v, pageOne, "QID1=9")
	// The tab still shows page 3: it is not reached any more.
	if next := in.mustSend(t, in.open(t, old.Token.String()), pageThree, "QID3=x"); next.Page != 1 {
		t.Errorf("got page %d, want 2", next.Page+1)
	}
	if got := v.Form().Get("QID2"); got != "never" {
		t.Errorf("page 2 shows %q", got)
	}
	if _, err := in.send(t, v, pageTwo, "QID2=never"); models.ErrorCode(err) != models.CodeInvalid {
		t.Errorf("got %v", err)
	}
}

func TestTheSamePageTwiceIsOneAnswer(t *testing.T) {
	t.Parallel()
	def := threePages()
	def.Blocks = def.Blocks[:1]
	in := newInstance(t, def)
	in.addWorkflow(t, nil)
	in.clock.Advance(time.Second)
	token := in.open(t).Token.String()
	var group sync.WaitGroup
	states := make([]survey.State, 8)
	for i := range states {
		group.Go(func() {
			next, err := in.send(t, in.open(t, token), pageOne, "QID1=9")
			if err != nil {
				t.Errorf("send: %v", err)
				return
			}
			states[i] = next.State
		})
	}
	group.Wait()
	for _, s := range states {
		if s != survey.StateDone {
			t.Errorf("one of them sees %q", s)
		}
	}
	if responses, runs := len(in.completed(t)), in.runs(t); responses != 1 || runs != 1 {
		t.Errorf("%d responses and %d runs, want 1 and 1", responses, runs)
	}
}

func TestAnotherBrowserCannotGoOn(t *testing.T) {
	t.Parallel()
	in := newInstance(t, threePages())
	v := in.mustSend(t, in.open(t), pageOne, "QID1=9")
	id := v.Token.ResponseID
	for _, token := range []string{
		"", id, id + ".", id + "." + models.NewCapability(), id + "." + strings.Repeat("0", 22), "R_x.y",
		survey.NewToken().String(),
	} {
		if got := in.open(t, token); got.Response != nil {
			t.Errorf("the token %q opened the response", token)
		}
	}
	// A token whose id does not follow from its secret begins nothing, so that nobody chooses ids.
	forged := in.open(t, models.NewID(models.PrefixResponse)+"."+models.NewCapability())
	if forged.Token.String() == "" || strings.HasPrefix(forged.Token.String(), id) {
		t.Error("a chosen id was taken over")
	}
}

func TestChangesOfTheSurveyReachTheNextPage(t *testing.T) {
	t.Parallel()
	in := newInstance(t, threePages())
	v := in.mustSend(t, in.open(t), pageOne, "QID1=9")
	in.addWorkflow(t, nil) // the clock stands still: the cache does not look again by itself
	v = in.mustSend(t, v, pageTwo, "")
	v = in.mustSend(t, v, pageThree, "QID3=x")
	if n := in.runs(t); n != 1 {
		t.Errorf("%d runs, want 1: the workflow was on when the response was completed", n)
	}
	late := in.mustSend(t, in.open(t), pageOne, "QID1=1")
	if err := in.store.SetSurveyState(t.Context(), in.actor, in.survey.ID, models.SurveyClosed); err != nil {
		t.Fatal(err)
	}
	if next := in.mustSend(t, late, pageTwo, ""); next.State != survey.StateClosed {
		t.Errorf("after closing: %s", next.State)
	}
	if in.open(t, v.Token.String()).State != survey.StateDone {
		t.Error("who answered does not hear so after closing")
	}
}

func TestAResponseStaysWithItsVersion(t *testing.T) {
	t.Parallel()
	in := newInstance(t, threePages())
	v := in.mustSend(t, in.open(t), pageOne, "QID1=9")
	in.survey.Draft.V.Blocks[2].Questions[0].Text = "How often, really?"
	if _, err := in.store.SaveSurveyDraft(t.Context(), in.actor, in.survey, 0); err != nil {
		t.Fatal(err)
	}
	in.putLive(t)
	v = in.open(t, v.Token.String())
	if got := v.Questions()[0].Text; got != "How often?" {
		t.Errorf("the response goes on with %q", got)
	}
	v = in.mustSend(t, v, pageTwo, "")
	if v = in.mustSend(t, v, pageThree, "QID3=x"); v.Response.SurveyVersion != 1 {
		t.Errorf("it names version %d", v.Response.SurveyVersion)
	}
	if got := in.open(t).Live.Survey.Version; got != 2 {
		t.Errorf("new respondents get version %d", got)
	}
}

func TestStatesOfALink(t *testing.T) {
	t.Parallel()
	in := newInstance(t, threePages())
	if _, err := in.service.Open(t.Context(), "nowhere"); models.ErrorCode(err) != models.CodeNotFound {
		t.Errorf("an unknown link: %v", err)
	}
	collectors, err := in.store.Collectors(t.Context(), in.actor, in.survey.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := in.store.SetCollectorOpen(t.Context(), in.actor, in.survey.ID, collectors[0].ID, false); err != nil {
		t.Fatal(err)
	}
	in.clock.Advance(time.Second)
	if got := in.open(t).State; got != survey.StateClosed {
		t.Errorf("a closed collector: %s", got)
	}
	fresh := &models.Survey{ID: models.NewID(models.PrefixSurvey), OwnerID: in.actor.UserID, Name: "Draft"}
	fresh.Draft.V = survey.NewDefinition("en")
	c := &models.Collector{ID: models.NewID(models.PrefixCollector), Type: models.CollectorLink, Slug: models.NewCapability(), Open: true, IsDefault: true}
	if err := in.store.CreateSurvey(t.Context(), in.actor, fresh, c); err != nil {
		t.Fatal(err)
	}
	v, err := in.service.Open(t.Context(), c.Slug)
	if err != nil || v.State != survey.StateNotLive {
		t.Errorf("never live: %v, %v", v, err)
	}
	if _, err := in.store.DeleteSurvey(t.Context(), in.actor, in.survey.ID); err != nil {
		t.Fatal(err)
	}
	in.clock.Advance(time.Second)
	if got := in.open(t).State; got != survey.StateClosed {
		t.Errorf("a deleted survey: %s", got)
	}
}

func TestAnAnonymousResponseKeepsTheDayAlone(t *testing.T) {
	t.Parallel()
	def := threePages()
	def.Anonymous, def.Blocks = true, def.Blocks[:1]
	in := newInstance(t, def)
	in.mustSend(t, in.open(t), pageOne, "QID1=9")
	r := in.completed(t)[0]
	midnight := start.Truncate(24 * time.Hour)
	if !r.StartedAt.Equal(midnight) || !r.UpdatedAt.Equal(midnight) || !r.RecordedAt.Equal(midnight) {
		t.Errorf("times: %v, %v, %v", r.StartedAt, r.UpdatedAt, r.RecordedAt)
	}
	if r.IP != "" || r.UserAgent != "" {
		t.Errorf("got %q and %q", r.IP, r.UserAgent)
	}
}

func TestLinksSetOnlyTheFieldsMarkedForIt(t *testing.T) {
	t.Parallel()
	in := newInstance(t, threePages())
	sent := map[string][]string{
		"segment": {"gold\r\nx", "silver"}, "secret": {"guessed"}, "referrer": {"mail"}, "custom8": {"8"}, "custom9": {"9"},
		"QID1": {"10"}, "finished": {"1"}, "custom1": {strings.Repeat("x", 2000)},
	}
	v, err := in.service.Submit(t.Context(), in.open(t), survey.Submission{Page: pageOne, Form: url.Values{"QID1": {"9"}}, Link: sent})
	if err != nil {
		t.Fatal(err)
	}
	got := v.Response.Fields.V
	if got["segment"] != "gold  x" || got["secret"] != "s" || got["referrer"] != "mail" || got["custom8"] != "8" || len(got["custom1"]) != 1000 || len(got) != 5 {
		t.Errorf("got %v", got)
	}
}

func TestAllAnswersTogetherHaveALimit(t *testing.T) {
	t.Parallel()
	def := threePages()
	def.Blocks = []models.Block{{ID: pageOne, Questions: []models.Question{
		{ID: "QID1", Type: models.QuestionLongText, Text: "1"}, {ID: "QID2", Type: models.QuestionLongText, Text: "2"},
	}}}
	in := newInstance(t, def)
	long := strings.Repeat("語", survey.MaxText)
	_, err := in.send(t, in.open(t), pageOne, "QID1="+url.QueryEscape(long[:300])+"&QID2="+url.QueryEscape(long))
	e, ok := errors.AsType[*models.Error](err)
	if !ok || keys(e.Fields) != "QID2 answer.error.too_large" {
		t.Errorf("got %v", err)
	}
}

func TestPipedTextOfEarlierAnswersComesIntoLaterPages(t *testing.T) {
	t.Parallel()
	def := threePages()
	def.End.Redirect = "https://example.com/end?why=${q://QID3/ChoiceTextEntryValue}"
	in := newInstance(t, def)
	v := in.mustSend(t, in.open(t), pageOne, "QID1=9")
	v = in.mustSend(t, v, pageTwo, "")
	if got := v.Piped().Question(v.Questions()[0]).Text; got != "Why 9?" {
		t.Errorf("page 3 asks %q", got)
	}
	v = in.mustSend(t, v, pageThree, "QID3="+url.QueryEscape("a&b=${rm://Field/ResponseID} /"))
	if got := v.Piped().Redirect(v.Definition.End); got != "https://example.com/end?why=a%26b%3D%24%7Brm%3A%2F%2FField%2FResponseID%7D%20%2F" {
		t.Errorf("redirect to %s", got)
	}
}
