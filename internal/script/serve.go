package script

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/dop251/goja"
)

const (
	maxStack = 16 << 20 // bytes of the engine's own recursion
	maxLine  = 4 * (MaxSource + MaxInputs + MaxResult)
)

// Serve is the child's side: it gives up what the process must not have, reads requests from in, and answers to out until in
// ends. The program calls it first of all when its first argument is [Argument].
func Serve(in io.Reader, out io.Writer) error {
	if err := confine(); err != nil {
		return fmt.Errorf("confine the sandbox: %w", err)
	}
	debug.SetMaxStack(maxStack)
	debug.SetGCPercent(100)
	lines := bufio.NewReaderSize(in, 64<<10)
	s := server{out: json.NewEncoder(out)}
	s.out.SetEscapeHTML(false)
	for {
		line, err := readLine(lines)
		if err == io.EOF { //nolint:errorlint // as ReadSlice gives it
			return nil
		}
		if err != nil {
			return err
		}
		var r request
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("read request: %w", err)
		}
		if err := s.answer(r); err != nil {
			return err
		}
	}
}

// readLine reads a line of limited length.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if err != bufio.ErrBufferFull { //nolint:errorlint // as ReadSlice gives it
			return line, err
		}
		if len(line) > maxLine {
			return nil, fmt.Errorf("read line: longer than %d bytes", maxLine)
		}
	}
}

type server struct {
	out     *json.Encoder
	printed int
	// The last program, because the same task often runs many times in a row.
	source  string
	program *goja.Program
}

func (s *server) answer(r request) error {
	s.printed = 0
	p, failure := s.program, (*Failure)(nil)
	if p == nil || r.Source != s.source {
		if p, failure = compile(r.Source); failure == nil {
			s.source, s.program = r.Source, p
		}
	}
	end := message{Done: true, Failure: failure}
	if failure == nil && !r.Check {
		end.Outputs, end.Failure = execute(p, r.Inputs, r.Limit, s.print)
	}
	return s.out.Encode(end)
}

// print sends a line of the console at once: a script that is killed has still printed it.
func (s *server) print(line string) {
	room := MaxConsole - s.printed
	if room <= 0 {
		return
	}
	line = strings.ToValidUTF8(line, "\uFFFD") + "\n"
	m := message{Print: line}
	if len(line) > room {
		m.Print, m.Cut = strings.ToValidUTF8(line[:room], ""), true
	}
	s.printed += len(line)
	_ = s.out.Encode(m) // a parent that is gone reads nothing more
}
