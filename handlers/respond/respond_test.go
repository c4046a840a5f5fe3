package respond_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"surveyflow/handlers/respond"
	"surveyflow/handlers/web"
	"surveyflow/internal/clock"
	"surveyflow/internal/link"
	"surveyflow/internal/qsf"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

var start = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// site is a server with one live survey.
type site struct {
	*httptest.Server
	store   *store.Store
	service *survey.Service
	clock   *clock.Fake
	actor   models.Actor
	survey  *models.Survey
	slug    string
}

// newSite serves a survey that is live with the definition.
func newSite(t testing.TB, def models.SurveyDefinition) *site {
	t.Helper()
	c := clock.NewFake(start)
	s := storetest.SQLite(t, storetest.Options{Clock: c})
	admin := &models.User{ID: models.NewID(models.PrefixUser), Email: "ada@example.com"}
	if err := s.AddUser(t.Context(), &models.Organisation{ID: "acme", Name: "Acme"}, admin); err != nil {
		t.Fatal(err)
	}
	st := &site{store: s, service: survey.New(s, c), clock: c, actor: admin.Actor(models.ViaWeb), slug: models.NewCapability()}
	st.survey = &models.Survey{ID: models.NewID(models.PrefixSurvey), OwnerID: admin.ID, Name: "Customer <feedback>", NextQID: 100}
	st.survey.Draft.V = def
	collector := &models.Collector{ID: models.NewID(models.PrefixCollector), Type: models.CollectorLink, Name: "Link", Slug: st.slug, Open: true, IsDefault: true}
	if err := s.CreateSurvey(t.Context(), st.actor, st.survey, collector); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutSurveyLive(t.Context(), st.actor, st.survey.ID, 0); err != nil {
		t.Fatal(err)
	}
	st.serve(t)
	return st
}

// serve starts the server with the frame that the program has.
func (st *site) serve(t testing.TB) {
	t.Helper()
	st.Server = httptest.NewUnstartedServer(nil)
	base, err := link.NewBase("http://"+st.Listener.Addr().String(), "")
	if err != nil {
		t.Fatal(err)
	}
	frame, err := web.New(web.Options{Base: base, CookieKey: make([]byte, 32), Clock: st.clock})
	if err != nil {
		t.Fatal(err)
	}
	room := respond.New(respond.Deps{Survey: st.service, Store: st.store, Base: base, Clock: st.clock})
	st.Config.Handler = frame.Echo(append(room.Routes(), assetRoute()))
	st.Start()
	t.Cleanup(st.Close)
}

// responses lists the responses of the survey in a state.
func (st *site) responses(t testing.TB, state models.ResponseState) []models.Response {
	t.Helper()
	all, _, err := st.store.Responses(t.Context(), st.actor, st.survey.ID, store.ResponseFilter{States: []models.ResponseState{state}})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// person is a browser without scripts.
type person struct {
	t      testing.TB
	site   *site
	client *http.Client
	status int
	header http.Header
	page   *goquery.Document
	size   int
}

// visitor makes a browser; one without cookies keeps none.
func (st *site) visitor(t testing.TB, cookies bool) *person {
	t.Helper()
	p := &person{t: t, site: st, client: &http.Client{}}
	if cookies {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		p.client.Jar = jar
	}
	return p
}

// open goes to an address of the site.
func (p *person) open(path string) *person {
	p.t.Helper()
	r, err := p.client.Get(p.site.URL + path)
	return p.read(r, err)
}

func (p *person) read(r *http.Response, err error) *person {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if p.page, err = goquery.NewDocumentFromReader(strings.NewReader(string(body))); err != nil {
		p.t.Fatal(err)
	}
	p.status, p.header, p.size = r.StatusCode, r.Header, len(body)
	p.page.Url = r.Request.URL
	return p
}

// values gives what the form on the page would send as it is.
func (p *person) values() url.Values {
	form := url.Values{}
	p.page.Find("form input, form textarea").Each(func(_ int, s *goquery.Selection) {
		name, _ := s.Attr("name")
		value, _ := s.Attr("value")
		switch kind, _ := s.Attr("type"); {
		case s.Is("textarea"):
			form.Add(name, strings.TrimPrefix(s.Text(), "\n"))
		case kind == "radio" || kind == "checkbox":
			if _, checked := s.Attr("checked"); checked {
				form.Add(name, value)
			}
		default:
			form.Add(name, value)
		}
	})
	return form
}

// send fills the form on the page in ("QID1=9&go=back") and sends it.
func (p *person) send(filled string) *person {
	p.t.Helper()
	changes, err := url.ParseQuery(filled)
	if err != nil {
		p.t.Fatal(err)
	}
	form := p.values()
	for name, values := range changes {
		form[name] = values
	}
	action, ok := p.page.Find("form").Attr("action")
	if !ok {
		p.t.Fatalf("there is no form on the page: %s", p.text())
	}
	return p.post(action, form)
}

func (p *person) post(path string, form url.Values) *person {
	p.t.Helper()
	r, err := p.client.PostForm(p.site.URL+path, form)
	return p.read(r, err)
}

func (p *person) text() string {
	return strings.Join(strings.Fields(p.page.Find("main").Text()), " ")
}

func (p *person) title() string { return p.page.Find("title").Text() }

// sees fails the test when the status is another one or the page lacks a text.
func (p *person) sees(status int, texts ...string) *person {
	p.t.Helper()
	if p.status != status {
		p.t.Errorf("status %d, want %d; the page says: %s", p.status, status, p.text())
	}
	for _, text := range texts {
		if !strings.Contains(p.text(), text) {
			p.t.Errorf("the page does not say %q: %s", text, p.text())
		}
	}
	return p
}

func TestWhoOpensASurveyWhoseQuotaIsFullHearsSoAtOnce(t *testing.T) {
	t.Parallel()
	for _, anonymous := range []bool{false, true} {
		def := onePage()
		def.Anonymous = anonymous
		qsf.PutQuota(&def, models.Quota{ID: "QO_000000000000001", Name: "All", Ends: true, End: models.EndOfSurvey{Message: "Enough of you.", Redirect: "https://example.com/next"}})
		st := newSite(t, def)
		p := st.visitor(t, true).open(link.Respond(st.slug)).sees(200, "Enough of you.")
		if p.page.Find("form").Length() != 0 || p.page.Find("a[href='https://example.com/next']").Length() != 1 {
			t.Errorf("the page is %s", p.page.Text())
		}
	}
}
