package store

import (
	"cmp"
	"context"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"time"

	"gorm.io/gorm/clause"

	"surveyflow/models"
)

// ContactWrite is one contact on its way into a list.
type ContactWrite struct {
	Contact models.Contact // checked; what is empty leaves what a contact that is there has
	Merge   models.MergeRule
}

// ContactOutcome is what became of one.
type ContactOutcome struct {
	Contact models.Contact // as it is now
	Result  models.ContactResult
}

// contactShards is over how many rows the number of contacts of a list is spread.
const contactShards = 16

var (
	contactRow     = marks(21)
	insertContacts = &statement{
		postgres: `INSERT INTO contacts (` + newContactColumns + `)
			SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
				$11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::timestamptz[], $17::timestamptz[], $18::text[], $19::text[],
				$20::timestamptz[], $21::timestamptz[])`,
		sqlite: `INSERT INTO contacts (` + newContactColumns + `) VALUES ` + contactRow,
		row:    contactRow,
	}
)

const newContactColumns = `id, org_id, list_id, email, email_key, email_hash, first_name, last_name, name_key, last_key,
	phone, language, external_ref, fields, tags, opted_out_at, bounced_at, bounce_reason, dedupe, created_at, updated_at`

// PutContacts is the one write that brings contacts into a list: each is added, or merged into the one that the list has, by
// its rule. It is one transaction, or a part of the open one. What follows from a new contact (runs, invitations) belongs
// into the same: see contact.Service.Put.
//
// Writes about the same address or reference follow one another, so that two at the same time make one contact.
func (s *Store) PutContacts(ctx context.Context, a models.Actor, listID string, writes []ContactWrite) ([]ContactOutcome, error) {
	var outcomes []ContactOutcome
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		l, err := tx.ContactList(ctx, a, listID)
		if err != nil {
			return err
		}
		outcomes, err = tx.PutContactsInto(ctx, l, writes)
		return err
	})
	return outcomes, err
}

// PutContactsInto is [Store.PutContacts] into a list that the caller has read in the open transaction, and may write into.
func (s *Store) PutContactsInto(ctx context.Context, l *models.ContactList, writes []ContactWrite) ([]ContactOutcome, error) {
	outcomes := make([]ContactOutcome, len(writes))
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		p := &putting{store: tx, list: l, there: map[string]*models.Contact{}, fresh: map[string]int{}, had: map[string][]string{}}
		if err := p.find(ctx, writes); err != nil {
			return err
		}
		for i := range writes {
			outcomes[i] = p.put(&writes[i])
		}
		if err := p.insert(ctx); err != nil {
			return err
		}
		if err := p.update(ctx); err != nil {
			return err
		}
		for i := range outcomes { // several writes of one contact tell what it is in the end
			if c := p.there[outcomes[i].Contact.ID]; c != nil {
				outcomes[i].Contact = *c
			}
		}
		return nil
	})
	return outcomes, err
}

// putting is one transaction of [Store.PutContacts].
type putting struct {
	store *Store
	list  *models.ContactList
	there map[string]*models.Contact // by keys: "e" and address, "x" and reference, "d" and dedupe, and by id
	fresh map[string]int             // ids of new ones
	added []*models.Contact
	had   map[string][]string // ids of those that change, with the tags that they had
}

// mergeKey names what a write is merged by; empty when it is not.
func (w *ContactWrite) mergeKey() string {
	switch {
	case w.Merge == models.MergeEmail && w.Contact.EmailKey != "":
		return "e" + w.Contact.EmailKey
	case w.Merge == models.MergeExternal && w.Contact.ExternalRef != "":
		return "x" + w.Contact.ExternalRef
	}
	return ""
}

