// Package curl reads the command lines of curl, as documentation shows them and browsers copy them ("Copy as cURL"), so
// that a request can be taken over from them. It is pure: it opens no file and calls nothing.
package curl

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"surveyflow/models"
)

// MaxLength is the longest command that is read, in bytes.
const MaxLength = 256 << 10

// Request is what a command would send.
type Request struct {
	Method  string
	URL     string
	Headers []models.Header // in their order, without those that curl and every client set by themselves
	Body    string
	HasBody bool
	Timeout string   // of --max-time, as written; empty without
	Left    []string // options that have no meaning here and were left out, each once, as written
	Notes   []Note   // what else could not be taken over
}

// Note is something that could not be taken over: a message key with its values.
type Note struct {
	Key  string
	Args map[string]any
}

// Error says why a text cannot be read as a command: a message key with its values.
type Error struct {
	Key  string
	Args map[string]any
}

// Error gives the text for logs; it holds no part of the command.
func (e *Error) Error() string { return "curl: " + e.Key }

func fail(key string, args ...any) *Error {
	return &Error{Key: "curl.error." + key, Args: argsOf(args)}
}

func argsOf(pairs []any) map[string]any {
	args := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		args[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return args
}

func openQuote(at int) *Error { return fail("quote", "Position", at+1) }

var (
	windowsLine = regexp.MustCompile(`\^[ \t]*(\n|$)|\^"`)
	psCommand   = regexp.MustCompile(`(?i)^\s*(Invoke-WebRequest|Invoke-RestMethod|\$session\s*=)`)
	assignment  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)
)

// Parse reads one command. It fails with an [*Error]: for other shells than POSIX ones, quotes that do not end, and what
// a request of ours cannot carry.
func Parse(command string) (*Request, error) {
	command = strings.ReplaceAll(command, "\r\n", "\n")
	switch {
	case strings.TrimSpace(command) == "":
		return nil, fail("empty")
	case len(command) > MaxLength:
		return nil, fail("too_long", "Max", MaxLength>>10)
	case !utf8.ValidString(command):
		return nil, fail("encoding")
	case windowsLine.MatchString(command), psCommand.MatchString(command), strings.Contains(command, "`\n"):
		return nil, fail("windows")
	}
	s := splitter{text: strings.TrimPrefix(strings.TrimSpace(command), "$ ")}
	if err := s.split(); err != nil {
		return nil, err
	}
	words := s.words
	for len(words) > 0 && assignment.MatchString(words[0]) {
		words = words[1:]
	}
	if len(words) == 0 || !isCurl(words[0]) {
		return nil, fail("not_curl")
	}
	r := reader{words: words[1:], method: ""}
	if err := r.read(); err != nil {
		return nil, err
	}
	out, err := r.request()
	if err != nil {
		return nil, err
	}
	if s.variables {
		out.note("variables")
	}
	if s.after != "" {
		out.note("after")
	}
	return out, nil
}

