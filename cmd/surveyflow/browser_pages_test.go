package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"surveyflow/handlers"
	"surveyflow/handlers/respond"
	"surveyflow/handlers/web"
	"surveyflow/internal/browsertest"
	"surveyflow/internal/link"
)

// noPages are the rows of the route table that are no page of their own, and why.
var noPages = map[string]string{
	link.PatternHealth:                  "for operators",
	link.PatternAccountToken:            "the handlers' tests look at it",
	link.PatternSettingsAuthority:       "a file",
	link.PatternSettingsCertificateFile: "a file",
	link.PatternReady:                   "for operators",
	link.PatternMetrics:                 "for operators",
	link.PatternStatic:                  "files",
	link.PatternCollectorCode:           "a file",
	link.PatternUnsubscribe:             "behind the mail of an invitation: the tests of respondents look at it",
	link.PatternReceiverRequests:        "a part of a receiver's page, which refreshes it",
	link.PatternWorkflowSample:          "a part of an event's panel, which refreshes it",
	link.PatternSettingsDomains:         "leads to the page about security",
	link.PatternNotificationsBell:       "a part of every page, which refreshes it",
	link.PatternMail:                    "the demo writes no mail: the handlers' tests look at it",
	link.PatternQuestionCopyTo:          "a form of one field: the handlers' tests look at it",
	link.PatternMailHTML:                "a mail, in a frame of its page",
	link.PatternMailReport:              "a file",
	link.PatternSettingsAuditFile:       "a file",
	link.PatternJobFile:                 "a file",
	link.PatternSurveyFile:              "a file",
	link.PatternWorkflowExport:          "a file",
	link.PatternSignInService:           "leads to the sign-in service",
	link.PatternSignInReturn:            "leads from the sign-in service into the app",
	link.PatternOAuthRedirect:           "leads from a provider back to its credential",
	link.PatternSignInCode:              "there only between password and code: the handlers' tests look at it",
}

// desk and phone are how every page is looked at. Two pairs of width and theme show all that four would: whether a page
// fits does not hang on the theme, and its colours do not hang on the width.
var (
	desk  = browsertest.View{}
	phone = browsertest.View{Width: 375, Height: 812, Dark: true}
)

// respondentBytes is what a page for respondents may weigh with its style sheet, uncompressed.
const respondentBytes = 60 << 10

// tour visits pages in two views at once and remembers them by the pattern of their address.
type tour struct {
	t     *testing.T
	base  string
	tabs  []*browsertest.Page
	been  map[string]bool   // patterns
	seen  map[string]bool   // addresses that were looked at
	links []string          // found on the pages, in order
	named map[string]string // addresses by the name of the visit
}

func newTour(t *testing.T, b *browsertest.Browser, base string) *tour {
	t.Helper()
	s := &tour{t: t, base: base, been: map[string]bool{}, seen: map[string]bool{}, named: map[string]string{}}
	for _, view := range []browsertest.View{desk, phone} {
		s.tabs = append(s.tabs, b.Open(base+link.SignIn(), view))
	}
	return s
}

// each does something in all tabs at the same time, and ends the test when one of them could not do it.
func (s *tour) each(do func(*browsertest.Page)) {
	s.t.Helper()
	var all sync.WaitGroup
	done := make([]bool, len(s.tabs))
	for i, tab := range s.tabs {
		all.Go(func() {
			do(tab) // a fatal failure ends this goroutine only
			done[i] = true
		})
	}
	all.Wait()
	if slices.Contains(done, false) {
		s.t.FailNow()
	}
}

// look checks the page as it is now in all tabs.
func (s *tour) look(name string) {
	s.t.Helper()
	s.each(func(p *browsertest.Page) {
		p.Screenshot("page-" + name)
		p.CheckFits()
		p.CheckAccessibility()
		checkNames(s.t, name, p)
		for _, complaint := range p.Complaints() {
			s.t.Errorf("%s: %s", name, complaint)
		}
	})
}

