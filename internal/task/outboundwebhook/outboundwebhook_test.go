package outboundwebhook_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"surveyflow/internal/clock"
	"surveyflow/internal/outbound"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/secret"
	"surveyflow/internal/signing"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/task"
	"surveyflow/internal/task/outboundwebhook"
	"surveyflow/internal/task/tasktest"
	"surveyflow/internal/task/webservice"
	"surveyflow/models"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const workflowID, taskID = "WF_00000000000000a", "OCAC_00000000000000a"

// newType makes the type with a keeper over a database of its own.
func newType(t *testing.T) (*outboundwebhook.Type, *signing.Keeper) {
	t.Helper()
	s := storetest.SQLite(t, storetest.Options{})
	sealer, err := secret.Open(t.Context(), s, [][]byte{[]byte("0123456789abcdef0123456789abcdef")}, clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	allow, err := outbound.ParseAllow("127.0.0.0/8,localhost")
	if err != nil {
		t.Fatal(err)
	}
	i := storetest.NewInstance(t, s, clock.System{})
	i.Check(s.CreateWorkflow(t.Context(), i.Actor, &models.Workflow{ID: workflowID, OwnerID: i.Actor.UserID, Name: "Tell", EventType: models.EventJSON}))
	keeper := signing.NewKeeper(s, sealer, clock.System{})
	calls := webservice.New(outbound.New(outbound.Options{Version: "test", Allow: allow}))
	return outboundwebhook.New(calls, keeper, clock.System{}), keeper
}

// received is a message that came to the receiver.
type received struct {
	header http.Header
	body   []byte
}

// receiver answers with the status that its path names, and keeps what it got.
func receiver(t *testing.T) (string, func() []received) {
	t.Helper()
	var mu sync.Mutex
	var got []received
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		got = append(got, received{r.Header.Clone(), body})
		mu.Unlock()
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "/200", http.StatusTemporaryRedirect)
		case "/echo":
			fmt.Fprint(w, r.Header, string(body))
		case "/slow":
			<-r.Context().Done()
		case "/200", "/":
		default:
			w.Header().Set("Retry-After", "120")
			status := 0
			fmt.Sscanf(r.URL.Path, "/%d", &status) //nolint:errcheck // the tests' own paths
			w.WriteHeader(status)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, func() []received {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(got)
	}
}

var at = time.Date(2026, 11, 21, 10, 15, 0, 0, time.UTC)

