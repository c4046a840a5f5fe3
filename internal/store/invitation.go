package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm/clause"

	"surveyflow/models"
)

// InvitationAsk asks for one invitation. What is empty of the person is taken from the contact.
type InvitationAsk struct {
	Contact *models.Contact // whom; nil for an address that is in no list, which Person names then
	Person  *models.Person  // what the call says of them, over what the contact says; nil for nothing
	// Crk is the response key that the caller gives it, of up to models.CrkMaxLength characters; empty means that one is made.
	Crk string
	// Fields are what the call passes: referrer, custom1 … custom8. They are laid over the contact's and stay with this
	// invitation alone.
	Fields map[string]string
	// DueAt is when its mail is to leave at the earliest; zero means at once. Schedule and dates of collector and survey come
	// on top of it.
	DueAt time.Time
	// Reminders are the pauses before each reminder, after the mail before; nil means those of the collector, an empty slice none.
	Reminders []time.Duration
}

// InvitationOutcome is what became of an ask.
type InvitationOutcome struct {
	Invitation models.Invitation
	Existed    bool // the same call had been made before: it is the invitation of that
}

// fingerprint gives what the call passed, in one short text: the same values in any order give the same.
func (k *InvitationAsk) fingerprint() (string, error) {
	said := struct {
		Person *models.Person    `json:"person,omitempty"`
		Fields map[string]string `json:"fields,omitempty"`
	}{k.Person, map[string]string{}}
	for name, value := range k.Fields {
		if value != "" {
			said.Fields[name] = value
		}
	}
	if p := k.Person; p != nil {
		same := *p
		same.Email = models.EmailKey(same.Email)
		said.Person = &same
	}
	text, err := models.MarshalJSON(said)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// Invite adds invitations to an e-mail collector that the actor may edit, in one transaction or as a part of the open one. Of an
// open collector each is let through at once and its mail leaves by itself; of a closed one it is held and waits until the
// collector takes answers. Who opted out, whose mail bounced, or who was asked too often by the rules of frequency is held
// with the reason.
//
// A response key that the collector has is the same invitation when the same values came with it (Existed), and
// models.CodeConflict "invitation.error.crk_used" with others: nothing is stored then. models.CodeInvalid when the collector is
// a link, or a key is too long; models.CodeNotFound when it is not there for the actor.
func (s *Store) Invite(ctx context.Context, a models.Actor, collectorID string, asks ...InvitationAsk) ([]InvitationOutcome, error) {
	var out []InvitationOutcome
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		c, v, err := tx.collectorLocked(ctx, a.OrgID, collectorID)
		if err != nil {
			return err
		}
		if _, err := tx.SurveyToEdit(ctx, a, c.SurveyID); err != nil {
			return err
		}
		if c.Type != models.CollectorEmail {
			return models.Invalid(models.Field("collectorId", "invitation.error.link_collector"))
		}
		in := &inviting{store: tx, collector: c, survey: v, now: s.clock.Now()}
		known, err := in.known(ctx, asks)
		if err != nil {
			return err
		}
		out, err = in.ask(ctx, asks, known)
		return err
	})
	return out, err
}

// InviteCalled is [Store.Invite] as a part of the transaction in which [Store.CalledBefore] has told that none of the keys is known,
// for who calls the collector and has just put the contacts into its list.
func (s *Store) InviteCalled(ctx context.Context, orgID, collectorID string, asks []InvitationAsk) ([]InvitationOutcome, error) {
	c, v, err := s.collectorLocked(ctx, orgID, collectorID)
	switch {
	case err != nil:
		return nil, err
	case v.DeletedAt != nil:
		return nil, models.NotFound("error.not_found")
	}
	in := &inviting{store: s, collector: c, survey: v, now: s.clock.Now(), contacts: make(map[string]*models.Contact, len(asks))}
	for i := range asks {
		if k := asks[i].Contact; k != nil {
			in.contacts[k.ID] = k
		}
	}
	return in.ask(ctx, asks, make(map[string]*models.Invitation, len(asks)))
}

