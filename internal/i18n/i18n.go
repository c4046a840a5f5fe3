// Package i18n turns message keys into sentences in the reader's language, and times and numbers into the form
// their locale and time zone expect.
//
// Catalogues are the files locales/<feature>.<language>.json, embedded in the program. Message ids are flat
// ("survey.list.title"); a message that depends on a number has plural forms ({"one": …, "other": …}). English is the
// base: whatever another language lacks is shown in English.
package i18n

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"text/template"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

//go:embed locales/*.json
var locales embed.FS

// Base is the language every message exists in.
const Base = "en"

// catalogue is everything read from locales once, at program start.
type catalogue struct {
	bundle  *i18n.Bundle
	plain   map[string]map[string]string // language → key → text of messages that take no data
	keys    map[string]bool              // the keys of the base language
	tags    []language.Tag               // Base first
	matcher language.Matcher
	app     []language.Tag // those of tags that the app itself speaks: others have sentences for respondents alone
	chooser language.Matcher
}

// appKey is a message of the app's frame: a language that has it speaks the whole app.
const appKey = "layout.product"

// loaded is read on first use, so that programs that print nothing (migrate) do not pay for it.
var loaded = sync.OnceValue(func() *catalogue {
	c, err := load(locales)
	if err != nil {
		// The catalogues are part of the binary: only a broken build gets here, and the tests see it first.
		panic(fmt.Sprintf("i18n: %v", err))
	}
	return c
})

// load reads every catalogue file of fsys.
func load(fsys fs.FS) (*catalogue, error) {
	files, err := fs.Glob(fsys, "locales/*.json")
	if err != nil {
		return nil, fmt.Errorf("find catalogues: %w", err)
	}
	c := &catalogue{bundle: i18n.NewBundle(language.English), plain: map[string]map[string]string{}, keys: map[string]bool{}}
	for _, name := range files {
		if err := c.read(fsys, name); err != nil {
			return nil, err
		}
	}
	c.tags = c.bundle.LanguageTags()
	slices.SortStableFunc(c.tags, func(a, b language.Tag) int {
		return strings.Compare(order(a), order(b))
	})
	c.matcher = language.NewMatcher(c.tags)
	for _, t := range c.tags {
		if _, speaks := c.plain[t.String()][appKey]; speaks || t.String() == Base {
			c.app = append(c.app, t)
		}
	}
	c.chooser = language.NewMatcher(c.app)
	return c, nil
}

// order sorts the base language before all others: the matcher falls back to the first one.
func order(t language.Tag) string {
	if t.String() == Base {
		return ""
	}
	return t.String()
}

// read adds one catalogue file; a key that two files of a language define is an error, since one would silently win.
func (c *catalogue) read(fsys fs.FS, name string) error {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	file, err := c.bundle.ParseMessageFileBytes(data, path.Base(name))
	if err != nil {
		return fmt.Errorf("parse %s: %w", name, err)
	}
	lang := file.Tag.String()
	if c.plain[lang] == nil {
		c.plain[lang] = map[string]string{}
	}
	for _, m := range file.Messages {
		if _, twice := c.plain[lang][m.ID]; twice {
			return fmt.Errorf("%s: the message %q exists already", name, m.ID)
		}
		// An empty entry marks the key as known but in need of data.
		c.plain[lang][m.ID] = ""
		if plain(m) {
			c.plain[lang][m.ID] = m.Other
		}
		if lang == Base {
			c.keys[m.ID] = true
		}
	}
	return nil
}

// plain tells whether the message is the same whatever the data.
func plain(m *i18n.Message) bool {
	return m.Zero == "" && m.One == "" && m.Two == "" && m.Few == "" && m.Many == "" && !strings.Contains(m.Other, "{{")
}

// speaker holds what one language needs to speak; there is one for each language, shared by all requests.
type speaker struct {
	lang      string
	catalogue string // the language of the catalogue used, Base when lang has none
	localizer *i18n.Localizer
	printer   *message.Printer
	calendar  calendar
}

