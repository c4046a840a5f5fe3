package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"surveyflow/internal/link"
	"surveyflow/models"
)

// respondents plays people who fill in a survey of three pages, as their browsers would, and after that its owner, who pages
// through the responses.
type respondents struct {
	client  *http.Client
	address string
	slug    string
	think   time.Duration

	mu    sync.Mutex
	gets  []int64 // nanoseconds
	posts []int64
}

// respondAll measures respondents' pages on each database.
func (b *bench) respondAll(ctx context.Context) error {
	w := tabwriter.NewWriter(b.out, 0, 0, 1, ' ', 0)
	row(w, fmt.Sprintf("%d respondents for %s", b.respondents, b.lasting), "pages", "GET ms p50", "p99", "POST ms p50", "p99", "list ms p50", "p99", "CPU ms a page", "postgres", "others' CPU")
	for _, d := range b.dialects {
		for _, p := range b.programs {
			if err := b.respond(ctx, w, p, d); err != nil {
				return fmt.Errorf("respondents on %s: %w", d.label(), err)
			}
		}
	}
	return w.Flush()
}

func (b *bench) respond(ctx context.Context, w io.Writer, p *product, d dialect) (err error) {
	db, err := b.machine.create(ctx, d)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.machine.drop(ctx, db)) }()
	i, err := p.setUp(ctx, db)
	if err != nil {
		return err
	}
	if b.stored > 0 {
		fmt.Fprintf(b.notes, "storing %d responses on %s\n", b.stored, d.label())
		if err := i.fill(ctx, b.stored); err != nil {
			return err
		}
	}
	r, err := i.start(ctx, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.stop()) }()
	slug, err := i.threePages(ctx, r.targets[0].address)
	if err != nil {
		return err
	}
	load := &respondents{
		address: "http://" + r.targets[0].address, slug: slug, think: b.think,
		client: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: b.respondents}},
	}
	busy, own := machineBusy(), cpu(os.Getpid())
	server, database := r.cpu()
	begun := time.Now()
	if err := load.play(ctx, b.respondents, b.lasting); err != nil {
		return err
	}
	serverAfter, databaseAfter := r.cpu()
	ours := serverAfter - server + databaseAfter - database + cpu(os.Getpid()) - own
	others := (machineBusy() - busy - ours).Seconds() / time.Since(begun).Seconds()
	pages := len(load.gets) + len(load.posts)
	list, err := load.list(ctx, i, 200)
	if err != nil {
		return err
	}
	ms := func(f float64) string { return fmt.Sprintf("%.2f", f) }
	gets, posts, lists := latenciesOf(load.gets), latenciesOf(load.posts), latenciesOf(list)
	row(w, p.name+" on "+d.label(), fmt.Sprint(pages), ms(gets.p50), ms(gets.p99), ms(posts.p50), ms(posts.p99),
		ms(lists.p50), ms(lists.p99), ms(perEvent(serverAfter-server, pages)), ms(perEvent(databaseAfter-database, pages)), fmt.Sprintf("%.1f", others))
	return nil
}

// threePages spreads the questions of the survey over three pages and puts that live. It gives the slug of the link.
func (i *instance) threePages(ctx context.Context, address string) (string, error) {
	db, err := i.database.open()
	if err != nil {
		return "", err
	}
	defer func() { _ = db.Close() }()
	var text, slug string
	err = db.QueryRowContext(ctx, "SELECT draft FROM surveys").Scan(&text)
	if err := errors.Join(err, db.QueryRowContext(ctx, "SELECT slug FROM collectors WHERE is_default").Scan(&slug)); err != nil {
		return "", err
	}
	var def models.SurveyDefinition
	if err := json.Unmarshal([]byte(text), &def); err != nil {
		return "", err
	}
	all := def.Blocks[0].Questions
	def.Blocks = nil
	for _, part := range [][]models.Question{all[:2], all[2:4], all[4:]} {
		def.Blocks = append(def.Blocks, models.Block{ID: models.NewID(models.PrefixBlock), Questions: part})
	}
	def.Blocks[2].Questions[0].Text = "<p>You gave us <strong>${q://QID3/SelectedChoicesRecode}</strong>. Why?</p>"
	changed, err := json.Marshal(def)
	if err != nil {
		return "", err
	}
	if _, err := db.ExecContext(ctx, "UPDATE surveys SET draft = $1", string(changed)); err != nil {
		return "", err
	}
	api := &client{base: "http://" + address + "/API/v3", token: i.token}
	return slug, api.call(ctx, http.MethodPost, "/survey-definitions/"+i.survey+"/versions", `{"Published":true,"Description":"pages"}`, nil)
}

