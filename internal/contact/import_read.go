package contact

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"surveyflow/internal/sheet"
	"surveyflow/models"
)

// unreadable says that a file cannot be read, in words for who brought it.
func unreadable(key string, args ...any) error {
	return models.Invalid(models.Field("file", key, args...))
}

// largestPart is how large a part of an XLSX file may be, once it is unpacked, that is not a table: those are read as a whole.
const largestPart = 16 << 20

// reading lets only so many XLSX files be read at once: each takes memory and a processor.
var reading = make(chan struct{}, 2)

// readXLSX reads a sheet of a workbook; no name means the first. It gives the names of its sheets and of the one that was read.
// What a formula came to and dates come as the text that a spreadsheet shows.
func readXLSX(ctx context.Context, from io.ReaderAt, size int64, name string, each sheet.EachLine) (sheets []string, read string, err error) {
	select {
	case reading <- struct{}{}:
		defer func() { <-reading }()
	case <-ctx.Done():
		return nil, "", ctx.Err()
	}
	if err := checkZip(from, size); err != nil {
		return nil, "", err
	}
	f, err := excelize.OpenReader(io.NewSectionReader(from, 0, size), excelize.Options{
		UnzipSizeLimit: models.ImportMaxInside, UnzipXMLSizeLimit: largestPart,
		ShortDatePattern: "yyyy-mm-dd", LongDatePattern: "yyyy-mm-dd", LongTimePattern: "hh:mm:ss",
	})
	if err != nil {
		return nil, "", unreadable("import.error.workbook")
	}
	defer f.Close()
	sheets = f.GetSheetList()
	if len(sheets) == 0 {
		return nil, "", unreadable("import.error.workbook")
	}
	if read = sheets[0]; name != "" {
		read = name
	}
	rows, err := f.Rows(read)
	if err != nil {
		return sheets, read, unreadable("import.error.sheet", "Sheet", read)
	}
	defer rows.Close()
	for number := 1; rows.Next(); number++ {
		if number%1000 == 0 && ctx.Err() != nil {
			return sheets, read, ctx.Err()
		}
		cells, err := rows.Columns()
		if err != nil {
			return sheets, read, unreadable("import.error.line", "Line", number)
		}
		if len(cells) > models.ImportMaxColumns {
			return sheets, read, unreadable("import.error.columns", "Line", number, "Max", models.ImportMaxColumns)
		}
		length := 0
		for _, cell := range cells {
			length += len(cell)
		}
		if length > models.ImportMaxLine {
			return sheets, read, unreadable("import.error.long_line", "Line", number, "KB", models.ImportMaxLine>>10)
		}
		if err := sheet.Visit(number, cells, models.ImportMaxColumns, each); err != nil {
			return sheets, read, err
		}
	}
	if rows.Error() != nil {
		return sheets, read, unreadable("import.error.workbook")
	}
	return sheets, read, nil
}

// checkZip refuses workbooks that grow beyond measure when they are unpacked. What a file says of the sizes of its parts holds:
// reading more than that of one is an error.
func checkZip(from io.ReaderAt, size int64) error {
	z, err := zip.NewReader(from, size)
	if err != nil {
		return unreadable("import.error.workbook")
	}
	var all, others uint64
	for _, f := range z.File {
		all += f.UncompressedSize64
		name := strings.ToLower(f.Name)
		if !strings.HasPrefix(name, "xl/worksheets/sheet") && name != "xl/sharedstrings.xml" {
			others += f.UncompressedSize64
		}
		if all > models.ImportMaxInside || others > 4*largestPart || f.UncompressedSize64 > models.ImportMaxInside {
			return unreadable("import.error.inside", "GB", models.ImportMaxInside>>30)
		}
	}
	if len(z.File) > 10_000 {
		return unreadable("import.error.workbook")
	}
	return nil
}

// sniff tells what kind of file one is by how it begins.
func sniff(head []byte) (models.ImportFormat, error) {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return models.ImportXLSX, nil
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")): // of old Excel, or of a locked workbook
		return "", unreadable("import.error.old_excel")
	case len(bytes.TrimSpace(head)) == 0:
		return "", unreadable("import.error.empty")
	}
	return models.ImportCSV, nil
}

// shape collects, while a file passes by, what its encoding can be guessed from.
type shape struct {
	head  []byte // its beginning
	rest  []byte // a character that is not whole yet
	valid bool   // all was UTF-8 so far
}

// headSize is how much of a file's beginning is looked at.
const headSize = 64 << 10

func (s *shape) Write(p []byte) (int, error) {
	if room := headSize - len(s.head); room > 0 {
		s.head = append(s.head, p[:min(room, len(p))]...)
	}
	if !s.valid {
		return len(p), nil
	}
	text := append(s.rest, p...) //nolint:gocritic // it is taken apart at once
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && n <= 1 {
			if s.valid = !utf8.FullRune(text); s.valid {
				break
			}
			return len(p), nil
		}
		text = text[n:]
	}
	s.rest = append([]byte(nil), text...)
	return len(p), nil
}

// encoding guesses: by the mark at the beginning, by the zeros that UTF-16 has in Latin text, or because all of it is UTF-8. What
// is none of them comes from a spreadsheet on Windows.
func (s *shape) encoding() (string, error) {
	h := s.head
	if marked := sheet.Marked(h); marked != "" {
		return marked, nil
	}
	var even, odd int
	for i, b := range h {
		switch {
		case b != 0:
		case i%2 == 0:
			even++
		default:
			odd++
		}
	}
	switch half := len(h) / 2; {
	case odd > half/2 && even < half/10:
		return "utf-16le", nil
	case even > half/2 && odd < half/10:
		return "utf-16be", nil
	case even+odd > 0:
		return "", unreadable("import.error.binary")
	case s.valid && len(s.rest) == 0:
		return "utf-8", nil
	}
	return "windows-1252", nil
}

// guessSeparator chooses what most evenly parts the first lines into the most cells.
func guessSeparator(head []byte, enc string) string {
	best, most := ",", 1
	for _, separator := range models.ImportSeparators {
		var widths []int
		_ = sheet.ReadCSV(bytes.NewReader(head), enc, separator, models.ImportMaxColumns, func(_ int, cells []string) error {
			if widths = append(widths, len(cells)); len(widths) == 20 {
				return io.EOF
			}
			return nil
		})
		if len(widths) > 1 && len(head) == headSize {
			widths = widths[:len(widths)-1] // cut off
		}
		even := map[int]int{}
		for _, w := range widths {
			even[w]++
		}
		for w, n := range even {
			if w > 1 && n*w > most {
				best, most = separator, n*w
			}
		}
	}
	return best
}
