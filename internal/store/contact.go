package store

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"surveyflow/models"
)

// ContactFilter chooses contacts of a list.
type ContactFilter struct {
	Search string // how the address, the name, the last name or the external reference begins
	Tag    string
	Out    bool // only those who opted out of the list
	ByID   bool // in the order of ids, as the API pages them; else the newest first
	Page
}

// The places that a search looks at, one after the other: whom an earlier one finds no later one gives again.
var contactSearches = []struct {
	column string
	typed  bool // is compared as it was typed and not in lower case
}{{"email_key", false}, {"name_key", false}, {"last_key", false}, {"external_ref", true}}

// Contacts lists contacts of a list that the actor sees, and gives the cursor of the next page. A search reads no more rows
// than it gives: each place that it looks at has an index.
func (s *Store) Contacts(ctx context.Context, a models.Actor, listID string, f ContactFilter) ([]models.Contact, string, error) {
	if _, err := s.ContactList(ctx, a, listID); err != nil {
		return nil, "", err
	}
	var all []models.Contact
	var next string
	var err error
	if f.Search != "" {
		all, next, err = s.searchContacts(ctx, listID, f)
	} else {
		all, next, err = s.listContacts(ctx, listID, f)
	}
	if err != nil {
		return nil, "", err
	}
	return all, next, s.fillContacts(ctx, a, pointers(all)...)
}

func (f ContactFilter) narrow(db *gorm.DB, listID string) *gorm.DB {
	db = db.Where("contacts.list_id = ?", listID)
	if f.Tag != "" {
		db = db.Where("EXISTS (SELECT 1 FROM contact_tags t WHERE t.list_id = contacts.list_id AND t.tag = ? AND t.contact_id = contacts.id)", f.Tag)
	}
	if f.Out {
		db = db.Where("contacts.opted_out_at IS NOT NULL")
	}
	return db
}

func (s *Store) listContacts(ctx context.Context, listID string, f ContactFilter) ([]models.Contact, string, error) {
	var all []models.Contact
	if f.Tag != "" && !f.Out { // by the index of tags, in the order of ids
		err := s.read(ctx).Raw(`SELECT c.* FROM contact_tags t JOIN contacts c ON c.id = t.contact_id
			WHERE t.list_id = ? AND t.tag = ? AND t.contact_id > ? ORDER BY t.contact_id LIMIT ?`, listID, f.Tag, f.Before, f.limit()+1).Scan(&all).Error
		all, next := cut(all, f.limit(), func(c *models.Contact) string { return c.ID })
		return all, next, fault("list contacts", err)
	}
	db := f.narrow(s.read(ctx), listID).Limit(f.limit() + 1)
	if f.ByID {
		db = db.Where("contacts.id > ?", f.Before).Order("contacts.id")
		err := db.Find(&all).Error
		all, next := cut(all, f.limit(), func(c *models.Contact) string { return c.ID })
		return all, next, fault("list contacts", err)
	}
	if f.Before != "" {
		at, id, err := parseCursor(f.Before)
		if err != nil {
			return nil, "", err
		}
		db = db.Where("(contacts.created_at, contacts.id) < (?, ?)", at, id)
	}
	err := db.Order("contacts.created_at DESC, contacts.id DESC").Find(&all).Error
	all, next := cut(all, f.limit(), func(c *models.Contact) string { return cursor(c.CreatedAt, c.ID) })
	return all, next, fault("list contacts", err)
}

// searchContacts goes through the places of a search until the page is full. The cursor names the place and, of its last
// contact, what was found and the id.
func (s *Store) searchContacts(ctx context.Context, listID string, f ContactFilter) ([]models.Contact, string, error) {
	place, after, id := searchCursor(f.Before)
	all := make([]models.Contact, 0, f.limit()+1)
	for ; place < len(contactSearches) && len(all) <= f.limit(); place++ {
		column := contactSearches[place].column
		db := f.narrow(s.read(ctx), listID)
		db = begins(db, column, f.wanted(place))
		if column == "external_ref" {
			db = db.Where("contacts.external_ref <> ''") // as its index says
		}
		for earlier := range place {
			db = beginsNot(db, contactSearches[earlier].column, f.wanted(earlier))
		}
		if id != "" {
			db = db.Where("(contacts."+column+", contacts.id) > (?, ?)", after, id)
		}
		var found []models.Contact
		err := db.Order("contacts." + column + ", contacts.id").Limit(f.limit() + 1 - len(all)).Find(&found).Error
		if err != nil {
			return nil, "", fault("search contacts", err)
		}
		if all = append(all, found...); len(all) > f.limit() {
			all = all[:f.limit()]
			last := &all[len(all)-1]
			return all, f.cursorOf(last), nil
		}
		after, id = "", ""
	}
	return all, "", nil
}

