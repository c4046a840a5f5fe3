package report

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// Service reads and exports what was answered. It is safe for concurrent use; make it with [New].
type Service struct {
	store   *store.Store
	surveys *survey.Service
	clock   clock.Clock
	layouts layouts
	results *results
}

// New makes the service.
func New(s *store.Store, surveys *survey.Service, c clock.Clock) *Service {
	return &Service{store: s, surveys: surveys, clock: c, layouts: newLayouts(), results: newResults()}
}

const (
	partRows  = 1000    // responses of one step
	firstRows = 100     // of the first one, when nothing is known of how long they are
	partBytes = 2 << 20 // that a step should write at most, before it is packed: long answers make fewer rows
	maxOpen   = 20      // exports of one person that have not ended
	openWait  = 30      // seconds until another may be asked for
	namesRows = 5000    // responses of one step that looks for names of embedded data
	maxFields = 1000    // names of embedded data that get a column; a survey has 200 at most of its own
)

// params are the params of models.JobExportResponses.
type params struct {
	Options
	Version int // of the survey, when it was asked for
}

// progress is the cursor of such a job.
type progress struct {
	Named  bool     // all names of embedded data are known
	Gauged bool     // of a system file: all responses were measured
	Passed []string // those beside the defined ones
	Place  store.Place
	State  state
	Total  int64
}

// Start makes a job that writes the responses of a survey that the actor may see into a file. models.CodeInvalid for options that
// make no file, models.CodeThrottled while twenty of the actor's have not ended.
func (s *Service) Start(ctx context.Context, a models.Actor, surveyID string, o Options) (*models.Job, error) {
	v, err := s.store.Survey(ctx, a, surveyID)
	if err != nil {
		return nil, err
	}
	if o, err = s.settle(ctx, v, o); err != nil {
		return nil, err
	}
	switch open, err := s.store.OpenJobs(ctx, a, models.JobExportResponses); {
	case err != nil:
		return nil, err
	case open >= maxOpen: // what they write takes room in the database
		return nil, &models.Error{Code: models.CodeThrottled, Key: "report.error.open", Args: map[string]any{"Max": maxOpen, "Seconds": openWait}}
	}
	total, err := s.count(ctx, s.store, v.ID, o)
	if err != nil {
		return nil, err
	}
	text, err := models.MarshalJSON(params{Options: o, Version: v.Version})
	if err != nil {
		return nil, err
	}
	j := &models.Job{Kind: models.JobExportResponses, Subject: v.ID, Params: string(text), Total: total}
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		if err := tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditExport, Object: v.ID, Name: v.Name, Detail: models.Details("format", string(o.Format))}); err != nil {
			return err
		}
		return tx.CreateJob(ctx, a, j)
	})
	return j, err
}

// settle checks options and closes their period: responses that come while a file is written belong to the next.
func (s *Service) settle(ctx context.Context, v *models.Survey, o Options) (Options, error) {
	if err := o.Check(); err != nil {
		return o, err
	}
	if now := s.clock.Now(); o.To.IsZero() || o.To.After(now) {
		o.To = now
	}
	if o.After != "" {
		if _, err := placeOf(o.After, v.ID, s.clock.Now()); err != nil {
			return o, err
		}
	}
	if o.Format == FormatXLSX {
		l, err := s.Layout(ctx, v)
		if err != nil {
			return o, err
		}
		if n := len(fieldsOf(o.chosen(l.Columns(o.shape(), nil)), o.Show)); n > MaxSheetColumns {
			return o, models.Invalid(models.Field("format", "report.error.columns", "Count", n, "Max", MaxSheetColumns))
		}
	}
	return o, nil
}

func (o *Options) scan(surveyID string) store.ResponseScan {
	return store.ResponseScan{SurveyID: surveyID, States: o.States, From: o.From, To: o.To, Modified: o.Modified}
}

func (s *Service) count(ctx context.Context, db *store.Store, surveyID string, o Options) (int64, error) {
	n, err := db.ScanCount(ctx, o.scan(surveyID))
	if o.Limit > 0 {
		n = min(n, o.Limit)
	}
	return n, err
}

