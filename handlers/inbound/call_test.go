package inbound_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"surveyflow/handlers/inbound"
	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/call"
	"surveyflow/internal/clock"
	"surveyflow/internal/contact"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// callBench is a server that takes calls of collectors' webhooks, and a survey with collectors.
type callBench struct {
	testing.TB
	*storetest.Instance
	database  storetest.Database
	store     *store.Store
	clock     *clock.Fake
	people    *account.People
	contacts  *contact.Service
	service   *call.Service
	server    http.Handler
	token     string // of the survey's owner, without a limit that a test would meet
	collector *models.Collector
	log       strings.Builder
}

func newCallBench(t testing.TB, d storetest.Database) *callBench {
	t.Helper()
	c := clock.NewFake(eventNoon)
	s := d.Open(t, storetest.Options{Clock: c})
	b := &callBench{TB: t, database: d, clock: c, store: s, Instance: storetest.NewInstance(t, s, c)}
	log := slog.New(slog.NewTextHandler(&b.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	base, err := link.NewBase("http://example.com", "")
	b.Check(err)
	b.people = account.New(s, c, log)
	frame, err := web.New(web.Options{Base: base, People: b.people, Store: s, CookieKey: make([]byte, 32), Clock: c, Log: log})
	b.Check(err)
	b.contacts = contact.New(s, c)
	b.service = call.New(call.Options{Store: s, Tokens: account.NewTokens(s, c, log), Contacts: b.contacts, Clock: c, Log: log})
	b.server = frame.Echo(inbound.Routes(inbound.NewReceivers(s, c, log), inbound.NewEvents(s, nil, nil, log), inbound.NewCalls(b.service)))
	b.token = b.newToken(b.Actor, models.TokenScopeAll)
	b.collector = b.newCollector(true)
	return b
}

func onSQLite(t testing.TB) *callBench {
	t.Helper()
	return newCallBench(t, storetest.NewSQLite(t))
}

// eachCallBench runs a test on both databases.
func eachCallBench(t *testing.T, test func(*testing.T, *callBench)) {
	t.Helper()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) { test(t, newCallBench(t, d)) })
}

func (b *callBench) newToken(a models.Actor, scope string) string {
	b.Helper()
	secret, _, err := b.people.CreateTokenWith(b.Context(), a, account.TokenSettings{Name: "x", Scope: scope, TokenLimits: models.TokenLimits{RatePerSecond: 100_000}})
	b.Check(err)
	return secret
}

func (b *callBench) newCollector(open bool) *models.Collector {
	b.Helper()
	c := &models.Collector{Type: models.CollectorEmail, Name: "Customers", Open: open}
	b.Check(b.store.CreateCollector(b.Context(), b.Actor, b.Survey.ID, c))
	return c
}

// get calls by GET with those values over the usual ones; an empty one leaves a parameter out.
func (b *callBench) get(pairs ...string) (int, string) {
	b.Helper()
	return b.send(httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/api.php?"+b.values(pairs...).Encode(), nil))
}

func (b *callBench) values(pairs ...string) url.Values {
	v := url.Values{"apiToken": {b.token}, "cId": {b.collector.ID}, "email": {"ada@example.com"}, "crk": {"k1"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			v.Del(pairs[i])
		}
	}
	return v
}

func (b *callBench) send(r *http.Request) (int, string) {
	b.Helper()
	w := httptest.NewRecorder()
	b.server.ServeHTTP(w, r)
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		b.Errorf("the answer's type is %q", got)
	}
	if w.Code == http.StatusTooManyRequests && w.Header().Get("Retry-After") == "" {
		b.Error("429 without Retry-After")
	}
	return w.Code, w.Body.String()
}

func (b *callBench) invitations() []models.Invitation {
	b.Helper()
	collectors, err := b.store.Collectors(b.Context(), b.Actor, b.Survey.ID)
	b.Check(err)
	var all []models.Invitation
	for _, c := range collectors {
		some, _, err := b.store.Invitations(b.Context(), b.Actor, b.Survey.ID, c.ID, store.InvitationFilter{Page: store.Page{Limit: store.MaxPage}})
		b.Check(err)
		all = append(all, some...)
	}
	slices.SortFunc(all, func(a, b models.Invitation) int { return strings.Compare(a.Crk, b.Crk) }) // ids of one moment have no order
	return all
}

