package main

import (
	"strings"
	"testing"
)

func TestReport_counts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		events string
		status int
		counts string
		shows  string
	}{
		{
			name: "a test with subtests is counted by them",
			events: `{"Action":"pass","Package":"p","Test":"TestA/one"}
{"Action":"pass","Package":"p","Test":"TestA/two"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Elapsed":0.5}`,
			counts: "2 passed, 0 failed, 0 skipped",
			shows:  "ok    p 0.5s",
		},
		{
			name: "a slow test is told",
			events: `{"Action":"pass","Package":"p","Test":"TestA","Elapsed":2.5}
{"Action":"pass","Package":"p","Elapsed":2.5}`,
			counts: "1 passed, 0 failed, 0 skipped",
			shows:  "slow:   2.5s p.TestA",
		},
		{
			name: "a failing subtest fails once and shows its output",
			events: `{"Action":"output","Package":"p","Test":"TestA/one","Output":"    a_test.go:1: got 1, want 2\n"}
{"Action":"fail","Package":"p","Test":"TestA/one"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}`,
			status: 1,
			counts: "0 passed, 1 failed, 0 skipped",
			shows:  "a_test.go:1: got 1, want 2",
		},
		{
			name: "a parent that fails by itself is counted",
			events: `{"Action":"pass","Package":"p","Test":"TestA/one"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}`,
			status: 1,
			counts: "1 passed, 1 failed, 0 skipped",
			shows:  "failed: p.TestA",
		},
		{
			name: "a package that does not build fails",
			events: `{"ImportPath":"p","Action":"build-output","Output":"p.go:1: undefined: x\n"}
{"ImportPath":"p","Action":"build-fail"}
{"Action":"fail","Package":"p","FailedBuild":"p"}`,
			status: 1,
			counts: "0 passed, 1 failed, 0 skipped",
			shows:  "p.go:1: undefined: x",
		},
		{
			name: "a panic shows what the test had said",
			events: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"panic: boom\n"}
{"Action":"fail","Package":"p"}`,
			status: 1,
			counts: "0 passed, 1 failed, 0 skipped",
			shows:  "panic: boom",
		},
		{
			name: "a skip is a failure where none is allowed",
			events: `{"Action":"output","Package":"p","Test":"TestA","Output":"    no PostgreSQL here\n"}
{"Action":"skip","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p"}`,
			status: 1,
			counts: "0 passed, 0 failed, 1 skipped",
			shows:  "no PostgreSQL here",
		},
		{name: "no test at all is a failure", status: 1, counts: "0 passed, 0 failed, 0 skipped", shows: "No test ran."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			r := newReport(&out)
			if err := r.read(strings.NewReader(tt.events)); err != nil {
				t.Fatal(err)
			}
			if status := r.close(true); status != tt.status {
				t.Errorf("status = %d, want %d", status, tt.status)
			}
			if lines := strings.Split(strings.TrimSpace(out.String()), "\n"); lines[len(lines)-1] != tt.counts {
				t.Errorf("last line = %q, want %q", lines[len(lines)-1], tt.counts)
			}
			if !strings.Contains(out.String(), tt.shows) {
				t.Errorf("output does not show %q:\n%s", tt.shows, out.String())
			}
		})
	}
}