// find reads the contacts that the writes may be about.
func (p *putting) find(ctx context.Context, writes []ContactWrite) error {
	var emails, refs, dedupes, turns []string
	for i := range writes {
		writes[i].Contact.SetKeys()
		key := writes[i].mergeKey()
		switch {
		case key == "":
		case key[0] == 'e':
			emails = append(emails, key[1:])
		default:
			refs = append(refs, key[1:])
		}
		if key != "" {
			turns = append(turns, "contact "+p.list.ID+" "+key)
		}
		if d := writes[i].Contact.Dedupe; d != nil {
			dedupes = append(dedupes, *d)
			turns = append(turns, "contact "+*d)
		}
	}
	slices.Sort(turns) // in one order, so that no two transactions wait for each other
	if err := p.store.turn(ctx, slices.Compact(turns)...); err != nil {
		return err
	}
	for _, q := range []struct {
		column string
		values []string
		key    func(*models.Contact) string
	}{
		{"email_key", emails, func(c *models.Contact) string { return "e" + c.EmailKey }},
		{"external_ref", refs, func(c *models.Contact) string { return "x" + c.ExternalRef }},
		{"dedupe", dedupes, func(c *models.Contact) string { return "d" + *c.Dedupe }},
	} {
		if len(q.values) == 0 {
			continue
		}
		var found []models.Contact
		where := "list_id = ?"
		if q.column == "external_ref" { // as its index says
			where += " AND external_ref <> ''"
		}
		err := p.store.read(ctx).Raw(p.store.byKeys("contacts", where, q.column), models.JSON[[]string]{V: q.values}, p.list.ID).Scan(&found).Error
		if err != nil {
			return fault("find contacts", err)
		}
		// Sorted here: SQLite would go through the whole list to have them in this order.
		slices.SortFunc(found, func(a, b models.Contact) int {
			return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
		})
		for i := range found {
			c := &found[i]
			if same := p.there[c.ID]; same != nil {
				c = same
			}
			p.there[c.ID] = c
			if key := q.key(c); p.there[key] == nil { // of several with the same address, the oldest
				p.there[key] = c
			}
		}
	}
	return nil
}

// put decides what becomes of one write.
func (p *putting) put(w *ContactWrite) ContactOutcome {
	now := p.store.clock.Now()
	if d := w.Contact.Dedupe; d != nil && p.there["d"+*d] != nil { // the same fact again
		return ContactOutcome{Contact: *p.there["d"+*d], Result: models.ContactUnchanged}
	}
	key := w.mergeKey()
	old := p.there[key]
	if key == "" || old == nil {
		c := w.Contact
		c.ID, c.OrgID, c.ListID, c.CreatedAt, c.UpdatedAt = models.NewID(models.PrefixContact), p.list.OrgID, p.list.ID, now, now
		p.remember(&c)
		p.added = append(p.added, &c)
		p.fresh[c.ID] = len(p.added) - 1
		return ContactOutcome{Contact: c, Result: models.ContactAdded}
	}
	merged := mergeContact(*old, &w.Contact)
	if reflect.DeepEqual(merged, *old) {
		return ContactOutcome{Contact: *old, Result: models.ContactUnchanged}
	}
	merged.UpdatedAt = now
	if _, fresh := p.fresh[old.ID]; !fresh {
		if _, changes := p.had[old.ID]; !changes {
			p.had[old.ID] = old.Tags.V
		}
	}
	*old = merged
	p.remember(old)
	return ContactOutcome{Contact: merged, Result: models.ContactUpdated}
}

func (p *putting) remember(c *models.Contact) {
	p.there[c.ID] = c
	for key, known := range map[string]bool{"e" + c.EmailKey: c.EmailKey != "", "x" + c.ExternalRef: c.ExternalRef != ""} {
		if known && p.there[key] == nil {
			p.there[key] = c
		}
	}
	if c.Dedupe != nil {
		p.there["d"+*c.Dedupe] = c
	}
}

