package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// event is one line of `go test -json` (see `go doc test2json`).
type event struct {
	Action      string
	Package     string
	ImportPath  string // of build events
	Test        string
	Output      string
	Elapsed     float64 // seconds
	FailedBuild string
}

// report gathers events. A test with subtests is not counted beside them, unless it failed by itself.
type report struct {
	out     io.Writer
	output  map[string][]string // by package and test, until it ends
	parents map[string]bool     // tests that have subtests
	hurt    map[string]bool     // tests below which one failed

	passed, failed, skipped int
	failedTests             []string
	skippedTests            []string
	broken                  []string // packages and commands that failed as a whole
}

func newReport(out io.Writer) *report {
	return &report{out: out, output: map[string][]string{}, parents: map[string]bool{}, hurt: map[string]bool{}}
}

// failedAnything tells how much has failed so far.
func (r *report) failedAnything() int { return r.failed + len(r.broken) }

// line takes one line of output. What is no event (a tool's own words) is passed on as it is.
func (r *report) line(line []byte) {
	var e event
	if !bytes.HasPrefix(line, []byte("{")) || json.Unmarshal(line, &e) != nil {
		fmt.Fprintf(r.out, "%s", line)
		return
	}
	switch {
	case e.Action == "build-output":
		fmt.Fprint(r.out, e.Output)
	case e.Action == "output":
		key := e.Package + " " + e.Test
		r.output[key] = append(r.output[key], e.Output)
	case e.Test != "":
		r.test(e)
	default:
		r.pkg(e)
	}
}

// test records the end of a test; other actions (run, pause, cont) say nothing.
func (r *report) test(e event) {
	if e.Action != "pass" && e.Action != "fail" && e.Action != "skip" {
		return
	}
	key := e.Package + " " + e.Test
	text := r.output[key]
	delete(r.output, key)
	r.markParents(e)
	name := strings.TrimSpace(e.Package + "." + e.Test)
	switch {
	case e.Action == "fail":
		r.print(text)
		if !r.hurt[key] {
			r.failed++
			r.failedTests = append(r.failedTests, name)
		}
	case r.parents[key]:
	case e.Action == "pass":
		r.passed++
	default:
		r.print(text)
		r.skipped++
		r.skippedTests = append(r.skippedTests, name)
	}
}

// markParents notes for each test above e that it has subtests, and whether one of them failed.
func (r *report) markParents(e event) {
	for i, c := range e.Test {
		if c != '/' {
			continue
		}
		parent := e.Package + " " + e.Test[:i]
		r.parents[parent] = true
		if e.Action == "fail" {
			r.hurt[parent] = true
		}
	}
}

// pkg records the end of a package.
func (r *report) pkg(e event) {
	key := e.Package + " "
	switch e.Action {
	case "pass":
		fmt.Fprintf(r.out, "ok    %s %.1fs\n", e.Package, e.Elapsed)
	case "fail":
		r.print(r.output[key])
		fmt.Fprintf(r.out, "FAIL  %s %.1fs\n", e.Package, e.Elapsed)
		r.unfinished(e.Package)
		r.broken = append(r.broken, e.Package)
	case "skip": // no test files
	default:
		return
	}
	delete(r.output, key)
}

// unfinished shows what tests had said that never ended, which is what remains of a panic or a time-out.
func (r *report) unfinished(pkg string) {
	for key, text := range r.output {
		if strings.HasPrefix(key, pkg+" ") {
			r.print(text)
			delete(r.output, key)
		}
	}
}

// print writes a test's lines without the frame that go test puts around them.
func (r *report) print(lines []string) {
	for _, line := range lines {
		if strings.HasPrefix(line, "=== ") {
			continue
		}
		fmt.Fprint(r.out, line)
	}
}

// close prints the summary, the counts last, and returns the exit status.
func (r *report) close(noSkips bool) int {
	status := 0
	for _, name := range r.skippedTests {
		fmt.Fprintln(r.out, "skipped:", name)
	}
	for _, name := range append(r.failedTests, r.broken...) {
		fmt.Fprintln(r.out, "failed:", name)
		status = 1
	}
	if noSkips && r.skipped > 0 {
		fmt.Fprintln(r.out, "A skipped test counts as a failure here.")
		status = 1
	}
	if r.passed+r.failed+r.skipped == 0 {
		fmt.Fprintln(r.out, "No test ran.")
		status = 1
	}
	failed := r.failed
	if failed == 0 && len(r.broken) > 0 {
		failed = len(r.broken) // a package that does not build has no test to count
	}
	fmt.Fprintf(r.out, "%d passed, %d failed, %d skipped\n", r.passed, failed, r.skipped)
	return status
}
