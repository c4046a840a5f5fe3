package store

import (
	"context"
	"strings"

	"surveyflow/models"
)

// listsSeen spells which rows of a table of contact lists the actor sees: their own, shared ones, or all.
func listsSeen(a models.Actor, table string) (string, []any) {
	if a.SeesAll() {
		return table + ".org_id = ? AND " + table + ".deleted_at IS NULL", []any{a.OrgID}
	}
	return strings.ReplaceAll("t.org_id = ? AND t.deleted_at IS NULL AND (t.owner_id = ? OR t.shared)", "t.", table+"."), []any{a.OrgID, a.UserID}
}

// listAccess gives what the actor may do with a list that they see.
func listAccess(a models.Actor, l *models.ContactList) models.Access {
	if a.SeesAll() || l.OwnerID == a.UserID {
		return models.AccessOwn
	}
	return models.AccessEdit
}

// CreateContactList adds an empty list that belongs to the actor.
func (s *Store) CreateContactList(ctx context.Context, a models.Actor, l *models.ContactList) error {
	now := s.clock.Now()
	l.OrgID, l.OwnerID, l.CreatedAt, l.UpdatedAt, l.Access = a.OrgID, a.UserID, now, now, models.AccessOwn
	return fault("create contact list", s.write(ctx).Create(l).Error)
}

// ContactLists lists the contact lists that the actor sees, the newest first, each with the number of its contacts.
func (s *Store) ContactLists(ctx context.Context, a models.Actor, p Page) ([]models.ContactList, string, error) {
	db := seen(s.read(ctx), "contact_lists", a, listsSeen).Order("created_at DESC, id DESC").Limit(p.limit() + 1)
	if p.Before != "" {
		at, id, err := parseCursor(p.Before)
		if err != nil {
			return nil, "", err
		}
		db = db.Where("(created_at, id) < (?, ?)", at, id)
	}
	var all []models.ContactList
	if err := db.Find(&all).Error; err != nil {
		return nil, "", fault("list contact lists", err)
	}
	all, next := cut(all, p.limit(), func(l *models.ContactList) string { return cursor(l.CreatedAt, l.ID) })
	return all, next, s.fillLists(ctx, a, pointers(all)...)
}

// ContactList gives a list that the actor sees.
func (s *Store) ContactList(ctx context.Context, a models.Actor, id string) (*models.ContactList, error) {
	var l models.ContactList
	if err := seen(s.read(ctx), "contact_lists", a, listsSeen).Where("id = ?", id).Take(&l).Error; err != nil {
		return nil, fault("read contact list", err)
	}
	return &l, s.fillLists(ctx, a, &l)
}

// fillLists adds to lists what stands elsewhere.
func (s *Store) fillLists(ctx context.Context, a models.Actor, lists ...*models.ContactList) error {
	ids := make([]string, len(lists))
	for i, l := range lists {
		ids[i], l.Access = l.ID, listAccess(a, l)
	}
	var rows []struct {
		ListID string
		N      int64
	}
	err := s.read(ctx).Table("contact_counts").Select("list_id, CAST(SUM(n) AS BIGINT) AS n").Where("list_id IN ?", ids).Group("list_id").Scan(&rows).Error
	counts := make(map[string]int64, len(rows))
	for _, r := range rows {
		counts[r.ListID] = r.N
	}
	for _, l := range lists {
		l.Contacts = counts[l.ID]
	}
	return fault("count contacts", err)
}

// contactListToOwn is [Store.ContactList] for who is about to change the list itself.
func (s *Store) contactListToOwn(ctx context.Context, a models.Actor, id string) (*models.ContactList, error) {
	l, err := s.ContactList(ctx, a, id)
	if err != nil {
		return nil, err
	}
	return l, enough(l.Access, models.AccessOwn)
}

// SaveContactList writes name and sharing of a list.
func (s *Store) SaveContactList(ctx context.Context, a models.Actor, l *models.ContactList) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.contactListToOwn(ctx, a, l.ID); err != nil {
			return err
		}
		return fault("save contact list", tx.write(ctx).Model(&models.ContactList{}).Where("id = ?", l.ID).
			Updates(map[string]any{"name": l.Name, "shared": l.Shared, "updated_at": s.clock.Now()}).Error)
	})
}

// DeleteContactList removes a list from sight, and its contacts for good: see [Store.PurgeContacts].
func (s *Store) DeleteContactList(ctx context.Context, a models.Actor, id string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		l, err := tx.contactListToOwn(ctx, a, id)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		err = tx.write(ctx).Model(&models.ContactList{}).Where("id = ?", id).Updates(map[string]any{"deleted_at": now, "updated_at": now}).Error
		if err != nil {
			return fault("delete contact list", err)
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditListDelete, Object: id, Name: l.Name})
	})
}

