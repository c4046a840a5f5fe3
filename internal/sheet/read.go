package sheet

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"

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

// decoders read the encodings of models.ImportEncodings. What is broken becomes the replacement character.
var decoders = map[string]encoding.Encoding{
	"utf-8":        unicode.UTF8,
	"utf-16le":     unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
	"utf-16be":     unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
	"windows-1252": charmap.Windows1252,
}

// guarded ends the reading of a line that is longer than a line may be, so that a quote which is never closed takes no memory.
type guarded struct {
	from io.Reader
	left int
}

var errLongLine = errors.New("line too long")

func (g *guarded) Read(to []byte) (int, error) {
	if g.left <= 0 {
		return 0, errLongLine
	}
	n, err := g.from.Read(to)
	g.left -= n
	return n, err
}

// ReadCSV reads a file of cells (RFC 4180, and what spreadsheets write besides), of which a line has so many at most. enc is one of
// models.ImportEncodings. models.CodeInvalid on "file" says why it is none that can be read.
func ReadCSV(from io.Reader, enc, separator string, most int, each EachLine) error {
	decoder := decoders[enc]
	if decoder == nil || len(separator) != 1 {
		return unreadable("import.error.setting")
	}
	g := &guarded{from: transform.NewReader(from, decoder.NewDecoder())}
	r := csv.NewReader(g)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = rune(separator[0]), true, -1
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
