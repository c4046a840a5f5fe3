package apiv3

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"surveyflow/models"
)

// pages gives what respondents would meet: the questions of each page of the draft, and "if" for a page with a condition.
func (b *bench) pages(surveyID string) []string {
	b.Helper()
	s, err := b.store.Survey(b.Context(), b.users["ada"].Actor(models.ViaWeb), surveyID)
	b.check(err)
	var out []string
	for _, block := range s.Draft.V.Blocks {
		var ids []string
		for _, q := range block.Questions {
			ids = append(ids, q.ID)
		}
		line := strings.Join(ids, " ")
		if block.Display != nil {
			line += " if"
		}
		out = append(out, line)
	}
	return out
}

func (b *bench) wantPages(surveyID string, want ...string) {
	b.Helper()
	if got := b.pages(surveyID); !slices.Equal(got, want) {
		b.Errorf("the pages are %q, want %q", got, want)
	}
}

func TestBlocksAndFlowAreWrittenByClients(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.newSurvey(b.ada)
	path := "/survey-definitions/" + s.id
	for range 2 {
		b.post(b.ada, path+"/questions?blockId="+s.block, everyType[2])
	}
	var made struct {
		BlockID, FlowID string
		Revision        int
	}
	b.post(b.ada, path+"/blocks", `{"Type":"Standard","Description":"Details","BlockElements":[]}`).into(&made)
	if made.FlowID == "" || made.Revision == 0 {
		t.Fatalf("it is %+v", made)
	}
	b.post(b.ada, path+"/questions?blockId="+made.BlockID, everyType[0])
	b.wantPages(s.id, "QID1 QID2", "QID3")

	// A page break, then a branch around the second block.
	b.do(b.ada, "PUT", path+"/blocks/"+s.block, `{"Type":"Default","Description":"Start","BlockElements":[{"Type":"Question","QuestionID":"QID2"},{"Type":"Page Break"},{"Type":"Question","QuestionID":"QID1"}]}`).ok()
	b.wantPages(s.id, "QID2", "QID1", "QID3")
	logic := `{"0":{"0":{"LogicType":"Question","QuestionID":"QID2","LeftOperand":"q://QID2/ChoiceTextEntryValue","Operator":"NotEmpty","Type":"Expression"},"Type":"If"},"Type":"BooleanExpression"}`
	flow := `{"Type":"Root","FlowID":"FL_1","Flow":[{"Type":"Block","ID":"` + s.block + `","FlowID":"FL_2"},{"Type":"Branch","FlowID":"FL_3","BranchLogic":` + logic +
		`,"Flow":[{"Type":"Standard","ID":"` + made.BlockID + `","FlowID":"FL_4"},{"Type":"WebService","FlowID":"FL_5","URL":"https://x.example.com"}]}]}`
	r := b.do(b.ada, "PUT", path+"/flow", flow).ok()
	if !strings.Contains(r.Meta.Notice, "FL_5.WebService") {
		t.Errorf("the notice is %s", r.Meta.Notice)
	}
	b.wantPages(s.id, "QID2", "QID1", "QID3 if")
	if got := b.get(b.ada, path+"/flow"); !sameJSON(json.RawMessage(got.Result), json.RawMessage(flow)) && !strings.Contains(string(got.Result), `"WebService"`) {
		t.Errorf("the flow came back as %s", got.Result)
	}
	b.post(b.ada, path+"/questions?blockId="+s.block, everyType[2]) // on the last page of the block
	b.wantPages(s.id, "QID2", "QID1 QID4", "QID3 if")
	if got := string(b.get(b.ada, path+"/flow").Result); !strings.Contains(got, `"WebService"`) {
		t.Errorf("another question changed the flow to %s", got)
	}

	// What is not in the flow is kept and not asked; what is deleted goes into the trash.
	b.do(b.ada, "PUT", path+"/flow", `{"Type":"Root","FlowID":"FL_1","Flow":[{"Type":"Block","ID":"`+s.block+`","FlowID":"FL_2"}]}`).ok()
	b.wantPages(s.id, "QID2", "QID1 QID4")
	if got := b.questionIDs(b.ada, s.id); !slices.Contains(got, "QID3") {
		t.Errorf("QID3 is gone: %v", got)
	}
	b.do(b.ada, "DELETE", path+"/blocks/"+made.BlockID, "").ok()
	blocks := string(b.get(b.ada, path+"/blocks").Result)
	if !strings.Contains(blocks, `"Trash"`) || strings.Contains(blocks, made.BlockID) || !slices.Contains(b.questionIDs(b.ada, s.id), "QID3") {
		t.Errorf("the blocks are %s", blocks)
	}
	b.post(b.ada, path+"/versions", `{"Published":true}`)
}

