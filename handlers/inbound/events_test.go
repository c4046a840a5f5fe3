package inbound_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"surveyflow/handlers/apiv3"
	"surveyflow/handlers/inbound"
	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/clock"
	"surveyflow/internal/link"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/secret"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/trigger"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// eventBench is a server that takes JSON events, and a workflow that waits for them.
type eventBench struct {
	testing.TB
	store    *store.Store
	instance *storetest.Instance
	clock    *clock.Fake
	sealer   *secret.Sealer
	server   http.Handler
	token    string // of the workflow's owner, a brand admin
	email    string
	workflow *models.Workflow
	url      string // without the origin
}

var eventNoon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func newEventBench(t testing.TB, event models.EventSpec) *eventBench {
	t.Helper()
	b := &eventBench{TB: t, clock: clock.NewFake(eventNoon)}
	b.store = storetest.SQLite(t, storetest.Options{Clock: b.clock})
	b.instance = storetest.NewInstance(t, b.store, b.clock)
	log := slog.New(slog.DiscardHandler)
	base, err := link.NewBase("http://example.com", "")
	b.check(err)
	people := account.New(b.store, b.clock, log)
	frame, err := web.New(web.Options{Base: base, People: people, Store: b.store, CookieKey: make([]byte, 32), Clock: b.clock, Log: log})
	b.check(err)
	b.sealer, err = secret.Open(t.Context(), b.store, [][]byte{bytes.Repeat([]byte("k"), 32)}, b.clock)
	b.check(err)
	tokens := account.NewTokens(b.store, b.clock, log)
	triggers := trigger.New(trigger.Options{Store: b.store, Tokens: tokens, Sealer: b.sealer, Clock: b.clock})
	api := apiv3.New(apiv3.Deps{Store: b.store, Tokens: tokens, Base: base, Clock: b.clock, Sealer: b.sealer})
	b.server = frame.Echo(inbound.Routes(inbound.NewReceivers(b.store, b.clock, log), inbound.NewEvents(b.store, triggers, api.Problem, log), inbound.NewCalls(nil)))

	owner := b.instance.Actor
	b.token, _, err = people.CreateToken(t.Context(), owner, "test")
	b.check(err)
	u, err := b.store.User(t.Context(), owner, owner.UserID)
	b.check(err)
	b.email = u.Email
	event.Type = models.EventJSON
	b.workflow = &models.Workflow{ID: models.NewID(models.PrefixWorkflow), OwnerID: owner.UserID, Name: "Ask the customer", EventType: models.EventJSON}
	b.workflow.Draft.V = models.WorkflowDefinition{Event: event, Tasks: []models.TaskSpec{{Type: models.TaskWebService, Config: json.RawMessage(`{"url":"https://crm.example.com"}`)}}}
	workflow.Normalize(&b.workflow.Draft.V)
	b.check(b.store.CreateWorkflow(t.Context(), owner, b.workflow))
	b.putLive(nil)
	tr, err := b.store.Trigger(t.Context(), owner, b.workflow.ID)
	b.check(err)
	b.url = strings.TrimPrefix(base.JSONEvent(tr.Token), "http://example.com")
	return b
}

