package qsf

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"surveyflow/models"
)

// file reads a fixture that must be a file.
func file(t *testing.T, name string) *File {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := DecodeFile(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// outline writes the pages of a definition with what is on them and when they are shown.
func outline(def *models.SurveyDefinition) []string {
	var out []string
	others := Others(def)
	for i := range def.Blocks {
		b := &def.Blocks[i]
		line := strings.Join(elements(b, others), " ")
		if b.Display != nil {
			line += " when " + words(b.Display)
		}
		out = append(out, line)
		for _, q := range b.Questions {
			if q.Display != nil {
				out = append(out, q.ID+" when "+words(q.Display))
			}
		}
	}
	return out
}

func words(c *models.Condition) string {
	for joint, parts := range map[string][]models.Condition{" and ": c.All, " or ": c.Any} {
		if len(parts) > 0 {
			all := make([]string, len(parts))
			for i := range parts {
				all[i] = words(&parts[i])
			}
			return "(" + strings.Join(all, joint) + ")"
		}
	}
	return strings.TrimSpace(c.Left + " " + string(c.Operator) + " " + c.Right)
}

func TestAFileBecomesPagesWithTheirLogic(t *testing.T) {
	t.Parallel()
	f := file(t, "everything.qsf")
	// Choice 4 of QID1 has the recode value 2, which is the id of another choice: its condition asks by id.
	// Who chose choice 2, which ends the survey, and who skips are not shown the pages in between.
	want := []string{
		"QID1",
		"QID2 QID12 when ${q://QID1/SelectedChoicesRecode} notSelected 4",
		"QID3 when ${q://QID1/SelectedChoicesRecode} notSelected 4",
		"QID3 when (${q://QID2/SelectedChoicesRecode} selected 3 or ${q://QID2/SelectedChoicesRecode} selected 4)",
		"QID4",
		"QID5 QID6 QID7 when (${q://QID2/SelectedChoicesRecode} notSelected 6 and (${q://QID1/SelectedChoicesRecode} selected 10 or ${e://Field/segment} notEmpty) and ${q://QID1/SelectedChoicesRecode} notSelected 30)",
		"QID8 when ${q://QID1/SelectedChoicesRecode} notSelected 30",
		"QID9 QID10 when ${q://QID1/SelectedChoicesRecode} notSelected 30",
		"QID15 QID16 QID17 QID11 when ${q://QID1/SelectedChoicesRecode} notSelected 30",
		"QID17 when ((${e://Field/segment} equalTo gold and ${q://QID7/ChoiceTextEntryValue} greaterThan 3) or ${q://QID8/SelectedChoicesRecode} notSelected 2)",
	}
	if diff := cmp.Diff(want, outline(&f.Definition)); diff != "" {
		t.Errorf("the pages are otherwise (-want +got):\n%s", diff)
	}
	if want := []models.EmbeddedField{{Name: "segment", FromLink: true}, {Name: "wave", Default: "3"}, {Name: "double"}, {Name: "detractor"}}; !slices.Equal(f.Definition.EmbeddedData, want) {
		t.Errorf("the fields are %+v", f.Definition.EmbeddedData)
	}
	def := &f.Definition
	if f.Name != "Feedback <wave 3>" || f.NextQID != 18 || def.Language != "en" || !def.NoBack || def.NoProgress || def.Description != "About us" || def.End.Message != "Bye" {
		t.Errorf("the survey is %q, %d, %q, %q", f.Name, f.NextQID, def.Description, def.End.Message)
	}
	for id, want := range map[string]models.QuestionType{
		"QID1": models.QuestionSingleChoice, "QID2": models.QuestionNPS, "QID3": models.QuestionLongText, "QID4": models.QuestionMatrix, "QID6": models.QuestionEmail,
		"QID7": models.QuestionNumber, "QID8": models.QuestionMultipleChoice, "QID9": models.QuestionSlider, "QID10": models.QuestionRanking, "QID11": models.QuestionStatement,
	} {
		if q := def.Question(id); q == nil || q.Type != want {
			t.Errorf("%s is %+v, want %s", id, q, want)
		}
	}
	if text := def.Question("QID6").Text; strings.Contains(text, "script") || strings.Contains(text, "onerror") {
		t.Errorf("the text still is %q", text)
	}
	if tag := def.Question("QID8").Tag; tag != "which_channels__1" {
		t.Errorf("the short name is %q", tag)
	}
	var apart []string
	for _, o := range Others(def) {
		if def.Block(o.Block) == nil {
			apart = append(apart, o.Question.ID)
		}
	}
	if !slices.Equal(apart, []string{"QID13", "QID14"}) {
		t.Errorf("kept apart are %v", apart)
	}
}

func TestTheReportNamesEverythingThatIsNotUsed(t *testing.T) {
	t.Parallel()
	f := file(t, "everything.qsf")
	var got []string
	for _, l := range f.Report.Lines {
		if l.Kind == models.ImportTaken {
			continue
		}
		parts, _ := l.Args["Parts"].(string)
		got = append(got, strings.TrimSpace(string(l.Kind)+" "+l.Item+" "+strings.TrimPrefix(l.Key, "survey.import.line.")+" "+parts))
	}
	slices.Sort(got)
	want := []string{
		"changed  date", "changed  formatting onclick",
		"changed QID1 skip", "changed QID10 tag", "changed QID11 formatting style", "changed QID6 formatting img, onerror, script, src", "changed QID8 tag", "changed QID99 no_question",
		"kept  elements PROJ, STAT, RS, NT", "kept  options SurveyOptions.BallotBoxStuffingPrevention, SurveyOptions.Footer, SurveyOptions.Skin",
		"kept  quota_groups", "kept  quotas",
		"kept BL_0bbbbbbbbbbbbbB block_option", "kept BL_0bbbbbbbbbbbbbB block_option", "kept BL_0dddddddddddddD not_in_flow", "kept BL_0tttttttttttttT trash",
		"kept FL_10 flow_with", "kept FL_14 branch", "kept FL_15 ending", "kept FL_2 field_value", "kept FL_4 flow", "kept FL_8 field_value",
		"kept QID1 parts VariableNaming", "kept QID12 question_kept", "kept QID13 question_apart", "kept QID14 question_apart", "kept QID15 question_kept", "kept QID16 logic_kept", "kept QID5 question_kept",
		"kept QID7 parts Validation.Settings.ForceResponse RequestResponse", "kept QID8 parts Randomization", "kept QID9 parts Labels",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the report is otherwise (-want +got):\n%s", diff)
	}
	named := map[string]bool{}
	for _, l := range f.Report.Lines {
		named[l.Item] = true
	}
	for _, q := range AllQuestions(&f.Definition) {
		if !named[q.ID] {
			t.Errorf("%s is not in the report", q.ID)
		}
	}
}

func TestOddSpellingsAreRead(t *testing.T) {
	t.Parallel()
	f := file(t, "spellings.qsf")
	def := &f.Definition
	if got := outline(def); !slices.Equal(got, []string{"QID1", "QID5"}) || def.Language != "zh-Hans" || f.NextQID != 6 {
		t.Errorf("the pages are %v, language %s, next %d", got, def.Language, f.NextQID)
	}
	if !models.ValidID(models.PrefixBlock, def.Blocks[0].ID) || def.Question("QID5").ExportTag() != "7_2" || len(def.Question("QID1").Choices) != 2 {
		t.Errorf("it is %+v", def.Blocks)
	}
	var keys []string
	for _, l := range f.Report.Lines {
		if l.Kind != models.ImportTaken {
			keys = append(keys, l.Item+" "+strings.TrimPrefix(l.Key, "survey.import.line."))
		}
	}
	slices.Sort(keys)
	want := []string{" broken_element", "BL_none no_block", "BL_short block_id", "Q-two question_id", "QID3 question_broken", "QID3 question_loose", "QID4 empty_question", "QID5 tag"}
	keys = slices.DeleteFunc(keys, func(k string) bool { return strings.HasSuffix(k, " element") })
	if !slices.Equal(keys, want) {
		t.Errorf("the report is %v, want %v", keys, want)
	}
}

func TestWhatIsNoFileIsRefusedWithItsPlace(t *testing.T) {
	t.Parallel()
	for text, key := range map[string]string{
		"":                              "survey.import.error.empty",
		"\xef\xbb\xbf ":                 "survey.import.error.empty",
		"<html>":                        "survey.import.error.syntax",
		"{\"SurveyEntry\":\n{]":         "survey.import.error.syntax",
		`{}`:                            "survey.import.error.no_qsf",
		`[]`:                            "survey.import.error.no_qsf",
		`{"SurveyElements":[]}`:         "survey.import.error.no_qsf",
		`{"SurveyElements":["a",{},1]}`: "survey.import.error.no_qsf",
		strings.Repeat("x", MaxFile+1):  "survey.import.error.too_large",
	} {
		_, err := DecodeFile([]byte(text))
		e, ok := errors.AsType[*models.Error](err)
		if !ok || len(e.Fields) != 1 || e.Fields[0].Key != key {
			t.Errorf("%.30q fails with %v, want %s", text, err, key)
		}
	}
	_, err := DecodeFile([]byte("{\"SurveyEntry\":\n{]"))
	if e, _ := errors.AsType[*models.Error](err); e.Fields[0].Args["Line"] != 2 {
		t.Errorf("the place is %v", e.Fields[0].Args)
	}
}

// written writes a definition as the file of one and the same survey.
func written(t *testing.T, def *models.SurveyDefinition) []byte {
	t.Helper()
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	data, err := EncodeFile(Survey{Survey: &models.Survey{ID: "SV_000000000000001", Name: "x", OrgID: "acme", OwnerID: "UR_1", CreatedAt: at, UpdatedAt: at}, Definition: def})
	if err != nil || !json.Valid(data) {
		t.Fatalf("written as %s: %v", data, err)
	}
	return data
}

// difference shows where the second round of a file differs.
func difference(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	part := func(s string) string { return s[max(i-200, 0):min(i+200, len(s))] }
	return "a second round differs:\n" + part(a) + "\n" + part(b)
}

func TestAFileComesBackFromItsSurvey(t *testing.T) {
	t.Parallel()
	f := file(t, "everything.qsf")
	first := written(t, &f.Definition)
	again, err := DecodeFile(first)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(outline(&f.Definition), outline(&again.Definition)); diff != "" {
		t.Errorf("the pages changed:\n%s", diff)
	}
	if second := written(t, &again.Definition); string(second) != string(first) {
		t.Error(difference(string(first), string(second)))
	}
	// What was not understood is there as it came.
	for _, part := range []string{`"Type":"WebService"`, `"SubSet":"1"`, `"SkipToDestination":"QID4"`, `"PT-BR"`, `"QO_8ovmvP9MZvTxyzv"`, `"Looping":"Static"`, `"LogicType":"GeoIP"`, `"Message":"look"`, `"Type":"Trash"`, `"QuestionType":"HotSpot"`} {
		if !strings.Contains(strings.ReplaceAll(string(first), ": ", ":"), part) {
			t.Errorf("%s is gone", part)
		}
	}
}

func TestAChangedSurveyKeepsWhatItsFlowHadBeside(t *testing.T) {
	t.Parallel()
	f := file(t, "everything.qsf")
	def := &f.Definition
	// In the editor: one page more, one less, a question elsewhere, another field.
	def.Blocks = append(def.Blocks, models.Block{ID: "BL_0fffffffffffffF", Title: "New page", Questions: []models.Question{{ID: "QID20", Type: models.QuestionShortText, Text: "New"}}})
	def.Blocks = slices.DeleteFunc(def.Blocks, func(b models.Block) bool { return b.ID == "BL_0cccccccccccccC" })
	def.EmbeddedData = append(def.EmbeddedData, models.EmbeddedField{Name: "more", Default: "x"})
	def.Question("QID3").Display = nil
	text := string(written(t, def))
	again, err := DecodeFile([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := outline(def)
	if diff := cmp.Diff(want, outline(&again.Definition)); diff != "" {
		t.Errorf("the pages came back otherwise:\n%s", diff)
	}
	if !slices.Equal(again.Definition.EmbeddedData, def.EmbeddedData) || again.Definition.Blocks[len(def.Blocks)-1].Title != "New page" {
		t.Errorf("fields %v, last page %+v", again.Definition.EmbeddedData, again.Definition.Blocks[len(def.Blocks)-1])
	}
	if !strings.Contains(text, `"Type":"WebService"`) {
		t.Error("the web service is gone")
	}
	if second := string(written(t, &again.Definition)); second != text {
		t.Error(difference(text, second))
	}
}

func TestAnotherQuestionLeavesTheFlowAlone(t *testing.T) {
	t.Parallel()
	f := file(t, "everything.qsf")
	def := &f.Definition
	b := def.Block("BL_0bbbbbbbbbbbbbB")
	b.Questions = append(b.Questions, models.Question{ID: "QID20", Type: models.QuestionShortText, Text: "New"})
	s := StructureOf(def)
	var was Structure
	if err := json.Unmarshal(def.Extra[structureKey], &was); err != nil {
		t.Fatal(err)
	}
	var items, before struct{ Flow []map[string]any }
	for value, to := range map[string]any{string(s.Flow): &items, string(was.Flow): &before} {
		if err := json.Unmarshal([]byte(value), to); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(before, items); diff != "" {
		t.Errorf("the flow changed:\n%s", diff)
	}
	for i := range s.Blocks {
		if id := blockOf(s.Blocks[i]).id; id != b.ID && string(s.Blocks[i]) != string(was.Blocks[slices.IndexFunc(was.Blocks, func(b json.RawMessage) bool { return blockOf(b).id == id })]) {
			t.Errorf("%s changed to %s", id, s.Blocks[i])
		}
	}
}

func TestConditionsThatNoLogicSaysAreNoted(t *testing.T) {
	t.Parallel()
	deep := &models.Condition{Any: []models.Condition{
		{All: []models.Condition{{Left: "${q://QID1/SelectedChoicesRecode}", Operator: models.OpSelected, Right: "1"}, {Any: []models.Condition{{Left: "${e://Field/a}", Operator: models.OpEmpty}, {Left: "${e://Field/a}", Operator: models.OpContains, Right: "x"}}}}},
		{Left: "${rand://int/1:2}", Operator: models.OpEqualTo, Right: "1"},
	}}
	plain := &models.Condition{All: []models.Condition{{Left: "${m://Email}", Operator: models.OpNotEmpty}, {Left: "${q://QID1/SelectedChoicesCount}", Operator: models.OpGreaterThanOrEqual, Right: "1"}}}
	def := models.SurveyDefinition{Language: "en", Blocks: []models.Block{
		{ID: "BL_00000000000000A", Questions: []models.Question{{ID: "QID1", Type: models.QuestionSingleChoice, Text: "a", Choices: []models.Choice{{ID: 1, Text: "x"}, {ID: 2, Text: "y"}}}}},
		{ID: "BL_00000000000000B", Display: deep, Questions: []models.Question{{ID: "QID2", Type: models.QuestionShortText, Text: "b", Display: plain}, {ID: "QID3", Type: models.QuestionShortText, Text: "c", Display: deep}}},
		{ID: "BL_00000000000000C", Display: plain, Questions: []models.Question{}},
	}}
	data := written(t, &def)
	f, err := DecodeFile(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(outline(&def), outline(&f.Definition)); diff != "" {
		t.Errorf("they came back otherwise:\n%s", diff)
	}
	for _, part := range []string{`"BranchLogic":{"0":{"0":{"LogicType":"PanelData"`, `"DisplayLogic":{"0":{"0":{"LogicType":"PanelData"`, `"Surveyflow":{"display":{"any"`} {
		if !strings.Contains(string(data), part) {
			t.Errorf("%s is not in %s", part, data)
		}
	}
}

func TestLogicIsNegatedOrLeftAlone(t *testing.T) {
	t.Parallel()
	c := models.Condition{All: []models.Condition{{Left: "a", Operator: models.OpGreaterThan, Right: "1"}, {Left: "b", Operator: models.OpSelected, Right: "2"}}}
	n, ok := negate(c)
	want := models.Condition{Any: []models.Condition{{Any: []models.Condition{{Left: "a", Operator: models.OpLessThanOrEqual, Right: "1"}, {Left: "a", Operator: models.OpEmpty}}}, {Left: "b", Operator: models.OpNotSelected, Right: "2"}}}
	if !ok || !reflect.DeepEqual(n, want) {
		t.Errorf("it became %+v", n)
	}
	if _, ok := negate(models.Condition{Left: "a", Operator: models.OpMatchesRegex, Right: "b"}); ok {
		t.Error("a pattern was negated")
	}
}

func FuzzDecodeFile(f *testing.F) {
	for _, name := range []string{"everything.qsf", "spellings.qsf"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"SurveyEntry":[],"SurveyElements":[{"Element":"SQ","PrimaryAttribute":1,"Payload":{"QuestionType":"TE","Selector":"SL","QuestionID":"QID1"}}]}`))
	f.Add([]byte(`{"SurveyElements":[{"Element":"BL","Payload":{"0":{"ID":"BL_1","BlockElements":[{"Type":"Question","QuestionID":"QID1","SkipLogic":{"0":{"SkipToDestination":"QID1"}}}]}}},{"Element":"FL","Payload":{"Flow":[{"Type":"Branch","Flow":[{"Type":"EndSurvey"}]}]}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := DecodeFile(data)
		if err != nil {
			if _, ok := errors.AsType[*models.Error](err); !ok {
				t.Fatalf("a foreign error: %v", err)
			}
			return
		}
		UnusedOf(&file.Definition)
		first := written(t, &file.Definition)
		again, err := DecodeFile(first)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, first)
		}
		if diff := cmp.Diff(outline(&file.Definition), outline(&again.Definition)); diff != "" {
			t.Fatalf("the pages changed:\n%s\n%s", diff, first)
		}
		if second := written(t, &again.Definition); string(second) != string(first) {
			t.Fatal(difference(string(first), string(second)))
		}
	})
}
