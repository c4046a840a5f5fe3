package jsonpath

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// test is an expression that is true or false for a value (RFC 9535 §2.3.5).
type test interface {
	holds(e *evaluation, current *Value) bool
}

// operand is an expression that gives a value, or nil for nothing.
type operand interface {
	value(e *evaluation, current *Value) *Value
}

type (
	or      []test
	and     []test
	not     struct{ test test }
	compare struct {
		left, right operand
		operator    string
	}
	query struct { // as a test: does it find anything?
		relative bool // to the current value, @
		segments []segment
	}
	literal  struct{ constant *Value }
	length   struct{ of operand }
	count    struct{ of query }
	only     struct{ of query } // value(): the one value that a query finds
	matching struct {
		text, pattern operand
		whole         bool // match, else search
	}
)

func (t or) holds(e *evaluation, v *Value) bool {
	return slices.ContainsFunc(t, func(t test) bool { return t.holds(e, v) })
}

func (t and) holds(e *evaluation, v *Value) bool {
	return !slices.ContainsFunc(t, func(t test) bool { return !t.holds(e, v) })
}

func (t not) holds(e *evaluation, v *Value) bool { return !t.test.holds(e, v) }

func (q query) run(e *evaluation, v *Value) []*Value {
	if !q.relative {
		v = e.root
	}
	return e.run(q.segments, v)
}

func (q query) holds(e *evaluation, v *Value) bool { return len(q.run(e, v)) > 0 }

func (q query) value(e *evaluation, v *Value) *Value { return only{q}.value(e, v) }

func (o only) value(e *evaluation, v *Value) *Value {
	if found := o.of.run(e, v); len(found) == 1 {
		return found[0]
	}
	return nil
}

func (l literal) value(*evaluation, *Value) *Value { return l.constant }

func (c count) value(e *evaluation, v *Value) *Value { return number(len(c.of.run(e, v))) }

func (l length) value(e *evaluation, v *Value) *Value {
	of := l.of.value(e, v)
	switch {
	case of == nil:
		return nil
	case of.kind == String:
		e.spend(len(of.text) / 64)
		return number(utf8.RuneCountInString(of.text))
	case of.kind == Array || of.kind == Object:
		return number(len(of.children))
	}
	return nil
}

func number(n int) *Value { return &Value{kind: Number, raw: strconv.AppendInt(nil, int64(n), 10)} }

func (m matching) holds(e *evaluation, v *Value) bool {
	text, p := m.text.value(e, v), m.pattern.value(e, v)
	if text == nil || p == nil || text.kind != String || p.kind != String {
		return false
	}
	return e.matches(text.text, pattern{p.text, m.whole})
}

// holds compares by RFC 9535 §2.3.5.2.2: what has no order is never less.
func (c compare) holds(e *evaluation, current *Value) bool {
	a, b := c.left.value(e, current), c.right.value(e, current)
	switch c.operator {
	case "==":
		return e.equal(a, b)
	case "!=":
		return !e.equal(a, b)
	case "<":
		return e.less(a, b)
	case ">":
		return e.less(b, a)
	case "<=":
		return e.less(a, b) || e.equal(a, b)
	}
	return e.less(b, a) || e.equal(a, b)
}

func (e *evaluation) equal(a, b *Value) bool {
	if a == nil || b == nil {
		return a == b
	}
	if !e.spend(1) || a.kind != b.kind || len(a.children) != len(b.children) {
		return false
	}
	switch a.kind {
	case String:
		return a.text == b.text
	case Number:
		return compareNumbers(a.raw, b.raw) == 0
	case Array:
		return slices.EqualFunc(a.children, b.children, e.equal)
	case Object:
		return !slices.ContainsFunc(a.children, func(child *Value) bool {
			e.spend(len(b.children) / 8)
			other := b.member(child.name)
			return other == nil || !e.equal(child, other)
		})
	}
	return string(a.raw) == string(b.raw) // true, false and null
}

func (e *evaluation) less(a, b *Value) bool {
	if a == nil || b == nil || a.kind != b.kind {
		return false
	}
	switch a.kind {
	case String:
		return a.text < b.text // UTF-8 has the order of Unicode's scalar values
	case Number:
		return compareNumbers(a.raw, b.raw) < 0
	}
	return false
}

// exactDigits is up to which length whole numbers are compared digit by digit; all others as float64, as RFC 9535
// expects of I-JSON.
const exactDigits = 400

func compareNumbers(a, b []byte) int {
	if string(a) == string(b) {
		return 0
	}
	x, y := float(a), float(b)
	if x < y {
		return -1
	}
	if x > y {
		return 1
	}
	if len(a) > exactDigits || len(b) > exactDigits {
		return 0
	}
	m, ok := new(big.Int).SetString(string(a), 10)
	if !ok {
		return 0
	}
	n, ok := new(big.Int).SetString(string(b), 10)
	if !ok {
		return 0
	}
	return m.Cmp(n)
}

func float(digits []byte) float64 {
	f, _ := strconv.ParseFloat(string(digits), 64) // what is too large is an infinity
	return f
}

// matches tells whether a text matches a pattern; a pattern that is no I-Regexp matches nothing.
func (e *evaluation) matches(text string, p pattern) bool {
	c := e.regexps[p]
	if c == nil {
		if len(e.regexps) >= maxPatterns || !e.spend(100*len(p.text)) {
			e.steps = -1
			return false
		}
		c = p.compile()
		if e.regexps == nil {
			e.regexps = map[pattern]*compiledPattern{}
		}
		e.regexps[p] = c
	}
	// RE2 is linear in the length of the text, times the size of the pattern.
	if c.regexp == nil || !e.spend(len(text)*(1+len(p.text)/16)/4) {
		return false
	}
	return c.regexp.MatchString(strings.ToValidUTF8(text, "\uFFFD"))
}
