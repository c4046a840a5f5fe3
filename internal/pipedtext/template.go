// Package pipedtext parses and resolves piped text: ${q://QID1/SelectedChoicesRecode}, ~{ch://OCAC_x/$.ticket.id}.
//
// A text is parsed once, for the place where it will stand (ParseURL, ParseJSON, ParseXML …), and rendered as often as
// wanted. The place decides how a value is escaped, so that no answer can change the structure of what is around it;
// the filter |raw switches that off for one token. Rendering is one pass: a value that looks like a token stays text.
//
// The package is pure. Values come from the caller's [Source]; dates and random numbers from an [Env].
// The rules are those of the contract §7, "Piped text".
package pipedtext

import "slices"

// Limits of one template.
const (
	MaxLength = 64 << 10 // bytes
	MaxTokens = 500
)

// Source answers what a token names. Whatever it does not know is the zero [Value], missing.
type Source interface {
	Value(Ref) Value
}

// SourceFunc is a function as a [Source].
type SourceFunc func(Ref) Value

// Value calls f.
func (f SourceFunc) Value(r Ref) Value { return f(r) }

// Template is a parsed text, ready to be rendered. It is immutable and safe for concurrent use; the zero Template is
// the empty text.
type Template struct {
	text   string
	pieces []piece
	tail   string // literal text after the last token
}

// piece is a token with the literal text before it.
type piece struct {
	literal string
	ref     Ref
	escape  escape
}

// Parse reads a text that is used as it is, without escaping: a plain body, a value of a pair, a side of a condition.
// It fails with a [*SyntaxError] only when a limit is exceeded; what looks like a token and is none stays text
// (see [Check]).
func Parse(text string) (Template, error) { return parseAs(text, plain) }

// ParseHeader reads the value of a request's or mail's header. Values lose line breaks and control characters, with
// |raw too: no header can carry them. Control characters in the text itself are a [*SyntaxError].
func ParseHeader(text string) (Template, error) {
	for i := range len(text) {
		if isControl(text[i]) && text[i] != '\t' {
			return Template{}, &SyntaxError{Offset: i, Length: 1, Reason: ControlCharacter}
		}
	}
	t, err := parseAs(text, header)
	for i := range t.pieces {
		t.pieces[i].escape = header
	}
	return t, err
}

// ParseXML reads XML or HTML. Values are escaped so that they are safe in text and in quoted attributes; characters
// that XML cannot carry become U+FFFD.
func ParseXML(text string) (Template, error) { return parseAs(text, xmlText) }

// ParseForm reads the free text of an application/x-www-form-urlencoded body, in which values are encoded.
func ParseForm(text string) (Template, error) { return parseAs(text, form) }

// parseAs reads a text in which every value is escaped in the same way.
func parseAs(text string, e escape) (Template, error) {
	tokens, err := scanWithin(text)
	if err != nil {
		return Template{}, err
	}
	t := build(text, tokens)
	for i, tok := range tokens {
		if !tok.raw {
			t.pieces[i].escape = e
		}
	}
	return t, nil
}

// build cuts text at its tokens. The pieces are in the order of the tokens, and not escaped yet.
func build(text string, tokens []token) Template {
	t := Template{text: text}
	if len(tokens) > 0 {
		t.pieces = make([]piece, len(tokens))
	}
	at := 0
	for i, tok := range tokens {
		t.pieces[i] = piece{literal: text[at:tok.start], ref: tok.ref}
		at = tok.end
	}
	t.tail = text[at:]
	return t
}

// String gives the text as it was parsed.
func (t Template) String() string { return t.text }

// Refs lists what the template names, each once, in the order of appearance.
func (t Template) Refs() []Ref {
	var refs []Ref
	for _, p := range t.pieces {
		if !slices.Contains(refs, p.ref) {
			refs = append(refs, p.ref)
		}
	}
	return refs
}

// Append renders the template with the values of src at the end of dst and returns the longer slice.
func (t Template) Append(dst []byte, src Source) []byte {
	for i := range t.pieces {
		p := &t.pieces[i]
		dst = append(dst, p.literal...)
		dst = p.escape.append(dst, src.Value(p.ref))
	}
	return append(dst, t.tail...)
}

// Text renders the template with the values of src.
func (t Template) Text(src Source) string {
	if len(t.pieces) == 0 {
		return t.tail
	}
	if t.alone() && t.pieces[0].escape == plain {
		return src.Value(t.pieces[0].ref).String()
	}
	// A guess at the size that saves growing for names, numbers and labels.
	return string(t.Append(make([]byte, 0, len(t.text)+32*len(t.pieces)), src))
}

// Value gives the value of a text parsed by [Parse] with its type: a token that stands alone has the type of its
// source, everything else is text.
func (t Template) Value(src Source) Value {
	if t.alone() {
		return src.Value(t.pieces[0].ref)
	}
	return Text(t.Text(src))
}

// alone reports whether the template is one token and nothing else.
func (t Template) alone() bool {
	return len(t.pieces) == 1 && t.pieces[0].literal == "" && t.tail == ""
}
