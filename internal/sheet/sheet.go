// Package sheet writes spreadsheets of texts (XLSX, ECMA-376) part by part: between two parts there is nothing to remember but a
// small State, so that a job can write a file of any length with flat memory, each part in another process.
package sheet

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"surveyflow/internal/archive"
)

// ContentType is the media type of such a file.
const ContentType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// MaxRows is how many rows a sheet has room for (Excel specifications and limits).
const MaxRows = 1_048_576

// maxCell is how many characters a cell has room for.
const maxCell = 32_767

// State is what an unfinished file has to remember. The zero value begins one.
type State struct {
	Archive archive.Zip `json:"archive"`
	Rows    int64       `json:"rows"`
}

// parts are the files of a workbook with one sheet, but the sheet.
var parts = []struct{ name, text string }{
	{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
	{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
	{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`},
	{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
}

const (
	xmlHead   = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	sheetHead = xmlHead + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView tabSelected="1" workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>`
	sheetTail = `</sheetData></worksheet>`
)

// Writer writes one part of a file. Make it with [Resume], end it with [Writer.Suspend].
type Writer struct {
	state *State
	to    *bytes.Buffer
	text  bytes.Buffer // of the sheet, not packed yet
}

// Resume goes on with a file: what it writes to the buffer follows what earlier parts wrote.
func Resume(s *State, to *bytes.Buffer) *Writer {
	w := &Writer{state: s, to: to}
	if len(s.Archive.Entries) == 0 {
		w.text.WriteString(sheetHead)
	}
	return w
}

// Row adds a row of texts: none of them is ever taken for a formula or a number. Longer ones than a cell takes are cut.
func (w *Writer) Row(cells []string) {
	w.state.Rows++
	w.text.WriteString(`<row r="` + strconv.FormatInt(w.state.Rows, 10) + `">`)
	for _, cell := range cells {
		if cell == "" {
			w.text.WriteString(`<c/>`)
			continue
		}
		w.text.WriteString(`<c t="inlineStr"><is><t xml:space="preserve">`)
		write(&w.text, cell)
		w.text.WriteString(`</t></is></c>`)
	}
	w.text.WriteString(`</row>`)
}

// Suspend ends the part; last ends the file.
func (w *Writer) Suspend(last bool) error { //nolint:revive // which part it is
	z := &w.state.Archive
	if len(z.Entries) == 0 {
		for _, p := range parts {
			z.Begin(w.to, p.name)
			if err := z.Add(w.to, []byte(xmlHead+p.text), true); err != nil {
				return fmt.Errorf("write spreadsheet: %w", err)
			}
		}
		z.Begin(w.to, "xl/worksheets/sheet1.xml")
	}
	if last {
		w.text.WriteString(sheetTail)
	}
	if err := z.Add(w.to, w.text.Bytes(), last); err != nil {
		return fmt.Errorf("write spreadsheet: %w", err)
	}
	w.text.Reset()
	if last {
		z.End(w.to)
	}
	return nil
}

var escapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#13;")

// write writes the text of a cell, without the characters that XML has no way to write.
func write(b *bytes.Buffer, text string) {
	if utf8.RuneCountInString(text) > maxCell {
		text = string([]rune(text)[:maxCell])
	}
	text = strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, text)
	_, _ = escapes.WriteString(b, Escape(text))
}

// Escape keeps what looks like an escape of the format, such as _x0041_, from being taken for one (ECMA-376, ST_Xstring).
func Escape(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		if text[i] == '_' && i+6 < len(text) && text[i+1] == 'x' && text[i+6] == '_' && strings.Trim(text[i+2:i+6], "0123456789abcdefABCDEF") == "" {
			b.WriteString("_x005F_")
			i++
			continue
		}
		_, size := utf8.DecodeRuneInString(text[i:])
		b.WriteString(text[i : i+size])
		i += size
	}
	return b.String()
}
