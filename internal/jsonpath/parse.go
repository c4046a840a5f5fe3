package jsonpath

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxInt is the largest index: what every JSON implementation can hold exactly (RFC 9535 §2.1).
const maxInt = 1<<53 - 1

// Parse reads a query. It fails with a [*SyntaxError].
func Parse(text string) (*Path, error) {
	p := parser{text: text}
	if len(text) > MaxLength {
		return nil, &SyntaxError{MaxLength, TooLong}
	}
	if !p.take("$") {
		return nil, &SyntaxError{0, NoRoot}
	}
	segments := p.segments()
	if p.at < len(text) {
		p.fail(p.at, Unexpected)
	}
	if p.err != nil {
		return nil, p.err
	}
	return &Path{text, segments}, nil
}

// parser reads a query from left to right, by the grammar of RFC 9535 (appendix A). The first mistake is kept, and
// moves the parser to the end of the text, so that whatever reads on soon stops.
type parser struct {
	text  string
	at    int
	depth int
	err   *SyntaxError
}

func (p *parser) fail(at int, why Reason) {
	if p.err == nil {
		if at >= len(p.text) && why == Unexpected {
			why = UnexpectedEnd
		}
		p.err = &SyntaxError{at, why}
	}
	p.at = len(p.text)
}

// back returns to an earlier place, unless there was a mistake.
func (p *parser) back(to int) {
	if p.err == nil {
		p.at = to
	}
}

// peek gives the byte at the front; 0 at the end.
func (p *parser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

// take takes a piece of text when it is at the front.
func (p *parser) take(s string) bool {
	if strings.HasPrefix(p.text[p.at:], s) {
		p.at += len(s)
		return true
	}
	return false
}

// expect takes a piece of text that must be at the front.
func (p *parser) expect(s string) {
	if !p.take(s) {
		p.fail(p.at, Unexpected)
	}
}

func (p *parser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\n\r", p.text[p.at]) >= 0 {
		p.at++
	}
}

// nest counts what stands within each other; the caller calls the returned function at the end of its part.
func (p *parser) nest() func() {
	if p.depth++; p.depth > maxNesting {
		p.fail(p.at, TooNested)
	}
	return func() { p.depth-- }
}

// segments reads segments as long as there are some. Space may stand before each, but not after the last.
func (p *parser) segments() []segment {
	var all []segment
	for {
		start := p.at
		p.space()
		switch {
		case p.peek() == '[':
			all = append(all, segment{selectors: p.bracketed()})
		case p.take(".."):
			s := segment{descendant: true}
			if p.peek() == '[' {
				s.selectors = p.bracketed()
			} else {
				s.selectors = p.shorthand()
			}
			all = append(all, s)
		case p.take("."):
			all = append(all, segment{selectors: p.shorthand()})
		default:
			p.back(start)
			return all
		}
	}
}

// shorthand reads a name or a star after a dot.
func (p *parser) shorthand() []selector {
	if p.take("*") {
		return []selector{wildcard{}}
	}
	start := p.at
	for p.at < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.at:])
		if !nameCharacter(r, n, p.at == start) {
			break
		}
		p.at += n
	}
	if p.at == start {
		p.fail(p.at, Unexpected)
		return nil
	}
	return []selector{nameSelector{p.text[start:p.at]}}
}

func nameCharacter(r rune, size int, first bool) bool {
	switch {
	case r == utf8.RuneError && size == 1: // broken UTF-8
		return false
	case r >= 0x80, r == '_', 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z':
		return true
	}
	return !first && '0' <= r && r <= '9'
}

// isShorthand reports whether a name can stand after a dot.
func isShorthand(name string) bool {
	for i, r := range name {
		if !nameCharacter(r, utf8.RuneLen(r), i == 0) {
			return false
		}
	}
	return name != "" && utf8.ValidString(name)
}

// bracketed reads [selector, selector …].
func (p *parser) bracketed() []selector {
	defer p.nest()()
	p.expect("[")
	var all []selector
	for {
		p.space()
		all = append(all, p.selector())
		p.space()
		if !p.take(",") {
			p.expect("]")
			return all
		}
	}
}

func (p *parser) selector() selector {
	switch c := p.peek(); {
	case c == '\'' || c == '"':
		return nameSelector{p.quoted()}
	case p.take("*"):
		return wildcard{}
	case p.take("?"):
		p.space()
		return filter{p.or()}
	}
	return p.indexOrSlice()
}

// indexOrSlice reads 1, or 1:2:3 with each part left out as one likes.
func (p *parser) indexOrSlice() selector {
	start := p.integer()
	before := p.at
	p.space()
	if !p.take(":") {
		p.back(before)
		if start == nil {
			p.fail(p.at, Unexpected)
			return wildcard{}
		}
		return indexSelector{*start}
	}
	s := sliceSelector{start: start}
	p.space()
	s.end = p.integer()
	before = p.at
	p.space()
	if !p.take(":") {
		p.back(before)
		return s
	}
	p.space()
	s.step = p.integer()
	return s
}

// integer reads an integer; nil when there is none.
func (p *parser) integer() *int {
	start := p.at
	p.take("-")
	p.digits()
	if p.at == start {
		return nil
	}
	text := p.text[start:p.at]
	n, err := strconv.Atoi(text)
	digits := strings.TrimPrefix(text, "-")
	if err != nil || n > maxInt || n < -maxInt || text == "-0" || digits[0] == '0' && len(digits) > 1 {
		p.fail(start, BadNumber)
		return nil
	}
	return &n
}

func (p *parser) digits() {
	for c := p.peek(); '0' <= c && c <= '9'; c = p.peek() {
		p.at++
	}
}

// quoted reads a string within single or double quotes.
func (p *parser) quoted() string {
	quote := p.peek()
	var b strings.Builder
	for p.at++; p.at < len(p.text); {
		r, n := utf8.DecodeRuneInString(p.text[p.at:])
		switch {
		case r < ' ', r == utf8.RuneError && n == 1:
			p.fail(p.at, BadString)
			return ""
		case r == rune(quote):
			p.at++
			return b.String()
		case r == '\\':
			b.WriteRune(p.escaped(quote))
		default:
			b.WriteRune(r)
			p.at += n
		}
	}
	p.fail(p.at, UnexpectedEnd)
	return ""
}

// escaped reads a backslash and what it stands for.
func (p *parser) escaped(quote byte) rune {
	start := p.at
	p.at++
	c := p.peek()
	p.at++
	if i := strings.IndexByte(`bfnrt/\`, c); i >= 0 && c != 0 {
		return rune("\b\f\n\r\t/\\"[i])
	}
	if c == quote {
		return rune(c)
	}
	if c == 'u' {
		r := p.unit()
		if !utf16.IsSurrogate(r) {
			return r
		}
		if p.take(`\u`) {
			if r = utf16.DecodeRune(r, p.unit()); r != utf8.RuneError {
				return r
			}
		}
	}
	p.fail(start, BadString)
	return 0
}

// unit reads the four digits of an escape.
func (p *parser) unit() rune {
	if p.at+4 > len(p.text) {
		p.fail(p.at, BadString)
		return 0
	}
	n, err := strconv.ParseUint(p.text[p.at:p.at+4], 16, 16)
	if err != nil {
		p.fail(p.at, BadString)
		return 0
	}
	p.at += 4
	return rune(n)
}
