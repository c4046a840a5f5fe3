package report

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"surveyflow/internal/archive"
	"surveyflow/internal/sheet"
)

// spreadsheet writes XLSX. excelize makes everything but the rows; those are written part by part, which it cannot do.
type spreadsheet struct{}

// Limits of a spreadsheet (Excel specifications and limits).
const (
	MaxSheetColumns = 16384
	maxSheetCell    = 32767     // characters, counted as UTF-16 does
	maxSheetRows    = 1_000_000 // of 1,048,576, so that there is room for what people add
)

// sheetPages gives how many sheets so many responses need.
func sheetPages(rows int64) int { return max(1, int((rows+maxSheetRows-1)/maxSheetRows)) }

// Numbers of the styles, in the order in which they are made.
const (
	styleMoment = 1
	styleDay    = 2
	styleHead   = 3
)

// sheetName is the part of the package that holds a sheet.
func sheetName(page int) string { return "xl/worksheets/sheet" + strconv.Itoa(page) + ".xml" }

func (x spreadsheet) begin(t *table, s *state, b *bytes.Buffer) error {
	parts, err := sheetParts(t.pages)
	if err != nil {
		return err
	}
	s.Archive = &archive.Zip{}
	for _, p := range parts {
		s.Archive.Begin(b, p.name)
		if err := s.Archive.Add(b, p.content, true); err != nil {
			return err
		}
	}
	return x.openPage(t, s, b)
}

// part is a file of a package.
type part struct {
	name    string
	content []byte
}

// sheetParts gives all files of a workbook but its sheets.
func sheetParts(pages int) ([]part, error) {
	f := excelize.NewFile()
	defer f.Close() //nolint:errcheck // it holds nothing open
	if err := f.SetSheetName("Sheet1", "Responses"); err != nil {
		return nil, err
	}
	for n := 2; n <= pages; n++ {
		if _, err := f.NewSheet("Responses " + strconv.Itoa(n)); err != nil {
			return nil, err
		}
	}
	moment, day := "yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd"
	for i, style := range []*excelize.Style{
		{CustomNumFmt: &moment}, {CustomNumFmt: &day}, {Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}},
	} {
		if n, err := f.NewStyle(style); err != nil || n != i+1 {
			return nil, fmt.Errorf("make style %d of a spreadsheet: it is %d: %w", i+1, n, err)
		}
	}
	whole, err := f.WriteToBuffer()
	if err != nil {
		return nil, fmt.Errorf("make a spreadsheet: %w", err)
	}
	z, err := zip.NewReader(bytes.NewReader(whole.Bytes()), int64(whole.Len()))
	if err != nil {
		return nil, err
	}
	var parts []part
	for _, file := range z.File {
		if strings.HasPrefix(file.Name, "xl/worksheets/") {
			continue
		}
		r, err := file.Open()
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{file.Name, content})
	}
	return parts, nil
}

