// Package contact is what keeping people to write to needs: the rules of a contact, the one way into a list with what
// follows from it, import and export, and what is kept and erased of a person.
package contact

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"surveyflow/internal/clock"
	"surveyflow/internal/qsf"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// Service keeps contacts. It is safe for concurrent use; make it with [New].
type Service struct {
	store     *store.Store
	clock     clock.Clock
	listeners listeners
}

// New makes the service over a store.
func New(s *store.Store, c clock.Clock) *Service { return &Service{store: s, clock: c} }

// Cause says what brought contacts into a list, for the chain of runs that lead to runs.
type Cause struct {
	Run   *string // the run whose task it was; nil for people and programs
	Depth int     // how many runs have led to it

	Silent bool // it starts no workflows
	Quiet  bool // it invites nobody; who opens a collector of the list later does
}

// Put brings contacts into a list of the actor's: each is checked, and added or merged by its rule. What follows from a new
// contact is stored in the same transaction; what of that was refused is recorded after it. models.CodeInvalid when one is not
// as it must be; nothing is stored then.
func (s *Service) Put(ctx context.Context, a models.Actor, listID string, cause Cause, writes ...store.ContactWrite) ([]store.ContactOutcome, error) {
	outcomes, _, err := s.put(ctx, a, listID, cause, nil, writes)
	return outcomes, err
}

// Invitation says through which e-mail collector a contact is invited who is brought into a list.
type Invitation struct {
	CollectorID string // any e-mail collector that the actor may edit
	// Ask says the rest; its Contact is set by [Service.PutInvited]. What the call gave belongs into Ask.Person, the address too:
	// by it the same call is known again.
	Ask store.InvitationAsk
}

// PutInvited brings one contact into a list as [Service.Put] does, and invites them through a collector, in one transaction. The
// errors are those of Put and of [store.Store.Invite]: after models.CodeConflict "invitation.error.crk_used" nothing was changed.
// Other open collectors of the list invite a new contact as ever.
func (s *Service) PutInvited(ctx context.Context, a models.Actor, listID string, cause Cause, w store.ContactWrite, inv Invitation) (*store.ContactOutcome, *store.InvitationOutcome, error) {
	outcomes, invited, err := s.put(ctx, a, listID, cause, &inv, []store.ContactWrite{w})
	if err != nil {
		return nil, nil, err
	}
	return &outcomes[0], invited, nil
}

func (s *Service) put(ctx context.Context, a models.Actor, listID string, cause Cause, inv *Invitation, writes []store.ContactWrite) ([]store.ContactOutcome, *store.InvitationOutcome, error) {
	for i := range writes {
		if err := Check(&writes[i].Contact); err != nil {
			return nil, nil, err
		}
		if !slices.Contains(models.MergeRules, writes[i].Merge) {
			return nil, nil, models.Invalid(models.Field("merge", "contact.error.merge"))
		}
	}
	var outcomes []store.ContactOutcome
	var refused []models.Refusal
	var invited *store.InvitationOutcome
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Store) (err error) {
		outcomes, invited, refused, err = s.putIn(ctx, tx, a, listID, cause, inv, writes)
		return err
	})
	if err == nil {
		s.store.NoteRefusals(refused) //nolint:contextcheck // what is noted of a stored fact outlives the request
	}
	return outcomes, invited, err
}

// addedOf gives the contacts that are new.
func addedOf(outcomes []store.ContactOutcome) []*models.Contact {
	added := make([]*models.Contact, 0, len(outcomes))
	for i := range outcomes {
		if outcomes[i].Result == models.ContactAdded {
			added = append(added, &outcomes[i].Contact)
		}
	}
	return added
}

// putIn is [Service.put] as a part of an open transaction, for contacts that were checked. It also gives what was refused of what
// follows.
func (s *Service) putIn(ctx context.Context, tx *store.Store, a models.Actor, listID string, cause Cause, inv *Invitation, writes []store.ContactWrite) ([]store.ContactOutcome, *store.InvitationOutcome, []models.Refusal, error) {
	l, err := tx.ContactList(ctx, a, listID)
	if err != nil {
		return nil, nil, nil, err
	}
	outcomes, err := tx.PutContacts(ctx, a, listID, writes)
	if err != nil {
		return nil, nil, nil, err
	}
	except := ""
	var invited *store.InvitationOutcome
	if inv != nil {
		except = inv.CollectorID
		ask := inv.Ask
		ask.Contact = &outcomes[0].Contact
		made, err := tx.Invite(ctx, a, inv.CollectorID, ask)
		if err != nil {
			return nil, nil, nil, err
		}
		invited = &made[0]
	}
	added := addedOf(outcomes)
	if !cause.Quiet {
		if err := tx.InviteListed(ctx, l.OrgID, listID, added, except); err != nil {
			return outcomes, invited, nil, err
		}
	}
	if len(added) == 0 || cause.Silent {
		return outcomes, invited, nil, nil
	}
	refused, err := s.follow(ctx, tx, l, cause, added)
	return outcomes, invited, refused, err
}

// Check cleans a contact: models.CodeInvalid says what is wrong with them.
func Check(c *models.Contact) error {
	wrong := models.CheckContact(c)
	c.Language = Language(c.Language)
	return models.Invalid(wrong...)
}

// Language gives a language code in the spelling of BCP 47: "EN" becomes "en", "pt-br" "pt-BR". What is none stays.
func Language(code string) string {
	if tag, ok := qsf.ParseLanguage(code); ok {
		return tag
	}
	return code
}

// CheckList cleans a list: models.CodeInvalid says what is wrong with it.
func CheckList(l *models.ContactList) error {
	l.Name = strings.TrimSpace(models.CleanText(l.Name))
	if l.Name == "" || len([]rune(l.Name)) > models.ContactListMaxName {
		return models.Invalid(models.Field("name", "contact.error.list_name", "Max", models.ContactListMaxName))
	}
	return nil
}

// Purge removes the contacts of lists that were deleted, until none is left or ctx ends.
func (s *Service) Purge(ctx context.Context, log *slog.Logger) {
	for ctx.Err() == nil {
		n, err := s.store.PurgeContacts(ctx)
		if err != nil && ctx.Err() == nil {
			log.Warn("removing contacts of deleted lists failed; trying again later", "error", err)
		}
		if err != nil || n == 0 {
			return
		}
	}
}