// subject is a response to a survey that asks one question of every type.
func subject() *task.Subject {
	choice := func(id int, text, recode string) models.Choice {
		return models.Choice{ID: id, Text: text, Recode: recode}
	}
	other := models.Choice{ID: 3, Text: "Something else", TextEntry: true}
	three := []models.Choice{choice(1, "<b>Web</b>", ""), choice(2, "Phone & mail", "ph"), other}
	scale := []models.Choice{choice(1, "Good", "5"), choice(2, "Bad", "1")}
	rows := []models.Choice{choice(1, "Food", ""), choice(2, "Room", ""), choice(3, "Food", "food again")}
	two := 2
	ask := func(n int, kind models.QuestionType, text string, choices []models.Choice, rows []models.Choice) models.Question {
		return models.Question{ID: models.QuestionID(n), Type: kind, Text: text, Choices: choices, Rows: rows}
	}
	q := []models.Question{
		ask(1, models.QuestionSingleChoice, "How?", three, nil),
		ask(2, models.QuestionMultipleChoice, "Which?", three, nil),
		ask(3, models.QuestionDropdown, "Pick", three[:2], nil),
		ask(4, models.QuestionYesNo, "Well?", []models.Choice{choice(1, "Ja", "1"), choice(2, "Nein", "0")}, nil),
		ask(5, models.QuestionRanking, "Order", three[:2], nil),
		ask(6, models.QuestionRating, "Stars", nil, nil),
		ask(7, models.QuestionNPS, "Recommend", nil, nil),
		ask(8, models.QuestionSlider, "One slider", nil, rows[:1]),
		ask(9, models.QuestionSlider, "Sliders", nil, rows),
		ask(10, models.QuestionMatrix, "Matrix", scale, rows),
		ask(11, models.QuestionMatrixMultiple, "Matrix of several", scale, rows),
		ask(12, models.QuestionShortText, "Name", nil, nil),
		ask(13, models.QuestionLongText, "Comment", nil, nil),
		ask(14, models.QuestionNumber, "Amount", nil, nil),
		ask(15, models.QuestionEmail, "Mail", nil, nil),
		ask(16, models.QuestionPhone, "Phone", nil, nil),
		ask(17, models.QuestionURL, "Site", nil, nil),
		ask(18, models.QuestionDate, "Day", nil, nil),
		ask(19, models.QuestionStatement, "Read this", nil, nil),
		ask(20, models.QuestionConsent, "Agree", []models.Choice{choice(1, "I agree", "")}, nil),
		ask(21, models.QuestionMultipleChoice, "Two others", []models.Choice{choice(1, "A", ""), {ID: 2, Text: "B", TextEntry: true}, {ID: 3, Text: "C", TextEntry: true}}, nil),
	}
	q[7].Rules.Decimals = &two
	number := func(n string) models.Answer { return models.Answer{Number: json.Number(n)} }
	chose := func(ids ...int) models.Answer { return models.Answer{Choices: ids} }
	first := chose(1, 3)
	first.Other = map[int]string{3: "by “pigeon”"}
	single := chose(3)
	single.Other = map[int]string{3: "smoke"}
	others := chose(1, 3)
	others.Other = map[int]string{3: "sea"}
	return &task.Subject{
		SurveyID: "SV_00000000000000a", SurveyName: "Customer <feedback>", At: at,
		Survey: &models.SurveyDefinition{
			Language: "en", Blocks: []models.Block{{ID: "BL_1", Questions: q[:10]}, {ID: "BL_2", Questions: q[10:]}},
			EmbeddedData: []models.EmbeddedField{{Name: "segment"}, {Name: "plan", Default: "free"}, {Name: "source"}},
		},
		Labels: models.DataLabels{"QID1": "satisfaction", "QID7": "score", "segment": "customerSegment"},
		Snapshot: &models.Snapshot{
			V:       1,
			Contact: &models.Person{FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"},
			Response: &models.ResponseSnapshot{
				ID: "R_00000000000000a", State: models.ResponseCompleted, Language: "en", StartedAt: at.Add(-2 * time.Minute), RecordedAt: at,
			},
			Fields: map[string]string{"segment": "gold", "referrer": "newsletter"},
			Answers: models.Answers{
				"QID1": single, "QID2": first, "QID3": chose(2), "QID4": chose(2), "QID5": chose(2, 1), "QID6": number("4"), "QID7": number("9"),
				"QID8":  {Rows: map[int]models.Answer{1: number("2.50")}},
				"QID9":  {Rows: map[int]models.Answer{1: number("10"), 3: number("30")}},
				"QID10": {Rows: map[int]models.Answer{1: chose(1), 3: chose(2)}},
				"QID11": {Rows: map[int]models.Answer{1: chose(1, 2)}},
				"QID12": {Text: "Ünï \"x\" \u2028"}, "QID13": {Text: "line\nbreak"}, "QID14": number("12345678901234567890.10"), "QID15": {Text: "a@example.com"},
				"QID16": {Text: "+49 30 1"}, "QID17": {Text: "https://example.com/"}, "QID18": {Text: "2026-02-28"}, "QID20": chose(1), "QID21": others,
			},
		},
	}
}

// input is what an attempt of a run gets.
func input(s *task.Subject) task.Input {
	values := pipedtext.SourceFunc(func(r pipedtext.Ref) pipedtext.Value {
		if r.Scheme == "e" && s.Snapshot.Fields[r.Name] != "" {
			return pipedtext.Text(s.Snapshot.Fields[r.Name])
		}
		return pipedtext.Value{}
	})
	return task.Input{Values: values, RunID: "RN_00000000000000a", TaskID: taskID, WorkflowID: workflowID, Subject: s, Now: time.Now()}
}

func compile(t *testing.T, kind task.Type, config string) task.Task {
	t.Helper()
	compiled, err := kind.Compile([]byte(config))
	if err != nil {
		t.Fatalf("%s: %v", config, err)
	}
	return compiled
}

func TestTheTypeDoesWhatEveryTypeMust(t *testing.T) {
	t.Parallel()
	kind, _ := newType(t)
	url, _ := receiver(t)
	tasktest.Exercise(t, tasktest.Subject{
		Type:  kind,
		Works: `{"url":"` + url + `/200?s=${e://Field/segment}","variables":["QID1","segment"],"headers":[{"key":"X-Plan","value":"${e://Field/plan}"}]}`,
		Fails: `{"url":"` + url + `/404"}`,
		Waits: `{"url":"` + url + `/slow","timeoutSeconds":30}`,
		Broken: map[string]string{
			`{"url":""}`:                 "url",
			`{"url":"http://10.0.0.1/"}`: "url",
			`{"url":"https://example.com","variables":[]}`:                               "variables",
			`{"url":"https://example.com","labels":"mine"}`:                              "labels",
			`{"url":"https://example.com","choices":"code"}`:                             "choices",
			`{"url":"https://example.com","secret":"x"}`:                                 "secret",
			`{"url":"https://example.com","timeoutSeconds":31}`:                          "timeoutSeconds",
			`{"url":"https://example.com","concurrency":33}`:                             "concurrency",
			`{"url":"https://example.com","ratePerSecond":-1}`:                           "ratePerSecond",
			`{"url":"https://example.com","headers":[{"key":"webhook-id","value":"x"}]}`: "headers[0].key",
			`{"url":"https://example.com","headers":[{"key":"a b","value":"x"}]}`:        "headers[0].key",
		},
		Names:  []pipedtext.Ref{{Scheme: "e", Name: "segment"}, {Scheme: "e", Name: "plan"}, {Scheme: "q", Name: "QID1", Path: "ChoiceGroup/SelectedChoices"}},
		Values: input(subject()).Values,
		Input:  func(in *task.Input) { in.Subject, in.WorkflowID = subject(), workflowID },
	})
}

// golden compares with a file, or writes it.
func golden(t *testing.T, name string, body []byte) {
	t.Helper()
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, body, "", "  "); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	pretty.WriteByte('\n')
	file := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(file, pretty.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), pretty.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestMessagesHaveTheShapeOfTheContract(t *testing.T) {
	t.Parallel()
	kind, _ := newType(t)
	url, got := receiver(t)
	sent := func(config string, change func(*task.Subject)) []byte {
		t.Helper()
		s := subject()
		if change != nil {
			change(s)
		}
		if out := compile(t, kind, strings.Replace(config, "{", `{"url":"`+url+`/200",`, 1)).Run(t.Context(), input(s)); out.Result != task.Done {
			t.Fatalf("%s: %d, %+v", config, out.Result, out.Error)
		}
		all := got()
		return all[len(all)-1].body
	}
	golden(t, "every_type", sent(`{"labels":"auto"}`, nil))
	golden(t, "data_labels", sent(`{"labels":"data","variables":["segment","QID7","QID1","source"]}`, nil))
	golden(t, "recodes", sent(`{"choices":"recode"}`, nil))
	golden(t, "both", sent(`{"choices":"both","variables":["QID1","QID2","QID5","QID10","QID4"]}`, nil))
	golden(t, "unanswered", sent(`{"labels":"data"}`, func(s *task.Subject) { s.Snapshot.Answers, s.Snapshot.Fields, s.Snapshot.Contact = nil, nil, nil }))
	golden(t, "anonymous", sent(`{"variables":["QID7"]}`, func(s *task.Subject) {
		s.Survey.Anonymous, s.At = true, at.Truncate(24*time.Hour)
		r := s.Snapshot.Response
		r.ID, r.StartedAt, r.RecordedAt = "", s.At, s.At
	}))
	golden(t, "partial", sent(`{"variables":["QID7"]}`, func(s *task.Subject) { s.Snapshot.Response.State = models.ResponsePartial }))
	golden(t, "updated_replay", sent(`{"variables":["QID7"]}`, func(s *task.Subject) { s.Snapshot.Updated, s.ReplayOf = true, "RN_00000000000000b" }))
	golden(t, "test", sent(`{"variables":["QID7","referrer","nowhere"]}`, func(s *task.Subject) { s.Test = true }))
}

func TestEveryTypeOfQuestionHasAShape(t *testing.T) {
	t.Parallel()
	asked := map[models.QuestionType]bool{}
	for _, q := range subject().Survey.Questions() {
		asked[q.Type] = true
	}
	for _, kind := range models.QuestionTypes {
		if !asked[kind] {
			t.Errorf("the golden files lack a question of the type %s", kind)
		}
	}
}

func TestRetriesSendTheSameAndReplaysAnother(t *testing.T) {
	t.Parallel()
	kind, keeper := newType(t)
	url, got := receiver(t)
	hook := compile(t, kind, `{"url":"`+url+`/503"}`)
	in := input(subject())
	for range 2 {
		if out := hook.Run(t.Context(), in); out.Result != task.Retry || out.After != 2*time.Minute {
			t.Fatalf("a 503 gives %d after %v", out.Result, out.After)
		}
	}
	in.RunID = "RN_00000000000000b"
	in.Subject.ReplayOf = "RN_00000000000000a"
	hook.Run(t.Context(), in)
	all := got()
	a, b, replay := all[0], all[1], all[2]
	if !bytes.Equal(a.body, b.body) || a.header.Get("Webhook-Id") != b.header.Get("Webhook-Id") || a.header.Get("Idempotency-Key") != b.header.Get("Idempotency-Key") {
		t.Errorf("the retry is another message: %v and %v", a.header, b.header)
	}
	id := a.header.Get("Webhook-Id")
	if strings.Contains(id, ".") || id == "" || id == replay.header.Get("Webhook-Id") || bytes.Equal(a.body, replay.body) {
		t.Errorf("the ids are %q and %q", id, replay.header.Get("Webhook-Id"))
	}
	if a.header.Get("Content-Type") != "application/json" || a.header.Get("User-Agent") != "Surveyflow/test" || a.header.Get("X-Surveyflow-Run") != "RN_00000000000000a" {
		t.Errorf("the headers are %v", a.header)
	}
	secrets, err := keeper.Of(t.Context(), workflowID, taskID)
	if err != nil {
		t.Fatal(err)
	}
	wh, err := standardwebhooks.NewWebhook(secrets.Current)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if err := wh.Verify(m.body, m.header); err != nil {
			t.Errorf("a message does not verify: %v", err)
		}
	}
}

