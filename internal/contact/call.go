package contact

import (
	"context"

	"surveyflow/internal/store"
	"surveyflow/models"
)

// Call is one call of a collector's webhook (contract §7, api.php): somebody to invite, with what was passed.
type Call struct {
	Contact models.Contact    // checked; merged into the collector's list by its address
	Crk     string            // never empty
	Fields  map[string]string // referrer, custom1 … custom8: of this invitation alone
}

// CallOutcome is what became of a call.
type CallOutcome struct {
	Invitation models.Invitation
	Existed    bool  // the same call had been made before
	Err        error // models.CodeConflict "invitation.error.crk_used": nothing was changed
}

func (c *Call) ask() store.InvitationAsk {
	return store.InvitationAsk{Person: c.Contact.Person(), Crk: c.Crk, Fields: c.Fields}
}

// PutCalls does what calls of one collector's webhook ask for, together in one transaction. Each has another key. A call whose
// key came with other values before drops out alone; when it returns an error, none was done: models.CodeNotFound when the
// collector, its survey or its list is gone.
func (s *Service) PutCalls(ctx context.Context, orgID, collectorID string, cause Cause, calls []Call) ([]CallOutcome, error) {
	var out []CallOutcome
	var refused []models.Refusal
	err := s.store.InKeyTx(ctx, func(ctx context.Context, tx *store.Store) error {
		out, refused = make([]CallOutcome, len(calls)), nil
		asks := make([]store.InvitationAsk, len(calls))
		for i := range calls {
			asks[i] = calls[i].ask()
		}
		before, err := tx.CalledBefore(ctx, collectorID, asks)
		if err != nil {
			return err
		}
		fresh := make([]int, 0, len(calls))
		for i, b := range before {
			switch {
			case b.Err != nil:
				out[i].Err = b.Err
			case b.Outcome != nil:
				out[i].Invitation, out[i].Existed = b.Outcome.Invitation, true
			default:
				fresh = append(fresh, i)
			}
		}
		if len(fresh) == 0 {
			return nil
		}
		refused, err = s.callFresh(ctx, tx, orgID, collectorID, cause, calls, asks, fresh, out)
		return err
	})
	if err == nil {
		s.store.NoteRefusals(refused) //nolint:contextcheck // what is noted of a stored fact outlives the request
	}
	return out, err
}

// callFresh does the calls at those indices, which were not made before.
func (s *Service) callFresh(ctx context.Context, tx *store.Store, orgID, collectorID string, cause Cause, calls []Call, asks []store.InvitationAsk, fresh []int, out []CallOutcome) ([]models.Refusal, error) {
	// Who calls may edit the collector's survey; its list comes with it, whoever owns that.
	l, err := tx.ListOfCollector(ctx, orgID, collectorID)
	if err != nil {
		return nil, err
	}
	writes, chosen := make([]store.ContactWrite, len(fresh)), make([]store.InvitationAsk, len(fresh))
	for n, i := range fresh {
		writes[n] = store.ContactWrite{Contact: calls[i].Contact, Merge: models.MergeEmail}
	}
	contacts, err := tx.PutContactsInto(ctx, l, writes)
	if err != nil {
		return nil, err
	}
	for n, i := range fresh {
		chosen[n] = asks[i]
		chosen[n].Contact = &contacts[n].Contact
	}
	invited, err := tx.InviteCalled(ctx, orgID, collectorID, chosen)
	if err != nil {
		return nil, err
	}
	for n, i := range fresh {
		out[i].Invitation = invited[n].Invitation
	}
	added := addedOf(contacts)
	if err := tx.InviteListed(ctx, orgID, l.ID, added, collectorID); err != nil || len(added) == 0 {
		return nil, err
	}
	return s.follow(ctx, tx, l, cause, added)
}