// visit goes to a page, looks at it and gathers its links.
func (s *tour) visit(name, address string, status int) {
	s.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		s.t.Fatal(err)
	}
	if !u.IsAbs() {
		address = s.base + address
	}
	s.named[name] = address
	s.been[patternOf(u.Path)] = true
	s.each(func(p *browsertest.Page) {
		p.Goto(address)
		if p.Status() != status {
			s.t.Errorf("%s: %s has status %d, want %d", name, address, p.Status(), status)
		}
	})
	at := s.tabs[0].URL()
	if s.seen[at] {
		return // it only led there
	}
	s.seen[at] = true
	s.look(name)
	for _, href := range browsertest.Eval[[]string](s.tabs[0], `[...document.querySelectorAll("a[href]")].map((a) => a.getAttribute("href"))`) {
		if !slices.Contains(s.links, href) {
			s.links = append(s.links, href)
		}
	}
}

// found gives the first address that the pages visited so far link to and that matches.
func (s *tour) found(pattern string) string {
	s.t.Helper()
	re := regexp.MustCompile(pattern)
	for _, href := range s.links {
		if re.MatchString(href) {
			return href
		}
	}
	s.t.Fatalf("no page visited so far links to %s; there are:\n%s", pattern, strings.Join(s.links, "\n"))
	return ""
}

// checkNames finds what has no words: a page without title or heading, controls without a name, ids that are there twice.
func checkNames(t *testing.T, name string, p *browsertest.Page) {
	t.Helper()
	for _, problem := range browsertest.Eval[[]string](p, `(() => {
		const out = [];
		if (!document.title.trim()) out.push("the page has no title");
		if (document.querySelectorAll("h1").length !== 1) out.push("there are " + document.querySelectorAll("h1").length + " headings of the first level");
		const ids = new Map();
		document.querySelectorAll("[id]").forEach((e) => ids.set(e.id, (ids.get(e.id) ?? 0) + 1));
		ids.forEach((n, id) => { if (n > 1) out.push("the id " + id + " is there " + n + " times"); });
		document.querySelectorAll("label[for]").forEach((l) => { if (!document.getElementById(l.htmlFor)) out.push("the label “" + l.textContent.trim() + "” names no field: " + l.htmlFor); });
		document.querySelectorAll("[aria-describedby], [aria-labelledby]").forEach((e) => ["aria-describedby", "aria-labelledby"].forEach((a) => (e.getAttribute(a) ?? "").split(/\s+/).filter(Boolean).forEach((id) => { if (!document.getElementById(id)) out.push(a + " names " + id + ", which is not there"); })));
		if (/\b[a-z]+(\.[a-z_]+){2,}\b/.test([...document.querySelectorAll("h1, h2, h3, label, button, th, dt, legend, summary")].map((e) => e.innerText).join("\n"))) out.push("a message key is shown: " + document.body.innerText.match(/\b[a-z]+(\.[a-z_]+){2,}\b/));
		const tab = document.querySelector(".sf-tabs [aria-current]");
		const tabs = tab?.closest(".sf-tabs");
		if (tab && (tab.getBoundingClientRect().right > tabs.getBoundingClientRect().right + 1 || tab.getBoundingClientRect().left < tabs.getBoundingClientRect().left - 1)) out.push("the open tab is out of view");
		if (/\{\{|%!|<no value>|undefined|\[object/.test(document.querySelector("main")?.innerText ?? "")) out.push("a template or value shows through");
		return out;
	})()`) {
		t.Errorf("%s: %s", name, problem)
	}
}

// routes is the route table, without what stands behind it.
func routes() []web.Route {
	return handlers.Routes(handlers.Deps{Rooms: [][]web.Route{respond.New(respond.Deps{}).Routes()}})
}

// patternOf gives the pattern that the table has for a path; the more precise one, when two fit.
func patternOf(path string) string {
	best := ""
	for _, r := range routes() {
		if r.Method == http.MethodGet && matches(r.Pattern, path) && (best == "" || strings.Count(r.Pattern, ":")+strings.Count(r.Pattern, "*") < strings.Count(best, ":")+strings.Count(best, "*")) {
			best = r.Pattern
		}
	}
	return best
}

var patternPart = regexp.MustCompile(`:\w+`)

func matches(pattern, path string) bool {
	re := "^" + strings.ReplaceAll(patternPart.ReplaceAllString(pattern, `[^/]+`), "*", ".+") + "$"
	return regexp.MustCompile(re).MatchString(path)
}

