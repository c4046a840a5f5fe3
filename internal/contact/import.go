package contact

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"surveyflow/internal/i18n"
	"surveyflow/internal/sheet"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// Line is a line of a file of contacts.
type Line struct {
	Number int      `json:"n"` // in the file, from 1
	Cells  []string `json:"c"`
}

// bytesOfRaw is the size of a part of the file as it was uploaded.
const bytesOfRaw = 512 << 10

// lineWriter keeps lines as a file, part by part.
type lineWriter struct {
	parts *store.LineFile[Line]
	lines int64
	width int
	first []Line // of the file, to guess from
}

func (s *Service) newLines(ctx context.Context, a models.Actor) (*lineWriter, error) {
	parts, err := store.NewLineFile[Line](ctx, s.store, a)
	return &lineWriter{parts: parts}, err
}

// add is a sheet.EachLine.
func (w *lineWriter) add(number int, cells []string) error {
	if w.lines++; w.lines > models.ImportMaxLines {
		return unreadable("import.error.lines", "Max", models.ImportMaxLines-1)
	}
	w.width = max(w.width, len(cells))
	line := Line{Number: number, Cells: cells}
	size := 0
	for _, cell := range cells {
		size += len(cell)
	}
	if len(w.first) < 21 {
		w.first = append(w.first, line)
	}
	return w.parts.Add(line, size)
}

// Upload takes a file of contacts for a list: it is read through once, its encoding, its separator and the meaning of its columns
// are guessed. models.CodeInvalid on "file" when it is none that can be read.
func (s *Service) Upload(ctx context.Context, a models.Actor, listID, name string, from io.ReaderAt, size int64) (*models.ContactImport, error) {
	if _, err := s.store.ContactList(ctx, a, listID); err != nil {
		return nil, err
	}
	if size > models.ImportMaxBytes {
		return nil, unreadable("import.error.bytes", "MB", models.ImportMaxBytes>>20)
	}
	head := make([]byte, 512)
	n, err := from.ReadAt(head, 0)
	if err != nil && err != io.EOF { //nolint:errorlint // io.ReaderAt gives it as it is
		return nil, fmt.Errorf("read upload: %w", err)
	}
	i := &models.ContactImport{ListID: listID, Name: fileName(name), Merge: models.MergeEmail}
	if i.Format, err = sniff(head[:n]); err != nil {
		return nil, err
	}
	if i.Format == models.ImportXLSX && size > models.ImportMaxXLSX {
		return nil, unreadable("import.error.bytes", "MB", models.ImportMaxXLSX>>20)
	}
	looked := &shape{valid: true}
	if err := s.keepRaw(ctx, a, i, io.TeeReader(io.NewSectionReader(from, 0, size), looked)); err != nil {
		return nil, err
	}
	if i.Format == models.ImportCSV {
		if i.Encoding, err = looked.encoding(); err != nil {
			return nil, s.drop(ctx, i, err)
		}
		i.Separator = guessSeparator(looked.head, i.Encoding)
	}
	if err := s.read(ctx, a, i, from, size); err != nil {
		return nil, s.drop(ctx, i, err)
	}
	return i, s.store.CreateContactImport(ctx, a, i)
}

// drop removes the files of an import that came to nothing, and gives why.
func (s *Service) drop(ctx context.Context, i *models.ContactImport, why error) error {
	if err := s.store.DropFiles(ctx, i.RawID, i.RowsID); err != nil {
		return err
	}
	return why
}

