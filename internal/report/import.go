package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"surveyflow/internal/i18n"
	"surveyflow/internal/richtext"
	"surveyflow/internal/sheet"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

const (
	maxImportColumns = 5000
	maxImportLines   = models.ImportMaxLines - 1
)

// source is what a column of a file of responses is.
type source struct {
	Name     string `json:"n,omitempty"` // among the values of a response; empty when the column is passed over
	Question string `json:"q,omitempty"` // whose choices have labels
	Choice   string `json:"c,omitempty"` // the value of the choice that the column is about
	Several  bool   `json:"s,omitempty"` // values of several choices, between commas
	Zone     string `json:"z,omitempty"` // of a time
	Time     bool   `json:"t,omitempty"`
}

// line is a response in such a file.
type line struct {
	Number int      `json:"n"` // in the file, from 1
	Cells  []string `json:"c"`
}

// importParams are the params of models.JobImportResponses.
type importParams struct {
	FileID   string
	Key      string
	Columns  []source
	Heading  [][]string // the lines above the responses, for the file of those that are refused
	Depth    int
	CauseRun *string
}

// Import is a file of responses.
type Import struct {
	Encoding  string // one of models.ImportEncodings
	Separator string
	Key       string // idempotency key: the same lines with it again make no second responses; may be empty
	Depth     int
	CauseRun  *string
}

// StartImport reads a file of responses, as an export writes it, and makes the job that brings them into a survey: the first line names the
// columns, by the names or the ids that exports have for them; the two further lines of the API's exports may follow. What a survey does
// not know is embedded data. It keeps no more in memory than a part. The caller has checked who asks.
//
// models.CodeInvalid on "file" when it is none that can be read; models.CodeConflict when the survey was never live.
func (s *Service) StartImport(ctx context.Context, a models.Actor, v *models.Survey, from io.Reader, in Import) (*models.Job, error) {
	if v.Version == 0 {
		return nil, models.Conflict("survey.error.never_live", nil)
	}
	l, err := s.Layout(ctx, v)
	if err != nil {
		return nil, err
	}
	lines, err := store.NewLineFile[line](ctx, s.store, a)
	if err != nil {
		return nil, err
	}
	p := importParams{FileID: lines.ID, Key: in.Key, Depth: in.Depth, CauseRun: in.CauseRun}
	r := heading{layout: &l}
	total := int64(0)
	err = sheet.ReadCSV(from, in.Encoding, in.Separator, maxImportColumns, func(number int, cells []string) error {
		if r.takes(cells) {
			return nil
		}
		if total++; total > maxImportLines {
			return models.Invalid(models.Field("file", "response.import.error.lines", "Max", maxImportLines))
		}
		size := 0
		for _, cell := range cells {
			size += len(cell)
		}
		return lines.Add(line{Number: number, Cells: cells}, size)
	})
	if err == nil {
		p.Columns, err = r.columns()
	}
	p.Heading = r.above
	if err == nil && total == 0 {
		err = models.Invalid(models.Field("file", "response.import.error.empty"))
	}
	if err == nil {
		err = lines.Flush()
	}
	if err != nil {
		return nil, errors.Join(err, s.store.DropFiles(context.WithoutCancel(ctx), lines.ID))
	}
	params, err := models.MarshalJSON(p)
	if err != nil {
		return nil, err
	}
	j := &models.Job{Kind: models.JobImportResponses, Subject: v.ID, Params: string(params), Total: total}
	return j, s.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		if err := tx.KeepFile(ctx, lines.ID); err != nil {
			return err
		}
		return tx.CreateJob(ctx, a, j)
	})
}

// heading reads the lines above the responses.
type heading struct {
	layout *Layout
	names  []string
	ids    []importIDs
	text   []string // a second line that is the texts, when a third one says so
	lines  int
	above  [][]string // the lines that it took
}

// importIDs is what the third line of the API's exports says of a column.
type importIDs struct {
	ImportID string `json:"ImportId"`
	ChoiceID string `json:"choiceId"`
	TimeZone string `json:"timeZone"`
	Labels   bool   `json:"IsLabelsColumn"`
}

// takes reports whether a line is one of the heading.
func (h *heading) takes(cells []string) bool {
	is := h.is(cells)
	if is {
		h.above = append(h.above, cells)
	}
	return is
}

func (h *heading) is(cells []string) bool {
	h.lines++
	switch {
	case h.lines == 1:
		h.names = cells
		return true
	case h.lines > 3 || len(h.ids) > 0:
		return false
	case strings.HasPrefix(cells[0], `{"ImportId"`):
		h.ids = make([]importIDs, len(cells))
		for i, cell := range cells {
			_ = json.Unmarshal([]byte(cell), &h.ids[i]) // what is none names nothing
		}
		return true
	case h.lines == 2 && h.text == nil && slices.Equal(cells, h.texts()):
		return true
	}
	return false
}

