package store

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm"

	"surveyflow/models"
)

// ResponseScan reads the responses of a survey part by part, by the time at which they were recorded: unfinished ones by the
// time of their last activity. A part costs the same wherever it stands. Who may see the survey is for the caller to check.
type ResponseScan struct {
	SurveyID string
	States   []models.ResponseState // recorded ones, or models.ResponseInProgress alone; empty means all recorded ones
	From, To time.Time              // from inclusive, to exclusive; zero means open
	Newest   bool                   // the last recorded first
	Modified bool                   // by the time of the last change instead; From and To are of that then
	After    Place                  // where the part before ended
	Limit    int                    // rows of a part; at least 1
}

// by names the column that a scan goes by.
func (q ResponseScan) by() string {
	if q.Modified || len(q.States) == 1 && q.States[0] == models.ResponseInProgress {
		return "updated_at"
	}
	return "recorded_at"
}

// keys gives the query for the ids of the next part, in order: one range of an index per state.
func (q ResponseScan) keys(db *gorm.DB) (string, []any) {
	states := ResponseFilter{States: q.States}.states()
	by, order, sign := q.by(), "ASC", ">"
	if q.Newest {
		order, sign = "DESC", "<"
	}
	var parts []string
	var args []any
	add := func(part *gorm.DB, by string) {
		if !q.From.IsZero() {
			part = part.Where(by+" >= ?", q.From)
		}
		if !q.To.IsZero() {
			part = part.Where(by+" < ?", q.To)
		}
		if q.After != (Place{}) {
			part = part.Where("("+by+", id) "+sign+" (?, ?)", q.After.At, q.After.ID)
		}
		parts = append(parts, "SELECT * FROM (?) AS p"+string(rune('0'+len(parts))))
		args = append(args, part.Select("id, "+by+" AS at").Order(by+" "+order+", id "+order).Limit(q.Limit))
	}
	if q.Modified && (ResponseScan{States: q.States}).by() == "recorded_at" {
		// What was not changed since it was recorded is found by that; the rest has an index of its own.
		for _, state := range states {
			add(db.Table("responses").Where("survey_id = ? AND state = ? AND updated_at = recorded_at", q.SurveyID, state), "recorded_at")
		}
		add(db.Table("responses").Where("survey_id = ? AND state IN ? AND updated_at <> recorded_at", q.SurveyID, states), by)
		states = nil
	}
	for _, state := range states {
		// The state is written out where SQLite would not use the index of unfinished responses otherwise.
		part := db.Table("responses").Where("survey_id = ?", q.SurveyID)
		if state == models.ResponseInProgress {
			part = part.Where("state = 'in progress'")
		} else {
			part = part.Where("state = ?", state)
		}
		add(part, by)
	}
	return "SELECT * FROM (" + strings.Join(parts, " UNION ALL ") + ") AS k ORDER BY at " + order + ", id " + order + " LIMIT ?", append(args, q.Limit)
}

// ScanResponses reads the next part of a scan and gives the place where it ends: fewer rows than the limit mean that it was the
// last.
func (s *Store) ScanResponses(ctx context.Context, q ResponseScan) ([]models.Response, Place, error) {
	keys, args := q.keys(s.read(ctx))
	order := "ASC"
	if q.Newest {
		order = "DESC"
	}
	var all []models.Response
	err := s.read(ctx).Raw("SELECT r.* FROM ("+keys+") AS n JOIN responses r ON r.id = n.id ORDER BY n.at "+order+", n.id "+order, args...).Scan(&all).Error
	if err != nil || len(all) == 0 {
		return nil, q.After, fault("scan responses", err)
	}
	last := &all[len(all)-1]
	place := Place{At: last.UpdatedAt, ID: last.ID}
	if q.by() == "recorded_at" && last.RecordedAt != nil {
		place.At = *last.RecordedAt
	}
	return all, place, nil
}

