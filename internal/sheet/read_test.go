package sheet_test

import (
	"fmt"
	"strings"
	"testing"

	"surveyflow/internal/sheet"
	"surveyflow/models"
)

// read gives the lines of a file, and on which line it was refused, and why.
func read(t *testing.T, file, enc string) (lines []string, why string) {
	t.Helper()
	err := sheet.ReadCSV(strings.NewReader(file), enc, ",", 10, func(number int, cells []string) error {
		lines = append(lines, fmt.Sprintf("%d:%s", number, strings.Join(cells, "|")))
		return nil
	})
	if err == nil {
		return lines, ""
	}
	e, ok := err.(*models.Error) //nolint:errorlint // as it is promised
	if !ok || e.Code != models.CodeInvalid || len(e.Fields) != 1 || e.Fields[0].Field != "file" {
		t.Fatalf("%q is refused with %v", file, err)
	}
	return lines, fmt.Sprint(e.Fields[0].Key, " ", e.Fields[0].Args["Line"])
}

func TestAFileThatIsReadLosesNothing(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("7,seven\n", 3000)
	for _, one := range []struct{ file, enc, lines, why string }{
		{file: "a,b\n1,x", lines: "1:a|b 2:1|x"},
		{file: "a,b\r\n1,\"x\"\r\n", lines: "1:a|b 2:1|x"},
		{file: "a,b\n1,\"x\"", lines: "1:a|b 2:1|x"},
		{file: "\ufeffa,b\n\"1\",\"x\ny\"\n2,z\n", lines: "1:a|b 2:1|x\ny 4:2|z"},
		{file: "a,b\n1,\"say \"\"hi\"\"\ntwice\"\n2,z\n", lines: "1:a|b 2:1|say \"hi\"\ntwice 4:2|z"},
		{file: "a,b\n1,5\" pipe\n2,\"a \"b\" c\"\n", lines: "1:a|b 2:1|5\" pipe 3:2|a \"b\" c"},
		{file: "a,b\n1,\"open quote\n1,lost\n1,lost2\n", why: "import.error.quote 2"},
		{file: "a,b\n1,\"open", why: "import.error.quote 2"},
		{file: "a,b\n1,x\n\n1,\"open quote\n1,lost\n2,\"closed\"\n3,y\n", why: "import.error.quote 4"},
		{file: "a,b\n" + long + "1,\"open\n" + long, why: "import.error.quote 3002"},
		{file: "a,b\n1,x\n2,Gr\xfc\xdfe\n", why: "import.error.misread 3"},
		{file: "a,b\n1,\"x\nGr\xfc\xdfe\"\n", why: "import.error.misread 2"},
		{file: "a\x00,\x00b\x00\n\x001\x00", why: "import.error.misread 1"},
		{file: "a,b\n1,Gr\xfc\xdfe\n", enc: "windows-1252", lines: "1:a|b 2:1|Grüße"},
		{file: "a,b\n1,\x81\n", enc: "windows-1252", why: "import.error.misread 2"},
		{file: "\xff\xfea\x00\n\x00\xfc\x00\n\x00", enc: "utf-16le", lines: "1:a 2:ü"},
		{file: "a,b\n1,\ufffd\n", lines: "1:a|b 2:1|\ufffd"}, // it is what the file says
	} {
		if one.enc == "" {
			one.enc = "utf-8"
		}
		lines, why := read(t, one.file, one.enc)
		if why != one.why || one.why == "" && strings.Join(lines, " ") != one.lines {
			t.Errorf("%.60q in %s is %.100q and %q, want %q and %q", one.file, one.enc, lines, why, one.lines, one.why)
		}
	}
}