func (b *eventBench) check(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// putLive changes the workflow and puts it live and on.
func (b *eventBench) putLive(change func(*models.WorkflowDefinition)) {
	b.Helper()
	ctx, owner := b.Context(), b.instance.Actor
	if change != nil {
		change(&b.workflow.Draft.V)
		_, err := b.store.SaveWorkflowDraft(ctx, owner, b.workflow, 0)
		b.check(err)
	}
	_, err := b.store.PutWorkflowLive(ctx, owner, b.workflow.ID, 0)
	b.check(err)
	b.check(b.store.SetWorkflowEnabled(ctx, owner, b.workflow.ID, true))
}

// answer is what a sender gets.
type answer struct {
	status int
	header http.Header
	text   string
	Meta   struct {
		HTTPStatus, RequestID, Notice string
		Error                         struct{ ErrorMessage, ErrorCode string }
	}
}

// post sends a body; headers are pairs of a name and a value, an empty value removes one.
func (b *eventBench) post(target, body string, headers ...string) answer {
	b.Helper()
	b.clock.Advance(time.Millisecond) // ids tell the order
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-API-TOKEN", b.token)
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		} else {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	return b.send(r)
}

func (b *eventBench) send(r *http.Request) answer {
	b.Helper()
	w := httptest.NewRecorder()
	b.server.ServeHTTP(w, r)
	res := w.Result()
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	b.check(err)
	a := answer{status: res.StatusCode, header: res.Header, text: string(text)}
	if err := json.Unmarshal(text, &a); err != nil {
		b.Fatalf("%s is answered %d %s: no envelope", r.URL, a.status, text)
	}
	if a.Meta.HTTPStatus != fmt.Sprintf("%d - %s", a.status, http.StatusText(a.status)) || len(a.Meta.RequestID) != 36 {
		b.Errorf("%s is answered %s", r.URL, text)
	}
	return a
}

func (b *eventBench) runs() []store.RunRow {
	b.Helper()
	rows, _, err := b.store.Runs(b.Context(), b.instance.Actor, store.RunFilter{WorkflowID: b.workflow.ID, Page: store.Page{Limit: store.MaxPage}})
	b.check(err)
	return rows
}

// values gives the values of the newest event.
func (b *eventBench) values() *workflow.Values {
	b.Helper()
	events, err := b.store.SentEvents(b.Context(), b.instance.Actor, b.workflow.ID, 1)
	b.check(err)
	if len(events) != 1 {
		b.Fatal("there is no event")
	}
	snapshot, err := workflow.SnapshotOf(&events[0])
	b.check(err)
	return &workflow.Values{Snapshot: snapshot, Fields: workflow.NewEventFields(b.workflow.Draft.V.Event)}
}

// piped gives a text with the values of the newest event.
func (b *eventBench) piped(text string) string {
	b.Helper()
	template, err := pipedtext.Parse(text)
	b.check(err)
	return template.Text(&pipedtext.Env{Source: b.values(), Now: eventNoon})
}

func TestAnEventStartsItsWorkflowAtBothAddressesAndWithAllCredentials(t *testing.T) {
	t.Parallel()
	b := newEventBench(t, models.EventSpec{})
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(b.email+":"+b.token))
	context := "?contextId=" + b.workflow.ID + "&userId=" + b.instance.Actor.UserID + "&brandId=" + b.instance.Actor.OrgID + "&triggerId=" + b.workflow.ID
	path, query, _ := strings.Cut(b.url, "?")
	for i, c := range []struct {
		name, target string
		headers      []string
	}{
		{"the token's address", b.url, nil},
		{"upper case", strings.Replace(b.url, "/json/", "/JSON/", 1), nil},
		{"mixed case", strings.Replace(b.url, "/json/", "/Json/", 1), nil},
		{"an upper-case token", path + "?urlTokenId=" + strings.ToUpper(strings.TrimPrefix(query, "urlTokenId=")), nil},
		{"unknown parameters", b.url + "&force_isolation=true", nil},
		{"the context's address", path + context, nil},
		{"Basic", b.url, []string{"X-API-TOKEN", "", "Authorization", basic}},
		{"Bearer", b.url, []string{"X-API-TOKEN", "", "Authorization", "Bearer " + b.token}},
		{"a type of its own", b.url, []string{"Content-Type", "application/cloudevents+json; charset=UTF-8"}},
	} {
		a := b.post(c.target, `{"n":`+strconv.Itoa(i)+`}`, c.headers...)
		if a.status != 200 || a.Meta.HTTPStatus != "200 - OK" || strings.Contains(a.text, "result") {
			t.Errorf("%s is answered %d %s", c.name, a.status, a.text)
		}
		if n := len(b.runs()); n != i+1 {
			t.Fatalf("%s: there are %d runs; want %d", c.name, n, i+1)
		}
	}
}

