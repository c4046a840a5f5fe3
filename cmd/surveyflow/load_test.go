package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
)

// sink is the web service that the workflow calls. It counts the calls by the answer that they bring.
type sink struct {
	*httptest.Server
	mu    sync.Mutex
	calls map[string]int // by answer
	keys  map[string]int // by Idempotency-Key
	hang  chan struct{}  // when not nil, calls wait for its end
}

func newSink(t *testing.T) *sink {
	t.Helper()
	s := &sink{calls: map[string]int{}, keys: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.calls[string(body)]++
		s.keys[r.Header.Get("Idempotency-Key")]++
		hang := s.hang
		s.mu.Unlock()
		if hang != nil {
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *sink) arrived(answer string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[answer]
}

// doubled counts the calls beyond the first of each task.
func (s *sink) doubled() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, times := range s.keys {
		n += times - 1
	}
	return n
}

// load posts completed responses until it is stopped, and remembers what was accepted.
type load struct {
	t        *testing.T
	p        *process
	survey   string
	token    string
	client   *http.Client
	stopping chan struct{}
	callers  sync.WaitGroup
	next     atomic.Int64
	stored   atomic.Int64
	refused  atomic.Int64 // answered 503
	broken   atomic.Int64 // not answered

	mu       sync.Mutex
	accepted map[string]string // answer by response id

	deaths map[string]int // how many kills met the run of a response under way
}

// newLoad starts so many callers.
func newLoad(t *testing.T, p *process, survey, token string, callers int) *load {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: callers}
	l := &load{
		t: t, p: p, survey: survey, token: token, client: &http.Client{Transport: transport, Timeout: 40 * time.Second},
		stopping: make(chan struct{}), accepted: map[string]string{}, deaths: map[string]int{},
	}
	for range callers {
		l.callers.Go(l.call)
	}
	t.Cleanup(func() {
		l.stop()
		transport.CloseIdleConnections()
	})
	return l
}

// stop ends the callers and waits for them.
func (l *load) stop() {
	select {
	case <-l.stopping:
	default:
		close(l.stopping)
	}
	l.callers.Wait()
}

func (l *load) call() {
	pause := time.NewTicker(5 * time.Millisecond)
	defer pause.Stop()
	for {
		select {
		case <-l.stopping:
			return
		default:
		}
		if l.post(fmt.Sprintf("answer %d", l.next.Add(1))) {
			continue
		}
		select { // the server is away: not as quick as the processor allows
		case <-l.stopping:
			return
		case <-pause.C:
		}
	}
}

// post sends one completed response and reports whether it was accepted.
func (l *load) post(answer string) bool {
	body := fmt.Sprintf(`{"values":{"QID1_TEXT":%q,"finished":1}}`, answer)
	r, err := http.NewRequestWithContext(l.t.Context(), http.MethodPost, l.p.url+"/API/v3/surveys/"+l.survey+"/responses", strings.NewReader(body))
	if err != nil {
		l.t.Error(err)
		return false
	}
	r.Header.Set("X-API-TOKEN", l.token)
	r.Header.Set("Content-Type", "application/json")
	answered, err := l.client.Do(r)
	if err != nil {
		l.broken.Add(1)
		return false
	}
	defer answered.Body.Close()
	text, err := io.ReadAll(answered.Body)
	if err != nil {
		l.broken.Add(1)
		return false
	}
	var said struct {
		Result struct {
			ResponseID string `json:"responseId"`
		}
		Meta struct {
			HTTPStatus string `json:"httpStatus"`
			Error      struct {
				ErrorMessage string `json:"errorMessage"`
			}
		}
	}
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&said); err != nil {
		l.t.Errorf("%s with a body that is no JSON: %s", answered.Status, text)
	}
	switch {
	case answered.StatusCode == http.StatusOK && said.Result.ResponseID != "":
		l.mu.Lock()
		l.accepted[said.Result.ResponseID] = answer
		l.mu.Unlock()
		l.stored.Add(1)
		return true
	case answered.StatusCode == http.StatusServiceUnavailable && said.Meta.Error.ErrorMessage != "" && answered.Header.Get("Retry-After") != "":
		l.refused.Add(1)
	default:
		l.t.Errorf("%s: %s; want 200, or 503 with a sentence and Retry-After", answered.Status, text)
	}
	return false
}

// more waits until so many more responses were accepted.
func (l *load) more(n int64) {
	l.t.Helper()
	before := l.stored.Load()
	storetest.Eventually(l.t, patience, fmt.Sprintf("%d more responses are accepted", n), func() bool { return l.stored.Load() >= before+n })
}

// killed takes note of the runs that were under way when the server was killed, and gives how many.
func (l *load) killed() (n int) {
	l.t.Helper()
	if l.p.d.Postgres != "" { // which may still carry out what the server had sent
		storetest.Eventually(l.t, patience, "the connections of the server end", func() bool {
			return l.p.count("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()") == 0
		})
	}
	for _, id := range l.responses("SELECT e.response_id FROM queue q JOIN runs ON runs.id = q.id JOIN events e ON e.id = runs.event_id WHERE q.state = 'running'") {
		l.deaths[id]++
		n++
	}
	return n
}

// responses gives the ids of responses that a query finds.
func (l *load) responses(query string) (ids []string) {
	l.t.Helper()
	db := l.p.d.SQL(l.t)
	defer db.Close()
	rows, err := db.QueryContext(l.t.Context(), query)
	if err != nil {
		l.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			l.t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		l.t.Fatal(err)
	}
	return ids
}

// settled waits until every run has ended and checks that everything accepted is there, worked on and arrived. A run that
// was under way at as many kills as one may be, and then no more, has failed instead: it might have been what kills.
func (l *load) settled(s *sink) {
	l.t.Helper()
	l.stop()
	db := l.p.d.SQL(l.t)
	left := -1
	storetest.Eventually(l.t, patience, "every run ends", func() bool {
		return db.QueryRowContext(l.t.Context(), "SELECT COUNT(*) FROM queue").Scan(&left) == nil && left == 0
	})
	const ended = `SELECT r.response_id FROM events r JOIN runs ON runs.event_id = r.id
		JOIN responses p ON p.id = r.response_id WHERE p.state = 'completed' AND runs.status = `
	there, parked := map[string]bool{}, map[string]bool{}
	for _, id := range l.responses(ended + "'succeeded'") {
		there[id] = true
	}
	for _, id := range l.responses(ended + "'failed'") {
		parked[id] = l.deaths[id] >= store.MaxStarts
	}
	for id, answer := range l.accepted {
		if parked[id] {
			continue
		}
		if !there[id] {
			l.t.Errorf("response %s was accepted and has no run that succeeded", id)
		}
		if s.arrived(answer) == 0 {
			l.t.Errorf("response %s was accepted and %q never arrived", id, answer)
		}
	}
	l.p.d.Consistent(l.t)
}
