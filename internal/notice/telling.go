package notice

import (
	"context"
	"strconv"
	"time"

	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// telling is what one note comes to.
type telling struct {
	person *models.User
	kind   models.NotificationKind
	args   map[string]any // of the notification
	href   string
	letter mail.Telling // nil where a mail has said it already
}

// key names what is told in the dedupe of notification and mail.
func key(n *models.SurveyNotice) string {
	return string(n.Kind) + "/" + n.SurveyID + "/" + strconv.FormatInt(n.ExpiresUS, 10)
}

// telling puts a note into words; nil when it does not hold any more.
func (s *Service) telling(ctx context.Context, tx *store.Store, n *models.SurveyNotice, f facts) (*telling, error) {
	now, system := s.Clock.Now(), models.SystemActor(n.OrgID)
	if n.Over(now) {
		return nil, nil
	}
	u, err := tx.User(ctx, system, n.UserID)
	if models.ErrorCode(err) == models.CodeNotFound || err == nil && u.DisabledAt != nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	v, err := tx.Survey(ctx, system, n.SurveyID)
	if models.ErrorCode(err) == models.CodeNotFound || err == nil && v.State != models.SurveyOpen {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	t := &telling{person: u, args: map[string]any{"Survey": v.Name}}
	if n.ExpiresUS != 0 {
		t.args["Until"] = n.Expires().Format(time.RFC3339)
	}
	if n.InvitationID != nil {
		return s.invited(ctx, tx, n, t)
	}
	err = tx.CheckAccess(ctx, u.Actor(models.ViaWeb), v.ID, models.AccessView)
	if models.ErrorCode(err) == models.CodeNotFound { // what was shared with them was taken back
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	t.href = link.SurveyStatistics(v.ID)
	if n.Kind == models.NoticeNewSurvey {
		t.kind = models.NotifySurveyOpened
		t.letter = mail.SurveyOpened{Survey: v.Name, SurveyID: v.ID, Until: n.Expires()}
		return t, nil
	}
	if models.ExpiresUS(v.ClosesAt) != n.ExpiresUS { // it closes at another time now, which has a note of its own
		return nil, nil
	}
	t.kind = models.NotifySurveyStatistics
	t.args["Responses"] = f.Completed + f.Partial
	t.letter = mail.SurveyStatistics{Survey: v.Name, SurveyID: v.ID, Until: n.Expires(), Figures: f.SurveyFigures, Median: f.median}
	return t, nil
}

// invited puts into words what is told to somebody who was invited.
func (s *Service) invited(ctx context.Context, tx *store.Store, n *models.SurveyNotice, t *telling) (*telling, error) {
	sent, err := tx.SentSurvey(ctx, t.person.Actor(models.ViaWeb), *n.InvitationID)
	if models.ErrorCode(err) == models.CodeNotFound || err == nil && sent.FinishedAt != nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	t.href = link.MySurvey(sent.ID)
	if n.Kind == models.NoticeNewSurvey { // the invitation itself is the mail
		t.kind = models.NotifyNewSurvey
		return t, nil
	}
	if models.ExpiresUS(sent.Until()) != n.ExpiresUS {
		return nil, nil
	}
	t.kind = models.NotifySurveyExpires
	t.letter = mail.SurveyExpires{Survey: sent.SurveyName, InvitationID: sent.ID, Owner: sent.Owner, Until: n.Expires(), Started: sent.StartedAt != nil}
	return t, nil
}

// facts are the figures of a survey with what has to be counted for them.
type facts struct {
	models.SurveyFigures
	median time.Duration // 0 when unknown
}

// figures are the facts of surveys that one look needs, by survey.
type figures map[string]facts

// figuresFor gives the facts that a note is told with. They are read before the transaction that tells it: they may be summed up on the
// way, which is kept.
func (s *Service) figuresFor(ctx context.Context, known figures, n *models.SurveyNotice) (facts, error) {
	if n.Kind != models.NoticeSurveyStatistics {
		return facts{}, nil
	}
	if f, ok := known[n.SurveyID]; ok {
		return f, nil
	}
	all, err := s.Store.SurveyFigures(ctx, n.SurveyID)
	if err != nil {
		return facts{}, err
	}
	f := facts{SurveyFigures: all[n.SurveyID]}
	v, err := s.Store.Survey(ctx, models.SystemActor(n.OrgID), n.SurveyID)
	if err == nil && f.Completed > 0 {
		r, err := s.Reports.Results(ctx, v)
		if err != nil {
			return facts{}, err
		}
		if r.Whole {
			f.median = r.Median
		}
	}
	known[n.SurveyID] = f
	return f, nil
}