const processed = `{"status":true,"notification":"Action processed correctly"}`

func TestACallInvitesOnceHoweverItIsMade(t *testing.T) {
	t.Parallel()
	eachCallBench(t, func(t *testing.T, b *callBench) {
		all := []string{
			"referrer", "chat 4711 & more", "language", "EN", "phone", "0048600", "firstName", "Zoë", "lastName", "Łukasiewicz",
			"custom1", "1", "custom2", "2", "custom3", "3", "custom4", "4", "custom5", "5", "custom6", "6", "custom7", "7", "custom8", "8",
		}
		if status, body := b.get(all...); status != 200 || body != processed {
			t.Fatalf("answered %d %s", status, body)
		}
		first := b.invitations()
		if len(first) != 1 {
			t.Fatalf("%d invitations; want one", len(first))
		}
		inv := first[0]
		if inv.Status != models.InvitationQueued || inv.Crk != "k1" || inv.Email != "ada@example.com" || inv.FirstName != "Zoë" || inv.LastName != "Łukasiewicz" ||
			inv.Phone != "0048600" || inv.Language != "en" || inv.Fields.V["referrer"] != "chat 4711 & more" || inv.Fields.V["custom8"] != "8" || len(inv.Fields.V) != 9 {
			t.Errorf("the invitation is %+v", inv)
		}
		b.clock.Advance(400 * 24 * time.Hour)
		values := b.values(all...)
		object := map[string]any{}
		for name := range values {
			object[name] = values.Get(name)
		}
		object["custom1"], object["custom9"], object["note"] = json.Number("1"), nil, map[string]any{"x": []any{1, 2}}
		asJSON, err := json.Marshal(object)
		b.Check(err)
		var parts strings.Builder
		form := multipart.NewWriter(&parts)
		for _, name := range slices.Backward(slices.Sorted(slices.Values([]string{"email", "crk"}))) {
			b.Check(form.WriteField(name, values.Get(name)))
		}
		b.Check(form.Close())
		rest := b.values(all...)
		rest.Del("email")
		rest.Del("crk")
		post := func(target, body, kind string) *http.Request {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(body))
			r.Header.Set("Content-Type", kind)
			return r
		}
		withHeader := post("/api.php", strings.Replace(string(asJSON), `"apiToken":"`+b.token+`",`, "", 1), "application/json")
		withHeader.Header.Set("X-API-TOKEN", b.token)
		shout := strings.NewReplacer("firstName=", "FIRSTNAME=", "cId=", "cid=", "apiToken=", "APITOKEN=").Replace(values.Encode())
		for name, r := range map[string]*http.Request{
			"a form":                  post("/api.php", values.Encode(), "application/x-www-form-urlencoded"),
			"a form without type":     post("/api.php", values.Encode(), ""),
			"JSON":                    post("/api.php", string(asJSON), "application/json; charset=utf-8"),
			"JSON without type":       post("/api.php", "\ufeff "+string(asJSON), ""),
			"parts and a query":       post("/api.php?"+rest.Encode(), parts.String(), form.FormDataContentType()),
			"both, saying the same":   post("/api.php?"+values.Encode(), values.Encode(), "application/x-www-form-urlencoded"),
			"GET again":               httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api.php?"+values.Encode(), nil),
			"POST with a query alone": httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api.php?"+values.Encode(), nil),
			"the token in a header":   withHeader,
			"names in any case":       httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api.php?"+shout+"&phone=", nil),
		} {
			want := `{"status":true,"notification":"Action processed correctly","invitation":"queued","invitationId":"` + inv.ID + `"}`
			if status, body := b.send(r); status != 200 || body != want {
				t.Errorf("%s is answered %d %s; want %s", name, status, body, want)
			}
		}
		if n := len(b.invitations()); n != 1 {
			t.Errorf("%d invitations; want one", n)
		}
	})
}