// wanted gives what a place must begin with.
func (f ContactFilter) wanted(place int) string {
	if contactSearches[place].typed {
		return f.Search
	}
	return strings.ToLower(f.Search)
}

// begins asks for a beginning by a range, which the index serves in any collation of the text.
func begins(db *gorm.DB, column, prefix string) *gorm.DB {
	return db.Where("contacts."+column+" >= ? AND contacts."+column+" < ?", prefix, prefix+lastRune)
}

func beginsNot(db *gorm.DB, column, prefix string) *gorm.DB {
	return db.Where("(contacts."+column+" < ? OR contacts."+column+" >= ?)", prefix, prefix+lastRune)
}

// lastRune sorts behind every character that a text goes on with.
const lastRune = "\U0010FFFF"

// cursorOf names the place of a found contact: that of the first search that finds them.
func (f ContactFilter) cursorOf(c *models.Contact) string {
	for place, text := range []string{c.EmailKey, c.NameKey, c.LastKey, c.ExternalRef} {
		if strings.HasPrefix(text, f.wanted(place)) {
			return strconv.Itoa(place) + "~" + c.ID + "~" + text
		}
	}
	return ""
}

func searchCursor(text string) (place int, after, id string) {
	number, rest, ok := strings.Cut(text, "~")
	id, after, cut := strings.Cut(rest, "~")
	place, err := strconv.Atoi(number)
	if !ok || !cut || err != nil || place < 0 || place >= len(contactSearches) {
		return 0, "", ""
	}
	return place, after, id
}

// DirectoryContacts lists the contacts of all lists that the actor sees, list by list, in the order of ids.
func (s *Store) DirectoryContacts(ctx context.Context, a models.Actor, p Page) ([]models.Contact, string, error) {
	list, id, _ := strings.Cut(p.Before, "~")
	sql, args := listsSeen(a, "l")
	db := s.read(ctx).Where("contacts.list_id IN (SELECT l.id FROM contact_lists l WHERE "+sql+")", args...)
	if p.Before != "" {
		db = db.Where("(contacts.list_id, contacts.id) > (?, ?)", list, id)
	}
	var all []models.Contact
	if err := db.Order("contacts.list_id, contacts.id").Limit(p.limit() + 1).Find(&all).Error; err != nil {
		return nil, "", fault("list contacts", err)
	}
	all, next := cut(all, p.limit(), func(c *models.Contact) string { return c.ListID + "~" + c.ID })
	return all, next, s.fillContacts(ctx, a, pointers(all)...)
}

// CountDirectory counts the contacts of all lists that the actor sees.
func (s *Store) CountDirectory(ctx context.Context, a models.Actor) (int64, error) {
	sql, args := listsSeen(a, "l")
	var n int64
	err := s.read(ctx).Raw("SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM contact_counts WHERE list_id IN (SELECT l.id FROM contact_lists l WHERE "+sql+")", args...).Scan(&n).Error
	return n, fault("count contacts", err)
}

// Contact gives a contact of a list that the actor sees.
func (s *Store) Contact(ctx context.Context, a models.Actor, id string) (*models.Contact, error) {
	var c models.Contact
	sql, args := listsSeen(a, "l")
	err := s.read(ctx).Where("contacts.id = ?", id).Where("EXISTS (SELECT 1 FROM contact_lists l WHERE l.id = contacts.list_id AND "+sql+")", args...).Take(&c).Error
	if err != nil {
		return nil, fault("read contact", err)
	}
	return &c, s.fillContacts(ctx, a, &c)
}

