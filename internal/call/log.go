package call

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"surveyflow/models"
)

const (
	// writeEvery is how often the log of calls is written: it waits for nobody, and nobody waits for it.
	writeEvery   = 500 * time.Millisecond
	purgeEvery   = time.Hour
	writeTimeout = 10 * time.Second
	// mostLogged is of how many collectors calls are kept between two writes.
	mostLogged = 1000
)

// recent are the calls that are to be written, no more of each collector than its log has.
type recent struct {
	mu    sync.Mutex
	calls map[string][]models.CollectorCall
}

// Note keeps what was answered to a call, for the log of its collector. Calls of which nobody knows whose they are leave no
// trace: anybody could fill the log.
func (s *Service) Note(t Taken, r *Request, status int, answer json.RawMessage) {
	if t.collector == nil {
		return
	}
	now := s.Clock.Now()
	c := models.CollectorCall{
		ID: models.NewOrderedID(models.PrefixCall, now), OrgID: t.collector.org, CollectorID: t.collector.id, TokenID: t.tokenID, Method: r.Method,
		Ignored: cut(strings.Join(r.Ignored, ", "), 200), Status: status, Answer: string(answer), EmailHash: models.HashEmail(r.Params["email"]), At: now,
	}
	c.Params.V = maps.Clone(r.Params)
	delete(c.Params.V, "cId")
	for name, value := range c.Params.V {
		c.Params.V[name] = cut(value, 500)
	}
	if t.Answer != nil {
		c.InvitationID = &t.Answer.Invitation.ID
	}
	s.recent.mu.Lock()
	defer s.recent.mu.Unlock()
	if s.recent.calls == nil || len(s.recent.calls) >= mostLogged {
		s.recent.calls = map[string][]models.CollectorCall{}
	}
	all := append(s.recent.calls[c.CollectorID], c)
	if len(all) >= 2*models.CallsKept {
		all = slices.Clone(all[len(all)-models.CallsKept:])
	}
	s.recent.calls[c.CollectorID] = all
}

func cut(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// take gives what is to be written.
func (r *recent) take() []models.CollectorCall {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []models.CollectorCall
	for _, calls := range r.calls {
		all = append(all, calls[max(0, len(calls)-models.CallsKept):]...)
	}
	r.calls = nil
	return all
}

// Flush writes the log of calls now.
func (s *Service) Flush(ctx context.Context) {
	if err := s.Store.RecordCalls(ctx, s.recent.take()); err != nil && ctx.Err() == nil {
		// A log that has a hole is no reason to refuse calls.
		s.Log.WarnContext(ctx, "could not write the log of calls", "error", err)
	}
}

// Run writes the log of calls, and once more when ctx ends. It returns then.
func (s *Service) Run(ctx context.Context) {
	write, purge := time.NewTicker(writeEvery), time.NewTicker(purgeEvery)
	defer write.Stop()
	defer purge.Stop()
	for {
		select {
		case <-write.C:
			s.Flush(ctx)
		case <-purge.C:
			if err := s.Store.PurgeCalls(ctx); err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "could not shorten the log of calls", "error", err)
			}
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
			defer cancel()
			s.Flush(last)
			return
		}
	}
}
