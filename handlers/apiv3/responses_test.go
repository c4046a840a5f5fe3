package apiv3

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

func TestAResponseIsCreatedAndRead(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	r := b.post(b.ada, "/surveys/"+s.id+"/responses", someValues).golden("response_created")
	id := r.text("responseId")
	if !models.ValidID(models.PrefixResponse, id) || r.header.Get("Cache-Control") != "no-store" {
		t.Errorf("answer %v %s", r.header, r.body)
	}
	b.get(b.ada, "/surveys/"+s.id+"/responses/"+id).golden("response")
	b.get(b.ada, "/surveys/"+s.id+"/response-schema").golden("response_schema")
	if r := b.do(b.ada, "DELETE", "/surveys/"+s.id+"/responses/"+id+"?decrementQuotas=true", "").ok(); r.Result != nil {
		t.Errorf("a result: %s", r.body)
	}
	b.do(b.ada, "GET", "/surveys/"+s.id+"/responses/"+id, "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "Response not found.")
	b.do(b.ada, "DELETE", "/surveys/"+s.id+"/responses/"+id, "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "Response not found.")
	var shown struct{ ResponseCounts map[string]int }
	b.get(b.ada, "/surveys/"+s.id).into(&shown)
	if shown.ResponseCounts["auditable"] != 0 || shown.ResponseCounts["deleted"] != 1 {
		t.Errorf("the counts are %v", shown.ResponseCounts)
	}
}

func TestWrongValuesAreToldByName(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	for body, field := range map[string]string{
		`{}`:                             "values",
		`{"values":null}`:                "values",
		`{"values":[]}`:                  "values",
		`{"values":{"QID1":99}}`:         "values.QID1",
		`{"values":{"QID99":1}}`:         "values.QID99",
		`{"values":{"QID5_TEXT":"old"}}`: "values.QID5_TEXT",
		`{"values":{"QID6":{"a":1}}}`:    "values.QID6",
		`{"values":{"startDate":"x"}}`:   "values.startDate",
	} {
		b.do(b.ada, "POST", "/surveys/"+s.id+"/responses", body).invalid(field)
	}
	b.do(b.ada, "POST", "/surveys/SV_000000000000000/responses", someValues).fails(404, "404 - Not Found", "GSI_2", "Survey not found.")
	b.post(b.ada, "/surveys/"+s.id+"/responses", `{"values":{}}`)
	b.post(b.ada, "/surveys/"+s.id+"/responses", "\xef\xbb\xbf"+` { "other" : 1, "values" : { "QID3_TEXT" : "a\"}b" , "gr\u00fc\u00dfe":"x" } } `)
}

func TestTheSameKeyGivesTheSameResponse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s, other := b.liveSurvey(b.ada), b.liveSurvey(b.ada)
	b.newWorkflow(b.ada, s.id, "")
	send := func(survey, key string) string {
		return b.do(b.ada, "POST", "/surveys/"+survey+"/responses", someValues, "Idempotency-Key", key).ok().text("responseId")
	}
	var ids sync.Map
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() { ids.Store(send(s.id, "order-1"), true) })
	}
	group.Wait()
	n := 0
	ids.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d responses were made", n)
	}
	first := send(s.id, "order-1")
	if send(s.id, "order-2") == first || send(other.id, "order-1") == first {
		t.Error("another key or survey gave the same response")
	}
	if runs := b.runIDs(""); len(runs) != 2 {
		t.Errorf("%d runs for two responses", len(runs))
	}
	b.do(b.ada, "POST", "/surveys/"+s.id+"/responses", someValues, "Idempotency-Key", strings.Repeat("k", 256)).invalid("Idempotency-Key")
}

// runIDs lists Ada's runs, the newest first.
func (b *bench) runIDs(query string) []string {
	b.Helper()
	var out struct{ Elements []struct{ ID string } }
	b.get(b.ada, "/runs"+query).into(&out)
	var ids []string
	for _, e := range out.Elements {
		ids = append(ids, e.ID)
	}
	return ids
}

func TestACircleOfOwnCallsEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	b.newWorkflow(b.ada, s.id, "")
	cause := models.NewOrderedID(models.PrefixRun, noon)
	for depth, runs := range map[string]int{"5": 1, "6": 0, "-1": 1, "x": 1} {
		before := len(b.runIDs(""))
		b.do(b.ada, "POST", "/surveys/"+s.id+"/responses", someValues, models.HeaderDepth, depth, models.HeaderRun, cause).ok()
		if got := len(b.runIDs("")) - before; got != runs {
			t.Errorf("depth %s: %d runs, want %d", depth, got, runs)
		}
	}
	claimed, err := b.store.Claim(t.Context(), store.ClaimOptions{Node: "ND_test", Limit: 10})
	b.check(err)
	if !slices.ContainsFunc(claimed, func(c store.Claimed) bool { return c.Event.Depth == 5 }) {
		t.Error("no event knows its depth")
	}
}

func TestANewWorkflowSeesTheNextResponse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	b.post(b.ada, "/surveys/"+s.id+"/responses", someValues)
	b.newWorkflow(b.ada, s.id, `,"condition":{"left":"${q://QID1/SelectedChoicesRecode}","operator":"equalTo","right":"5"}`)
	b.post(b.ada, "/surveys/"+s.id+"/responses", someValues)
	b.post(b.ada, "/surveys/"+s.id+"/responses", `{"values":{"QID1":1}}`)
	if got := b.runIDs(""); len(got) != 1 {
		t.Errorf("%d runs", len(got))
	}
}

