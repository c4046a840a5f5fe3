// Package trigger takes the events that other programs send to start a workflow (contract §5): it finds the workflow, checks
// who sends and what, and keeps the event before it is answered.
package trigger

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"surveyflow/internal/account"
	"surveyflow/internal/clock"
	"surveyflow/internal/secret"
	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

const (
	// recheck is how old what is kept of a trigger may be for who only looks. Who writes is checked by the store.
	recheck = 200 * time.Millisecond
	// accessValid is how long it is believed that somebody may edit a workflow, as long as a token is believed.
	accessValid = time.Second
	mostKept    = 5000
	staleTries  = 5
)

// Options are what the service needs.
type Options struct {
	Store  *store.Store
	Tokens *account.Tokens
	Sealer *secret.Sealer
	Clock  clock.Clock
	Log    *slog.Logger
}

// Service takes events. It is safe for concurrent use; make it with [New].
type Service struct {
	Options
	mu      sync.Mutex
	kept    map[string]*entry // by token, or by the id of the workflow
	allowed map[accessKey]time.Time
	rates   rates
}

type entry struct {
	live    *Live
	checked time.Time
}

type accessKey struct{ user, workflow string }

// New makes the service.
func New(o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Options: o, kept: map[string]*entry{}, allowed: map[accessKey]time.Time{}}
}

// Live is a workflow that waits for events, as it was at Rev. It is shared: nobody may change it.
type Live struct {
	ID        string
	OrgID     string
	Rev       int64
	Event     models.EventSpec
	surveyID  string
	on        bool
	compiled  *workflow.Compiled // nil before it was ever live
	secrets   models.TriggerSecrets
	capturing *time.Time // until when its owner listens for a sample
}

// Address names a workflow in one of the two forms that the contract has: by the token, or by the others together.
type Address struct {
	Token                                  string
	ContextID, UserID, BrandID, WorkflowID string
}

// Find gives the workflow at an address. models.CodeNotFound when there is none.
func (s *Service) Find(ctx context.Context, at Address) (*Live, error) {
	if at.Token != "" {
		return s.live(ctx, strings.ToLower(at.Token), "")
	}
	if !models.ValidID(models.PrefixWorkflow, at.WorkflowID) || !models.ValidID(models.PrefixUser, at.UserID) {
		return nil, errUnknown()
	}
	l, err := s.live(ctx, "", at.WorkflowID)
	if err != nil {
		return nil, err
	}
	if at.BrandID != l.OrgID || at.ContextID != l.ID && (at.ContextID == "" || at.ContextID != l.surveyID) {
		return nil, errUnknown()
	}
	return l, nil
}

func errUnknown() error { return models.NotFound("event.error.unknown") }

// live gives what is kept of a workflow, which may be up to 200 ms old.
func (s *Service) live(ctx context.Context, token, id string) (*Live, error) {
	if len(token) > 64 || token == "" && id == "" {
		return nil, errUnknown()
	}
	now := s.Clock.Now()
	s.mu.Lock()
	e := s.kept[token+id]
	due := e != nil && now.Sub(e.checked).Abs() >= recheck
	if due {
		e.checked = now // of several callers only the first asks
	}
	s.mu.Unlock()
	if e == nil {
		return s.load(ctx, token, id)
	}
	if !due {
		return e.live, nil
	}
	rev, err := s.Store.WorkflowRev(ctx, e.live.ID)
	if err == nil && rev == e.live.Rev {
		return e.live, nil
	}
	s.forget(token + id)
	if err != nil {
		return nil, unknown(err)
	}
	return s.load(ctx, token, id)
}

func (s *Service) forget(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.kept, key)
}

// unknown says of a workflow that is gone what is said of one that never was.
func unknown(err error) error {
	if models.ErrorCode(err) == models.CodeNotFound {
		return errUnknown()
	}
	return err
}

