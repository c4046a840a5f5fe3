package script

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// process is a child.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	lines  *bufio.Reader
	stderr *tail
	runs   int
	busy   time.Duration // spent on scripts
}

// start starts a child: the program itself, with nothing but two pipes.
func start() (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	p := &process{cmd: exec.Command(executable(self), Argument), stderr: &tail{}} //nolint:noctx // it is stopped by end of input, or killed
	p.cmd.Env = []string{}
	p.cmd.Dir = string(os.PathSeparator)
	p.cmd.SysProcAttr = attributes()
	p.cmd.Stderr = p.stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("open pipe: %w", err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("open pipe: %w", err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the sandbox: %w", err)
	}
	p.lines = bufio.NewReaderSize(out, 64<<10)
	return p, nil
}

// stop ends the child and waits until it is gone.
func (p *process) stop() {
	_ = p.in.Close()
	_ = p.cmd.Process.Kill() // it may be gone already
	_ = p.cmd.Wait()         // how it ended does not matter
}

// errGone says that a child could not even be asked: it had died while it had nothing to do.
var errGone = errors.New("script: the sandbox is gone")

// ask sends a request and reads until the last message. say takes the ones before.
func (p *process) ask(r request, say func(message)) (message, error) {
	line, err := json.Marshal(r)
	if err != nil {
		return message{}, fmt.Errorf("encode request: %w", err)
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return message{}, fmt.Errorf("%w: %w", errGone, err)
	}
	for {
		line, err := readLine(p.lines)
		if err != nil {
			return message{}, err
		}
		var m message
		if err := json.Unmarshal(line, &m); err != nil {
			return message{}, fmt.Errorf("read message: %w", err)
		}
		if m.Done {
			return m, nil
		}
		say(m)
	}
}

// death says why a child died in the middle of a script, by its last words. One that gets no more memory dies in many ways: the
// Go runtime says so, or cannot start a thread, or its garbage collector runs into what it was not given.
func (p *process) death() *Failure {
	words := p.stderr.String()
	has := func(all ...string) bool {
		return slices.ContainsFunc(all, func(s string) bool { return strings.Contains(words, s) })
	}
	switch {
	case has("stack exceeds", "stack overflow"):
		return &Failure{Kind: Recursion}
	case has("out of memory", "cannot allocate memory", "pthread_create failed", "newosproc", "SIGSEGV", "len out of range"):
		return &Failure{Kind: Memory}
	}
	return &Failure{Kind: Crash}
}

// tail keeps the beginning of what is written to it: there a crashing Go program says why.
type tail struct {
	mu sync.Mutex
	b  bytes.Buffer
}

const maxTail = 4 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := maxTail - t.b.Len(); room > 0 {
		t.b.Write(b[:min(len(b), room)])
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}