func TestWhatIsRefusedIsToldToSenderAndOwner(t *testing.T) {
	t.Parallel()
	b := newEventBench(t, models.EventSpec{})
	other := b.instance.User("other@example.com", models.RoleMember)
	foreign, _, err := account.New(b.store, b.clock, slog.New(slog.DiscardHandler)).CreateToken(t.Context(), other, "theirs")
	b.check(err)
	basic := func(user, token string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+token))
	}
	path, _, _ := strings.Cut(b.url, "?")
	refused := int64(0)
	for _, c := range []struct {
		name, target, body string
		headers            []string
		status             int
		code, says         string
		reason             models.RefusalReason // empty: nobody is told
	}{
		{"no credentials", b.url, "{}", []string{"X-API-TOKEN", ""}, 400, "ATP_2", "Expected authorization", models.RefusedAuth},
		{"a wrong token", b.url, "{}", []string{"X-API-TOKEN", strings.Repeat("x", 40)}, 401, "DCD_7", "Unrecognized", models.RefusedAuth},
		{"a short token", b.url, "{}", []string{"X-API-TOKEN", "x"}, 401, "DCD_7", "", models.RefusedAuth},
		{"somebody else's name", b.url, "{}", []string{"X-API-TOKEN", "", "Authorization", basic("other@example.com", b.token)}, 401, "DCD_7", "", models.RefusedAuth},
		{"broken Basic", b.url, "{}", []string{"X-API-TOKEN", "", "Authorization", "Basic ***"}, 401, "DCD_7", "", models.RefusedAuth},
		{"somebody else's token", b.url, "{}", []string{"X-API-TOKEN", foreign}, 404, "SF_NOT_FOUND", "", models.RefusedAuth},
		{"an unknown address", path + "?urlTokenId=" + models.NewUUID(), "{}", nil, 404, "SF_NOT_FOUND", "no workflow", ""},
		{"no address", path, "{}", nil, 404, "SF_NOT_FOUND", "", ""},
		{"half a context", path + "?triggerId=" + b.workflow.ID, "{}", nil, 404, "SF_NOT_FOUND", "", ""},
		{"xml in the path", strings.Replace(b.url, "json", "xml", 1), "{}", nil, 404, "", "", ""},
		{"text", b.url, "{}", []string{"Content-Type", "text/plain"}, 415, "SF_MEDIA_TYPE", "", models.RefusedContent},
		{"no content type", b.url, "{}", []string{"Content-Type", ""}, 415, "SF_MEDIA_TYPE", "", models.RefusedContent},
		{"another charset", b.url, "{}", []string{"Content-Type", "application/json; charset=iso-8859-1"}, 415, "SF_MEDIA_TYPE", "", models.RefusedContent},
		{"nothing", b.url, "", nil, 400, "SF_INVALID", "no body", models.RefusedContent},
		{"a number", b.url, "7", nil, 400, "SF_INVALID", "object or array", models.RefusedContent},
		{"broken JSON", b.url, "{\n \"a\": 1,\n \"b\": }", nil, 400, "SF_INVALID", "position 18 (line 3, column 7)", models.RefusedContent},
		{"half of JSON", b.url, `{"a":`, nil, 400, "SF_INVALID", "position", models.RefusedContent},
		{"two documents", b.url, `{} {}`, nil, 400, "SF_INVALID", "position 4", models.RefusedContent},
		{"no UTF-8", b.url, "{\"a\":\"\xff\"}", nil, 400, "SF_INVALID", "position 7", models.RefusedContent},
		{"too deep", b.url, strings.Repeat("[", 70) + strings.Repeat("]", 70), nil, 400, "SF_INVALID", "deeper", models.RefusedContent},
		{"too large", b.url, `"` + strings.Repeat("x", 100<<10) + `"`, nil, 413, "SF_TOO_LARGE", "100 KB", models.RefusedSize},
		{"too long a chain", b.url, "{}", []string{models.HeaderDepth, "6"}, 409, "SF_CONFLICT", "", models.RefusedDepth},
	} {
		a := b.post(c.target, c.body, c.headers...)
		if a.status != c.status || a.Meta.Error.ErrorCode != c.code || !strings.Contains(a.Meta.Error.ErrorMessage, c.says) {
			t.Errorf("%s is answered %d %s; want %d %s %q", c.name, a.status, a.text, c.status, c.code, c.says)
		}
		if c.reason != "" {
			refused++
		}
	}
	storetest.Eventually(t, 2*time.Minute, "all refusals are counted", func() bool {
		n, err := b.store.CountRefusals(t.Context(), b.instance.Actor, store.RefusalFilter{})
		return err == nil && n == refused
	})
	if n := len(b.runs()); n != 0 {
		t.Errorf("%d runs began", n)
	}
	all, err := b.store.Refusals(t.Context(), b.instance.Actor, store.RefusalFilter{WorkflowID: b.workflow.ID}, 10)
	b.check(err)
	text, err := json.Marshal(all)
	b.check(err)
	for _, secret := range []string{b.token, foreign, strings.TrimPrefix(b.url, path+"?urlTokenId=")} {
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("a secret is in what the owner is shown: %s", text)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, b.url, nil)
	if a := b.send(r); a.status != 405 || a.header.Get("Allow") != "POST" {
		t.Errorf("GET is answered %d, allowing %q", a.status, a.header.Get("Allow"))
	}
}

