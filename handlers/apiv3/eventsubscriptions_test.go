package apiv3

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/outbound"
	"surveyflow/internal/runner"
	"surveyflow/internal/secret"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/task"
	"surveyflow/internal/task/outboundwebhook"
	"surveyflow/internal/task/webservice"
	"surveyflow/models"
)

func (b *bench) subscribe(token, topics, more string) *reply {
	b.Helper()
	return b.post(token, "/eventsubscriptions/", `{"topics":"`+topics+`","publicationUrl":"https://crm.example.com/hook"`+more+`}`)
}

func TestEventSubscriptionsAreMadeListedAndDeleted(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		b := newBenchOn(t, d)
		s := b.liveSurvey(b.ada)
		topic := models.TopicCompleted + "." + s.id
		const key = "kept between the two of us"
		made := b.subscribe(b.ada, topic, `,"encrypt":true,"sharedKey":"`+key+`"`).golden("eventsubscription_created")
		id := made.text("id")
		b.clock.Advance(time.Second)
		b.subscribe(b.ada, "acme.controlpanel.activateSurvey", `,"encrypt":false`)
		b.clock.Advance(time.Second)
		all := b.subscribe(b.ada, "*", "").text("id")
		b.get(b.ada, "/eventsubscriptions/"+id).golden("eventsubscription")
		list := b.get(b.ada, "/eventsubscriptions").golden("eventsubscriptions")
		var page struct {
			Elements []subscriptionBody
			NextPage *string
		}
		b.get(b.ada, "/eventsubscriptions?pageSize=2").into(&page)
		if len(page.Elements) != 2 || page.Elements[0].ID != all || page.NextPage == nil {
			t.Fatalf("the first page is %+v", page)
		}
		_, next, _ := strings.Cut(*page.NextPage, "/API/v3")
		b.get(b.ada, next).into(&page)
		if len(page.Elements) != 1 || page.Elements[0].ID != id || page.NextPage != nil {
			t.Errorf("the second page is %+v", page)
		}

		// They are workflows like all others, and the key is nowhere.
		workflows := b.get(b.ada, "/workflows")
		for _, text := range []string{string(made.body), string(list.body), string(workflows.body)} {
			if strings.Contains(text, key) {
				t.Errorf("the shared key comes out: %s", text)
			}
		}
		var flows struct{ Elements []workflowBody }
		workflows.into(&flows)
		if len(flows.Elements) != 4 || !flows.Elements[0].Enabled || !strings.Contains(string(workflows.Result), `"subscription":{"topic":"`+topic+`","signed":true},"secret":"whsec_••••"`) {
			t.Errorf("the workflows are %s", workflows.Result)
		}
		for _, w := range flows.Elements { // what was read goes back and changes nothing
			text, err := json.Marshal(w)
			b.check(err)
			b.do(b.ada, "PUT", "/workflows/"+w.ID, string(text)).ok()
			kept, err := b.signing.Kept(t.Context(), w.ID, w.Tasks[0].ID)
			b.check(err)
			want := ""
			if w.SurveyID != nil {
				want = key
			}
			if kept.Current != want {
				t.Errorf("%s is signed with %q", w.ID, kept.Current)
			}
		}
		b.get(b.ada, "/eventsubscriptions/"+id).golden("eventsubscription")

		// Others reach them as far as they reach the survey; what belongs to none is its owner's alone.
		b.do(b.bob, "GET", "/eventsubscriptions/"+id, "").fails(404, "404 - Not Found", "ESSG_2", id+" not found")
		b.do(b.bob, "DELETE", "/eventsubscriptions/"+id, "").fails(404, "404 - Not Found", "ESSG_2", id+" not found")
		b.post(b.ada, "/surveys/"+s.id+"/permissions/collaborations", `{"recipientId":"`+b.users["bob"].ID+`","permissions":{"result":{"viewSurveyResults":true}}}`)
		b.get(b.bob, "/eventsubscriptions").into(&page)
		if len(page.Elements) != 1 || page.Elements[0].ID != id {
			t.Errorf("Bob sees %+v", page)
		}
		b.do(b.bob, "DELETE", "/eventsubscriptions/"+id, "").fails(403, "403 - Forbidden", "SF_FORBIDDEN", "")
		b.get(b.admin, "/eventsubscriptions").into(&page)
		if len(page.Elements) != 0 {
			t.Errorf("the administrator sees %+v unasked", page)
		}
		b.get(b.admin, "/eventsubscriptions?scope=organization").into(&page)
		if len(page.Elements) != 3 {
			t.Errorf("the administrator sees %+v", page)
		}

		b.do(b.ada, "DELETE", "/eventsubscriptions//"+id+"/", "").ok()
		b.do(b.ada, "GET", "/eventsubscriptions/"+id, "").fails(404, "404 - Not Found", "ESSG_2", id+" not found")
		b.do(b.bob, "DELETE", "/eventsubscriptions", "").ok() // none are his
		b.get(b.ada, "/eventsubscriptions").into(&page)
		if len(page.Elements) != 2 {
			t.Errorf("%+v are left", page)
		}
		for more, want := range map[string]bool{`,"encrypt":false`: false, `,"encrypt":true`: true, "": true, `,"encrypt":null`: true} {
			var sub subscriptionBody
			if b.subscribe(b.ada, topic, more+`,"sharedKey":"`+key+`"`).into(&sub); sub.Encrypted != want {
				t.Errorf("with a key and %q encrypted is %t", more, sub.Encrypted)
			}
		}
		b.do(b.ada, "DELETE", "/eventsubscriptions", "").ok()
		b.get(b.ada, "/workflows").into(&flows)
		if len(flows.Elements) != 0 {
			t.Errorf("the workflows %+v are left", flows.Elements)
		}
	})
}

