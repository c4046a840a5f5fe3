package inbound_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"surveyflow/handlers/inbound"
	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/clock"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// bench is a server with nothing but receivers, and one of them.
type bench struct {
	*testing.T
	store    *store.Store
	owner    models.Actor
	receiver *models.Receiver
	url      string
}

func newBench(t *testing.T, change func(*models.Receiver)) *bench {
	t.Helper()
	s := storetest.SQLite(t, storetest.Options{})
	b := &bench{T: t, store: s, owner: storetest.NewInstance(t, s, nil).Actor}
	b.receiver = &models.Receiver{
		ID: models.NewID(models.PrefixReceiver), Name: "Try out", Token: models.NewCapability(), Status: 200, ContentType: "application/json", Body: `{"ok":true}`,
	}
	if change != nil {
		change(b.receiver)
	}
	if err := s.CreateReceiver(t.Context(), b.owner, b.receiver); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	server := httptest.NewUnstartedServer(nil)
	base, err := link.NewBase("http://"+server.Listener.Addr().String(), "")
	if err != nil {
		t.Fatal(err)
	}
	frame, err := web.New(web.Options{Base: base, People: account.New(s, clock.System{}, log), Store: s, CookieKey: bytes.Repeat([]byte("k"), 32), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = frame.Echo(inbound.Routes(inbound.NewReceivers(s, clock.System{}, log), inbound.NewEvents(s, nil, nil, log), inbound.NewCalls(nil)))
	server.Start()
	t.Cleanup(server.Close)
	b.url = base.ReceiverURL(b.receiver.Token)
	return b
}

func (b *bench) send(method, path, body string, header http.Header) (*http.Response, string) {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.Fatal(err)
	}
	return res, string(text)
}

// recorded gives everything that was recorded, the newest first.
func (b *bench) recorded() []models.ReceivedRequest {
	b.Helper()
	rows, _, err := b.store.ReceivedRequests(b.Context(), b.owner, b.receiver.ID, store.Page{Limit: store.MaxPage})
	if err != nil {
		b.Fatal(err)
	}
	for i := range rows {
		full, err := b.store.ReceivedRequest(b.Context(), b.owner, b.receiver.ID, rows[i].ID)
		if err != nil {
			b.Fatal(err)
		}
		rows[i] = *full
	}
	return rows
}

// find gives the recorded request that fits. Requests of the same millisecond have no order.
func (b *bench) find(fits func(models.ReceivedRequest) bool) models.ReceivedRequest {
	b.Helper()
	for _, r := range b.recorded() {
		if fits(r) {
			return r
		}
	}
	b.Fatal("no such request was recorded")
	return models.ReceivedRequest{}
}

func TestAReceiverRecordsWhatIsSentToIt(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		if res, _ := b.send(method, "", "", nil); res.StatusCode != 200 {
			t.Errorf("%s is answered %d", method, res.StatusCode)
		}
	}
	res, text := b.send("POST", "/tickets/a%2Fb?lang=en&x=%00", "{\"name\":\"<script>\x00\xff\"}", http.Header{
		"Content-Type": {"application/json"}, "X-Two": {"one", "two"}, "Cookie": {"surveyflow=secret"},
	})
	if res.StatusCode != 200 || text != `{"ok":true}` {
		t.Fatalf("answered %d %q", res.StatusCode, text)
	}
	all := b.recorded()
	if len(all) != 8 {
		t.Fatalf("recorded %d requests, want 8", len(all))
	}
	got := b.find(func(r models.ReceivedRequest) bool { return strings.HasPrefix(r.Path, "/tickets") })
	if got.Method != "POST" || got.Path != "/tickets/a%2Fb?lang=en&x=%00" || got.Body != "{\"name\":\"<script>\uFFFD\"}" || got.Truncated || got.Size != 21 {
		t.Errorf("recorded %+v", got)
	}
	lines := map[string][]string{}
	for _, h := range got.Headers.V {
		lines[h.Name] = append(lines[h.Name], h.Value)
	}
	if strings.Join(lines["X-Two"], ",") != "one,two" || lines["Host"] == nil {
		t.Errorf("recorded the headers %v", lines)
	}
	if lines["Cookie"][0] == "surveyflow=secret" {
		t.Error("a cookie was recorded: somebody's session could be taken from it")
	}
}