func TestOutcomesFollowTheContract(t *testing.T) {
	t.Parallel()
	kind, _ := newType(t)
	url, got := receiver(t)
	for path, want := range map[string]task.Result{
		"/200": task.Done, "/400": task.Failed, "/404": task.Failed, "/410": task.Gone, "/408": task.Retry, "/425": task.Retry, "/429": task.Retry, "/500": task.Retry,
	} {
		out := compile(t, kind, `{"url":"`+url+path+`"}`).Run(t.Context(), input(subject()))
		if out.Result != want || (out.Error == nil) != (want == task.Done) {
			t.Errorf("%s: %d, %+v; want %d", path, out.Result, out.Error, want)
		}
	}
	before := len(got())
	out := compile(t, kind, `{"url":"`+url+`/redirect"}`).Run(t.Context(), input(subject()))
	if out.Result != task.Failed || len(got()) != before+1 {
		t.Errorf("a redirect gives %d, %+v after %d calls; want a failure after one", out.Result, out.Error, len(got())-before)
	}
	in := input(subject())
	in.Subject = nil
	if out := compile(t, kind, `{"url":"`+url+`/200"}`).Run(t.Context(), in); out.Result != task.Failed || out.Error.Key != "run.error.no_response" {
		t.Errorf("without a response: %d, %+v", out.Result, out.Error)
	}
}