// Cursor gives the place behind the last response of a finished export, for the next one to go on from; empty when it was not
// asked to keep one. Such a place is good for a week.
func (s *Service) Cursor(j *models.Job) string {
	var p params
	var at progress
	if json.Unmarshal([]byte(j.Params), &p) != nil || json.Unmarshal([]byte(j.Cursor), &at) != nil || !p.Continue || j.Status != models.JobSucceeded || j.FinishedAt == nil {
		return ""
	}
	text, err := json.Marshal(cursor{Survey: j.Subject, Place: at.Place, Made: *j.FinishedAt})
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// cursor is the place that an export goes on from.
type cursor struct {
	Survey string
	Place  store.Place
	Made   time.Time
}

const cursorLasts = 7 * 24 * time.Hour

func placeOf(text, surveyID string, now time.Time) (store.Place, error) {
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(raw, &c) != nil || c.Survey != surveyID {
		return store.Place{}, models.Invalid(models.Field("continuationToken", "report.error.token"))
	}
	if now.Sub(c.Made) > cursorLasts {
		return store.Place{}, models.Invalid(models.Field("continuationToken", "report.error.token_old"))
	}
	return c.Place, nil
}

// Step is the step of models.JobExportResponses.
func (s *Service) Step(ctx context.Context, tx *store.Store, j *models.Job) (store.JobNext, error) {
	var p params
	var at progress
	if err := json.Unmarshal([]byte(j.Params), &p); err != nil {
		return store.JobNext{}, fmt.Errorf("read params of job: %w", err)
	}
	actor, err := tx.JobActor(ctx, j)
	if err != nil {
		return store.JobNext{}, err
	}
	v, err := tx.Survey(ctx, actor, j.Subject)
	if err != nil {
		return store.JobNext{}, err
	}
	if j.Cursor != "" {
		if err := json.Unmarshal([]byte(j.Cursor), &at); err != nil {
			return store.JobNext{}, fmt.Errorf("read cursor of job: %w", err)
		}
	}
	w, err := s.writing(ctx, tx, v, &p.Options, max(j.Total, at.Total), j.CreatedAt)
	if err != nil {
		return store.JobNext{}, err
	}
	if j.FileID == "" {
		file := &models.File{Name: w.name, ContentType: w.contentType, ExpiresAt: tx.Now().Add(models.FileRetention)}
		if err := tx.CreateFile(ctx, actor, file); err != nil {
			return store.JobNext{}, err
		}
		j.FileID, at.Total = file.ID, max(j.Total, 1)
	}
	var part bytes.Buffer
	done, err := w.step(ctx, &at, &part)
	if err != nil {
		return store.JobNext{}, err
	}
	if part.Len() > 0 {
		if err := tx.AddToFile(ctx, j.FileID, part.Bytes()); err != nil {
			return store.JobNext{}, err
		}
	}
	j.Done = at.State.Rows
	if done { // what was deleted meanwhile was not written
		j.Total = j.Done
		for note, n := range map[string]int64{"cut": at.State.Cut, "letters": at.State.Missing} {
			if n > 0 {
				if j.Report.V.Notes == nil {
					j.Report.V.Notes = map[string]int64{}
				}
				j.Report.V.Notes[note] = n
			}
		}
	}
	text, err := json.Marshal(at)
	if err != nil {
		return store.JobNext{}, err
	}
	j.Cursor = string(text)
	if !done {
		return store.JobNext{}, nil
	}
	return store.JobNext{Done: true}, tx.FinishFile(ctx, j.FileID, tx.Now().Add(models.FileRetention))
}

// Small is a file that is written while somebody waits.
type Small struct {
	Name        string
	ContentType string
	Rows        int64
	Write       func(to io.Writer) error
}

// SmallRows is how many responses such a file has at most; more are for [Service.Start].
const SmallRows = 2000

// Small prepares a file with the responses of a survey; nil when there are too many to wait for.
func (s *Service) Small(ctx context.Context, a models.Actor, surveyID string, o Options) (*Small, error) {
	v, err := s.store.Survey(ctx, a, surveyID)
	if err != nil {
		return nil, err
	}
	if o, err = s.settle(ctx, v, o); err != nil {
		return nil, err
	}
	total, err := s.count(ctx, s.store, v.ID, o)
	if err != nil || total > SmallRows || o.Format == FormatPDF && total > documentRows {
		return nil, err
	}
	w, err := s.writing(ctx, s.store, v, &o, total, s.clock.Now())
	if err != nil {
		return nil, err
	}
	if err := s.store.Audit(ctx, a, models.AuditEntry{Action: models.AuditExport, Object: v.ID, Name: v.Name, Detail: models.Details("format", string(o.Format))}); err != nil {
		return nil, err
	}
	return &Small{Name: w.name, ContentType: w.contentType, Rows: total, Write: func(to io.Writer) error {
		at := progress{Total: total}
		for {
			var part bytes.Buffer
			done, err := w.step(ctx, &at, &part)
			if err != nil {
				return err
			}
			if _, err := to.Write(part.Bytes()); err != nil {
				return err
			}
			if done {
				return nil
			}
		}
	}}, nil
}

// writing is an export under way.
type writing struct {
	service     *Service
	db          *store.Store
	survey      *models.Survey
	layout      Layout
	options     *Options
	total       int64
	name        string
	contentType string
	writer      writer
	asked       time.Time
}

func (s *Service) writing(ctx context.Context, db *store.Store, v *models.Survey, o *Options, total int64, asked time.Time) (*writing, error) {
	l, err := s.Layout(ctx, v)
	if err != nil {
		return nil, err
	}
	w := &writing{service: s, db: db, survey: v, layout: l, options: o, total: total, asked: asked, writer: writers[o.Format], contentType: contentTypes[o.Format]}
	if w.writer == nil {
		return nil, fmt.Errorf("no writer for %q", o.Format)
	}
	base := v.Name
	if !o.API {
		base += " " + asked.UTC().Format(time.DateOnly)
	}
	w.name = fileName(base, o.Format.ending())
	switch {
	case o.Compress:
		w.writer = packed{writer: w.writer, name: w.name}
		w.name, w.contentType = fileName(v.Name, "zip"), "application/zip"
	case o.Format == FormatPDF && total > documentRows:
		w.name, w.contentType = fileName(base, "zip"), "application/zip"
	}
	return w, nil
}

// step does the next part: it looks for names of embedded data first, then it writes rows.
func (w *writing) step(ctx context.Context, at *progress, b *bytes.Buffer) (done bool, err error) {
	scan := w.options.scan(w.survey.ID)
	scan.After = at.Place
	if at.Place == (store.Place{}) && w.options.After != "" {
		if scan.After, err = placeOf(w.options.After, w.survey.ID, w.service.clock.Now()); err != nil {
			return false, err
		}
	}
	if !at.Named {
		return false, w.findNames(ctx, scan, at)
	}
	t, err := w.table(at)
	if err != nil {
		return false, err
	}
	if w.options.Format == FormatSPSS && !at.Gauged {
		return false, w.measure(ctx, t, scan, at)
	}
	begins := at.State.Bytes == 0
	if begins {
		if err := w.writer.begin(t, &at.State, b); err != nil {
			return false, err
		}
	}
	scan.Limit = at.State.partLimit()
	if w.options.Format == FormatPDF {
		scan.Limit = documentRows
	}
	if w.options.Limit > 0 {
		scan.Limit = int(min(int64(scan.Limit), w.options.Limit-at.State.Rows))
	}
	var found []models.Response
	asked := scan.Limit
	if asked > 0 {
		if found, at.Place, err = w.db.ScanResponses(ctx, scan); err != nil {
			return false, err
		}
	}
	rows, err := w.service.rows(ctx, w.db, w.survey.ID, found)
	if err != nil {
		return false, err
	}
	if len(rows) > 0 {
		if err := w.writer.rows(t, &at.State, b, rows); err != nil {
			return false, err
		}
	}
	at.State.Rows += int64(len(rows))
	if len(found) < asked || asked == 0 {
		done = true
		if err := w.writer.end(t, &at.State, b); err != nil {
			return false, err
		}
	}
	at.State.Bytes += int64(max(b.Len(), 1)) // also when nothing was to be written yet: it has begun
	return done, nil
}

// findNames looks for the names of embedded data in the next part of the scan.
func (w *writing) findNames(ctx context.Context, scan store.ResponseScan, at *progress) error {
	scan.Limit = namesRows
	names := map[string]bool{}
	for _, name := range at.Passed {
		names[name] = true
	}
	n, place, err := w.db.ScanFieldNames(ctx, scan, names)
	if err != nil {
		return err
	}
	for _, name := range w.layout.Fields {
		delete(names, name)
	}
	at.Passed = slices.SortedFunc(maps.Keys(names), compareFields)
	at.Passed = at.Passed[:min(len(at.Passed), maxFields)]
	at.Place = place
	if n < namesRows {
		at.Named, at.Place = true, store.Place{}
	}
	return nil
}

// measure looks at the next part of the responses, for a format that says before them how long their texts are.
func (w *writing) measure(ctx context.Context, t *table, scan store.ResponseScan, at *progress) error {
	scan.Limit = partRows
	if w.options.Limit > 0 {
		scan.Limit = int(min(int64(scan.Limit), w.options.Limit-at.State.Looked))
	}
	var found []models.Response
	var err error
	if scan.Limit > 0 {
		if found, at.Place, err = w.db.ScanResponses(ctx, scan); err != nil {
			return err
		}
	}
	rows, err := w.service.rows(ctx, w.db, w.survey.ID, found)
	if err != nil {
		return err
	}
	for i := range rows {
		at.State.measure(t, &rows[i])
	}
	at.State.Looked += int64(len(rows))
	if len(found) < scan.Limit || scan.Limit == 0 {
		at.Gauged, at.Place = true, store.Place{}
	}
	return nil
}

func (w *writing) table(at *progress) (*table, error) {
	zone, err := time.LoadLocation(w.options.Zone)
	if err != nil {
		return nil, errors.Join(errors.New("read zone"), err)
	}
	columns := w.options.chosen(w.layout.Columns(w.options.shape(), at.Passed))
	show := w.options.Show
	if w.options.Format == FormatSPSS && !w.options.API { // its values have labels of their own
		show = ShowValues
	}
	t := &table{options: w.options, questions: w.layout.Questions, asked: w.asked, survey: w.survey.Name, zone: zone, days: w.layout.anonymous, fields: fieldsOf(columns, show), pages: 1}
	switch w.options.Format {
	case FormatXLSX:
		t.pages = sheetPages(w.total)
		t.fields = t.fields[:min(len(t.fields), MaxSheetColumns)]
	case FormatPDF:
		if w.total > documentRows {
			t.pages = 2
		}
	}
	return t, nil
}

// rows gives responses with the versions that they were answered by.
func (s *Service) rows(ctx context.Context, db *store.Store, surveyID string, found []models.Response) ([]row, error) {
	rows := make([]row, len(found))
	versions := map[int]*version{}
	for i := range found {
		v := versions[found[i].SurveyVersion]
		if v == nil {
			var err error
			if v, err = s.version(ctx, surveyID, found[i].SurveyVersion); err != nil {
				return nil, err
			}
			versions[found[i].SurveyVersion] = v
		}
		rows[i] = row{Response: &found[i], def: v}
	}
	return rows, addRecipients(ctx, db, rows)
}

// addRecipients tells who was invited to give each response. Anonymous ones name no invitation.
func addRecipients(ctx context.Context, db *store.Store, rows []row) error {
	var ids []string
	for i := range rows {
		if id := rows[i].InvitationID; id != nil && !rows[i].def.Anonymous {
			ids = append(ids, *id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	people, err := db.Invited(ctx, ids)
	if err != nil {
		return err
	}
	for i := range rows {
		if id := rows[i].InvitationID; id != nil && !rows[i].def.Anonymous {
			rows[i].recipient = people[*id]
		}
	}
	return nil
}

// ParseStates reads the states that a filter names: "" is all recorded ones.
func ParseStates(text string) ([]models.ResponseState, bool) {
	if text == "" {
		return nil, true
	}
	state := models.ResponseState(strings.ToLower(text))
	if state != models.ResponseCompleted && state != models.ResponsePartial && state != models.ResponseInProgress {
		return nil, false
	}
	return []models.ResponseState{state}, true
}
