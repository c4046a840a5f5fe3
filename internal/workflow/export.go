package workflow

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"surveyflow/internal/i18n"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// ExportFormat is how a list of runs is written as a file.
type ExportFormat string

// The formats.
const (
	ExportCSV  ExportFormat = "csv"
	ExportJSON ExportFormat = "json" // an array of runs as the API lists them
)

// ExportFormats lists all formats.
var ExportFormats = []ExportFormat{ExportCSV, ExportJSON}

// ContentType gives the media type of such a file.
func (f ExportFormat) ContentType() string {
	if f == ExportJSON {
		return "application/json"
	}
	return "text/csv; charset=utf-8"
}

// ExportName gives the name of such a file.
func (f ExportFormat) ExportName(at time.Time) string {
	return "runs-" + at.UTC().Format(time.DateOnly) + "." + string(f)
}

// Export writes runs as a file, part by part, so that its size does not matter.
type Export struct {
	// Row gives a run as the API lists it; started is zero when no try of it has begun.
	Row    func(ctx context.Context, r *store.RunRow, started time.Time) any
	Format ExportFormat
}

// exportPart is how many runs one part of a file has.
const exportPart = 200

// exportRuns are the params of models.JobExportRuns.
type exportRuns struct {
	Filter store.RunFilter
	Format ExportFormat
}

// ExportRuns makes a job that writes all runs that a filter finds into a file.
func ExportRuns(ctx context.Context, s *store.Store, a models.Actor, f store.RunFilter, format ExportFormat) (*models.Job, error) {
	if !slices.Contains(ExportFormats, format) {
		return nil, models.Invalid(models.Field("format", "job.error.format"))
	}
	f.Asked = s.Now()
	n, err := s.CountRuns(ctx, a, f)
	if err != nil {
		return nil, err
	}
	return startJob(ctx, s, a, &models.Job{Kind: models.JobExportRuns, Subject: f.WorkflowID, Total: n}, exportRuns{Filter: f, Format: format})
}

// Step is the step of models.JobExportRuns.
func (e Export) Step(ctx context.Context, tx *store.Store, j *models.Job) (store.JobNext, error) {
	var p exportRuns
	if err := json.Unmarshal([]byte(j.Params), &p); err != nil {
		return store.JobNext{}, fmt.Errorf("read params of job: %w", err)
	}
	actor, err := tx.JobActor(ctx, j)
	if err != nil {
		return store.JobNext{}, err
	}
	e.Format = p.Format
	if j.FileID == "" {
		file := &models.File{Name: p.Format.ExportName(tx.Now()), ContentType: p.Format.ContentType(), ExpiresAt: tx.Now().Add(models.FileRetention)}
		if err := tx.CreateFile(ctx, actor, file); err != nil {
			return store.JobNext{}, err
		}
		j.FileID = file.ID
	}
	f := p.Filter
	f.Before, f.Limit = j.Cursor, exportPart
	var part bytes.Buffer
	n, next, err := e.part(ctx, tx, actor, f, &part)
	if err != nil {
		return store.JobNext{}, err
	}
	j.Done += int64(n)
	j.Cursor = next
	if err := tx.AddToFile(ctx, j.FileID, part.Bytes()); err != nil || next != "" {
		return store.JobNext{}, err
	}
	return store.JobNext{Done: true}, tx.FinishFile(ctx, j.FileID, tx.Now().Add(models.FileRetention))
}

// Write writes all runs that a filter finds, at once: for lists that are not long.
func (e Export) Write(ctx context.Context, s *store.Store, a models.Actor, f store.RunFilter, to io.Writer) error {
	f.Asked, f.Limit, f.Before = s.Now(), exportPart, ""
	for {
		_, next, err := e.part(ctx, s, a, f, to)
		if err != nil || next == "" {
			return err
		}
		f.Before = next
	}
}

// part writes the next runs; it gives how many there were, and the cursor of those that follow.
func (e Export) part(ctx context.Context, s *store.Store, a models.Actor, f store.RunFilter, to io.Writer) (int, string, error) {
	rows, next, err := s.Runs(ctx, a, f)
	if err != nil {
		return 0, "", err
	}
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	starts, err := s.RunStarts(ctx, ids...)
	if err != nil {
		return 0, "", err
	}
	if e.Format == ExportJSON {
		return len(rows), next, e.writeJSON(ctx, rows, starts, f.Before == "", next == "", to)
	}
	return len(rows), next, writeCSV(ctx, rows, starts, f.Before == "", to)
}

func (e Export) writeJSON(ctx context.Context, rows []store.RunRow, starts map[string]time.Time, first, last bool, to io.Writer) error { //nolint:revive // where in the file the part stands
	var b bytes.Buffer
	if first {
		b.WriteString("[")
	}
	for i := range rows {
		text, err := models.MarshalJSON(e.Row(ctx, &rows[i], starts[rows[i].ID]))
		if err != nil {
			return err
		}
		if !first || i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		b.Write(bytes.TrimSpace(text))
	}
	if last {
		b.WriteString("\n]\n")
	}
	_, err := to.Write(b.Bytes())
	return err
}

// csvColumns are the columns of a list of runs.
var csvColumns = []string{
	"id", "status", "workflowId", "workflowName", "revision", "event", "responseId", "respondentName", "respondentEmail", "anonymous", "test",
	"createdAt", "startedAt", "finishedAt", "attempts", "replayOf", "error",
}

func writeCSV(ctx context.Context, rows []store.RunRow, starts map[string]time.Time, first bool, to io.Writer) error { //nolint:revive // where in the file the part stands
	w := csv.NewWriter(to)
	if first {
		if err := w.Write(csvColumns); err != nil {
			return err
		}
	}
	for i := range rows {
		r := &rows[i]
		anonymous := r.EventType == models.EventSurveyResponse && r.ResponseID == nil
		why := ""
		if e := models.DecodeRunError(r.Error); e != nil {
			why = strings.TrimSpace(i18n.TMap(ctx, e.Key, e.Args) + " " + e.Detail)
		}
		cells := []string{
			r.ID, string(r.Display()), r.WorkflowID, r.WorkflowName, strconv.Itoa(r.WorkflowVersion), string(r.EventType), value(r.ResponseID), value(r.PersonName),
			value(r.PersonEmail), strconv.FormatBool(anonymous), strconv.FormatBool(r.Test), stamp(r.CreatedAt), stamp(starts[r.ID]), "",
			strconv.Itoa(r.Attempts), value(r.ReplayOf), why,
		}
		if r.FinishedAt != nil {
			cells[13] = stamp(*r.FinishedAt)
		}
		for c := range cells {
			cells[c] = models.DefuseCell(cells[c])
		}
		if err := w.Write(cells); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
