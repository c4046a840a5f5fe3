package sheet_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"testing"

	"github.com/xuri/excelize/v2"

	"surveyflow/internal/sheet"
)

func TestASpreadsheetIsWrittenInPartsByManyProcesses(t *testing.T) {
	t.Parallel()
	rows := [][]string{{"email", "note"}}
	for i := range 1000 {
		rows = append(rows, []string{"p" + strconv.Itoa(i) + "@example.com", "<b>&amp;\u0001 _x0041_ =1+1 \n Å 文", "", "004712345678"})
	}
	var whole bytes.Buffer
	state := []byte(`{}`)
	parts := slices.Collect(slices.Chunk(rows, 7))
	for n, part := range parts {
		var s sheet.State
		if err := json.Unmarshal(state, &s); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		w := sheet.Resume(&s, &b)
		for _, row := range part {
			w.Row(row)
		}
		if err := w.Suspend(n == len(parts)-1); err != nil {
			t.Fatal(err)
		}
		whole.Write(b.Bytes())
		state, _ = json.Marshal(s)
	}
	f, err := excelize.OpenReader(&whole)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := f.GetRows("Sheet1")
	if err != nil || len(got) != len(rows) {
		t.Fatalf("%d rows, %v; want %d", len(got), err, len(rows))
	}
	if last := got[1000]; !slices.Equal(last, []string{"p999@example.com", "<b>&amp; _x0041_ =1+1 \n Å 文", "", "004712345678"}) {
		t.Errorf("the last row is %q", last)
	}
	if formula, _ := f.GetCellFormula("Sheet1", "B3"); formula != "" {
		t.Errorf("a text is the formula %q", formula)
	}
}