// mergeContact lays what a write says over a contact. Tags are added.
func mergeContact(c models.Contact, w *models.Contact) models.Contact {
	old := c.Email
	for _, f := range []struct {
		to   *string
		from string
	}{
		{&c.Email, w.Email}, {&c.FirstName, w.FirstName}, {&c.LastName, w.LastName}, {&c.Phone, w.Phone}, {&c.Language, w.Language}, {&c.ExternalRef, w.ExternalRef},
	} {
		if f.from != "" {
			*f.to = f.from
		}
	}
	if models.EmailKey(c.Email) == c.EmailKey { // another spelling of the same
		c.Email = old
	}
	fields := maps.Clone(c.Fields.V)
	if fields == nil {
		fields = map[string]string{}
	}
	maps.Copy(fields, w.Fields.V)
	c.Fields.V = fields
	tags := slices.Clone(c.Tags.V)
	for _, tag := range w.Tags.V {
		if !slices.Contains(tags, tag) && len(tags) < models.ContactMaxTags {
			tags = append(tags, tag)
		}
	}
	slices.Sort(tags)
	c.Tags.V = tags
	if c.OptedOutAt == nil { // nobody comes back in by being written again
		c.OptedOutAt = w.OptedOutAt
	}
	key := c.EmailKey
	if c.SetKeys(); c.EmailKey != key { // nothing is known of another address
		c.BouncedAt, c.BounceReason = nil, ""
	}
	return c
}

// insert writes the new contacts.
func (p *putting) insert(ctx context.Context) error {
	if len(p.added) == 0 {
		return nil
	}
	b, err := p.store.batch()
	if err != nil {
		return err
	}
	if err := b.insertContacts(ctx, p.added); err != nil {
		return fault("add contacts", err)
	}
	if err := p.store.addTags(ctx, p.added); err != nil {
		return err
	}
	return p.store.countContacts(ctx, p.list.ID, len(p.added))
}

func (b *batch) insertContacts(ctx context.Context, all []*models.Contact) error {
	fields, err := texts(all, func(c *models.Contact) any { return c.Fields.V })
	if err != nil {
		return err
	}
	tags, err := texts(all, func(c *models.Contact) any { return c.Tags.V })
	if err != nil {
		return err
	}
	type row = *models.Contact
	return b.each(ctx, insertContacts, len(all),
		column(all, func(c *row) string { return (*c).ID }), column(all, func(c *row) string { return (*c).OrgID }),
		column(all, func(c *row) string { return (*c).ListID }), column(all, func(c *row) string { return (*c).Email }),
		column(all, func(c *row) string { return (*c).EmailKey }), column(all, func(c *row) string { return (*c).EmailHash }),
		column(all, func(c *row) string { return (*c).FirstName }), column(all, func(c *row) string { return (*c).LastName }),
		column(all, func(c *row) string { return (*c).NameKey }), column(all, func(c *row) string { return (*c).LastKey }),
		column(all, func(c *row) string { return (*c).Phone }), column(all, func(c *row) string { return (*c).Language }),
		column(all, func(c *row) string { return (*c).ExternalRef }), fields, tags,
		column(all, func(c *row) *time.Time { return (*c).OptedOutAt }), column(all, func(c *row) *time.Time { return (*c).BouncedAt }),
		column(all, func(c *row) string { return (*c).BounceReason }), column(all, func(c *row) *string { return (*c).Dedupe }),
		column(all, func(c *row) time.Time { return (*c).CreatedAt }), column(all, func(c *row) time.Time { return (*c).UpdatedAt }))
}

// contactColumns are what changes of a contact that is written again.
var contactColumns = []string{
	"email", "email_key", "email_hash", "first_name", "last_name", "name_key", "last_key", "phone", "language", "external_ref", "fields", "tags",
	"opted_out_at", "bounced_at", "bounce_reason", "updated_at",
}