// checkTable fails for every page of the route table that was not visited.
func (s *tour) checkTable() {
	s.t.Helper()
	for _, r := range routes() {
		if r.Method != http.MethodGet || s.been[r.Pattern] || noPages[r.Pattern] != "" {
			continue
		}
		s.t.Errorf("nobody looked at the page %s: visit it in this test", r.Pattern)
	}
}

// weigh checks how much a browser loads for a page.
func (s *tour) weigh(name string) {
	s.t.Helper()
	bytes := browsertest.Eval[int](s.tabs[0], `performance.getEntries().filter((e) => e.entryType === "navigation" || e.entryType === "resource").reduce((sum, e) => sum + e.decodedBodySize, 0)`)
	if bytes == 0 || bytes > respondentBytes {
		s.t.Errorf("%s weighs %d bytes, want at most %d", name, bytes, respondentBytes)
	}
	if scripts := browsertest.Eval[int](s.tabs[0], `document.scripts.length`); scripts != 0 {
		s.t.Errorf("%s has %d scripts", name, scripts)
	}
}

// TestEveryPageIsAccessibleAndFits looks at every page of the route table, full of the demo's data: with axe in both
// themes, for sideways scrolling at both widths, and for everything that a browser complains about.
func TestEveryPageIsAccessibleAndFits(t *testing.T) {
	t.Parallel()
	demo := startDemo(t, nil, "--port", portOfItsOwn(t))
	b := browsertest.New(t)
	s := newTour(t, b, strings.TrimSuffix(demo.told(t, "Open"), "/"))

	p := person{Page: s.tabs[0], t: t}
	p.types("E-mail address", demo.told(t, "Sign in"))
	p.types("Password", demo.told(t, "Password"))
	p.follow("Sign in")

	s.visitRuns() // first of all, before the one that is running ends
	s.visitSurveys()
	s.visitWorkflows()
	s.visitReceivers()
	s.visitContacts()
	s.visitPeople()
	s.visit("account", link.Account(), http.StatusOK)
	s.visit("account-tokens", link.PatternAccountTokens, http.StatusOK)
	s.visit("account-clients", link.PatternAccountClients, http.StatusOK)
	s.visit("account-client", s.found(`^/account/clients/AC_\w+$`), http.StatusOK)
	s.visit("certificates", link.SettingsCertificates(), http.StatusOK)
	s.press("#new .btn-primary", "#new .error-summary")
	s.look("certificates-wrong")
	s.visit("api-ids", link.SettingsAPIIDs(), http.StatusOK)
	s.visit("api-log", link.SettingsAPILog(), http.StatusOK)
	s.visit("api-docs", link.SettingsAPIDocs(), http.StatusOK)
	s.visit("api-doc", link.SettingsAPIDoc("createSurvey"), http.StatusOK)
	s.visit("api-doc-whoami", link.SettingsAPIDoc("whoami"), http.StatusOK)
	s.press("#try .btn-primary", "#answer")
	s.look("api-doc-tried")
	s.visit("home", link.Home(), http.StatusOK)
	s.visit("missing", "/nowhere", http.StatusNotFound)
	s.visitFromElsewhere()
	s.visitAsRespondent(demo.told(t, "Answer the survey"))
	p.Goto(s.base + link.Home())
	p.Click("nav summary.sf-nav")
	p.follow("Sign out")
	s.visit("sign-in", link.SignIn(), http.StatusOK)
	s.press("form .btn-primary", ".error-summary")
	s.look("sign-in-wrong")

	empty := newTour(t, browsertest.New(t), startServe(t, nil).url)
	empty.visit("set-up", link.SetUp(), http.StatusOK)
	empty.press("form .btn-primary", ".error-summary")
	empty.look("set-up-wrong")
	s.been[link.PatternSetUp] = true
	s.checkTable()
}

// press clicks something in all tabs that makes something else appear.
func (s *tour) press(selector, appears string) {
	s.t.Helper()
	s.each(func(p *browsertest.Page) {
		p.Click(selector)
		p.Wait(appears)
	})
}

