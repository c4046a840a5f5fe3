package handlers_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/internal/qsf"
)

func TestQuotasAreShownInWordsAndTheirLimitsEdited(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	id, _ := a.sample(t, b)
	s, err := a.store.Survey(t.Context(), a.actor(ada), id)
	if err != nil {
		t.Fatal(err)
	}
	q := s.Draft.V.Questions()[0]
	b.get(link.SurveyQuotas(id)).says("#quotas", "This survey has no quotas.")
	const quota = "QO_000000000000001"
	qsf.SetQuotas(&s.Draft.V, []json.RawMessage{json.RawMessage(`{"ID":"` + quota + `","Name":"Enough of these","Occurrences":"40","QuotaAction":"EndCurrentSurvey",
		"Logic":{"0":{"0":{"LogicType":"Question","LeftOperand":"q://` + q.ID + `/SelectableChoice/1","Operator":"Selected","Type":"Expression"},"Type":"If"},"Type":"BooleanExpression"}}`)})
	if _, err := a.store.SaveSurveyDraft(t.Context(), a.actor(ada), s, s.DraftRev); err != nil {
		t.Fatal(err)
	}
	b.get(link.SurveyBuild(id)).says("main", "Quotas")
	b.get(link.SurveyQuotas(id)).says("#quotas", "Enough of these").says("#quotas", q.Text).says("#quotas", "0 of 40")
	wrong := b.post(link.SurveyQuotas(id), "quota", quota, "limit", "many", "state", "true").is(http.StatusUnprocessableEntity).says("#quotas", "Enter a whole number")
	if wrong.value("limit") != "many" {
		t.Error("what was typed is lost")
	}
	b.post(link.SurveyQuotas(id), "quota", "QO_000000000000002", "limit", "1", "state", "true").is(http.StatusNotFound)
	b.get(b.post(link.SurveyQuotas(id), "quota", quota, "limit", "50", "state", "false").to(link.SurveyQuotas(id))).says("#quotas", "0 of 50")
	if s, err = a.store.Survey(t.Context(), a.actor(ada), id); err != nil {
		t.Fatal(err)
	}
	if all := qsf.QuotasInUse(&s.Draft.V); len(all) != 1 || all[0].Limit != 50 || !all[0].Off {
		t.Errorf("the draft has %+v", all)
	}
}
