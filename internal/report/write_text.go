package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"surveyflow/internal/survey"
	"surveyflow/models"
)

// delimited writes CSV (RFC 4180) and TSV, in UTF-8.
type delimited struct{ comma byte }

const utf8BOM = "\xef\xbb\xbf"

func (d delimited) begin(t *table, _ *state, b *bytes.Buffer) error {
	if t.options.BOM {
		b.WriteString(utf8BOM)
	}
	head := func(cell func(*field) string) {
		for i := range t.fields {
			if i > 0 {
				b.WriteByte(d.comma)
			}
			d.cell(t, b, cell(&t.fields[i]), false)
		}
		d.newline(t, b)
	}
	if t.options.Headers != HeaderNone {
		head(func(f *field) string { return f.Name })
	}
	if t.options.Headers == HeaderTexts || t.options.Headers == HeaderAPI {
		head(func(f *field) string { return f.Text })
	}
	if t.options.Headers == HeaderAPI {
		head(func(f *field) string { return importID(t, f) })
	}
	return nil
}

// importID says in JSON what the API calls a column: its third header (reference §4.7).
func importID(t *table, f *field) string {
	var b strings.Builder
	member := func(name, value string) {
		text, err := models.MarshalJSON(value)
		if err == nil {
			b.WriteString(`"` + name + `":` + string(text))
		}
	}
	b.WriteByte('{')
	member("ImportId", f.ImportID)
	if f.ChoiceID != "" {
		b.WriteByte(',')
		member("choiceId", f.ChoiceID)
	}
	if f.Time {
		zone := t.options.Zone
		if zone == "" || zone == "UTC" {
			zone = "Z"
		}
		b.WriteByte(',')
		member("timeZone", zone)
	}
	if f.own {
		b.WriteString(`,"IsLabelsColumn":true`)
	}
	b.WriteByte('}')
	return b.String()
}

func (d delimited) rows(t *table, _ *state, b *bytes.Buffer, rows []row) error {
	for i := range rows {
		for n := range t.fields {
			if n > 0 {
				b.WriteByte(d.comma)
			}
			v := t.value(&t.fields[n], &rows[i])
			if v.number && t.options.DecimalComma {
				v.text = strings.Replace(v.text, ".", ",", 1)
			}
			if t.options.Newline != nil && strings.ContainsAny(v.text, "\r\n") {
				v.text = strings.NewReplacer("\r\n", *t.options.Newline, "\r", *t.options.Newline, "\n", *t.options.Newline).Replace(v.text)
			}
			d.cell(t, b, v.text, v.number)
		}
		d.newline(t, b)
	}
	return nil
}

func (delimited) end(*table, *state, *bytes.Buffer) error { return nil }

// newline ends a line as RFC 4180 has it; the API's files have the shorter one of the field's.
func (delimited) newline(t *table, b *bytes.Buffer) {
	if !t.options.API {
		b.WriteByte('\r')
	}
	b.WriteByte('\n')
}

func (d delimited) cell(t *table, b *bytes.Buffer, text string, number bool) {
	if t.options.Defuse && !number {
		text = models.DefuseCell(text)
	}
	if text == "" {
		return
	}
	if strings.IndexByte(text, d.comma) < 0 && !strings.ContainsAny(text, "\"\r\n") && text[0] != ' ' && text[len(text)-1] != ' ' {
		b.WriteString(text)
		return
	}
	b.WriteByte('"')
	for {
		before, after, found := strings.Cut(text, `"`)
		b.WriteString(before)
		if !found {
			break
		}
		b.WriteString(`""`)
		text = after
	}
	b.WriteByte('"')
}

// jsonRows writes JSON: one object with all responses, or one response a line. For people a response is an object of the
// columns' names; for programs it has the shape of the field's API.
type jsonRows struct{ lines bool }

func (j jsonRows) begin(_ *table, _ *state, b *bytes.Buffer) error {
	if !j.lines {
		b.WriteString(`{"responses":[`)
	}
	return nil
}

func (j jsonRows) rows(t *table, s *state, b *bytes.Buffer, rows []row) error {
	for i := range rows {
		switch {
		case j.lines:
		case s.Rows+int64(i) > 0:
			b.WriteString(",\n")
		default:
			b.WriteByte('\n')
		}
		if err := t.json(b, &rows[i]); err != nil {
			return err
		}
		if j.lines {
			b.WriteByte('\n')
		}
	}
	return nil
}

func (j jsonRows) end(_ *table, _ *state, b *bytes.Buffer) error {
	if !j.lines {
		b.WriteString("\n]}\n")
	}
	return nil
}

