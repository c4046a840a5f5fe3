package handlers_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/clock"
	"surveyflow/internal/contact"
	"surveyflow/internal/credential"
	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/internal/report"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// The people of the walk, from who may least to who may most. "disabled" was an editor before.
var walkers = []string{"nobody", "disabled", "stranger", "viewer", "editor", "owner", "admin"}

// may says who is let in by each class of routes, from who may least, and how the others are kept out.
var may = map[string]struct {
	who   []string // who is let in
	seeIt []string // of the others, who hears that it is there but not for them (403); the rest hears that it is not there
}{
	"everybody": {who: walkers},
	"user":      {who: []string{"stranger", "viewer", "editor", "owner", "admin"}},
	"view":      {who: []string{"viewer", "editor", "owner", "admin"}},
	"edit":      {who: []string{"editor", "owner", "admin"}, seeIt: []string{"viewer"}},
	"own":       {who: []string{"owner", "admin"}, seeIt: []string{"viewer", "editor"}},
	"private":   {who: []string{"owner", "admin"}}, // like receivers, which are not shared
	"secret":    {who: []string{"owner"}},          // like private credentials: not even for brand admins
	"admin":     {who: []string{"admin"}, seeIt: []string{"stranger", "viewer", "editor", "owner"}},

	// Programs of brand admins reach what is theirs, and everything only when they ask for it (contract §7, Scope).
	"api user": {who: []string{"stranger", "viewer", "editor", "owner", "admin"}},
	"api view": {who: []string{"viewer", "editor", "owner"}},
	"api edit": {who: []string{"editor", "owner"}, seeIt: []string{"viewer"}},
	"api own":  {who: []string{"owner"}, seeIt: []string{"viewer", "editor"}},
}

// walk is an instance with one of everything that a route can name.
type walk struct {
	*app
	*storetest.Instance
	actors   map[string]models.Actor
	browsers map[string]*browser
	tokens   map[string]string
	export   string // the last job that saves responses

	certificate string // the last client certificate
}

func newWalk(t *testing.T) *walk {
	t.Helper()
	a := newApp(t)
	w := &walk{app: a, Instance: storetest.NewInstance(t, a.store, clock.System{}), actors: map[string]models.Actor{}, browsers: map[string]*browser{}, tokens: map[string]string{}}
	w.actors["admin"] = w.Actor
	for _, name := range []string{"disabled", "stranger", "viewer", "editor", "owner"} {
		w.actors[name] = w.User(name+"@example.com", models.RoleMember)
	}
	w.browsers["nobody"] = a.browser()
	for name, actor := range w.actors {
		u, err := a.store.User(t.Context(), actor, actor.UserID)
		w.Check(err)
		secret, err := a.people.BeginSession(t.Context(), u, account.Client{})
		w.Check(err)
		w.browsers[name] = a.browser()
		w.browsers[name].header.Set("Cookie", "surveyflow="+secret)
		w.tokens[name], _, err = a.people.CreateToken(t.Context(), actor, "walk")
		w.Check(err)
	}
	return w
}