func TestAReceiverAnswersAsItsOwnerSetAndOnlyFromASandbox(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		status      int
		contentType string
		body        string
		wantType    string
		wantBody    string
	}{
		{"JSON", 201, "application/json", `{"a":1}`, "application/json; charset=utf-8", `{"a":1}`},
		{"XML with a script", 200, "application/xml", "<script>1</script>", "application/xml; charset=utf-8", "<script>1</script>"},
		{"HTML is never sent as such", 200, "text/html", "<script>1</script>", "text/plain; charset=utf-8", "<script>1</script>"},
		{"no content", 204, "text/plain", "ignored", "", ""},
		{"an error", 503, "text/plain", "busy", "text/plain; charset=utf-8", "busy"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, func(r *models.Receiver) { r.Status, r.ContentType, r.Body = c.status, c.contentType, c.body })
			res, text := b.send("POST", "", "x", nil)
			if res.StatusCode != c.status || res.Header.Get("Content-Type") != c.wantType || text != c.wantBody {
				t.Errorf("answered %d %q %q", res.StatusCode, res.Header.Get("Content-Type"), text)
			}
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox", "Set-Cookie": ""} {
				if got := res.Header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestAnUnknownAddressAnswersFromTheSandboxToo(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for _, token := range []string{models.NewCapability(), "short", "RC_0123456789abcde"} {
		b.url = strings.TrimSuffix(b.url, b.receiver.Token) + token
		b.receiver.Token = token
		res, _ := b.send("POST", "/x", "y", nil)
		if res.StatusCode != 404 || res.Header.Get("Content-Security-Policy") != "sandbox" {
			t.Errorf("%s: %d, %q", token, res.StatusCode, res.Header.Get("Content-Security-Policy"))
		}
	}
}

func TestOnlyTheBeginningOfALongBodyIsKept(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	if res, _ := b.send("POST", "", strings.Repeat("x", models.ReceiverMaxBody+100), nil); res.StatusCode != 200 {
		t.Errorf("a body over what is kept is answered %d", res.StatusCode)
	}
	got := b.recorded()[0]
	if len(got.Body) != models.ReceiverMaxBody || !got.Truncated || got.Size != models.ReceiverMaxBody+100 {
		t.Errorf("kept %d bytes of %d, truncated %v", len(got.Body), got.Size, got.Truncated)
	}
	if res, _ := b.send("POST", "", strings.Repeat("x", 1<<20+1), nil); res.StatusCode != 413 {
		t.Errorf("a body over 1 MB is answered %d", res.StatusCode)
	}
	if got := b.find(func(r models.ReceivedRequest) bool { return r.Size > 1<<20 }); len(got.Body) != models.ReceiverMaxBody || !got.Truncated {
		t.Errorf("of a body over 1 MB %d bytes were kept, truncated %v", len(got.Body), got.Truncated)
	}
}

func TestOnlySomeOfManyHeadersAreKept(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	header := http.Header{"X-Long": {strings.Repeat("ø", 20_000)}}
	for range 300 {
		header["X-Many"] = append(header["X-Many"], "v")
	}
	b.send("GET", "?q="+strings.Repeat("y", 20_000), "", header)
	got := b.recorded()[0]
	bytes := 0
	for _, h := range got.Headers.V {
		bytes += len(h.Name) + len(h.Value)
	}
	if len(got.Headers.V) > 100 || bytes > 18<<10 || len(got.Path) > 9<<10 {
		t.Errorf("kept %d header lines, %d bytes, a path of %d bytes", len(got.Headers.V), bytes, len(got.Path))
	}
}

func TestABurstIsRecordedInFull(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	const n = 300
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			if res, _ := b.send("POST", "", "x", nil); res.StatusCode != 200 {
				t.Errorf("answered %d", res.StatusCode)
			}
		})
	}
	all.Wait()
	if got := len(b.recorded()); got != n {
		t.Errorf("recorded %d of %d requests", got, n)
	}
}

func TestADelayedAnswerWaitsAndEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(r *models.Receiver) { r.DelayMS = 50 })
	before := time.Now()
	if res, _ := b.send("POST", "", "x", nil); res.StatusCode != 200 || time.Since(before) < 50*time.Millisecond {
		t.Errorf("answered %d after %s", res.StatusCode, time.Since(before))
	}
	b.receiver.DelayMS = models.ReceiverMaxDelayMS
	if err := b.store.SaveReceiver(t.Context(), b.owner, b.receiver); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url, strings.NewReader("given up"))
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			res.Body.Close()
		}
		answered <- err
	}()
	storetest.Eventually(t, 2*time.Minute, "the request is recorded", func() bool {
		return slices.ContainsFunc(b.recorded(), func(r models.ReceivedRequest) bool { return r.Body == "given up" })
	})
	cancel()
	if err := <-answered; err == nil {
		t.Fatal("the answer came before its delay")
	}
}