// update writes the contacts that were there and know more now, all with a few statements.
func (p *putting) update(ctx context.Context) error {
	if len(p.had) == 0 {
		return nil
	}
	var changed, tagged []*models.Contact
	var retagged []string
	for _, id := range sortedKeys(p.had) {
		c := p.there[id]
		changed = append(changed, c)
		if slices.Equal(c.Tags.V, p.had[id]) {
			continue
		}
		if tagged = append(tagged, c); len(p.had[id]) > 0 {
			retagged = append(retagged, id)
		}
	}
	// A contact that is not there any more must not come back by this: rows are locked first, and only those are written.
	var still []string
	lock := p.store.write(ctx).Model(&models.Contact{}).Where("id IN ?", sortedKeys(p.had)).Order("id")
	if p.store.dialect == postgres {
		lock = lock.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate})
	}
	if err := lock.Pluck("id", &still).Error; err != nil {
		return fault("save contacts", err)
	}
	gone := func(c *models.Contact) bool { _, there := slices.BinarySearch(still, c.ID); return !there }
	changed, tagged = slices.DeleteFunc(changed, gone), slices.DeleteFunc(tagged, gone)
	err := p.store.write(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.AssignmentColumns(contactColumns)}).
		CreateInBatches(changed, 500).Error
	if err != nil {
		return fault("save contacts", err)
	}
	if len(retagged) > 0 {
		if err := p.store.write(ctx).Exec("DELETE FROM contact_tags WHERE contact_id IN ?", retagged).Error; err != nil {
			return fault("tag contacts", err)
		}
	}
	return p.store.addTags(ctx, tagged)
}

// addTags writes the rows of the tags of contacts that have none.
func (s *Store) addTags(ctx context.Context, all []*models.Contact) error {
	var tags []models.ContactTag
	for _, c := range all {
		for _, tag := range c.Tags.V {
			tags = append(tags, models.ContactTag{ListID: c.ListID, Tag: tag, ContactID: c.ID})
		}
	}
	if len(tags) == 0 {
		return nil
	}
	return fault("tag contacts", s.write(ctx).CreateInBatches(tags, 1000).Error)
}

// tagContact writes the rows of a contact's tags; those of the tags that it had are given.
func (s *Store) tagContact(ctx context.Context, c *models.Contact, had []string) error {
	if slices.Equal(c.Tags.V, had) {
		return nil
	}
	if len(had) > 0 {
		if err := s.write(ctx).Exec("DELETE FROM contact_tags WHERE contact_id = ?", c.ID).Error; err != nil {
			return fault("tag contact", err)
		}
	}
	for _, tag := range c.Tags.V {
		if err := s.write(ctx).Exec("INSERT INTO contact_tags (list_id, tag, contact_id) VALUES (?, ?, ?)", c.ListID, tag, c.ID).Error; err != nil {
			return fault("tag contact", err)
		}
	}
	return nil
}

// countContacts adds to the number of contacts of a list.
func (s *Store) countContacts(ctx context.Context, listID string, n int) error {
	return fault("count contacts", s.write(ctx).Exec(`INSERT INTO contact_counts (list_id, shard, n) VALUES (?, ?, ?)
		ON CONFLICT (list_id, shard) DO UPDATE SET n = contact_counts.n + excluded.n`, listID, rand.IntN(contactShards), n).Error)
}

// writeContact writes a contact that is there, with its tags.
func (s *Store) writeContact(ctx context.Context, c *models.Contact) error {
	var had models.Contact
	if err := s.read(ctx).Select("tags").Where("id = ?", c.ID).Take(&had).Error; err != nil {
		return fault("save contact", err)
	}
	r := s.write(ctx).Model(&models.Contact{}).Where("id = ?", c.ID).Select("email", "email_key", "email_hash", "first_name", "last_name", "name_key", "last_key",
		"phone", "language", "external_ref", "fields", "tags", "updated_at").Updates(c)
	if err := found(r, "save contact"); err != nil {
		return err
	}
	return s.tagContact(ctx, c, had.Tags.V)
}

// SaveContact writes all that is known of a contact, which has been checked: what is empty is empty then. An address that
// another one takes the place of forgets that it bounced.
func (s *Store) SaveContact(ctx context.Context, a models.Actor, c *models.Contact) error {
	c.SetKeys()
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		old, err := tx.Contact(ctx, a, c.ID)
		if err != nil {
			return err
		}
		c.ListID, c.UpdatedAt = old.ListID, s.clock.Now()
		if err := tx.writeContact(ctx, c); err != nil || old.EmailKey == c.EmailKey || old.BouncedAt == nil {
			return err
		}
		return fault("save contact", tx.write(ctx).Model(&models.Contact{}).Where("id = ?", c.ID).
			Updates(map[string]any{"bounced_at": nil, "bounce_reason": ""}).Error)
	})
}
