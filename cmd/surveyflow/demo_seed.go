package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"surveyflow/internal/account"
	"surveyflow/internal/report"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// demoScene is what the moments of a demo's story share.
type demoScene struct {
	admin, member models.Actor

	customers, tasting, newsletter    *models.Survey
	customersLink                     *models.Collector
	crm, chat, flaky, strict, slow    *models.Receiver
	warehouse                         *models.Receiver
	record, alert, ticket, points     *models.Workflow
	card, dashboard, off              *models.Workflow
	warehoused, purchases, morning    *models.Workflow
	subscribers                       *models.ContactList
	gotHelp, canceled, fixed, refused *models.Response
	signIn                            *models.Receiver // of the CRM
	keys                              demoKeys
}

// slowDelay is how long the slow service takes in the end. Three calls of it can be watched for more than a minute.
const slowDelay = 28 * time.Second

// What the services answer when they do not do what they are asked to.
const (
	answerDown    = `{"error": "The help desk is down for maintenance. Please try again later."}`
	answerRefused = `{"error": "points must be a number, not the text \"50\""}`
	answerBroken  = `{"error": "unknown field recommend"}`
)

// seedDemo fills an empty instance and writes down in the sheet what is to be told of it.
func seedDemo(ctx context.Context, a *app, clk *demoClock, sheet *demoSheet) error {
	s := &story{app: a, clk: clk, now: clk.Now().Add(demoPast), scene: &demoScene{}}
	if err := s.people(ctx, sheet); err != nil {
		return err
	}
	if err := s.begin(ctx); err != nil {
		return err
	}
	s.planCustomers()
	s.then(100*time.Minute, s.reword)
	s.planOthers()
	s.planCourse()
	s.planTrouble()
	s.planPurchases()
	s.planTeam()
	if err := s.planMornings(); err != nil {
		return err
	}
	if err := s.tell(ctx); err != nil {
		return err
	}
	if err := s.makeCollectors(ctx); err != nil {
		return err
	}
	if err := s.end(ctx); err != nil {
		return err
	}
	if err := s.credentials.WarnOfCertificates(ctx); err != nil {
		return err
	}
	if err := s.askTheTeam(ctx, sheet.Admin, sheet.Member); err != nil {
		return err
	}
	if err := s.distribute(ctx); err != nil {
		return err
	}
	// A file of the answers, which the workers make while somebody signs in.
	if _, err := s.app.reports.Start(ctx, s.scene.admin, s.scene.customers.ID, report.Options{Format: report.FormatXLSX, Headers: report.HeaderTexts, Defuse: true}); err != nil {
		return err
	}
	sheet.Survey, sheet.Receiver = s.scene.customersLink.Slug, s.scene.crm.ID
	return nil
}

// people makes the organisation, its brand admin and a member, as the set-up page and the command do.
func (s *story) people(ctx context.Context, sheet *demoSheet) error {
	code, err := s.app.people.SetUpCode(ctx)
	if err != nil {
		return err
	}
	admin, err := s.app.people.SetUp(ctx, account.SetUp{Code: code, Organisation: "Harbour Coffee", Person: account.Person{
		Email: "maya@harbour.example", FirstName: "Maya", LastName: "Lindqvist", Password: sheet.Password,
	}})
	if err != nil {
		return err
	}
	member, err := s.app.people.AddUser(ctx, account.Person{
		Email: "tomasz@harbour.example", FirstName: "Tomasz", LastName: "Nowak", Password: sheet.Password,
	})
	if err != nil {
		return err
	}
	sheet.Admin, sheet.Member = admin.Email, member.Email
	s.scene.admin, s.scene.member = admin.Actor(models.ViaWeb), member.Actor(models.ViaWeb)
	return nil
}

// begin makes what was there before the first answer.
func (s *story) begin(ctx context.Context) error {
	v, err := customerSurvey(s.scene.admin.UserID)
	if err != nil {
		return err
	}
	s.scene.customers = v
	if s.scene.customersLink, err = s.create(ctx, s.scene.admin, v); err != nil {
		return err
	}
	if err := s.putLive(ctx, s.scene.admin, v); err != nil {
		return err
	}
	if err := s.label(ctx); err != nil {
		return err
	}
	if err := s.makeReceivers(ctx); err != nil {
		return err
	}
	if err := s.makeContacts(ctx); err != nil {
		return err
	}
	if err := s.makeCredentials(ctx); err != nil {
		return err
	}
	return s.makeWorkflows(ctx)
}

