package apiv3

import (
	"encoding/json"
)

// cutValues reads {"values":{"QID1":2,…}} without copying: the values are parts of the text, which must not change while
// they are used. It gives up on whatever is not plain, such as another member, an escaped or repeated name, or broken JSON.
func cutValues(text []byte) (map[string]json.RawMessage, bool) {
	if tooDeep(text) || !json.Valid(text) { // from here on only well-formed JSON is met
		return nil, false
	}
	s := cutter{text: text}
	if !s.take('{') {
		return nil, false
	}
	if name, ok := s.name(); !ok || name != "values" || !s.take('{') {
		return nil, false
	}
	values := make(map[string]json.RawMessage, 16)
	for !s.take('}') {
		if len(values) > 0 {
			s.take(',')
		}
		name, ok := s.name()
		if _, repeated := values[name]; !ok || repeated {
			return nil, false
		}
		values[name] = s.value()
	}
	return values, s.take('}')
}

// cutter goes through well-formed JSON.
type cutter struct {
	text []byte
	at   int
}

func (s *cutter) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

// take passes over a character when it comes next.
func (s *cutter) take(b byte) bool {
	s.space()
	if s.at < len(s.text) && s.text[s.at] == b {
		s.at++
		return true
	}
	return false
}

// name reads a member's name and its colon; false when there is none or it is not plain ASCII.
func (s *cutter) name() (string, bool) {
	if !s.take('"') {
		return "", false
	}
	start := s.at
	for ; s.text[s.at] != '"'; s.at++ {
		if b := s.text[s.at]; b == '\\' || b >= 0x80 {
			return "", false
		}
	}
	name := string(s.text[start:s.at])
	s.at++
	return name, s.take(':')
}

// value passes over a value and gives its text.
func (s *cutter) value() json.RawMessage {
	s.space()
	start, depth := s.at, 0
	for ; s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case '"':
			s.quoted()
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return trimmed(s.text[start:s.at])
			}
			depth--
		case ',':
			if depth == 0 {
				return trimmed(s.text[start:s.at])
			}
		}
	}
	return trimmed(s.text[start:])
}

// quoted passes over a text up to its closing quote.
func (s *cutter) quoted() {
	for s.at++; s.text[s.at] != '"'; s.at++ {
		if s.text[s.at] == '\\' {
			s.at++
		}
	}
}

func trimmed(b []byte) json.RawMessage {
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\n' || b[len(b)-1] == '\t' || b[len(b)-1] == '\r') {
		b = b[:len(b)-1]
	}
	return b
}
