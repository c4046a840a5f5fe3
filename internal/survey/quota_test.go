package survey_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/qsf"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// withQuotas gives a survey of two pages: one quota of those who would recommend us, and one that counts all and ends nobody's.
func withQuotas() models.SurveyDefinition {
	def := threePages()
	def.Blocks = []models.Block{def.Blocks[0], def.Blocks[2]}
	qsf.SetQuotas(&def, []json.RawMessage{
		json.RawMessage(`{"ID":"QO_000000000000001","Name":"Promoters","Occurrences":"3","LogicType":"Simple","QuotaAction":"EndCurrentSurvey","Surveyflow":{"message":"No more promoters."},
			"Logic":{"0":{"0":{"LogicType":"Question","LeftOperand":"q://QID1/SelectableChoice/9","Operator":"Selected","Type":"Expression"},"Type":"If"},"Type":"BooleanExpression"}}`),
		json.RawMessage(`{"ID":"QO_000000000000002","Name":"All","Occurrences":1,"QuotaAction":"ForBranching"}`),
		json.RawMessage(`{"ID":"QO_000000000000003","Name":"Off","Occurrences":0,"Surveyflow":{"off":true}}`),
		json.RawMessage(`{"ID":"QO_000000000000004","Name":"Not understood","Occurrences":0,"LogicType":"Cross"}`),
	})
	return def
}

func TestAFullQuotaEndsTheSurvey(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		c := clock.NewFake(start)
		in := newInstanceOn(t, d.Open(t, storetest.Options{Clock: c}), c, withQuotas())
		counts := func(promoters, all int64) {
			t.Helper()
			got, err := in.store.QuotaCounts(t.Context(), in.survey.ID)
			if err != nil || got["QO_000000000000001"] != promoters || got["QO_000000000000002"] != all || got["QO_000000000000003"] != 0 || got["QO_000000000000004"] != 0 {
				t.Errorf("the counts are %v, %v; want %d and %d", got, err, promoters, all)
			}
		}
		// Many at once, all of them at the last page when the quota fills.
		visits := make([]*survey.Visit, 8)
		for i := range visits {
			visits[i] = in.mustSend(t, in.open(t), pageOne, "QID1=9")
		}
		counts(0, 0)
		var group sync.WaitGroup
		for i := range visits {
			group.Go(func() {
				next, err := in.send(t, in.open(t, visits[i].Token.String()), pageTwo, "QID2=1")
				if err != nil {
					t.Errorf("send: %v", err)
					return
				}
				visits[i] = next
			})
		}
		group.Wait()
		full := 0
		for _, v := range visits {
			if v.State != survey.StateDone {
				t.Errorf("one is %s", v.State)
			}
			if v.Full() {
				full++
				if v.End().Message != "No more promoters." || v.Response.Fields.V[models.FieldTerminated] != models.QuotaMet {
					t.Errorf("it ends with %+v, %v", v.End(), v.Response.Fields.V)
				}
			}
		}
		if full != len(visits)-3 {
			t.Errorf("%d of %d are beyond the quota", full, len(visits))
		}
		counts(3, 3)
		// Who comes now ends with the page whose answers meet it; others go on.
		late := in.mustSend(t, in.open(t), pageOne, "QID1=9")
		if late.State != survey.StateDone || !late.Full() {
			t.Errorf("it is %s", late.State)
		}
		if again := in.open(t, late.Token.String()); !again.Full() || again.State != survey.StateDone {
			t.Errorf("later it is %s", again.State)
		}
		other := in.mustSend(t, in.open(t), pageOne, "QID1=3")
		if other = in.mustSend(t, other, pageTwo, "QID2=1"); other.State != survey.StateDone || other.Full() {
			t.Errorf("another is %s", other.State)
		}
		counts(3, 4)
		// A response that is taken out of the counts makes room.
		for _, v := range visits {
			if !v.Full() {
				if err := in.store.DeleteCountedResponse(t.Context(), in.actor, in.survey.ID, v.Response.ID); err != nil {
					t.Fatal(err)
				}
				break
			}
		}
		counts(2, 3)
		if v := in.mustSend(t, in.mustSend(t, in.open(t), pageOne, "QID1=9"), pageTwo, "QID2=1"); v.Full() {
			t.Error("there is no room again")
		}
		counts(3, 4)
		// A higher limit holds as soon as it is live.
		v, err := in.store.Survey(t.Context(), in.actor, in.survey.ID)
		if err != nil {
			t.Fatal(err)
		}
		higher := qsf.QuotasInUse(&v.Draft.V)[0]
		higher.Limit = 4
		qsf.PutQuota(&v.Draft.V, higher)
		if _, err := in.store.SaveSurveyDraft(t.Context(), in.actor, v, 0); err != nil {
			t.Fatal(err)
		}
		in.putLive(t)
		in.clock.Advance(time.Second)
		if v := in.mustSend(t, in.mustSend(t, in.open(t), pageOne, "QID1=9"), pageTwo, "QID2=1"); v.Full() {
			t.Error("the higher limit does not hold")
		}
		counts(4, 5)
	})
}