func TestWhatIsWrongWithAnEventSubscriptionIsNamed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	for body, field := range map[string]string{
		`{"publicationUrl":"https://x.example.com"}`:                                                                  "topics",
		`{"topics":"threesixty.created","publicationUrl":"https://x.example.com"}`:                                    "topics",
		`{"topics":"surveyengine.completedResponse.SV_nobodyknows12345678","publicationUrl":"https://x.example.com"}`: "topics",
		`{"topics":"surveyengine.completedResponse.SV_000000000000000","publicationUrl":"https://x.example.com"}`:     "topics",
		`{"topics":"surveyengine.completedResponse","publicationUrl":"https://x.example.com"}`:                        "topics",
		`{"topics":["*"],"publicationUrl":"https://x.example.com"}`:                                                   "topics",
		`{"topics":"*"}`: "publicationUrl",
		`{"topics":"*","publicationUrl":"not a url"}`:                                                                              "publicationUrl",
		`{"topics":"*","publicationUrl":"https://x.example.com","encrypt":true}`:                                                   "sharedKey",
		`{"topics":"*","publicationUrl":"https://x.example.com","sharedKey":"` + strings.Repeat("x", models.MaxSharedKey+1) + `"}`: "sharedKey",
	} {
		b.do(b.ada, "POST", "/eventsubscriptions", body).invalid(field)
	}
	b.do(b.ada, "POST", "/eventsubscriptions", `{"topics":"threesixty.created","publicationUrl":"https://x.example.com"}`).fails(400, "400 - Bad Request", "SF_INVALID", "“threesixty.created” cannot be subscribed to")
	b.do(b.ada, "POST", "/workflows", `{"name":"x","surveyId":"`+s.id+`","event":{"type":"surveyResponse","on":["started"]},"tasks":[{"type":"webService","config":{"url":"https://x.example.com"}}]}`).invalid("event.on")
	b.do(b.bob, "POST", "/eventsubscriptions", `{"topics":"`+models.TopicCompleted+"."+s.id+`","publicationUrl":"https://x.example.com"}`).invalid("topics")
	b.do(b.ada, "GET", "/eventsubscriptions/SUB_none", "").fails(404, "404 - Not Found", "ESSG_2", "SUB_none not found")
	b.do("", "GET", "/eventsubscriptions", "").fails(400, "400 - Bad Request", "ATP_2", "")
}