func TestAnEventThatIsSentAgainIsTakenOnce(t *testing.T) {
	t.Parallel()
	b := newEventBench(t, models.EventSpec{})
	for _, header := range []string{"Idempotency-Key", "webhook-id"} {
		key := header + strings.Repeat("\x01é", 300)
		before := len(b.runs())
		for n := range 3 {
			a := b.post(b.url, `{"n":`+strconv.Itoa(n)+`}`, header, key)
			if a.status != 200 || (a.Meta.Notice != "") != (n > 0) {
				t.Errorf("%s for the %d. time is answered %d %s", header, n+1, a.status, a.text)
			}
		}
		if n := len(b.runs()) - before; n != 1 {
			t.Errorf("%s: %d runs; want 1", header, n)
		}
		if a := b.post(b.url, `{}`, header, "another"); a.status != 200 || len(b.runs()) != before+2 {
			t.Errorf("another %s is answered %d, and there are %d runs", header, a.status, len(b.runs()))
		}
	}
}

// taker takes runs over as a node does that has room for all.
type taker struct{ runs []store.Claimed }

func (n *taker) Reserve(wanted int) int     { return wanted }
func (n *taker) Release(int)                {}
func (n *taker) Start(runs []store.Claimed) { n.runs = append(n.runs, runs...) }

func TestARunThatIsHandedOverKeepsItsOwnEvent(t *testing.T) {
	t.Parallel()
	b := newEventBench(t, models.EventSpec{})
	n := &taker{}
	b.store.Attach("ND_1", n)
	for i := range 50 {
		b.post(b.url, `{"n":`+strconv.Itoa(100+i)+`}`)
	}
	if len(n.runs) != 50 {
		t.Fatalf("%d runs were handed over; want 50", len(n.runs))
	}
	for i, r := range n.runs {
		if got, want := string(r.Event.Snapshot.Payload), `{"n":`+strconv.Itoa(100+i)+`}`; got != want {
			t.Errorf("run %d has %s; want %s", i, got, want)
		}
	}
}

func TestWithoutAuthenticationAnEventNeedsNoToken(t *testing.T) {
	t.Parallel()
	off := false
	b := newEventBench(t, models.EventSpec{Authentication: &off})
	if a := b.post(b.url, `{}`, "X-API-TOKEN", ""); a.status != 200 {
		t.Errorf("answered %d %s", a.status, a.text)
	}
}

