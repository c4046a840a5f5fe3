package survey_test

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/qsf"
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
		if err != nil || !qsf.SetQuota(&v.Draft.V, "QO_000000000000001", 4, false) {
			t.Fatal(err)
		}
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
