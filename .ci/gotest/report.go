package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// slowest is how many of the tests that took longest are told at the end.
const slowest = 12

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
	hurt    map[string]bool     // tests and packages in which a test failed
	long    []event             // tests without subtests that passed, the slowest first, as many as are told

	passed  int
	failed  []string // tests; packages and commands in which something else failed
	skipped []string
}

func newReport(out io.Writer) *report {
	return &report{out: out, output: map[string][]string{}, parents: map[string]bool{}, hurt: map[string]bool{}}
}

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
			r.failed = append(r.failed, name)
			r.hurt[e.Package] = true
		}
	case r.parents[key]:
	case e.Action == "pass":
		r.passed++
		r.took(e)
	default:
		r.print(text)
		r.skipped = append(r.skipped, name)
	}
}

// took keeps a test that is among the slowest.
func (r *report) took(e event) {
	at, _ := slices.BinarySearchFunc(r.long, e, func(a, b event) int { return cmp.Compare(b.Elapsed, a.Elapsed) })
	if e.Elapsed >= 1 && at < slowest {
		r.long = slices.Insert(r.long, at, e)
		r.long = r.long[:min(len(r.long), slowest)]
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
	text := r.output[key]
	delete(r.output, key)
	switch e.Action {
	case "pass":
		fmt.Fprintf(r.out, "ok    %s %.1fs\n", e.Package, e.Elapsed)
	case "fail":
		r.unfinished(e.Package)
		r.print(text)
		fmt.Fprintf(r.out, "FAIL  %s %.1fs\n", e.Package, e.Elapsed)
		if !r.hurt[e.Package] { // it did not build, or panicked outside of a test
			r.failed = append(r.failed, e.Package)
		}
	}
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

// print writes a test's lines without the frame that go test puts around them, and that r writes itself.
func (r *report) print(lines []string) {
	for _, line := range lines {
		if strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "FAIL") {
			continue
		}
		fmt.Fprint(r.out, line)
	}
}

// close prints the slowest tests and the summary, the counts last, and returns the exit status.
func (r *report) close(noSkips bool) int {
	status := 0
	for _, e := range r.long {
		fmt.Fprintf(r.out, "slow: %5.1fs %s.%s\n", e.Elapsed, e.Package, e.Test)
	}
	for _, name := range r.skipped {
		fmt.Fprintln(r.out, "skipped:", name)
	}
	if noSkips && len(r.skipped) > 0 {
		fmt.Fprintln(r.out, "A skipped test counts as a failure here.")
		status = 1
	}
	for _, name := range r.failed {
		fmt.Fprintln(r.out, "failed:", name)
		status = 1
	}
	if r.passed+len(r.failed)+len(r.skipped) == 0 {
		fmt.Fprintln(r.out, "No test ran.")
		status = 1
	}
	fmt.Fprintf(r.out, "%d passed, %d failed, %d skipped\n", r.passed, len(r.failed), len(r.skipped))
	return status
}