// json writes a response.
func (t *table) json(b *bytes.Buffer, r *row) error {
	if t.options.API {
		text, err := models.MarshalJSON(t.narrowed(survey.ExportResponse(r.def.SurveyDefinition, r.Response)))
		b.Write(text)
		return err
	}
	b.WriteByte('{')
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	for n := range t.fields {
		f := &t.fields[n]
		if n > 0 {
			b.WriteByte(',')
		}
		if err := encode(e, b, f.Name); err != nil {
			return err
		}
		b.WriteByte(':')
		v := t.value(f, r)
		var err error
		switch {
		case v.many != nil:
			err = encode(e, b, v.many)
		case v.text == "":
			b.WriteString("null")
		case v.number && json.Valid([]byte(v.text)):
			b.WriteString(v.text)
		case !v.at.IsZero() && !t.days:
			err = encode(e, b, v.at.Format("2006-01-02T15:04:05Z07:00"))
		default:
			err = encode(e, b, v.text)
		}
		if err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

// encode writes a value without the line break that the encoder ends it with.
func encode(e *json.Encoder, b *bytes.Buffer, v any) error {
	if err := e.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1)
	return nil
}

// narrowed leaves out of a response what the options do.
func (t *table) narrowed(e *survey.Export) *survey.Export {
	o := t.options
	if o.QuestionIDs == nil && o.FieldNames == nil && o.MetadataIDs == nil {
		return e
	}
	keep := func(name string) bool {
		id, _, _ := strings.Cut(name, "_")
		switch {
		case name != "_recordId" && isQuestion(id):
			return o.QuestionIDs == nil || contains(o.QuestionIDs, id)
		case metadataKeys[name]:
			return o.MetadataIDs == nil || contains(o.MetadataIDs, name)
		}
		return o.FieldNames == nil || contains(o.FieldNames, name)
	}
	for name := range e.Values {
		if !keep(name) {
			delete(e.Values, name)
		}
	}
	for name := range e.Labels {
		if !keep(name) {
			delete(e.Labels, name)
		}
	}
	fields := e.DisplayedFields[:0]
	for _, name := range e.DisplayedFields {
		if keep(name) {
			fields = append(fields, name)
		}
	}
	e.DisplayedFields = fields
	for name := range e.DisplayedValues {
		if !keep(name) {
			delete(e.DisplayedValues, name)
		}
	}
	return e
}

// metadataKeys are the names of metadata in the API.
var metadataKeys = func() map[string]bool {
	all := map[string]bool{}
	for _, c := range metadata(Shape{API: true, Modified: true}) {
		all[c.Key] = true
	}
	return all
}()

func isQuestion(id string) bool {
	return len(id) > 3 && strings.HasPrefix(id, "QID") && strings.Trim(id[3:], "0123456789") == ""
}

func contains(list []string, name string) bool {
	for _, s := range list {
		if s == name {
			return true
		}
	}
	return false
}

// xmlRows writes XML: an element per response with an element per column.
type xmlRows struct{}

func (xmlRows) begin(_ *table, _ *state, b *bytes.Buffer) error {
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<Responses>\n")
	return nil
}

func (xmlRows) rows(t *table, _ *state, b *bytes.Buffer, rows []row) error {
	names := make([]string, len(t.fields))
	for i := range t.fields {
		names[i] = xmlName(t.fields[i].Name)
	}
	for i := range rows {
		b.WriteString("<Response>")
		for n := range t.fields {
			v := t.value(&t.fields[n], &rows[i])
			if v.text == "" {
				b.WriteString("<" + names[n] + "/>")
				continue
			}
			if v.number && t.options.DecimalComma {
				v.text = strings.Replace(v.text, ".", ",", 1)
			}
			b.WriteString("<" + names[n] + ">")
			xmlText(b, v.text)
			b.WriteString("</" + names[n] + ">")
		}
		b.WriteString("</Response>\n")
	}
	return nil
}

func (xmlRows) end(_ *table, _ *state, b *bytes.Buffer) error {
	b.WriteString("</Responses>\n")
	return nil
}

// xmlName makes the name of an element of the name of a column.
func xmlName(name string) string {
	out := strings.TrimRight(strings.Map(func(r rune) rune {
		switch {
		case r == '-' || r == '.' || r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)), r >= 0xC0 && r < 0x2000 && unicode.IsLetter(r) && r != 0xD7 && r != 0xF7, r >= 0x3040 && r < 0xD800 && unicode.IsLetter(r):
			return r
		}
		return '_'
	}, name), "_")
	if first, _ := utf8.DecodeRuneInString(out); out == "" || !unicode.IsLetter(first) {
		return "_" + out
	}
	return out
}

// xmlText writes a text between tags: what XML has no place for is left out.
func xmlText(b *bytes.Buffer, text string) {
	for _, r := range text {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '\r':
			b.WriteString("&#13;")
		case r == '\t' || r == '\n' || r >= ' ' && r != 0xFFFE && r != 0xFFFF:
			b.WriteRune(r)
		}
	}
}