// texts gives the second line that an export would have under these names.
func (h *heading) texts() []string {
	known := map[string]string{}
	for _, c := range h.all() {
		known[c.Name] = strings.TrimSpace(c.Text)
	}
	out := make([]string, len(h.names))
	for i, name := range h.names {
		base, label := strings.CutSuffix(name, " - Label")
		if out[i] = known[base]; out[i] == "" {
			out[i] = name // embedded data
		} else if label {
			out[i] += " - Label"
		}
	}
	return out
}

// all gives the columns that exports can have.
func (h *heading) all() []Column {
	all := h.layout.Columns(Shape{API: true, Split: true, DisplayOrder: true, Modified: true}, nil)
	return append(all, h.layout.Columns(Shape{API: true}, nil)...)
}

// columns tells what the columns of the file are.
func (h *heading) columns() ([]source, error) {
	if len(h.names) == 0 {
		return nil, models.Invalid(models.Field("file", "response.import.error.empty"))
	}
	all := h.all()
	out := make([]source, len(h.names))
	taken := map[importIDs]int{} // the places of columns, from 1
	for i, name := range h.names {
		id := importIDs{ImportID: name}
		given := i < len(h.ids) && h.ids[i].ImportID != ""
		if given {
			id = h.ids[i]
		}
		if id.Labels || strings.HasSuffix(name, " - Label") || name == "" || name == refusedLine || name == refusedReason {
			continue
		}
		at := slices.IndexFunc(all, func(c Column) bool { return c.ImportID == id.ImportID && c.ChoiceID == id.ChoiceID })
		if at < 0 && !given {
			at = slices.IndexFunc(all, func(c Column) bool { return c.Name == name })
		}
		if at < 0 {
			if reason := survey.FieldNameProblem(id.ImportID); reason != "" {
				if len(h.names) == 1 && strings.ContainsAny(name, strings.Join(models.ImportSeparators, "")) {
					return nil, models.Invalid(models.Field("file", "response.import.error.separator", "Column", name))
				}
				return nil, models.Invalid(models.Field("file", "response.import.error.column", "Column", name, "Number", i+1))
			}
			out[i] = source{Name: id.ImportID}
		} else {
			out[i] = h.source(&all[at], id.TimeZone)
			id = importIDs{ImportID: all[at].ImportID, ChoiceID: all[at].ChoiceID}
		}
		id.TimeZone = ""
		if first := taken[id]; first > 0 && out[i].Name != "" {
			return nil, models.Invalid(models.Field("file", "response.import.error.twice", "Column", name, "Number", i+1, "First", first))
		}
		taken[id] = i + 1
	}
	return out, nil
}

// madeHere are the columns whose values the product makes itself.
var madeHere = []string{"status", "progress", "duration", "_recordId", "locationLatitude", "locationLongitude", "distributionChannel", "lastModifiedDate"}

// source says what a column of an export is on its way back.
func (h *heading) source(c *Column, zone string) source {
	switch {
	case slices.Contains(madeHere, c.Key), strings.HasSuffix(c.ImportID, "_DO"), strings.HasSuffix(c.Key, "_NPS_GROUP"):
		return source{}
	case c.Time:
		return source{Name: c.ImportID, Time: true, Zone: zone}
	case c.Group == GroupContact: // nobody was invited: it stays as what was passed
		if h.layout.anonymous {
			return source{}
		}
		return source{Name: c.Name}
	case c.Group != GroupQuestion || !c.Coded && !c.Several:
		return source{Name: c.ImportID}
	case c.ChoiceID != "":
		s := source{Name: c.ImportID, Question: c.Question}
		q := h.question(c.Question)
		if id, err := strconv.Atoi(c.ChoiceID); err == nil && q != nil && q.Choice(id) != nil {
			s.Choice = q.Choice(id).RecodeValue()
		}
		return s
	}
	return source{Name: c.ImportID, Question: c.Question, Several: c.Several}
}

func (h *heading) question(id string) *models.Question {
	for _, q := range h.layout.Questions {
		if q.ID == id {
			return q
		}
	}
	return nil
}

