package i18n

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// mention is a place of the program that names a message.
type mention struct {
	where  string
	key    string
	prefix bool     // key is only how it starts: the rest is known when the program runs
	args   []string // the names of the values given, where they are written out
	open   bool     // more values may be given than args says
}

// source is what the Go code of the project says about messages.
type source struct {
	mentions []mention
	literals map[string]bool // every string in the code, to find messages that nothing names
}

// errorMakers are the functions of package models that take a message key, and at which place.
var errorMakers = map[string]int{"Field": 1, "NotFound": 0, "Conflict": 0}

func TestEveryMessageThatTheProgramNamesExists(t *testing.T) {
	t.Parallel()
	src := readSource(t)
	if len(src.mentions) < 50 {
		t.Fatalf("only %d places were found: the search is broken", len(src.mentions))
	}
	for _, m := range src.mentions {
		switch {
		case m.prefix && !startsAKey(m.key):
			t.Errorf("%s: no message starts with %q", m.where, m.key)
		case !m.prefix && !Has(m.key):
			t.Errorf("%s: there is no message %q", m.where, m.key)
		}
	}
}

func TestEveryMessageGetsTheValuesItNames(t *testing.T) {
	t.Parallel()
	for _, m := range readSource(t).mentions {
		if m.prefix || m.open {
			continue
		}
		for _, name := range placeholders(m.key) {
			if !slices.Contains(m.args, name) {
				t.Errorf("%s: the message %q names {{.%s}}, which is not given", m.where, m.key, name)
			}
		}
	}
}

func TestMessagesThatNothingNames(t *testing.T) {
	t.Parallel()
	src := readSource(t)
	var unused []string
	for key := range loaded().keys {
		named := src.literals[key] || slices.ContainsFunc(src.mentions, func(m mention) bool {
			return m.prefix && strings.HasPrefix(key, m.key)
		})
		// "pipedtext.error." + code, wherever the parts are put together.
		for i := range key {
			named = named || key[i] == '.' && src.literals[key[:i+1]]
		}
		if !named {
			unused = append(unused, key)
		}
	}
	slices.Sort(unused)
	if len(unused) > 0 {
		t.Logf("%d messages are not used:\n%s", len(unused), strings.Join(unused, "\n"))
	}
}

// startsAKey tells whether any message starts with prefix.
func startsAKey(prefix string) bool {
	for key := range loaded().keys {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

// english holds the English messages as they are written, all plural forms of one in one string.
var english = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	names, _ := fs.Glob(locales, "locales/*."+Base+".json")
	for _, name := range names {
		data, _ := locales.ReadFile(name)
		var messages map[string]any
		if err := json.Unmarshal(data, &messages); err != nil {
			panic(name + ": " + err.Error())
		}
		for key, message := range messages {
			out[key] = fmt.Sprint(message)
		}
	}
	return out
})

var placeholder = regexp.MustCompile(`\{\{\s*\.(\w+)`)

// placeholders returns the names of the values that the English message of a key uses.
func placeholders(key string) []string {
	var names []string
	for _, found := range placeholder.FindAllStringSubmatch(english()[key], -1) {
		if !slices.Contains(names, found[1]) {
			names = append(names, found[1])
		}
	}
	return names
}

// readSource parses every Go file of the project, with those that templ wrote from the templates.
func readSource(t *testing.T) source {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	src := source{literals: map[string]bool{}}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		return src.read(root, path)
	})
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// read adds what one file says.
func (s *source) read(root, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, text, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	where := func(n ast.Node) string {
		rel, _ := filepath.Rel(root, path)
		return rel + ":" + strconv.Itoa(files.Position(n.Pos()).Line)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
				s.literals[text] = true
			}
		case *ast.CallExpr:
			s.call(n, file.Name.Name, where(n))
		case *ast.CompositeLit:
			s.composite(n, where(n))
		}
		return true
	})
	return nil
}

// call notes a call that takes a message key.
func (s *source) call(call *ast.CallExpr, pkg, where string) {
	from, name := pkg, ""
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		if id, ok := f.X.(*ast.Ident); ok {
			from, name = id.Name, f.Sel.Name
		}
	case *ast.Ident:
		name = f.Name
	}
	at := -1
	if from == "i18n" && (name == "T" || name == "TMap") {
		at = 1
	} else if place, ok := errorMakers[name]; ok && from == "models" {
		at = place
	}
	if at < 0 || at >= len(call.Args) {
		return
	}
	m := mention{where: where, open: name != "T" && name != "Field" || call.Ellipsis.IsValid()}
	if m.key, m.prefix = keyOf(call.Args[at]); m.key == "" {
		return
	}
	for i := at + 1; i < len(call.Args); i += 2 {
		if name, ok := literal(call.Args[i]); ok {
			m.args = append(m.args, name)
		} else {
			m.open = true
		}
	}
	s.mentions = append(s.mentions, m)
}

// composite notes a models.Error or models.FieldError that is written out.
func (s *source) composite(lit *ast.CompositeLit, where string) {
	name := ""
	switch kind := lit.Type.(type) {
	case *ast.SelectorExpr:
		if id, ok := kind.X.(*ast.Ident); ok && id.Name == "models" {
			name = kind.Sel.Name
		}
	case *ast.Ident:
		name = kind.Name
	}
	if name != "Error" && name != "FieldError" {
		return
	}
	for _, element := range lit.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if id, ok := pair.Key.(*ast.Ident); !ok || id.Name != "Key" {
			continue
		}
		if key, prefix := keyOf(pair.Value); key != "" {
			s.mentions = append(s.mentions, mention{where: where, key: key, prefix: prefix, open: true})
		}
	}
}

// keyOf returns the key an expression is, or how it starts, as in "status." + status.
func keyOf(e ast.Expr) (key string, prefix bool) {
	if key, ok := literal(e); ok {
		return key, false
	}
	if sum, ok := e.(*ast.BinaryExpr); ok && sum.Op == token.ADD {
		key, _ = keyOf(sum.X)
		return key, true
	}
	return "", false
}

// literal returns the string an expression is, when it is written out.
func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}
