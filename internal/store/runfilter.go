package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"surveyflow/models"
)

// MinSearch is the least number of characters of a search by name or e-mail.
const MinSearch = 3

// RunFilter chooses runs of a list; all parts may be combined.
type RunFilter struct {
	WorkflowID string
	SurveyID   string
	ResponseID string
	Status     models.RunStatus // one that people see, or models.RunOpen; empty means any
	Ended      bool             // of any status only those that have ended
	Search     string           // beginning of first name, last name or e-mail, MinSearch characters or more
	From, To   time.Time        // when the run was made: from inclusive, to exclusive; zero means open
	Asked      time.Time        // leaves out what was made later, such as the replays that a job makes; zero means nothing
	Page
}

// runParts are index ranges that the runs of a filter lie in: each names its rows as r, and the newest of each are found
// without looking at the others. So the first page of any list and a deep one cost the same, however long the history is.
type runPart struct {
	from string // FROM … WHERE …
	args []any
}

// maxParts is how many ranges a list is put together from at most. Who sees more workflows than that sees most of the runs:
// then going through all of them, the newest first, finds a page soon.
const maxParts = 200

// runParts spells the ranges of a filter; none when nothing can match.
func (s *Store) runParts(ctx context.Context, a models.Actor, f RunFilter) ([]runPart, error) {
	if f.Search != "" && len([]rune(f.Search)) < MinSearch {
		return nil, models.Invalid(models.Field("q", "run.error.search_short", "Min", MinSearch))
	}
	workflows, limited, err := s.workflowsOf(ctx, a, f)
	if err != nil || limited && len(workflows) == 0 {
		return nil, err
	}
	where, args := f.within()
	and := func(table string, more []any, conditions ...string) runPart {
		all := append(conditions, where...)
		return runPart{from: "FROM " + table + " WHERE " + strings.Join(all, " AND "), args: append(more, args...)}
	}
	statuses := []models.RunStatus{models.RunOpen, models.RunSucceeded, models.RunFailed, models.RunCanceled}
	table := "runs r"
	switch f.Status {
	case "":
		if f.Ended {
			statuses = statuses[1:]
		}
	case models.RunRunning: // few run at a time: begin with them
		statuses, table = []models.RunStatus{models.RunOpen}, "(SELECT q.id FROM queue q WHERE q.state = 'running' AND q.kind = 'run' LIMIT 100000) AS q JOIN runs r ON r.id = q.id"
	case models.RunScheduled:
		statuses = []models.RunStatus{models.RunOpen}
		where = append(where, "NOT EXISTS (SELECT 1 FROM queue q WHERE q.id = r.id AND q.state = 'running')")
	default:
		statuses = []models.RunStatus{f.Status}
	}
	switch {
	case f.ResponseID != "":
		where = append(where, "r.status IN ?")
		args = append(args, statuses)
		if limited {
			where, args = append(where, "r.workflow_id IN ?"), append(args, workflows)
		}
		return []runPart{and(table, []any{a.OrgID, f.ResponseID}, "r.org_id = ?", "r.event_id IN (SELECT e.id FROM events e WHERE e.response_id = ?)")}, nil
	case f.Search != "":
		// Ranges and not LIKE: the columns are compared byte by byte, and both databases use the index for a range.
		low := strings.ToLower(f.Search)
		person := []any{low, low + "\U0010FFFF"}
		many, err := s.manyPeople(ctx, a, person)
		if err != nil {
			return nil, err
		}
		if many || f.Status == models.RunRunning {
			var either []string
			for _, column := range searchedColumns {
				either = append(either, "r."+column+" >= ? AND r."+column+" < ?")
				args = append(args, person...)
			}
			where = append(where, "("+strings.Join(either, " OR ")+")")
			break
		}
		if f.Status != "" || f.Ended {
			where, args = append(where, "r.status IN ?"), append(args, statuses)
		}
		if limited {
			where, args = append(where, "r.workflow_id IN ?"), append(args, workflows)
		}
		var parts []runPart
		for _, column := range searchedColumns {
			parts = append(parts, s.byIndex(column, append([]any{a.OrgID}, person...), where, args))
		}
		return parts, nil
	}
	var parts []runPart
	for _, status := range statuses {
		switch {
		case !limited:
			parts = append(parts, and(table, []any{a.OrgID, status}, "r.org_id = ?", "r.status = ?"))
		case len(workflows)*len(statuses) > maxParts, f.Search != "" && len(workflows) > 1:
			parts = append(parts, and(table, []any{a.OrgID, status, workflows}, "r.org_id = ?", "r.status = ?", "r.workflow_id IN ?"))
		default:
			for _, w := range workflows { // without the organisation, whose own index would only mislead
				parts = append(parts, and(table, []any{w, status}, "r.workflow_id = ?", "r.status = ?"))
			}
		}
	}
	return parts, nil
}

