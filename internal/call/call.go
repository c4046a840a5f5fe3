// Package call takes the calls of collectors' webhooks: other systems add a person to a collector's contact list and have them
// invited to its survey (contract §3 and §7, api.php).
package call

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/singleflight"

	"surveyflow/internal/account"
	"surveyflow/internal/clock"
	"surveyflow/internal/contact"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// Why a call is refused before anything is looked at.
var (
	ErrNoToken     = &models.Error{Code: models.CodeInvalid, Key: "call.error.no_token"}
	errNoCollector = &models.Error{Code: models.CodeNotFound, Key: "call.error.no_collector"}
)

// Options are what the service needs.
type Options struct {
	Store    *store.Store
	Tokens   *account.Tokens
	Contacts *contact.Service
	Clock    clock.Clock
	Log      *slog.Logger
}

// Service takes calls. It is safe for concurrent use; make it with [New]. [Service.Run] must run beside it.
type Service struct {
	Options
	mu     sync.Mutex
	doors  map[doorKey]*door
	flight singleflight.Group
	gather gatherer
	recent recent
}

// New makes the service.
func New(o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{Options: o, doors: map[doorKey]*door{}}
	s.gather.put = o.Contacts.PutCalls
	return s
}

// Request is a call as it came in.
type Request struct {
	Token   string
	Params  map[string]string // by the names of models.CallParams; cleaned
	Ignored []string          // names that are no parameters
	Method  string
	Cause   contact.Cause // the run of ours that calls
}

// Answer says what became of a call that was taken: it is on disk.
type Answer struct {
	Invitation models.Invitation
	Existed    bool // the same call had been made before
}

// Held tells the reason when the invitation is held and nobody knows until when; empty when it leaves by itself, at once or
// when its collector opens.
func (a *Answer) Held() models.HoldReason {
	if a.Invitation.Status != models.InvitationHeld || slices.Contains(models.WaitReasons, a.Invitation.Reason) {
		return ""
	}
	return a.Invitation.Reason
}

// Taken is a call with what is known of it, for the log of its collector.
type Taken struct {
	Answer    *Answer
	collector *door // nil when nobody knows whose it is
	tokenID   string
}

// Take does what a call asks for; when it returns an answer, that is on disk. What is wrong is told with these codes:
// models.CodeInvalid (a parameter is missing or wrong, or a token that nobody has), models.CodeConflict (the key came with
// other values), models.CodeUnauthorized (a token that was revoked, or whose person is disabled), models.CodeNotFound (no such
// collector for the token), models.CodeThrottled.
func (s *Service) Take(ctx context.Context, r *Request) (Taken, error) {
	var t Taken
	if r.Token == "" {
		return t, ErrNoToken
	}
	caller, err := s.Tokens.Authenticate(ctx, r.Token)
	if err != nil {
		return t, err
	}
	t.tokenID = caller.Token.ID
	if err := s.Tokens.Limit(caller, models.CallRate, models.CallBurst); err != nil {
		return t, err
	}
	id := r.Params["cId"]
	if id == "" {
		return t, models.Invalid(models.Field("cId", "call.error.missing", "Name", "cId"))
	}
	if scope := caller.Token.Scope; scope != models.TokenScopeAll && scope != id || !models.ValidID(models.PrefixCollector, id) {
		return t, errNoCollector
	}
	a := caller.Actor()
	a.Wide = a.Role == models.RoleBrandAdmin
	if t.collector, err = s.door(ctx, a, id); err != nil {
		return t, err
	}
	t.Answer, err = s.take(ctx, t.collector, r)
	return t, err
}

// Try is [Service.Take] for somebody who tries the webhook on its page: it needs no token.
func (s *Service) Try(ctx context.Context, a models.Actor, r *Request) (Taken, error) {
	var t Taken
	var err error
	if t.collector, err = s.door(ctx, a, r.Params["cId"]); err != nil {
		return t, err
	}
	t.Answer, err = s.take(ctx, t.collector, r)
	return t, err
}

