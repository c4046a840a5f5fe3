package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// running is a demo that was started by the command line.
type running struct {
	greeting string
	stop     func() error
}

// printed is an output that says when a text has been written.
type printed struct {
	mu    sync.Mutex
	text  bytes.Buffer
	until string
	seen  chan struct{}
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := strings.Contains(p.text.String(), p.until)
	n, err := p.text.Write(b)
	if !before && strings.Contains(p.text.String(), p.until) {
		close(p.seen)
	}
	return n, err
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// startDemo runs "surveyflow demo" until the test ends or stop is called.
func startDemo(t *testing.T, env map[string]string, args ...string) running {
	t.Helper()
	// Not with t.Context: that ends before the cleanup, and with it what open pages still ask for.
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	out, errOut := &printed{until: "Ctrl-C", seen: make(chan struct{})}, &printed{until: "nothing", seen: make(chan struct{})}
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, append([]string{"demo"}, args...), func(name string) string { return env[name] }, strings.NewReader(""), out, errOut)
	}()
	stop := sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("the demo ended with %v", err)
		}
		if log := errOut.String(); log != "" {
			t.Errorf("a quiet demo logged:\n%s", log)
		}
	})
	select {
	case <-out.seen:
	case err := <-ended:
		ended <- err
		t.Fatalf("the demo ended with %v before it was ready:\n%s", err, errOut)
	case <-time.After(patience):
		t.Fatalf("the demo is not ready in time:\n%s", errOut)
	}
	return running{out.String(), stop}
}