// searchedColumns are what a search looks into; each has an index.
var searchedColumns = []string{"person_email", "person_name", "person_last"}

// searchedIndexes name the indexes of searchedColumns.
var searchedIndexes = map[string]string{"person_email": "runs_email", "person_name": "runs_name", "person_last": "runs_last"}

// manyRuns is how many runs a search may find by one of the indexes at most: they are all looked at, in the index alone. Where it
// finds more, going through the runs from the newest on finds a page sooner.
const manyRuns = 20_000

// manyPeople reports whether a search finds more than that.
func (s *Store) manyPeople(ctx context.Context, a models.Actor, person []any) (bool, error) {
	for _, column := range searchedColumns {
		var n int64
		err := s.read(ctx).Raw("SELECT COUNT(*) FROM (SELECT 1 FROM runs WHERE org_id = ? AND "+column+" >= ? AND "+column+" < ? LIMIT ?) AS p",
			a.OrgID, person[0], person[1], s.manyRuns).Scan(&n).Error
		if err != nil || n == s.manyRuns {
			return n == s.manyRuns, fault("find people", err)
		}
	}
	return false, nil
}

// byIndex spells the runs whose column lies in a range, found by the column's index: person gives the organisation and the
// range's ends, where and args what else they have to meet. Left to themselves both databases may prefer to go through the runs
// from the newest on, which takes long where few of them match.
func (s *Store) byIndex(column string, person []any, where []string, args []any) runPart {
	p := runPart{args: append(slices.Clone(person), args...)}
	found := "r.org_id = ? AND r." + column + " >= ? AND r." + column + " < ?"
	if s.dialect == postgres { // OFFSET 0 keeps the rest of the conditions, and the order, from choosing another index
		p.from = "FROM (SELECT r.id, r.status, r.workflow_id, r.replay_of, r.created_at FROM runs r WHERE " + found + " OFFSET 0) AS r"
		if len(where) > 0 {
			p.from += " WHERE " + strings.Join(where, " AND ")
		}
		return p
	}
	p.from = "FROM runs AS r INDEXED BY " + searchedIndexes[column] + " WHERE " + strings.Join(append([]string{found}, where...), " AND ")
	return p
}

// within spells the filter's period and place in the list.
func (f RunFilter) within() (where []string, args []any) {
	if !f.From.IsZero() {
		where, args = append(where, "r.id >= ?"), append(args, models.IDAt(models.PrefixRun, f.From))
	}
	if !f.To.IsZero() {
		where, args = append(where, "r.id < ?"), append(args, models.IDAt(models.PrefixRun, f.To))
	}
	if f.Before != "" {
		where, args = append(where, "r.id < ?"), append(args, f.Before)
	}
	if !f.Asked.IsZero() {
		// Ids of anonymous surveys' runs lie somewhere in their day: what was made before may have a later one.
		where = append(where, "(r.id < ? OR r.replay_of IS NULL AND r.created_at <= ?)")
		args = append(args, models.IDAt(models.PrefixRun, f.Asked), f.Asked)
	}
	return where, args
}

