package report

import (
	"bytes"
	"strings"
	"time"

	"surveyflow/internal/archive"
	"surveyflow/models"
)

// field is a column as a file has it: one of a coded answer may have its label in a field of its own.
type field struct {
	Column
	label bool // the label of the answer and not its value
	own   bool // the label has a field beside that of the value
}

// fieldsOf gives the fields of a file for its columns.
func fieldsOf(columns []Column, show Show) []field {
	var all []field
	for _, c := range columns {
		switch {
		case !c.Coded || show == ShowValues:
			all = append(all, field{Column: c})
		case show == ShowLabels:
			all = append(all, field{Column: c, label: true})
		default:
			c.Several = c.Several && c.ChoiceID != ""
			all = append(all, field{Column: c}, field{Column: labelled(c), label: true, own: true})
		}
	}
	return all
}

// labelled names the field with the labels of a column.
func labelled(c Column) Column {
	c.Name += " - Label"
	c.Text += " - Label"
	c.Key += ":label"
	return c
}

// value is what a field of one response says.
type value struct {
	text   string
	number bool
	at     time.Time // in the zone of the file; the text says it too
	many   []string  // nil unless several choices can stand there
}

// table is a file while it is written: what all writers use.
type table struct {
	options *Options
	survey  string // its name
	fields  []field
	zone    *time.Location
	days    bool // times are days: the survey is anonymous
	pages   int  // of a spreadsheet, as many as the responses need

	questions []*models.Question // over all versions
	asked     time.Time          // when the file was
}

const (
	momentLayout = "2006-01-02 15:04:05"
	dayLayout    = "2006-01-02"
)

// value reads a field of a response.
func (t *table) value(f *field, r *row) value {
	c := f.cell(r)
	v := value{text: c.Value, number: c.Number}
	switch {
	case c.At != nil:
		v.at, v.text, v.number = c.At.In(t.zone), c.At.In(t.zone).Format(momentLayout), false
		if t.days { // a day has no zone
			v.at = c.At.UTC()
			v.text = v.at.Format(dayLayout)
		}
	case c.Many != nil:
		for _, one := range c.Many {
			text := one.Value
			if f.label && one.Label != "" {
				text = one.Label
			}
			v.many = append(v.many, text)
		}
		separator := ","
		if f.label && !t.options.API {
			separator = "; " // labels have commas of their own
		}
		v.text, v.number = strings.Join(v.many, separator), false
	case f.label:
		if c.Label != "" || f.own {
			v.text, v.number = c.Label, false
		}
	}
	if v.text == "" {
		v.text = t.unanswered(f, r)
	}
	return v
}

// unanswered gives what the options put where a question was seen and not answered. Who has finished has seen all.
func (t *table) unanswered(f *field, r *row) string {
	if f.Group != GroupQuestion || f.Long || !r.Finished() || r.def.questions[f.Question] == nil {
		return ""
	}
	switch {
	case f.Several && f.ChoiceID != "" && t.options.UnansweredMulti != nil:
		return *t.options.UnansweredMulti
	case (!f.Several || f.ChoiceID == "") && t.options.Unanswered != nil:
		return *t.options.Unanswered
	}
	return ""
}

// state is all that writing a file remembers between two parts.
type state struct {
	Rows    int64        // written so far
	Archive *archive.Zip `json:",omitempty"`
	Page    int          // of a spreadsheet, that is written; documents in an archive
	OnPage  int64        // its rows
	Bytes   int64
	Cut     int64 // texts that did not fit into a cell
	Missing int64 // responses with letters that the document's font has not

	Measured []measured `json:",omitempty"` // of a system file, by field
	Looked   int64      `json:",omitempty"` // responses that were measured
}

// partLimit gives how many responses the next step writes, so that it takes as little memory and time where answers are long.
func (s *state) partLimit() int {
	if s.Rows == 0 {
		return firstRows
	}
	written := s.Bytes
	if s.Archive != nil {
		written = 0
		for i := range s.Archive.Entries {
			written += s.Archive.Entries[i].Size
		}
	}
	return int(min(max(partBytes*s.Rows/max(written, 1), 20), partRows))
}

// writer writes rows in one format. It keeps nothing by itself between two parts.
type writer interface {
	begin(t *table, s *state, b *bytes.Buffer) error
	rows(t *table, s *state, b *bytes.Buffer, rows []row) error
	end(t *table, s *state, b *bytes.Buffer) error
}

// writers are the formats, packed neither.
var writers = map[Format]writer{
	FormatCSV: delimited{','}, FormatTSV: delimited{'\t'}, FormatJSON: jsonRows{}, FormatNDJSON: jsonRows{lines: true}, FormatXML: xmlRows{},
	FormatXLSX: spreadsheet{}, FormatPDF: document{}, FormatSPSS: spss{},
}

// packed puts what a writer writes into a ZIP file.
type packed struct {
	writer
	name string // of the file in it
}

func (p packed) begin(t *table, s *state, b *bytes.Buffer) error {
	var inner bytes.Buffer
	s.Archive = &archive.Zip{}
	s.Archive.Begin(b, p.name)
	if err := p.writer.begin(t, s, &inner); err != nil {
		return err
	}
	return s.Archive.Add(b, inner.Bytes(), false)
}

func (p packed) rows(t *table, s *state, b *bytes.Buffer, rows []row) error {
	var inner bytes.Buffer
	if err := p.writer.rows(t, s, &inner, rows); err != nil {
		return err
	}
	return s.Archive.Add(b, inner.Bytes(), false)
}

func (p packed) end(t *table, s *state, b *bytes.Buffer) error {
	var inner bytes.Buffer
	if err := p.writer.end(t, s, &inner); err != nil {
		return err
	}
	if err := s.Archive.Add(b, inner.Bytes(), true); err != nil {
		return err
	}
	s.Archive.End(b)
	return nil
}
