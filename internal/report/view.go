package report

import (
	"context"
	"slices"
	"strings"
	"time"

	"surveyflow/internal/store"
	"surveyflow/models"
)

// ViewQuery asks for a page of the detailed report: one row a response.
type ViewQuery struct {
	States   []models.ResponseState // see store.ResponseScan
	From, To time.Time
	Oldest   bool     // first
	Columns  []string // keys; empty for those that a report begins with
	After    string   // cursor of the page before
	Limit    int
}

// View is a page of the detailed report.
type View struct {
	All     []Column // what can be chosen; of what links passed, what this page has
	Columns []Column // what is shown
	Rows    []ViewRow
	Next    string // cursor; empty on the last page
	More    int    // chosen columns that are left out because there are too many
}

// ViewRow is one response. A cell stands for the column at its place.
type ViewRow struct {
	ID    string
	Cells []Cell
}

// maxViewColumns is how many columns a page shows.
const maxViewColumns = 100

// View reads a page of the detailed report. The caller has checked that the actor may see the survey.
func (s *Service) View(ctx context.Context, v *models.Survey, q ViewQuery) (*View, error) {
	scan := store.ResponseScan{SurveyID: v.ID, States: q.States, From: q.From, To: q.To, Newest: !q.Oldest, Limit: q.Limit + 1}
	if q.After != "" {
		place, err := parsePlace(q.After)
		if err != nil {
			return nil, err
		}
		scan.After = place
	}
	found, _, err := s.store.ScanResponses(ctx, scan)
	if err != nil {
		return nil, err
	}
	out := &View{}
	if len(found) > q.Limit {
		found = found[:q.Limit]
		last := &found[q.Limit-1]
		at := last.UpdatedAt
		if last.RecordedAt != nil {
			at = *last.RecordedAt
		}
		out.Next = placeText(store.Place{At: at, ID: last.ID})
	}
	l, err := s.Layout(ctx, v)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for i := range found {
		for name := range found[i].Fields.V {
			names[name] = true
		}
	}
	for _, key := range q.Columns { // what was chosen on another page stays
		if name, ok := strings.CutPrefix(key, "field:"); ok {
			names[name] = true
		}
	}
	var passed []string
	for name := range names {
		passed = append(passed, name)
	}
	rows, err := s.rows(ctx, s.store, v.ID, found)
	if err != nil {
		return nil, err
	}
	invited := slices.ContainsFunc(rows, func(r row) bool { return r.recipient != nil })
	out.All = l.Columns(Shape{}, passed)
	for _, c := range out.All {
		if chosenForView(&c, q.Columns, invited) {
			out.Columns = append(out.Columns, c)
		}
	}
	if out.More = len(out.Columns) - maxViewColumns; out.More > 0 {
		out.Columns = out.Columns[:maxViewColumns]
	}
	for i := range rows {
		r := ViewRow{ID: rows[i].ID, Cells: make([]Cell, len(out.Columns))}
		for n := range out.Columns {
			r.Cells[n] = out.Columns[n].cell(&rows[i])
		}
		out.Rows = append(out.Rows, r)
	}
	return out, nil
}

const viewCursor = "20060102T150405.000000"

// placeText spells a place for addresses.
func placeText(p store.Place) string { return p.At.UTC().Format(viewCursor) + "~" + p.ID }

func parsePlace(text string) (store.Place, error) {
	at, id, ok := strings.Cut(text, "~")
	t, err := time.Parse(viewCursor, at)
	if !ok || err != nil {
		return store.Place{}, models.Invalid(models.Field("after", "error.cursor"))
	}
	return store.Place{At: t, ID: id}, nil
}

// chosenForView reports whether a page shows a column: without a choice, what was answered and passed, when, and by whom.
func chosenForView(c *Column, keys []string, invited bool) bool { //nolint:revive // whether anybody of the page was invited
	if len(keys) > 0 {
		return slices.Contains(keys, c.Key)
	}
	return c.Group == GroupQuestion || c.Group == GroupPassed || c.Key == "recordedDate" || invited && c.Key == "recipientEmail"
}

// Words gives a cell as people read it: labels and not values. Moments are not among it.
func (c Cell) Words() string {
	if c.Many != nil {
		words := make([]string, len(c.Many))
		for i := range c.Many {
			words[i] = c.Many[i].Words()
		}
		return strings.Join(words, ", ")
	}
	if c.Label != "" {
		return c.Label
	}
	return c.Value
}