// collectorLocked reads a collector and its survey. On PostgreSQL neither can be opened or closed before the transaction ends:
// who opens a collector finds either the invitation or the contact that gets one.
func (s *Store) collectorLocked(ctx context.Context, orgID, id string) (*models.Collector, *models.Survey, error) {
	var c models.Collector
	share := ""
	if s.dialect == postgres {
		share = " FOR SHARE"
	}
	r := s.read(ctx).Raw("SELECT * FROM collectors WHERE id = ? AND org_id = ? AND deleted_at IS NULL"+share, id, orgID).Scan(&c)
	if err := found(r, "read collector"); err != nil {
		return nil, nil, err
	}
	v, err := s.surveyLocked(ctx, c.SurveyID)
	return &c, v, err
}

// surveyLocked reads a survey, without its draft, that must not be opened or closed before the transaction ends.
func (s *Store) surveyLocked(ctx context.Context, id string) (*models.Survey, error) {
	var v models.Survey
	db := s.read(ctx).Omit("draft").Where("id = ?", id)
	if s.dialect == postgres {
		db = db.Clauses(clause.Locking{Strength: "SHARE"})
	}
	if err := db.Take(&v).Error; err != nil {
		return nil, fault("read survey", err)
	}
	return &v, nil
}

// inviting is one transaction that adds invitations to a collector, or lets held ones through.
type inviting struct {
	store     *Store
	collector *models.Collector
	survey    *models.Survey
	now       time.Time
	org       *models.Organisation       // its rules of frequency; read when they are needed
	contacts  map[string]*models.Contact // that this transaction has read or written, by their ids; others are read when they are needed
}

// ask makes the invitations that were asked for; known are those whose keys the collector has.
func (in *inviting) ask(ctx context.Context, asks []InvitationAsk, known map[string]*models.Invitation) ([]InvitationOutcome, error) {
	out := make([]InvitationOutcome, len(asks))
	var fresh []*models.Invitation
	for i := range asks {
		inv, err := in.invitation(&asks[i])
		if err != nil {
			return nil, err
		}
		if old := known[inv.Crk]; old != nil {
			if old.Fingerprint != inv.Fingerprint {
				return nil, models.Conflict("invitation.error.crk_used", map[string]any{"Crk": inv.Crk})
			}
			out[i] = InvitationOutcome{Invitation: *old, Existed: true}
			continue
		}
		known[inv.Crk] = inv
		fresh = append(fresh, inv)
	}
	if err := in.admit(ctx, fresh); err != nil {
		return nil, err
	}
	if err := in.insert(ctx, fresh); err != nil {
		return nil, err
	}
	for i, n := 0, 0; i < len(out); i++ {
		if !out[i].Existed {
			out[i].Invitation = *fresh[n]
			n++
		}
	}
	return out, nil
}

// known reads the invitations whose keys the asks give. Who asks for the same key at the same time comes one after the other.
func (in *inviting) known(ctx context.Context, asks []InvitationAsk) (map[string]*models.Invitation, error) {
	var keys, turns []string
	for i := range asks {
		if crk := asks[i].Crk; crk != "" {
			if len([]rune(crk)) > models.CrkMaxLength {
				return nil, models.Invalid(models.Field("crk", "invitation.error.crk_long", "Max", models.CrkMaxLength))
			}
			keys, turns = append(keys, crk), append(turns, "crk "+in.collector.ID+" "+crk)
		}
	}
	known := make(map[string]*models.Invitation, len(asks))
	if len(keys) == 0 {
		return known, nil
	}
	slices.Sort(turns)
	if err := in.store.turn(ctx, slices.Compact(turns)...); err != nil {
		return nil, err
	}
	var found []models.Invitation
	err := in.store.read(ctx).Raw(in.store.byKeys("invitations", "collector_id = ?", "crk"), models.JSON[[]string]{V: keys}, in.collector.ID).Scan(&found).Error
	if err != nil {
		return nil, fault("find invitations", err)
	}
	for i := range found {
		known[found[i].Crk] = &found[i]
	}
	return known, nil
}

