// Command gotest runs `go test -json` once for each group of arguments, prints what a person
// wants to read of it, and closes with one line of counts:
//
//	gotest [-no-skips] ARGS… [-- ARGS…]
//
// A package takes one line; the output of a test is shown when it failed or was skipped. The exit
// status is 1 when anything failed, when no test ran at all, and with -no-skips when any was skipped.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
)

func main() {
	args := os.Args[1:]
	noSkips := len(args) > 0 && args[0] == "-no-skips"
	if noSkips {
		args = args[1:]
	}
	r := newReport(os.Stdout)
	for _, group := range groups(args) {
		if err := goTest(r, group); err != nil {
			r.failed = append(r.failed, err.Error())
		}
	}
	os.Exit(r.close(noSkips))
}

// groups cuts args at every "--".
func groups(args []string) [][]string {
	var all [][]string
	for len(args) > 0 {
		end := slices.Index(args, "--")
		if end < 0 {
			return append(all, args)
		}
		all, args = append(all, args[:end]), args[end+1:]
	}
	return all
}

// goTest runs one `go test -json` and feeds what it says to r. A failing test is r's to tell; the
// error says that the command failed in a way that r did not see.
func goTest(r *report, args []string) error {
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	failedBefore := len(r.failed)
	if err := r.read(out); err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil && len(r.failed) == failedBefore {
		return fmt.Errorf("go test %v: %w", args, err)
	}
	return nil
}

// read consumes the lines of one `go test -json`.
func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			r.line(line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
