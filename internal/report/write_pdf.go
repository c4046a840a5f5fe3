package report

import (
	"bytes"
	"fmt"
	"strings"

	"surveyflow/internal/archive"
	"surveyflow/internal/pdf"
	"surveyflow/models"
)

// document writes PDF: each response with its questions and answers, in Latin, Greek and Cyrillic letters. Up to
// documentRows responses are one document; more are documents of that size in a ZIP file, so that none has to be held in memory
// as a whole.
type document struct{}

// documentRows is how many responses a document has at most.
const documentRows = 250

func (document) begin(t *table, s *state, _ *bytes.Buffer) error {
	if t.pages > 1 {
		s.Archive = &archive.Zip{}
	}
	return nil
}

func (d document) rows(t *table, s *state, b *bytes.Buffer, rows []row) error {
	s.Page++
	if s.Archive == nil {
		return d.print(t, s, b, rows)
	}
	var inner bytes.Buffer
	if err := d.print(t, s, &inner, rows); err != nil {
		return err
	}
	s.Archive.Begin(b, fmt.Sprintf("%06d-%06d.pdf", s.Rows+1, s.Rows+int64(len(rows))))
	return s.Archive.Add(b, inner.Bytes(), true)
}

func (d document) end(t *table, s *state, b *bytes.Buffer) error {
	if s.Archive != nil {
		s.Archive.End(b)
		return nil
	}
	if s.Page == 0 {
		return d.print(t, s, b, nil)
	}
	return nil
}

// print writes one document.
func (document) print(t *table, s *state, b *bytes.Buffer, rows []row) error {
	p := pdf.New(t.survey, t.options.To)
	for i := range rows {
		if i > 0 {
			p.Rule()
		}
		var group Group
		for n := range t.fields {
			f := &t.fields[n]
			v := t.value(f, &rows[i])
			if v.text == "" && f.Group != GroupQuestion {
				continue
			}
			if len(v.many) > 1 {
				v.text = strings.Join(v.many, "\n")
			}
			title := f.Text
			if title == "" {
				title = f.Name
			}
			if asks := f.Group == GroupQuestion; group != "" && asks != (group == GroupQuestion) {
				p.Gap()
			}
			if group = f.Group; group == GroupQuestion {
				p.Answer(title, v.text)
			} else {
				p.Field(title, v.text)
			}
		}
		if p.Missing() {
			s.Missing++
		}
	}
	return p.Write(b)
}

// PrintableSurvey reports whether documents have the letters of all that a definition asks.
func PrintableSurvey(def *models.SurveyDefinition) bool {
	for _, q := range def.Questions() {
		if !pdf.Printable(q.Text) {
			return false
		}
		for _, list := range [][]models.Choice{q.Choices, q.Rows} {
			for i := range list {
				if !pdf.Printable(list[i].Text) {
					return false
				}
			}
		}
	}
	return true
}
