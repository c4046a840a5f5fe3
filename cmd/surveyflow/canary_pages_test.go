package main

import (
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"surveyflow/internal/account"
	"surveyflow/internal/clock"
	"surveyflow/internal/link"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
	"surveyflow/views/frame"
)

// givePassword lets the first person of an instance sign in; the server must not run yet.
func (p *process) givePassword(password string) {
	p.t.Helper()
	s := p.d.Open(p.t, storetest.Options{})
	people := account.New(s, clock.System{}, slog.New(slog.DiscardHandler))
	org, err := s.TheOrganisation(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	system := models.SystemActor(org.ID)
	u, err := s.UserByEmail(p.t.Context(), system, "ada@example.com")
	if err != nil {
		p.t.Fatal(err)
	}
	token, _, err := people.ResetLink(p.t.Context(), u.Actor(models.ViaWeb), u.ID)
	if err == nil {
		err = people.ResetPassword(p.t.Context(), token, password, account.Client{})
	}
	if err != nil {
		p.t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		p.t.Fatal(err)
	}
}

// visitor is somebody who is signed in and remembers every page.
type visitor struct {
	t      *testing.T
	url    string
	client *http.Client
	pages  map[string]string // by address
}

func (p *process) signIn(password string) *visitor {
	p.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	v := &visitor{t: p.t, url: p.url, client: &http.Client{Jar: jar}, pages: map[string]string{}}
	if a := fetch(p.t, v.client, http.MethodPost, p.url+link.SignIn(), url.Values{"email": {"ada@example.com"}, "password": {password}}); a.path == link.SignIn() {
		p.t.Fatalf("signing in led to %s with %d", a.path, a.status)
	}
	return v
}

// get opens a page.
func (v *visitor) get(path string) *goquery.Document {
	v.t.Helper()
	a := fetch(v.t, v.client, http.MethodGet, v.url+path, nil)
	v.pages[path] = a.body
	if a.status != http.StatusOK {
		v.t.Errorf("%s is answered with %d", path, a.status)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
	if err != nil {
		v.t.Fatal(err)
	}
	return doc
}

// post sends a form and keeps what comes.
func (v *visitor) post(path string, form url.Values) *goquery.Document {
	v.t.Helper()
	a := fetch(v.t, v.client, http.MethodPost, v.url+path, form)
	v.pages["POST "+path+" "+form.Encode()] = a.body
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
	if err != nil {
		v.t.Fatal(err)
	}
	return doc
}

// named finds what tells pages of one kind apart.
var named = regexp.MustCompile(`[A-Z]{2,4}_[0-9A-Za-z]+|%3A[^&]*|\b[0-9]+\b|=[^&]*`)

// walk follows every link of the app from a page on, to so many pages of each kind.
func (v *visitor) walk(from string, most int) {
	v.t.Helper()
	seen, kinds, queue := map[string]bool{from: true}, map[string]int{}, []string{from}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		v.get(path).Find("a[href]").Each(func(_ int, a *goquery.Selection) {
			next, _, _ := strings.Cut(a.AttrOr("href", ""), "#")
			next = strings.TrimPrefix(next, v.url)
			local := strings.HasPrefix(next, "/") && !strings.HasPrefix(next, "//") && !strings.HasPrefix(next, "/static/")
			kind := named.ReplaceAllString(next, "*")
			if !local || seen[next] || kinds[kind] >= most {
				return
			}
			seen[next] = true
			kinds[kind]++
			queue = append(queue, next)
		})
	}
}

// tries presses "Run test" in a task's panel.
func (v *visitor) tries(workflowID, taskID string) *goquery.Document {
	v.t.Helper()
	doc := v.get(link.With(link.Workflow(workflowID), "edit", frame.EditTask+taskID))
	form := url.Values{}
	button := doc.Find("[formaction='" + link.TaskTest(workflowID, taskID) + "']")
	button.Closest("form").Find("input, select, textarea").Each(func(_ int, in *goquery.Selection) {
		name := in.AttrOr("name", "")
		switch kind := in.AttrOr("type", ""); {
		case name == "", kind == "submit", (kind == "checkbox" || kind == "radio") && in.Is(":not([checked])"):
			return
		case goquery.NodeName(in) == "select":
			form.Add(name, in.Find("option[selected]").AttrOr("value", in.Find("option").First().AttrOr("value", "")))
		case goquery.NodeName(in) == "textarea":
			form.Add(name, strings.TrimPrefix(in.Text(), "\n"))
		default:
			form.Add(name, in.AttrOr("value", ""))
		}
	})
	if len(form) == 0 {
		v.t.Fatalf("the panel of %s has no form to try it", taskID)
	}
	return v.post(link.TaskTest(workflowID, taskID), form)
}

// connects goes the way to a provider that agrees at once, and back with a code.
func (v *visitor) connects(credentialID, code string) {
	v.t.Helper()
	to, err := url.Parse(v.post(link.CredentialConnect(credentialID), url.Values{}).Find("main a.btn-primary").AttrOr("href", ""))
	if err != nil || to.Query().Get("state") == "" {
		v.t.Fatalf("the way leads to %v, %v", to, err)
	}
	a := fetch(v.t, v.client, http.MethodGet, v.url+link.With(link.OAuthRedirect(), "state", to.Query().Get("state"), "code", code), nil)
	if a.path != link.Credential(credentialID) || !strings.Contains(a.body, "is connected") {
		v.t.Fatalf("it came back to %s with %d", a.path, a.status)
	}
	v.pages["back from the provider"] = a.body
}