// invitation makes the row that an ask asks for, before it is known whether it is let through.
func (in *inviting) invitation(k *InvitationAsk) (*models.Invitation, error) {
	sum, err := k.fingerprint()
	if err != nil {
		return nil, err
	}
	inv := &models.Invitation{
		ID: models.NewOrderedID(models.PrefixInvitation, in.now), OrgID: in.collector.OrgID, SurveyID: in.collector.SurveyID, CollectorID: in.collector.ID,
		Crk: k.Crk, Token: models.NewCapability(), Fingerprint: sum, StatusAt: in.now, CreatedAt: in.now, DistributionID: models.CollectorDistribution(in.collector.ID),
	}
	if inv.Crk == "" {
		inv.Crk = models.NewCapability()
	}
	fields := map[string]string{}
	if c := k.Contact; c != nil {
		inv.ContactID = &c.ID
		inv.SetPerson(c.Person())
		maps.Copy(fields, c.Fields.V)
	}
	if k.Person != nil {
		inv.SetPerson(k.Person)
		maps.Copy(fields, k.Person.Fields)
	}
	maps.Copy(fields, k.Fields)
	inv.Fields.V = fields
	due := in.collector.From(in.survey, in.now)
	if k.DueAt.After(due) {
		due = k.DueAt
	}
	inv.DueAt = &due
	if k.Reminders != nil {
		inv.RemindAfter.V = make([]int64, len(k.Reminders))
		for i, d := range k.Reminders {
			inv.RemindAfter.V[i] = int64(d / time.Second)
		}
	}
	return inv, nil
}

// hold keeps an invitation for a reason.
func hold(inv *models.Invitation, why models.HoldReason) {
	inv.Status, inv.Reason = models.InvitationHeld, why
	if inv.Paused = slices.Contains(models.WaitReasons, why); !inv.Paused {
		inv.DueAt = nil
	}
}

// admit decides of invitations whether they are let through, or held and why.
func (in *inviting) admit(ctx context.Context, all []*models.Invitation) error {
	outs, err := in.out(ctx, all)
	if err != nil {
		return err
	}
	waits := in.collector.Hold(in.survey, in.now)
	var free []*models.Invitation
	for _, inv := range all {
		switch why := outs[inv.ID]; {
		case inv.Email == "":
			hold(inv, models.HeldNoAddress)
		case why != "":
			hold(inv, why)
		case waits != "":
			hold(inv, waits)
		default:
			free = append(free, inv)
		}
	}
	return in.admitByRules(ctx, free)
}

// out tells who must not be written to: who opted out of the list or of everything, whose mail bounced, and who was deleted from
// the list.
func (in *inviting) out(ctx context.Context, all []*models.Invitation) (map[string]models.HoldReason, error) {
	hashes, ids := make([]string, 0, len(all)), make([]string, 0, len(all))
	for _, inv := range all {
		if inv.EmailHash != "" {
			hashes = append(hashes, inv.EmailHash)
		}
		if inv.ContactID != nil && in.contacts[*inv.ContactID] == nil {
			ids = append(ids, *inv.ContactID)
		}
	}
	var gone []string
	if len(hashes) > 0 {
		err := in.store.read(ctx).Model(&models.OptOut{}).Where("org_id = ? AND "+in.store.among("email_hash"), in.collector.OrgID, models.JSON[[]string]{V: hashes}).Pluck("email_hash", &gone).Error
		if err != nil {
			return nil, fault("read opt-outs", err)
		}
	}
	var contacts []models.Contact
	if len(ids) > 0 {
		err := in.store.read(ctx).Select("id", "opted_out_at", "bounced_at", "email_key").Where(in.store.among("id"), models.JSON[[]string]{V: ids}).Find(&contacts).Error
		if err != nil {
			return nil, fault("read contacts", err)
		}
	}
	everywhere := make(map[string]bool, len(gone))
	for _, h := range gone {
		everywhere[h] = true
	}
	of := make(map[string]*models.Contact, len(in.contacts)+len(contacts))
	maps.Copy(of, in.contacts)
	for i := range contacts {
		of[contacts[i].ID] = &contacts[i]
	}
	why := make(map[string]models.HoldReason, len(gone)+len(contacts))
	for _, inv := range all {
		if inv.ContactID != nil {
			switch c := of[*inv.ContactID]; {
			case c == nil:
				why[inv.ID] = models.HeldContactGone
			case c.OptedOutAt != nil:
				why[inv.ID] = models.HeldOptedOut
			case c.BouncedAt != nil && c.EmailKey == inv.EmailKey:
				why[inv.ID] = models.HeldBounced
			}
		}
		if everywhere[inv.EmailHash] {
			why[inv.ID] = models.HeldOptedOutOrg
		}
	}
	return why, nil
}

