package runner

import (
	"context"
	"slices"
	"strconv"
	"time"

	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/internal/store"
	"surveyflow/models"
)

const (
	newsEvery = time.Second
	newsLimit = 50 // workflows in one go
)

// tellNews tells people how workflows do, as decide says. What is to be told stands in rows since the fact: after a crash it
// is told by whoever works next, and never twice.
func (r *Runner) tellNews(ctx context.Context) {
	for {
		if err := r.tellAll(ctx); err != nil && ctx.Err() == nil {
			r.Log.Warn("people could not be told how workflows do; trying again", "error", err)
		}
		timer := time.NewTimer(newsEvery)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-r.news:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// wakeTeller says that there may be something to tell.
func (r *Runner) wakeTeller() {
	select {
	case r.news <- struct{}{}:
	default:
	}
}

func (r *Runner) tellAll(ctx context.Context) error {
	all, err := r.Store.HealthToTell(ctx, newsLimit)
	if err != nil {
		return err
	}
	for i := range all {
		if err := r.tellOf(ctx, &all[i]); err != nil {
			return err
		}
	}
	return nil
}

// tellOf tells what is to be told of one workflow.
func (r *Runner) tellOf(ctx context.Context, h *models.WorkflowHealth) error {
	now := r.Clock.Now()
	a := decide(h, now)
	n := store.HealthNews{Told: a.told, Failed: a.failed, Refused: a.refused, Off: a.off, Next: a.next}
	if a.counted > 0 {
		n.Counts = map[string]int{failedKey(h.WorkflowID, a.told.Episode): int(a.counted)}
	}
	if len(a.news) > 0 {
		var err error
		if n.Notices, err = r.writeNews(ctx, h, &a, now); err != nil {
			return err
		}
	}
	_, err := r.Store.TellHealth(ctx, h, n)
	return err
}

// failedKey names the notification about one time of failing.
func failedKey(workflowID string, episode int64) string {
	return "runFailed/" + workflowID + "/" + strconv.FormatInt(episode, 10)
}

// writeNews writes the mails and notifications; nil when the workflow is gone or nobody wants to hear of it.
func (r *Runner) writeNews(ctx context.Context, h *models.WorkflowHealth, a *alert, now time.Time) (*models.Notices, error) {
	actor := models.SystemActor(h.OrgID)
	w, err := r.Store.Workflow(ctx, actor, h.WorkflowID)
	if models.ErrorCode(err) == models.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	org, err := r.Store.Organisation(ctx, actor)
	if err != nil {
		return nil, err
	}
	people, err := r.alerted(ctx, actor, w.OwnerID, w.Draft.V.Notifications.Recipients)
	if err != nil {
		return nil, err
	}
	var n models.Notices
	for _, kind := range a.news {
		news := newsOf(kind, w, h, a, now)
		for _, p := range people {
			if !w.Draft.V.Notifications.Enabled && (kind != models.NewsOff || !p.owner) {
				continue // only that it is off is told all the same, to its owner
			}
			ways, err := r.waysOf(ctx, w, kind, p)
			if err != nil {
				return nil, err
			}
			if err := r.addNews(ctx, &n, news, p, org, ways); err != nil {
				return nil, err
			}
		}
	}
	return &n, nil
}

// item is one piece of news, as it is told in both ways.
type item struct {
	letter mail.Letter
	notify models.NotificationKind
	args   map[string]any
	href   string
	dedupe string // of the notification
	n      int    // how often it happened
	mailed string // dedupe of the mails, without the address
	at     time.Time
}

// newsOf puts one kind of news into words.
func newsOf(kind models.HealthNews, w *models.Workflow, h *models.WorkflowHealth, a *alert, now time.Time) item {
	i := item{
		args: map[string]any{"Workflow": w.Name}, href: link.With(link.WorkflowRuns(w.ID), "status", string(models.RunFailed)), at: now, n: 1,
		dedupe: string(kind) + "/" + w.ID + "/" + strconv.FormatInt(now.UnixMicro(), 10),
	}
	i.mailed = i.dedupe
	why := models.DecodeRunError(h.FailedError)
	if why == nil {
		why = &models.RunError{Key: "run.error.unknown"}
	}
	shown := models.RunError{Key: why.Key, Args: why.Args} // never what a service said
	switch kind {
	case models.NewsFailed:
		i.notify, i.dedupe, i.n = models.NotifyRunFailed, failedKey(w.ID, a.told.Episode), int(a.failed)
		i.letter = mail.RunFailed{Workflow: w.Name, WorkflowID: w.ID, RunID: h.FailedRun, Error: shown, Count: a.failed, At: now}
	case models.NewsRecovered:
		i.notify, i.href = models.NotifyRunRecovered, link.WorkflowRuns(w.ID)
		i.letter = mail.RunRecovered{Workflow: w.Name, WorkflowID: w.ID, Failures: a.told.Failures, At: now}
	case models.NewsOff:
		off := models.DecodeRunError(w.OffReason)
		if off == nil { // somebody turned it on, or off by hand, meanwhile
			off = &models.RunError{Key: "workflow.off.meanwhile"}
		}
		i.notify, i.href = models.NotifyWorkflowOff, link.Workflow(w.ID)
		i.letter = mail.WorkflowOff{Workflow: w.Name, WorkflowID: w.ID, Reason: *off, Error: shown, At: now}
	case models.NewsRefused:
		i.notify, i.href, i.n = models.NotifyEventsRefused, link.WorkflowRefused(w.ID), int(a.refused)
		i.letter = mail.EventsRefused{Workflow: w.Name, WorkflowID: w.ID, Reason: h.RefusedReason, Count: a.refused, At: now}
	}
	return i
}

// waysOf gives how one person is told of one kind of news: as the workflow says and, of runs that fail or go well again, as they chose
// themselves.
func (r *Runner) waysOf(ctx context.Context, w *models.Workflow, kind models.HealthNews, p alertee) (models.NoticeChoice, error) {
	ways := models.NoticeChoice{Bell: p.user != nil, Mail: p.mail && w.Draft.V.Notifications.Enabled}
	if p.user == nil || kind != models.NewsFailed && kind != models.NewsRecovered {
		return ways, nil
	}
	surveyID := ""
	if w.SurveyID != nil {
		surveyID = *w.SurveyID
	}
	choice, err := r.Store.NoticeChoice(ctx, p.user.ID, surveyID, models.NoticeRunFailed)
	ways.Bell, ways.Mail = ways.Bell && choice.Bell, ways.Mail && choice.Mail
	return ways, err
}

// addNews adds what one person is told.
func (r *Runner) addNews(ctx context.Context, n *models.Notices, i item, p alertee, org *models.Organisation, ways models.NoticeChoice) error {
	if ways.Bell {
		n.Notifications = append(n.Notifications, models.Notification{
			ID: models.NewOrderedID(models.PrefixNotice, i.at), OrgID: org.ID, UserID: p.user.ID, Kind: i.notify, Dedupe: i.dedupe, N: i.n,
			Args: models.JSON[map[string]any]{V: i.args}, Href: i.href,
		})
	}
	if !ways.Mail {
		return nil
	}
	to := mail.Recipient{OrgID: org.ID, Organisation: org.Name, Email: p.email, Language: org.Language}
	if p.user != nil {
		to = mail.To(p.user, org)
	}
	m, err := r.Outbox.Write(ctx, to, i.letter, i.mailed+"/"+models.EmailKey(p.email))
	if models.ErrorCode(err) == models.CodeInvalid { // no address
		return nil
	}
	if err != nil {
		return err
	}
	n.Mails = append(n.Mails, m)
	return nil
}

// alertee is somebody who is told.
type alertee struct {
	email string
	user  *models.User // nil when they have no account
	mail  bool
	owner bool // they own the workflow, or look after it in the place of a program
}

// alerted gives who is told: the recipients by mail, or the owner when there are none; under the bell the owner, and those
// recipients who have an account. In the place of a service account, which reads nothing, the brand admins are the owner.
func (r *Runner) alerted(ctx context.Context, a models.Actor, ownerID string, recipients []string) ([]alertee, error) {
	owners, err := r.caretakers(ctx, a, ownerID)
	if err != nil {
		return nil, err
	}
	var all []alertee
	for _, email := range recipients[:min(len(recipients), models.MaxNotified)] {
		u, err := r.Store.UserByEmail(ctx, a, email)
		if err != nil && models.ErrorCode(err) != models.CodeNotFound {
			return nil, err
		}
		if u != nil && u.DisabledAt != nil {
			continue
		}
		owns := slices.IndexFunc(owners, func(o *models.User) bool { return u != nil && o.ID == u.ID })
		all = append(all, alertee{email: email, user: u, mail: true, owner: owns >= 0})
		if owns >= 0 {
			owners = slices.Delete(owners, owns, owns+1)
		}
	}
	named := len(all) > 0
	for _, o := range owners {
		all = append(all, alertee{email: o.Email, user: o, mail: !named, owner: true})
	}
	return all, nil
}

// caretakers gives who hears of a workflow because it is theirs: its owner, or the brand admins when that is a service account; nobody
// who is disabled.
func (r *Runner) caretakers(ctx context.Context, a models.Actor, ownerID string) ([]*models.User, error) {
	owner, err := r.Store.User(ctx, a, ownerID)
	if err != nil {
		return nil, err
	}
	if !owner.Service {
		if owner.DisabledAt != nil {
			return nil, nil
		}
		return []*models.User{owner}, nil
	}
	ids, err := r.Store.BrandAdmins(ctx, a)
	if err != nil {
		return nil, err
	}
	var all []*models.User
	for _, id := range ids[:min(len(ids), models.MaxNotified)] {
		u, err := r.Store.User(ctx, a, id)
		if err != nil {
			return nil, err
		}
		all = append(all, u)
	}
	return all, nil
}