// fillContacts adds to contacts whether their person opted out of everything.
func (s *Store) fillContacts(ctx context.Context, a models.Actor, all ...*models.Contact) error {
	var hashes []string
	for _, c := range all {
		if c.EmailHash != "" {
			hashes = append(hashes, c.EmailHash)
		}
	}
	if len(hashes) == 0 {
		return nil
	}
	var outs []models.OptOut
	err := s.read(ctx).Where("org_id = ? AND email_hash IN ?", a.OrgID, hashes).Find(&outs).Error
	since := make(map[string]time.Time, len(outs))
	for _, o := range outs {
		since[o.EmailHash] = o.CreatedAt
	}
	for _, c := range all {
		if at, out := since[c.EmailHash]; out {
			c.OptedOutOrg = &at
		}
	}
	return fault("read opt-outs", err)
}

// SetOptOut takes a contact out of their list, or back in.
func (s *Store) SetOptOut(ctx context.Context, a models.Actor, id string, out bool) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.Contact(ctx, a, id); err != nil {
			return err
		}
		var at *time.Time
		if now := s.clock.Now(); out {
			at = &now
		}
		return fault("opt contact out", tx.write(ctx).Model(&models.Contact{}).Where("id = ?", id).Update("opted_out_at", at).Error)
	})
}

// ClearBounce has a contact written to again although a mail to them came back.
func (s *Store) ClearBounce(ctx context.Context, a models.Actor, id string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.Contact(ctx, a, id); err != nil {
			return err
		}
		return fault("clear bounce", tx.write(ctx).Model(&models.Contact{}).Where("id = ?", id).Updates(map[string]any{"bounced_at": nil, "bounce_reason": ""}).Error)
	})
}

// SetOptOutOrg says whether anybody of the organisation may write to an address. A complaint outweighs what kept them out before.
func (s *Store) SetOptOutOrg(ctx context.Context, a models.Actor, email, source string, out bool) error {
	hash := models.HashEmail(email)
	if hash == "" {
		return models.Invalid(models.Field("email", "contact.error.email"))
	}
	if !out {
		return fault("take opt-out back", s.write(ctx).Where("org_id = ? AND email_hash = ?", a.OrgID, hash).Delete(&models.OptOut{}).Error)
	}
	return fault("opt out", s.write(ctx).Exec(`INSERT INTO opt_outs (org_id, email_hash, source, created_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (org_id, email_hash) DO UPDATE SET source = excluded.source WHERE excluded.source = ?`, a.OrgID, hash, source, s.clock.Now(), models.OptOutComplaint).Error)
}

// Complained gives those of the addresses whose people complained to their mail provider about mail of the organisation.
func (s *Store) Complained(ctx context.Context, orgID string, emails []string) ([]string, error) {
	by := make(map[string]string, len(emails))
	for _, e := range emails {
		by[models.HashEmail(e)] = e
	}
	var hashes []string
	err := s.read(ctx).Model(&models.OptOut{}).Where("org_id = ? AND source = ? AND email_hash IN ?", orgID, models.OptOutComplaint, slices.Collect(maps.Keys(by))).
		Pluck("email_hash", &hashes).Error
	all := make([]string, len(hashes))
	for i, h := range hashes {
		all[i] = by[h]
	}
	return all, fault("find complaints", err)
}

// DeleteContacts removes contacts of one list that the actor sees. It gives how many were there.
func (s *Store) DeleteContacts(ctx context.Context, a models.Actor, listID string, ids ...string) (n int, err error) {
	err = s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		l, err := tx.ContactList(ctx, a, listID)
		if err != nil {
			return err
		}
		var there []string
		if err := tx.read(ctx).Model(&models.Contact{}).Where("list_id = ? AND id IN ?", listID, ids).Pluck("id", &there).Error; err != nil {
			return fault("find contacts", err)
		}
		if n = len(there); n == 0 {
			return nil
		}
		if err := tx.removeContacts(ctx, there); err != nil {
			return err
		}
		if err := tx.countContacts(ctx, listID, -n); err != nil {
			return err
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditContactDelete, Object: listID, Name: l.Name, Detail: models.Details("number", strconv.Itoa(n))})
	})
	return n, err
}