// planCustomers spreads the answers to the customer survey over the days.
func (s *story) planCustomers() {
	random := rand.New(rand.NewPCG(7, 2)) //nolint:gosec // the same story in every demo
	when := moments(s.now, len(customers), demoPast-2*time.Hour, 6*time.Minute, random)
	slices.Reverse(when)
	for i, c := range customers {
		took := 40*time.Second + time.Duration(random.Int64N(int64(5*time.Minute)))
		order := "HC-" + strconv.Itoa(40211+i*7)
		s.then(when[i], func(ctx context.Context) error {
			_, err := s.customer(ctx, c, order, took)
			return err
		})
	}
	for i, values := range []map[string]any{ // these went away on the second or third page
		{qSatisfied: 4, qRecommend: 7},
		{qSatisfied: 3, qRecommend: 6, qChannels: []int{1}, qBags: 1},
		{qSatisfied: 5, qRecommend: 9, qChannels: []int{2}},
	} {
		values["finished"] = 0
		s.then(time.Duration(i+1)*41*time.Hour, func(ctx context.Context) error {
			_, err := s.answer(ctx, s.scene.customers.ID, 80*time.Second, values)
			return err
		})
	}
}

// customer lets somebody answer the customer survey.
func (s *story) customer(ctx context.Context, c customer, order string, took time.Duration) (*models.Response, error) {
	values := map[string]any{
		qSatisfied: c.satisfied, qRecommend: c.recommend, qChannels: c.channels,
		qReason + "_TEXT": c.reason, qName + "_TEXT": c.name, "order": order,
	}
	if c.elsewhere != "" {
		values[qChannels+"_5_TEXT"] = c.elsewhere
	}
	if c.bags > 0 {
		values[qBags] = c.bags
	}
	if c.segment != "" {
		values["segment"] = c.segment
	}
	return s.answer(ctx, s.scene.customers.ID, took, values)
}

// reword makes a second version of the customer survey.
func (s *story) reword(ctx context.Context) error {
	v := s.scene.customers
	v.Draft.V.Question(qReason).Help = "What went well, what did not, what you missed. We read every word."
	if _, err := s.store.SaveSurveyDraft(ctx, s.scene.admin, v, 0); err != nil {
		return err
	}
	return s.putLive(ctx, s.scene.admin, v)
}

// planOthers tells of the other surveys: one with a change that is not live, a closed one, and one that is being written.
func (s *story) planOthers() {
	const day = 24 * time.Hour
	s.then(9*day, func(ctx context.Context) error { return s.openNewsletter(ctx) })
	for i, n := range newsletters {
		s.then(9*day-time.Duration(i+1)*97*time.Minute, func(ctx context.Context) error {
			_, err := s.answer(ctx, s.scene.newsletter.ID, 25*time.Second, map[string]any{"QID1": n.topics, "QID2": n.often})
			return err
		})
	}
	s.then(7*day, func(ctx context.Context) error {
		return survey.SetState(ctx, s.store, survey.Change{Actor: s.scene.member, SurveyID: s.scene.newsletter.ID}, models.SurveyClosed)
	})
	s.then(4*day, func(ctx context.Context) error { return s.openTasting(ctx) })
	for i, t := range tastings {
		s.then(4*day-time.Duration(i+1)*7*time.Hour, func(ctx context.Context) error {
			_, err := s.answer(ctx, s.scene.tasting.ID, 50*time.Second, map[string]any{"QID1_TEXT": t.name, "QID2": t.evening, "QID3": t.guests})
			return err
		})
	}
	s.then(20*time.Hour, func(ctx context.Context) error {
		if err := changeTasting(s.scene.tasting); err != nil {
			return err
		}
		_, err := s.store.SaveSurveyDraft(ctx, s.scene.admin, s.scene.tasting, 0)
		return err
	})
	s.then(3*time.Hour, func(ctx context.Context) error {
		v, err := onboardingSurvey(s.scene.admin.UserID)
		if err == nil {
			_, err = s.create(ctx, s.scene.admin, v)
		}
		return err
	})
	s.then(20*time.Minute, s.importSurvey)
}

func (s *story) openNewsletter(ctx context.Context) error {
	v, err := newsletterSurvey(s.scene.member.UserID)
	if err != nil {
		return err
	}
	s.scene.newsletter = v
	if _, err := s.create(ctx, s.scene.member, v); err != nil {
		return err
	}
	return s.putLive(ctx, s.scene.member, v)
}

func (s *story) openTasting(ctx context.Context) error {
	v, err := tastingSurvey(s.scene.admin.UserID)
	if err != nil {
		return err
	}
	s.scene.tasting = v
	if _, err := s.create(ctx, s.scene.admin, v); err != nil {
		return err
	}
	return s.putLive(ctx, s.scene.admin, v)
}