func TestATokenOfOneWorkflowOpensThatOneAlone(t *testing.T) {
	t.Parallel()
	b := newEventBench(t, models.EventSpec{})
	people := account.New(b.store, b.clock, slog.New(slog.DiscardHandler))
	own, _, err := people.CreateTokenWith(t.Context(), b.instance.Actor, account.TokenSettings{Name: "shop", Scope: b.workflow.ID})
	b.check(err)
	w := &models.Workflow{ID: models.NewID(models.PrefixWorkflow), OwnerID: b.instance.Actor.UserID, Name: "Another", EventType: models.EventJSON}
	w.Draft.V = models.WorkflowDefinition{Event: models.EventSpec{Type: models.EventJSON}}
	workflow.Normalize(&w.Draft.V)
	b.check(b.store.CreateWorkflow(t.Context(), b.instance.Actor, w))
	other, _, err := people.CreateTokenWith(t.Context(), b.instance.Actor, account.TokenSettings{Name: "shop 2", Scope: w.ID})
	b.check(err)
	if a := b.post(b.url, `{}`, "X-API-TOKEN", own); a.status != 200 {
		t.Errorf("its own token is answered %d %s", a.status, a.text)
	}
	if a := b.post(b.url, `{}`, "X-API-TOKEN", other); a.status != 404 {
		t.Errorf("another workflow's token is answered %d %s", a.status, a.text)
	}
}

func (b *eventBench) setSecret(key string) {
	b.Helper()
	b.check(b.store.UpdateTrigger(b.Context(), b.instance.Actor, b.workflow.ID, func(t *models.Trigger) error {
		return trigger.SealSecret(b.Context(), b.sealer, t, key, b.clock.Now())
	}))
	b.clock.Advance(time.Second) // what is kept of it is looked up again
}

func TestASignatureIsCheckedAndFailsClosed(t *testing.T) {
	t.Parallel()
	off := false
	raw := []byte("0123456789abcdef0123456789abcdef")
	b := newEventBench(t, models.EventSpec{Authentication: &off, HMAC: &models.HMACSpec{Scheme: models.HMACStandard}})
	standard := func(key []byte, id, body string, at time.Time) []string {
		stamp := strconv.FormatInt(at.Unix(), 10)
		m := hmac.New(sha256.New, key)
		m.Write([]byte(id + "." + stamp + "." + body))
		sum := base64.StdEncoding.EncodeToString(m.Sum(nil))
		return []string{"X-API-TOKEN", "", "webhook-id", id, "webhook-timestamp", stamp, "webhook-signature", "v1a,xx v1," + sum}
	}
	now := b.clock.Now()
	if a := b.post(b.url, `{}`, standard(raw, "m0", `{}`, now)...); a.status != 401 || a.Meta.Error.ErrorCode != "SF_SIGNATURE" {
		t.Errorf("without a secret it is answered %d %s", a.status, a.text)
	}
	b.setSecret("whsec_" + base64.StdEncoding.EncodeToString(raw))
	now = b.clock.Now()
	for _, c := range []struct {
		name    string
		headers []string
		status  int
	}{
		{"right", standard(raw, "m1", `{}`, now), 200},
		{"missing", []string{"X-API-TOKEN", ""}, 401},
		{"of another body", standard(raw, "m2", `{"a":1}`, now), 401},
		{"of another key", standard([]byte("another"), "m3", `{}`, now), 401},
		{"too old", standard(raw, "m4", `{}`, now.Add(-6*time.Minute)), 401},
		{"of the future", standard(raw, "m5", `{}`, now.Add(6*time.Minute)), 401},
		{"a little late", standard(raw, "m6", `{}`, now.Add(-4*time.Minute)), 200},
	} {
		if a := b.post(b.url, `{}`, c.headers...); a.status != c.status {
			t.Errorf("%s: answered %d %s", c.name, a.status, a.text)
		}
	}
	b.setSecret("whsec_" + base64.StdEncoding.EncodeToString([]byte("a new one")))
	if a := b.post(b.url, `{}`, standard(raw, "m7", `{}`, b.clock.Now())...); a.status != 200 {
		t.Errorf("right after a change the secret before is answered %d", a.status)
	}
	b.clock.Advance(models.SecretOverlap)
	if a := b.post(b.url, `{}`, standard(raw, "m8", `{}`, b.clock.Now())...); a.status != 401 {
		t.Errorf("a day after a change the secret before is answered %d", a.status)
	}
}

