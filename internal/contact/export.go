package contact

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"surveyflow/internal/sheet"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// ExportFormat is how a list is written as a file.
type ExportFormat string

// The formats.
const (
	ExportCSV  ExportFormat = "csv"
	ExportXLSX ExportFormat = "xlsx"
)

// ContentType gives the media type of such a file.
func (f ExportFormat) ContentType() string {
	if f == ExportXLSX {
		return sheet.ContentType
	}
	return "text/csv; charset=utf-8"
}

// ExportName gives the name of the file of a list.
func (f ExportFormat) ExportName(l *models.ContactList, at time.Time) string {
	return "contacts-" + l.ID + "-" + at.UTC().Format(time.DateOnly) + "." + string(f)
}

// exportPart is how many contacts a step of the job reads.
const exportPart = 500

type exportParams struct {
	List   string       `json:"list"`
	Format ExportFormat `json:"format"`
}

// exportState is how far an export is: first the names of all fields are gathered, then the contacts are written.
type exportState struct {
	Names   []string     `json:"names"`
	Writing bool         `json:"writing"`
	Begun   bool         `json:"begun"`
	After   string       `json:"after"` // id of the contact that was read last
	Sheet   *sheet.State `json:"sheet,omitempty"`
}

// Export makes a job that writes a list into a file.
func (s *Service) Export(ctx context.Context, a models.Actor, l *models.ContactList, format ExportFormat) (*models.Job, error) {
	if format != ExportCSV && format != ExportXLSX {
		return nil, models.Invalid(models.Field("format", "job.error.format"))
	}
	if format == ExportXLSX && l.Contacts >= sheet.MaxRows {
		return nil, models.Invalid(models.Field("format", "contact.export.rows", "Max", sheet.MaxRows-1))
	}
	params, err := models.MarshalJSON(exportParams{List: l.ID, Format: format})
	if err != nil {
		return nil, err
	}
	j := &models.Job{Kind: models.JobExportContacts, Subject: l.ID, Params: string(params), Total: l.Contacts}
	return j, s.store.CreateJob(ctx, a, j)
}

// WriteExport writes a list at once: for lists that are not long.
func (s *Service) WriteExport(ctx context.Context, a models.Actor, listID string, format ExportFormat, to io.Writer) error {
	var state exportState
	for {
		var b bytes.Buffer
		_, done, err := exportOn(ctx, s.store, a, exportParams{List: listID, Format: format}, &state, &b)
		if err != nil {
			return err
		}
		if _, err := to.Write(b.Bytes()); err != nil || done {
			return err
		}
	}
}

// ExportStep is the step of models.JobExportContacts.
func (s *Service) ExportStep(ctx context.Context, tx *store.Store, j *models.Job) (store.JobNext, error) {
	var p exportParams
	if err := json.Unmarshal([]byte(j.Params), &p); err != nil {
		return store.JobNext{}, fmt.Errorf("read params of job: %w", err)
	}
	var state exportState
	if j.Cursor != "" {
		if err := json.Unmarshal([]byte(j.Cursor), &state); err != nil {
			return store.JobNext{}, fmt.Errorf("read cursor of job: %w", err)
		}
	}
	actor, err := tx.JobActor(ctx, j)
	if err != nil {
		return store.JobNext{}, err
	}
	if j.FileID == "" {
		l, err := tx.ContactList(ctx, actor, p.List)
		if err != nil {
			return store.JobNext{}, err
		}
		f := &models.File{Name: p.Format.ExportName(l, tx.Now()), ContentType: p.Format.ContentType(), ExpiresAt: tx.Now().Add(models.JobRetention)}
		if err := tx.CreateFile(ctx, actor, f); err != nil {
			return store.JobNext{}, err
		}
		j.FileID = f.ID
	}
	var b bytes.Buffer
	n, done, err := exportOn(ctx, tx, actor, p, &state, &b)
	if err != nil {
		return store.JobNext{}, err
	}
	j.Done += int64(n)
	cursor, err := models.MarshalJSON(state)
	if err != nil {
		return store.JobNext{}, err
	}
	j.Cursor = string(cursor)
	if b.Len() > 0 {
		if err := tx.AddToFile(ctx, j.FileID, b.Bytes()); err != nil {
			return store.JobNext{}, err
		}
	}
	if !done {
		return store.JobNext{}, nil
	}
	return store.JobNext{Done: true}, tx.FinishFile(ctx, j.FileID, tx.Now().Add(models.FileRetention))
}

// exportOn goes on with an export by one part. It gives how many contacts were written, and whether all were.
func exportOn(ctx context.Context, s *store.Store, a models.Actor, p exportParams, state *exportState, b *bytes.Buffer) (n int, done bool, err error) {
	all, next, err := s.Contacts(ctx, a, p.List, store.ContactFilter{ByID: true, Page: store.Page{Limit: exportPart, Before: state.After}})
	if err != nil {
		return 0, false, err
	}
	state.After = next
	if !state.Writing {
		names := map[string]bool{}
		for _, name := range state.Names {
			names[name] = true
		}
		for i := range all {
			for name := range all[i].Fields.V {
				names[name] = true
			}
		}
		if len(names) > mostFields {
			return 0, false, models.Invalid(models.Field("format", "contact.export.fields", "Max", mostFields))
		}
		state.Names = slices.Sorted(maps.Keys(names))
		state.Writing = next == ""
		return 0, false, nil
	}
	lines := make([][]string, 0, len(all)+1)
	if !state.Begun {
		lines = append(lines, append(slices.Clone(Columns), state.Names...))
	}
	for i := range all {
		lines = append(lines, Record(&all[i], state.Names))
	}
	if p.Format == ExportXLSX {
		err = writeSheet(state, lines, next == "", b)
	} else {
		err = writeLines(!state.Begun, lines, b)
	}
	state.Begun = true
	return len(all), next == "", err
}

// mostFields is how many names of fields a file can have.
const mostFields = 2000

func writeLines(first bool, lines [][]string, b *bytes.Buffer) error { //nolint:revive // where in the file they stand
	if first {
		b.WriteString("\ufeff") // by which spreadsheets know UTF-8
	}
	w := csv.NewWriter(b)
	w.UseCRLF = true
	for _, line := range lines {
		for i := range line {
			line[i] = models.DefuseCell(line[i])
		}
		if err := w.Write(line); err != nil {
			return fmt.Errorf("write contacts: %w", err)
		}
	}
	w.Flush()
	return w.Error()
}

func writeSheet(state *exportState, lines [][]string, last bool, b *bytes.Buffer) error { //nolint:revive // where in the file they stand
	if state.Sheet == nil {
		state.Sheet = &sheet.State{}
	}
	w := sheet.Resume(state.Sheet, b)
	for _, line := range lines {
		w.Row(line)
	}
	return w.Suspend(last)
}
