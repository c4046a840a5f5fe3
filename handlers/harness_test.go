package handlers_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"surveyflow/handlers"
	"surveyflow/handlers/apiv3"
	"surveyflow/handlers/inbound"
	"surveyflow/handlers/respond"
	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/call"
	"surveyflow/internal/clientcert"
	"surveyflow/internal/clock"
	"surveyflow/internal/contact"
	"surveyflow/internal/credential"
	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/internal/mail/mailtest"
	"surveyflow/internal/openid"
	"surveyflow/internal/outbound"
	"surveyflow/internal/report"
	"surveyflow/internal/script"
	"surveyflow/internal/secret"
	"surveyflow/internal/signing"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/survey"
	"surveyflow/internal/task"
	"surveyflow/internal/task/addcontact"
	"surveyflow/internal/task/code"
	"surveyflow/internal/task/email"
	"surveyflow/internal/task/notification"
	"surveyflow/internal/task/outboundwebhook"
	"surveyflow/internal/task/sendsurvey"
	"surveyflow/internal/task/wait"
	"surveyflow/internal/task/webservice"
	"surveyflow/internal/trigger"
	"surveyflow/models"
)

// app is a whole server over its own SQLite database.
type app struct {
	tokensService *account.Tokens
	t             *testing.T
	store         *store.Store
	people        *account.People
	surveys       *survey.Service
	contacts      *contact.Service
	calls         *call.Service
	tasks         *task.Registry
	domains       *credential.Domains
	client        *outbound.Client
	signing       *signing.Keeper
	reports       *report.Service
	credentials   *credential.Service
	server        *httptest.Server
	base          link.Base
	routes        []web.Route
	log           *bytes.Buffer
	outbox        *mail.Outbox
	certificates  *clientcert.Service
	mail          *mailtest.Server // nil: no mail leaves
	signIn        clock.Clock
}

// newApp starts a server without anybody in it.
func newApp(t *testing.T) *app {
	t.Helper()
	return newMailingApp(t, nil)
}

// newMailingApp starts a server that sends its mail to that one.
func newMailingApp(t *testing.T, server *mailtest.Server) *app {
	t.Helper()
	return newAppOf(t, server, clock.System{})
}