func TestWhatDoesNotCountForQuotas(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		c := clock.NewFake(start)
		in := newInstanceOn(t, d.Open(t, storetest.Options{Clock: c}), c, withQuotas())
		made := survey.Creation{SurveyID: in.survey.ID, Values: decode(t, `{"QID1":9,"finished":1}`)}
		for range 4 { // more than the quota takes: programs are not held by it
			if _, err := in.service.Create(t.Context(), made); err != nil {
				t.Fatal(err)
			}
		}
		err := in.store.InTx(t.Context(), func(ctx context.Context, tx *store.Store) error {
			imported := made
			imported.Imported = true
			errs, err := in.service.CreateMany(ctx, tx, in.survey.ID, []survey.Creation{imported, imported})
			return errors.Join(append(errs, err)...)
		})
		if err != nil {
			t.Fatal(err)
		}
		if counts, err := in.store.QuotaCounts(t.Context(), in.survey.ID); err != nil || len(counts) != 0 || len(in.completed(t)) != 6 {
			t.Errorf("the counts are %v, %v with %d responses", counts, err, len(in.completed(t)))
		}
		// A session answers as respondents do.
		id, v, err := in.service.StartSession(t.Context(), survey.SessionStart{SurveyID: in.survey.ID})
		if err != nil {
			t.Fatal(err)
		}
		for _, answers := range []string{`{"QID1":9}`, `{}`} {
			if v, err = in.service.UpdateSession(t.Context(), v, survey.SessionUpdate{Responses: decode(t, answers), Advance: true}); err != nil {
				t.Fatal(err)
			}
		}
		if counts, err := in.store.QuotaCounts(t.Context(), in.survey.ID); err != nil || counts["QO_000000000000001"] != 1 || v.State != survey.StateDone {
			t.Errorf("after session %s, which is %s, the counts are %v, %v", id, v.State, counts, err)
		}
		// A link cannot say that a quota is full.
		v = in.open(t)
		v.Carry(map[string][]string{models.FieldTerminated: {models.QuotaMet}})
		if v.Full() || v.Fields[models.FieldTerminated] != "" {
			t.Errorf("a link has set %v", v.Fields)
		}
	})
}

func TestWhoMeetsAFullQuotaDoesNotCountForTheMaximumOfTheirCollector(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		c := clock.NewFake(start)
		in := newInstanceOn(t, d.Open(t, storetest.Options{Clock: c}), c, withQuotas())
		link, err := in.store.Collectors(t.Context(), in.actor, in.survey.ID)
		if err != nil {
			t.Fatal(err)
		}
		limit := func(most int) {
			t.Helper()
			link[0].MaxResponses = most
			if err := in.store.SaveCollector(t.Context(), in.actor, &link[0]); err != nil {
				t.Fatal(err)
			}
			c.Advance(time.Second) // what is live is looked at again
		}
		limit(5)
		answer := func(score string) *survey.Visit {
			t.Helper()
			v := in.mustSend(t, in.open(t), pageOne, "QID1="+score)
			if v.State == survey.StateAnswering {
				v = in.mustSend(t, v, pageTwo, "QID2=1")
			}
			return v
		}
		for range 3 {
			answer("9")
		}
		var ended *survey.Visit
		for range 4 {
			if ended = answer("9"); !ended.Full() {
				t.Fatal("the quota is not full")
			}
		}
		if err := in.store.DeleteResponse(t.Context(), in.actor, in.survey.ID, ended.Response.ID); err != nil {
			t.Fatal(err)
		}
		answer("1")
		if v := in.open(t); v.State != survey.StateAnswering {
			t.Fatalf("with four responses of five the link is %s", v.State)
		}
		answer("1")
		c.Advance(time.Second)
		if v := in.open(t); v.State != survey.StateFull {
			t.Errorf("with five responses of five the link is %s", v.State)
		}
		// The same is counted where a maximum comes later.
		limit(0)
		limit(6)
		if v := in.open(t); v.State != survey.StateAnswering {
			t.Errorf("with five responses of six the link is %s", v.State)
		}
	})
}

