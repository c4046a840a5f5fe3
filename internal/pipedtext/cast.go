package pipedtext

import (
	"encoding/json"
	"fmt"
	"strings"

	"surveyflow/models"
)

// CastError says that a value is not of the type that a JSON pair asks for.
type CastError struct {
	Key   string // of the pair; set by the caller of Cast, who knows it
	Value string // shortened to shownRunes
	Type  models.DataType
}

// shownRunes is how much of a value a [CastError] shows.
const shownRunes = 40

// Error gives the text for logs and run records.
func (e *CastError) Error() string {
	return fmt.Sprintf("cast %q to %s: %q does not fit", e.Key, e.Type, e.Value)
}

// Cast gives a value as the JSON that a pair asks for (contract §7): boolean takes true, false, 1, 0, yes and no in
// any case; number a decimal number with a point; json anything that is valid JSON; string everything; systemDefault,
// and an unknown type, the type of the value. Missing is null, and "" as a string. What does not fit is a [*CastError],
// unless onFailure is systemDefault.
func Cast(v Value, to models.DataType, onFailure models.OnCastFailure) (json.RawMessage, error) {
	return AppendCast(nil, v, to, onFailure)
}

// AppendCast is [Cast] that appends to dst. With an error it returns dst as it was.
func AppendCast(dst []byte, v Value, to models.DataType, onFailure models.OnCastFailure) ([]byte, error) {
	if v.Missing() {
		if to == models.DataString {
			return append(dst, `""`...), nil
		}
		return v.AppendJSON(dst), nil
	}
	switch to {
	case models.DataString:
		return Text(v.text).AppendJSON(dst), nil
	case models.DataBoolean:
		if b, ok := castBool(v); ok {
			return Bool(b).AppendJSON(dst), nil
		}
	case models.DataNumber:
		if n, ok := castNumber(v); ok {
			return append(dst, n...), nil
		}
	case models.DataJSON:
		if v.kind != KindText {
			return v.AppendJSON(dst), nil
		}
		if isJSON(v.text) {
			return append(dst, v.text...), nil
		}
	default:
		return v.AppendJSON(dst), nil
	}
	if onFailure == models.CastSystemDefault {
		return v.AppendJSON(dst), nil
	}
	return dst, &CastError{Value: shorten(v.text), Type: to}
}

// castBool reads a truth value.
func castBool(v Value) (b, ok bool) {
	if v.kind == KindJSON {
		return false, false
	}
	switch strings.ToLower(strings.TrimSpace(v.text)) {
	case "true", "1", "yes":
		return true, true
	case "false", "0", "no":
		return false, true
	}
	return false, false
}

// castNumber reads a decimal number and gives it as JSON writes it: digit for digit, but without a plus sign and
// leading zeros, and with a digit on both sides of the point.
func castNumber(v Value) (digits string, ok bool) {
	if v.kind == KindNumber {
		return v.text, true
	}
	if v.kind != KindText {
		return "", false
	}
	s := strings.TrimSpace(v.text)
	if isJSONNumber(s) {
		return s, true
	}
	sign := ""
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign, s = strings.TrimSuffix(s[:1], "+"), s[1:]
	}
	whole, fraction, point := strings.Cut(s, ".")
	if whole+fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return "", false
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if point && fraction != "" {
		whole += "." + fraction
	}
	return sign + whole, true
}

// shorten gives the beginning of a value.
func shorten(s string) string {
	runes := 0
	for i := range s {
		if runes == shownRunes {
			return s[:i] + "…"
		}
		runes++
	}
	return s
}
