package store

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"surveyflow/models"
)

// PersonData is all that the organisation keeps about one address.
type PersonData struct {
	Email     string
	OptedOut  *models.OptOut
	Contacts  []models.Contact
	Runs      []models.Run   // that name them
	Events    []models.Event // of those runs
	Responses []models.Response
	Mails     []models.Mail // without what is sealed

	Invitations []models.Invitation
}

// most bounds what is read of one person; nobody has so much.
const mostOfPerson = 10_000

// PersonData reads all that is kept about an address. models.CodeForbidden for others than brand admins: it reaches into
// everybody's lists and surveys.
func (s *Store) PersonData(ctx context.Context, a models.Actor, email string) (*PersonData, error) {
	if !managesUsers(a) {
		return nil, forbidden()
	}
	d := &PersonData{Email: email}
	key, hash := models.EmailKey(email), models.HashEmail(email)
	if hash == "" {
		return nil, models.Invalid(models.Field("email", "contact.error.email"))
	}
	db := s.read(ctx)
	// That it is not empty is said for the index, which holds no others.
	if err := db.Where("org_id = ? AND email_hash = ? AND email_hash <> ''", a.OrgID, hash).Order("id").Limit(mostOfPerson).Find(&d.Contacts).Error; err != nil {
		return nil, fault("read contacts of a person", err)
	}
	var outs []models.OptOut
	if err := db.Where("org_id = ? AND email_hash = ?", a.OrgID, hash).Find(&outs).Error; err != nil {
		return nil, fault("read opt-out", err)
	}
	if len(outs) > 0 {
		d.OptedOut = &outs[0]
	}
	if err := db.Where("org_id = ? AND person_email = ?", a.OrgID, key).Order("id").Limit(mostOfPerson).Find(&d.Runs).Error; err != nil {
		return nil, fault("read runs of a person", err)
	}
	events := make([]string, len(d.Runs))
	for i, r := range d.Runs {
		events[i] = r.EventID
	}
	for part := range slices.Chunk(events, 500) {
		var some []models.Event
		if err := db.Where("org_id = ? AND id IN ?", a.OrgID, part).Find(&some).Error; err != nil {
			return nil, fault("read events of a person", err)
		}
		d.Events = append(d.Events, some...)
	}
	err := db.Omit("secret_sealed").Where("org_id = ? AND lower(to_address) = ?", a.OrgID, key).Order("id").Limit(mostOfPerson).Find(&d.Mails).Error
	if err != nil {
		return nil, fault("read mails to a person", err)
	}
	err = db.Where("org_id = ? AND email_hash = ?", a.OrgID, hash).Order("id").Limit(mostOfPerson).Find(&d.Invitations).Error
	if err != nil {
		return nil, fault("read invitations of a person", err)
	}
	d.Responses, err = s.responsesOfPerson(ctx, a, d)
	return d, err
}

// responsesOfPerson reads the responses that the person's runs were about, or that they were invited to.
func (s *Store) responsesOfPerson(ctx context.Context, a models.Actor, d *PersonData) ([]models.Response, error) {
	seen := map[string]bool{}
	for _, e := range d.Events {
		if e.ResponseID != nil {
			seen[*e.ResponseID] = true
		}
	}
	for i := range d.Invitations {
		if id := d.Invitations[i].ResponseID; id != nil {
			seen[*id] = true
		}
	}
	for i := range d.Invitations {
		inv := &d.Invitations[i]
		if !inv.Repeatable {
			continue
		}
		var ids []string // of all their answers: the invitation names the last
		if err := s.read(ctx).Model(&models.Response{}).Where("survey_id = ? AND invitation_id = ?", inv.SurveyID, inv.ID).Pluck("id", &ids).Error; err != nil {
			return nil, fault("read responses of a person", err)
		}
		for _, id := range ids {
			seen[id] = true
		}
	}
	var all []models.Response
	for part := range slices.Chunk(sortedKeys(seen), 500) {
		var some []models.Response
		if err := s.read(ctx).Where("org_id = ? AND id IN ?", a.OrgID, part).Find(&some).Error; err != nil {
			return nil, fault("read responses of a person", err)
		}
		all = append(all, some...)
	}
	return all, nil
}