func TestResponsesInProgressSayHowFarTheyAre(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	id := b.post(b.ada, "/surveys/"+s.id+"/responses", `{"values":{"finished":false,"QID3_TEXT":"x"}}`).text("responseId")
	var out struct {
		Values map[string]any
		Labels map[string]any
	}
	b.get(b.ada, "/surveys/"+s.id+"/responses/"+id).into(&out)
	if out.Values["finished"] != 0.0 || out.Labels["finished"] != "False" {
		t.Errorf("it is %+v", out)
	}
}

func TestValuesAreCutOutAsTheDecoderReadsThem(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		someValues, `{"values":{}}`, ` { "values" : { "a" : 1 , "b" : "x,}]\"" , "c":[1, [2,"]"]] ,"d": {"e":{"f":null}},"g":true } } `,
	} {
		checkCut(t, []byte(body), true)
	}
	for _, body := range []string{
		`{"values":{"a":1},"x":2}`, `{"x":2,"values":{"a":1}}`, `{"values":{"a\u0062":1}}`, `{"values":{"ü":1}}`, `{"values":{"a":1,"a":2}}`, `{"values":[]}`,
		`{"values":{"a":1}`, ``, `{}`, `[]`, `{"values":1}`, `{"values":{"a":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}}`,
	} {
		checkCut(t, []byte(body), false)
	}
}

func checkCut(t *testing.T, body []byte, wantOK bool) {
	t.Helper()
	got, ok := cutValues(body)
	if ok != wantOK {
		t.Errorf("%s: ok is %t", body, ok)
	}
	if !ok {
		return
	}
	var want struct{ Values map[string]json.RawMessage }
	if err := json.Unmarshal(body, &want); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	if fmt.Sprintf("%s", got) != fmt.Sprintf("%s", want.Values) {
		t.Errorf("%s: got %s, want %s", body, got, want.Values)
	}
}

func FuzzCutValues(f *testing.F) {
	f.Add([]byte(someValues))
	f.Add([]byte(`{"values":{"a":"\\\"","b":[{}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, ok := cutValues(body); ok {
			checkCut(t, body, true)
		}
	})
}

func BenchmarkCreateResponse(b *testing.B) {
	for _, workflows := range []int{0, 1} {
		b.Run(fmt.Sprintf("%d workflows", workflows), func(b *testing.B) {
			s := newBench(b)
			survey := s.liveSurvey(s.ada)
			for range workflows {
				s.newWorkflow(s.ada, survey.id, "")
			}
			s.clock.Advance(time.Second)
			path := "/API/v3/surveys/" + survey.id + "/responses"
			b.ReportAllocs()
			b.SetParallelism(32)
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if status, answer := s.raw(s.ada, "POST", path, someValues); status != 200 {
						b.Errorf("status %d: %s", status, answer)
						return
					}
				}
			})
		})
	}
}

func BenchmarkValuesOf(b *testing.B) {
	body := []byte(someValues)
	b.Run("cut", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := cutValues(body); !ok {
				b.Fatal("not cut")
			}
		}
	})
	b.Run("decoded", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var in newResponse
			if err := decode(body, &in); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestAResponseIsUpdated(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	var created, updated workflowBody
	b.newWorkflow(b.ada, s.id, "").into(&created)
	b.newWorkflow(b.ada, s.id, "").into(&updated)
	b.do(b.ada, "PUT", "/workflows/"+updated.ID, `{"event":{"type":"surveyResponse","on":["updated"]}}`).ok()
	var made madeResponse
	b.post(b.ada, "/surveys/"+s.id+"/responses", `{"values":{"QID1":1,"segment":"gold","plan":"basic","finished":1}}`).into(&made)
	runs := func(id string) int { return len(b.runIDs("?workflowId=" + id)) }
	if runs(created.ID) != 1 || runs(updated.ID) != 0 {
		t.Errorf("a new response starts %d and %d", runs(created.ID), runs(updated.ID))
	}
	path := "/responses/" + made.ResponseID
	put := func(body string) *reply { return b.do(b.ada, "PUT", path, body) }
	put(`{"embeddedData":{"segment":"x"}}`).invalid("surveyId")
	put(`{"surveyId":"` + s.id + `"}`).invalid("embeddedData")
	put(`{"surveyId":"` + s.id + `","embeddedData":{"QID1":2}}`).invalid("embeddedData.QID1")
	put(`{"surveyId":"SV_0123456789abcde","embeddedData":{"segment":"x"}}`).fails(404, "404 - Not Found", "GSI_2", "")
	b.do(b.ada, "PUT", "/responses/R_0123456789abcde", `{"surveyId":"`+s.id+`","embeddedData":{"segment":"x"}}`).fails(404, "404 - Not Found", "SF_NOT_FOUND", "")
	var before, after survey.Export
	b.get(b.ada, "/surveys/"+s.id+path).into(&before)
	b.clock.Advance(time.Hour)
	put(`{"surveyId":"` + s.id + `","embeddedData":{"segment":"silver","plan":null,"points":7},"resetRecordedDate":false}`).ok()
	b.get(b.ada, "/surveys/"+s.id+path).into(&after)
	if after.Values["segment"] != "silver" || after.Values["plan"] != nil || after.Values["points"] != "7" || after.Values["recordedDate"] != before.Values["recordedDate"] {
		t.Errorf("updated: %v", after.Values)
	}
	put(`{"surveyId":"` + s.id + `","embeddedData":{"segment":"gold"}}`).ok()
	b.get(b.ada, "/surveys/"+s.id+path).into(&after)
	if after.Values["recordedDate"] == before.Values["recordedDate"] {
		t.Error("it does not count as recorded now")
	}
	if runs(created.ID) != 1 || runs(updated.ID) != 2 {
		t.Errorf("two updates start %d and %d", runs(created.ID)-1, runs(updated.ID))
	}
}
