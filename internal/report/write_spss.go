package report

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"surveyflow/internal/richtext"
	"surveyflow/models"
)

// spss writes a system file of SPSS (.sav): its dictionary with names, types, labels and missing values, then the cases, packed by the
// format's own simple scheme. All texts are UTF-8. The dictionary stands first and says how long texts can be, so the responses are gone
// through once before: see [writing.measure].
type spss struct{}

// measured is what the responses hold of one field.
type measured struct {
	Bytes    int  `json:"b,omitempty"` // of the longest text
	Text     bool `json:"t,omitempty"` // one of them is no number
	Decimals int  `json:"d,omitempty"` // of the number with the most
}

const (
	maxSPSSText    = 32_767 // bytes of a text
	maxSPSSLabel   = 255    // bytes of the label of a variable
	maxSPSSValue   = 120    // bytes of the label of a value
	maxSPSSName    = 64     // bytes of a name
	spssShortText  = 255    // bytes of a text that takes one variable
	spssSegment    = 252    // bytes by which the variables of longer ones are counted
	spssBias       = 100    // of packed whole numbers
	spssEpoch      = 12_219_379_200
	spssSystemMiss = -math.MaxFloat64
)

// Formats of variables: how they are shown.
const (
	spssA        = 1
	spssF        = 5
	spssDate     = 20
	spssDateTime = 22
)

// Codes of packed elements.
const (
	spssEnd    = 252
	spssRaw    = 253
	spssSpaces = 254
	spssNone   = 255
)

// variable is a field as a system file has it.
type variable struct {
	*field
	name    string
	width   int // bytes of a text; 0 for numbers
	format  int32
	labels  []valueLabel
	missing []float64 // values that stand for no answer
	nominal bool
}

// valueLabel says what a value means.
type valueLabel struct{ value, label string }

// numeric reports whether a field can hold numbers alone.
func (f *field) numbers() bool {
	return !f.label && !f.Time && (f.Numeric || f.Coded && (!f.Several || f.ChoiceID != ""))
}

// measure takes in what a row holds.
func (s *state) measure(t *table, r *row) {
	if s.Measured == nil {
		s.Measured = make([]measured, len(t.fields))
	}
	for i := range t.fields {
		f, m := &t.fields[i], &s.Measured[i]
		if f.Time {
			continue
		}
		text := t.value(f, r).text
		m.Bytes = max(m.Bytes, len(text))
		if text == "" || !f.numbers() {
			continue
		}
		if _, ok := spssNumber(text); !ok {
			m.Text = true
		}
		if _, decimals, found := strings.Cut(text, "."); found {
			m.Decimals = min(max(m.Decimals, len(decimals)), 15)
		}
	}
}

