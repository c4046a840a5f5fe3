package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// outcome is what one run of a program came to.
type outcome struct {
	burst  *figures
	steady map[int]*figures // by rate
}

// spread is a median with its least and greatest value.
type spread struct{ median, low, high float64 }

func spreadOf(outcomes []*outcome, value func(*outcome) float64) spread {
	all := make([]float64, len(outcomes))
	for i, o := range outcomes {
		all[i] = value(o)
	}
	slices.Sort(all)
	middle := all[len(all)/2]
	if len(all)%2 == 0 {
		middle = (all[len(all)/2-1] + middle) / 2
	}
	return spread{middle, all[0], all[len(all)-1]}
}

func (s spread) format(digits int) string {
	if s.low == s.high {
		return fmt.Sprintf("%.*f", digits, s.median)
	}
	return fmt.Sprintf("%.*f (%.*f–%.*f)", digits, s.median, digits, s.low, digits, s.high)
}

// report prints what was measured, program by program.
func (b *bench) report(w io.Writer, order []string, outcomes map[string][]*outcome) {
	fmt.Fprintf(w, "\nBurst: %d %s over %d connections; median (least–greatest) of %d\n\n", b.n, b.load, b.connections, b.runs)
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	row(t, "program", "accepted/s", "delivered/s", "finished/s", "accepted of bare", "finished of bare", "by CPU", "accept ms p50", "p99", "CPU ms program", "postgres", "generator", "peak MB", "start s", "duplicates", "others' CPU")
	for _, name := range order {
		all := outcomes[name]
		if len(all) == 0 {
			continue
		}
		of := func(digits int, value func(*figures) float64) string {
			return spreadOf(all, func(o *outcome) float64 { return value(o.burst) }).format(digits)
		}
		row(t, name, of(0, func(f *figures) float64 { return f.accepted }), of(0, func(f *figures) float64 { return f.delivered }),
			of(0, func(f *figures) float64 { return f.finished }),
			ratio(all, bareOf(name, outcomes), func(own, bare *figures) float64 { return own.accepted / bare.accepted }),
			ratio(all, bareOf(name, outcomes), func(own, bare *figures) float64 { return own.finished / bare.finished }),
			ratio(all, bareOf(name, outcomes), func(own, bare *figures) float64 { return bare.cost() / own.cost() }),
			of(1, func(f *figures) float64 { return f.accept.p50 }), of(1, func(f *figures) float64 { return f.accept.p99 }),
			of(3, func(f *figures) float64 { return f.program }), of(3, func(f *figures) float64 { return f.server }),
			of(3, func(f *figures) float64 { return f.generator }), of(0, func(f *figures) float64 { return f.peak }), of(2, func(f *figures) float64 { return f.started }),
			of(0, func(f *figures) float64 { return float64(f.duplicates) }), of(1, func(f *figures) float64 { return f.others }))
	}
	_ = t.Flush()
	for _, rate := range b.rates {
		fmt.Fprintf(w, "\nSteady: %d a second for %s\n\n", rate, b.lasting)
		t = tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
		row(t, "program", "accept ms p50", "p99", "accept→sink ms p50", "p95", "p99", "CPU ms program", "postgres", "duplicates")
		for _, name := range order {
			all := outcomes[name]
			if len(all) == 0 {
				continue
			}
			of := func(digits int, value func(*figures) float64) string {
				return spreadOf(all, func(o *outcome) float64 { return value(o.steady[rate]) }).format(digits)
			}
			row(t, name, of(2, func(f *figures) float64 { return f.accept.p50 }), of(2, func(f *figures) float64 { return f.accept.p99 }),
				of(2, func(f *figures) float64 { return f.arrival.p50 }), of(2, func(f *figures) float64 { return f.arrival.p95 }),
				of(2, func(f *figures) float64 { return f.arrival.p99 }), of(2, func(f *figures) float64 { return f.program }),
				of(2, func(f *figures) float64 { return f.server }), of(0, func(f *figures) float64 { return float64(f.duplicates) }))
		}
		_ = t.Flush()
	}
}

func row(w io.Writer, cells ...string) { fmt.Fprintf(w, "| %s |\n", strings.Join(cells, "\t| ")) }

// bareOf gives the outcomes of the bare limit on the same database.
func bareOf(name string, outcomes map[string][]*outcome) []*outcome {
	_, database, _ := strings.Cut(name, " on ")
	database, _, _ = strings.Cut(database, ",")
	return outcomes["bare on "+database]
}

// ratio compares each burst with that of the bare limit beside it.
func ratio(all, bare []*outcome, compare func(own, bare *figures) float64) string {
	n := min(len(all), len(bare))
	if n == 0 {
		return "–"
	}
	i := -1
	return spreadOf(all[:n], func(o *outcome) float64 {
		i++
		return compare(o.burst, bare[i].burst)
	}).format(2)
}
