package handlers_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/internal/qsf"
	"surveyflow/models"
)

func TestQuotasAreMadeEditedAndDeletedOnTheirPage(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	id, _ := a.sample(t, b)
	draft := func() *models.Survey {
		t.Helper()
		s, err := a.store.Survey(t.Context(), a.actor(ada), id)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	q := draft().Draft.V.Questions()[0]
	b.get(link.SurveyBuild(id)).says("main", "Quotas")
	b.get(link.SurveyQuotas(id)).says("#quotas", "This survey has no quotas.").says("#quotas", "New quota")

	// Made: first the condition, by its buttons, then all of it. Nothing that was typed is lost on the way.
	form := link.SurveyQuota(id, link.NewQuota)
	b.get(form).is(http.StatusOK)
	page := b.post(form, "name", "Enough of these", "limit", "many", "full", "end", "message", "<b>Full</b><script>x()</script>", "do", "add:c").is(http.StatusOK)
	if page.value("name") != "Enough of these" || page.value("limit") != "many" || !strings.Contains(page.value("message"), "Full") || len(qsf.QuotasOf(&draft().Draft.V)) != 0 {
		t.Errorf("after a button of the condition: %q, %q, %q", page.value("name"), page.value("limit"), page.value("message"))
	}
	condition := []string{"c.kind", "all", "c.0.field", "${q://" + q.ID + "/SelectedChoicesRecode}", "c.0.operator", "selected", "c.0.right", q.Choices[0].RecodeValue()}
	whole := func(more ...string) []string {
		return append(append([]string{"name", "Enough of these", "limit", "40", "state", "on", "full", "end", "message", "<b>Full</b><script>x()</script>"}, condition...), more...)
	}
	for field, change := range map[string][]string{
		"name": {"name", " "}, "limit": {"limit", "many"}, "redirect": {"redirect", "javascript:alert(1)"}, "c.0.right": {"c.0.operator", "matchesRegex", "c.0.right", "("},
		"state": {"state", "paused"}, "full": {"full", "bogus"},
	} {
		values := whole()
		for i := 0; i < len(change); i += 2 {
			values = append(without(values, change[i]), change[i], change[i+1])
		}
		wrong := b.post(form, values...).is(http.StatusUnprocessableEntity)
		if field != "c.0.right" && wrong.value("c.0.right") != q.Choices[0].RecodeValue() {
			t.Errorf("a wrong %s loses the condition", field)
		}
	}
	for says, change := range map[string][]string{
		"there is no such question": {"c.0.field", "${q://QID999/SelectedChoicesRecode}"}, "Choose a value, or ask": {"c.0.right", ""},
		"from 0 to 2147483647": {"limit", "2147483648"}, "cannot be shown": {"name", "a\x01b"}, "paused is no state": {"state", "paused"}, "bogus is nothing": {"full", "bogus"},
	} {
		b.post(form, append(without(whole(), change[0]), change...)...).is(http.StatusUnprocessableEntity).says("main", says)
	}
	b.post(form, append(without(whole(), "name"), "name", strings.Repeat("x", 101))...).is(http.StatusUnprocessableEntity)
	b.get(b.post(form, whole()...).to(link.SurveyQuotas(id))).says("#quotas", "Enough of these").says("#quotas", q.Text+" has selected “"+q.Choices[0].Text+"”").says("#quotas", "0 of 40")
	all := qsf.QuotasInUse(&draft().Draft.V)
	if len(all) != 1 || all[0].Limit != 40 || all[0].Off || !all[0].Ends || all[0].End.Message != "<strong>Full</strong>" || all[0].Condition == nil {
		t.Fatalf("the draft has %+v", all)
	}

	// Edited; what the file of a survey has beside stays.
	s := draft()
	raw := qsf.WithMember(qsf.QuotasOf(&s.Draft.V)[0], "QuotaRealm", "Survey")
	strange := json.RawMessage(`{"ID":"QO_000000000000009","Name":"Across","Occurrences":"5","LogicType":"Cross"}`)
	qsf.SetQuotas(&s.Draft.V, []json.RawMessage{raw, strange})
	if _, err := a.store.SaveSurveyDraft(t.Context(), a.actor(ada), s, s.DraftRev); err != nil {
		t.Fatal(err)
	}
	edit := link.SurveyQuota(id, all[0].ID)
	if page := b.get(edit).is(http.StatusOK); page.value("name") != "Enough of these" || page.value("limit") != "40" || page.value("c.0.right") != q.Choices[0].RecodeValue() {
		t.Error("the form does not show what is there")
	}
	b.get(b.post(edit, "name", "All", "limit", "50", "state", "off", "full", "count").to(link.SurveyQuotas(id))).says("#quotas", "0 of 50 · Off").says("#quotas", "Every response counts.").says("#quotas", "Across")
	all = qsf.QuotasInUse(&draft().Draft.V)
	if len(all) != 1 || all[0].Limit != 50 || !all[0].Off || all[0].Ends || all[0].Condition != nil || qsf.MemberText(qsf.QuotasOf(&draft().Draft.V)[0], "QuotaRealm") != "Survey" {
		t.Errorf("the draft has %s", qsf.QuotasOf(&draft().Draft.V))
	}
	b.get(link.SurveyQuota(id, "QO_000000000000009")).says("main", "replaces that logic")

	if list := b.get(b.post(edit, "do", "delete").to(link.SurveyQuotas(id))).words("#quotas"); strings.Contains(list, "of 50") {
		t.Errorf("after the deletion the page says %q", list)
	}
	b.post(edit, "name", "x", "limit", "1").is(http.StatusNotFound)
	if left := qsf.QuotasOf(&draft().Draft.V); len(left) != 1 {
		t.Errorf("left are %s", left)
	}
}

func TestTheCheckPageTellsOfQuotas(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	id, _ := a.sample(t, b)
	draft := func(change func(*models.SurveyDefinition)) {
		t.Helper()
		s, err := a.store.Survey(t.Context(), a.actor(ada), id)
		if err != nil {
			t.Fatal(err)
		}
		change(&s.Draft.V)
		if _, err := a.store.SaveSurveyDraft(t.Context(), a.actor(ada), s, s.DraftRev); err != nil {
			t.Fatal(err)
		}
	}
	q := models.Quota{ID: "QO_000000000000001", Name: "Reds", Limit: 5, Ends: true}
	draft(func(d *models.SurveyDefinition) {
		q.Condition = &models.Condition{Left: "${q://" + d.Questions()[0].ID + "/ChoiceGroup/SelectedChoices}", Operator: models.OpEqualTo, Right: "Nobody says so"}
		qsf.PutQuota(d, q)
	})
	page := b.get(link.SurveyCheck(id)).says("main", "The quota “Reds” was made").says("main", "The quota “Reds” asks for “Nobody says so”, which is no choice of")
	if n := page.Find("main a[href='" + link.SurveyQuota(id, q.ID) + "']").Length(); n != 2 {
		t.Errorf("%d links lead to the quota", n)
	}
}

// without takes a field out of the pairs of a form.
func without(pairs []string, name string) []string {
	var out []string
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] != name {
			out = append(out, pairs[i], pairs[i+1])
		}
	}
	return out
}