func TestTheMessageOfAQuotaIsInTheRespondentsLanguage(t *testing.T) {
	t.Parallel()
	def := withQuotas()
	def.Language, def.Languages = "en", []string{"de", "sv"}
	in := newInstance(t, def)
	s, err := in.store.Survey(t.Context(), in.actor, in.survey.ID)
	if err != nil {
		t.Fatal(err)
	}
	const name = "QO_000000000000001_QuotaMessage"
	if err := survey.SetTranslation(s, "de", name, "Keine <b>weiteren</b> bitte.<script>x()</script>"); err != nil {
		t.Fatal(err)
	}
	if _, err := in.store.SaveSurveyDraft(t.Context(), in.actor, s, 0); err != nil {
		t.Fatal(err)
	}
	in.putLive(t)
	for range 3 {
		in.mustSend(t, in.mustSend(t, in.open(t), pageOne, "QID1=9"), pageTwo, "QID2=1")
	}
	for language, want := range map[string]string{"en": "No more promoters.", "de": "Keine <strong>weiteren</strong> bitte.", "sv": "No more promoters."} {
		v, err := in.service.Enter(t.Context(), survey.Way{Slug: in.slug, Wishes: survey.Wishes{Asked: []string{language}}})
		if err != nil {
			t.Fatal(err)
		}
		if v = in.mustSend(t, v, pageOne, "QID1=9"); !v.Full() || v.End().Message != want {
			t.Errorf("in %s it ends as %+v", language, v.End())
		}
	}
	// It goes out and comes back with the survey's file, and by the API.
	data, err := qsf.EncodeFile(qsf.Survey{Survey: s, Definition: &s.Draft.V, BaseURL: "https://survey.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	file, err := qsf.DecodeFile(data)
	if err != nil {
		t.Fatal(err)
	}
	if texts, ok := qsf.Translation(&file.Definition, s.Name, "DE"); !ok || !slices.ContainsFunc(texts, func(m qsf.Member) bool { return m.Name == name }) {
		t.Errorf("the file has %v", texts)
	}
}

func TestAFullQuotaWithoutAConditionIsToldAtOnce(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		c := clock.NewFake(start)
		def := withQuotas()
		qsf.SetQuotas(&def, []json.RawMessage{
			json.RawMessage(`{"ID":"QO_000000000000001","Name":"All","Occurrences":1,"QuotaAction":"EndCurrentSurvey","Surveyflow":{"message":"Enough."},
				"EndSurveyOptions":{"SurveyTermination":"Redirect","EOSRedirectURL":"https://example.com/next"}}`),
		})
		in := newInstanceOn(t, d.Open(t, storetest.Options{Clock: c}), c, def)
		greeted := func() *survey.Visit {
			t.Helper()
			v := in.open(t)
			v.Carry(nil)
			if err := in.service.Greet(t.Context(), v); err != nil {
				t.Fatal(err)
			}
			return v
		}
		if v := greeted(); v.State != survey.StateAnswering || v.Full() {
			t.Fatalf("at first it is %s", v.State)
		}
		begun := in.mustSend(t, in.open(t), pageOne, "QID1=3")
		opened := in.open(t)
		in.mustSend(t, in.mustSend(t, in.open(t), pageOne, "QID1=9"), pageTwo, "QID2=1")
		// Who opens it now hears so, and nothing of them is stored.
		if v := greeted(); v.State != survey.StateFull || v.FullQuota() != "QO_000000000000001" || v.End().Message != "Enough." || v.End().Redirect == "" || v.Response != nil {
			t.Errorf("it is %s, and ends with %+v", v.State, v.End())
		}
		// Who had it open before hears so with the next page, and does not count.
		for i, v := range []*survey.Visit{in.mustSend(t, begun, pageTwo, "QID2=1"), in.mustSend(t, opened, pageOne, "QID1=3")} {
			if v.State != survey.StateDone || !v.Full() {
				t.Errorf("visit %d is %s", i, v.State)
			}
		}
		if counts, err := in.store.QuotaCounts(t.Context(), in.survey.ID); err != nil || counts["QO_000000000000001"] != 1 {
			t.Errorf("the counts are %v, %v", counts, err)
		}
		if _, _, err := in.service.StartSession(t.Context(), survey.SessionStart{SurveyID: in.survey.ID, EmbeddedData: decode(t, `{"x":"y"}`)}); models.ErrorCode(err) != models.CodeConflict {
			t.Errorf("a session begins with %v", err)
		}
	})
}