var speakers sync.Map // language → *speaker

// speakerOf returns the speaker of a BCP 47 language; one that is not well-formed speaks Base.
func speakerOf(lang string) *speaker {
	if s, ok := speakers.Load(lang); ok {
		return s.(*speaker)
	}
	tag, err := language.Parse(lang)
	if err != nil {
		if lang == Base {
			panic("i18n: the base language does not parse")
		}
		return speakerOf(Base) // not kept: anybody may send any number of broken tags
	}
	c := loaded()
	_, index, confidence := c.matcher.Match(tag)
	known := c.tags[index].String()
	if confidence == language.No {
		known = Base
	}
	s := &speaker{
		lang:      tag.String(),
		catalogue: known,
		localizer: i18n.NewLocalizer(c.bundle, known, Base),
		printer:   message.NewPrinter(tag),
	}
	s.calendar = newCalendar(s)
	if lang == s.lang && len(tag.Extensions()) == 0 {
		speakers.Store(lang, s)
	}
	return s
}

// text returns the message of a key, or the key itself when no catalogue has it: a visible key is found and mended,
// an empty label is not.
func (s *speaker) text(key string, data map[string]any) string {
	c := loaded()
	if text := c.plain[s.catalogue][key]; text != "" {
		return text
	}
	if text := c.plain[Base][key]; text != "" && s.catalogue == Base {
		return text
	}
	config := i18n.LocalizeConfig{MessageID: key, TemplateData: data, Funcs: template.FuncMap{"number": s.number}}
	if count, ok := data["Count"]; ok {
		config.PluralCount = count
		if f, ok := count.(float64); ok { // as JSON has numbers
			config.PluralCount = int64(f)
		}
	}
	// The error also tells of a fallback to English or to the form "other", which still gives a text.
	text, _ := s.localizer.Localize(&config)
	if text == "" {
		return key
	}
	return text
}

// number is what messages write large numbers with, as {{number .Max}}: with the marks between thousands that the language has.
func (s *speaker) number(n any) string {
	switch n.(type) {
	case int, int64, float64: // the last as JSON has numbers
		return s.printer.Sprint(number.Decimal(n))
	}
	return fmt.Sprint(n)
}

// T returns the message of key in the language of ctx. args are pairs of a name and a value, used by the message as
// {{.Name}}; the value named Count chooses the plural form. A key that no catalogue has is returned as it is.
//
//	i18n.T(ctx, "runs.count", "Count", 3)
func T(ctx context.Context, key string, args ...any) string {
	s := from(ctx).speaker
	if len(args) == 0 {
		return s.text(key, nil)
	}
	data := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		name, ok := args[i].(string)
		if !ok {
			name = fmt.Sprint(args[i])
		}
		data[name] = args[i+1]
	}
	return s.text(key, data)
}

// Say gives a message that takes no values in a language (BCP 47) that no reader's is: for texts that are stored.
func Say(lang, key string) string { return speakerOf(lang).text(key, nil) }

// TMap is T for arguments that are already gathered, such as those of a models.Error.
func TMap(ctx context.Context, key string, args map[string]any) string {
	return from(ctx).speaker.text(key, args)
}

// Has tells whether the base catalogues know the key.
func Has(key string) bool { return loaded().keys[key] }

// Languages returns the languages that the app speaks, Base first, as BCP 47 tags.
func Languages() []string {
	var out []string
	for _, t := range loaded().app {
		out = append(out, t.String())
	}
	return out
}

// Match returns the language among Languages that suits best: wishes are BCP 47 tags or whole Accept-Language headers,
// the most important first; empty and broken ones are passed over.
func Match(wishes ...string) string {
	c := loaded()
	_, index := language.MatchStrings(c.chooser, wishes...)
	return c.app[index].String()
}

// MatchRespondent is Match among all languages that have sentences for respondents.
func MatchRespondent(wishes ...string) string {
	c := loaded()
	_, index := language.MatchStrings(c.matcher, wishes...)
	return c.tags[index].String()
}