// things makes one of everything, all of it the owner's, and gives the values that the parameters of patterns are filled with.
func (w *walk) things() map[string]string {
	w.Helper()
	ctx, owner := w.Context(), w.actors["owner"]
	w.Survey, w.Collector = w.NewSurvey(owner)
	for name, access := range map[string]models.Access{"viewer": models.AccessView, "editor": models.AccessEdit} {
		w.Check(w.app.store.ShareSurvey(ctx, w.Actor, w.Survey.ID, w.actors[name].UserID, access))
	}
	flow := w.WorkflowOf(owner, w.Survey, models.TaskSpec{Type: models.TaskWebService, Config: []byte(`{"method":"POST","url":"http://127.0.0.1:1/"}`)})
	done := w.Completed(flow)
	w.Check(w.app.store.Accept(done))
	receiver := &models.Receiver{ID: models.NewID(models.PrefixReceiver), Name: "Sink", Token: models.NewCapability(), Status: 200}
	w.Check(w.app.store.CreateReceiver(ctx, owner, receiver))
	request := models.ReceivedRequest{ID: models.NewOrderedID(models.PrefixRequest, time.Now()), ReceiverID: receiver.ID, Method: "GET", Path: "/", At: time.Now()}
	w.Check(w.app.store.RecordRequests(ctx, []models.ReceivedRequest{request}))
	// What is one's own is that of who may least.
	self, err := w.app.store.User(ctx, w.Actor, w.actors["stranger"].UserID)
	w.Check(err)
	_, invite, err := w.people.Invite(ctx, self, w.Actor, account.NewInvite{Email: models.NewCapability() + "@example.com", Role: models.RoleMember})
	w.Check(err)
	_, token, err := w.people.CreateToken(ctx, w.actors["stranger"], "one more")
	w.Check(err)
	client := &models.APIClient{ID: models.NewID(models.PrefixAPIClient), Name: "one more", Scopes: models.ScopeManageAll}
	w.Check(w.app.store.CreateAPIClient(ctx, w.actors["stranger"], client)) // more than people may make
	session, err := w.people.BeginSession(ctx, self, account.Client{})
	w.Check(err)
	sum := sha256.Sum256([]byte(session))
	name, user, hosts := "Private", "ada", []string{"crm.example.com"}
	private, err := w.credentials.Create(ctx, owner, credential.Input{Name: &name, Type: models.CredentialBasic, Username: &user, Password: &user, AllowedHosts: &hosts})
	w.Check(err)
	letter, err := w.outbox.Write(ctx, mail.Recipient{OrgID: owner.OrgID, Email: "x@example.com", Language: "en"}, mail.Test{By: "Ada"}, "")
	w.Check(err)
	notice := models.Notification{ID: models.NewOrderedID(models.PrefixNotice, time.Now()), OrgID: owner.OrgID, UserID: self.ID, Kind: models.NotifyRunFailed, Href: link.Account(), N: 1, CreatedAt: time.Now(), LastAt: time.Now()}
	w.Check(w.app.store.Tell(ctx, &models.Notices{Mails: []models.Mail{letter}, Notifications: []models.Notification{notice}}))
	list := &models.ContactList{ID: models.NewID(models.PrefixList), Name: "People"}
	w.Check(w.app.store.CreateContactList(ctx, owner, list))
	put, err := w.contacts.Put(ctx, owner, list.ID, contact.Cause{}, store.ContactWrite{Contact: models.Contact{Email: "ada@example.com"}, Merge: models.MergeEmail})
	w.Check(err)
	brought, people := w.imported(owner, list.ID)
	directories := w.call(http.MethodGet, link.PatternAPIDirectories, "owner", "").text
	directory := regexp.MustCompile(`POOL_\w{15}`).FindString(directories)
	if w.export != "" { // nobody may have many under way, and each route gets things of its own
		if err := w.app.store.CancelJob(ctx, owner, w.export); models.ErrorCode(err) != models.CodeConflict {
			w.Check(err)
		}
	}
	export, err := w.reports.Start(ctx, owner, w.Survey.ID, report.Options{Format: report.FormatCSV})
	w.Check(err)
	w.export = export.ID
	job := &models.Job{Kind: models.JobCancelRuns, Params: "{}", Total: 1}
	w.Check(w.app.store.CreateJob(ctx, owner, job))
	email := &models.Collector{Type: models.CollectorEmail, Name: "Staff", Open: true}
	w.Check(w.app.store.CreateCollector(ctx, owner, w.Survey.ID, email))
	asked, err := w.app.store.User(ctx, w.Actor, owner.UserID)
	w.Check(err)
	invited, err := w.app.store.Invite(ctx, owner, email.ID, store.InvitationAsk{Person: &models.Person{Email: asked.Email}})
	w.Check(err)
	things := map[string]string{
		"invitationID": invited[0].Invitation.ID, "sentID": w.Survey.ID,
		"listID": list.ID, "contactID": put[0].Contact.ID, "contactId": put[0].Contact.ID, "mailingListId": list.ID, "directoryId": directory,
		"jobID": job.ID, "jobId": job.ID, "importID": brought, "importId": people,
		"exportId":     strings.Replace(export.ID, "JB_", "ES_", 1),
		"progressId":   strings.Replace(export.ID, "JB_", "ES_", 1),
		"format":       "svg",
		"credentialID": private.ID, "credentialId": private.ID, "version": "1", "removalID": "none", "name": "none",
		"personID": w.User(models.NewCapability()+"@example.com", models.RoleMember).UserID, "mailID": letter.ID, "notificationID": notice.ID, "language": "de", "surveyID": w.Survey.ID, "surveyId": w.Survey.ID, "pageID": "BL_1", "questionID": "QID1", "questionId": "QID1",
		"collectorID": w.Collector.ID, "collectorId": w.Collector.ID, "responseID": done.Response.ID, "responseId": done.Response.ID, "collector": w.Collector.Slug,
		"workflowID": flow.ID, "workflowId": flow.ID, "taskID": flow.Draft.V.Tasks[0].ID, "runID": done.Runs[0].ID, "runId": done.Runs[0].ID,
		"receiverID": receiver.ID, "requestID": request.ID, "token": receiver.Token,
		"userID": w.actors["viewer"].UserID, "userId": w.actors["owner"].UserID, "inviteID": invite.ID, "tokenID": token.ID, "clientID": client.ID,
		"recipientId": w.actors["viewer"].UserID,
		"sessionID":   hex.EncodeToString(sum[:]),
	}
	w.distributed(things)
	w.certified(things)
	things["sessionId"], _, err = w.app.surveys.StartSession(ctx, survey.SessionStart{SurveyID: w.Survey.ID})
	w.Check(err)
	return things
}