// play lets so many respondents fill in the survey side by side, each again and again for that long.
func (l *respondents) play(ctx context.Context, n int, lasting time.Duration) error {
	end := time.Now().Add(lasting)
	var all sync.WaitGroup
	failed := make([]error, n)
	for k := range n {
		all.Go(func() {
			for wait(ctx, time.Duration(k)*l.think/time.Duration(n)); time.Now().Before(end) && ctx.Err() == nil && failed[k] == nil; {
				failed[k] = l.answer(ctx)
			}
		})
	}
	all.Wait()
	return errors.Join(failed...)
}

// answer fills in the survey once.
func (l *respondents) answer(ctx context.Context) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	c := &http.Client{Timeout: l.client.Timeout, Transport: l.client.Transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	address := l.address + link.Respond(l.slug)
	page, err := l.get(ctx, c, address)
	for _, answers := range []string{"QID1=2&QID2=1&QID2=3", "QID3=8&QID4=12345", "QID5=It+was+quick+and+friendly."} {
		if err != nil {
			return err
		}
		wait(ctx, l.think)
		if err := l.post(ctx, c, address, hiddenFields(page)+answers); err != nil {
			return err
		}
		page, err = l.get(ctx, c, address)
	}
	if err == nil && !strings.Contains(page, "Thank you") {
		err = errors.New("the survey does not end with thanks")
	}
	return err
}

func (l *respondents) get(ctx context.Context, c *http.Client, address string) (string, error) {
	return l.do(ctx, c, &l.gets, http.MethodGet, address, "", http.StatusOK)
}

func (l *respondents) post(ctx context.Context, c *http.Client, address, form string) error {
	_, err := l.do(ctx, c, &l.posts, http.MethodPost, address, form, http.StatusSeeOther)
	return err
}

// do makes a request and notes how long it took to its last byte.
func (l *respondents) do(ctx context.Context, c *http.Client, into *[]int64, method, address, form string, want int) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form))
	if err != nil {
		return "", err
	}
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	begun := time.Now()
	resp, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	took := int64(time.Since(begun))
	if err == nil && resp.StatusCode != want {
		err = fmt.Errorf("%s %s was answered %d", method, address, resp.StatusCode)
	}
	l.mu.Lock()
	*into = append(*into, took)
	l.mu.Unlock()
	return string(body), err
}

// hiddenFields gives the hidden fields of a page as the beginning of a form.
func hiddenFields(page string) string {
	var form strings.Builder
	for _, part := range strings.Split(page, `<input type="hidden" name="`)[1:] {
		name, rest, _ := strings.Cut(part, `"`)
		_, rest, _ = strings.Cut(rest, `value="`)
		value, _, _ := strings.Cut(rest, `"`)
		form.WriteString(url.QueryEscape(name) + "=" + url.QueryEscape(value) + "&")
	}
	return form.String()
}

// list opens the list of the survey's responses so often, each time a page further for the first ten.
func (l *respondents) list(ctx context.Context, i *instance, times int) ([]int64, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	c := &http.Client{Timeout: 30 * time.Second, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	signIn := url.Values{"email": {benchUser}, "password": {i.password}}
	var took []int64
	if _, err := l.do(ctx, c, new([]int64), http.MethodPost, l.address+link.SignIn(), signIn.Encode(), http.StatusSeeOther); err != nil {
		return nil, err
	}
	address := l.address + link.Responses(i.survey)
	for n := range times {
		page, err := l.do(ctx, c, &took, http.MethodGet, address, "", http.StatusOK)
		if err != nil {
			return nil, err
		}
		if next := nextPage(page); next != "" && n%10 != 9 {
			address = l.address + next
		} else {
			address = l.address + link.Responses(i.survey)
		}
	}
	return took, nil
}

// nextPage finds where a list goes on.
func nextPage(page string) string {
	at := strings.Index(page, "after=")
	if at < 0 {
		return ""
	}
	from := strings.LastIndexByte(page[:at], '"') + 1
	to := strings.IndexByte(page[at:], '"')
	return strings.ReplaceAll(page[from:at+to], "&amp;", "&")
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
