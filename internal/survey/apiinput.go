package survey

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"

	"surveyflow/models"
)

// apiInput is what a program sends as the values of a response, while it is read. What nobody asked for in the end is
// embedded data.
type apiInput struct {
	values   map[string]any
	used     map[string]bool
	problems problems
}

// decodeValues reads the values, with all digits of numbers.
func decodeValues(raw map[string]json.RawMessage) (*apiInput, error) {
	in := &apiInput{values: make(map[string]any, len(raw)), used: make(map[string]bool, len(raw))}
	for name, text := range raw {
		v, err := decodeValue(text)
		if err != nil {
			return nil, models.Invalid(models.Field("values."+name, "response.error.value", "Field", name))
		}
		if v != nil { // null is unanswered
			in.values[name] = v
		}
	}
	return in, nil
}

// decodeValue reads one value. Texts and numbers, which nearly all are, need no decoder of their own.
func decodeValue(text json.RawMessage) (v any, err error) {
	text = bytes.TrimSpace(text)
	switch {
	case !json.Valid(text):
		return nil, errNotJSON
	case text[0] == '"':
		var s string
		err = json.Unmarshal(text, &s)
		return s, err
	case text[0] == '-' || text[0] >= '0' && text[0] <= '9':
		return json.Number(text), nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

var errNotJSON = errors.New("not JSON")

func (in *apiInput) problem(field, key string, args ...any) {
	in.problems.add("values."+field, key, append(args, "Field", field)...)
}

// take gives a value once it is known what it means.
func (in *apiInput) take(name string) (any, bool) {
	v, ok := in.values[name]
	in.use(name)
	return v, ok
}

// use notes that a value that may be there means something.
func (in *apiInput) use(name string) {
	if _, sent := in.values[name]; sent {
		in.used[name] = true
	}
}

// text gives a scalar as clean text of at most so many characters.
func (in *apiInput) text(name string, most int) (string, bool) {
	v, ok := in.take(name)
	if !ok {
		return "", false
	}
	text, ok := scalar(v)
	if !ok {
		in.problem(name, "response.error.value")
		return "", true
	}
	if n := utf8.RuneCountInString(text); n > most {
		in.problem(name, "response.error.too_long", "Max", most, "Length", n)
		text = cutText(text, most)
	}
	return text, true
}

// list gives one scalar or an array of them as texts.
func (in *apiInput) list(name string) ([]string, bool) {
	v, ok := in.take(name)
	if !ok {
		return nil, false
	}
	elements, isList := v.([]any)
	if !isList {
		elements = []any{v}
	}
	texts := make([]string, 0, len(elements))
	for _, e := range elements {
		text, ok := scalar(e)
		if !ok {
			in.problem(name, "response.error.value")
			continue
		}
		texts = append(texts, text)
	}
	return texts, true
}

func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return models.CleanText(v), true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// answers reads the answers to all questions.
func (in *apiInput) answers(def *models.SurveyDefinition) models.Answers {
	answers := models.Answers{}
	for _, q := range def.Questions() {
		t := typeOf(q)
		if t == nil {
			continue
		}
		if a := t.fromAPI(q, in); !a.Empty() {
			answers[q.ID] = a
		}
		// Exports carry these as well; who sends one back means no answer by them.
		in.use(q.ID + "_DO")
		in.use(q.ID + "_NPS_GROUP")
	}
	return answers
}

// timeLayouts are the spellings in which programs send times; those without a zone are UTC.
var timeLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly}

// time gives a time that is not in the future.
func (in *apiInput) time(name string, now time.Time) *time.Time {
	text, ok := in.text(name, maxDigits)
	if !ok || text == "" {
		return nil
	}
	for _, layout := range timeLayouts {
		t, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		t = t.UTC().Truncate(time.Microsecond)
		if t.After(now.Add(time.Minute)) || t.Year() < 1970 { // clocks differ a little
			break
		}
		if t.After(now) {
			t = now
		}
		return &t
	}
	in.problem(name, "response.error.time", "Value", text)
	return nil
}

// finished tells whether the response is complete; so it is when nothing is said.
func (in *apiInput) finished() bool {
	text, ok := in.text("finished", maxDigits)
	switch strings.ToLower(text) {
	case "1", "true", "yes":
		return true
	case "0", "false", "no":
		return false
	}
	if ok && text != "" {
		in.problem("finished", "response.error.boolean", "Value", text)
	}
	return true
}

// language gives the respondent's language as a BCP 47 tag, whatever its case.
func (in *apiInput) language(fallback string) string {
	text, ok := in.text("userLanguage", maxDigits)
	if !ok || text == "" {
		return fallback
	}
	tag, err := language.Parse(text)
	if err != nil {
		in.problem("userLanguage", "response.error.language", "Value", text)
		return fallback
	}
	return tag.String()
}

func (in *apiInput) ip() string {
	text, ok := in.text("ipAddress", maxDigits)
	if !ok || text == "" {
		return ""
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		in.problem("ipAddress", "response.error.ip", "Value", text)
		return ""
	}
	return addr.String()
}

// channel gives how the response came; by the API when nothing else is said.
func (in *apiInput) channel() models.Channel {
	text, _ := in.text("distributionChannel", maxDigits)
	known := []models.Channel{models.ChannelLink, models.ChannelEmail}
	if i := slices.Index(known, models.Channel(text)); i >= 0 {
		return known[i]
	}
	return models.ChannelAPI
}

// ignored are the metadata that exports carry and that the product makes itself.
var ignored = []string{"_recordId", "status", "progress", "duration", "locationLatitude", "locationLongitude"}

// fields takes all that is left as embedded data.
func (in *apiInput) fields() map[string]string {
	for _, name := range ignored {
		in.use(name)
	}
	fields := map[string]string{}
	for name := range in.values {
		if in.used[name] {
			continue
		}
		if reason := fieldName(name); reason != "" {
			if likeQuestion.MatchString(name) {
				reason = "response.error.unknown"
			}
			in.problem(models.CleanText(name), reason)
			continue
		}
		if text, _ := in.text(name, maxFieldText); text != "" {
			fields[name] = text
		}
	}
	if len(fields) > maxFields {
		in.problem("", "response.error.too_many", "Max", maxFields)
	}
	return fields
}

// under names what is wrong by the member of a program's input that has it: "values.QID1" of an apiInput, and "QID1" of a form, become
// "responses.QID1".
func under(place string, err error) error {
	e, ok := errors.AsType[*models.Error](err)
	if !ok {
		return err
	}
	for i, f := range e.Fields {
		name, _ := strings.CutPrefix(f.Field, "values.")
		e.Fields[i].Field = place + "." + name
	}
	return e
}