func spssNumber(text string) (float64, bool) {
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

// variables gives the fields of a table as variables.
func (spss) variables(t *table, s *state) []variable {
	all := make([]variable, len(t.fields))
	names := map[string]bool{}
	for i := range t.fields {
		f := &t.fields[i]
		var m measured
		if i < len(s.Measured) {
			m = s.Measured[i]
		}
		v := variable{field: f, name: spssName(f.Name, names)}
		switch {
		case f.Time && t.days:
			v.format = spssFormat(spssDate, 11, 0)
		case f.Time:
			v.format = spssFormat(spssDateTime, 20, 0)
		case f.numbers() && !m.Text:
			v.format = spssFormat(spssF, min(max(m.Bytes, 8), 40), m.Decimals)
			v.labels, v.nominal = t.valueLabels(f), f.Coded
			for _, code := range []*string{t.options.Unanswered, t.options.UnansweredMulti} {
				if n, ok := 0.0, false; code != nil && f.Group == GroupQuestion {
					if n, ok = spssNumber(*code); ok && !slices.Contains(v.missing, n) {
						v.missing = append(v.missing, n)
					}
				}
			}
		default:
			v.width = min(max(m.Bytes, 1), maxSPSSText)
			v.format = spssFormat(spssA, min(v.width, spssShortText), 0)
			v.nominal = true
			if f.Coded && !f.label && !f.Several {
				v.labels = t.valueLabels(f)
			}
		}
		all[i] = v
	}
	return all
}

func spssFormat(kind, width, decimals int) int32 { return int32(kind<<16 | width<<8 | decimals) }

// valueLabels says what the values of a coded field mean.
func (t *table) valueLabels(f *field) []valueLabel {
	switch {
	case !f.Coded && f.ChoiceID == "":
		return nil
	case f.Key == "finished":
		return []valueLabel{{"0", "False"}, {"1", "True"}}
	case f.Key == "status":
		return []valueLabel{{"0", "IP Address"}, {"1", "Survey Preview"}, {"4", "Imported"}}
	case strings.HasSuffix(f.Key, "_NPS_GROUP"):
		return []valueLabel{{"1", "Detractor"}, {"2", "Passive"}, {"3", "Promoter"}}
	}
	at := slices.IndexFunc(t.questions, func(q *models.Question) bool { return q.ID == f.Question })
	if at < 0 || strings.Contains(f.ImportID, "_DO") {
		return nil
	}
	var all []valueLabel
	for i := range t.questions[at].Choices {
		c := &t.questions[at].Choices[i]
		switch {
		case f.ChoiceID == "":
			all = append(all, valueLabel{c.RecodeValue(), richtext.Line(c.Text)})
		case f.ChoiceID == strconv.Itoa(c.ID):
			all = append(all, valueLabel{"1", richtext.Line(c.Text)})
		}
	}
	return all
}

// spssReserved are words of the language, which name no variable.
var spssReserved = []string{"ALL", "AND", "BY", "EQ", "GE", "GT", "LE", "LT", "NE", "NOT", "OR", "TO", "WITH"}

// spssName makes a name of a variable of that of a column: letters, digits and a few signs, beginning with a letter, unique whatever
// its case.
func spssName(name string, taken map[string]bool) string {
	name = strings.Map(func(r rune) rune {
		if r == '.' || r == '_' || r == '$' || r == '#' || r == '@' || unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return '_'
	}, name)
	if first, _ := utf8.DecodeRuneInString(name); !unicode.IsLetter(first) {
		name = "V" + name
	}
	name = strings.TrimRight(cutBytes(name, maxSPSSName), "._")
	if slices.Contains(spssReserved, strings.ToUpper(name)) {
		name += "_"
	}
	whole := name
	for n := 2; taken[strings.ToUpper(name)]; n++ {
		end := "_" + strconv.Itoa(n)
		name = cutBytes(whole, maxSPSSName-len(end)) + end
	}
	taken[strings.ToUpper(name)] = true
	return name
}

// cutBytes keeps so many bytes of a text at most, and no half characters.
func cutBytes(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

// segments gives the widths of the variables that a text of some width takes.
func segments(width int) []int {
	if width <= spssShortText {
		return []int{width}
	}
	n := (width + spssSegment - 1) / spssSegment
	all := make([]int, n)
	for i := range all {
		all[i] = spssShortText
	}
	all[n-1] = width - (n-1)*spssSegment
	return all
}

// elements gives how many elements of eight bytes a variable takes.
func elements(width int) int { return max((width+7)/8, 1) }

// dictionary writes the parts of a system file.
type dictionary struct{ *bytes.Buffer }

func (d dictionary) int(values ...int) {
	for _, n := range values {
		d.Write(binary.LittleEndian.AppendUint32(nil, uint32(int32(n)))) //nolint:gosec // all of them are small
	}
}

func (d dictionary) float(values ...float64) {
	for _, f := range values {
		d.Write(binary.LittleEndian.AppendUint64(nil, math.Float64bits(f)))
	}
}

// text writes a text with spaces behind it, cut to a size.
func (d dictionary) text(text string, size int) {
	text = cutBytes(text, size)
	d.WriteString(text)
	d.spaces(size - len(text))
}

func (d dictionary) spaces(n int) {
	for range n {
		d.WriteByte(' ')
	}
}

// extension writes a record of the kinds that came later.
func (d dictionary) extension(kind, size int, data []byte) {
	d.int(7, kind, size, len(data)/size)
	d.Write(data)
}

func (w spss) begin(t *table, s *state, b *bytes.Buffer) error {
	d := dictionary{b}
	all := w.variables(t, s)
	size := 0
	for i := range all {
		for _, width := range segments(all[i].width) {
			size += elements(width)
		}
	}
	d.WriteString("$FL2")
	d.text("@(#) SPSS DATA FILE Surveyflow", 60)
	d.int(2, size, 1, 0, -1) // packed, without weights; how many cases follow is not said
	d.float(spssBias)
	d.WriteString(t.asked.UTC().Format("02 Jan 0615:04:05"))
	d.text(t.survey, 64)
	d.Write(make([]byte, 3))
	short := 0
	var names, long, display bytes.Buffer
	places := make([]int, len(all)) // of the first element, from 1
	at := 1
	for i := range all {
		v := &all[i]
		places[i] = at
		for n, width := range segments(v.width) {
			short++
			name := "V" + strconv.Itoa(short)
			format := v.format
			if v.width > 0 {
				format = spssFormat(spssA, width, 0)
			}
			label := ""
			if n == 0 {
				label = v.Text
				if names.Len() > 0 {
					names.WriteByte('\t')
				}
				names.WriteString(name + "=" + v.name)
				if v.width > spssShortText {
					long.WriteString(name + "=" + strconv.Itoa(v.width) + "\x00\t")
				}
			}
			d.variable(name, width, format, label, v.missing)
			at += elements(width)
			measure, shown, right := 3, int(format>>8&0xFF), 1
			if v.nominal {
				measure = 1
			}
			if v.width > 0 {
				shown, right = min(max(width, 8), 40), 0
			}
			dictionary{&display}.int(measure, shown, right)
		}
	}
	for i := range all {
		d.valueLabels(&all[i], places[i])
	}
	var machine, floats bytes.Buffer
	dictionary{&machine}.int(1, 0, 0, -1, 1, 1, 2, 65001)
	d.extension(3, 4, machine.Bytes())
	dictionary{&floats}.float(spssSystemMiss, math.MaxFloat64, math.Nextafter(-math.MaxFloat64, 0))
	d.extension(4, 8, floats.Bytes())
	d.extension(11, 4, display.Bytes())
	d.extension(13, 1, names.Bytes())
	if long.Len() > 0 {
		d.extension(14, 1, long.Bytes())
	}
	d.extension(20, 1, []byte("UTF-8"))
	if labels := longLabels(all); len(labels) > 0 {
		d.extension(21, 1, labels)
	}
	d.int(999, 0)
	return nil
}

// variable writes a variable, and the further elements that it takes.
func (d dictionary) variable(name string, width int, format int32, label string, missing []float64) {
	label = cutBytes(label, maxSPSSLabel)
	labelled := 0
	if label != "" {
		labelled = 1
	}
	d.int(2, width, labelled, len(missing), int(format), int(format))
	d.text(name, 8)
	if label != "" {
		d.int(len(label))
		d.text(label, (len(label)+3)/4*4)
	}
	d.float(missing...)
	for range elements(width) - 1 {
		d.int(2, -1, 0, 0, int(format), int(format))
		d.spaces(8)
	}
}

// valueLabels writes what the values of a variable mean.
func (d dictionary) valueLabels(v *variable, place int) {
	var all bytes.Buffer
	n := 0
	seen := map[string]bool{}
	for _, l := range v.labels {
		label := cutBytes(l.label, maxSPSSValue)
		if label == "" || seen[l.value] {
			continue
		}
		to := dictionary{&all}
		switch number, ok := spssNumber(l.value); {
		case v.width == 0 && ok:
			to.float(number)
		case v.width > 0 && v.width <= 8 && len(l.value) <= v.width:
			to.text(l.value, 8)
		default:
			continue
		}
		seen[l.value] = true
		n++
		to.WriteByte(byte(len(label)))
		to.text(label, (len(label)+8)/8*8-1)
	}
	if n > 0 {
		d.int(3, n)
		d.Write(all.Bytes())
		d.int(4, 1, place)
	}
}

// longLabels says what the values of longer texts mean.
func longLabels(all []variable) []byte {
	var b bytes.Buffer
	d := dictionary{&b}
	for i := range all {
		v := &all[i]
		if v.width <= 8 || len(v.labels) == 0 {
			continue
		}
		d.int(len(v.name))
		d.WriteString(v.name)
		var labels []valueLabel
		for _, l := range v.labels {
			if l.label != "" && len(l.value) <= v.width && !slices.ContainsFunc(labels, func(o valueLabel) bool { return o.value == l.value }) {
				labels = append(labels, l)
			}
		}
		d.int(v.width, len(labels))
		for _, l := range labels {
			label := cutBytes(l.label, maxSPSSValue)
			d.int(v.width)
			d.text(l.value, v.width)
			d.int(len(label))
			d.WriteString(label)
		}
	}
	return b.Bytes()
}

// packer packs elements: eight codes, then the values of those that are not in their code.
type packer struct {
	to     *bytes.Buffer
	codes  [8]byte
	n      int
	values bytes.Buffer
}

func (p *packer) code(code byte) {
	p.codes[p.n] = code
	if p.n++; p.n == len(p.codes) {
		p.flush()
	}
}

// flush ends a group: the codes that it lacks stand for nothing.
func (p *packer) flush() {
	if p.n == 0 {
		return
	}
	p.to.Write(p.codes[:])
	p.to.Write(p.values.Bytes())
	p.codes, p.n = [8]byte{}, 0
	p.values.Reset()
}

func (p *packer) number(n float64) {
	switch whole := math.Trunc(n); {
	case n == spssSystemMiss:
		p.code(spssNone)
	case n == whole && whole > -spssBias && whole < spssEnd-spssBias && !(whole == 0 && math.Signbit(n)):
		p.code(byte(int(whole) + spssBias))
	default:
		p.values.Write(binary.LittleEndian.AppendUint64(nil, math.Float64bits(n)))
		p.code(spssRaw)
	}
}

// text packs a text that takes variables of these widths.
func (p *packer) text(text string, widths []int) {
	for _, width := range widths {
		part := text[:min(len(text), spssShortText, width)]
		if len(widths) > 1 {
			part = text[:min(len(text), spssShortText)]
		}
		text = text[len(part):]
		for range elements(width) {
			element := part[:min(len(part), 8)]
			part = part[len(element):]
			if strings.Trim(element, " ") == "" {
				p.code(spssSpaces)
				continue
			}
			p.values.WriteString(element)
			for range 8 - len(element) {
				p.values.WriteByte(' ')
			}
			p.code(spssRaw)
		}
	}
}

func (w spss) rows(t *table, s *state, b *bytes.Buffer, rows []row) error {
	all := w.variables(t, s)
	widths := make([][]int, len(all))
	for i := range all {
		widths[i] = segments(all[i].width)
	}
	p := packer{to: b}
	for r := range rows {
		for i := range all {
			v := t.value(all[i].field, &rows[r])
			switch {
			case all[i].Time:
				p.number(spssMoment(v.at))
			case all[i].width == 0:
				n, ok := spssNumber(v.text)
				if !ok {
					n = spssSystemMiss
				}
				p.number(n)
			default:
				text := cutBytes(v.text, all[i].width)
				if len(text) < len(v.text) {
					s.Cut++
				}
				p.text(text, widths[i])
			}
		}
	}
	p.flush()
	return nil
}

// spssMoment gives a time in the seconds that it is since the calendar's reform, by the clock of its zone.
func spssMoment(at time.Time) float64 {
	if at.IsZero() {
		return spssSystemMiss
	}
	_, offset := at.Zone()
	return float64(at.Unix()+int64(offset)) + spssEpoch
}

func (spss) end(_ *table, _ *state, b *bytes.Buffer) error {
	p := packer{to: b}
	p.code(spssEnd)
	p.flush()
	return nil
}
