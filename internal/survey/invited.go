package survey

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"time"

	"surveyflow/internal/store"
	"surveyflow/models"
)

// Way is what a respondent brings to a link.
type Way struct {
	Slug   string   // of the collector
	Crk    string   // response key of a personal link …
	Secret string   // … and its unguessable part: without it the key opens nothing
	Pass   string   // what [Visit.Pass] gave after the password was right
	Tokens []string // of responses that the browser may go on with, the most trusted first
	Wishes Wishes
	// Trusted says that a program of the survey's people answers for somebody: the collector's password is not asked for.
	Trusted bool
}

// Personal reports whether the way names an invitation.
func (w Way) Personal() bool { return w.Crk != "" }

// Way gives what the visit was opened with, with the token of its response.
func (v *Visit) Way() Way {
	w := v.way
	w.Slug, w.Tokens = v.Collector.Slug, []string{v.Token.String()}
	return w
}

// OpensAt gives when a survey that is not open yet takes answers here.
func (v *Visit) OpensAt() time.Time {
	var at time.Time
	for _, t := range []*time.Time{v.Live.Survey.OpensAt, v.Collector.OpensAt} {
		if t != nil && t.After(at) {
			at = *t
		}
	}
	return at
}

// Again reports whether the same browser may answer once more.
func (v *Visit) Again() bool {
	if v.Invitation != nil {
		return v.Invitation.Repeatable
	}
	return v.Collector.Type != models.CollectorEmail && !v.Collector.Settings.V.OnePerBrowser
}

// CountsOpening reports whether the page should tell that the person has opened their link: see [Service.Opened].
func (v *Visit) CountsOpening() bool {
	return v.Invitation != nil && v.Invitation.OpenedAt == nil && v.Response == nil && v.Collector.Settings.V.TrackOpens && !v.anonymous()
}

// Opened notes that a person has opened their personal link, where the collector wants to know. It is for a request of the page
// itself: a look at a link counts as nothing (contract §7).
func (s *Service) Opened(ctx context.Context, v *Visit) error {
	if !v.CountsOpening() {
		return nil
	}
	return s.store.MarkOpened(ctx, v.Invitation.ID)
}

func (v *Visit) anonymous() bool { return v.Definition.Anonymous || v.Live.Definition.Anonymous }

// invite finds the invitation of a personal link. A key without its unguessable part opens nothing.
func (s *Service) invite(ctx context.Context, v *Visit) error {
	if v.way.Crk == "" || v.Collector.Type != models.CollectorEmail || len(v.way.Crk) > 4*models.CrkMaxLength {
		return nil
	}
	inv, err := s.store.InvitationByKey(ctx, v.Collector.ID, models.CleanText(v.way.Crk))
	switch {
	case models.ErrorCode(err) == models.CodeNotFound:
		return nil
	case err != nil:
		return err
	}
	if subtle.ConstantTimeCompare([]byte(inv.Token), []byte(v.way.Secret)) == 1 {
		v.Invitation = inv
	}
	return nil
}

// reinvite finds the invitation of a response that the browser remembers.
func (s *Service) reinvite(ctx context.Context, v *Visit, r *models.Response) error {
	if v.Invitation != nil || r.InvitationID == nil {
		return nil
	}
	inv, err := s.store.InvitationOf(ctx, *r.InvitationID)
	if models.ErrorCode(err) == models.CodeNotFound {
		return nil
	}
	v.Invitation = inv
	return err
}

// invitedToken is the token of the response that an invitation leads to: the same on every device. Of an anonymous survey there
// is none, since the response would follow from the invitation.
func invitedToken(inv *models.Invitation) Token {
	return Token{derivedID("respond", inv.Token), inv.Token}
}

// person gives who answers, as they were invited; nil for an anonymous survey.
func (v *Visit) person() *models.Person {
	if v.Invitation == nil || v.anonymous() {
		return nil
	}
	return v.Invitation.Person()
}

// carryInvited lays what came with the invitation over what the link passed: fields that the survey has, referrer and custom1 to
// custom8.
func (v *Visit) carryInvited() {
	if v.Invitation == nil || v.anonymous() {
		return
	}
	given := v.Invitation.Fields.V
	keep := func(name string) {
		if text := given[name]; text != "" {
			v.Fields[name] = text
		}
	}
	for _, f := range v.Definition.EmbeddedData {
		keep(f.Name)
	}
	for _, name := range linkFields {
		keep(name)
	}
}

// begun fills in what a new response has of its invitation.
func (v *Visit) begun(r *models.Response) {
	if v.Collector.Type == models.CollectorEmail {
		r.Channel = models.ChannelEmail
	}
	if v.Invitation != nil && !v.anonymous() {
		r.InvitationID = &v.Invitation.ID
		if !v.Invitation.Repeatable { // one answer for each key
			r.Crk = &v.Invitation.Crk
		}
	}
}

// progress says how far a response brings its invitation: nil when it begins nothing and ends nothing. Of an anonymous survey
// the invitation knows the day alone, and not which response it is.
func (v *Visit) progress(now time.Time) *store.InvitationProgress {
	r := v.Response
	if v.Invitation == nil || v.preview || r.State == models.ResponseInProgress && r.Rev > 1 {
		return nil
	}
	p := &store.InvitationProgress{ID: v.Invitation.ID, Status: models.InvitationStarted, At: moment(v.Definition, now)}
	if r.State == models.ResponseCompleted {
		p.Status, p.Over = models.InvitationFinished, true
	}
	if !v.anonymous() {
		p.ResponseID = &r.ID
	}
	return p
}

// CheckPassword gives what opens the collector of the visit for who typed its password: see Way.Pass. models.CodeInvalid when it
// is another, and models.CodeThrottled after many tries; who names whoever tries.
func (s *Service) CheckPassword(ctx context.Context, v *Visit, who, typed string) (string, error) {
	if v.Collector.PasswordHash == "" {
		return "", nil
	}
	if err := s.guesses.enter(v.Collector.ID+" "+who, s.clock.Now()); err != nil {
		return "", err
	}
	right, err := s.passwords.matches(ctx, typed, v.Collector.PasswordHash)
	if err != nil {
		return "", err
	}
	if !right {
		return "", models.Invalid(models.Field("password", "respond.password.wrong"))
	}
	s.guesses.forget(v.Collector.ID + " " + who)
	return passOf(v.Collector), nil
}

// HashPassword gives the password of a collector as it is kept.
func (s *Service) HashPassword(ctx context.Context, password string) (string, error) {
	return s.passwords.hash(ctx, password)
}

// passOf is what a browser keeps that knew the password. It follows from the hash, which nobody outside knows, and ends with it.
func passOf(c *models.Collector) string {
	sum := sha256.Sum256([]byte("pass\x00" + c.ID + "\x00" + c.PasswordHash))
	return hex.EncodeToString(sum[:])
}

func (v *Visit) knowsPassword() bool {
	return subtle.ConstantTimeCompare([]byte(v.way.Pass), []byte(passOf(v.Collector))) == 1
}
