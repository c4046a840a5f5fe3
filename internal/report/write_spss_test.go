package report_test

import (
	"encoding/binary"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/report"
	"surveyflow/models"
)

// system is a system file of SPSS as it is read back: by the format's description, and with nothing of what writes it.
type system struct {
	cases, size int
	variables   []systemVariable
	rows        [][]any // float64, string, or nil for the system-missing value
	encoding    string
}

type systemVariable struct {
	name, label string
	width       int // bytes of a text; 0 for numbers
	format      int // kind of it
	missing     []float64
	labels      map[string]string
	place       int // of its first element, from 1
	segments    []int
}

// reading goes through the bytes of a file.
type reading struct {
	t    *testing.T
	left []byte
}

func (r *reading) bytes(n int) []byte {
	if n < 0 || n > len(r.left) {
		r.t.Fatalf("the file ends %d bytes too early", n-len(r.left))
	}
	b := r.left[:n]
	r.left = r.left[n:]
	return b
}

func (r *reading) int() int { return int(int32(binary.LittleEndian.Uint32(r.bytes(4)))) }

func (r *reading) float() float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(r.bytes(8)))
}

func (r *reading) text(n int) string { return strings.TrimRight(string(r.bytes(n)), " ") }

// parseSystem reads a system file.
func parseSystem(t *testing.T, content []byte) system {
	t.Helper()
	r := &reading{t, content}
	var s system
	if magic := r.text(4); magic != "$FL2" {
		t.Fatalf("it begins with %q", magic)
	}
	r.bytes(60)
	layout, size, packed, weight := r.int(), r.int(), r.int(), r.int()
	s.cases, s.size = r.int(), size
	if bias := r.float(); layout != 2 || packed != 1 || weight != 0 || bias != 100 {
		t.Errorf("layout %d, packed %d, weight %d, bias %g", layout, packed, weight, bias)
	}
	if _, err := time.Parse("02 Jan 0615:04:05", string(r.bytes(17))); err != nil {
		t.Error(err)
	}
	r.bytes(64 + 3)
	missing := -math.MaxFloat64
	longs, widths := map[string]string{}, map[string]int{}
	element := 0
	for done := false; !done; {
		switch kind := r.int(); kind {
		case 2:
			element++
			width, labelled, missed := r.int(), r.int(), r.int()
			format := r.int()
			r.int()
			name := r.text(8)
			if width == -1 {
				continue
			}
			v := systemVariable{name: name, width: width, format: format >> 16, place: element, segments: []int{width}, labels: map[string]string{}}
			if labelled == 1 {
				n := r.int()
				v.label = r.text(n)
				r.bytes((4 - n%4) % 4)
			}
			for range missed {
				v.missing = append(v.missing, r.float())
			}
			s.variables = append(s.variables, v)
		case 3:
			type pair struct {
				value []byte
				label string
			}
			var pairs []pair
			for range r.int() {
				value := r.bytes(8)
				n := int(r.bytes(1)[0])
				label := r.text(n)
				r.bytes((8 - (n+1)%8) % 8)
				pairs = append(pairs, pair{value, label})
			}
			if r.int() != 4 {
				t.Fatal("labels of values are of no variable")
			}
			for range r.int() {
				place := r.int()
				for i := range s.variables {
					for _, p := range pairs {
						if v := &s.variables[i]; v.place != place {
							continue
						} else if v.width == 0 {
							v.labels[strconv.FormatFloat(math.Float64frombits(binary.LittleEndian.Uint64(p.value)), 'g', -1, 64)] = p.label
						} else {
							v.labels[strings.TrimRight(string(p.value), " ")] = p.label
						}
					}
				}
			}
		case 7:
			sub, unit, n := r.int(), r.int(), r.int()
			data := &reading{t, r.bytes(unit * n)}
			switch sub {
			case 4:
				missing = data.float()
			case 13:
				for pair := range strings.SplitSeq(string(data.left), "\t") {
					short, long, _ := strings.Cut(pair, "=")
					longs[short] = long
				}
			case 14:
				for pair := range strings.SplitSeq(strings.TrimRight(string(data.left), "\x00\t"), "\x00\t") {
					short, width, _ := strings.Cut(pair, "=")
					widths[short], _ = strconv.Atoi(width)
				}
			case 20:
				s.encoding = string(data.left)
			case 21:
				for len(data.left) > 0 {
					name := data.text(data.int())
					data.int()
					for range data.int() {
						value := data.text(data.int())
						label := data.text(data.int())
						for i := range s.variables {
							if longs[s.variables[i].name] == name {
								s.variables[i].labels[value] = label
							}
						}
					}
				}
			}
		case 999:
			r.int()
			done = true
		default:
			t.Fatalf("there is no record of type %d", kind)
		}
	}
	if element != size {
		t.Errorf("a case has %d elements by its header and %d by its variables", size, element)
	}
	// Longer texts stand in several variables.
	var joined []systemVariable
	for i := 0; i < len(s.variables); i++ {
		v := s.variables[i]
		if width := widths[v.name]; width > 0 {
			v.width = width
			for n := (width + 251) / 252; n > 1; n-- {
				i++
				v.segments = append(v.segments, s.variables[i].width)
			}
		}
		if v.name = longs[v.name]; v.name == "" {
			t.Errorf("variable %d has no long name", i)
		}
		joined = append(joined, v)
	}
	s.variables = joined
	elements := unpack(t, r, missing)
	for len(elements) > 0 {
		if len(elements) < size {
			t.Fatalf("the last case has %d elements of %d", len(elements), size)
		}
		one := elements[:size]
		elements = elements[size:]
		var row []any
		for _, v := range s.variables {
			if v.width == 0 {
				f := math.Float64frombits(binary.LittleEndian.Uint64(one[0][:]))
				one = one[1:]
				if f == missing {
					row = append(row, nil)
				} else {
					row = append(row, f)
				}
				continue
			}
			text := ""
			for _, width := range v.segments {
				part := ""
				for range max((width+7)/8, 1) {
					part += string(one[0][:])
					one = one[1:]
				}
				text += part[:min(width, 255)]
			}
			row = append(row, strings.TrimRight(text[:min(len(text), v.width)], " "))
		}
		s.rows = append(s.rows, row)
	}
	return s
}

