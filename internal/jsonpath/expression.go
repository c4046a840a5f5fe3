package jsonpath

import "encoding/json"

// or reads the loosest expression: tests joined by ||.
func (p *parser) or() test {
	defer p.nest()()
	var all or
	for {
		all = append(all, p.and())
		if !p.operator("||") {
			break
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	return all
}

func (p *parser) and() test {
	var all and
	for {
		all = append(all, p.basic())
		if !p.operator("&&") {
			break
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	return all
}

// operator takes an operator with the space around it; without one, the space stays.
func (p *parser) operator(s string) bool {
	before := p.at
	p.space()
	if !p.take(s) {
		p.back(before)
		return false
	}
	p.space()
	return true
}

// basic reads an expression in parentheses, a comparison, or a test by itself.
func (p *parser) basic() test {
	negated := p.take("!")
	if negated {
		p.space()
	}
	var t test
	switch {
	case p.take("("):
		p.space()
		t = p.or()
		p.space()
		p.expect(")")
	case negated:
		t = p.alone(p.at, p.expression())
	default:
		t = p.comparison()
	}
	if negated {
		return not{t}
	}
	return t
}

func (p *parser) comparison() test {
	at := p.at
	left := p.expression()
	for _, operator := range []string{"==", "!=", "<=", ">=", "<", ">"} {
		if p.operator(operator) {
			c := compare{left: p.single(at, left), operator: operator}
			at = p.at
			c.right = p.single(at, p.expression())
			return c
		}
	}
	return p.alone(at, left)
}

// alone takes an expression that stands without a comparison: a query, or a function that is true or false.
func (p *parser) alone(at int, x any) test {
	t, ok := x.(test)
	if !ok && p.err == nil {
		p.fail(at, NotATest)
	}
	return t
}

// single takes an expression that gives one value at most, for a comparison or a function.
func (p *parser) single(at int, x any) operand {
	o, ok := x.(operand)
	if q, is := x.(query); is {
		ok = singular(q.segments)
	}
	if !ok && p.err == nil {
		p.fail(at, NotComparable)
	}
	return o
}

// expression reads a query, a literal or a function: a test, an operand, or both. After a mistake it gives nil.
func (p *parser) expression() any {
	start := p.at
	switch c := p.peek(); {
	case p.take("@"):
		return query{true, p.segments()}
	case p.take("$"):
		return query{false, p.segments()}
	case c == '\'' || c == '"':
		return literal{&Value{kind: String, text: p.quoted()}}
	case c == '-' || '0' <= c && c <= '9':
		return p.number()
	case 'a' <= c && c <= 'z':
		return p.word()
	}
	p.fail(start, Unexpected)
	return nil
}

// number reads a number: as JSON writes them, and so -0 too.
func (p *parser) number() any {
	start := p.at
	for c := p.peek(); '0' <= c && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'; c = p.peek() {
		p.at++
	}
	raw := []byte(p.text[start:p.at])
	if !json.Valid(raw) {
		p.fail(start, BadNumber)
		return nil
	}
	return literal{&Value{kind: Number, raw: raw}}
}

// word reads true, false, null, or a function with its arguments.
func (p *parser) word() any {
	start := p.at
	for c := p.peek(); 'a' <= c && c <= 'z' || c == '_' || '0' <= c && c <= '9'; c = p.peek() {
		p.at++
	}
	name := p.text[start:p.at]
	if p.peek() == '(' {
		return p.function(start, name)
	}
	switch name {
	case "true", "false":
		return literal{&Value{kind: Bool, raw: []byte(name)}}
	case "null":
		return literal{&Value{kind: Null, raw: []byte(name)}}
	}
	p.fail(start, Unexpected)
	return nil
}

// function reads the arguments of a function and checks their types (RFC 9535 §2.4.3).
func (p *parser) function(start int, name string) any {
	defer p.nest()()
	args := p.arguments()
	if p.err != nil {
		return nil
	}
	want, known := map[string]int{"length": 1, "count": 1, "value": 1, "match": 2, "search": 2}[name]
	switch {
	case !known:
		p.fail(start, UnknownFunction)
		return nil
	case len(args) != want:
		p.fail(start, WrongArguments)
		return nil
	}
	switch name {
	case "length":
		return length{p.single(start, args[0])}
	case "match", "search":
		return matching{p.single(start, args[0]), p.single(start, args[1]), name == "match"}
	}
	q, ok := args[0].(query)
	switch {
	case !ok:
		p.fail(start, WrongArguments)
		return nil
	case name == "count":
		return count{q}
	}
	return only{q}
}

func (p *parser) arguments() []any {
	p.expect("(")
	p.space()
	var args []any
	for !p.take(")") {
		if len(args) > 0 {
			p.expect(",")
			p.space()
		}
		args = append(args, p.expression())
		p.space()
		if p.err != nil {
			return nil
		}
	}
	return args
}