// newAppOf starts a server whose people sign in by that clock.
func newAppOf(t *testing.T, server *mailtest.Server, signIn clock.Clock) *app {
	t.Helper()
	a := &app{t: t, store: storetest.SQLite(t, storetest.Options{}), log: new(bytes.Buffer), mail: server, signIn: signIn}
	log := slog.New(slog.NewTextHandler(a.log, nil))
	a.people = account.New(a.store, signIn, log)
	a.surveys = survey.New(a.store, clock.System{})
	a.contacts = contact.New(a.store, clock.System{})
	a.reports = report.New(a.store, a.surveys, clock.System{})
	a.server = httptest.NewUnstartedServer(nil)
	base, err := link.NewBase("http://"+a.server.Listener.Addr().String(), "")
	if err != nil {
		t.Fatal(err)
	}
	a.base = base
	frame, err := web.New(web.Options{Base: base, People: a.people, Store: a.store, CookieKey: bytes.Repeat([]byte("k"), 32), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	allow, err := outbound.ParseAllow("127.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := secret.Open(t.Context(), a.store, [][]byte{bytes.Repeat([]byte("k"), 32)}, clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	var sender *mail.Sender
	if server != nil {
		sender = mail.NewSender(mail.SenderOptions{URL: server.URL(), From: "surveys@example.com", Sealer: sealer, Clock: clock.System{}, Roots: server.Roots})
	}
	a.outbox = mail.NewOutbox(mail.Options{Base: base, Sealer: sealer, Clock: clock.System{}, Sending: server != nil})
	a.people.UseOutbox(a.outbox)
	a.people.UseSealer(sealer)
	a.domains = credential.NewDomains(a.store, clock.System{})
	client := outbound.New(outbound.Options{Version: "test", Allow: allow, Domains: a.domains.Hosts})
	a.client = client
	a.credentials = credential.New(credential.Options{
		Store: a.store, Sealer: sealer, Client: client, Log: log, RedirectURL: base.App(link.OAuthRedirect()),
	})
	t.Cleanup(a.credentials.Wait)
	a.people.UseOpenID(openid.New(client, clock.System{}))
	scripts := script.NewPool(script.Options{})
	t.Cleanup(scripts.Close)
	a.signing = signing.NewKeeper(a.store, sealer, clock.System{})
	calls := webservice.New(client, a.credentials)
	a.tasks = task.NewRegistry(calls, outboundwebhook.New(calls, a.signing, clock.System{}), code.New(scripts), email.New(a.store, a.outbox), notification.New(a.store, a.outbox), wait.New(nil), addcontact.New(a.contacts), sendsurvey.New(a.store))
	tokens := account.NewTokens(a.store, clock.System{}, log)
	a.tokensService = tokens
	triggers := trigger.New(trigger.Options{Store: a.store, Tokens: tokens, Sealer: sealer, Clock: clock.System{}, Log: log})
	a.calls = call.New(call.Options{Store: a.store, Tokens: tokens, Contacts: a.contacts, Clock: clock.System{}, Log: log})
	a.certificates = clientcert.New(clientcert.Options{Store: a.store, Sealer: sealer, Outbox: a.outbox, Clock: clock.System{}, Log: log, Header: "Client-Cert", Proxies: true})
	api := apiv3.New(apiv3.Deps{
		Certificates: a.certificates,
		Store:        a.store, Surveys: a.surveys, Reports: a.reports, Tokens: tokens, Tasks: a.tasks, Credentials: a.credentials, Signing: a.signing, Contacts: a.contacts, Outbox: a.outbox, Base: base, Clock: clock.System{}, Version: "test", Sealer: sealer, Outbound: client,
	})
	a.routes = handlers.Routes(handlers.Deps{
		Sealer: sealer, Triggers: triggers, Calls: a.calls, Web: frame, Store: a.store, People: a.people, Surveys: a.surveys, Reports: a.reports, Tasks: a.tasks, Scripts: scripts, Credentials: a.credentials, Certificates: a.certificates, Signing: a.signing, Contacts: a.contacts, Domains: a.domains, Log: log, Base: base, Clock: clock.System{},
		Mail: sender, Outbox: a.outbox, Retention: 14 * 24 * time.Hour,
		API: api,
		Rooms: [][]web.Route{
			api.Routes(),
			respond.New(respond.Deps{Survey: a.surveys, Store: a.store, Base: base, Clock: clock.System{}}).Routes(),
			inbound.Routes(inbound.NewReceivers(a.store, clock.System{}, log), inbound.NewEvents(a.store, triggers, api.Problem, log), inbound.NewCalls(a.calls)),
		},
	})
	router := frame.Echo(a.routes)
	apiv3.Register(router)
	api.Through(router)
	a.server.Config.Handler = router
	a.server.Start()
	t.Cleanup(a.server.Close)
	return a
}

// password is the one of everybody in tests.
const password = "correct horse battery"

// person adds somebody and gives their browser, signed in. The first one is brand admin.
func (a *app) person(email string) *browser {
	a.t.Helper()
	if _, err := a.people.AddUser(a.t.Context(), account.Person{Email: email, Password: password}); err != nil {
		a.t.Fatalf("add %s: %v", email, err)
	}
	b := a.browser()
	b.post(link.SignIn(), "email", email, "password", password).to(link.Home())
	return b
}

// actor gives somebody as an actor.
func (a *app) actor(email string) models.Actor {
	a.t.Helper()
	org, err := a.store.TheOrganisation(a.t.Context())
	if err != nil {
		a.t.Fatal(err)
	}
	u, err := a.store.UserByEmail(a.t.Context(), models.SystemActor(org.ID), email)
	if err != nil {
		a.t.Fatal(err)
	}
	return u.Actor(models.ViaWeb)
}

// browser keeps cookies and follows no redirects.
type browser struct {
	app    *app
	client *http.Client
	header http.Header // sent with each request
}

func (a *app) browser() *browser {
	a.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		a.t.Fatal(err)
	}
	return &browser{app: a, header: http.Header{}, client: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// page is what the server answered.
type page struct {
	t      *testing.T
	asked  string
	status int
	header http.Header
	text   string
	*goquery.Document
}

func (b *browser) get(path string) *page {
	b.app.t.Helper()
	return b.send(http.MethodGet, path, nil)
}

// post sends a form of pairs of a name and a value.
func (b *browser) post(path string, pairs ...string) *page {
	b.app.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.send(http.MethodPost, path, form)
}

func (b *browser) send(method, path string, form url.Values) *page {
	t := b.app.t
	t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(t.Context(), method, b.app.server.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name := range b.header {
		req.Header.Set(name, b.header.Get(name))
	}
	res, err := b.client.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return &page{t: t, asked: method + " " + path, status: res.StatusCode, header: res.Header, text: string(raw), Document: doc}
}

// is checks the status.
func (p *page) is(status int) *page {
	p.t.Helper()
	if p.status != status {
		p.t.Fatalf("%s: got %d, want %d\n%s", p.asked, p.status, status, p.words("main"))
	}
	return p
}

// to checks that the page leads on, and gives where.
func (p *page) to(want string) string {
	p.t.Helper()
	p.is(http.StatusSeeOther)
	got := p.header.Get("Location")
	if want != "" && got != want {
		p.t.Fatalf("%s: led to %q, want %q", p.asked, got, want)
	}
	return got
}

// words gives the text of what a selector finds, with single spaces.
func (p *page) words(selector string) string {
	return strings.Join(strings.Fields(p.Find(selector).Text()), " ")
}

// says checks that a part of the page has a text.
func (p *page) says(selector, want string) *page {
	p.t.Helper()
	if got := p.words(selector); !strings.Contains(got, want) {
		p.t.Errorf("%s: %s says %q, not %q", p.asked, selector, got, want)
	}
	return p
}

// value gives what a field of a form holds.
func (p *page) value(name string) string {
	p.t.Helper()
	field := p.Find(fmt.Sprintf("[name=%q]", name)).First()
	if field.Length() == 0 {
		p.t.Fatalf("%s: there is no field %q", p.asked, name)
	}
	switch goquery.NodeName(field) {
	case "textarea":
		return strings.TrimPrefix(field.Text(), "\n")
	case "select":
		return field.Find("option[selected]").AttrOr("value", "")
	}
	return field.AttrOr("value", "")
}

// survey makes a survey through the pages and gives its id.
func (b *browser) survey(name string) string {
	b.app.t.Helper()
	at := b.post(link.Surveys(), "name", name).to("")
	id := strings.Split(at, "/")[2]
	if !models.ValidID(models.PrefixSurvey, id) {
		b.app.t.Fatalf("the new survey is at %s", at)
	}
	return id
}

// revision gives the revision that the builder's forms carry now.
func (b *browser) revision(surveyID string) string {
	b.app.t.Helper()
	return b.get(link.SurveyBuild(surveyID)).is(http.StatusOK).value("revision")
}

// acceptance is a response on its own, as the pages of respondents hand it to the store.
func acceptance(r *models.Response, surveyRev int64) *store.Acceptance {
	return &store.Acceptance{Response: r, SurveyRev: surveyRev}
}

// colleague adds somebody without signing them in.
func (a *app) colleague(email string) {
	a.t.Helper()
	if _, err := a.people.AddUser(a.t.Context(), account.Person{Email: email, Password: password}); err != nil {
		a.t.Fatalf("add %s: %v", email, err)
	}
}