// newestOf spells the query for the ids of the newest n runs of each range.
func newestOf(parts []runPart, n int) (string, []any) {
	var sql []string
	var args []any
	for _, p := range parts {
		sql = append(sql, "SELECT id FROM (SELECT r.id "+p.from+" ORDER BY r.id DESC LIMIT ?) AS p")
		args = append(append(args, p.args...), n)
	}
	return strings.Join(sql, " UNION "), args // what matches by name and by address is there once
}

// RunIDs gives the ids of the next runs that a filter chooses, the newest first; fewer than the limit are the last.
func (s *Store) RunIDs(ctx context.Context, a models.Actor, f RunFilter) ([]string, error) {
	parts, err := s.runParts(ctx, a, f)
	if err != nil || len(parts) == 0 {
		return nil, err
	}
	sql, args := newestOf(parts, f.limit())
	var ids []string
	err = s.read(ctx).Raw("SELECT id FROM ("+sql+") AS ids ORDER BY id DESC LIMIT ?", append(args, f.limit())...).Scan(&ids).Error
	return ids, fault("find runs", err)
}

// CountRuns counts the runs that a filter chooses, one by one: for what is done once, and not for lists.
func (s *Store) CountRuns(ctx context.Context, a models.Actor, f RunFilter) (int64, error) {
	parts, err := s.runParts(ctx, a, f)
	if err != nil || len(parts) == 0 {
		return 0, err
	}
	var sql []string
	var args []any
	for _, p := range parts {
		if f.Search == "" { // the ranges do not overlap
			sql = append(sql, "SELECT COUNT(*) AS n "+p.from)
		} else {
			sql = append(sql, "SELECT r.id "+p.from)
		}
		args = append(args, p.args...)
	}
	query := "SELECT CAST(SUM(n) AS BIGINT) FROM (" + strings.Join(sql, " UNION ALL ") + ") AS c"
	if f.Search != "" {
		query = "SELECT COUNT(*) FROM (" + strings.Join(sql, " UNION ") + ") AS c"
	}
	var n int64
	err = s.read(ctx).Raw(query, args...).Scan(&n).Error
	return n, fault("count runs", err)
}

// workflowsOf gives the ids of the workflows whose runs the actor may see and the filter asks for, deleted ones too; not
// limited when that is every run of the organisation.
func (s *Store) workflowsOf(ctx context.Context, a models.Actor, f RunFilter) (ids []string, limited bool, err error) {
	if f.WorkflowID == "" && f.SurveyID == "" && a.SeesAll() {
		return nil, false, nil
	}
	db := seen(s.read(ctx).Model(&models.Workflow{}), "workflows", a, workflowsSeen)
	if f.WorkflowID != "" {
		db = db.Where("id = ?", f.WorkflowID)
	}
	if f.SurveyID != "" {
		db = db.Where("survey_id = ?", f.SurveyID)
	}
	err = db.Order("id").Pluck("id", &ids).Error
	return ids, true, fault("find workflows", err)
}

// runScope spells which workflows' runs the actor may see and the filter asks for, as a condition on the column that names
// the workflow; empty when that is every run of the organisation.
func runScope(a models.Actor, f RunFilter, column string) (string, []any) {
	var where []string
	var args []any
	if f.WorkflowID != "" {
		where, args = append(where, column+" = ?"), append(args, f.WorkflowID)
	}
	if f.SurveyID != "" {
		where, args = append(where, column+" IN (SELECT id FROM workflows WHERE survey_id = ?)"), append(args, f.SurveyID)
	}
	if !a.SeesAll() {
		seen, more := workflowsSeen(a, "wf")
		where, args = append(where, column+" IN (SELECT wf.id FROM workflows wf WHERE "+seen+")"), append(args, more...)
	}
	return strings.Join(where, " AND "), args
}
