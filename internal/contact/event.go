package contact

import (
	"context"
	"sync"

	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// listener is a workflow that waits for new contacts.
type listener struct {
	store.ListWorkflow
	compiled *workflow.Compiled
}

// listeners keeps the workflows of an organisation as they were at a revision.
type listeners struct {
	mu    sync.Mutex
	byOrg map[string]listenersAt
}

type listenersAt struct {
	rev int64
	all []listener
}

// listening gives the workflows that wait for new contacts, as they are in the transaction of tx.
func (s *Service) listening(ctx context.Context, tx *store.Store, orgID string) ([]listener, error) {
	rev, err := tx.ListWorkflowRev(ctx, orgID)
	if err != nil {
		return nil, err
	}
	s.listeners.mu.Lock()
	known, ok := s.listeners.byOrg[orgID]
	s.listeners.mu.Unlock()
	if ok && known.rev == rev && len(known.all) == 0 {
		return nil, nil
	}
	// Whose list a workflow may hear of changes with its owner, which no revision counts: read anew where there are some.
	rows, err := tx.ListWorkflows(ctx, orgID)
	if err != nil {
		return nil, err
	}
	all := make([]listener, 0, len(rows))
	for _, r := range rows {
		c, err := workflow.Compile(r.ID, r.Version, r.Definition)
		if err != nil {
			return nil, err
		}
		all = append(all, listener{r, c})
	}
	s.listeners.mu.Lock()
	if s.listeners.byOrg == nil {
		s.listeners.byOrg = map[string]listenersAt{}
	}
	s.listeners.byOrg[orgID] = listenersAt{rev, all}
	s.listeners.mu.Unlock()
	return all, nil
}

// follow stores what follows from contacts that came into a list: events and runs of the workflows that wait for them. It is
// part of the transaction that adds them. It gives what started no run although it was meant to, to be recorded after that
// transaction.
func (s *Service) follow(ctx context.Context, tx *store.Store, l *models.ContactList, cause Cause, added []*models.Contact) ([]models.Refusal, error) {
	all, err := s.listening(ctx, tx, l.OrgID)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	waiting := make([]*workflow.Compiled, 0, len(all))
	for i := range all {
		if all[i].Sees(l) {
			waiting = append(waiting, all[i].compiled)
		}
	}
	var events []models.Event
	var runs []models.Run
	var refused []models.Refusal
	for _, c := range added {
		fact := workflow.Fact{
			Type: models.EventContactList, On: models.OnAdded, Org: l.OrgID, Contact: c.Person(), ContactID: c.ID, ListID: l.ID,
			Depth: cause.Depth, CauseRun: cause.Run, Now: s.clock.Now(),
		}
		event, begun, err := workflow.Plan(waiting, fact)
		if err != nil {
			return nil, err
		}
		refused = append(refused, workflow.Refused(waiting, fact)...)
		if event != nil {
			events, runs = append(events, *event), append(runs, begun...)
		}
	}
	if len(runs) == 0 {
		return refused, nil
	}
	return refused, tx.AddRuns(ctx, events, runs, nil)
}