// openPage begins the next sheet with its head, which stays in view.
func (x spreadsheet) openPage(t *table, s *state, b *bytes.Buffer) error {
	s.Page++
	s.OnPage = 0
	heads := map[Headers]int{HeaderNames: 1, HeaderTexts: 2, HeaderAPI: 3}[t.options.Headers]
	var c bytes.Buffer
	c.WriteString(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"`)
	if s.Page == 1 {
		c.WriteString(` tabSelected="1"`)
	}
	if heads > 0 {
		cell := "A" + strconv.Itoa(heads+1)
		fmt.Fprintf(&c, `><pane ySplit="%d" topLeftCell="%s" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>`, heads, cell)
	} else {
		c.WriteString(`/></sheetViews>`)
	}
	c.WriteString(`<cols>`)
	for i := range t.fields {
		width := 16
		if t.fields[i].Time {
			width = 20
		}
		fmt.Fprintf(&c, `<col min="%d" max="%d" width="%d" customWidth="1"/>`, i+1, i+1, width)
	}
	c.WriteString(`</cols><sheetData>`)
	head := func(cell func(*field) string) {
		s.OnPage++
		fmt.Fprintf(&c, `<row r="%d">`, s.OnPage)
		for i := range t.fields {
			c.WriteString(`<c t="inlineStr" s="` + strconv.Itoa(styleHead) + `"><is><t xml:space="preserve">`)
			sheetText(&c, cell(&t.fields[i]), s)
			c.WriteString(`</t></is></c>`)
		}
		c.WriteString(`</row>`)
	}
	if heads > 0 {
		head(func(f *field) string { return f.Name })
	}
	if heads > 1 {
		head(func(f *field) string { return f.Text })
	}
	s.Archive.Begin(b, sheetName(s.Page))
	return s.Archive.Add(b, c.Bytes(), false)
}

func (spreadsheet) closePage(s *state, b *bytes.Buffer) error {
	return s.Archive.Add(b, []byte(`</sheetData></worksheet>`), true)
}

func (x spreadsheet) rows(t *table, s *state, b *bytes.Buffer, rows []row) error {
	var c bytes.Buffer
	flush := func() error {
		err := s.Archive.Add(b, c.Bytes(), false)
		c.Reset()
		return err
	}
	for i := range rows {
		if s.OnPage >= maxSheetRows+2 && s.Page < t.pages {
			if err := flush(); err != nil {
				return err
			}
			if err := x.closePage(s, b); err != nil {
				return err
			}
			if err := x.openPage(t, s, b); err != nil {
				return err
			}
		}
		s.OnPage++
		c.WriteString(`<row r="`)
		c.WriteString(strconv.FormatInt(s.OnPage, 10))
		c.WriteString(`">`)
		for n := range t.fields {
			sheetCell(&c, t.value(&t.fields[n], &rows[i]), s, t.days)
		}
		c.WriteString(`</row>`)
	}
	return flush()
}

func (x spreadsheet) end(t *table, s *state, b *bytes.Buffer) error {
	for {
		if err := x.closePage(s, b); err != nil {
			return err
		}
		if s.Page >= t.pages {
			break
		}
		if err := x.openPage(t, s, b); err != nil { // what was deleted meanwhile leaves a sheet without rows
			return err
		}
	}
	s.Archive.End(b)
	return nil
}

// sheetCell writes a value as what it is: numbers that a spreadsheet keeps digit for digit, times, texts. Texts are never taken
// for formulas there.
func sheetCell(b *bytes.Buffer, v value, s *state, days bool) {
	switch {
	case v.text == "":
		b.WriteString(`<c/>`)
	case !v.at.IsZero():
		style := styleMoment
		if days {
			style = styleDay
		}
		fmt.Fprintf(b, `<c s="%d"><v>%s</v></c>`, style, strconv.FormatFloat(sheetTime(v.at), 'f', -1, 64))
	case v.number && plainNumber(v.text):
		b.WriteString(`<c><v>`)
		b.WriteString(v.text)
		b.WriteString(`</v></c>`)
	default:
		b.WriteString(`<c t="inlineStr"><is><t xml:space="preserve">`)
		sheetText(b, v.text, s)
		b.WriteString(`</t></is></c>`)
	}
}

// plainNumber reports whether a spreadsheet keeps a number as it is: it has 15 digits, and no other spelling.
func plainNumber(text string) bool {
	digits := 0
	for i, c := range text {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '-' && i == 0 && len(text) > 1, c == '.' && i > 0 && i < len(text)-1:
		default:
			return false
		}
	}
	return digits > 0 && digits <= 15
}

// sheetTime gives a time in days since the beginning that spreadsheets count from, by the clock on its wall.
func sheetTime(t time.Time) float64 {
	_, offset := t.Zone()
	since := t.UTC().Add(time.Duration(offset) * time.Second).Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC))
	return float64(since/time.Second) / 86400
}

// sheetText writes a text of a cell. Longer ones than a cell takes are cut and counted.
func sheetText(b *bytes.Buffer, text string, s *state) {
	if len(text) > maxSheetCell {
		units := 0
		for i, r := range text {
			if units += utf16Length(r); units > maxSheetCell-1 {
				text = text[:i] + "…"
				s.Cut++
				break
			}
		}
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	xmlText(b, sheet.Escape(text))
}

func utf16Length(r rune) int {
	if r > 0xFFFF {
		return 2
	}
	return 1
}