// ImportStep is the step of models.JobImportResponses: it makes the responses of one part of the lines. The cursor of the job is the number
// of the next part. A part is one transaction, and a response's id is derived from the job and its line: nothing comes twice.
func (s *Service) ImportStep(ctx context.Context, tx *store.Store, j *models.Job) (store.JobNext, error) {
	var p importParams
	if err := json.Unmarshal([]byte(j.Params), &p); err != nil {
		return store.JobNext{}, fmt.Errorf("read params of job: %w", err)
	}
	actor, err := tx.JobActor(ctx, j)
	if err != nil {
		return store.JobNext{}, err
	}
	v, err := tx.SurveyToEdit(ctx, actor, j.Subject)
	if err != nil {
		return store.JobNext{}, err
	}
	lines, err := store.NextLines[line](ctx, tx, j, p.FileID)
	if err != nil || lines == nil {
		if err == nil {
			err = s.endImport(ctx, tx, j, p.FileID)
		}
		return store.JobNext{Done: err == nil}, err
	}
	l, err := s.Layout(ctx, v)
	if err != nil {
		return store.JobNext{}, err
	}
	labels := labelsOf(&l)
	all := make([]survey.Creation, 0, len(lines))
	key := p.Key
	if key == "" {
		key = j.ID
	}
	for _, one := range lines {
		if len(one.Cells) > len(p.Columns) {
			continue
		}
		all = append(all, survey.Creation{
			SurveyID: v.ID, Values: values(p.Columns, one.Cells, labels), Imported: true, Depth: p.Depth, CauseRun: p.CauseRun,
			Key: strings.Join(append([]string{"import", key, strconv.Itoa(one.Number)}, one.Cells...), "\x00"),
		})
	}
	errs, err := s.surveys.CreateMany(ctx, tx, v.ID, all)
	if err != nil {
		return store.JobNext{}, err
	}
	var refused [][]string
	for _, one := range lines {
		var err error
		if len(one.Cells) > len(p.Columns) {
			err = models.Invalid(models.Field("", "import.error.cells", "Cells", len(one.Cells), "Columns", len(p.Columns)))
		} else {
			err, errs = errs[0], errs[1:]
		}
		if err != nil {
			number, why := strconv.Itoa(one.Number), survey.WhyRefused(err)
			j.Fail(number, why)
			refused = append(refused, refusedCells(p.Heading, one.Cells, number, i18n.TMap(ctx, why.Key, why.Args)))
			continue
		}
		j.Done++
	}
	return store.JobNext{}, tx.ReportRefused(ctx, actor, j, refused, func() (string, [][]string) { return refusedHead(v.Name, p.Heading) })
}

// The columns at the end of a file of lines that were refused. An import passes over them.
const (
	refusedLine   = "Refused line"
	refusedReason = "Refused because"
)

// refusedHead gives the name and the heading of such a file: that of what was imported, so that it can be mended and imported again.
func refusedHead(name string, heading [][]string) (string, [][]string) {
	above := make([][]string, len(heading))
	for i, cells := range heading {
		above[i] = refusedCells(heading, cells, refusedLine, refusedReason)
	}
	return "refused-" + fileName(name, "csv"), above
}

// refusedCells gives a line with two more columns, which stand at the same place in all of them: at the end, since by its first cell the
// third line of a heading is known.
func refusedCells(heading [][]string, cells []string, line, reason string) []string {
	width := len(cells)
	for _, above := range heading {
		width = max(width, len(above))
	}
	out := make([]string, width, width+2)
	copy(out, cells)
	return append(out, line, reason)
}

// endImport lets go of the lines of an import that is through and makes the file of those that were refused ready.
func (s *Service) endImport(ctx context.Context, tx *store.Store, j *models.Job, linesID string) error {
	if err := tx.DropFiles(ctx, linesID); err != nil {
		return err
	}
	return tx.FinishRefused(ctx, j)
}

// labelsOf gives, by question, the values that labels of choices stand for: files with labels are read as well.
func labelsOf(l *Layout) map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, q := range l.Questions {
		known := map[string]string{}
		for i := range q.Choices {
			known[richtext.Line(q.Choices[i].Text)] = q.Choices[i].RecodeValue()
		}
		for i := range q.Choices { // a value counts before a label that looks like one
			delete(known, q.Choices[i].RecodeValue())
			delete(known, strconv.Itoa(q.Choices[i].ID))
		}
		all[q.ID] = known
	}
	return all
}

// values makes what a program would send of the cells of a line.
func values(columns []source, cells []string, labels map[string]map[string]string) map[string]json.RawMessage {
	texts, lists := map[string]string{}, map[string][]string{}
	for i, cell := range cells {
		if i >= len(columns) || cell == "" || columns[i].Name == "" {
			continue
		}
		c := columns[i]
		value := func(text string) string {
			if known, ok := labels[c.Question][text]; ok {
				return known
			}
			return text
		}
		switch {
		case c.Choice != "":
			if cell != "0" {
				lists[c.Name] = append(lists[c.Name], c.Choice)
			}
		case c.Several:
			for one := range strings.SplitSeq(cell, ",") {
				lists[c.Name] = append(lists[c.Name], value(strings.TrimSpace(one)))
			}
		case c.Time:
			texts[c.Name] = inZone(cell, c.Zone)
		default:
			texts[c.Name] = value(cell)
		}
	}
	out := make(map[string]json.RawMessage, len(texts)+len(lists))
	put := func(name string, v any) {
		if text, err := models.MarshalJSON(v); err == nil { // texts always can be written
			out[name] = json.RawMessage(text)
		}
	}
	for name, text := range texts {
		put(name, text)
	}
	for name, list := range lists {
		put(name, list)
	}
	return out
}

// inZone gives a time of a file with its zone; what is none stays as it is, to be told.
func inZone(text, zone string) string {
	if zone == "" || zone == "Z" {
		return text
	}
	at, err := time.LoadLocation(zone)
	if err != nil {
		return text
	}
	t, err := time.ParseInLocation(momentLayout, text, at)
	if err != nil {
		return text
	}
	return t.UTC().Format(time.RFC3339)
}
