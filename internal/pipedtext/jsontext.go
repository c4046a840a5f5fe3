package pipedtext

import (
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// ParseJSON reads JSON free text. A token inside quotes is escaped for a string; outside quotes a value that is valid
// JSON goes in as it is, any other as a string, and a missing one as null. It fails with a [*SyntaxError]; that the
// JSON around the tokens is whole is not asked, since a |raw token may complete it (see [CheckJSON]).
func ParseJSON(text string) (Template, error) {
	tokens, err := scanWithin(text)
	if err != nil {
		return Template{}, err
	}
	t := build(text, tokens)
	var lexer jsonLexer
	for i, tok := range tokens {
		p := &t.pieces[i]
		lexer.read(p.literal)
		switch {
		case lexer.escaped:
			return Template{}, &SyntaxError{Offset: tok.start - 1, Length: 1, Reason: AfterBackslash}
		case tok.raw:
		case lexer.inString:
			p.escape = jsonString
		default:
			p.escape = jsonValue
		}
	}
	return t, nil
}

// jsonLexer knows whether the end of what it has read is inside a JSON string.
type jsonLexer struct {
	inString bool
	escaped  bool // after a backslash
}

func (l *jsonLexer) read(text string) {
	for i := range len(text) {
		switch c := text[i]; {
		case l.escaped:
			l.escaped = false
		case l.inString && c == '\\':
			l.escaped = true
		case c == '"':
			l.inString = !l.inString
		}
	}
}

// CheckJSON is [Check] for JSON free text: it also says where the JSON around the tokens is broken. With a |raw token
// outside quotes, which may be any part of it, that cannot be known.
func CheckJSON(text string) []*SyntaxError {
	tokens, problems := scan(text)
	sample, ok := jsonSample(text, tokens)
	if !ok {
		return problems
	}
	var all json.RawMessage
	if broken, is := errors.AsType[*json.SyntaxError](json.Unmarshal(sample, &all)); is {
		problems = append(problems, &SyntaxError{
			Offset: min(max(int(broken.Offset)-1, 0), len(text)), Length: 1, Reason: InvalidJSON,
		})
	}
	return problems
}

// jsonSample gives the text with a harmless value of the same length for each token, so that offsets stay the same.
func jsonSample(text string, tokens []token) (sample []byte, ok bool) {
	sample = []byte(text)
	var lexer jsonLexer
	at := 0
	for _, tok := range tokens {
		lexer.read(text[at:tok.start])
		at = tok.end
		hole := sample[tok.start:tok.end]
		if !lexer.inString && tok.raw {
			return nil, false
		}
		for i := range hole {
			hole[i] = ' '
			if lexer.inString {
				hole[i] = 'x'
			}
		}
		if !lexer.inString {
			copy(hole, "null")
		}
	}
	return sample, true
}

// appendJSONValue appends a value that stands outside quotes.
func appendJSONValue(dst []byte, v Value) []byte {
	if v.kind == KindText && isJSON(v.text) {
		return append(dst, v.text...)
	}
	return v.AppendJSON(dst)
}

// appendJSONString appends s escaped for the inside of a JSON string (RFC 8259 §7). Broken UTF-8 becomes U+FFFD.
func appendJSONString(dst []byte, s string) []byte {
	done := 0 // what is before is appended
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		dst = append(dst, s[done:i]...)
		dst = appendJSONEscape(dst, c)
		i++
		done = i
	}
	return append(dst, s[done:]...)
}

// appendJSONEscape appends one byte that cannot stand in a JSON string as it is.
func appendJSONEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	if c >= utf8.RuneSelf {
		return append(dst, "\uFFFD"...)
	}
	return append(dst, '\\', 'u', '0', '0', upperHex[c>>4], upperHex[c&15])
}