// fill puts the things into a pattern.
func (w *walk) fill(pattern string, things map[string]string) string {
	w.Helper()
	parts := strings.Split(strings.TrimSuffix(pattern, "*"), "/")
	for i, part := range parts {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			if things[name] == "" {
				things[name] = always[name]
			}
			if things[name] == "" {
				w.Fatalf("%s: tell things() how to make a %s", pattern, name)
			}
			parts[i] = things[name]
		}
	}
	return strings.Join(parts, "/")
}

// kept says how somebody is kept out, or that they are let in.
type kept string

const (
	letIn     kept = "let in"
	toSignIn  kept = "led to the sign-in page"
	forbidden kept = "told that it is not for them"
	unknown   kept = "told that there is nothing"
	refused   kept = "asked who they are" // the API's answer to no token, or one that opens nothing
)

// outcome reads what an answer says about being let in; everything else about it is no matter here.
func outcome(p *page) kept {
	switch {
	case p.status == http.StatusSeeOther && strings.HasPrefix(p.header.Get("Location"), link.SignIn()):
		return toSignIn
	case p.status == http.StatusForbidden:
		return forbidden
	case p.status == http.StatusNotFound:
		return unknown
	case p.status == http.StatusUnauthorized:
		return refused
	case p.status >= http.StatusInternalServerError:
		return kept(fmt.Sprintf("answered with %d", p.status))
	}
	return letIn
}

// wanted says what must become of somebody at a route.
func wanted(class, who string, token bool) kept {
	m := may[class]
	switch {
	case slices.Contains(m.who, who):
		return letIn
	case who == "nobody" || who == "disabled":
		if token {
			return refused
		}
		return toSignIn
	case slices.Contains(m.seeIt, who):
		return forbidden
	}
	return unknown
}

// TestEveryRouteLetsInWhoMayComeAndNobodyElse walks the table of routes as everybody. A new route fails it until it has a
// line in [classes].
func TestEveryRouteLetsInWhoMayComeAndNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	things := w.things()
	w.Check(w.app.store.ShareSurvey(t.Context(), w.Actor, w.Survey.ID, w.actors["disabled"].UserID, models.AccessEdit))
	w.Check(w.app.store.SetUserDisabled(t.Context(), w.Actor, w.actors["disabled"].UserID, true))
	known := map[string]bool{}
	for _, r := range w.routes {
		name := r.Method + " " + r.Pattern
		class, ok := classes[name]
		if !ok {
			t.Errorf("%q has no line in classes, which says who may come: add one (everybody, user, view, edit, own, private, admin, api …)", name)
			continue
		}
		known[name] = true
		for _, who := range walkers {
			if want := wanted(class, who, r.Guard == web.GuardToken); want != letIn { // nothing changes, and one set of things does
				w.visit(r, things, who, want)
			}
		}
	}
	for name := range classes {
		if !known[name] {
			t.Errorf("classes has a line for %q, which is no route", name)
		}
	}
	for _, r := range w.routes {
		if class := classes[r.Method+" "+r.Pattern]; class != "" && class != "everybody" && !slices.Contains(needMore, r.Pattern) {
			w.visit(r, w.things(), may[class].who[0], letIn) // who may least of those who may
		}
	}
}

