package store

import (
	"context"
	"slices"
	"strings"

	"surveyflow/models"
)

// inviteStep is how many invitations or contacts one step of a job takes.
const inviteStep = 500

// InviteJob is a step of the job that follows the opening of an e-mail collector: first what is held is let through, then the
// contacts of the list are invited who have no invitation there. Its subject is the collector.
func InviteJob(ctx context.Context, tx *Store, j *models.Job) (JobNext, error) {
	c, v, err := tx.collectorLocked(ctx, j.OrgID, j.Subject)
	if models.ErrorCode(err) == models.CodeNotFound {
		return JobNext{Done: true}, nil
	}
	if err != nil {
		return JobNext{}, err
	}
	in := &inviting{store: tx, collector: c, survey: v, now: tx.clock.Now()}
	if c.Hold(v, in.now) != "" { // closed meanwhile: what is held stays so
		return JobNext{Done: true}, nil
	}
	if after, listing := strings.CutPrefix(j.Cursor, "list "); listing {
		return in.stepList(ctx, j, after)
	}
	return in.stepHeld(ctx, j)
}

// stepHeld lets some through of what waited.
func (in *inviting) stepHeld(ctx context.Context, j *models.Job) (JobNext, error) {
	var all []models.Invitation
	err := in.store.read(ctx).Where("collector_id = ? AND paused AND id > ?", in.collector.ID, j.Cursor).Order("id").Limit(inviteStep).Find(&all).Error
	if err != nil {
		return JobNext{}, fault("find held invitations", err)
	}
	if len(all) == 0 {
		j.Cursor = "list "
		return JobNext{}, nil
	}
	var held []*models.Invitation
	var reminders []string
	for i := range all {
		if all[i].Status == models.InvitationHeld {
			held = append(held, &all[i])
		} else {
			reminders = append(reminders, all[i].ID)
		}
	}
	if err := in.release(ctx, held); err != nil {
		return JobNext{}, err
	}
	if len(reminders) > 0 {
		if err := in.store.write(ctx).Exec("UPDATE invitations SET paused = FALSE WHERE id IN ?", reminders).Error; err != nil {
			return JobNext{}, fault("let reminders through", err)
		}
	}
	j.Cursor = all[len(all)-1].ID
	j.Done += int64(len(all))
	return JobNext{}, nil
}

// release decides anew of held invitations, and writes what came of it.
func (in *inviting) release(ctx context.Context, held []*models.Invitation) error {
	for _, inv := range held {
		due := in.collector.From(in.survey, in.now)
		if inv.DueAt != nil && inv.DueAt.After(due) {
			due = *inv.DueAt
		}
		inv.DueAt = &due
	}
	if err := in.admit(ctx, held); err != nil {
		return err
	}
	type outcome struct {
		status models.InvitationStatus
		reason models.HoldReason
		paused bool
	}
	groups := map[outcome][]*models.Invitation{}
	for _, inv := range held {
		key := outcome{inv.Status, inv.Reason, inv.Paused}
		groups[key] = append(groups[key], inv)
	}
	for key, group := range groups { // one statement for all that share an outcome and a time
		for len(group) > 0 {
			first := group[0]
			same, rest := []string{}, []*models.Invitation{}
			for _, inv := range group {
				if sameTime(inv.DueAt, first.DueAt) {
					same = append(same, inv.ID)
				} else {
					rest = append(rest, inv)
				}
			}
			err := in.store.write(ctx).Model(&models.Invitation{}).Where("id IN ?", same).Updates(map[string]any{
				"status": key.status, "reason": key.reason, "paused": key.paused, "due_at": first.DueAt, "asked_at": first.AskedAt, "status_at": in.now,
			}).Error
			if err != nil {
				return fault("let invitations through", err)
			}
			group = rest
		}
	}
	in.store.signalWork()
	return nil
}

// stepList invites some of the list.
func (in *inviting) stepList(ctx context.Context, j *models.Job, after string) (JobNext, error) {
	if in.collector.ListID == nil {
		return JobNext{Done: true}, nil
	}
	var all []models.Contact
	err := in.store.read(ctx).Where("list_id = ? AND id > ?", *in.collector.ListID, after).Order("id").Limit(inviteStep).Find(&all).Error
	if err != nil || len(all) == 0 {
		return JobNext{Done: true}, fault("read contacts", err)
	}
	j.Cursor = "list " + all[len(all)-1].ID
	j.Done += int64(len(all))
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].ID
	}
	var there []string
	err = in.store.read(ctx).Model(&models.Invitation{}).Where("contact_id IN ? AND collector_id = ?", ids, in.collector.ID).Pluck("contact_id", &there).Error
	if err != nil {
		return JobNext{}, fault("find invited contacts", err)
	}
	slices.Sort(there)
	fresh := make([]*models.Contact, 0, len(all))
	for i := range all {
		if _, invited := slices.BinarySearch(there, all[i].ID); !invited {
			fresh = append(fresh, &all[i])
		}
	}
	_, err = in.listed(ctx, fresh)
	return JobNext{}, err
}