func (s *tour) visitSurveys() {
	s.t.Helper()
	s.visit("surveys", link.Surveys(), http.StatusOK)
	s.visit("surveys-none", link.With(link.Surveys(), "q", "zzz"), http.StatusOK)
	s.visit("survey-new", link.SurveyNew(), http.StatusOK)
	s.visit("survey-template", s.found(`^/surveys/templates/`), http.StatusOK)
	s.visit("survey-import", link.SurveysImport(), http.StatusOK)
	s.press("form[enctype] .btn-primary", ".error-summary")
	s.look("survey-import-wrong")
	s.visit("survey-imported", link.SurveyImported(s.surveyOf("Roastery visit")), http.StatusOK)
	s.visit("survey-settings-imported", link.SurveySettings(s.surveyOf("Roastery visit")), http.StatusOK)
	id := s.surveyOf("Customer feedback")
	s.visit("survey", link.Survey(id), http.StatusOK)
	s.visit("build", link.SurveyBuild(id), http.StatusOK)
	s.visit("question", link.Question(id, "QID1"), http.StatusOK)
	for _, q := range browsertest.Eval[[]string](s.tabs[0], `[...document.querySelectorAll("li[id^=QID]")].map((e) => e.id)`) {
		s.visit("build-"+q, link.With(link.SurveyBuild(id), "edit", q), http.StatusOK)
	}
	for _, part := range []string{"fields", "end"} {
		s.visit("build-"+part, link.With(link.SurveyBuild(id), "edit", part), http.StatusOK)
	}
	s.visit("collectors", link.SurveyCollectors(id), http.StatusOK)
	s.visitCollectors(id)
	s.visit("responses", link.Responses(id), http.StatusOK)
	s.visit("responses-unfinished", link.With(link.Responses(id), "state", "inProgress"), http.StatusOK)
	s.visit("response", s.found(`^/surveys/`+id+`/responses/R_`), http.StatusOK)
	s.visit("report-results", link.SurveyReports(id), http.StatusOK)
	s.visit("report-texts", s.found(`^/surveys/`+id+`/reports/questions/`), http.StatusOK)
	s.visit("report-details", link.SurveyReportDetails(id), http.StatusOK)
	s.visit("report-export", link.SurveyReportExport(id)+"?col=QID1", http.StatusOK)
	s.visit("webhook-new", link.WebhookNew(id), http.StatusOK)
	s.visit("survey-start", link.SurveyStart(id), http.StatusOK)
	s.visit("survey-labels", link.SurveyLabels(id), http.StatusOK)
	s.visit("survey-translations", link.SurveyTranslations(id), http.StatusOK)
	tasting := s.surveyOf("Autumn tasting: sign up")
	s.visit("survey-languages", link.SurveyTranslations(tasting), http.StatusOK)
	s.visit("survey-translation", link.SurveyTranslation(tasting, "ar"), http.StatusOK)
	s.visit("survey-settings", link.SurveySettings(id), http.StatusOK)
	s.visit("survey-check", link.SurveyCheck(id), http.StatusOK)
	s.visit("survey-look", link.SurveyLook(id), http.StatusOK)
	s.visit("survey-preview", link.SurveyPreview(id), http.StatusOK)
	s.visit("survey-versions", link.SurveyVersions(id), http.StatusOK)
	s.visit("survey-version", link.SurveyVersion(id, "1"), http.StatusOK)
	s.visit("survey-share", link.SurveyShare(id), http.StatusOK)
	s.visit("survey-quotas-none", link.SurveyQuotas(id), http.StatusOK)
	s.visit("survey-quota-new", link.SurveyQuota(id, link.NewQuota), http.StatusOK)
	course := s.surveyOf("Barista course: how was it?")
	s.visit("survey-quotas", link.SurveyQuotas(course), http.StatusOK)
	s.visit("survey-quota", s.found(`^/surveys/`+course+`/quotas/QO_`), http.StatusOK)
	s.visit("survey-workflows", link.SurveyWorkflows(id), http.StatusOK)

	draft := s.surveyOf("First week")
	s.visit("build-draft", link.SurveyBuild(draft), http.StatusOK)
	s.visit("collectors-draft", link.SurveyCollectors(draft), http.StatusOK)
	s.visit("responses-draft", link.Responses(draft), http.StatusOK)
	s.visit("report-results-draft", link.SurveyReports(draft), http.StatusOK)
	s.visit("report-details-draft", link.SurveyReportDetails(draft), http.StatusOK)
	s.visit("survey-workflows-none", link.SurveyWorkflows(draft), http.StatusOK)
}