func TestACallThatIsWrongIsToldWhatAndChangesNothing(t *testing.T) {
	t.Parallel()
	eachCallBench(t, func(t *testing.T, b *callBench) {
		if status, body := b.get("custom1", "a", "firstName", "Ada"); status != 200 {
			t.Fatal(status, body)
		}
		before, err := json.Marshal(b.state())
		b.Check(err)
		stranger := b.User("stranger@example.com", models.RoleMember)
		revoked, disabled := b.newToken(b.Actor, models.TokenScopeAll), b.User("gone@example.com", models.RoleMember)
		gone := b.newToken(disabled, models.TokenScopeAll)
		b.Check(b.store.SetUserDisabled(t.Context(), b.Actor, disabled.UserID, true))
		tokens, err := b.store.APITokens(t.Context(), b.Actor)
		b.Check(err)
		for _, one := range tokens {
			if one.Hint == revoked[36:] {
				b.Check(b.store.RevokeAPIToken(t.Context(), b.Actor, one.ID))
			}
		}
		other := b.newCollector(true)
		for _, c := range []struct {
			name   string
			pairs  []string
			status int
			says   string
		}{
			{"no token", []string{"apiToken", ""}, 400, "apiToken"},
			{"a wrong token", []string{"apiToken", strings.Repeat("x", 40)}, 400, "token"},
			{"a short token", []string{"apiToken", "x"}, 400, "token"},
			{"a revoked token", []string{"apiToken", revoked}, 401, "revoked"},
			{"a disabled person's token", []string{"apiToken", gone}, 401, "disabled"},
			{"a stranger's token", []string{"apiToken", b.newToken(stranger, models.TokenScopeAll)}, 404, "collector"},
			{"another collector's token", []string{"apiToken", b.newToken(b.Actor, other.ID)}, 404, "collector"},
			{"no collector", []string{"cId", ""}, 400, "cId"},
			{"an unknown collector", []string{"cId", models.NewID(models.PrefixCollector)}, 404, "collector"},
			{"nonsense for a collector", []string{"cId", "' OR 1=1 --"}, 404, "collector"},
			{"a link collector", []string{"cId", b.Collector.ID}, 400, "type link"},
			{"no address", []string{"email", ""}, 400, "email"},
			{"no key", []string{"crk", ""}, 400, "crk"},
			{"no address", []string{"email", "nobody"}, 400, "email: "},
			{"a hashed address", []string{"email", "5d41402abc4b2a76b9719d911017c592"}, 400, "hash"},
			{"two addresses", []string{"email", "a@example.com,b@example.com"}, 400, "email: "},
			{"a long key", []string{"crk", strings.Repeat("k", 65)}, 400, "64"},
			{"a key in lines", []string{"crk", "a\nb"}, 400, "crk: "},
			{"a language that it has not", []string{"crk", "k2", "language", "pl"}, 400, "en"},
			{"nonsense for a language", []string{"crk", "k2", "language", "<b>"}, 400, "language"},
			{"a long name", []string{"crk", "k2", "firstName", strings.Repeat("x", 201)}, 400, "firstName: "},
			{"a long value", []string{"crk", "k2", "custom3", strings.Repeat("x", 2001)}, 400, "custom3"},
			{"no UTF-8", []string{"crk", "k2", "custom3", "\xff"}, 400, "UTF-8"},
			{"the key with another value", []string{"custom1", "b", "firstName", "Ada"}, 400, "k1"},
			{"the key with less", nil, 400, "k1"},
			{"the key of somebody else", []string{"email", "eve@example.com", "custom1", "a", "firstName", "Ada"}, 400, "k1"},
		} {
			status, body := b.get(c.pairs...)
			var a struct {
				Status              *bool
				Notification, Error string
			}
			if err := json.Unmarshal([]byte(body), &a); err != nil || a.Status == nil || *a.Status || a.Notification != "Action failed" || !strings.Contains(a.Error, c.says) || status != c.status {
				t.Errorf("%s is answered %d %s; want %d with %q", c.name, status, body, c.status, c.says)
			}
		}
		if after, err := json.Marshal(b.state()); err != nil || string(after) != string(before) {
			t.Errorf("something was changed:\n%s\n%s", before, after)
		}
		// In another collector the key is free.
		if status, body := b.get("cId", other.ID, "email", "eve@example.com"); status != 200 || body != processed {
			t.Errorf("the key in another collector is answered %d %s", status, body)
		}
		if strings.Contains(b.log.String(), b.token) || strings.Contains(b.log.String(), revoked) || strings.Contains(b.log.String(), gone) {
			t.Error("a token is in the log")
		}
	})
}