// admitByRules lets invitations through that the rules of frequency do not hold.
func (in *inviting) admitByRules(ctx context.Context, all []*models.Invitation) error {
	if len(all) == 0 {
		return nil
	}
	asked, err := in.asked(ctx, all)
	if err != nil {
		return err
	}
	for _, inv := range all {
		a := asked[inv.EmailHash]
		switch {
		case in.survey.InviteDays > 0 && a != nil && a.survey > 0:
			hold(inv, models.HeldSurveyRule)
			continue
		case in.org != nil && in.org.InviteMax > 0 && a != nil && a.all >= in.org.InviteMax:
			hold(inv, models.HeldOrgRule)
			continue
		}
		now := in.now
		inv.Status, inv.Reason, inv.Paused, inv.AskedAt = models.InvitationQueued, "", false, &now
		if a != nil {
			a.all++
			a.survey++
		}
	}
	return nil
}

// askedOften is how often a person was let through lately.
type askedOften struct{ all, survey int }

// asked counts how often the persons were let through in the days of the rules; nil where there are none. People with the same
// address are looked at one after the other.
func (in *inviting) asked(ctx context.Context, all []*models.Invitation) (map[string]*askedOften, error) {
	if in.org == nil {
		in.org = &models.Organisation{}
		if err := in.store.read(ctx).Select("id", "invite_max", "invite_days").Where("id = ?", in.collector.OrgID).Take(in.org).Error; err != nil {
			return nil, fault("read organisation", err)
		}
	}
	orgDays, surveyDays := in.org.InviteDays, in.survey.InviteDays
	if in.org.InviteMax == 0 {
		orgDays = 0
	}
	if orgDays == 0 && surveyDays == 0 {
		return nil, nil
	}
	asked := make(map[string]*askedOften, len(all))
	turns := make([]string, 0, len(all))
	for _, inv := range all {
		if asked[inv.EmailHash] == nil {
			asked[inv.EmailHash] = &askedOften{}
			turns = append(turns, "asked "+inv.EmailHash)
		}
	}
	slices.Sort(turns)
	if err := in.store.turn(ctx, turns...); err != nil {
		return nil, err
	}
	for _, rule := range []struct {
		days  int
		where string
		args  []any
		count func(*askedOften, int)
	}{
		{orgDays, "", nil, func(a *askedOften, n int) { a.all = n }},
		{surveyDays, " AND survey_id = ?", []any{in.survey.ID}, func(a *askedOften, n int) { a.survey = n }},
	} {
		if rule.days == 0 {
			continue
		}
		var rows []struct {
			EmailHash string
			N         int
		}
		since := in.now.Add(-time.Duration(rule.days) * 24 * time.Hour)
		args := append([]any{in.collector.OrgID, sortedKeys(asked), since}, rule.args...)
		err := in.store.read(ctx).Raw("SELECT email_hash, COUNT(*) AS n FROM invitations WHERE org_id = ? AND email_hash IN ? AND asked_at > ?"+rule.where+" GROUP BY email_hash", args...).Scan(&rows).Error
		if err != nil {
			return nil, fault("count invitations", err)
		}
		for _, r := range rows {
			rule.count(asked[r.EmailHash], r.N)
		}
	}
	return asked, nil
}