func TestBrokenStructuresAreRefusedWithTheirPlace(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.newSurvey(b.ada)
	path := "/survey-definitions/" + s.id
	b.do(b.ada, "PUT", path+"/flow", `{"Flow":[{"Type":"Group","Flow":[{"Type":"Block","ID":"BL_none"}]}]}`).invalid("Flow[0].Flow[0].ID")
	b.do(b.ada, "PUT", path+"/flow", `{"Flow":"x"}`).invalid("Flow")
	b.do(b.ada, "PUT", path+"/blocks/"+s.block, `{"BlockElements":[{"Type":"Question","QuestionID":"QID9"}]}`).invalid("BlockElements[0].QuestionID")
	b.do(b.ada, "PUT", path+"/blocks/BL_none", `{}`).fails(404, "404 - Not Found", "SF_NOT_FOUND", "Block not found.")
	b.do(b.ada, "DELETE", path+"/blocks/BL_none", "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "Block not found.")
	b.do(b.ada, "PUT", path+"/flow", `{"Flow":[],"revision":99}`).fails(409, "409 - Conflict", "SF_CONFLICT", "revision")
	b.do(b.bob, "PUT", path+"/flow", `{"Flow":[]}`).fails(404, "404 - Not Found", "GSI_2", "Survey not found.")
	b.do(b.bob, "GET", path+"/options", "").fails(404, "404 - Not Found", "GSI_2", "Survey not found.")
}

func TestOptionsLanguagesAndMetadataComeBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	path := "/survey-definitions/" + s.id
	b.do(b.ada, "PUT", path+"/options", `{"BackButton":"false","PartialData":"+2 weeks","Footer":"x","SurveyTermination":"Redirect","EOSRedirectURL":"https://example.com/"}`).ok()
	var o map[string]any
	b.check(json.Unmarshal(b.get(b.ada, path+"/options").Result, &o))
	if o["BackButton"] != "false" || o["PartialData"] != "+2 weeks" || o["Footer"] != "x" || o["SurveyTermination"] != "Redirect" || o["SurveyLanguage"] != "EN" {
		t.Errorf("the options are %v", o)
	}
	b.post(b.ada, "/surveys/"+s.id+"/responses", someValues)
	b.do(b.ada, "PUT", path+"/options", `{"AnonymizeResponse":"Yes"}`).invalid("AnonymizeResponse")

	b.do(b.ada, "PUT", "/surveys/"+s.id+"/languages", `{"AvailableLanguages":["EN","de","PT-BR"]}`).ok()
	if got := string(b.get(b.ada, "/surveys/"+s.id+"/languages").Result); got != `{"AvailableLanguages":["EN","DE","PT-BR"]}` {
		t.Errorf("the languages are %s", got)
	}
	b.do(b.ada, "PUT", "/surveys/"+s.id+"/languages", `{"AvailableLanguages":["klingon!"]}`).invalid("AvailableLanguages")
	b.do(b.ada, "PUT", "/surveys/"+s.id+"/translations/de", `{"QID1_QuestionText":"Wie zufrieden?","QID1_Choice1":"Sehr"}`).ok()
	if got := string(b.get(b.ada, "/surveys/"+s.id+"/translations/DE").Result); got != `{"QID1_QuestionText":"Wie zufrieden?","QID1_Choice1":"Sehr"}` {
		t.Errorf("the texts are %s", got)
	}
	if got := string(b.get(b.ada, path+"/questions/QID1").Result); !strings.Contains(got, `"DE":{"Choices":{"1":{"Display":"Sehr"}},"QuestionText":"Wie zufrieden?"}`) {
		t.Errorf("the question is %s", got)
	}
	if got := b.get(b.ada, "/surveys/"+s.id+"/translations/EN").text("QID1_QuestionText"); got != "How satisfied are you?" {
		t.Errorf("the own text is %s", got)
	}
	b.do(b.ada, "PUT", "/surveys/"+s.id+"/translations/DE", `{"QID99_QuestionText":"x"}`).invalid("QID99_QuestionText")
	b.do(b.ada, "PUT", "/surveys/"+s.id+"/translations/DE", `{"QID1_Button2":"x"}`).invalid("QID1_Button2")
	b.do(b.ada, "PUT", "/surveys/"+s.id+"/translations/EN", `{"QID1_QuestionText":"x"}`).invalid("languageCode")
	b.do(b.ada, "GET", "/surveys/"+s.id+"/translations/FR", "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "language")

	b.do(b.ada, "PUT", path+"/metadata", `{"SurveyName":"Renamed","SurveyStatus":"Inactive","SurveyStartDate":"0000-00-00 00:00:00","SurveyExpirationDate":"2030-01-02 03:04:05"}`).ok()
	var m map[string]any
	b.check(json.Unmarshal(b.get(b.ada, path+"/metadata").Result, &m))
	if m["SurveyName"] != "Renamed" || m["SurveyStatus"] != "Inactive" || m["SurveyExpirationDate"] != "2030-01-02 03:04:05" || m["SurveyStartDate"] != "0000-00-00 00:00:00" {
		t.Errorf("the metadata are %v", m)
	}
	b.do(b.ada, "PUT", path+"/metadata", `{"SurveyStatus":"Paused"}`).invalid("SurveyStatus")
}

func TestQuotasAreKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.newSurvey(b.ada)
	path := "/survey-definitions/" + s.id + "/quotas"
	r := b.post(b.ada, path, `{"Name":"Men","Occurrences":"100","LogicType":"Cross","Count":3}`)
	id := r.text("QuotaID")
	if !strings.HasPrefix(id, "QO_") || !strings.Contains(r.Meta.Notice, "Quota") {
		t.Errorf("it is %s", r.body)
	}
	if r := b.do(b.ada, "PUT", path+"/"+id, `{"Name":"Women","Occurrences":50}`).ok(); strings.Contains(r.Meta.Notice, "Quota") {
		t.Errorf("it is %s", r.body)
	}
	if got := b.get(b.ada, path+"/"+id); got.text("Name") != "Women" || got.text("ID") != id {
		t.Errorf("it is %s", got.Result)
	}
	if got := string(b.get(b.ada, "/surveys/"+s.id+"/quotas").Result); got != `{"elements":[{"id":"`+id+`","name":"Women","count":0,"quota":50,"logicType":"Simple"}],"nextPage":null}` {
		t.Errorf("the list is %s", got)
	}
	for field, body := range map[string]string{
		"Name":                            `{"Occurrences":1}`,
		"Name ":                           `{"Name":"  ","Occurrences":1}`,
		"Name  ":                          `{"Name":"a\u0000b","Occurrences":1}`,
		"Name   ":                         `{"Name":"` + strings.Repeat("x", 101) + `","Occurrences":1}`,
		"Occurrences":                     `{"Name":"x"}`,
		"Occurrences ":                    `{"Name":"x","Occurrences":-1}`,
		"Occurrences  ":                   `{"Name":"x","Occurrences":"many"}`,
		"Occurrences   ":                  `{"Name":"x","Occurrences":1.5}`,
		"Occurrences    ":                 `{"Name":"x","Occurrences":2147483648}`,
		"Occurrences     ":                `{"Name":"x","Occurrences":99999999999999999999}`,
		"QuotaAction":                     `{"Name":"x","Occurrences":1,"QuotaAction":"Explode"}`,
		"EndSurveyOptions.EOSRedirectURL": `{"Name":"x","Occurrences":1,"EndSurveyOptions":{"SurveyTermination":"Redirect","EOSRedirectURL":"javascript:alert(1)"}}`,
	} {
		for method, at := range map[string]string{"POST": path, "PUT": path + "/" + id} {
			b.do(b.ada, method, at, body).invalid(strings.TrimSpace(field))
			r := b.do(b.ada, method, at, "{}").invalid("Name")
			if len(r.Meta.Error.Fields) != 2 || r.Meta.Error.Fields[1].Field != "Occurrences" && r.Meta.Error.Fields[0].Field != "Occurrences" {
				t.Errorf("of nothing it says %s", r.body)
			}
		}
	}
	if got := b.get(b.ada, path+"/"+id); got.text("Name") != "Women" {
		t.Errorf("what was refused has changed it: %s", got.Result)
	}
	// As the field's clients send it.
	hides := b.post(b.ada, path, `{"Name":"Segment 1 Topic Quota","LogicType":"Simple","Occurrences":3,"QuotaAction":"DontDisplayBlock","OverQuotaAction":"Record","QuotaRealm":"Survey","QuotaSchedule":null,
		"ActionInfo":{"0":{"0":{"ActionType":"DontDisplayBlock","Type":"Expression","LogicType":"QuotaAction"},"Type":"If"},"Type":"BooleanExpression"},"EndSurveyOptions":{"EndingType":"Default","EOSRedirectURL":"http://"},"Count":0}`)
	if !strings.Contains(hides.Meta.Notice, "Quota") {
		t.Errorf("it is %s", hides.body)
	}
	b.do(b.ada, "DELETE", path+"/"+hides.text("QuotaID"), "").ok()
	group := b.post(b.ada, "/survey-definitions/"+s.id+"/quotagroups", `{"Name":"Default","Quotas":["`+id+`"]}`).text("QuotaGroupID")
	b.do(b.ada, "DELETE", "/survey-definitions/"+s.id+"/quotagroups/"+group, "").ok()
	b.do(b.ada, "DELETE", path+"/"+id, "").ok()
	b.do(b.ada, "GET", path+"/"+id, "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "Quota not found.")
	if got := string(b.get(b.ada, path).Result); got != `{"elements":[]}` {
		t.Errorf("left are %s", got)
	}
}

func TestANewLabelByTheAPIIsCarriedIntoQuotas(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.newSurvey(b.ada)
	at := "/survey-definitions/" + s.id
	question := `{"QuestionText":"Colour?","QuestionType":"MC","Selector":"SAVR","SubSelector":"TX","Choices":{"1":{"Display":"LABEL"},"2":{"Display":"Blue"}},"ChoiceOrder":["1","2"]}`
	qid := b.post(b.ada, at+"/questions", strings.Replace(question, "LABEL", "Red", 1)).text("QuestionID")
	id := b.post(b.ada, at+"/quotas", `{"Name":"Reds","Occurrences":5,"Surveyflow":{"condition":{"left":"${q://`+qid+`/ChoiceGroup/SelectedChoices}","operator":"equalTo","right":"Red"}}}`).text("QuotaID")
	b.do(b.ada, "PUT", at+"/questions/"+qid, strings.Replace(question, "LABEL", "Crimson", 1)).ok()
	if got := b.get(b.ada, at+"/quotas/"+id); !strings.Contains(string(got.Result), `"Crimson"`) {
		t.Errorf("the quota is %s", got.Result)
	}
}

func TestAFullQuotaIsToldToSessions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.newSurvey(b.ada)
	at := "/survey-definitions/" + s.id
	qid := b.post(b.ada, at+"/questions", `{"QuestionText":"Colour?","QuestionType":"MC","Selector":"SAVR","SubSelector":"TX","Choices":{"1":{"Display":"Red"},"2":{"Display":"Blue"}},"ChoiceOrder":["1","2"]}`).text("QuestionID")
	b.post(b.ada, at+"/quotas", `{"Name":"Reds","Occurrences":0,"QuotaAction":"EndCurrentSurvey","Surveyflow":{"message":"Enough <b>reds</b>.<script>x()</script>"},
		"EndSurveyOptions":{"SurveyTermination":"Redirect","EOSRedirectURL":"https://example.com/next"},
		"Logic":{"0":{"0":{"LogicType":"Question","LeftOperand":"q://`+qid+`/SelectableChoice/1","Operator":"Selected","Type":"Expression"},"Type":"If"},"Type":"BooleanExpression"}}`)
	b.post(b.ada, at+"/versions", `{"Description":"first","Published":true}`)
	b.do(b.ada, "PUT", "/surveys/"+s.id, `{"isActive":true}`).ok()
	b.clock.Advance(time.Second) // what is live is looked at again
	sessions := "/surveys/" + s.id + "/sessions"
	for choice, want := range map[string]string{"1": "Enough <strong>reds</strong>. https://example.com/next", "2": ""} {
		id := b.post(b.ada, sessions, `{}`).text("sessionId")
		var done, again shownSession
		b.post(b.ada, sessions+"/"+id, `{"advance":true,"responses":{"`+qid+`":{"`+choice+`":{"selected":true}}}}`).into(&done)
		b.get(b.ada, sessions+"/"+id).into(&again)
		for _, got := range []shownSession{done, again} {
			said := ""
			if got.QuotaMet != nil {
				said = got.QuotaMet.Message + " " + got.QuotaMet.RedirectURL
			}
			if !got.Done || said != want {
				t.Errorf("with choice %s it says %q, done %t", choice, said, got.Done)
			}
		}
	}
}