func TestACallMayAskForEveryLanguageThatRespondentsCanRead(t *testing.T) {
	t.Parallel()
	eachCallBench(t, func(t *testing.T, b *callBench) {
		v, err := b.store.Survey(t.Context(), b.Actor, b.Survey.ID)
		b.Check(err)
		v.Draft.V.Languages = []string{"de", "pt-BR"}
		_, err = b.store.SaveSurveyDraft(t.Context(), b.Actor, v, 0)
		b.Check(err)
		// What is not live yet, nobody can read.
		if status, body := b.get("language", "de"); status != 400 || !strings.Contains(body, "It has: en.") {
			t.Errorf("before it is live: %d %s", status, body)
		}
		_, err = b.store.PutSurveyLive(t.Context(), b.Actor, b.Survey.ID, 0)
		b.Check(err)
		b.clock.Advance(time.Minute) // what is known of a collector is believed for a moment
		status, body := b.get("language", "pl")
		var refused struct{ Error string }
		if err := json.Unmarshal([]byte(body), &refused); err != nil || status != 400 || !strings.Contains(refused.Error, "“pl”") || !strings.Contains(refused.Error, "It has: en, de, pt-BR.") {
			t.Errorf("a language that it has not is answered %d %s", status, body)
		}
		for crk, language := range map[string]string{"a": "DE", "b": "pt-br", "c": "en"} {
			if status, body := b.get("crk", crk, "language", language); status != 200 || body != processed {
				t.Errorf("%s is answered %d %s", language, status, body)
			}
		}
		var got []string
		for _, inv := range b.invitations() {
			got = append(got, inv.Crk+" "+inv.Language)
		}
		if want := []string{"a de", "b pt-BR", "c en"}; !slices.Equal(got, want) {
			t.Errorf("the invitations are %v, want %v", got, want)
		}
	})
}

// state is all that a call could change.
func (b *callBench) state() (all struct {
	Invitations []models.Invitation
	Contacts    []models.Contact
},
) {
	b.Helper()
	all.Invitations = b.invitations()
	var err error
	all.Contacts, _, err = b.store.Contacts(b.Context(), b.Actor, *b.collector.ListID, store.ContactFilter{Page: store.Page{Limit: store.MaxPage}})
	b.Check(err)
	return all
}

func TestBodiesThatCannotBeReadAreRefused(t *testing.T) {
	t.Parallel()
	b := onSQLite(t)
	for _, c := range []struct {
		method, query, kind, body string
		status                    int
		says                      string
	}{
		{"POST", "", "application/json", `{"email":"a@example.com"`, 400, "JSON"},
		{"POST", "", "application/json", `[1]`, 400, "JSON"},
		{"POST", "", "application/json", `{} {}`, 400, "JSON"},
		{"POST", "", "application/json", `{"email":{"a":1}}`, 400, "email"},
		{"POST", "", "application/json", `{"crk":"a","crk":"b"}`, 400, "crk"},
		{"POST", "crk=b", "", `crk=a`, 400, "twice"},
		{"POST", "", "application/xml", `<a/>`, 400, "neither"},
		{"POST", "", "multipart/form-data; boundary=x", `--y`, 400, "form"},
		{"POST", "", "application/x-www-form-urlencoded", `a=%zz`, 400, "form"},
		{"POST", "", "application/json", `{"x":"` + strings.Repeat("x", 300<<10) + `"}`, 400, "KB"},
		{"GET", "a=%zz", "", "", 400, "query"},
		{"GET", "email=a&email=b", "", "", 400, "twice"},
		{"PUT", "", "", "", 405, ""},
		{"DELETE", "", "", "", 405, ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, "/api.php?"+c.query, strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.kind)
		if status, body := b.send(r); status != c.status || !strings.Contains(body, `"status":false,"notification":"Action failed"`) || !strings.Contains(body, c.says) {
			t.Errorf("%s ?%s %.60s is answered %d %s; want %d with %q", c.method, c.query, c.body, status, body, c.status, c.says)
		}
	}
}

