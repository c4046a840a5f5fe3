// Package jsonpath finds values in JSON documents by JSONPath, as RFC 9535 defines it, with its five functions and the
// regular expressions of RFC 9485. It passes all of the official compliance suite.
//
// Values keep their spelling: large integers all their digits, objects the order of their members. Documents, queries
// and the work of a query are limited, so that neither an owner's query nor a service's answer can hold up a process.
//
// To read the package, begin here, then value.go (documents), filter.go (the expressions of ?…) and iregexp.go, and at
// last parse.go and expression.go, which turn text into these.
package jsonpath

import (
	"errors"
	"fmt"
)

// Limits of a query.
const (
	MaxLength  = 8 << 10   // bytes of its text
	maxNesting = 50        // parentheses, brackets and calls within each other
	maxSteps   = 1_000_000 // values looked at by one evaluation: tens of milliseconds
)

// ErrTooMuch says that an evaluation was given up because it looked at too many values.
var ErrTooMuch = errors.New("jsonpath: the query looks at too many values")

// SyntaxError says what is wrong with a query, and where.
type SyntaxError struct {
	Offset int    // in bytes from the beginning
	Reason Reason // of why
}

// Reason says what is wrong with a query; "jsonpath.error." and the reason make a message key.
type Reason string

// The reasons of a [SyntaxError].
const (
	NoRoot          Reason = "no_root"          // it does not begin with $
	Unexpected      Reason = "unexpected"       // a character that cannot stand here
	UnexpectedEnd   Reason = "unexpected_end"   // something is missing at the end
	BadString       Reason = "bad_string"       // an escape that there is not, or a control character
	BadNumber       Reason = "bad_number"       // not a number, or an index beyond ±(2^53 - 1)
	UnknownFunction Reason = "unknown_function" // not length, count, match, search or value
	WrongArguments  Reason = "wrong_arguments"  // a function with too many, too few or unfit arguments
	NotComparable   Reason = "not_comparable"   // one side of a comparison is no single value
	NotATest        Reason = "not_a_test"       // a value that must be compared with something
	TooLong         Reason = "too_long"         // more than MaxLength
	TooNested       Reason = "too_nested"
)

// Error gives the text for logs.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("jsonpath: %s at byte %d", e.Reason, e.Offset)
}

// Key gives the message key of the sentence for people.
func (e *SyntaxError) Key() string { return "jsonpath.error." + string(e.Reason) }

// Path is a parsed query. It is immutable and safe for concurrent use.
type Path struct {
	text     string
	segments []segment
}

// segment selects among the children of each node, or among all its descendants (RFC 9535 §2.5).
type segment struct {
	descendant bool
	selectors  []selector
}

// selector picks children of one value (RFC 9535 §2.3).
type selector interface {
	pick(e *evaluation, from []*Value, v *Value) []*Value
}

type (
	nameSelector  struct{ name string }
	indexSelector struct{ index int }
	sliceSelector struct{ start, end, step *int }
	wildcard      struct{}
	filter        struct{ test test }
)

// String gives the query as it was written.
func (p *Path) String() string { return p.text }

// Singular reports whether the query finds one value at most (RFC 9535 §2.3.5.1).
func (p *Path) Singular() bool { return singular(p.segments) }

func singular(segments []segment) bool {
	for _, s := range segments {
		if s.descendant || len(s.selectors) != 1 {
			return false
		}
		switch s.selectors[0].(type) {
		case nameSelector, indexSelector:
		default:
			return false
		}
	}
	return true
}

// Select gives the values that the query finds in a document, in the order in which RFC 9535 visits them, each as often
// as it is selected. It fails with [ErrTooMuch].
func (p *Path) Select(root *Value) ([]*Value, error) {
	e := evaluation{root: root, steps: maxSteps}
	found := e.run(p.segments, root)
	if e.steps < 0 {
		return nil, ErrTooMuch
	}
	return found, nil
}

// evaluation is one run of a query on one document.
type evaluation struct {
	root    *Value
	steps   int // that are left; below zero everything ends soon, and the result does not count
	regexps map[pattern]*compiledPattern
}

// spend pays for looking at n values and tells whether there was enough.
func (e *evaluation) spend(n int) bool {
	e.steps -= n
	return e.steps >= 0
}

func (e *evaluation) run(segments []segment, from *Value) []*Value {
	nodes := []*Value{from}
	for _, s := range segments {
		var next []*Value
		for _, v := range nodes {
			if s.descendant {
				next = e.descend(s.selectors, next, v)
			} else {
				next = e.pick(s.selectors, next, v)
			}
		}
		nodes = next
	}
	return nodes
}

func (e *evaluation) pick(selectors []selector, found []*Value, v *Value) []*Value {
	for _, s := range selectors {
		if !e.spend(1) {
			return nil
		}
		found = s.pick(e, found, v)
	}
	return found
}

// descend visits a value, then its descendants in order. The depth of documents bounds the recursion.
func (e *evaluation) descend(selectors []selector, found []*Value, v *Value) []*Value {
	found = e.pick(selectors, found, v)
	for _, child := range v.children {
		if e.steps < 0 {
			return nil
		}
		found = e.descend(selectors, found, child)
	}
	return found
}

func (s nameSelector) pick(e *evaluation, found []*Value, v *Value) []*Value {
	e.spend(len(v.children) / 8) // names are compared quickly
	if child := v.member(s.name); child != nil {
		return append(found, child)
	}
	return found
}

func (s indexSelector) pick(_ *evaluation, found []*Value, v *Value) []*Value {
	if child := v.element(s.index); child != nil {
		return append(found, child)
	}
	return found
}

func (wildcard) pick(e *evaluation, found []*Value, v *Value) []*Value {
	if !e.spend(len(v.children)) {
		return nil
	}
	return append(found, v.children...)
}

func (s sliceSelector) pick(e *evaluation, found []*Value, v *Value) []*Value {
	if v.kind != Array {
		return found
	}
	lower, upper, step := s.bounds(len(v.children))
	for i := lower; step > 0 && i < upper && e.spend(1); i += step {
		found = append(found, v.children[i])
	}
	for i := upper; step < 0 && i > lower && e.spend(1); i += step {
		found = append(found, v.children[i])
	}
	return found
}

// bounds gives where a slice of an array of n elements begins and ends (RFC 9535 §2.3.4.2.2).
func (s sliceSelector) bounds(n int) (lower, upper, step int) {
	step = 1
	if s.step != nil {
		step = *s.step
	}
	from := func(i *int, otherwise int) int {
		switch {
		case i == nil:
			return otherwise
		case *i < 0:
			return n + *i
		}
		return *i
	}
	if step >= 0 {
		lower, upper = min(max(from(s.start, 0), 0), n), min(max(from(s.end, n), 0), n)
		return lower, upper, min(step, n+1) // a longer step would overflow
	}
	upper, lower = min(max(from(s.start, n-1), -1), n-1), min(max(from(s.end, -1), -1), n-1)
	return lower, upper, max(step, -n-1)
}

func (s filter) pick(e *evaluation, found []*Value, v *Value) []*Value {
	for _, child := range v.children {
		if !e.spend(1) {
			return nil
		}
		if s.test.holds(e, child) {
			found = append(found, child)
		}
	}
	return found
}