func TestMessagesOfEventSubscriptionsArriveAsForms(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		b := newBenchOn(t, d)
		got := make(chan url.Values, 32)
		receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			form, err := url.ParseQuery(string(body))
			if err != nil || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.Header.Get("Idempotency-Key") == "" {
				form = url.Values{"broken": {string(body)}}
			}
			form.Set("to", r.URL.Path)
			got <- form
		}))
		t.Cleanup(receiver.Close)
		allow, err := outbound.ParseAllow("127.0.0.1,::1")
		b.check(err)
		client := outbound.New(outbound.Options{Version: "test", Allow: allow})
		t.Cleanup(client.CloseIdle)
		sealer, err := secret.Open(t.Context(), b.store, [][]byte{bytes.Repeat([]byte("k"), 32)}, b.clock)
		b.check(err)
		ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
		b.api.tasks = task.NewRegistry(outboundwebhook.New(webservice.New(client), b.signing, b.clock))
		r := runner.New(runner.Options{
			Store: b.store, Types: b.api.tasks, Clock: b.clock,
			Log: slog.New(slog.DiscardHandler), Workers: 2, Sealer: sealer,
		})
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		t.Cleanup(func() {
			cancel()
			b.check(<-done)
		})

		s, other := b.liveSurvey(b.ada), b.liveSurvey(b.bob)
		const key = "kept between the two of us"
		subscribe := func(token, path, topics, more string) string {
			return b.post(token, "/eventsubscriptions", `{"topics":"`+topics+`","publicationUrl":"`+receiver.URL+path+`"`+more+`}`).text("id")
		}
		signed := subscribe(b.ada, "/signed", models.TopicCompleted+"."+s.id, `,"encrypt":false,"sharedKey":"`+key+`"`) // the key alone decides
		all := subscribe(b.ada, "/all", "*", "")
		subscribe(b.ada, "/partial", "surveyengine.partialResponse.*", "")
		subscribe(b.ada, "/closed", "controlpanel.deactivateSurvey", "")
		// arrived gives the next messages by their paths.
		arrived := func(paths ...string) map[string]url.Values {
			t.Helper()
			by := map[string]url.Values{}
			for range paths {
				form := <-got
				by[form.Get("to")] = form
			}
			for _, path := range paths {
				if by[path] == nil {
					t.Fatalf("there came %v", by)
				}
			}
			return by
		}
		calls := func(id string, want int64) {
			t.Helper()
			storetest.Eventually(t, 2*time.Minute, "the calls of "+id, func() bool {
				sub, err := b.store.Subscription(t.Context(), b.users["ada"].Actor(models.ViaAPI), id)
				b.check(err)
				return sub.Calls == want
			})
		}

		response := b.post(b.ada, "/surveys/"+s.id+"/responses", someValues).text("responseId")
		forms := arrived("/signed", "/all")
		plain := url.Values{
			"to": {"/all"}, "Topic": {"acme.surveyengine.completedResponse." + s.id}, "Status": {"Complete"}, "SurveyID": {s.id},
			"ResponseID": {response}, "CompletedDate": {"2026-11-22 12:00:00"}, "BrandID": {"acme"},
		}
		if forms["/all"].Encode() != plain.Encode() {
			t.Errorf("the message is %v", forms["/all"])
		}
		mac := hmac.New(sha512.New, []byte(key))
		mac.Write([]byte(forms["/signed"].Get("MSG")))
		want := `{"Status":"Complete","SurveyID":"` + s.id + `","ResponseID":"` + response + `","CompletedDate":"2026-11-22 12:00:00","BrandID":"acme"}`
		sent := forms["/signed"]
		if sent.Get("HMAC") != hex.EncodeToString(mac.Sum(nil)) || sent.Get("MSG") != want || sent.Get("Topic") != plain.Get("Topic") || len(sent) != 4 {
			t.Errorf("the signed message is %v", sent)
		}
		calls(signed, 1)
		calls(all, 1)

		// Nobody hears of a survey that they do not see, until it is shared with them, and not after that.
		b.post(b.bob, "/surveys/"+other.id+"/responses", someValues)
		path := "/surveys/" + other.id + "/permissions/collaborations"
		b.post(b.bob, path, `{"recipientId":"`+b.users["ada"].ID+`","permissions":{"result":{"viewSurveyResults":true}}}`)
		b.post(b.bob, "/surveys/"+other.id+"/responses", strings.Replace(someValues, `"finished":1`, `"finished":0`, 1))
		forms = arrived("/all", "/partial")
		if f := forms["/partial"]; f.Get("Topic") != "acme.surveyengine.partialResponse."+other.id || f.Get("Status") != "Partial" {
			t.Errorf("the message about an incomplete response is %v", f)
		}
		b.do(b.bob, "DELETE", path+"/"+b.users["ada"].ID, "").ok()
		b.post(b.bob, "/surveys/"+other.id+"/responses", someValues)
		b.do(b.bob, "PUT", "/surveys/"+other.id, `{"isActive":false}`).ok()

		b.do(b.ada, "PUT", "/surveys/"+s.id, `{"isActive":false}`).ok()
		forms = arrived("/all", "/closed")
		if f := forms["/closed"]; f.Get("Topic") != "acme.controlpanel.deactivateSurvey" || f.Get("Status") != "Inactive" || f.Get("SurveyID") != s.id || f.Has("ResponseID") {
			t.Errorf("the message about a closed survey is %v", f)
		}
		b.do(b.ada, "PUT", "/surveys/"+s.id, `{"isActive":true}`).ok()
		if f := arrived("/all")["/all"]; f.Get("Topic") != "acme.controlpanel.activateSurvey" || f.Get("Status") != "Active" {
			t.Errorf("the message about an opened survey is %v", f)
		}
		calls(all, 4)

		// The run tells what was sent, and can be replayed; the key is not in it.
		sub, err := b.store.Subscription(t.Context(), b.users["ada"].Actor(models.ViaAPI), signed)
		b.check(err)
		var runs struct{ Elements []struct{ ID string } }
		b.get(b.ada, "/workflows/"+sub.Workflows[0].ID+"/runs").into(&runs)
		run := b.get(b.ada, "/runs/"+runs.Elements[0].ID)
		if bytes.Contains(run.body, []byte(key)) || bytes.Contains(run.body, []byte(sent.Get("HMAC"))) || !bytes.Contains(run.body, []byte("HMAC=")) {
			t.Errorf("the run tells %s", run.body)
		}
		b.post(b.ada, "/runs/"+runs.Elements[0].ID+"/replay", "{}")
		if f := arrived("/signed")["/signed"]; f.Get("MSG") != want {
			t.Errorf("the replay sends %v", f)
		}
		calls(signed, 2)
		b.check(b.store.PurgeCounts(t.Context(), b.clock.Now().Add(2*time.Hour))) // what was delivered is told for ever
		calls(signed, 2)
		b.do(b.ada, "DELETE", "/eventsubscriptions/"+all, "").ok()
		b.post(b.ada, "/surveys/"+s.id+"/responses", someValues)
		arrived("/signed")
	})
}