// visitCollectors goes from the list of collectors, where all tabs are, to the pages of one that sends mail.
func (s *tour) visitCollectors(id string) {
	s.t.Helper()
	invitations := s.found(`^/surveys/` + id + `/collectors/CO_\w+/invitations$`)
	collector := strings.TrimSuffix(invitations, "/invitations")
	s.visit("collector-new-link", link.CollectorNew(id, "link"), http.StatusOK)
	s.visit("collector-new-email", link.CollectorNew(id, "email"), http.StatusOK)
	s.visit("collector", collector, http.StatusOK)
	s.visit("collector-messages", collector+"/messages", http.StatusOK)
	s.visit("collector-invitations", invitations, http.StatusOK)
	s.visit("collector-webhook", collector+"/webhook", http.StatusOK)
	s.visit("collector-data", collector+"/data", http.StatusOK)
}

// surveyOf gives the id of the survey with a name that begins so.
func (s *tour) surveyOf(name string) string {
	s.t.Helper()
	p := person{Page: s.tabs[0], t: s.t}
	p.Goto(s.base + link.Surveys())
	return p.find("the survey "+name, `([...document.querySelectorAll("tbody a")].find((a) => a.textContent.includes(`+js(name)+`))?.getAttribute("href") ?? "").split("/")[2] ?? ""`)
}

func (s *tour) visitWorkflows() {
	s.t.Helper()
	s.visit("workflows", link.Workflows(), http.StatusOK)
	s.visit("workflows-none", link.With(link.Workflows(), "q", "zzz"), http.StatusOK)
	s.visit("workflow-new", link.WorkflowNew(), http.StatusOK)
	p := person{Page: s.tabs[0], t: s.t}
	p.Goto(s.base + link.Workflows())
	// One with a condition and a draft that differs from what is live shows every card.
	id := strings.Split(p.find("a changed workflow", `[...document.querySelectorAll("tbody tr")].find((r) => r.innerText.includes("changes not yet live"))?.querySelector("a").getAttribute("href") ?? ""`), "/")[2]
	s.visit("workflow", link.Workflow(id), http.StatusOK)
	edits := browsertest.Eval[[]string](s.tabs[0], `[...new Set([...document.querySelectorAll("main a[href*='edit=']")].map((a) => a.getAttribute("href")))]`)
	if len(edits) < 6 {
		s.t.Errorf("the editor leads to %q only", edits)
	}
	for n, href := range edits {
		s.visit(fmt.Sprintf("workflow-edit-%d", n), href, http.StatusOK)
	}
	s.visit("workflow-condition", link.With(link.Workflow(id), "edit", "condition"), http.StatusOK)
	s.visitSentEvents()
	s.visit("workflow-runs", link.WorkflowRuns(id), http.StatusOK)
	s.visit("workflow-refused", link.WorkflowRefused(id), http.StatusOK)
	s.visit("hosts", link.Hosts(), http.StatusOK)
	s.visit("workflow-settings", link.WorkflowSettings(id), http.StatusOK)
	s.visit("workflow-revisions", link.WorkflowRevisions(id), http.StatusOK)
	s.visit("workflow-import", link.WorkflowImport(), http.StatusOK)
}

// visitSentEvents looks at a workflow that another program starts: what it sends, with a sample, and what of it was refused.
func (s *tour) visitSentEvents() {
	s.t.Helper()
	p := person{Page: s.tabs[0], t: s.t}
	p.Goto(s.base + link.Workflows())
	id := strings.Split(p.find("a workflow without a survey", `[...document.querySelectorAll("tbody a")].find((a) => a.textContent.includes("Welcome a new customer"))?.getAttribute("href") ?? ""`), "/")[2]
	s.visit("sent-event", link.With(link.Workflow(id), "edit", "event"), http.StatusOK)
	if found := browsertest.Eval[int](s.tabs[0], `document.querySelectorAll("#event-sample [data-found] li").length`); found < 8 {
		s.t.Errorf("the sample of the event shows %d fields", found)
	}
	s.visit("sent-refused", link.WorkflowRefused(id), http.StatusOK)
	s.visit("sent-runs", link.WorkflowRuns(id), http.StatusOK)
}