// insert writes new invitations. One for a contact of the list who has one is left out.
func (in *inviting) insert(ctx context.Context, all []*models.Invitation) error {
	if len(all) == 0 {
		return nil
	}
	err := in.store.InTx(ctx, func(ctx context.Context, tx *Store) error {
		b, err := tx.batch()
		if err != nil {
			return err
		}
		return b.insertInvitations(ctx, all)
	})
	if err != nil {
		return fault("add invitations", err)
	}
	in.store.signalWork()
	return nil
}

// InvitingCollector is an e-mail collector that invites whoever comes into its list now.
type InvitingCollector struct {
	models.Collector
	Survey models.Survey // without its draft; empty when the actor does not see it
	From   time.Time     // no mail leaves before
}

// InvitingCollectors lists the e-mail collectors that invite whoever comes into a list that the actor sees, in the order in which
// they were made.
func (s *Store) InvitingCollectors(ctx context.Context, a models.Actor, listID string) ([]InvitingCollector, error) {
	var all []models.Collector
	err := s.read(ctx).Where("list_id = ? AND org_id = ? AND type = ? AND deleted_at IS NULL", listID, a.OrgID, models.CollectorEmail).
		Order("created_at, id").Find(&all).Error
	if err != nil {
		return nil, fault("find collectors", err)
	}
	now := s.clock.Now()
	var out []InvitingCollector
	for _, c := range all {
		v := models.Survey{}
		if err := s.read(ctx).Omit("draft").Where("id = ?", c.SurveyID).Take(&v).Error; err != nil {
			return nil, fault("read survey", err)
		}
		if c.Hold(&v, now) != "" {
			continue
		}
		in := InvitingCollector{Collector: c, From: c.From(&v, now)}
		switch _, err := s.Survey(ctx, a, c.SurveyID); {
		case err == nil:
			in.Survey = v
		case models.ErrorCode(err) != models.CodeNotFound:
			return nil, err
		}
		out = append(out, in)
	}
	return out, nil
}

// InviteListed invites contacts who have just come into a list, through every e-mail collector of the list that takes answers
// now. It is part of the transaction that adds them; except names a collector through which one of them is invited by a call.
func (s *Store) InviteListed(ctx context.Context, orgID, listID string, contacts []*models.Contact, except string) error {
	if len(contacts) == 0 {
		return nil
	}
	var ids []string
	err := s.read(ctx).Model(&models.Collector{}).Where("list_id = ? AND org_id = ? AND deleted_at IS NULL", listID, orgID).Order("id").Pluck("id", &ids).Error
	if err != nil {
		return fault("find collectors", err)
	}
	for _, id := range ids {
		if id == except {
			continue
		}
		c, v, err := s.collectorLocked(ctx, orgID, id)
		switch {
		case models.ErrorCode(err) == models.CodeNotFound:
			continue
		case err != nil:
			return err
		}
		in := &inviting{store: s, collector: c, survey: v, now: s.clock.Now()}
		if c.Type != models.CollectorEmail || c.Hold(v, in.now) != "" {
			continue // who is in the list is invited when it opens
		}
		if _, err := in.listed(ctx, contacts); err != nil {
			return err
		}
	}
	return nil
}

// listed invites contacts of the collector's list; it gives how many of them are held.
func (in *inviting) listed(ctx context.Context, contacts []*models.Contact) (held int, err error) {
	all := make([]*models.Invitation, 0, len(contacts))
	for _, c := range contacts {
		inv, err := in.invitation(&InvitationAsk{Contact: c})
		if err != nil {
			return 0, err
		}
		inv.Listed = true
		all = append(all, inv)
	}
	if err := in.admit(ctx, all); err != nil {
		return 0, err
	}
	for _, inv := range all {
		if inv.Status == models.InvitationHeld {
			held++
		}
	}
	return held, in.insert(ctx, all)
}