func TestWhoIsNotToBeAskedIsHeldAndTheCallerToldWhy(t *testing.T) {
	t.Parallel()
	b := onSQLite(t)
	closed := b.newCollector(false)
	if status, body := b.get("cId", closed.ID); status != 200 || body != processed {
		t.Errorf("a closed collector is answered %d %s", status, body)
	}
	if all := b.invitations(); len(all) != 1 || all[0].Status != models.InvitationHeld || all[0].Reason != models.HeldClosed {
		t.Errorf("the invitation of a closed collector is %+v", all)
	}
	b.Check(b.store.SetOptOutOrg(b.Context(), b.Actor, "eve@example.com", models.OptOutStaff, true))
	const held = `{"status":true,"notification":"Action processed correctly","invitation":"held","reason":"optedOutEverywhere"}`
	if status, body := b.get("email", "eve@example.com", "crk", "k2"); status != 200 || body != held {
		t.Errorf("who opted out is answered %d %s; want %s", status, body, held)
	}
}

func TestPassedValuesStayWithTheirOwnInvitation(t *testing.T) {
	t.Parallel()
	b := onSQLite(t)
	b.get("crk", "k1", "firstName", "Ada", "custom1", "first")
	b.get("crk", "k2", "email", "ADA@example.com", "lastName", "Lovelace", "custom2", "second")
	s := b.state()
	if len(s.Contacts) != 1 || s.Contacts[0].FirstName != "Ada" || s.Contacts[0].LastName != "Lovelace" {
		t.Errorf("the contacts are %+v; want one with both names", s.Contacts)
	}
	if len(s.Invitations) != 2 {
		t.Fatalf("%d invitations; want two", len(s.Invitations))
	}
	one, two := s.Invitations[0], s.Invitations[1]
	if one.LastName != "" || one.Fields.V["custom1"] != "first" || len(one.Fields.V) != 1 || two.Fields.V["custom2"] != "second" || len(two.Fields.V) != 1 {
		t.Errorf("the invitations are %+v and %+v", one, two)
	}
}

func TestATokenCallsAtItsRate(t *testing.T) {
	t.Parallel()
	b := onSQLite(t)
	usual, _, err := b.people.CreateToken(t.Context(), b.Actor, "usual")
	b.Check(err)
	taken := 0
	for i := range 125 {
		status, body := b.get("apiToken", usual, "crk", "k"+strconv.Itoa(i), "email", fmt.Sprintf("p%d@example.com", i))
		switch {
		case status == 200:
			taken++
		case status != 429 || !strings.Contains(body, `"status":false,"notification":"Action failed","error":"`):
			t.Fatalf("answered %d %s", status, body)
		}
	}
	if taken != models.CallBurst {
		t.Errorf("%d calls were taken at once; want %d", taken, models.CallBurst)
	}
}

func TestCallsAtTheSameTimeAreEachAnsweredTheirOwn(t *testing.T) {
	t.Parallel()
	eachCallBench(t, func(t *testing.T, b *callBench) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		answers := map[int]int{}
		for i := range 200 { // 40 keys, each with two values and several times
			wg.Go(func() {
				status, _ := b.get("crk", "k"+strconv.Itoa(i%40), "email", fmt.Sprintf("p%d@example.com", i%13), "custom1", strconv.Itoa(i%80/40))
				mu.Lock()
				defer mu.Unlock()
				answers[status]++
			})
		}
		wg.Wait()
		all := b.invitations()
		won := 0
		for _, inv := range all {
			if inv.Fields.V["custom1"] == "0" { // i in [0,40), [80,120), [160,200) came with 0: three calls of each key
				won += 3
			} else {
				won += 2
			}
		}
		if len(all) != 40 {
			t.Errorf("%d invitations; want 40", len(all))
		}
		if answers[200]+answers[400] != 200 {
			t.Errorf("answered %v", answers)
		}
		if len(b.state().Contacts) > 13 {
			t.Errorf("%d contacts; want one for each address", len(b.state().Contacts))
		}
	})
}