// told gives the word behind a label of the greeting.
func (r running) told(t *testing.T, label string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^ +` + label + ` +(\S+)$`).FindStringSubmatch(r.greeting)
	if m == nil {
		t.Fatalf("the greeting lacks %q:\n%s", label, r.greeting)
	}
	return m[1]
}

// signIn signs in with what the greeting says and gives the browser.
func (r running) signIn(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	form := url.Values{"email": {r.told(t, "Sign in")}, "password": {r.told(t, "Password")}}
	answer := fetch(t, browser, http.MethodPost, r.told(t, "Open")+link.SignIn(), form)
	if answer.status != http.StatusOK || answer.path == link.SignIn() {
		t.Fatalf("signing in led to %s with %d", answer.path, answer.status)
	}
	return browser
}

type answered struct {
	status     int
	path, body string
}

func fetch(t *testing.T, c *http.Client, method, address string, form url.Values) answered {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	return answered{res.StatusCode, res.Request.URL.Path, body.String()}
}

func TestDemoShowsAWorkingInstanceAndLeavesNothingBehind(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp) // not in parallel: where temporary folders are made is the process's own
	demo := startDemo(t, map[string]string{"DATABASE_URL": "postgres://nobody@db.invalid/prod", "SECRET_KEY": "wrong", "HOST": "0.0.0.0"}, "--port", portOfItsOwn(t))
	if !strings.HasPrefix(demo.told(t, "Open"), "http://127.0.0.1:") {
		t.Errorf("the demo is at %s, want the loopback address", demo.told(t, "Open"))
	}
	browser := demo.signIn(t)
	for _, address := range []string{demo.told(t, "Answer the survey"), demo.told(t, "See what it sends")} {
		if a := fetch(t, browser, http.MethodGet, address, nil); a.status != http.StatusOK {
			t.Errorf("%s is answered with %d", address, a.status)
		}
	}
	if a := fetch(t, browser, http.MethodGet, demo.told(t, "Open")+link.Surveys(), nil); !strings.Contains(a.body, "Customer feedback") {
		t.Errorf("the list of surveys, answered with %d, does not name the sample survey", a.status)
	}
	began := time.Now()
	if err := demo.stop(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > slowDelay-5*time.Second {
		t.Errorf("stopping took %v, as if it waited for the run that is always under way", took)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestDemoHasRunsOfEveryStatusAndCanBeKept(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "kept")
	demo := startDemo(t, nil, "--port", portOfItsOwn(t), "--keep", folder) // the second start needs the port of the first again
	s, err := store.Open(t.Context(), store.Options{SQLite: filepath.Join(folder, "surveyflow.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	org, err := s.TheOrganisation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	everything := models.SystemActor(org.ID)
	for _, status := range models.RunStatuses {
		runs, _, err := s.Runs(t.Context(), everything, store.RunFilter{Status: status})
		if err != nil || len(runs) == 0 {
			t.Errorf("%s: %d runs, %v", status, len(runs), err)
		}
	}
	people, err := s.Users(t.Context(), everything)
	if err != nil || len(people) < 4 || !slices.ContainsFunc(people, func(u models.User) bool { return u.DisabledAt != nil }) {
		t.Errorf("people: %+v, %v", people, err)
	}
	mails, _, err := s.Mails(t.Context(), everything, store.MailFilter{}, store.Page{})
	if err != nil || !slices.ContainsFunc(mails, func(m models.Mail) bool { return m.Kind == models.MailSurveyShared }) {
		t.Errorf("nobody is told of a share in %d mails, %v", len(mails), err)
	}
	runs, _, err := s.Runs(t.Context(), everything, store.RunFilter{Page: store.Page{Limit: store.MaxPage}})
	if err != nil {
		t.Fatal(err)
	}
	for what, is := range map[string]func(store.RunRow) bool{
		"a retry that waits":                   func(r store.RunRow) bool { return r.Queue != nil && *r.Queue == models.QueueWaiting && r.Attempts > 1 },
		"one held because its workflow is off": func(r store.RunRow) bool { return r.Hold != nil && *r.Hold == models.HoldOff },
		"one that was given up after all tries": func(r store.RunRow) bool {
			return r.Status == models.RunFailed && r.Attempts == 8
		},
		"a replay that succeeded": func(r store.RunRow) bool { return r.ReplayOf != nil && r.Status == models.RunSucceeded },
		"one that lasted less than a second days ago": func(r store.RunRow) bool {
			return r.FinishedAt != nil && time.Since(r.CreatedAt) > 3*24*time.Hour && r.FinishedAt.Sub(r.CreatedAt) < time.Second
		},
	} {
		if !slices.ContainsFunc(runs, is) {
			t.Errorf("the runs lack %s", what)
		}
	}
	if sent := sentEvents(t, s, everything, runs); sent[models.RunSucceeded] < 3 || sent[models.RunFailed] == 0 {
		t.Errorf("runs that JSON events started: %v", sent)
	}
	answered := typesAnswered(t, s, everything)
	for _, kind := range models.QuestionTypes {
		if kind.Answered() && answered[kind] == 0 {
			t.Errorf("no question of type %s is answered", kind)
		}
	}
	counts := responsesByState(t, s, everything)
	if counts[models.SurveyOpen] < 60 || counts[models.SurveyClosed] == 0 {
		t.Errorf("responses by state of their survey: %v", counts)
	}
	if err := demo.stop(); err != nil {
		t.Fatal(err)
	}
	again := startDemo(t, nil, "--keep", folder)
	if again.greeting != demo.greeting {
		t.Errorf("the second start says\n%s\nand the first said\n%s", again.greeting, demo.greeting)
	}
	again.signIn(t)
}

// sentEvents counts the runs of the workflow that the shop starts, by their status, and looks for what was refused of it.
func sentEvents(t *testing.T, s *store.Store, a models.Actor, runs []store.RunRow) map[models.RunStatus]int {
	t.Helper()
	counts, workflowID := map[models.RunStatus]int{}, ""
	for _, r := range runs {
		if r.EventType == models.EventJSON {
			counts[r.Status]++
			workflowID = r.WorkflowID
		}
	}
	refused, err := s.Refusals(t.Context(), a, store.RefusalFilter{WorkflowID: workflowID}, 10)
	if err != nil || len(refused) != 2 {
		t.Errorf("refused JSON events: %d, %v", len(refused), err)
	}
	return counts
}

// typesAnswered counts the answers that open surveys have to questions of each type.
func typesAnswered(t *testing.T, s *store.Store, a models.Actor) map[models.QuestionType]int {
	t.Helper()
	surveys, _, err := s.Surveys(t.Context(), a, store.SurveyFilter{})
	if err != nil {
		t.Fatal(err)
	}
	answered := map[models.QuestionType]int{}
	for _, v := range surveys {
		responses, _, err := s.Responses(t.Context(), a, v.ID, store.ResponseFilter{})
		if err != nil || v.Version == 0 {
			continue
		}
		version, err := s.SurveyVersion(t.Context(), v.ID, v.Version)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range responses {
			for id := range r.Answers.V {
				if q := version.Definition.V.Question(id); q != nil {
					answered[q.Type]++
				}
			}
		}
	}
	return answered
}

func responsesByState(t *testing.T, s *store.Store, a models.Actor) map[models.SurveyState]int64 {
	t.Helper()
	surveys, _, err := s.Surveys(t.Context(), a, store.SurveyFilter{})
	if err != nil {
		t.Fatal(err)
	}
	states := map[models.SurveyState]int64{}
	for _, v := range surveys {
		counts, err := s.ResponseCounts(t.Context(), v.ID)
		if err != nil {
			t.Fatal(err)
		}
		states[v.State] += counts[v.ID][models.ResponseCompleted]
	}
	return states
}

func TestDemoKeepsOutOfOtherFolders(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	precious := filepath.Join(folder, "surveyflow.db")
	if err := os.WriteFile(precious, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := demoCommand(t.Context(), []string{"--keep", folder}, func(string) string { return "" }, &bytes.Buffer{}, &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), "no demo") {
		t.Errorf("error = %v", err)
	}
	if text, err := os.ReadFile(precious); err != nil || string(text) != "precious" {
		t.Errorf("the file is now %q, %v", text, err)
	}
}

func TestDemoSaysThatItsPortIsTaken(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	taken := l.Addr().(*net.TCPAddr).Port
	d := demo{sheet: demoSheet{Port: taken}}
	if err := d.choosePort(t.Context()); err != nil || d.sheet.Port == taken || d.portTaken != taken {
		t.Errorf("nobody asked for the port: %+v, %v; want another one", d, err)
	}
	d = demo{sheet: demoSheet{Port: taken}, portGiven: true}
	if err := d.choosePort(t.Context()); err == nil || !strings.Contains(err.Error(), fmt.Sprint(taken)) {
		t.Errorf("somebody asked for the port: %v", err)
	}
	d = demo{sheet: demoSheet{Port: taken}, complete: true}
	if err := d.choosePort(t.Context()); err == nil || !strings.Contains(err.Error(), "workflows") {
		t.Errorf("the workflows of a kept demo call it: %v", err)
	}
}

func TestDemoRefusesWrongArguments(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--port", "70000"}, {"--port", "x"}, {"now"}, {"--keep"}} {
		err := demoCommand(t.Context(), args, func(string) string { return "" }, &bytes.Buffer{}, &bytes.Buffer{})
		wantUsage(t, err)
	}
}