func (w *walk) visit(r web.Route, things map[string]string, who string, want kept) {
	w.Helper()
	if strings.HasPrefix(r.Pattern, link.PatternSettingsUsers+"/") {
		things["userID"] = things["personID"]
	}
	path := w.fill(r.Pattern, things)
	var answer *page
	if r.Guard == web.GuardToken {
		answer = w.call(r.Method, path, who, strings.NewReplacer("$response", things["responseId"], "$survey", things["surveyId"]).Replace(apiBodies[r.Method+" "+r.Pattern]))
	} else {
		var form url.Values
		if r.Method != http.MethodGet {
			form = url.Values{
				"revision": {"0"}, "name": {"x"}, "confirm": {"x"}, "section": {"name"}, "title": {"x"}, "role": {"member"},
				"page": {"BL_1"}, "type": {string(models.QuestionShortText)}, "upTo": {things["notificationID"]},
				"key": {"QID1"}, "step": {"variables"},
			}
		}
		answer = w.browsers[who].send(r.Method, path, form)
	}
	if got := outcome(answer); got != want {
		w.Errorf("%s %s: %s is %s (%d), and should be %s\n%.300s", r.Method, r.Pattern, who, got, answer.status, want, answer.words("main"))
	}
}

// apiBodies are right in shape, so that what is wrong with a call is who makes it.
var apiBodies = map[string]string{
	"POST /API/v3/surveys/:surveyId/permissions/collaborations": `{"recipientId":"UR_nobody","permissions":{}}`,

	"PUT /API/v3/surveys/:surveyId":                                  `{"name":"x"}`,
	"POST /API/v3/survey-definitions":                                `{"SurveyName":"x","Language":"EN","ProjectCategory":"CORE"}`,
	"POST /API/v3/survey-definitions/:surveyId/questions":            `{"QuestionText":"x","QuestionType":"TE","Selector":"SL"}`,
	"PUT /API/v3/survey-definitions/:surveyId/questions/:questionId": `{"QuestionText":"x","QuestionType":"TE","Selector":"SL"}`,
	"POST /API/v3/survey-definitions/:surveyId/versions":             `{"Published":true,"Description":"x"}`,
	"POST /API/v3/surveys/:surveyId/responses":                       `{"values":{}}`,
	"POST /API/v3/surveys/:surveyId/update-responses":                `{"updates":[{"responseId":"$response","embeddedData":{"x":"y"}}]}`,
	"POST /API/v3/surveys/:surveyId/delete-responses":                `{"deletes":[{"responseId":"R_0123456789abcde"}]}`,
	"POST /API/v3/surveys/:surveyId/import-responses":                `{"format":"csv","fileUrl":"http://127.0.0.1:1/answers.csv"}`,
	"POST /API/v3/workflows":                                         `{"name":"x"}`,
	"POST /API/v3/mailinglists":                                      `{"name":"x"}`,
	"POST /API/v3/directories/:directoryId/mailinglists":             `{"name":"x"}`,
	"PUT /API/v3/workflows/:workflowId":                              `{"name":"x"}`,
	"POST /API/v3/runs/replay":                                       `{"runIds":["RN_0123456789abcde"]}`,
	"POST /API/v3/workflows/:workflowId/test":                        `{"responseId":"$response"}`,
	"PUT /API/v3/responses/:responseId":                              `{"surveyId":"$survey","embeddedData":{"x":"y"}}`,
	"POST /API/v3/runs/cancel":                                       `{"runIds":["RN_0123456789abcde"]}`,
	"POST /API/v3/runs/play":                                         `{"runIds":["RN_0123456789abcde"]}`,
	"POST /API/v3/runs/export":                                       `{"filter":{"workflowId":"WF_0123456789abcde"}}`,
	"POST /API/v3/workflows/:workflowId/runs":                        `{"responseIds":["R_0123456789abcde"]}`,
}

