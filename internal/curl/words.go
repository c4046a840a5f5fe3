package curl

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// splitter cuts a command into words as a POSIX shell does (POSIX.1-2017, Shell Command Language §2.2 and §2.3), with
// the $'…' quotes of bash, which browsers write. It expands nothing: a variable stays as it is written.
type splitter struct {
	text      string
	at        int
	word      strings.Builder
	inWord    bool
	words     []string
	variables bool   // the command names variables of the shell, which have no value here
	after     string // what follows the first command, such as "| jq ."
}

// split cuts the first command of a text into words. It fails with an [*Error].
func (s *splitter) split() error {
	for s.at < len(s.text) {
		c := s.text[s.at]
		switch {
		case c == '\'':
			if err := s.single(); err != nil {
				return err
			}
		case c == '"':
			if err := s.double(); err != nil {
				return err
			}
		case c == '$' && s.follows("$'"):
			if err := s.ansi(); err != nil {
				return err
			}
		case c == '$' && s.follows(`$"`):
			s.at++
		case c == '\\':
			s.escape()
		case c == ' ' || c == '\t':
			s.end()
			s.at++
		case strings.IndexByte("\n;|&<>()", c) >= 0:
			s.end()
			if len(s.words) > 0 {
				s.after = strings.TrimSpace(s.text[s.at:])
				return nil
			}
			s.at++
		case c == '#' && !s.inWord:
			s.comment()
		default:
			s.noteVariable()
			s.put(1)
		}
	}
	s.end()
	return nil
}

func (s *splitter) follows(prefix string) bool { return strings.HasPrefix(s.text[s.at:], prefix) }

// put takes the next n bytes as they are.
func (s *splitter) put(n int) {
	s.inWord = true
	s.word.WriteString(s.text[s.at : s.at+n])
	s.at += n
}

func (s *splitter) end() {
	if s.inWord {
		s.words = append(s.words, s.word.String())
	}
	s.word.Reset()
	s.inWord = false
}

func (s *splitter) comment() {
	if i := strings.IndexByte(s.text[s.at:], '\n'); i >= 0 {
		s.at += i
		return
	}
	s.at = len(s.text)
}

// escape reads a backslash outside of quotes: it keeps the next character, and joins lines.
func (s *splitter) escape() {
	s.at++
	if s.at == len(s.text) {
		return
	}
	if s.text[s.at] == '\n' {
		s.at++
		return
	}
	_, n := utf8.DecodeRuneInString(s.text[s.at:])
	s.put(n)
}

func (s *splitter) single() error {
	from := s.at
	end := strings.IndexByte(s.text[s.at+1:], '\'')
	if end < 0 {
		return openQuote(from)
	}
	s.at++
	s.put(end)
	s.at++
	return nil
}

// double reads "…", in which a backslash keeps only $, `, ", \ and joins lines.
func (s *splitter) double() error {
	from := s.at
	s.at++
	s.inWord = true
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return nil
		case c == '\\' && s.at+1 < len(s.text) && strings.IndexByte("$`\"\\\n", s.text[s.at+1]) >= 0:
			s.at++
			if s.text[s.at] == '\n' {
				s.at++
			} else {
				s.put(1)
			}
		default:
			s.noteVariable()
			s.put(1)
		}
	}
	return openQuote(from)
}

// noteVariable remembers that a shell would put a value here. Piped text (${q://…}) is ours and no variable.
func (s *splitter) noteVariable() {
	rest := s.text[s.at:]
	switch {
	case strings.HasPrefix(rest, "`"), strings.HasPrefix(rest, "$("):
		s.variables = true
	case strings.HasPrefix(rest, "${"):
		name, _, ok := strings.Cut(rest[2:], "}")
		s.variables = s.variables || ok && !strings.Contains(name, "://")
	case len(rest) > 1 && rest[0] == '$' && (rest[1] == '_' || rest[1]|0x20 >= 'a' && rest[1]|0x20 <= 'z'):
		s.variables = true
	}
}

// ansi reads $'…' with the escapes of C.
func (s *splitter) ansi() error {
	from := s.at
	s.at += len("$'")
	s.inWord = true
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case '\'':
			s.at++
			return nil
		case '\\':
			s.at++
			if s.at < len(s.text) {
				s.ansiEscape()
			}
		default:
			s.put(1)
		}
	}
	return openQuote(from)
}

var ansiLetters = map[byte]byte{'a': 7, 'b': 8, 'e': 27, 'E': 27, 'f': 12, 'n': '\n', 'r': '\r', 't': '\t', 'v': 11, '\\': '\\', '\'': '\'', '"': '"', '?': '?'}

// ansiEscape reads what stands after a backslash in $'…'.
func (s *splitter) ansiEscape() {
	c := s.text[s.at]
	if plain, ok := ansiLetters[c]; ok {
		s.word.WriteByte(plain)
		s.at++
		return
	}
	switch {
	case c == 'x':
		s.number(1, 2, 16, false)
	case c == 'u':
		s.number(1, 4, 16, true)
	case c == 'U':
		s.number(1, 8, 16, true)
	case c >= '0' && c <= '7':
		s.number(0, 3, 8, false)
	default:
		s.word.WriteByte('\\')
		s.put(1)
	}
}

// number reads up to most digits after skip characters: a byte, or a character of Unicode.
func (s *splitter) number(skip, most, base int, character bool) {
	end := s.at + skip
	for end < len(s.text) && end < s.at+skip+most {
		if _, err := strconv.ParseUint(s.text[end:end+1], base, 8); err != nil {
			break
		}
		end++
	}
	n, err := strconv.ParseUint(s.text[s.at+skip:end], base, 32)
	switch {
	case err != nil: // no digits
		s.word.WriteString(`\` + s.text[s.at:end])
	case character:
		s.word.WriteRune(rune(n)) // what is no character becomes U+FFFD
	default:
		s.word.WriteByte(byte(n))
	}
	s.at = end
}