func isCurl(word string) bool {
	word = strings.ToLower(word[strings.LastIndexAny(word, `/\`)+1:])
	return word == "curl" || word == "curl.exe"
}

func (r *Request) note(key string, args ...any) {
	r.Notes = append(r.Notes, Note{Key: "curl.note." + key, Args: argsOf(args)})
}

// reader goes through the words of a command.
type reader struct {
	words   []string
	out     Request
	method  string // of -X
	head    bool
	get     bool // -G: data goes into the query
	json    bool
	data    []string
	query   []string // --url-query
	headers []models.Header
	urls    int
	ended   bool
}

// read takes all options and the address.
func (r *reader) read() *Error {
	for len(r.words) > 0 && !r.ended {
		word := r.words[0]
		r.words = r.words[1:]
		switch {
		case word == "--":
			for _, address := range r.words {
				r.address(address)
			}
			r.words = nil
		case strings.HasPrefix(word, "--"):
			if err := r.option(word, word, nil); err != nil {
				return err
			}
		case strings.HasPrefix(word, "-") && word != "-":
			if err := r.cluster(word); err != nil {
				return err
			}
		default:
			r.address(word)
		}
	}
	return nil
}

// cluster reads short options that stand together: -sSLX POST, -XPOST.
func (r *reader) cluster(word string) *Error {
	for i, c := range word {
		if i == 0 {
			continue
		}
		rest := word[i+utf8.RuneLen(c):]
		long, ok := shortOptions[c]
		if !ok {
			r.leave("-" + string(c))
			continue
		}
		if takes[long] {
			var value *string
			if rest != "" {
				value = &rest
			}
			return r.option(long, "-"+string(c), value)
		}
		if err := r.option(long, "-"+string(c), nil); err != nil {
			return err
		}
	}
	return nil
}

// option does what a long option says; written is how it was spelled, and value is what stood in the same word.
func (r *reader) option(long, written string, value *string) *Error {
	text := ""
	if takes[long] {
		switch {
		case value != nil:
			text = *value
		case len(r.words) == 0:
			return fail("value", "Option", written)
		default:
			text, r.words = r.words[0], r.words[1:]
		}
	}
	act, ok := actions[long]
	switch {
	case ok:
		act(r, text)
	case long == "--form" || long == "--form-string" || long == "--upload-file":
		return fail("upload", "Option", written)
	case !harmless[long]:
		r.leave(written)
	}
	return nil
}

func (r *reader) leave(option string) {
	if !slices.Contains(r.out.Left, option) {
		r.out.Left = append(r.out.Left, option)
	}
}

func (r *reader) address(text string) {
	if r.urls++; r.urls == 1 {
		r.out.URL = strings.TrimSpace(text)
	}
}

// add takes data as -d does; what stands in a file on somebody's machine cannot be read.
func (r *reader) add(text string) {
	if strings.HasPrefix(text, "@") {
		r.out.note("file", "Name", text[1:])
		return
	}
	r.data = append(r.data, text)
}

// addEncoded takes data as --data-urlencode does: content, =content, name=content, @file or name@file.
func (r *reader) addEncoded(text string) {
	if text, file := encodeData(text); file == "" {
		r.data = append(r.data, text)
	} else {
		r.out.note("file", "Name", file)
	}
}

func encodeData(text string) (encoded, file string) {
	i := strings.IndexAny(text, "=@")
	switch {
	case i < 0:
		return escape(text), ""
	case text[i] == '@':
		return "", text[i+1:]
	case i == 0:
		return escape(text[1:]), ""
	}
	return text[:i] + "=" + escape(text[i+1:]), ""
}

// escape encodes as curl does, a space as %20.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// header takes a line of -H. One without a value takes curl's own header away.
func (r *reader) header(line string) {
	if strings.HasPrefix(line, "@") {
		r.out.note("file", "Name", line[1:])
		return
	}
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		if name, ok := strings.CutSuffix(line, ";"); ok {
			r.set(strings.TrimSpace(name), "")
		}
		return
	}
	if value = strings.TrimSpace(value); value != "" {
		r.set(strings.TrimSpace(name), value)
	}
}

// ownHeaders are set by every client itself.
var ownHeaders = []string{"host", "content-length", "connection", "accept-encoding", "transfer-encoding", "te", "upgrade", "keep-alive", "proxy-connection", "expect"}

func (r *reader) set(name, value string) {
	if name == "" {
		return
	}
	if slices.Contains(ownHeaders, strings.ToLower(name)) {
		r.leave(name)
		return
	}
	r.headers = append(r.headers, models.Header{Name: name, Value: value})
}

// fallback sets a header that the command did not set itself.
func (r *reader) fallback(name, value string) {
	if !slices.ContainsFunc(r.headers, func(h models.Header) bool { return strings.EqualFold(h.Name, name) }) {
		r.headers = append(r.headers, models.Header{Name: name, Value: value})
	}
}

func (r *reader) cookie(text string) {
	if !strings.Contains(text, "=") {
		r.out.note("file", "Name", text)
		return
	}
	r.set("Cookie", text)
}

func (r *reader) user(text string) {
	if !strings.Contains(text, ":") {
		text += ":"
	}
	r.set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(text)))
}

// request puts together what was read.
func (r *reader) request() (*Request, error) {
	out := &r.out
	if out.URL == "" {
		return nil, fail("no_url")
	}
	if !strings.Contains(out.URL, "://") && !strings.HasPrefix(out.URL, "${") {
		out.URL = "http://" + out.URL // as curl does
	}
	if r.urls > 1 {
		out.note("more_urls")
	}
	glue := "&"
	if r.json {
		glue = ""
	}
	body := strings.Join(r.data, glue)
	query := r.query
	if r.get && len(r.data) > 0 {
		query = append(slices.Clone(query), body)
	}
	out.URL = withQuery(out.URL, strings.Join(query, "&"))
	out.HasBody = len(r.data) > 0 && !r.get
	switch {
	case r.method != "":
		out.Method = strings.ToUpper(r.method)
	case r.head:
		out.Method = "HEAD"
	case out.HasBody:
		out.Method = "POST"
	default:
		out.Method = "GET"
	}
	if out.HasBody {
		out.Body = body
		if r.json {
			r.fallback("Content-Type", "application/json")
			r.fallback("Accept", "application/json")
		}
		r.fallback("Content-Type", "application/x-www-form-urlencoded")
	}
	out.Headers = r.headers
	return out, nil
}

func withQuery(address, query string) string {
	if query == "" {
		return address
	}
	before, fragment, hasFragment := strings.Cut(address, "#")
	glue := "?"
	if strings.Contains(before, "?") {
		glue = "&"
	}
	address = before + glue + query
	if hasFragment {
		address += "#" + fragment
	}
	return address
}