// call calls the API with the token of somebody.
func (w *walk) call(method, path, who, body string) *page {
	w.Helper()
	token := w.tokens[who]
	if who == "nobody" {
		token = models.NewAPIToken() // none that is known
	}
	if body == "" {
		body = "{}"
	}
	req, err := http.NewRequestWithContext(w.Context(), method, w.server.URL+path, strings.NewReader(body))
	w.Check(err)
	req.Header.Set("X-Api-Token", token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	w.Check(err)
	defer res.Body.Close()
	doc, err := goquery.NewDocumentFromReader(res.Body)
	w.Check(err)
	return &page{t: w.t, asked: method + " " + path, status: res.StatusCode, header: res.Header, text: doc.Text(), Document: doc}
}

// needMore are routes that find nothing even for those who may: something else has to happen before.
var needMore = []string{
	"/workflows/:workflowID/tasks/:taskID/restore", // a task must have been removed
	"/surveys/:surveyID/removed/:removalID",        // a question must have been
	"/settings/users/:userID/second-factor/delete", // there must be one
	"/settings/users/:userID/token",                // they must be a service account
	"/settings/security/service/test",              // a service must have been set
	"/settings/mail/outbox/:mailID/report",         // the mail must have one
	"/workflows/:workflowID/tasks/:taskID/secret",  // the task must be an outbound webhook
	"/API/v3/surveys/:surveyId/update-responses/:progressId", "/API/v3/surveys/:surveyId/delete-responses/:progressId", "/API/v3/surveys/:surveyId/import-responses/:progressId",
	"/jobs/:jobID/file",        // the job must have made one
	"/API/v3/jobs/:jobId/file", // the same
	"/surveys/templates/:name", // by the names of the templates
}

// classes says who may come to each route.
var classes = map[string]string{
	"POST /API/v3/surveys": "api user",
	"POST /surveys/:surveyID/collectors/:collectorID/frames":                   "edit",
	"POST /surveys/:surveyID/preview/runs":                                     "edit",
	"GET /my-surveys":                                                          "user",
	"GET /my-surveys/:invitationID":                                            "secret",
	"GET /API/v3/surveys/:surveyId/permissions/collaborations":                 "api view",
	"POST /API/v3/surveys/:surveyId/permissions/collaborations":                "api own",
	"DELETE /API/v3/surveys/:surveyId/permissions/collaborations/:recipientId": "api view",
	"GET /API/v3/users":                                                        "api user",
	"GET /API/v3/users/:userId":                                                "api user",
	"GET /API/v3/survey-definitions/:surveyId/versions":                        "api view",
	"GET /API/v3/survey-definitions/:surveyId/versions/:version":               "api view",

	"POST /API/v3/runs/replay":                                          "api user",
	"GET /API/v3/jobs/:jobId":                                           "secret", // for who asked for it alone
	"GET /surveys/:surveyID/start-workflow":                             "edit",
	"POST /surveys/:surveyID/start-workflow":                            "edit",
	"GET /runs/bulk":                                                    "user",
	"POST /runs/bulk":                                                   "user",
	"POST /runs/export":                                                 "user",
	"GET /jobs/:jobID/file":                                             "private",
	"GET /jobs":                                                         "user",
	"GET /jobs/:jobID":                                                  "private",
	"POST /jobs/:jobID/cancel":                                          "private",
	"GET /account/second-factor":                                        "user",
	"POST /account/second-factor":                                       "user",
	"POST /account/second-factor/off":                                   "user",
	"POST /account/second-factor/recovery":                              "user",
	"POST /account/second-factor/start":                                 "user",
	"GET /settings/domains":                                             "admin",
	"POST /settings/security/domains":                                   "admin",
	"GET /settings/security":                                            "admin",
	"POST /settings/security/second-factor":                             "admin",
	"POST /settings/security/service":                                   "admin",
	"POST /settings/security/service/test":                              "admin",
	"POST /settings/users/:userID/second-factor/delete":                 "admin",
	"GET /sign-in/code":                                                 "everybody",
	"POST /sign-in/code":                                                "everybody",
	"GET /sign-in/service":                                              "everybody",
	"GET /sign-in/service/return":                                       "everybody",
	"POST /workflows/:workflowID/duplicate":                             "edit",
	"GET /workflows/:workflowID/export":                                 "view",
	"GET /workflows/:workflowID/revisions":                              "edit",
	"POST /workflows/:workflowID/revisions/:version/restore":            "edit",
	"GET /workflows/:workflowID/settings":                               "edit",
	"POST /workflows/:workflowID/switch-off":                            "edit",
	"GET /workflows/:workflowID/failed-to-start":                        "view",
	"GET /API/v3/workflows/:workflowId/failed-to-start":                 "api view",
	"POST /workflows/:workflowID/notifications":                         "edit",
	"POST /workflows/import":                                            "user",
	"GET /workflows/import":                                             "user",
	"GET /API/v3/credentials":                                           "api user",
	"POST /API/v3/credentials":                                          "api user",
	"GET /API/v3/credentials/:credentialId":                             "secret",
	"PUT /API/v3/credentials/:credentialId":                             "secret",
	"DELETE /API/v3/credentials/:credentialId":                          "secret",
	"GET /credentials":                                                  "user",
	"POST /credentials":                                                 "user",
	"GET /credentials/new":                                              "user",
	"GET /credentials/:credentialID":                                    "secret",
	"POST /credentials/:credentialID":                                   "secret",
	"POST /credentials/:credentialID/connect":                           "secret",
	"POST /credentials/:credentialID/delete":                            "secret",
	"POST /credentials/:credentialID/handshake":                         "secret",
	"GET /oauth-client-service/redirect":                                "everybody",
	"POST /oauth-client-service/redirect":                               "everybody",
	"POST /workflows/:workflowID/tasks/:taskID/secret":                  "edit",
	"GET /surveys/:surveyID/webhooks/new":                               "edit",
	"POST /surveys/:surveyID/webhooks/new":                              "edit",
	"GET /surveys/:surveyID/data-labels":                                "view",
	"POST /surveys/:surveyID/data-labels":                               "edit",
	"POST /surveys/:surveyID/data-labels/fill":                          "edit",
	"POST /surveys/:surveyID/data-labels/paste":                         "edit",
	"POST /surveys/:surveyID/data-labels/reset":                         "edit",
	"GET /API/v3/surveys/:surveyId/data-labels":                         "api view",
	"PUT /API/v3/surveys/:surveyId/data-labels":                         "api edit",
	"GET /surveys/:surveyID/check":                                      "edit",
	"POST /surveys/:surveyID/copy":                                      "view",
	"POST /surveys/:surveyID/pages/:pageID/copy":                        "edit",
	"POST /surveys/:surveyID/removed/:removalID":                        "edit",
	"GET /surveys/:surveyID/versions":                                   "edit",
	"GET /surveys/:surveyID/versions/:version":                          "edit",
	"POST /surveys/:surveyID/versions/:version/restore":                 "edit",
	"POST /surveys/bulk":                                                "user",
	"GET /surveys/templates/:name":                                      "user",
	"GET /":                                                             "user",
	"* /API":                                                            "everybody",
	"* /API/*":                                                          "everybody",
	"GET /API/v3/openapi.json":                                          "everybody",
	"GET /API/v3/runs":                                                  "api user",
	"GET /API/v3/runs/:runId":                                           "api view",
	"POST /API/v3/runs/:runId/cancel":                                   "api edit",
	"POST /API/v3/runs/:runId/play":                                     "api edit",
	"POST /API/v3/runs/:runId/replay":                                   "api edit",
	"POST /API/v3/survey-definitions":                                   "api user",
	"GET /API/v3/survey-definitions/:surveyId":                          "api view",
	"GET /API/v3/survey-definitions/:surveyId/questions":                "api view",
	"POST /API/v3/survey-definitions/:surveyId/questions":               "api edit",
	"DELETE /API/v3/survey-definitions/:surveyId/questions/:questionId": "api edit",
	"GET /API/v3/survey-definitions/:surveyId/questions/:questionId":    "api view",
	"PUT /API/v3/survey-definitions/:surveyId/questions/:questionId":    "api edit",
	"POST /API/v3/survey-definitions/:surveyId/versions":                "api edit",
	"GET /API/v3/surveys":                                               "api user",
	"DELETE /API/v3/surveys/:surveyId":                                  "api own",
	"GET /API/v3/surveys/:surveyId":                                     "api view",
	"PUT /API/v3/surveys/:surveyId":                                     "api edit",
	"POST /API/v3/surveys/:surveyId/responses":                          "api edit",
	"POST /API/v3/surveys/:surveyId/sessions":                           "api edit",
	"GET /API/v3/surveys/:surveyId/sessions/:sessionId":                 "api view",
	"POST /API/v3/surveys/:surveyId/sessions/:sessionId":                "api edit",
	"DELETE /API/v3/surveys/:surveyId/responses/:responseId":            "api edit",
	"GET /API/v3/surveys/:surveyId/responses/:responseId":               "api view",
	"GET /API/v3/surveys/:surveyId/response-schema":                     "api view",
	"POST /API/v3/surveys/:surveyId/update-responses":                   "api edit",
	"GET /API/v3/surveys/:surveyId/update-responses/:progressId":        "secret", // for who asked for it alone
	"POST /API/v3/surveys/:surveyId/delete-responses":                   "api edit",
	"GET /API/v3/surveys/:surveyId/delete-responses/:progressId":        "secret",
	"POST /API/v3/surveys/:surveyId/import-responses":                   "api edit",
	"GET /API/v3/surveys/:surveyId/import-responses/:progressId":        "secret",
	"GET /API/v3/whoami":                                                "api user",
	"GET /API/v3/workflows":                                             "api user",
	"POST /API/v3/workflows":                                            "api user",
	"DELETE /API/v3/workflows/:workflowId":                              "api edit",
	"GET /API/v3/workflows/:workflowId":                                 "api view",
	"PUT /API/v3/workflows/:workflowId":                                 "api edit",
	"POST /API/v3/workflows/:workflowId/disable":                        "api edit",
	"POST /API/v3/workflows/:workflowId/enable":                         "api edit",
	"GET /API/v3/workflows/:workflowId/runs":                            "api view",
	"POST /API/v3/workflows/:workflowId/test":                           "api edit",
	"GET /account":                                                      "user",
	"POST /account/password":                                            "user",
	"POST /account/preferences":                                         "user",
	"POST /account/sessions":                                            "user",
	"POST /account/sessions/:sessionID/delete":                          "user",
	"GET /forgot-password":                                              "everybody",
	"POST /forgot-password":                                             "everybody",
	"GET /healthz":                                                      "everybody",
	"GET /invitation/:token":                                            "everybody",
	"POST /invitation/:token":                                           "everybody",
	"GET /jfe/form/:surveyID":                                           "everybody",
	"GET /jfe/form/:surveyID/*":                                         "everybody",
	"GET /metrics":                                                      "everybody",
	"GET /notifications":                                                "user",
	"POST /notifications/:notificationID":                               "user",
	"GET /notifications/bell":                                           "everybody",
	"POST /notifications/read":                                          "user",
	"GET /readyz":                                                       "everybody",
	"* /receiver/:token":                                                "everybody",
	"* /receiver/:token/*":                                              "everybody",
	"GET /receivers":                                                    "user",
	"POST /receivers":                                                   "user",
	"GET /receivers/:receiverID":                                        "private",
	"POST /receivers/:receiverID":                                       "private",
	"POST /receivers/:receiverID/clear":                                 "private",
	"POST /receivers/:receiverID/delete":                                "private",
	"GET /receivers/:receiverID/requests":                               "private",
	"GET /receivers/:receiverID/requests/:requestID":                    "private",
	"GET /receivers/new":                                                "user",
	"GET /reset-password/:token":                                        "everybody",
	"POST /reset-password/:token":                                       "everybody",
	"GET /runs":                                                         "user",
	"GET /workflows/hosts":                                              "user",
	"POST /workflows/hosts/try":                                         "user",
	"GET /runs/:runID":                                                  "view",
	"POST /runs/:runID/cancel":                                          "edit",
	"POST /runs/:runID/play":                                            "edit",
	"POST /runs/:runID/replay":                                          "edit",
	"GET /s/:collector":                                                 "everybody",
	"POST /s/:collector":                                                "everybody",
	"GET /s/:collector/*":                                               "everybody",
	"GET /set-up":                                                       "everybody",
	"POST /set-up":                                                      "everybody",
	"GET /settings":                                                     "user",
	"GET /settings/api":                                                 "user",
	"GET /settings/audit":                                               "admin",
	"POST /settings/audit":                                              "admin",
	"GET /settings/audit/audit-log.csv":                                 "admin",
	"POST /settings/invitations/:inviteID/delete":                       "admin",
	"GET /settings/mail":                                                "admin",
	"GET /settings/mail/outbox":                                         "admin",
	"GET /settings/mail/outbox/:mailID":                                 "admin",
	"POST /settings/mail/outbox/:mailID/cancel":                         "admin",
	"GET /settings/mail/outbox/:mailID/html":                            "admin",
	"GET /settings/mail/outbox/:mailID/report":                          "admin",
	"POST /settings/mail/outbox/:mailID/resend":                         "admin",
	"POST /settings/mail/test":                                          "admin",
	"GET /settings/organisation":                                        "admin",
	"POST /settings/organisation":                                       "admin",
	"GET /settings/users":                                               "admin",
	"GET /settings/users/:userID":                                       "admin",
	"POST /settings/users/:userID/disable":                              "admin",
	"POST /settings/users/:userID/enable":                               "admin",
	"POST /settings/users/:userID/forget":                               "admin",
	"POST /settings/users/:userID/reset-link":                           "admin",
	"POST /settings/users/:userID/role":                                 "admin",
	"POST /settings/users/:userID/take-over":                            "admin",
	"POST /settings/users/:userID/tokens/:tokenID/delete":               "admin",
	"GET /settings/users/invite":                                        "admin",
	"GET /settings/users/service":                                       "admin",
	"POST /settings/users/service":                                      "admin",
	"POST /settings/users/:userID/token":                                "admin",
	"POST /settings/users/invite":                                       "admin",
	"GET /sign-in":                                                      "everybody",
	"POST /sign-in":                                                     "everybody",
	"POST /sign-out":                                                    "everybody",
	"GET /static/*":                                                     "everybody",
	"GET /surveys":                                                      "user",
	"POST /surveys":                                                     "user",
	"GET /surveys/:surveyID":                                            "view",
	"GET /surveys/:surveyID/build":                                      "view",
	"POST /surveys/:surveyID/close":                                     "edit",
	"GET /surveys/:surveyID/collectors":                                 "view",
	"POST /surveys/:surveyID/collectors/:collectorID/close":             "edit",
	"POST /surveys/:surveyID/collectors/:collectorID/reopen":            "edit",
	"POST /surveys/:surveyID/delete":                                    "own",
	"POST /surveys/:surveyID/embedded-data":                             "edit",
	"POST /surveys/:surveyID/pages":                                     "edit",
	"POST /surveys/:surveyID/pages/:pageID":                             "edit",
	"POST /surveys/:surveyID/pages/:pageID/delete":                      "edit",
	"POST /surveys/:surveyID/pages/:pageID/move":                        "edit",
	"GET /surveys/:surveyID/preview":                                    "view",
	"POST /surveys/:surveyID/preview":                                   "view",
	"POST /surveys/:surveyID/put-live":                                  "edit",
	"POST /surveys/:surveyID/questions":                                 "edit",
	"GET /surveys/:surveyID/questions/:questionID":                      "edit",
	"POST /surveys/:surveyID/questions/:questionID":                     "edit",
	"POST /surveys/:surveyID/questions/:questionID/copy":                "edit",
	"GET /surveys/:surveyID/questions/:questionID/copy-to":              "edit",
	"POST /surveys/:surveyID/questions/:questionID/copy-to":             "edit",
	"POST /surveys/:surveyID/questions/:questionID/delete":              "edit",
	"POST /surveys/:surveyID/questions/:questionID/move":                "edit",
	"POST /surveys/:surveyID/reopen":                                    "edit",
	"GET /surveys/:surveyID/quotas":                                     "view",
	"GET /surveys/:surveyID/quotas/:quotaID":                            "edit",
	"POST /surveys/:surveyID/quotas/:quotaID":                           "edit",
	"GET /surveys/:surveyID/responses":                                  "view",
	"GET /surveys/:surveyID/responses/:responseID":                      "view",
	"POST /surveys/:surveyID/responses/:responseID/delete":              "edit",
	"GET /surveys/:surveyID/look":                                       "view",
	"GET /surveys/:surveyID/settings":                                   "edit",
	"POST /surveys/:surveyID/settings":                                  "edit",
	"GET /surveys/:surveyID/share":                                      "view",
	"POST /surveys/:surveyID/share":                                     "own",
	"POST /surveys/:surveyID/share/:userID/delete":                      "view",
	"GET /surveys/:surveyID/workflows":                                  "view",
	"GET /surveys/new":                                                  "user",
	"POST /theme":                                                       "everybody",
	"GET /workflows":                                                    "user",
	"POST /workflows":                                                   "user",
	"GET /workflows/:workflowID":                                        "view",
	"POST /workflows/:workflowID":                                       "edit",
	"POST /workflows/:workflowID/condition":                             "edit",
	"POST /workflows/:workflowID/delete":                                "edit",
	"POST /workflows/:workflowID/disable":                               "edit",
	"POST /workflows/:workflowID/discard":                               "edit",
	"POST /workflows/:workflowID/enable":                                "edit",
	"POST /workflows/:workflowID/event":                                 "edit",
	"POST /workflows/:workflowID/put-live":                              "edit",
	"GET /workflows/:workflowID/runs":                                   "view",
	"POST /workflows/:workflowID/tasks":                                 "edit",
	"POST /workflows/:workflowID/tasks/:taskID":                         "edit",
	"POST /workflows/:workflowID/tasks/:taskID/copy":                    "edit",
	"POST /workflows/:workflowID/tasks/:taskID/curl":                    "edit",
	"POST /workflows/:workflowID/tasks/:taskID/check":                   "edit",
	"POST /workflows/:workflowID/tasks/:taskID/delete":                  "edit",
	"POST /workflows/:workflowID/tasks/:taskID/find":                    "edit",
	"POST /workflows/:workflowID/tasks/:taskID/move":                    "edit",
	"POST /workflows/:workflowID/tasks/:taskID/preview":                 "edit",
	"POST /workflows/:workflowID/tasks/:taskID/restore":                 "edit",
	"POST /workflows/:workflowID/tasks/:taskID/test":                    "edit",
	"POST /workflows/:workflowID/test":                                  "edit",
	"GET /workflows/new":                                                "user",
}