// Erased counts what was removed of a person, or made anonymous.
type Erased struct {
	Contacts  int
	Responses int
	Runs      int
	Mails     int

	Invitations int
}

// ErasePerson removes an address and what is kept with it: contacts and mails are gone, responses, runs, events and invitations
// stay without anything that says whose they are. What was written for a while and may name them goes as well: mails and
// notifications to others, samples, requests to receivers, files of exports and imports. That the person opted out is still known, by the hash of the address, so that
// nobody writes to them again. models.CodeForbidden for others than brand admins; models.CodeConflict while a run about the
// person, or an import, is under way.
func (s *Store) ErasePerson(ctx context.Context, a models.Actor, email string) (Erased, error) {
	var e Erased
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		d, err := tx.PersonData(ctx, a, email)
		if err != nil {
			return err
		}
		e = Erased{Contacts: len(d.Contacts), Responses: len(d.Responses), Runs: len(d.Runs), Mails: len(d.Mails), Invitations: len(d.Invitations)}
		for _, r := range d.Runs {
			if r.Status == models.RunOpen {
				return models.Conflict("contact.error.runs_open", nil)
			}
		}
		if err := tx.eraseFiles(ctx, a.OrgID); err != nil {
			return err
		}
		if err := tx.eraseContacts(ctx, d.Contacts); err != nil {
			return err
		}
		if err := tx.eraseInvitations(ctx, d.Invitations); err != nil {
			return err
		}
		if err := tx.eraseRuns(ctx, d); err != nil {
			return err
		}
		if err := tx.eraseResponses(ctx, d.Responses, email); err != nil {
			return err
		}
		if err := tx.write(ctx).Exec("DELETE FROM collector_calls WHERE org_id = ? AND email_hash = ?", a.OrgID, models.HashEmail(email)).Error; err != nil {
			return fault("erase calls", err)
		}
		for _, m := range d.Mails {
			if err := tx.write(ctx).Exec("DELETE FROM queue WHERE id = ?", m.ID).Error; err != nil {
				return fault("erase mails", err)
			}
			if err := tx.write(ctx).Exec("DELETE FROM mails WHERE id = ?", m.ID).Error; err != nil {
				return fault("erase mails", err)
			}
		}
		if err := tx.eraseMentions(ctx, a.OrgID, email); err != nil {
			return err
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditContactErase, Detail: models.Details(
			"contacts", strconv.Itoa(e.Contacts), "responses", strconv.Itoa(e.Responses), "runs", strconv.Itoa(e.Runs), "mails", strconv.Itoa(e.Mails), "invitations", strconv.Itoa(e.Invitations))})
	})
	return e, err
}

func (s *Store) eraseContacts(ctx context.Context, all []models.Contact) error {
	lists := map[string][]string{}
	for _, c := range all {
		lists[c.ListID] = append(lists[c.ListID], c.ID)
	}
	for _, list := range sortedKeys(lists) {
		if err := s.removeContacts(ctx, lists[list]); err != nil {
			return err
		}
		if err := s.countContacts(ctx, list, -len(lists[list])); err != nil {
			return err
		}
	}
	return nil
}