// visitPeople looks at the settings, what people sign in with, and what they are told.
func (s *tour) visitPeople() {
	s.t.Helper()
	for name, path := range map[string]string{
		"settings": link.Settings(), "organisation": link.SettingsOrganisation(), "security": link.SettingsSecurity(), "api": link.SettingsAPI(),
		"audit": link.SettingsAudit(), "mail": link.SettingsMail(), "outbox": link.Mails(),
		"users": link.SettingsUsers(), "invite": link.SettingsInvites(), "service": link.SettingsServices(), "notifications": link.Notifications(), "second-factor": link.SecondFactor(),
		"credentials": link.Credentials(), "credential-new": link.CredentialNew(), "forgot": link.ForgotPassword(),
	} {
		s.visit(name, path, http.StatusOK)
	}
	s.visit("user", s.found(`^/settings/users/UR_`), http.StatusOK)
	s.visit("my-surveys", link.MySurveys(), http.StatusOK)
	s.visit("my-survey", s.found(`^/my-surveys/IV_`), http.StatusOK)
	s.visit("statistics", link.Statistics(), http.StatusOK)
	s.visit("statistics-none", link.With(link.Statistics(), "q", "zzz"), http.StatusOK)
	id := strings.TrimPrefix(s.found(`^/statistics/SV_`), "/statistics/")
	s.visit("statistics-survey", link.SurveyStatistics(id), http.StatusOK)
	s.visit("statistics-distributions", link.SurveyDistributions(id), http.StatusOK)
	s.visit("notices", link.Notices(), http.StatusOK)
	s.visit("notices-survey", link.SurveyNotices(id), http.StatusOK)
	s.visit("my-surveys-answered", link.With(link.MySurveys(), "show", "answered"), http.StatusOK)

	p := person{Page: s.tabs[0], t: s.t}
	p.Goto(s.base + link.With(link.CredentialNew(), "type", "basic"))
	p.types("Name", "CRM")
	p.types("User name", "surveyflow")
	p.types("Password", "harbour-4711")
	p.follow("Connect account")
	s.visit("credentials-full", link.With(link.Credentials(), "again", "1"), http.StatusOK)
	s.visit("credential", s.found(`^/credentials/CR_`), http.StatusOK)
	s.visit("invitation-unknown", link.Invitation("nowhere"), http.StatusNotFound)
	s.visit("password-unknown", link.PasswordReset("nowhere"), http.StatusNotFound)
}

func (s *tour) visitRuns() {
	s.t.Helper()
	p := person{Page: s.tabs[0], t: s.t}
	for _, status := range []string{"running", "scheduled", "succeeded", "failed", "canceled"} {
		p.Goto(s.base + link.With(link.Runs(), "status", status))
		s.visit("run-"+status, p.find("a run that is "+status, `document.querySelector("#runs tbody a")?.getAttribute("href") ?? ""`), http.StatusOK)
	}
	s.each(func(p *browsertest.Page) { p.Goto(s.named["run-failed"]) })
	s.press("[commandfor=replay]", "dialog:modal")
	s.look("run-replay")
	s.visit("runs", link.Runs(), http.StatusOK)
	s.visit("runs-filtered", link.With(link.Runs(), "status", "failed", "period", "7d"), http.StatusOK)
	s.visit("runs-none", link.With(link.Runs(), "q", "zzzz"), http.StatusOK)
	s.visit("runs-wrong", link.With(link.Runs(), "q", "z"), http.StatusUnprocessableEntity)
	s.visit("runs-bulk-replay", link.With(link.RunsBulk(), "do", "replay", "all", "1", "status", "failed"), http.StatusOK)
	s.visit("jobs", link.Jobs(), http.StatusOK)
	s.visit("job", s.found(`^/jobs/JB_`), http.StatusOK)
}