// unpack reads the packed elements up to the end of the file.
func unpack(t *testing.T, r *reading, missing float64) [][8]byte {
	t.Helper()
	var all [][8]byte
	number := func(f float64) (e [8]byte) {
		binary.LittleEndian.PutUint64(e[:], math.Float64bits(f))
		return e
	}
	for len(r.left) > 0 {
		for _, code := range r.bytes(8) {
			switch code {
			case 0:
			case 252:
				return all
			case 253:
				all = append(all, [8]byte(r.bytes(8)))
			case 254:
				all = append(all, [8]byte([]byte("        ")))
			case 255:
				all = append(all, number(missing))
			default:
				all = append(all, number(float64(code)-100))
			}
		}
	}
	t.Error("the file does not say that it ends")
	return all
}

// column gives the values of a variable, and how it is described.
func (s *system) column(t *testing.T, name string) ([]any, systemVariable) {
	t.Helper()
	for i, v := range s.variables {
		if v.name == name {
			var all []any
			for _, row := range s.rows {
				all = append(all, row[i])
			}
			return all, v
		}
	}
	t.Fatalf("there is no variable %s", name)
	return nil, systemVariable{}
}

func TestASystemFileHasTypesLabelsAndMissingValues(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.answers()
		long := strings.Repeat("Grüße aus Ærø. ", 60) // longer than one variable holds
		b.answer(models.Answers{"QID1": {Choices: []int{2}}, "QID3": {Text: long}, "QID6": {Number: "123456.25"}, "QID4": {Rows: map[int]models.Answer{1: {Choices: []int{1}}}}},
			map[string]string{"segment": "sølv", "with": "word", "2 words": "x"}, models.ResponseCompleted)
		_, content := b.export(report.Options{Format: report.FormatSPSS, Split: true, Zone: "Europe/Oslo"})
		if path := os.Getenv("SPSS_FILE"); path != "" {
			b.Check(os.WriteFile(path, content, 0o600))
		}
		s := parseSystem(t, content)
		if s.encoding != "UTF-8" || len(s.rows) != 3 {
			t.Fatalf("%d rows in %s", len(s.rows), s.encoding)
		}
		check := func(name string, width int, label string, values ...any) systemVariable {
			t.Helper()
			got, v := s.column(t, name)
			same(t, name, got, values)
			if v.width != width || v.label != label {
				t.Errorf("%s is %q, %d bytes long", name, v.label, v.width)
			}
			return v
		}
		same(t, "labels of mood", check("mood", 0, "How was it?", 3.0, 10.0, 2.0).labels, map[string]string{"10": "Good", "2": "Bad", "3": "Other"})
		check("mood_3_TEXT", 4, "How was it? - Other - Text", "=1+1", "", "")
		check("Q2_1", 0, "Which? - Web, mobile", 1.0, nil, nil)
		check("Q3", 1140, "Why?", "line \"one\"\nline two, with comma", "", strings.TrimRight(long, " "))
		same(t, "labels of Q4_1", check("Q4_1", 0, "Rate - Food", 2.0, nil, 1.0).labels, map[string]string{"1": "Low", "2": "High"})
		check("Q5", 0, "Recommend?", 9.0, 3.0, nil)
		check("Q5_NPS_GROUP", 0, "Recommend? - Group", 3.0, 1.0, nil)
		check("Q6", 0, "How many?", -2.5, nil, 123456.25)
		check("Q7_2", 0, "Order - B", 1.0, nil, nil)
		check("segment", 5, "segment", "gold", "", "sølv")
		check("with_", 4, "with", "", "", "word")
		check("V2_words", 1, "2 words", "", "", "x")
		first := time.Date(2026, 11, 26, 13, 1, 0, 0, time.UTC).Unix() + 12_219_379_200 // the clock of Oslo
		if v := check("RecordedDate", 0, "Recorded Date", float64(first), float64(first+60), float64(first+180)); v.format != 22 {
			t.Errorf("times are shown as %d", v.format)
		}
		code := "-99"
		_, content = b.export(report.Options{Format: report.FormatSPSS, API: true, Show: report.ShowValues, Unanswered: &code})
		s = parseSystem(t, content)
		got, _ := s.column(t, "Q6")
		same(t, "with a code for no answer", got, []any{-2.5, nil, 123456.25})
		got, v := s.column(t, "Q5")
		same(t, "with a code for no answer", got, []any{9.0, 3.0, -99.0})
		same(t, "the code", v.missing, []float64{-99})
		got, v = s.column(t, "Q2")
		same(t, "several choices in one", got, []any{"1,3", "", "-99"})
		_, content = b.export(report.Options{Format: report.FormatSPSS, API: true, Show: report.ShowLabels})
		s = parseSystem(t, content)
		got, _ = s.column(t, "mood")
		same(t, "labels for values", got, []any{"Other", "Good", "Bad"})
	})
}