// eraseRuns takes the person out of runs, their events, and what the runs' tasks sent and got.
func (s *Store) eraseRuns(ctx context.Context, d *PersonData) error {
	for _, r := range d.Runs {
		err := s.write(ctx).Exec("UPDATE runs SET person_name = NULL, person_last = NULL, person_email = NULL, error = '' WHERE id = ?", r.ID).Error
		if err != nil {
			return fault("erase runs", err)
		}
		if err := s.write(ctx).Exec("DELETE FROM attempt_secrets WHERE id IN (SELECT secret_id FROM attempts WHERE run_id = ?)", r.ID).Error; err != nil {
			return fault("erase attempts", err)
		}
		if err := s.write(ctx).Exec("UPDATE attempts SET outputs = NULL, exchange = NULL, error = NULL, secret_id = NULL WHERE run_id = ?", r.ID).Error; err != nil {
			return fault("erase attempts", err)
		}
	}
	for _, e := range d.Events {
		var snapshot models.Snapshot
		if err := json.Unmarshal([]byte(e.Payload), &snapshot); err != nil {
			snapshot = models.Snapshot{V: models.SnapshotVersion}
		}
		snapshot.Contact, snapshot.Payload, snapshot.Fields = nil, nil, nil
		if r := snapshot.Response; r != nil {
			r.IP = ""
		}
		text, err := models.MarshalJSON(snapshot)
		if err != nil {
			return err
		}
		if err := s.write(ctx).Exec("UPDATE events SET payload = ?, contact_id = NULL WHERE id = ?", string(text), e.ID).Error; err != nil {
			return fault("erase events", err)
		}
	}
	return nil
}

// eraseResponses leaves of responses what was answered, without what says who answered; their address in an answer is gone too.
func (s *Store) eraseResponses(ctx context.Context, all []models.Response, email string) error {
	address := regexp.MustCompile(`(?i)` + regexp.QuoteMeta(strings.TrimSpace(email)))
	for _, r := range all {
		err := s.write(ctx).Exec("UPDATE responses SET invitation_id = NULL, crk = NULL, token_hash = '', fields = '{}', ip = '', user_agent = '' WHERE id = ?", r.ID).Error
		if err != nil {
			return fault("erase responses", err)
		}
		text, err := models.MarshalJSON(r.Answers.V)
		if err != nil {
			return err
		}
		if clean := address.ReplaceAll(text, nil); len(clean) != len(text) {
			if err := s.write(ctx).Exec("UPDATE responses SET answers = ? WHERE id = ?", string(clean), r.ID).Error; err != nil {
				return fault("erase responses", err)
			}
		}
	}
	return nil
}

// eraseInvitations takes the person out of invitations, which stay for what they count. Those that nothing was sent for are gone.
func (s *Store) eraseInvitations(ctx context.Context, all []models.Invitation) error {
	for _, i := range all {
		var err error
		if i.Mails == 0 && i.ResponseID == nil && i.StartedAt == nil {
			err = s.write(ctx).Where("id = ?", i.ID).Delete(&models.Invitation{}).Error
		} else {
			err = s.write(ctx).Model(&models.Invitation{}).Where("id = ?", i.ID).Updates(map[string]any{
				"contact_id": nil, "crk": models.NewCapability(), "token": models.NewCapability(), "listed": false, "email": "", "email_key": "", "email_hash": "", "first_name": "", "last_name": "",
				"name_key": "", "phone": "", "external_ref": "", "fields": "{}", "fingerprint": "", "error": "", "due_at": nil, "paused": false, "response_id": nil,
			}).Error
		}
		if err != nil {
			return fault("erase invitations", err)
		}
	}
	return nil
}