func TestOwnSignaturesAreChecked(t *testing.T) {
	t.Parallel()
	off := false
	b := newEventBench(t, models.EventSpec{Authentication: &off, HMAC: &models.HMACSpec{Header: "X-Hub-Signature-256", Prefix: "sha256="}})
	b.setSecret("hush")
	m := hmac.New(sha256.New, []byte("hush"))
	m.Write([]byte(`{"a":1}`))
	sum := m.Sum(nil)
	for _, c := range []struct {
		signature string
		status    int
	}{
		{"sha256=" + hex.EncodeToString(sum), 200},
		{hex.EncodeToString(sum), 401},
		{"sha256=", 401},
		{"sha256=zz", 401},
		{"sha256=" + hex.EncodeToString(sum[:16]), 401},
		{"", 401},
	} {
		if a := b.post(b.url, `{"a":1}`, "X-API-TOKEN", "", "X-Hub-Signature-256", c.signature); a.status != c.status {
			t.Errorf("%q is answered %d %s", c.signature, a.status, a.text)
		}
	}
	b.putLive(func(d *models.WorkflowDefinition) {
		d.Event.HMAC = &models.HMACSpec{Scheme: models.HMACOwn, Header: "X-Signature", Algorithm: "sha512", Encoding: "base64"}
	})
	b.clock.Advance(time.Second)
	long := hmac.New(sha512.New, []byte("hush"))
	long.Write([]byte(`{"a":1}`))
	if a := b.post(b.url, `{"a":1}`, "X-API-TOKEN", "", "X-Signature", base64.StdEncoding.EncodeToString(long.Sum(nil))); a.status != 200 {
		t.Errorf("SHA-512 in base64 is answered %d %s", a.status, a.text)
	}
}

func TestTheOwnersLimitHolds(t *testing.T) {
	t.Parallel()
	b := newEventBench(t, models.EventSpec{RatePerMinute: 60})
	taken := 0
	var last answer
	for range 30 {
		if last = b.post(b.url, `{}`); last.status == 200 {
			taken++
		}
	}
	if taken < 9 || taken > 11 || last.status != 429 || last.header.Get("Retry-After") != "1" {
		t.Errorf("%d were taken; the last is answered %d, Retry-After %q", taken, last.status, last.header.Get("Retry-After"))
	}
	b.clock.Advance(time.Second)
	if a := b.post(b.url, `{}`); a.status != 200 {
		t.Errorf("a second later it is answered %d", a.status)
	}
}

func TestAnAddressFollowsItsWorkflow(t *testing.T) {
	t.Parallel()
	b := newEventBench(t, models.EventSpec{})
	ctx, owner := t.Context(), b.instance.Actor
	send := func(body string) int {
		t.Helper()
		b.clock.Advance(time.Second)
		return b.post(b.url, body).status
	}
	if got := send(`{"kind":"a"}`); got != 200 || len(b.runs()) != 1 {
		t.Fatalf("answered %d, %d runs", got, len(b.runs()))
	}
	b.putLive(func(d *models.WorkflowDefinition) {
		d.Condition = &models.Condition{Left: "~{aedj://$.kind}", Operator: models.OpEqualTo, Right: "b"}
	})
	// Right after the change: what was kept of the workflow is not yet looked up again.
	if got := b.post(b.url, `{"kind":"a"}`).status; got != 200 || len(b.runs()) != 1 {
		t.Errorf("against the condition: answered %d, %d runs", got, len(b.runs()))
	}
	if got := send(`{"kind":"b"}`); got != 200 || len(b.runs()) != 2 {
		t.Errorf("with the condition: answered %d, %d runs", got, len(b.runs()))
	}
	b.check(b.store.SetWorkflowEnabled(ctx, owner, b.workflow.ID, false))
	if got := b.post(b.url, `{"kind":"b"}`).status; got != 404 || len(b.runs()) != 2 {
		t.Errorf("while it is off: answered %d, %d runs", got, len(b.runs()))
	}
	b.check(b.store.SetWorkflowEnabled(ctx, owner, b.workflow.ID, true))
	if got := send(`{"kind":"b"}`); got != 200 || len(b.runs()) != 3 {
		t.Errorf("on again: answered %d, %d runs", got, len(b.runs()))
	}
	_, err := b.store.DeleteWorkflow(ctx, owner, b.workflow.ID)
	b.check(err)
	if got := send(`{"kind":"b"}`); got != 404 {
		t.Errorf("deleted: answered %d", got)
	}
}