func TestSecretsAreInNoRecord(t *testing.T) {
	t.Parallel()
	kind, keeper := newType(t)
	url, got := receiver(t)
	secrets, err := keeper.Of(t.Context(), workflowID, taskID)
	if err != nil {
		t.Fatal(err)
	}
	out := compile(t, kind, `{"url":"`+url+`/echo?typed=`+secrets.Current[6:]+`","headers":[{"key":"Authorization","value":"Bearer topsecret99"}]}`).Run(t.Context(), input(subject()))
	text, err := json.Marshal(out.Exchange)
	if err != nil || out.Result != task.Done {
		t.Fatalf("%d, %v", out.Result, err)
	}
	sent := got()[0].header
	for _, s := range []string{secrets.Current, "topsecret99", strings.TrimPrefix(sent.Get("Webhook-Signature"), "v1,")} {
		if s == "" || strings.Contains(string(text), s) {
			t.Errorf("%q is recorded in %s", s, text)
		}
	}
	if !strings.Contains(string(text), sent.Get("Webhook-Id")) {
		t.Error("the id of the message is not recorded")
	}
}

func TestNothingIsSentUnsigned(t *testing.T) {
	t.Parallel()
	url, got := receiver(t)
	allow, err := outbound.ParseAllow("127.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	broken := outboundwebhook.New(webservice.New(outbound.New(outbound.Options{Version: "test", Allow: allow})), noSecrets{}, clock.System{})
	if out := compile(t, broken, `{"url":"`+url+`/200"}`).Run(t.Context(), input(subject())); out.Result != task.Retry || out.Error.Key != "run.error.webhook_secret" || len(got()) != 0 {
		t.Errorf("without its secret it ends with %d, %+v after %d calls", out.Result, out.Error, len(got()))
	}
}

type noSecrets struct{}

func (noSecrets) Of(context.Context, string, string) (signing.Secrets, error) {
	return signing.Secrets{}, errors.New("the keys are away")
}

func (noSecrets) Kept(context.Context, string, string) (signing.Secrets, error) {
	return signing.Secrets{}, nil
}

func TestTheMessageOfASubscriptionIsAFormOfIDs(t *testing.T) {
	t.Parallel()
	url, got := receiver(t)
	kind, keeper := newType(t)
	const key = "a shared key & more"
	if err := keeper.Bring(t.Context(), workflowID, taskID, key); err != nil {
		t.Fatal(err)
	}
	response := map[string]string{"SurveyID": "SV_00000000000000a", "ResponseID": "R_00000000000000a", "RecordedDate": "2026-11-21T10:15:00Z", "Finished": "true", "Status": "0"}
	changed := func(name, value string) map[string]string {
		values := maps.Clone(response)
		values[name] = value
		return values
	}
	for _, c := range []struct {
		name   string
		signed bool
		test   bool
		values map[string]string
		want   string
	}{
		{"completed", false, false, response, "Topic=acme.surveyengine.completedResponse.SV_00000000000000a&Status=Complete&SurveyID=SV_00000000000000a&ResponseID=R_00000000000000a&CompletedDate=2026-11-21+10%3A15%3A00&BrandID=acme"},
		{"partial", false, false, changed("Finished", "false"), "Topic=acme.surveyengine.partialResponse.SV_00000000000000a&Status=Partial&SurveyID=SV_00000000000000a&ResponseID=R_00000000000000a&CompletedDate=2026-11-21+10%3A15%3A00&BrandID=acme"},
		{"started", false, false, changed("State", "in progress"), "Topic=acme.surveyengine.startedRecipientSession&Status=Started&SurveyID=SV_00000000000000a&ResponseID=R_00000000000000a&BrandID=acme"},
		{"anonymous", false, false, changed("ResponseID", ""), "Topic=acme.surveyengine.completedResponse.SV_00000000000000a&Status=Complete&SurveyID=SV_00000000000000a&CompletedDate=2026-11-21+10%3A15%3A00&BrandID=acme"},
		{"test", false, true, response, "Topic=acme.surveyengine.completedResponse.SV_00000000000000a&Status=Complete&SurveyID=SV_00000000000000a&ResponseID=R_00000000000000a&CompletedDate=2026-11-21+10%3A15%3A00&BrandID=acme&Test=true"},
		{"opened", false, false, map[string]string{"surveyId": "SV_00000000000000b", "change": "activated"}, "Topic=acme.controlpanel.activateSurvey&Status=Active&SurveyID=SV_00000000000000b&BrandID=acme"},
		{"closed", false, false, map[string]string{"surveyId": "SV_00000000000000b", "change": "closed"}, "Topic=acme.controlpanel.deactivateSurvey&Status=Inactive&SurveyID=SV_00000000000000b&BrandID=acme"},
		{
			"signed", true, false, response, "HMAC=" + sha512Of(key, `{"Status":"Complete","SurveyID":"SV_00000000000000a","ResponseID":"R_00000000000000a","CompletedDate":"2026-11-21 10:15:00","BrandID":"acme"}`) +
				"&MSG=%7B%22Status%22%3A%22Complete%22%2C%22SurveyID%22%3A%22SV_00000000000000a%22%2C%22ResponseID%22%3A%22R_00000000000000a%22%2C%22CompletedDate%22%3A%222026-11-21+10%3A15%3A00%22%2C%22BrandID%22%3A%22acme%22%7D&Topic=acme.surveyengine.completedResponse.SV_00000000000000a",
		},
	} {
		config := fmt.Sprintf(`{"url":"%s/200","subscription":{"topic":"*","signed":%t}}`, url, c.signed)
		hook := compile(t, kind, config)
		if _, ok := hook.(task.Reporter); ok {
			t.Fatal("it needs a response")
		}
		in := input(subject())
		in.Subject, in.Actor.OrgID, in.Test = nil, "acme", c.test
		in.Values = pipedtext.SourceFunc(func(r pipedtext.Ref) pipedtext.Value { return pipedtext.Text(c.values[r.Name]) })
		before := len(got())
		if out := hook.Run(t.Context(), in); out.Result != task.Done {
			t.Fatalf("%s: %d, %+v", c.name, out.Result, out.Error)
		} else if strings.Contains(out.Exchange.Request.Body, key) {
			t.Errorf("%s: the key is recorded", c.name)
		}
		m := got()[before]
		if diff := cmp.Diff(c.want, string(m.body)); diff != "" || m.header.Get("Content-Type") != "application/x-www-form-urlencoded" || m.header.Get("Webhook-Id") != "" {
			t.Errorf("%s: (-want +got):\n%s\nheaders: %v", c.name, diff, m.header)
		}
		shown, problems := hook.(task.Previewer).Preview(in)
		if len(problems) > 0 || strings.HasPrefix(shown.Body, "HMAC=") != c.signed {
			t.Errorf("%s: the preview is %q, %v", c.name, shown.Body, problems)
		}
	}
	// Without its key, or about what nobody can subscribe to, nothing is sent.
	in, sent := input(subject()), len(got())
	in.TaskID = "OCAC_00000000000000b"
	in.Values = pipedtext.SourceFunc(func(r pipedtext.Ref) pipedtext.Value { return pipedtext.Text(response[r.Name]) })
	if out := compile(t, kind, `{"url":"`+url+`/200","subscription":{"topic":"*","signed":true}}`).Run(t.Context(), in); out.Result != task.Failed || out.Error.Key != "run.error.no_key" {
		t.Errorf("without a key: %d, %+v", out.Result, out.Error)
	}
	in.Values = pipedtext.SourceFunc(func(pipedtext.Ref) pipedtext.Value { return pipedtext.Value{} })
	if out := compile(t, kind, `{"url":"`+url+`/200","subscription":{"topic":"*"}}`).Run(t.Context(), in); out.Result != task.Failed || out.Error.Key != "run.error.no_event" {
		t.Errorf("about nothing: %d, %+v", out.Result, out.Error)
	}
	if len(got()) != sent {
		t.Errorf("%d messages were sent all the same", len(got())-sent)
	}
}

func sha512Of(key, text string) string {
	mac := hmac.New(sha512.New, []byte(key))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}