// eraseFiles removes what jobs made and what was uploaded for imports, which nobody can look into for one person; all of it is
// kept for a day and can be made again. models.CodeConflict while an import is under way, which would bring the person back.
func (s *Store) eraseFiles(ctx context.Context, orgID string) error {
	var open int64
	err := s.read(ctx).Model(&models.Job{}).Where("org_id = ? AND status = ? AND kind IN ?", orgID, models.JobOpen,
		[]models.JobKind{models.JobImportContacts, models.JobExportContacts, models.JobExportResponses, models.JobExportRuns, models.JobImportResponses, models.JobUpdateResponses, models.JobDeleteResponses}).Count(&open).Error
	if err != nil {
		return fault("find jobs", err)
	}
	if open > 0 {
		return models.Conflict("contact.error.import_open", nil)
	}
	for _, sql := range []string{
		"DELETE FROM files WHERE id IN (SELECT file_id FROM jobs WHERE org_id = ? AND file_id <> '')",
		"DELETE FROM files WHERE id IN (SELECT raw_id FROM contact_imports WHERE org_id = ?)",
		"DELETE FROM files WHERE id IN (SELECT rows_id FROM contact_imports WHERE org_id = ?)",
		"DELETE FROM contact_imports WHERE org_id = ? AND job_id IS NULL",
		"DELETE FROM files WHERE org_id = ? AND name = '" + lineFileName + "'", // of jobs that were stopped
	} {
		if err := s.write(ctx).Exec(sql, orgID).Error; err != nil {
			return fault("erase files", err)
		}
	}
	return nil
}

// eraseMentions removes what was written for a while and names the address.
func (s *Store) eraseMentions(ctx context.Context, orgID, email string) error {
	key := models.EmailKey(email)
	like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(key) + "%"
	const mail = `FROM mails WHERE org_id = ? AND (lower(text) LIKE ? ESCAPE '\' OR lower(subject) LIKE ? ESCAPE '\' OR lower(heading) LIKE ? ESCAPE '\')`
	for _, q := range []struct {
		sql  string
		args []any
	}{
		{"DELETE FROM queue WHERE kind = 'mail' AND id IN (SELECT id " + mail + ")", []any{orgID, like, like, like}},
		{"DELETE " + mail, []any{orgID, like, like, like}},
		{`DELETE FROM notifications WHERE org_id = ? AND lower(args) LIKE ? ESCAPE '\'`, []any{orgID, like}},
		{`UPDATE refusal_counts SET sample = '{}' WHERE org_id = ? AND lower(sample) LIKE ? ESCAPE '\'`, []any{orgID, like}},
		{`UPDATE triggers SET sample = '' WHERE lower(sample) LIKE ? ESCAPE '\'`, []any{like}},
		{`DELETE FROM received_requests WHERE lower(body) LIKE ? ESCAPE '\' OR lower(path) LIKE ? ESCAPE '\' OR lower(headers) LIKE ? ESCAPE '\'`, []any{like, like, like}},
		{`UPDATE jobs SET params = '{}', report = '{}' WHERE org_id = ? AND status <> 'open' AND (lower(params) LIKE ? ESCAPE '\' OR lower(report) LIKE ? ESCAPE '\')`, []any{orgID, like, like}},
	} {
		if err := s.write(ctx).Exec(q.sql, q.args...).Error; err != nil {
			return fault("erase what names a person", err)
		}
	}
	return nil
}

// ContactInvitation is an invitation of a contact, as their page lists it.
type ContactInvitation struct {
	models.Invitation
	SurveyName string
}

// mostInvitations is how many invitations the page of a contact lists.
const mostInvitations = 50

// ContactHistory lists the latest invitations of a contact, and of their address in other lists, to surveys that the actor sees.
func (s *Store) ContactHistory(ctx context.Context, a models.Actor, c *models.Contact) ([]ContactInvitation, error) {
	sql, args := surveysSeen(a, "v")
	ids := s.read(ctx).Raw(`SELECT id FROM invitations WHERE contact_id = ? UNION SELECT id FROM invitations WHERE org_id = ? AND email_hash = ? AND email_hash <> ''`, c.ID, a.OrgID, c.EmailHash)
	var all []ContactInvitation
	err := s.read(ctx).Table("invitations").Select("invitations.*, v.name AS survey_name").Joins("JOIN surveys v ON v.id = invitations.survey_id").
		Where("invitations.org_id = ? AND invitations.id IN (?)", a.OrgID, ids).Where(sql, args...).Order("invitations.id DESC").Limit(mostInvitations).Find(&all).Error
	return all, fault("read history of contact", err)
}