// ScanFieldNames adds the names of the embedded data that the next part of a scan carries to names. It gives how many rows the
// part had, and the place where it ends.
func (s *Store) ScanFieldNames(ctx context.Context, q ResponseScan, names map[string]bool) (int, Place, error) {
	keys, args := q.keys(s.read(ctx))
	var rows []struct {
		ID     string
		At     time.Time
		Fields models.JSON[map[string]string]
	}
	err := s.read(ctx).Raw("SELECT n.id, r."+q.by()+" AS at, r.fields FROM ("+keys+") AS n JOIN responses r ON r.id = n.id ORDER BY n.at, n.id", args...).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return 0, q.After, fault("scan fields of responses", err)
	}
	for i := range rows {
		for name := range rows[i].Fields.V {
			names[name] = true
		}
	}
	last := &rows[len(rows)-1]
	return len(rows), Place{At: last.At, ID: last.ID}, nil
}

// ScanCount counts the responses that a scan finds, one by one: for what is done once, and not for lists.
func (s *Store) ScanCount(ctx context.Context, q ResponseScan) (int64, error) {
	db := s.read(ctx).Table("responses").Where("survey_id = ? AND state IN ?", q.SurveyID, ResponseFilter{States: q.States}.states())
	if !q.From.IsZero() {
		db = db.Where(q.by()+" >= ?", q.From)
	}
	if !q.To.IsZero() {
		db = db.Where(q.by()+" < ?", q.To)
	}
	var n int64
	return n, fault("count responses", db.Count(&n).Error)
}

// JobsAbout lists the newest jobs of a kind about something that the actor may see.
func (s *Store) JobsAbout(ctx context.Context, a models.Actor, subject string, kind models.JobKind, limit int) ([]JobRow, error) {
	var all []JobRow
	err := s.jobRows(ctx, a).Where("jobs.kind = ? AND jobs.subject = ?", kind, subject).Order("jobs.id DESC").Limit(limit).Find(&all).Error
	return all, fault("list jobs", err)
}

// OpenJobs counts the jobs of a kind that the actor asked for and that have not ended.
func (s *Store) OpenJobs(ctx context.Context, a models.Actor, kind models.JobKind) (int64, error) {
	var n int64
	err := s.read(ctx).Model(&models.Job{}).Where("org_id = ? AND owner_id = ? AND kind = ? AND status = ?", a.OrgID, a.UserID, kind, models.JobOpen).Count(&n).Error
	return n, fault("count jobs", err)
}

// ExportJob gives a job of a kind about a survey that the actor asked for, by its id or by the id of the file that it makes.
func (s *Store) ExportJob(ctx context.Context, a models.Actor, surveyID string, kind models.JobKind, id string) (*models.Job, error) {
	column := "jobs.id"
	if strings.HasPrefix(id, string(models.PrefixFile)) {
		column = "jobs.file_id"
	}
	var j JobRow
	db := s.jobRows(ctx, a).Where("jobs.kind = ? AND "+column+" = ?", kind, id)
	if surveyID != "" {
		db = db.Where("jobs.subject = ?", surveyID)
	}
	if err := db.Take(&j).Error; err != nil {
		return nil, fault("read job", err)
	}
	return &j.Job, nil
}

// Invited tells who got the invitations of those ids, by id.
func (s *Store) Invited(ctx context.Context, ids []string) (map[string]*models.Person, error) {
	var rows []models.Invitation
	err := s.read(ctx).Select("id", "email", "first_name", "last_name", "phone", "language", "external_ref").Where("id IN ?", ids).Find(&rows).Error
	people := make(map[string]*models.Person, len(rows))
	for i := range rows {
		r := &rows[i]
		people[r.ID] = &models.Person{FirstName: r.FirstName, LastName: r.LastName, Email: r.Email, Phone: r.Phone, Language: r.Language, ExternalID: r.ExternalRef}
	}
	return people, fault("read invited people", err)
}
