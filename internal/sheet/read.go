package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"surveyflow/models"
)

// EachLine is called for the lines of a file that have something in them: with their number in the file, from 1, and cells that
// are the caller's to keep. Its error ends the reading.
type EachLine func(number int, cells []string) error

// unreadable says that a file cannot be read, in words for who brought it.
func unreadable(key string, args ...any) error {
	return models.Invalid(models.Field("file", key, args...))
}

// decoders read the encodings of models.ImportEncodings. UTF-8 stays as it is: misread tells what is none.
var decoders = map[string]encoding.Encoding{
	"utf-8":        encoding.Nop,
	"utf-16le":     unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
	"utf-16be":     unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
	"windows-1252": charmap.Windows1252,
}

// Marked gives the encoding, of models.ImportEncodings, that a file names by the mark at its beginning; empty without one.
func Marked(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return "utf-8"
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return "utf-16le"
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return "utf-16be"
	}
	return ""
}

// misread reports whether a cell shows that its file is in another encoding than it was read in.
func misread(cell, enc string) bool {
	switch {
	case strings.IndexByte(cell, 0) >= 0: // every second byte of UTF-16 is one, in Latin text
		return true
	case enc == "utf-8":
		return !utf8.ValidString(cell)
	}
	return enc == "windows-1252" && strings.ContainsRune(cell, utf8.RuneError) // which it does not have
}

// guarded ends the reading of a line that is longer than a line may be, so that a quote which is never closed takes no memory. It keeps
// what was read of the line.
type guarded struct {
	from io.Reader
	left int
	kept bytes.Buffer
}

// line gives a line as it was written, which ends after so many bytes, and forgets it.
func (g *guarded) line(bytes int64) []byte { return g.kept.Next(int(bytes)) }

var errLongLine = errors.New("line too long")

func (g *guarded) Read(to []byte) (int, error) {
	if g.left <= 0 {
		return 0, errLongLine
	}
	n, err := g.from.Read(to)
	g.left -= n
	g.kept.Write(to[:n])
	return n, err
}

// swallows reports whether a line, whose cells were read leniently, took further lines into a cell by a quote that is not closed, or
// closed by chance by a quote below. A cell over several lines has to be written strictly, then.
func swallows(line []byte, cells []string, separator rune) bool {
	if !slices.ContainsFunc(cells, func(cell string) bool { return strings.IndexByte(cell, '\n') >= 0 }) {
		return false
	}
	r := csv.NewReader(bytes.NewReader(line))
	r.Comma, r.FieldsPerRecord = separator, -1
	_, err := r.Read()
	return err != nil
}

// ReadCSV reads a file of cells (RFC 4180, and what spreadsheets write besides), of which a line has so many at most. enc is one of
// models.ImportEncodings. models.CodeInvalid on "file" says why it is none that can be read: a file whose bytes are of another
// encoding, or in which a quote is not closed, is refused as a whole, since nobody knows where its cells end.
func ReadCSV(from io.Reader, enc, separator string, most int, each EachLine) error {
	decoder := decoders[enc]
	if decoder == nil || len(separator) != 1 {
		return unreadable("import.error.setting")
	}
	// The line feed lets a quote that is open at the end of the file take a line feed in, too: see swallows.
	g := &guarded{from: io.MultiReader(transform.NewReader(from, decoder.NewDecoder()), strings.NewReader("\n"))}
	r := csv.NewReader(g)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = rune(separator[0]), true, -1
	end := int64(0) // of the line before
	for first := true; ; first = false {
		g.left = models.ImportMaxLine
		cells, err := r.Read()
		number, _ := 0, 0
		if err == nil {
			number, _ = r.FieldPos(0)
		}
		switch parse, broken := errors.AsType[*csv.ParseError](err); {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errLongLine):
			number, _ := lineAfter(r)
			return unreadable("import.error.long_line", "Line", number, "KB", models.ImportMaxLine>>10)
		case broken:
			return unreadable("import.error.line", "Line", parse.Line)
		case err != nil:
			return err
		}
		line := g.line(r.InputOffset() - end)
		end = r.InputOffset()
		if swallows(line, cells, r.Comma) {
			return unreadable("import.error.quote", "Line", number)
		}
		for i, cell := range cells {
			if misread(cell, enc) {
				at, _ := r.FieldPos(i)
				return unreadable("import.error.misread", "Line", at, "Encoding", strings.ToUpper(enc))
			}
		}
		if first {
			cells[0] = strings.TrimPrefix(cells[0], "\ufeff")
			if strings.HasPrefix(strings.ToLower(cells[0]), "sep=") { // how a file tells Excel what stands between its cells
				continue
			}
		}
		if err := Visit(number, cells, most, each); err != nil {
			return err
		}
	}
}

// lineAfter gives the number of the line that a reader could not finish.
func lineAfter(r *csv.Reader) (line, column int) {
	defer func() { _ = recover() }() // FieldPos knows nothing before the first line
	line, column = r.FieldPos(0)
	return line + 1, column
}

// Visit cleans a line and calls each for it when there is something in it.
func Visit(number int, cells []string, most int, each EachLine) error {
	last := -1
	for i, cell := range cells {
		if cells[i] = strings.TrimSpace(models.CleanText(cell)); cells[i] != "" {
			last = i
		}
	}
	if last < 0 {
		return nil
	}
	if last >= most {
		return unreadable("import.error.columns", "Line", number, "Max", most)
	}
	for i, cell := range cells[:last+1] {
		cells[i] = armed(cell)
	}
	return each(number, cells[:last+1])
}

// armed takes back the apostrophe by which an export kept a spreadsheet from taking a text for a formula.
func armed(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && strings.IndexByte("=+-@\t\r\n", cell[1]) >= 0 {
		return cell[1:]
	}
	return cell
}