// purgeContactsStep is how many contacts one transaction removes.
const purgeContactsStep = 500

// PurgeContacts removes contacts of lists that were deleted, a few hundred in a transaction. It gives how many; call it until
// it gives none.
func (s *Store) PurgeContacts(ctx context.Context) (int, error) {
	var ids []string
	err := s.read(ctx).Raw(`SELECT c.id FROM contacts c WHERE c.list_id IN (SELECT l.id FROM contact_lists l WHERE l.deleted_at IS NOT NULL) LIMIT ?`,
		purgeContactsStep).Scan(&ids).Error
	if err != nil || len(ids) == 0 {
		return 0, fault("find contacts of deleted lists", err)
	}
	return len(ids), s.InTx(ctx, func(ctx context.Context, tx *Store) error { return tx.removeContacts(ctx, ids) })
}

// removeContacts removes the rows of contacts; invitations and reminders that wait for them are held. Call it in a transaction,
// and count them yourself.
func (s *Store) removeContacts(ctx context.Context, ids []string) error {
	now := s.clock.Now()
	err := s.write(ctx).Exec(`UPDATE invitations SET due_at = NULL, paused = FALSE, reason = ?,
			status_at = CASE WHEN status = 'queued' THEN ? ELSE status_at END,
			asked_at = CASE WHEN sent_at IS NULL THEN NULL ELSE asked_at END,
			status = CASE WHEN sent_at IS NULL THEN 'held' ELSE status END
		WHERE contact_id IN ? AND due_at IS NOT NULL`, models.HeldContactGone, now, ids).Error
	if err != nil {
		return fault("hold invitations", err)
	}
	if err := s.write(ctx).Exec("DELETE FROM contact_tags WHERE contact_id IN ?", ids).Error; err != nil {
		return fault("remove tags", err)
	}
	return fault("remove contacts", s.write(ctx).Exec("DELETE FROM contacts WHERE id IN ?", ids).Error)
}

// ListForAPI gives the actor's list for contacts that the API adds to the directory, and makes it when there is none.
func (s *Store) ListForAPI(ctx context.Context, a models.Actor, name string) (*models.ContactList, error) {
	var l models.ContactList
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.turn(ctx, "list for the API of "+a.UserID); err != nil {
			return err
		}
		r := tx.read(ctx).Raw("SELECT * FROM contact_lists WHERE org_id = ? AND owner_id = ? AND made_for = ? AND deleted_at IS NULL", a.OrgID, a.UserID, models.MadeForAPI).Scan(&l)
		if r.Error != nil || r.RowsAffected > 0 {
			return fault("find list", r.Error)
		}
		l = models.ContactList{ID: models.NewID(models.PrefixList), Name: name, MadeFor: models.MadeForAPI}
		return tx.CreateContactList(ctx, a, &l)
	})
	return &l, err
}

// ContactTags lists tags that contacts of a list have, in their order, at most limit of them. It reads one row for each tag
// and not one for each contact.
func (s *Store) ContactTags(ctx context.Context, a models.Actor, listID string, limit int) ([]string, error) {
	if _, err := s.ContactList(ctx, a, listID); err != nil {
		return nil, err
	}
	var tags []string
	for after := ""; len(tags) < limit; {
		var next []string
		err := s.read(ctx).Raw("SELECT tag FROM contact_tags WHERE list_id = ? AND tag > ? ORDER BY tag LIMIT 1", listID, after).Scan(&next).Error
		if err != nil {
			return nil, fault("list tags", err)
		}
		if len(next) == 0 {
			break
		}
		after = next[0]
		tags = append(tags, after)
	}
	return tags, nil
}

// turn makes transactions that name the same thing follow one another. On SQLite they do so anyway. All locks are taken by one
// statement in one order, so that no two transactions wait for each other.
func (s *Store) turn(ctx context.Context, things ...string) error {
	if s.dialect != postgres || len(things) == 0 {
		return nil
	}
	err := s.write(ctx).Exec(`SELECT count(pg_advisory_xact_lock(h)) FROM (
		SELECT DISTINCT hashtextextended(t, 0) AS h FROM json_array_elements_text(CAST(? AS json)) AS t ORDER BY h) AS turns`, models.JSON[[]string]{V: things}).Error
	return fault("wait for one's turn", err)
}