func (s *Service) load(ctx context.Context, token, id string) (*Live, error) {
	row, err := s.Store.LiveTrigger(ctx, token, id)
	if err != nil {
		return nil, unknown(err)
	}
	w := &row.Workflow
	l := &Live{
		ID: w.ID, OrgID: w.OrgID, Rev: w.LiveRev, Event: row.Definition.Event, on: w.Version > 0 && (w.Enabled || w.OffReason != ""),
		capturing: row.CaptureUntil,
	}
	if w.SurveyID != nil {
		l.surveyID = *w.SurveyID
	}
	if l.Event.Type != models.EventJSON {
		return nil, errUnknown()
	}
	if w.Version > 0 {
		if l.compiled, err = workflow.Compile(w.ID, w.Version, row.Definition); err != nil {
			return nil, err
		}
		if w.OffByItself() {
			l.compiled.Off = w.OffReason
		}
	}
	if l.secrets, err = OpenSecrets(ctx, s.Sealer, &row.Trigger); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) >= mostKept {
		clear(s.kept)
	}
	s.kept[token+id] = &entry{l, s.Clock.Now()}
	return l, nil
}

// Sent is an event on its way in.
type Sent struct {
	Payload  []byte // checked by [Parse]
	Key      string // a second event with the same one is the same event; empty for none
	Depth    int    // how many runs of ours have led to it
	CauseRun *string
}

// Taken says what became of an event.
type Taken struct {
	EventID  string
	Captured bool // its owner was listening for it
	Seen     bool // it had been sent before: nothing happened
	Runs     int
}

// Take keeps an event and starts the workflow's run with it, on disk before it returns. [RefusalError] says why not.
func (s *Service) Take(ctx context.Context, l *Live, in Sent) (Taken, error) {
	in.Payload = bytes.Clone(in.Payload) // the run may be handed over in memory and read it when the caller's buffer has another event
	now := s.Clock.Now()
	var t Taken
	if l.capturing != nil && now.Before(*l.capturing) {
		first, err := s.Store.Captured(ctx, l.ID, string(in.Payload))
		if err != nil {
			return t, err
		}
		t.Captured = first
	}
	if t.Captured && !l.on {
		return t, nil
	}
	if in.Depth > models.MaxChainDepth {
		return t, refuse(models.RefusedDepth, &models.Error{Code: models.CodeConflict, Key: "event.error.depth", Args: map[string]any{"Max": models.MaxChainDepth}})
	}
	for range staleTries {
		if !l.on {
			return t, refuse(models.RefusedDisabled, errUnknown())
		}
		event, runs, err := workflow.PlanSent(l.compiled, l.fact(in, now))
		if err != nil {
			return t, err
		}
		err = s.Store.Accept(&store.Acceptance{Event: event, Runs: runs, WorkflowRev: l.Rev})
		switch {
		case errors.Is(err, store.ErrSeen):
			t.Seen = true
			return t, nil
		case !errors.Is(err, store.ErrStale):
			t.EventID, t.Runs = event.ID, len(runs)
			return t, err
		}
		if l, err = s.load(ctx, "", l.ID); err != nil {
			return t, err
		}
	}
	return t, &models.Error{Code: models.CodeUnavailable, Key: "error.unavailable"}
}

func (l *Live) fact(in Sent, now time.Time) workflow.Fact {
	f := workflow.Fact{
		Type: models.EventJSON, Org: l.OrgID, SurveyID: l.surveyID, Payload: in.Payload, WorkflowID: &l.ID,
		Depth: in.Depth, CauseRun: in.CauseRun, Now: now,
	}
	if in.Key != "" {
		f.Dedupe = dedupe(l.ID, in.Key)
	}
	return f
}

// RefusalError says that an event did not start its workflow, for a reason that the workflow's owner is told.
type RefusalError struct {
	Reason models.RefusalReason
	Err    error // what the sender is told
}

func (r *RefusalError) Error() string {
	return "event refused: " + string(r.Reason) + ": " + r.Err.Error()
}

func (r *RefusalError) Unwrap() error { return r.Err }

// Refuse makes a [RefusalError].
func Refuse(reason models.RefusalReason, err error) error { return refuse(reason, err) }

func refuse(reason models.RefusalReason, err error) error { return &RefusalError{reason, err} }
