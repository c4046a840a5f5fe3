// Package pdf writes documents that people read and print: what a response says, on A4, in Latin, Greek and Cyrillic letters.
package pdf

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

// Measures in millimetres, and sizes of letters in points.
const (
	margin   = 18.0
	width    = 210 - 2*margin
	foot     = 16.0 // below the text, with the footer in it
	label    = 46.0 // of a line with a name at the left
	title    = 16.0
	text     = 10.0
	small    = 8.5
	line     = 4.9
	lineThin = 4.1
	together = line + 3*lineThin // room for a question and the beginning of its answer
	long     = 160               // characters of an answer that is no short one any more
)

// Paper is a document while it is written. It is not safe for concurrent use; make it with [New].
type Paper struct {
	f       *fpdf.Fpdf
	missing bool
}

// New begins a document with its title, which stands at the foot of each page too. The same document made at the same time is
// the same to the byte.
//
// Letters that the font lacks are printed as boxes: see [Paper.Missing].
func New(name string, made time.Time) *Paper {
	f := fpdf.New("P", "mm", "A4", "")
	f.SetCatalogSort(true)
	f.SetCreationDate(made)
	f.SetModificationDate(made)
	f.AddUTF8FontFromBytes("go", "", goregular.TTF)
	f.AddUTF8FontFromBytes("go", "B", gobold.TTF)
	f.SetMargins(margin, margin, margin)
	f.SetAutoPageBreak(true, foot+4)
	f.SetCellMargin(0)
	f.SetTitle(name, true)
	f.SetCreator("Surveyflow", true)
	f.AliasNbPages("")
	p := &Paper{f: f}
	f.SetFooterFunc(func() { p.footer(name) })
	f.AddPage()
	f.SetTextColor(20, 20, 20)
	f.SetFont("go", "B", title)
	f.MultiCell(width, 7.2, p.printable(name), "", "L", false)
	f.Ln(2)
	return p
}

func (p *Paper) footer(name string) {
	const number = 30.0
	p.f.SetY(-foot + 2)
	p.f.SetFont("go", "", small)
	p.f.SetTextColor(110, 110, 110)
	p.f.CellFormat(width-number, 5, p.fitting(name, width-number-2), "", 0, "L", false, 0, "")
	p.f.CellFormat(number, 5, strconv.Itoa(p.f.PageNo())+" / {nb}", "", 0, "R", false, 0, "")
}

// fitting shortens a text to a width, in the font that is set.
func (p *Paper) fitting(text string, width float64) string {
	text = p.printable(strings.Join(strings.Fields(text), " "))
	for r := []rune(text); len(r) > 1 && p.f.GetStringWidth(text) > width; text = strings.TrimRight(string(r), " ") + "…" {
		r = r[:len(r)-1]
	}
	return text
}

// Field writes a short fact: its name at the left, what it says beside it.
func (p *Paper) Field(name, says string) {
	p.room(line)
	p.f.SetTextColor(100, 100, 100)
	p.f.SetFont("go", "", small)
	x, y, page := p.f.GetX(), p.f.GetY(), p.f.PageNo()
	p.f.MultiCell(label-4, lineThin, p.printable(name), "", "L", false)
	below, on := p.f.GetY(), p.f.PageNo()
	if on != page { // a name that went over to the next page has what it says there
		y = margin
	}
	p.f.SetXY(x+label, y)
	p.f.SetTextColor(20, 20, 20)
	p.f.SetFont("go", "", text)
	p.f.SetLeftMargin(margin + label) // also on the pages that it runs on to
	p.f.MultiCell(width-label, line-0.4, p.printable(says), "", "L", false)
	p.f.SetLeftMargin(margin)
	p.f.SetX(margin)
	if p.f.PageNo() == on && p.f.GetY() < below {
		p.f.SetY(below)
	}
	p.f.Ln(0.6)
}

// Answer writes a question with its answer below it, so that long ones have room.
func (p *Paper) Answer(question, says string) {
	p.room(together)
	p.f.SetTextColor(100, 100, 100)
	p.f.SetFont("go", "", small)
	p.f.MultiCell(width, lineThin, p.printable(question), "", "L", false)
	p.f.Ln(0.4)
	p.f.SetTextColor(20, 20, 20)
	p.f.SetFont("go", "B", text)
	if len([]rune(says)) > long { // much of it in bold is hard to read
		p.f.SetFont("go", "", text)
	}
	if says == "" {
		p.f.SetFont("go", "", text)
		p.f.SetTextColor(150, 150, 150)
		says = "–"
	}
	p.f.MultiCell(width, line, p.printable(says), "", "L", false)
	p.f.Ln(2)
}

// Gap leaves room between two groups of lines.
func (p *Paper) Gap() { p.f.Ln(2.5) }

// Rule draws a line across the page, unless it would be the first thing on it.
func (p *Paper) Rule() {
	p.f.Ln(1.5)
	if y := p.f.GetY(); y > margin+2 {
		p.f.SetDrawColor(205, 205, 205)
		p.f.Line(margin, y, margin+width, y)
	}
	p.f.Ln(3.5)
}

// room begins a page where so much has no place any more.
func (p *Paper) room(height float64) {
	_, page := p.f.GetPageSize()
	if p.f.GetY()+height > page-foot-4 {
		p.f.AddPage()
	}
}

// Missing reports whether a letter had to be left out since it was asked last.
func (p *Paper) Missing() bool {
	was := p.missing
	p.missing = false
	return was
}

// Write ends the document and writes it.
func (p *Paper) Write(to io.Writer) error {
	if err := p.f.Output(to); err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	return nil
}

// printable puts a box where a document has no letter, and spaces for tabs.
func (p *Paper) printable(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\t", "    ")
	return strings.Map(func(r rune) rune {
		if hasLetter(r) {
			return r
		}
		p.missing = true
		return '□'
	}, text)
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
