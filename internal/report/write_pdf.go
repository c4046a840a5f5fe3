package report

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"

	"surveyflow/internal/archive"
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

// Measures in millimetres and points.
const (
	pdfMargin = 18.0
	pdfText   = 9.5
	pdfSmall  = 8.0
	pdfLine   = 4.6
)

// print writes one document.
func (document) print(t *table, s *state, b *bytes.Buffer, rows []row) error {
	p := fpdf.New("P", "mm", "A4", "")
	p.AddUTF8FontFromBytes("go", "", goregular.TTF)
	p.AddUTF8FontFromBytes("go", "B", gobold.TTF)
	p.SetMargins(pdfMargin, pdfMargin, pdfMargin)
	p.SetAutoPageBreak(true, pdfMargin)
	p.SetTitle(t.survey, true)
	p.SetCreator("Surveyflow", true)
	p.SetFooterFunc(func() {
		p.SetY(-12)
		p.SetFont("go", "", pdfSmall)
		p.SetTextColor(110, 110, 110)
		p.CellFormat(0, 5, printable(t.survey), "", 0, "L", false, 0, "")
		p.CellFormat(0, 5, strconv.Itoa(p.PageNo()), "", 0, "R", false, 0, "")
	})
	p.AddPage()
	p.SetFont("go", "B", 15)
	p.MultiCell(0, 7, printable(t.survey), "", "L", false)
	p.Ln(3)
	width, _ := p.GetPageSize()
	width -= 2 * pdfMargin
	for i := range rows {
		missing := false
		for n := range t.fields {
			f := &t.fields[n]
			v := t.value(f, &rows[i])
			if v.text == "" && f.Group != GroupQuestion {
				continue
			}
			if len(v.many) > 1 {
				v.text = strings.Join(v.many, "\n")
			}
			missing = missing || !Printable(v.text)
			if n == 0 || f.Group == GroupQuestion && t.fields[n-1].Group != GroupQuestion {
				p.Ln(1.5)
			}
			printAnswer(p, width, f, v.text)
		}
		if missing {
			s.Missing++
		}
		p.Ln(2)
		x, y := p.GetXY()
		p.SetDrawColor(200, 200, 200)
		p.Line(x, y, x+width, y)
		p.Ln(3)
	}
	if err := p.Output(b); err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	return nil
}

// printAnswer writes a column's text at the left and its value beside it; answers to questions stand below them, so that long
// ones have room.
func printAnswer(p *fpdf.Fpdf, width float64, f *field, text string) {
	title := f.Text
	if title == "" {
		title = f.Name
	}
	p.SetTextColor(90, 90, 90)
	p.SetFont("go", "", pdfSmall)
	if f.Group == GroupQuestion {
		p.MultiCell(width, pdfLine-0.6, printable(title), "", "L", false)
		p.SetTextColor(20, 20, 20)
		p.SetFont("go", "B", pdfText)
		if text == "" {
			text = "–"
		}
		p.MultiCell(width, pdfLine, printable(text), "", "L", false)
		p.Ln(1)
		return
	}
	const label = 45.0
	name := printable(title)
	for p.GetStringWidth(name) > label-3 && len(name) > 4 {
		runes := []rune(strings.TrimSuffix(name, "…"))
		name = string(runes[:len(runes)-1]) + "…"
	}
	p.CellFormat(label, pdfLine, name, "", 0, "L", false, 0, "")
	p.SetTextColor(20, 20, 20)
	p.SetFont("go", "", pdfText)
	p.MultiCell(width-label, pdfLine, printable(text), "", "L", false)
}

// printed is the font of documents, to look up which letters it has.
var printed = sync.OnceValue(func() *sfnt.Font {
	f, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		return nil
	}
	return f
})

// known keeps what was looked up: texts have the same letters again and again.
var known sync.Map // rune to bool

func hasLetter(r rune) bool {
	if r < 0x7F {
		return r >= ' ' || r == '\n' || r == '\r' || r == '\t'
	}
	if ok, seen := known.Load(r); seen {
		return ok.(bool)
	}
	f := printed()
	if f == nil {
		return false
	}
	var buf sfnt.Buffer
	n, err := f.GlyphIndex(&buf, r)
	ok := err == nil && n != 0 && r <= 0xFFFF
	known.Store(r, ok)
	return ok
}

// Printable reports whether documents have all letters of a text: those of Latin, Greek and Cyrillic scripts.
func Printable(text string) bool {
	for _, r := range text {
		if !hasLetter(r) {
			return false
		}
	}
	return true
}

// PrintableSurvey reports whether documents have the letters of all that a definition asks.
func PrintableSurvey(def *models.SurveyDefinition) bool {
	for _, q := range def.Questions() {
		if !Printable(q.Text) {
			return false
		}
		for _, list := range [][]models.Choice{q.Choices, q.Rows} {
			for i := range list {
				if !Printable(list[i].Text) {
					return false
				}
			}
		}
	}
	return true
}

// printable puts a box where a document has no letter, and spaces for tabs.
func printable(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\t", "    ")
	return strings.Map(func(r rune) rune {
		if hasLetter(r) {
			return r
		}
		return '□'
	}, text)
}