// planTrouble lets services fail, so that runs of every status are seen.
func (s *story) planTrouble() {
	sc := s.scene
	someone := func(ago time.Duration, c customer, to **models.Response) {
		s.then(ago, func(ctx context.Context) error {
			took := 40*time.Second + time.Duration(len(c.reason))*1700*time.Millisecond // who writes more needs longer
			r, err := s.customer(ctx, c, "HC-"+strconv.Itoa(41000+len(c.reason)), took)
			if to != nil {
				*to = r
			}
			return err
		})
	}
	answers := func(ago time.Duration, r **models.Receiver, status int, body string) {
		s.then(ago, func(ctx context.Context) error { return s.set(ctx, *r, status, body) })
	}
	const day = 24 * time.Hour

	// Four days ago the help desk was down for a few minutes: tried again, and it went through.
	answers(4*day, &sc.flaky, http.StatusServiceUnavailable, answerDown)
	someone(4*day-time.Minute, gotHelp, &sc.gotHelp)
	answers(4*day-4*time.Minute, &sc.flaky, http.StatusOK, `{"ticket": "opened"}`)

	// Three days ago the CRM refused what it did not know yet. The run was replayed when it did.
	answers(3*day, &sc.crm, http.StatusBadRequest, answerBroken)
	someone(3*day-time.Minute, fixed, &sc.fixed)
	answers(3*day-20*time.Minute, &sc.crm, http.StatusOK, answerStored)
	s.then(3*day-25*time.Minute, func(ctx context.Context) error { return s.replay(ctx, sc.record, sc.fixed) })

	// Two days ago the loyalty programme became strict.
	answers(2*day, &sc.strict, http.StatusBadRequest, answerRefused)
	someone(2*time.Hour, refused, &sc.refused)
	s.then(25*time.Minute, func(ctx context.Context) error { return s.replay(ctx, sc.points, sc.refused) })

	// Since yesterday the help desk is down: one run was given up, others wait, one was canceled.
	answers(26*time.Hour, &sc.flaky, http.StatusServiceUnavailable, answerDown)
	someone(25*time.Hour, gaveUp, nil)
	someone(5*time.Hour, waiting, nil)
	someone(90*time.Minute, canceled, &sc.canceled)
	s.then(70*time.Minute, func(ctx context.Context) error {
		id, err := s.runOf(ctx, sc.ticket.ID, sc.canceled)
		if err != nil {
			return err
		}
		return s.store.CancelRun(ctx, sc.admin, id)
	})
	someone(50*time.Minute, household, nil)
	s.then(40*time.Minute, func(ctx context.Context) error {
		return s.store.SetWorkflowEnabled(ctx, sc.admin, sc.dashboard.ID, false)
	})
	someone(3*time.Minute, impatient, nil)
	s.then(35*time.Minute, s.newsletterGone)
	s.then(30*time.Minute, s.changeAlert)
	s.then(2*time.Minute, func(ctx context.Context) error { return s.beginAnswer(ctx) })
	s.then(time.Minute, s.replayMany)
}

// replayMany sends once more what the CRM refused while it did not know what it got: a job.
func (s *story) replayMany(ctx context.Context) error {
	sel := workflow.Selection{Filter: store.RunFilter{WorkflowID: s.scene.record.ID, Status: models.RunFailed}}
	_, err := workflow.ReplayRuns(ctx, s.store, s.scene.admin, sel, workflow.BulkReplay{})
	return err
}

// replay repeats the run of a workflow for a response from the task that failed.
func (s *story) replay(ctx context.Context, w *models.Workflow, r *models.Response) error {
	id, err := s.runOf(ctx, w.ID, r)
	if err != nil {
		return err
	}
	if _, err := workflow.Replay(ctx, s.store, s.scene.admin, id, workflow.ReplayOptions{FromFailed: true}); err != nil {
		return fmt.Errorf("replay run %s: %w", id, err)
	}
	return nil
}

// beginAnswer lets somebody answer the first page in a browser and go away.
func (s *story) beginAnswer(ctx context.Context) error {
	v, err := s.surveys.Open(ctx, s.scene.customersLink.Slug)
	if err != nil {
		return err
	}
	form := url.Values{qSatisfied: {"2"}, qRecommend: {"8"}}
	_, err = s.surveys.Submit(ctx, v, survey.Submission{
		Page: v.Pages()[0].ID, Form: form, Link: map[string][]string{"segment": {"standard"}}, Opened: s.clk.Now().Add(-time.Minute),
		IP: "192.0.2.17", UserAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
	})
	return err
}

// end happens in the present: the slow service becomes slow, and somebody is delighted, so that a run is seen at work.
func (s *story) end(ctx context.Context) error {
	r := s.scene.slow
	r.DelayMS = int(slowDelay / time.Millisecond)
	err := s.store.SaveReceiver(ctx, s.scene.admin, r)
	if err == nil {
		err = s.makeCalls(ctx)
	}
	if err == nil {
		_, err = s.customer(ctx, delighted, "HC-41999", 95*time.Second)
	}
	return cmp.Or(err, ctx.Err())
}
