package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"surveyflow/internal/link"
	"surveyflow/models"
)

const (
	// historyWorkflows is how many workflows the runs of a long history belong to.
	historyWorkflows = 20
	// historyTimes is how often each list is opened.
	historyTimes = 40
)

// historyAll measures on each database how quickly lists of a long history are filtered and paged.
func (b *bench) historyAll(ctx context.Context) error {
	w := tabwriter.NewWriter(b.out, 0, 0, 1, ' ', 0)
	row(w, fmt.Sprintf("%d runs stored", b.history), "list", "p50 ms", "p95", "p99", "bytes")
	for _, d := range b.dialects {
		for _, p := range b.programs {
			if err := b.historyOn(ctx, w, p, d); err != nil {
				return errors.Join(w.Flush(), fmt.Errorf("history on %s: %w", d.label(), err))
			}
		}
	}
	return w.Flush()
}

func (b *bench) historyOn(ctx context.Context, w io.Writer, p *product, d dialect) (err error) {
	db, err := b.machine.create(ctx, d)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.machine.drop(ctx, db)) }()
	i, err := p.setUp(ctx, db)
	if err != nil {
		return err
	}
	r, err := i.start(ctx, 1)
	if err != nil {
		return err
	}
	if err := i.moreWorkflows(ctx, r.targets[0].address); err != nil {
		return errors.Join(err, r.stop())
	}
	if err := r.stop(); err != nil {
		return err
	}
	begun := time.Now()
	if err := i.fill(ctx, b.history); err != nil {
		return err
	}
	fmt.Fprintf(b.notes, "%d runs are stored on %s after %s\n", b.history, d.label(), time.Since(begun).Round(time.Second))
	if r, err = i.start(ctx, 1); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.stop()) }()
	return i.lists(ctx, w, r.targets[0].address, p.name+" on "+d.label())
}

// moreWorkflows makes the others that the runs of the history belong to. They are off.
func (i *instance) moreWorkflows(ctx context.Context, address string) error {
	i.workflows = []string{i.workflow}
	spec := strings.NewReplacer("$SURVEY", i.survey, "$SINK", i.sink.address(), `"enabled":true`, `"enabled":false`).Replace(workflowSpec)
	api := &client{base: "http://" + address + "/API/v3", token: i.token}
	for range historyWorkflows - 1 {
		var made struct {
			ID string `json:"id"`
		}
		if err := api.call(ctx, http.MethodPost, "/workflows", spec, &made); err != nil {
			return err
		}
		i.workflows = append(i.workflows, made.ID)
	}
	return nil
}

// lists opens the lists of the history, each so often, and prints how long that took from the request to the last byte.
func (i *instance) lists(ctx context.Context, w io.Writer, address, name string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	l := &respondents{address: "http://" + address}
	c := &http.Client{Timeout: 60 * time.Second, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	signIn := url.Values{"email": {benchUser}, "password": {i.password}}
	if _, err := l.do(ctx, c, new([]int64), http.MethodPost, l.address+link.SignIn(), signIn.Encode(), http.StatusSeeOther); err != nil {
		return err
	}
	c.Transport = withToken(i.token)
	end := time.Now().UTC()
	ago := func(d time.Duration) string { return end.Add(-d).Format(time.RFC3339) }
	deep := models.IDAt(models.PrefixRun, end.Add(-fillPeriod/2))
	lists := []struct{ name, path string }{
		{"page: all, with counts and chart", "/runs"},
		{"page: failed", "/runs?status=failed"},
		{"page: one workflow", link.WorkflowRuns(i.workflows[3])},
		{"page: one survey, the last 7 days, failed", "/runs?survey=" + i.survey + "&period=7d&status=failed"},
		{"page: name", "/runs?q=person12"},
		{"page: name, failed, one workflow, 7 days", "/runs?q=person12&status=failed&workflow=" + i.workflows[3] + "&period=7d"},
		{"page: deep in the list", "/runs?after=" + deep},
		{"API: all", "/API/v3/runs"},
		{"API: scheduled", "/API/v3/runs?status=scheduled"},
		{"API: failed, deep in the list", "/API/v3/runs?status=failed&skipToken=" + deep},
		{"API: e-mail, two days, failed", "/API/v3/runs?status=failed&q=person12&from=" + ago(96*time.Hour) + "&to=" + ago(48*time.Hour)},
	}
	for _, list := range lists {
		var took []int64
		var body string
		for n := range historyTimes + 3 {
			into := &took
			if n < 3 { // what nobody looked at for long comes from the disk first
				into = new([]int64)
			}
			if body, err = l.do(ctx, c, into, http.MethodGet, l.address+list.path, "", http.StatusOK); err != nil {
				return err
			}
		}
		f := latenciesOf(took)
		row(w, name, list.name, fmt.Sprintf("%.1f", f.p50), fmt.Sprintf("%.1f", f.p95), fmt.Sprintf("%.1f", f.p99), fmt.Sprint(len(body)))
	}
	return nil
}

// withToken adds the API token to requests of the API.
type withToken string

// RoundTrip makes the request.
func (t withToken) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Path, "/API/") {
		r = r.Clone(r.Context())
		r.Header.Set("X-API-TOKEN", string(t))
	}
	return http.DefaultTransport.RoundTrip(r)
}

// varied gives a row of a long history its workflow, status and person: one in seven failed, one in fifty was canceled, and a
// thousand people answered again and again.
func varied(columns []string, values []any, k int, workflows []string) {
	person := fmt.Sprintf("person%d", k*7919%1000)
	for c, name := range columns {
		switch name {
		case "workflow_id":
			values[c] = workflows[k%len(workflows)]
		case "status":
			values[c] = statusOf(k)
		case "error":
			if statusOf(k) == models.RunFailed {
				values[c] = `{"key":"outbound.connection.refused"}`
			}
		case "person_name":
			values[c] = person + " example"
		case "person_last":
			values[c] = "example"
		case "person_email":
			values[c] = person + "@example.com"
		}
	}
}

func statusOf(k int) models.RunStatus {
	switch h := uint32(k) * 2654435761 >> 8; {
	case h%50 == 0:
		return models.RunCanceled
	case h%7 == 0:
		return models.RunFailed
	}
	return models.RunSucceeded
}
