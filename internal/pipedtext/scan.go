package pipedtext

import (
	"fmt"
	"strings"
)

// maxTokenLength is the longest token in bytes. It bounds the search for the end of a token that has none, so that
// reading stays linear in the length of the text.
const maxTokenLength = 2048

// token is a piece of piped text found in text[start:end].
type token struct {
	start, end int
	ref        Ref
	raw        bool
}

// Reason says what is wrong with a text; "pipedtext.error." and the reason make a message key.
type Reason string

// The reasons of a [SyntaxError]. The first six concern something that looks like a token; it stays text.
const (
	UnknownScheme    Reason = "unknown_scheme"    // ${abc://…}
	WrongSign        Reason = "wrong_sign"        // ${ch://…} or ~{q://…}
	MissingSlashes   Reason = "missing_slashes"   // ${q:QID1/…}
	Unterminated     Reason = "unterminated"      // no closing brace, or a character before it that cannot be in a token
	UnknownFilter    Reason = "unknown_filter"    // ${e://Field/x|upper}
	Malformed        Reason = "malformed"         // the scheme is known, what follows it is not in its form
	TooLong          Reason = "too_long"          // more than MaxLength
	TooManyTokens    Reason = "too_many_tokens"   // more than MaxTokens
	ControlCharacter Reason = "control_character" // in the literal text of a header
	AfterBackslash   Reason = "after_backslash"   // a token whose first character the backslash before it would swallow
	InvalidJSON      Reason = "invalid_json"      // the JSON around the tokens is broken here
	NotAbsolute      Reason = "not_absolute"      // a URL without http:// or https://
	TokenInHost      Reason = "token_in_host"     // a token is part of scheme, user, host or port
	InvalidURL       Reason = "invalid_url"       // the URL cannot be read
)

// SyntaxError is something wrong with a text, and where. It never holds a part of the text.
type SyntaxError struct {
	Offset int // in bytes from the beginning of the text
	Length int // in bytes
	Reason Reason
}

// Error gives the text for logs.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("piped text: %s at byte %d", e.Reason, e.Offset)
}

// Key gives the message key of the sentence for people.
func (e *SyntaxError) Key() string { return "pipedtext.error." + string(e.Reason) }

// Check lists what looks like a token and is none, so that an editor can point at it. Such pieces stay text.
func Check(text string) []*SyntaxError {
	_, problems := scan(text)
	return problems
}

// scanWithin finds the tokens of a text that keeps the limits.
func scanWithin(text string) ([]token, error) {
	if len(text) > MaxLength {
		return nil, &SyntaxError{Offset: MaxLength, Length: len(text) - MaxLength, Reason: TooLong}
	}
	tokens, _ := scan(text)
	if len(tokens) > MaxTokens {
		extra := tokens[MaxTokens]
		return nil, &SyntaxError{Offset: extra.start, Length: extra.end - extra.start, Reason: TooManyTokens}
	}
	return tokens, nil
}

// scan finds the tokens of text, and what only looks like one.
func scan(text string) (tokens []token, problems []*SyntaxError) {
	for at := 0; at+1 < len(text); {
		if text[at+1] != '{' || text[at] != '$' && text[at] != '~' {
			at++
			continue
		}
		tok, reason := readToken(text, at)
		if reason != "" {
			problems = append(problems, &SyntaxError{Offset: at, Length: tok.end - at, Reason: reason})
		}
		if reason != "" || tok.ref.Scheme == "" {
			at += len("${") // not past its end: a token may stand inside what is none
			continue
		}
		tokens = append(tokens, tok)
		at = tok.end
	}
	return tokens, problems
}

// readToken reads what begins with a sign and a brace at text[at]. Without a reason and without a scheme it does not
// even look like a token, as ${name} of a shell or of JavaScript.
func readToken(text string, at int) (token, Reason) {
	tok := token{start: at, end: at + len("${")}
	scheme, rest := text[tok.end:], ""
	for i := range len(scheme) {
		if !isLetter(scheme[i]) {
			scheme, rest = scheme[:i], scheme[i:]
			break
		}
	}
	if scheme == "" || !strings.HasPrefix(rest, ":") {
		return tok, ""
	}
	tok.end += len(scheme)
	if !strings.HasPrefix(rest, "://") {
		return tok, MissingSlashes
	}
	tok.end += len("://")
	f, known := forms[scheme]
	end := tokenEnd(text, tok.end, f.sign == '~')
	body := text[tok.end:max(end, tok.end)]
	if end >= 0 {
		tok.end = end + len("}")
	}
	switch {
	case !known:
		return tok, UnknownScheme
	case f.sign != text[at]:
		return tok, WrongSign
	case end < 0:
		return tok, Unterminated
	}
	body, raw, ok := cutFilter(body, f.sign == '~')
	if !ok {
		return tok, UnknownFilter
	}
	name, path, ok := f.read(body)
	if !ok {
		return tok, Malformed
	}
	tok.raw = raw
	tok.ref = Ref{Scheme: scheme, Name: name, Path: path}
	if scheme == "rand" {
		tok.ref.At = at
	}
	return tok, ""
}

// tokenEnd gives the index of the brace that closes the token whose body begins at from, or -1. A quote outside a
// JSONPath's brackets ends the search: most likely the brace was forgotten inside a JSON string, and the next brace
// belongs to the JSON.
func tokenEnd(text string, from int, jsonPath bool) int {
	var quote byte
	depth := 0 // of the brackets of a JSONPath, whose strings may hold any character
	for i := from; i < min(len(text), from+maxTokenLength); i++ {
		switch c := text[i]; {
		case isControl(c):
			return -1
		case quote != 0:
			if c == '\\' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '}' && depth == 0:
			return i
		case depth > 0 && (c == '"' || c == '\''):
			quote = c
		case c == '{', c == '}', c == '"':
			return -1
		case jsonPath && c == '[':
			depth++
		case depth > 0 && c == ']':
			depth--
		}
	}
	return -1
}

// cutFilter separates the filter from the body of a token. A JSONPath may hold a bar itself, so there only |raw counts.
func cutFilter(body string, jsonPath bool) (rest string, raw, ok bool) {
	bar := strings.LastIndexByte(body, '|')
	if bar < 0 {
		return body, false, true
	}
	if strings.TrimSpace(body[bar+1:]) == "raw" {
		rest = strings.TrimRight(body[:bar], " ")
		_, twice, ok := cutFilter(rest, jsonPath)
		return rest, true, ok && !twice
	}
	return body, false, jsonPath
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isControl(c byte) bool { return c < ' ' || c == 0x7f }
