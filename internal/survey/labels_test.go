package survey_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"surveyflow/internal/i18n"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// labelled has every kind of variable: a question with an "Other" text, ones with and without a tag, a statement, and embedded data.
func labelledSurvey() *models.SurveyDefinition {
	return &models.SurveyDefinition{
		Language: "en",
		Blocks: []models.Block{{ID: "BL_1", Questions: []models.Question{
			{ID: "QID1", Type: models.QuestionSingleChoice, Text: "How satisfied are you?", Choices: []models.Choice{{ID: 1, Text: "Very"}, {ID: 2, Text: "Other", TextEntry: true}}},
			{ID: "QID2", Type: models.QuestionStatement, Text: "Thank you"},
			{ID: "QID3", Type: models.QuestionShortText, Text: "How satisfied are you?", Tag: "Why"},
			{ID: "QID4", Type: models.QuestionNPS, Text: "<b>Recommend</b> us?"},
		}}},
		EmbeddedData: []models.EmbeddedField{{Name: "segment"}, {Name: "the plan"}},
	}
}

func labelsOf(all []survey.Variable) []string {
	out := make([]string, len(all))
	for i, v := range all {
		out[i] = v.Key + "=" + v.Label
		if v.Other != "" {
			out[i] += "," + v.Other
		}
	}
	return out
}