func TestDisplayLogicOfClientsIsAsked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	path := "/survey-definitions/" + s.id + "/questions/QID3"
	logic := `{"0":{"0":{"LogicType":"Question","QuestionID":"QID1","ChoiceLocator":"q://QID1/SelectableChoice/2","LeftOperand":"q://QID1/SelectableChoice/2","Operator":"Selected","Type":"Expression","Description":"mine"},"Type":"If"},"Type":"BooleanExpression","inPage":true}`
	r := b.do(b.ada, "PUT", path, `{"QuestionText":"Why?","QuestionType":"TE","Selector":"SL","DisplayLogic":`+logic+`}`).ok()
	if r.Meta.Notice != "" {
		t.Errorf("the notice is %s", r.Meta.Notice)
	}
	v, err := b.store.Survey(b.Context(), b.users["ada"].Actor(models.ViaWeb), s.id)
	b.check(err)
	if c := v.Draft.V.Question("QID3").Display; c == nil || c.Operator != "selected" || c.Left != "${q://QID1/SelectedChoicesRecode}" {
		t.Errorf("the condition is %+v", c)
	}
	if got := string(b.get(b.ada, path).Result); !strings.Contains(got, `"Description":"mine"`) {
		t.Errorf("it came back as %s", got)
	}
	b.do(b.ada, "PUT", path, `{"QuestionText":"Why not?","QuestionType":"TE","Selector":"SL"}`).ok()
	if got := string(b.get(b.ada, path).Result); !strings.Contains(got, `"Description":"mine"`) {
		t.Errorf("without a word it became %s", got)
	}
	b.do(b.ada, "PUT", path, `{"QuestionText":"Why?","QuestionType":"TE","Selector":"SL","DisplayLogic":[]}`).ok()
	if got := string(b.get(b.ada, path).Result); strings.Contains(got, "DisplayLogic") {
		t.Errorf("it stayed: %s", got)
	}
}