func TestTheLogOfCallsTellsWhatWasAnsweredAndNoSecret(t *testing.T) {
	t.Parallel()
	b := onSQLite(t)
	b.get("custom1", "gold", "colour", "red")
	b.clock.Advance(time.Second)
	b.get("custom1", "silver")
	b.clock.Advance(time.Second)
	b.get("apiToken", strings.Repeat("x", 40)) // anybody could fill the log
	b.service.Flush(t.Context())
	calls, err := b.store.Calls(t.Context(), b.Actor, b.collector.ID)
	b.Check(err)
	if len(calls) != 2 || calls[0].Status != 400 || !strings.Contains(calls[0].Answer, "k1") || calls[1].Status != 200 || calls[1].Answer != processed ||
		calls[1].Params.V["custom1"] != "gold" || calls[1].Ignored != "colour" || calls[1].InvitationID == nil || calls[1].TokenID == "" {
		t.Errorf("the log is %+v", calls)
	}
	if text, err := json.Marshal(calls); err != nil || strings.Contains(string(text), b.token) {
		t.Errorf("a token is in the log: %s", text)
	}
	for i := range 2*models.CallsKept + 50 {
		b.clock.Advance(time.Millisecond)
		b.get("crk", "n"+strconv.Itoa(i))
		if i%70 == 0 {
			b.service.Flush(t.Context())
		}
	}
	b.service.Flush(t.Context())
	calls, err = b.store.Calls(t.Context(), b.Actor, b.collector.ID)
	b.Check(err)
	var kept int
	b.Check(b.database.SQL(t).QueryRowContext(t.Context(), "SELECT COUNT(*) FROM collector_calls").Scan(&kept))
	if len(calls) != models.CallsKept || kept != models.CallsKept || calls[0].Params.V["crk"] != "n249" {
		t.Errorf("%d calls are shown and %d kept, the last is %+v; want the newest %d", len(calls), kept, calls[0], models.CallsKept)
	}
	stranger := b.User("stranger@example.com", models.RoleMember)
	if _, err := b.store.Calls(t.Context(), stranger, b.collector.ID); models.ErrorCode(err) != models.CodeNotFound {
		t.Errorf("a stranger reads the log: %v", err)
	}
}

// FuzzCall sends anything to /api.php: it is never a fault of ours, and always answered in the contract's form.
func FuzzCall(f *testing.F) {
	b := onSQLite(f)
	for _, seed := range []struct{ method, query, kind, body string }{
		{"GET", "apiToken=TOKEN&cId=COLLECTOR&email=a@example.com&crk=1", "", ""},
		{"POST", "apiToken=TOKEN&cId=COLLECTOR", "application/json", `{"email":"b@example.com","crk":"2","custom1":1e400,"firstName":null}`},
		{"POST", "apiToken=TOKEN&cId=COLLECTOR&email=%00&crk=%ff", "application/x-www-form-urlencoded", "language=xx-YY-zz&phone=%2B"},
		{"POST", "", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nx\r\n--b--"},
		{"POST", "apiToken=TOKEN&cId=COLLECTOR&crk=\u202e&email=\"a b\"@example.com", "application/json", `{"a":{"b":[`},
		{"GET", "apiToken[]=TOKEN&cId=COLLECTOR;email=a&crk=../../x", "", ""},
		{"HEAD", "apiToken=TOKEN", "", ""},
		{"POST", "apiToken=TOKEN&cId=COLLECTOR&crk=3&email=a@xn--.example", "application/json", "{\"custom1\":\"\\ud800\",\"referrer\":\"\\u0000\"}"},
	} {
		f.Add(seed.method, seed.query, seed.kind, seed.body)
	}
	fill := strings.NewReplacer("TOKEN", b.token, "COLLECTOR", b.collector.ID)
	f.Fuzz(func(t *testing.T, method, query, kind, body string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api.php", strings.NewReader(fill.Replace(body)))
		if method == "GET" || method == "HEAD" {
			r.Method = method
		}
		r.URL.RawQuery = fill.Replace(query)
		r.Header["Content-Type"] = []string{kind}
		w := httptest.NewRecorder()
		b.server.ServeHTTP(w, r)
		var a struct {
			Status       *bool
			Notification string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || a.Status == nil || *a.Status != (w.Code == 200) || a.Notification == "" {
			t.Errorf("answered %d %s", w.Code, w.Body)
		}
		switch w.Code {
		case 200, 400, 401, 404, 405, 429:
		default:
			t.Errorf("answered %d %s", w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), b.token) {
			t.Error("the token is in the answer")
		}
	})
}
