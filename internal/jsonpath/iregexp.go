package jsonpath

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Limits of regular expressions.
const (
	maxPattern  = 1000 // bytes
	maxPatterns = 100  // different ones in one evaluation: they may come from the document
)

// pattern is an I-Regexp (RFC 9485) and how it is used: for the whole text, or anywhere in it.
type pattern struct {
	text  string
	whole bool
}

// compiledPattern is a pattern ready to be used; its regexp is nil when the pattern is no I-Regexp.
type compiledPattern struct{ regexp *regexp.Regexp }

func (p pattern) compile() *compiledPattern {
	t := translator{in: p.text}
	if len(p.text) > maxPattern || !t.alternatives(0) || t.in != "" {
		return &compiledPattern{}
	}
	text := t.out.String()
	if p.whole {
		text = `\A(?:` + text + `)\z`
	}
	re, err := regexp.Compile(text) // fails for repeats that make it too large
	if err != nil {
		return &compiledPattern{}
	}
	return &compiledPattern{re}
}

// translator reads an I-Regexp by its grammar (RFC 9485 §3) and writes it in Go's syntax. Its methods take from in what they
// know, and return false when it is no I-Regexp.
type translator struct {
	in  string
	out strings.Builder
}

// next takes a character.
func (t *translator) next() rune {
	r, n := utf8.DecodeRuneInString(t.in)
	t.in = t.in[n:]
	return r
}

// take takes a character if it is c.
func (t *translator) take(c string) bool {
	rest, ok := strings.CutPrefix(t.in, c)
	t.in = rest
	return ok
}

func (t *translator) alternatives(depth int) bool {
	for depth <= maxNesting {
		for t.in != "" && t.in[0] != '|' && t.in[0] != ')' {
			if !t.atom(depth) || !t.quantifier() {
				return false
			}
		}
		if !t.take("|") {
			return true
		}
		t.out.WriteByte('|')
	}
	return false
}

func (t *translator) atom(depth int) bool {
	switch c := t.next(); c {
	case '(':
		t.out.WriteString("(?:")
		if !t.alternatives(depth+1) || !t.take(")") {
			return false
		}
		t.out.WriteByte(')')
	case '.':
		t.out.WriteString(`[^\n\r]`)
	case '\\':
		return t.escape()
	case '[':
		return t.class()
	case '^', '$': // ordinary characters by the grammar; anchors by the compliance suite and everybody's habit
		t.out.WriteRune(c)
	case ')', '*', '+', '?', ']', '{', '}', utf8.RuneError:
		return false
	default:
		t.out.WriteString(regexp.QuoteMeta(string(c)))
	}
	return true
}

func (t *translator) quantifier() bool {
	for _, q := range []string{"*", "+", "?"} {
		if t.take(q) {
			t.out.WriteString(q)
			return true
		}
	}
	if !t.take("{") {
		return true
	}
	inside, rest, ok := strings.Cut(t.in, "}")
	low, high, ranged := strings.Cut(inside, ",")
	if !ok || low == "" || strings.Trim(low+high, "0123456789") != "" {
		return false
	}
	t.in = rest
	t.out.WriteString("{" + low)
	if ranged {
		t.out.WriteString("," + high)
	}
	t.out.WriteByte('}')
	return true
}

// escape reads what follows a backslash: a character, or a category of characters.
func (t *translator) escape() bool {
	switch c := t.next(); {
	case strings.ContainsRune(`()*+-.?[\]^{|}nrt`, c):
		t.out.WriteString(`\` + string(c))
		return true
	case c == 'p' || c == 'P':
		name, rest, ok := strings.Cut(t.in, "}")
		name, braced := strings.CutPrefix(name, "{")
		if !ok || !braced || !isCategory(name) {
			return false
		}
		t.in = rest
		t.out.WriteString(`\` + string(c) + "{" + name + "}")
		return true
	}
	return false
}

// isCategory knows the names of Unicode's general categories that RFC 9485 lists.
func isCategory(name string) bool {
	if len(name) == 0 || len(name) > 2 {
		return false
	}
	minor, ok := map[byte]string{'L': "lmotu", 'M': "cen", 'N': "dlo", 'P': "cdefios", 'Z': "lps", 'S': "ckmo", 'C': "cfno"}[name[0]]
	return ok && (len(name) == 1 || strings.IndexByte(minor, name[1]) >= 0)
}

// class reads a bracket expression after its "[".
func (t *translator) class() bool {
	t.out.WriteByte('[')
	if t.take("^") {
		t.out.WriteByte('^')
	}
	if t.take("-") {
		t.out.WriteString(`\-`)
	} else if !t.classItem() {
		return false
	}
	for !t.take("]") {
		if strings.HasPrefix(t.in, "-]") {
			t.in = t.in[1:]
			t.out.WriteString(`\-`)
		} else if !t.classItem() {
			return false
		}
	}
	t.out.WriteByte(']')
	return true
}

// classItem reads a character, a range of them, or a category.
func (t *translator) classItem() bool {
	if strings.HasPrefix(t.in, `\p`) || strings.HasPrefix(t.in, `\P`) {
		t.in = t.in[1:]
		return t.escape()
	}
	if !t.classCharacter() {
		return false
	}
	if strings.HasPrefix(t.in, "-") && !strings.HasPrefix(t.in, "-]") {
		t.in = t.in[1:]
		t.out.WriteByte('-')
		return t.classCharacter()
	}
	return true
}

func (t *translator) classCharacter() bool {
	switch c := t.next(); c {
	case '\\':
		if strings.HasPrefix(t.in, "p") || strings.HasPrefix(t.in, "P") {
			return false
		}
		return t.escape()
	case '-', '[', ']', utf8.RuneError:
		return false
	default:
		t.out.WriteString(regexp.QuoteMeta(string(c)))
		return true
	}
}