func fileName(name string) string {
	name = strings.TrimSpace(models.CleanText(filepath.Base(strings.ReplaceAll(name, `\`, "/"))))
	if name == "" || name == "." || name == "/" {
		name = "contacts"
	}
	return cutRunes(name, 200)
}

// keepRaw keeps the file as it was uploaded, to be read again with other settings.
func (s *Service) keepRaw(ctx context.Context, a models.Actor, i *models.ContactImport, from io.Reader) error {
	f := &models.File{Name: i.Name, ContentType: "application/octet-stream", ExpiresAt: s.clock.Now().Add(models.FileRetention)}
	if err := s.store.CreateFile(ctx, a, f); err != nil {
		return err
	}
	i.RawID = f.ID
	part := make([]byte, bytesOfRaw)
	for {
		n, err := io.ReadFull(from, part)
		if n > 0 {
			if err := s.store.AddToFile(ctx, f.ID, part[:n]); err != nil {
				return err
			}
		}
		switch err { //nolint:errorlint // io.ReadFull gives them as they are
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			return nil
		default:
			return fmt.Errorf("read upload: %w", err)
		}
	}
}

// read makes lines of a file by the settings of its import, and guesses what its columns are.
func (s *Service) read(ctx context.Context, a models.Actor, i *models.ContactImport, from io.ReaderAt, size int64) error {
	w, err := s.newLines(ctx, a)
	if err != nil {
		return err
	}
	i.RowsID = w.parts.ID
	if i.Format == models.ImportXLSX {
		i.Sheets.V, i.Sheet, err = readXLSX(ctx, from, size, i.Sheet, w.add)
	} else {
		err = sheet.ReadCSV(io.NewSectionReader(from, 0, size), i.Encoding, i.Separator, models.ImportMaxColumns, w.add)
	}
	if err == nil {
		err = w.parts.Flush()
	}
	if err != nil {
		return err
	}
	if w.lines == 0 {
		return unreadable("import.error.empty")
	}
	i.Lines, i.Width = w.lines, w.width
	i.Heading = guessHeading(w.first[0].Cells)
	i.Columns.V = columnsOf(i, w.first)
	return nil
}

// columnsOf guesses what the columns of an import are.
func columnsOf(i *models.ContactImport, first []Line) []models.ImportColumn {
	var heading []string
	if i.Heading {
		heading, first = first[0].Cells, first[1:]
	}
	below := make([][]string, len(first))
	for n, line := range first {
		below[n] = line.Cells
	}
	return guessColumns(i.Width, heading, below)
}

// Preview gives the first lines of an import, without its heading.
func (s *Service) Preview(ctx context.Context, i *models.ContactImport, most int) ([]Line, error) {
	first, err := s.firstLines(ctx, i)
	if err != nil {
		return nil, err
	}
	if i.Heading && len(first) > 0 {
		first = first[1:]
	}
	return first[:min(most, len(first))], nil
}

func (s *Service) firstLines(ctx context.Context, i *models.ContactImport) ([]Line, error) {
	part, err := s.store.FilePart(ctx, i.RowsID, 0)
	switch {
	case err != nil:
		return nil, err
	case part == nil:
		return nil, models.NotFound("import.error.gone")
	}
	return store.ReadLines[Line](part)
}

// Reading is how a file is to be read.
type Reading struct {
	Encoding  string
	Separator string
	Sheet     string
	Heading   bool
}

// Reread reads the file of an import in another way than it was, and guesses its columns anew.
func (s *Service) Reread(ctx context.Context, a models.Actor, i *models.ContactImport, as Reading) error {
	if i.Format == models.ImportXLSX {
		as.Encoding, as.Separator = i.Encoding, i.Separator
	} else {
		as.Sheet = i.Sheet
	}
	if as == (Reading{i.Encoding, i.Separator, i.Sheet, i.Heading}) {
		return nil
	}
	again := *i
	again.Encoding, again.Separator, again.Sheet = as.Encoding, as.Separator, as.Sheet
	if again.Encoding != i.Encoding || again.Separator != i.Separator || again.Sheet != i.Sheet {
		if err := s.readAgain(ctx, a, &again); err != nil {
			if again.RowsID != i.RowsID {
				return s.drop(ctx, &models.ContactImport{RowsID: again.RowsID}, err)
			}
			return err
		}
	}
	first, err := s.firstLines(ctx, &again)
	if err != nil {
		return err
	}
	again.Heading = as.Heading
	again.Columns.V = columnsOf(&again, first[:min(len(first), 21)])
	if err := s.store.SaveContactImport(ctx, a, &again); err != nil {
		return err
	}
	if again.RowsID != i.RowsID {
		if err := s.store.DropFiles(ctx, i.RowsID); err != nil {
			return err
		}
	}
	*i = again
	return nil
}

// readAgain reads the file that was kept.
func (s *Service) readAgain(ctx context.Context, a models.Actor, i *models.ContactImport) error {
	spool, err := os.CreateTemp("", "surveyflow-import-*")
	if err != nil {
		return fmt.Errorf("read upload again: %w", err)
	}
	defer func() {
		_ = spool.Close()
		_ = os.Remove(spool.Name())
	}()
	size, err := io.Copy(spool, s.store.OpenFile(ctx, i.RawID))
	if err != nil {
		return err
	}
	if size == 0 {
		return models.NotFound("import.error.gone")
	}
	return s.read(ctx, a, i, spool, size)
}

// importParams are the params of models.JobImportContacts.
type importParams struct {
	Import string `json:"import"`
}

// Begin starts the job that reads an import, by what its columns mean. models.CodeInvalid says what is wrong with them.
func (s *Service) Begin(ctx context.Context, a models.Actor, i *models.ContactImport) (*models.Job, error) {
	wrong := CheckColumns(i.Columns.V, i.Merge)
	tags := models.Contact{FirstName: "x", Tags: i.Tags}
	if errs := models.CheckContact(&tags); len(errs) > 0 {
		wrong = append(wrong, errs...)
	}
	if len(wrong) > 0 {
		return nil, models.Invalid(wrong...)
	}
	i.Tags = tags.Tags
	var j *models.Job
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Store) (err error) {
		if err := tx.SaveContactImport(ctx, a, i); err != nil {
			return err
		}
		j, err = s.beginIn(ctx, tx, a, i)
		return err
	})
	return j, err
}

// beginIn makes the job of an import as a part of an open transaction.
func (s *Service) beginIn(ctx context.Context, tx *store.Store, a models.Actor, i *models.ContactImport) (*models.Job, error) {
	params, err := models.MarshalJSON(importParams{Import: i.ID})
	if err != nil {
		return nil, err
	}
	j := &models.Job{Kind: models.JobImportContacts, Subject: i.ListID, Params: string(params), Total: i.Contacts()}
	return j, tx.StartContactImport(ctx, a, i.ID, j)
}

// ImportStep is the step of models.JobImportContacts: it brings one part of the lines into the list. The cursor of the job is the
// number of the next part.
func (s *Service) ImportStep(ctx context.Context, tx *store.Store, j *models.Job) (store.JobNext, error) {
	var p importParams
	if err := json.Unmarshal([]byte(j.Params), &p); err != nil {
		return store.JobNext{}, fmt.Errorf("read params of job: %w", err)
	}
	actor, err := tx.JobActor(ctx, j)
	if err != nil {
		return store.JobNext{}, err
	}
	i, err := tx.ContactImport(ctx, actor, p.Import)
	if err != nil {
		return store.JobNext{}, err
	}
	number, _ := strconv.Atoi(j.Cursor)
	parts, err := tx.FileParts(ctx, i.RowsID)
	switch {
	case models.ErrorCode(err) == models.CodeNotFound:
		return store.JobNext{}, models.NotFound("import.error.gone")
	case err != nil:
		return store.JobNext{}, err
	case number >= parts:
		return store.JobNext{Done: true}, s.endImport(ctx, tx, i, j)
	}
	part, err := tx.FilePart(ctx, i.RowsID, number)
	if err != nil {
		return store.JobNext{}, err
	}
	lines, err := store.ReadLines[Line](part)
	if err != nil {
		return store.JobNext{}, err
	}
	if number == 0 && i.Heading {
		lines = lines[1:]
	}
	if err := s.importLines(ctx, tx, actor, i, j, lines); err != nil {
		return store.JobNext{}, err
	}
	j.Cursor = itoa(number + 1)
	return store.JobNext{}, nil
}

// LineContact gives the contact that a line of an import is, and what is wrong with them.
func LineContact(i *models.ContactImport, line Line) (models.Contact, []models.FieldError) {
	if named := namedColumns(i); len(line.Cells) > named {
		return models.Contact{}, []models.FieldError{models.Field("", "import.error.cells", "Cells", len(line.Cells), "Columns", named)}
	}
	c := contactOf(i.Columns.V, line.Cells)
	c.Tags.V = append(c.Tags.V, i.Tags.V...)
	wrong := models.CheckContact(&c)
	c.Language = Language(c.Language)
	return c, wrong
}

// namedColumns gives how many cells a line may have: cells beyond the last column that has a name or a meaning would be lost.
func namedColumns(i *models.ContactImport) int {
	columns := i.Columns.V
	for n := len(columns); i.Heading && n > 0; n-- {
		if c := &columns[n-1]; c.Heading != "" || c.To != "" {
			return n
		}
	}
	return len(columns)
}

func (s *Service) importLines(ctx context.Context, tx *store.Store, a models.Actor, i *models.ContactImport, j *models.Job, lines []Line) error {
	writes := make([]store.ContactWrite, 0, len(lines))
	var report [][]string
	for _, line := range lines {
		c, wrong := LineContact(i, line)
		if len(wrong) > 0 {
			why := models.RunError{Key: wrong[0].Key, Args: wrong[0].Args}
			j.Fail(itoa(line.Number), why)
			row := append([]string{itoa(line.Number), i18n.TMap(ctx, why.Key, why.Args)}, line.Cells...)
			report = append(report, append(row, make([]string, max(0, len(i.Columns.V)-len(line.Cells)))...))
			continue
		}
		if saysYes(i.Columns.V, line.Cells, "unsubscribed") {
			now := s.clock.Now()
			c.OptedOutAt = &now
		}
		writes = append(writes, store.ContactWrite{Contact: c, Merge: i.Merge})
	}
	err := tx.ReportRefused(ctx, a, j, report, func() (string, [][]string) { return refusedHead(ctx, i) })
	if err != nil || len(writes) == 0 {
		return err
	}
	outcomes, _, refused, err := s.putIn(ctx, tx, a, i.ListID, Cause{Silent: !i.Follow, Quiet: i.Quiet}, nil, writes)
	if err != nil {
		return err
	}
	for _, r := range refused {
		if err := tx.RecordRefusal(ctx, r); err != nil {
			return err
		}
	}
	counts := map[models.ContactResult]int64{}
	for _, o := range outcomes {
		counts[o.Result]++
	}
	for result, n := range counts {
		j.NoteMany(string(result), n)
	}
	j.Done += int64(len(outcomes))
	return nil
}

// refusedHead gives the name and the heading of the file of what an import refused.
func refusedHead(ctx context.Context, i *models.ContactImport) (string, [][]string) {
	head := []string{i18n.T(ctx, "import.report.line"), i18n.T(ctx, "import.report.reason")}
	for n, c := range i.Columns.V {
		if c.Heading == "" {
			c.Heading = i18n.T(ctx, "import.column", "Number", n+1)
		}
		head = append(head, c.Heading)
	}
	return "refused-" + strings.TrimSuffix(i.Name, filepath.Ext(i.Name)) + ".csv", [][]string{head}
}

// endImport lets go of the files of an import and makes its report ready.
func (s *Service) endImport(ctx context.Context, tx *store.Store, i *models.ContactImport, j *models.Job) error {
	if err := tx.DropFiles(ctx, i.RawID, i.RowsID); err != nil {
		return err
	}
	return tx.FinishRefused(ctx, j)
}

func itoa(n int) string { return strconv.Itoa(n) }