func TestVariablesStandInSurveyOrderUnderTheNamesOfTheExport(t *testing.T) {
	t.Parallel()
	got := labelsOf(survey.Variables(labelledSurvey(), nil))
	want := []string{"QID1=Q1,Q1_TEXT", "QID3=Why", "QID4=Q4", "segment=segment", "the plan=the plan"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNoTwoVariablesAreSentUnderOneName(t *testing.T) {
	t.Parallel()
	// An older version, or a tag that was given later, may collide with a label that was right when it was chosen.
	for title, labels := range map[string]models.DataLabels{
		"label and automatic label": {"QID1": "why"},
		"label and label":           {"QID1": "x", "QID3": "X"},
		"label and other text":      {"QID3": "q1_text"},
		"automatic other text":      {"QID4": "Q1_TEXT", "segment": "QID1_TEXT"},
		"label and key":             {"QID1": "Q4", "QID3": "qid4"},
	} {
		seen := map[string]bool{}
		for _, v := range survey.Variables(labelledSurvey(), labels) {
			for _, name := range []string{v.Label, v.Other} {
				if folded := strings.ToLower(name); name != "" {
					if seen[folded] {
						t.Errorf("%s: %q twice in %v", title, name, labelsOf(survey.Variables(labelledSurvey(), labels)))
					}
					seen[folded] = true
				}
			}
		}
	}
}

func TestLabelsAreRefusedWithAReason(t *testing.T) {
	t.Parallel()
	all := survey.Variables(labelledSurvey(), nil)
	for _, c := range []struct{ key, label, want string }{
		{"QID1", "satisfaction", ""},
		{"QID1", "zufriedenheit-2.ä_ß", ""},
		{"QID1", "رضا", ""},
		{"QID1", "संतुष्टि", ""},
		{"QID1", strings.Repeat("ä", 100), ""},
		{"QID1", "q1", ""},
		{"segment", "Segment", ""},
		{"QID1", strings.Repeat("ä", 101), "label.error.long"},
		{"QID1", "", "label.error.empty"},
		{"QID1", "  ", "label.error.empty"},
		{"QID1", "my label", "label.error.space"},
		{"QID1", "a/b", "label.error.character"},
		{"QID1", "<b>", "label.error.character"},
		{"QID1", "a\u200bb", "label.error.character"},
		{"QID1", "SEGMENT", "label.error.auto"},
		{"QID3", "q4", "label.error.auto"},
		{"QID3", "Q1_text", "label.error.text"},
		{"QID2", "thanks", "label.error.unknown"},
		{"QID9", "x", "label.error.unknown"},
		{"QID1_2", "x", "label.error.part"},
		{"QID1-2", "x", "label.error.part"},
		{"nothing", "x", "label.error.unknown"},
	} {
		next, err := survey.Relabel(all, nil, map[string]*string{c.key: &c.label})
		if c.want == "" {
			if err != nil || next[c.key] != c.label {
				t.Errorf("%s for %s: %v, %v", c.label, c.key, next, err)
			}
			continue
		}
		e, ok := errors.AsType[*models.Error](err)
		if !ok || e.Code != models.CodeInvalid || len(e.Fields) != 1 || e.Fields[0].Field != c.key || e.Fields[0].Key != c.want {
			t.Errorf("%q for %s: %v; want %s", c.label, c.key, err, c.want)
			continue
		}
		if said := i18n.TMap(t.Context(), e.Fields[0].Key, e.Fields[0].Args); strings.Contains(said, "<no value>") {
			t.Errorf("%q for %s says %q", c.label, c.key, said)
		}
	}
}

func TestLabelsChangeTogetherOrNotAtAll(t *testing.T) {
	t.Parallel()
	def := labelledSurvey()
	text := func(s string) *string { return &s }
	labels, err := survey.Relabel(survey.Variables(def, nil), nil, map[string]*string{"QID1": text("a"), "QID3": text("b"), "segment": text(" c ")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(models.DataLabels{"QID1": "a", "QID3": "b", "segment": "c"}, labels); diff != "" {
		t.Error(diff)
	}
	// They change places in one step, which one after the other could not.
	labels, err = survey.Relabel(survey.Variables(def, labels), labels, map[string]*string{"QID1": text("b"), "QID3": text("a")})
	if err != nil || labels["QID1"] != "b" || labels["QID3"] != "a" {
		t.Fatalf("%v, %v", labels, err)
	}
	if _, err = survey.Relabel(survey.Variables(def, labels), labels, map[string]*string{"QID1": text("A"), "segment": text("d")}); models.ErrorCode(err) != models.CodeInvalid {
		t.Errorf("the label of another is taken: %v", err)
	}
	labels["QID77"] = "gone" // of a question that may be put back
	labels, err = survey.Relabel(survey.Variables(def, labels), labels, map[string]*string{"QID1": nil, "QID3": text("Why"), "segment": text("segment"), "QID4": text("gone")})
	if diff := cmp.Diff(models.DataLabels{"QID4": "gone", "QID77": "gone"}, labels); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestLabelsAreMadeFromTexts(t *testing.T) {
	t.Parallel()
	def := labelledSurvey()
	def.Blocks[0].Questions = append(def.Blocks[0].Questions,
		models.Question{ID: "QID5", Type: models.QuestionLongText, Text: "顧客満足度についてどのようにお考えですか教えてください顧客満足度についてどのようにお考えですか教えてください"},
		models.Question{ID: "QID6", Type: models.QuestionLongText, Text: "???"},
		models.Question{ID: "QID7", Type: models.QuestionLongText, Text: "Segment"},
		models.Question{ID: "QID8", Type: models.QuestionLongText, Text: "What is the single most important thing that we should mend first, and why?"})
	labels := models.DataLabels{"QID4": "recommend"}
	changes := survey.LabelsFromTexts(survey.Variables(def, labels), labels)
	labels, err := survey.Relabel(survey.Variables(def, labels), labels, changes)
	if err != nil {
		t.Fatal(err)
	}
	want := models.DataLabels{
		"QID1": "how_satisfied_are_you", "QID3": "how_satisfied_are_you_2", "QID4": "recommend", "QID7": "segment_2", "QID8": "what_is_the_single_most_important_thing",
		"QID5": "顧客満足度についてどのようにお考えですか教えてください顧客満足度についてどのよう",
	}
	if n := len([]rune(labels["QID5"])); n != 40 {
		t.Errorf("%d characters", n)
	}
	want["QID5"] = labels["QID5"]
	if diff := cmp.Diff(want, labels); diff != "" {
		t.Error(diff)
	}
}

func TestAColumnIsTakenFromASpreadsheet(t *testing.T) {
	t.Parallel()
	all := survey.Variables(labelledSurvey(), nil)
	for _, c := range []struct{ title, text, from, want string }{
		{"one column", "a\r\nb\r\n\r\nd\r\n", "", "QID1=a QID3=b segment=d"},
		{"from a variable on", "a\nb", "QID4", "QID4=a segment=b"},
		{"two columns", "QID3\ta\nq1\tb\nThe Plan\tc\nSegment\t\textra", "QID4", "QID1=b QID3=a the plan=c"},
		{"too many", "a\nb", "the plan", "label.paste.many"},
		{"a name that is none", "x\ta\nQID1\tb", "", "label.paste.unknown"},
		{"nothing", " \n\n", "", "label.paste.empty"},
	} {
		changes, err := survey.PastedLabels(all, c.text, c.from)
		got := []string{}
		for key, label := range changes {
			got = append(got, key+"="+*label)
		}
		slices.Sort(got)
		said := strings.Join(got, " ")
		if e, ok := errors.AsType[*models.Error](err); ok {
			said = e.Fields[0].Key
		}
		if said != c.want {
			t.Errorf("%s: %s; want %s", c.title, said, c.want)
		}
	}
}

func TestLabelsAreStoredAndHoldAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		i := storetest.NewInstance(t, s, nil)
		service := survey.New(s, i.Clock)
		ctx, name := t.Context(), "said"
		before := i.LiveRev()
		i.Check(service.Relabel(ctx, i.Actor, i.Survey.ID, map[string]*string{"QID1": &name}))
		if i.LiveRev() == before {
			t.Error("the caches of other nodes do not learn of it")
		}
		at := i.Clock.Now()
		i.Check(service.Relabel(ctx, i.Actor, i.Survey.ID, map[string]*string{"QID1": &name}))
		labels, rev, err := s.SurveyLabels(ctx, i.Actor, i.Survey.ID)
		if err != nil || rev != 1 || labels["QID1"] != "said" {
			t.Fatalf("%v at revision %d, %v", labels, rev, err)
		}
		i.Check(service.Relabel(ctx, i.Actor, i.Survey.ID, map[string]*string{"QID1": nil}))
		if labels, err = s.LabelsAt(ctx, i.Survey.ID, 1); err != nil || labels["QID1"] != "said" {
			t.Errorf("the revision that runs name has %v, %v", labels, err)
		}
		if _, err = s.SaveSurveyLabels(ctx, i.Actor, i.Survey.ID, 1, models.DataLabels{}); models.ErrorCode(err) != models.CodeConflict {
			t.Errorf("an older revision overwrites the newer: %v", err)
		}
		if rev, err := s.LabelsRevAt(ctx, i.Survey.ID, at.AddDate(-1, 0, 0)); rev != 0 || err != nil {
			t.Errorf("a year ago: revision %d, %v", rev, err)
		}
		if rev, err := s.LabelsRevAt(ctx, i.Survey.ID, i.Clock.Now()); rev != 2 || err != nil {
			t.Errorf("now: revision %d, %v", rev, err)
		}
		other := i.User("eve@example.com", models.RoleMember)
		if err := service.Relabel(ctx, other, i.Survey.ID, map[string]*string{"QID1": nil}); models.ErrorCode(err) != models.CodeNotFound {
			t.Errorf("somebody else changes labels: %v", err)
		}
	})
}