func TestCapturingTakesASampleBeforeTheWorkflowIsOn(t *testing.T) {
	t.Parallel()
	b := newEventBench(t, models.EventSpec{})
	ctx, owner := t.Context(), b.instance.Actor
	b.check(b.store.SetWorkflowEnabled(ctx, owner, b.workflow.ID, false))
	capture := func() {
		t.Helper()
		b.check(b.store.UpdateTrigger(ctx, owner, b.workflow.ID, func(tr *models.Trigger) error {
			until := b.clock.Now().Add(models.CaptureFor)
			tr.CaptureUntil = &until
			return nil
		}))
		b.clock.Advance(time.Second)
	}
	capture()
	if a := b.post(b.url, `{"a":{"b":1}}`, "X-API-TOKEN", ""); a.status != 400 {
		t.Errorf("without a token it is answered %d", a.status)
	}
	if a := b.post(b.url, ` {"a":{"b":1}} `); a.status != 200 || a.Meta.Notice == "" {
		t.Errorf("answered %d %s", a.status, a.text)
	}
	tr, err := b.store.Trigger(ctx, owner, b.workflow.ID)
	b.check(err)
	if tr.Sample != `{"a":{"b":1}}` || tr.CaptureUntil != nil || len(b.runs()) != 0 {
		t.Errorf("kept %+v, %d runs", tr, len(b.runs()))
	}
	if a := b.post(b.url, `{"a":2}`); a.status != 404 {
		t.Errorf("the next is answered %d", a.status)
	}
	capture()
	b.check(b.store.SetWorkflowEnabled(ctx, owner, b.workflow.ID, true))
	b.clock.Advance(time.Second)
	if a := b.post(b.url, `{"a":3}`); a.status != 200 || len(b.runs()) != 1 {
		t.Errorf("of a workflow that is on: answered %d, %d runs", a.status, len(b.runs()))
	}
}

func TestAChainOfOwnCallsIsRemembered(t *testing.T) {
	t.Parallel()
	b := newEventBench(t, models.EventSpec{})
	run := "RN_000000000000001"
	if a := b.post(b.url, `{}`, models.HeaderDepth, "5", models.HeaderRun, run); a.status != 200 {
		t.Fatalf("answered %d %s", a.status, a.text)
	}
	events, err := b.store.SentEvents(t.Context(), b.instance.Actor, b.workflow.ID, 1)
	b.check(err)
	if e := events[0]; e.Depth != 5 || e.CauseRun == nil || *e.CauseRun != run {
		t.Errorf("the event is %+v", e)
	}
}

func FuzzEventsAreNeverOurFault(f *testing.F) {
	b := newEventBench(f, models.EventSpec{})
	_, query, _ := strings.Cut(b.url, "?")
	f.Add(query, `{"a":1}`, "application/json", b.token, "", "")
	f.Add("triggerId="+b.workflow.ID+"&contextId=x&userId=UR_1&brandId=%00", "[]", "application/x+json;charset=utf-8", "", "Basic Og==", "7")
	f.Add("urlTokenId=%ff%00", "{\"\\u0000\":\"\\ud800\"}", "", "x", "Bearer ", "-1")
	f.Fuzz(func(t *testing.T, query, body, contentType, token, authorization, key string) {
		for _, s := range []string{contentType, token, authorization, key} {
			if strings.ContainsAny(s, "\x00\r\n") {
				return // no client can send it in a header
			}
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/inbound-event/v1/events/json/triggers", strings.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("X-Api-Token", token)
		r.Header.Set("Authorization", authorization)
		r.Header.Set("Idempotency-Key", key)
		r.Header.Set(models.HeaderDepth, key)
		w := httptest.NewRecorder()
		b.server.ServeHTTP(w, r)
		if w.Code >= 500 || !json.Valid(w.Body.Bytes()) {
			t.Errorf("answered %d %s", w.Code, w.Body)
		}
	})
}