func (s *Service) take(ctx context.Context, d *door, r *Request) (*Answer, error) {
	if d.kind != models.CollectorEmail {
		return nil, &models.Error{Code: models.CodeInvalid, Key: "call.error.link_collector"}
	}
	c, err := d.call(r.Params)
	if err != nil {
		return nil, err
	}
	out, err := s.gather.do(d.org, d.id, r.Cause, c)  //nolint:contextcheck // many calls share a commit: none may take it away by ending
	if models.ErrorCode(err) == models.CodeNotFound { // deleted a moment ago, or its list was
		return nil, &models.Error{Code: models.CodeInvalid, Key: "call.error.no_list"}
	}
	if err != nil {
		return nil, err
	}
	return &Answer{Invitation: out.Invitation, Existed: out.Existed}, out.Err
}

// door is what is known of a collector that somebody may call. It is shared: nobody may change it.
type door struct {
	id, org   string
	kind      models.CollectorType
	languages []string // of its survey, BCP 47
	readAt    time.Time
}

type doorKey struct{ user, collector string }

const (
	// doorValid is how long it is believed that somebody may call a collector, as long as a token is believed.
	doorValid   = time.Second
	doorTimeout = 5 * time.Second
	mostDoors   = 5000
)

// door gives what is known of a collector: models.CodeNotFound for who may not edit its survey.
func (s *Service) door(ctx context.Context, a models.Actor, id string) (*door, error) {
	key, now := doorKey{a.UserID, id}, s.Clock.Now()
	s.mu.Lock()
	d := s.doors[key]
	s.mu.Unlock()
	if d != nil && now.Sub(d.readAt).Abs() < doorValid {
		return d, nil
	}
	// Of many calls at once one looks; none of them may take the answer away from the others by ending.
	looked := s.flight.DoChan(a.UserID+" "+id, func() (any, error) { return s.readDoor(context.WithoutCancel(ctx), a, key, now) })
	select {
	case <-ctx.Done():
		return nil, &models.Error{Code: models.CodeUnavailable, Key: "error.unavailable", Cause: ctx.Err()}
	case r := <-looked:
		d, _ = r.Val.(*door)
		return d, r.Err
	}
}

func (s *Service) readDoor(ctx context.Context, a models.Actor, key doorKey, now time.Time) (*door, error) {
	ctx, cancel := context.WithTimeout(ctx, doorTimeout)
	defer cancel()
	c, err := s.Store.CollectorToEdit(ctx, a, key.collector)
	switch models.ErrorCode(err) {
	case models.CodeNotFound, models.CodeForbidden:
		return nil, errNoCollector
	}
	if err != nil {
		return nil, err
	}
	d := &door{id: key.collector, org: c.OrgID, kind: c.Type, readAt: now}
	if d.languages, err = s.Store.SurveyLanguages(ctx, c.SurveyID); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.doors) >= mostDoors {
		clear(s.doors)
	}
	s.doors[key] = d
	return d, nil
}

// call checks what was passed.
func (d *door) call(p map[string]string) (contact.Call, error) {
	var c contact.Call
	var wrong []models.FieldError
	for _, param := range models.CallParams {
		if param.Required && p[param.Name] == "" {
			wrong = append(wrong, models.Field(param.Name, "call.error.missing", "Name", param.Name))
		}
	}
	if len(wrong) > 0 {
		return c, models.Invalid(wrong...)
	}
	if c.Crk = p["crk"]; utf8.RuneCountInString(c.Crk) > models.CrkMaxLength || strings.ContainsAny(c.Crk, "\r\n\t") {
		return c, models.Invalid(models.Field("crk", "invitation.error.crk_long", "Max", models.CrkMaxLength))
	}
	c.Contact = models.Contact{Email: p["email"], FirstName: p["firstName"], LastName: p["lastName"], Phone: p["phone"], Language: p["language"]}
	if err := contact.Check(&c.Contact); err != nil {
		return c, err
	}
	if l := c.Contact.Language; l != "" && !slices.ContainsFunc(d.languages, func(one string) bool { return strings.EqualFold(one, l) }) {
		return c, models.Invalid(models.Field("language", "call.error.language", "Language", l, "Languages", strings.Join(d.languages, ", ")))
	}
	c.Fields = map[string]string{}
	for _, name := range append([]string{"referrer"}, models.CustomFields...) {
		if v := p[name]; v != "" {
			if utf8.RuneCountInString(v) > models.ContactMaxField {
				return c, models.Invalid(models.Field(name, "call.error.long", "Name", name, "Max", models.ContactMaxField))
			}
			c.Fields[name] = v
		}
	}
	return c, nil
}