func (s *tour) visitReceivers() {
	s.t.Helper()
	s.visit("receivers", link.Receivers(), http.StatusOK)
	s.visit("receiver-new", link.ReceiverNew(), http.StatusOK)
	p := person{Page: s.tabs[0], t: s.t}
	p.Goto(s.base + link.Receivers())
	p.follow("CRM")
	s.visit("receiver", strings.TrimPrefix(p.URL(), s.base), http.StatusOK)
	s.visit("receiver-request", s.found(`^/receivers/RC_\w+/requests/.`), http.StatusOK)
}

// visitContacts looks at lists and people.
func (s *tour) visitContacts() {
	s.t.Helper()
	s.visit("contact-lists", link.Contacts(), http.StatusOK)
	s.visit("contact-list-new", link.ContactListNew(), http.StatusOK)
	p := person{Page: s.tabs[0], t: s.t}
	p.Goto(s.base + link.Contacts())
	p.follow("Subscribers")
	list := strings.TrimPrefix(p.URL(), s.base)
	id := strings.TrimPrefix(list, link.Contacts()+"/")
	s.visit("contacts", list, http.StatusOK)
	contact := s.found(`^/contacts/CG_\w+/contacts/CID_`)
	s.visit("contacts-none", link.With(list, "q", "zzz"), http.StatusOK)
	s.visit("contact", contact, http.StatusOK)
	s.visit("contact-new", link.ContactNew(id), http.StatusOK)
	s.visit("contact-list-settings", link.ListSettings(id), http.StatusOK)
	s.visit("contact-import-new", link.ListImport(id), http.StatusOK)
	s.visit("contact-import-done", s.found(`^/jobs/JB_`), http.StatusOK)
	s.visit("contact-import", s.found(`/import/PGRS_`), http.StatusOK)
	s.visit("person", link.Person(), http.StatusOK)
	s.visit("person-found", link.With(link.Person(), "email", "ingrid@example.com"), http.StatusOK)
}

// visitFromElsewhere sends a form from another site, which is refused.
func (s *tour) visitFromElsewhere() {
	s.t.Helper()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en"><title>x</title><link rel="icon" href="data:,"><form method="post" action="%s"><button>Send</button></form>`, s.base+link.Surveys())
	}))
	s.t.Cleanup(other.Close)
	s.each(func(p *browsertest.Page) {
		p.Goto(other.URL)
		p.Follow("button")
		if p.Status() != http.StatusForbidden {
			s.t.Errorf("a form from elsewhere has status %d", p.Status())
		}
	})
	s.look("refused")
}

func (s *tour) visitAsRespondent(address string) {
	s.t.Helper()
	closed := s.surveyOf("What should our newsletter")
	s.visit("collectors-closed", link.SurveyCollectors(closed), http.StatusOK)
	shut := s.tabs[0].Value("main input[readonly]")
	open, draft := s.surveyOf("Customer feedback"), s.surveyOf("First week")

	s.visit("respond-unknown", link.Respond("nowhere"), http.StatusNotFound)
	s.visit("respond-closed", shut, http.StatusForbidden)
	s.visit("respond-draft", link.JFE(draft), http.StatusForbidden)
	s.visit("respond-pairs", address+"/segment/gold", http.StatusOK)
	s.visit("respond-jfe-pairs", link.JFE(open)+"/segment/gold", http.StatusOK)
	s.visit("respond", address, http.StatusOK)
	s.weigh("respond")
	s.each(func(p *browsertest.Page) { p.Follow("form .actions button") })
	s.look("respond-wrong")
	for n := 1; n < 10; n++ {
		answered := false
		s.each(func(p *browsertest.Page) {
			browsertest.Eval[bool](p, `(() => {
				document.querySelectorAll("fieldset").forEach((f) => f.querySelector("input:checked") || f.querySelector("input").click());
				document.querySelectorAll(".question > input, .question > textarea").forEach((f) => { f.value ||= "1"; });
				return true;
			})()`)
			p.Follow("form .actions button")
		})
		answered = browsertest.Eval[bool](s.tabs[0], `document.querySelector("form") === null`)
		s.look(fmt.Sprintf("respond-%d", n))
		s.weigh("respond")
		if answered {
			return
		}
	}
	s.t.Error("the survey never ends")
}
