package runner

import (
	"context"
	"time"

	"surveyflow/internal/mail"
	"surveyflow/internal/store"
	"surveyflow/models"
)

const (
	mailsEvery = time.Second            // how often a node looks for mails: nobody waits for one as for a page
	mailsPause = 100 * time.Millisecond // between two mails: mail servers hold back who hurries
	mailsLimit = 20                     // mails of one claim, which share a connection
)

// mailDelays are the pauses after the first try, the second …; after the last one a mail has failed.
var mailDelays = []time.Duration{
	time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 8 * time.Hour, 24 * time.Hour,
}

// mails sends the mails that wait, until ctx ends; workCtx breaks off what is under way then for too long.
func (r *Runner) mails(ctx, workCtx context.Context) {
	for {
		claimed, err := r.Store.ClaimMails(ctx, r.node, mailsLimit)
		if err != nil && ctx.Err() == nil {
			r.Log.Warn("claiming mails failed; trying again", "error", err)
		}
		if len(claimed) > 0 {
			r.claims.add(claimed[0].Claim)
			r.sendMails(ctx, workCtx, claimed)
			r.claims.remove(claimed[0].Claim)
		}
		if len(claimed) < mailsLimit && !r.pause(ctx, mailsEvery) || ctx.Err() != nil {
			return
		}
	}
}

// sendMails sends one claim's mails over one connection. What was not begun when ctx ends goes back.
func (r *Runner) sendMails(ctx, workCtx context.Context, claimed []store.ClaimedMail) {
	var waiting []store.ClaimedMail
	for _, m := range claimed {
		switch {
		case m.HandedAt != nil: // whoever had it died in the moment of handing it over
			r.endMail(workCtx, &m, store.MailFinish{Status: models.MailUnsure, Error: (&models.RunError{Key: "mail.error.stopped"}).Encode()})
		case m.Starts > store.MaxStarts:
			r.endMail(workCtx, &m, store.MailFinish{Status: models.MailFailed, Error: (&models.RunError{Key: "mail.error.crashed"}).Encode()})
		default:
			waiting = append(waiting, m)
		}
	}
	var c *mail.Connection
	defer func() {
		if c != nil {
			c.Close()
		}
	}()
	for i := range waiting {
		m := &waiting[i]
		if ctx.Err() != nil || i > 0 && !r.pause(ctx, r.mailsPause) {
			r.endMail(workCtx, m, store.MailFinish{Status: models.MailQueued})
			continue
		}
		if c == nil {
			var err error
			if c, err = r.Mail.Dial(workCtx); err != nil {
				c.Close()
				for j := range waiting[i:] { // nobody answers: the others would only wait for the same
					r.putOff(workCtx, &waiting[i+j], err, true)
				}
				c = nil
				return
			}
		}
		if !r.sendMail(workCtx, c, m) {
			c.Close()
			c = nil
		}
	}
}

// sendMail hands one mail over and writes down what became of it. It returns false when the connection is of no more use.
func (r *Runner) sendMail(ctx context.Context, c *mail.Connection, m *store.ClaimedMail) bool {
	may, err := r.Store.HandMail(ctx, m)
	if err != nil {
		r.Log.Warn("a mail could not be handed over", "mail", m.ID, "error", err)
		r.endMail(ctx, m, store.MailFinish{Status: models.MailQueued})
		return true
	}
	if !may {
		r.endMail(ctx, m, store.MailFinish{Status: models.MailCanceled})
		return true
	}
	m.Tries++
	err = c.Send(ctx, &m.Mail)
	switch mail.Judge(err) {
	case mail.Sent:
		r.Log.Info("mail sent", "mail", m.ID, "kind", m.Kind, "try", m.Tries)
		r.endMail(ctx, m, store.MailFinish{Status: models.MailSent})
		return true
	case mail.Refused:
		r.endMail(ctx, m, store.MailFinish{Status: models.MailFailed, Error: r.Mail.Explain(err).Encode()})
		return true
	case mail.Unsure:
		r.endMail(ctx, m, store.MailFinish{Status: models.MailUnsure, Error: r.Mail.Explain(err).Encode()})
		return false
	}
	if ctx.Err() != nil { // broken off by the end of the program, before the mail was whole
		r.endMail(ctx, m, store.MailFinish{Status: models.MailQueued})
		return false
	}
	r.putOff(ctx, m, err, false)
	return false
}

// putOff has a mail tried again after its next pause, or lets it fail after the last one. uncounted says that the store has
// not counted the try.
func (r *Runner) putOff(ctx context.Context, m *store.ClaimedMail, err error, uncounted bool) { //nolint:revive // the flag is a fact about the try
	if uncounted {
		m.Tries++
	}
	f := store.MailFinish{Status: models.MailFailed, Error: r.Mail.Explain(err).Encode(), Tried: uncounted}
	if m.Tries <= len(mailDelays) {
		f.Status, f.Until = models.MailQueued, r.Clock.Now().Add(mailDelays[m.Tries-1])
	}
	r.endMail(ctx, m, f)
}

// endMail writes down what became of a mail, also when the program is stopping: what was sent must not be sent again.
func (r *Runner) endMail(ctx context.Context, m *store.ClaimedMail, f store.MailFinish) {
	ctx = context.WithoutCancel(ctx)
	for try := 1; ; try++ {
		err := r.Store.FinishMail(ctx, m, f)
		if err == nil {
			break
		}
		r.Log.Warn("recording a mail failed; trying again", "mail", m.ID, "error", err)
		if try == 5 || !r.pause(ctx, time.Duration(try)*200*time.Millisecond) {
			return // the claim goes stale, and whoever takes it finds that it was handed over
		}
	}
	if f.Status == models.MailFailed || f.Status == models.MailUnsure {
		r.Log.Warn("mail not sent", "mail", m.ID, "kind", m.Kind, "status", f.Status, "try", m.Tries)
	}
}
