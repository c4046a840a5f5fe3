// Command bench puts load on Surveyflow and on a bare program that does the same HTTP in and out with batched SQL and nothing
// else, side by side on this machine, and prints what both do per second. docs/performance.md says how to read it.
//
// It starts everything itself (server, sink, a private PostgreSQL), on loopback only, and stops it again.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one call of the program.
type bench struct {
	n           int
	runs        int
	connections int
	rates       []int
	lasting     time.Duration
	dialects    []dialect
	stored      int
	nodes       int
	only        string
	profile     string
	log         string
	soak        int
	seed        uint64
	respondents int
	think       time.Duration
	load        kind
	dead        int
	replay      int
	history     int

	out      io.Writer
	notes    io.Writer
	sink     *sink
	machine  *machine
	programs []*product
}

func run(ctx context.Context, args []string, out, notes io.Writer) (err error) {
	b := &bench{out: out, notes: notes}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(notes)
	flags.IntVar(&b.n, "n", 20_000, "events of a burst, at most 1000000")
	flags.IntVar(&b.runs, "runs", 3, "runs of each program, by turns, at most 20")
	flags.IntVar(&b.connections, "connections", 64, "keep-alive connections of the generator")
	database := flags.String("db", "both", "sqlite, postgres or both")
	rates := flags.String("steady", "20,100", "events a second of the steady loads, comma-separated; empty for none")
	flags.DurationVar(&b.lasting, "lasting", 10*time.Second, "length of a steady load, at most 10m")
	flags.IntVar(&b.stored, "stored", 0, "measure also with so many finished runs in the history, at most 2000000")
	flags.IntVar(&b.nodes, "nodes", 1, "servers on one database, 1 to 4; more than one needs PostgreSQL")
	flags.StringVar(&b.only, "only", "", "measure only bare or only product")
	flags.StringVar(&b.profile, "profile", "", "write profiles of the server under the burst into this `folder`")
	flags.StringVar(&b.log, "log-level", "info", "LOG_LEVEL of the server")
	flags.IntVar(&b.soak, "soak", 0, "instead of measuring: kill the server under load so many times on each database, at most 200")
	flags.Uint64Var(&b.seed, "seed", 0, "seed of the moments of -soak; 0 takes one")
	flags.IntVar(&b.respondents, "respondents", 0, "instead of events: so many people fill in a survey of three pages for -lasting, at most 500")
	flags.DurationVar(&b.think, "think", 500*time.Millisecond, "how long a respondent takes for a page, at most 1m")
	load := flags.String("load", string(responses), "what is posted: responses, events (JSON events), or calls (of a collector's webhook)")
	flags.IntVar(&b.dead, "dead", 0, "instead of events: hold so many deliveries for a receiver that is down and measure the others for -lasting, four times each way, at most 1000000")
	flags.IntVar(&b.replay, "replay", 0, "instead of events: replay so many runs with one request, at most 1000000")
	flags.IntVar(&b.history, "history", 0, "instead of events: open lists of a history of so many runs, at most 10000000")
	programs := flags.String("program", "", "built programs to measure by turns, comma-separated `paths`; otherwise this checkout's is built")
	server := flags.String("postgres", "", "`URL` of a PostgreSQL server to make databases on; otherwise one of our own is started")
	quick := flags.Bool("quick", false, "one short run of each: -n 4000 -runs 1 -lasting 3s")
	bareAddress := flags.String("bare", "", "be the bare program at this `address` (used by bench itself)")
	bareDatabase := flags.String("bare-database", "", "its database")
	bareSink := flags.String("bare-sink", "", "where it calls")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *bareAddress != "" {
		return runBare(ctx, *bareAddress, *bareDatabase, *bareSink)
	}
	if *quick {
		b.n, b.runs, b.lasting = 4000, 1, 3*time.Second
	}
	b.load = kind(*load)
	if err := b.bound(*database, *rates); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "surveyflow-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b.machine = &machine{dir: dir, server: *server}
	defer func() { err = errors.Join(err, b.machine.close()) }()
	if b.sink, err = startSink(); err != nil {
		return err
	}
	defer b.sink.close()
	if b.only != "bare" {
		if err := b.choosePrograms(ctx, *programs); err != nil {
			return err
		}
	}
	if b.soak > 0 {
		return b.soakAll(ctx)
	}
	if b.respondents > 0 {
		return b.respondAll(ctx)
	}
	for _, other := range []struct {
		asked int
		do    func(context.Context) error
	}{{b.dead, b.deadAll}, {b.replay, b.replayAll}, {b.history, b.historyAll}} {
		if other.asked > 0 {
			return other.do(ctx)
		}
	}
	return b.compare(ctx)
}

// choosePrograms takes programs that are built, or builds the one of this checkout.
func (b *bench) choosePrograms(ctx context.Context, paths string) error {
	if paths == "" {
		fmt.Fprintln(b.notes, "building the program")
		p, err := build(ctx, b.machine.dir, b.profile)
		if err != nil {
			return err
		}
		b.programs = []*product{p}
	} else {
		for path := range strings.SplitSeq(paths, ",") {
			b.programs = append(b.programs, &product{name: filepath.Base(path), binary: path, dir: b.machine.dir, profile: b.profile})
		}
	}
	for _, p := range b.programs {
		p.sink, p.log, p.load = b.sink, b.log, b.load
	}
	return nil
}

// bound checks what was asked for, so that no load runs for ever.
func (b *bench) bound(database, rates string) error {
	switch database {
	case "both":
		b.dialects = []dialect{sqliteDialect, postgresDialect}
	case string(sqliteDialect), string(postgresDialect):
		b.dialects = []dialect{dialect(database)}
	default:
		return fmt.Errorf("-db is %q, and must be sqlite, postgres or both", database)
	}
	if b.only != "" && b.only != "bare" && b.only != "product" {
		return fmt.Errorf("-only is %q, and must be bare or product", b.only)
	}
	if b.load != responses && b.load != events && b.load != calls {
		return fmt.Errorf("-load is %q, and must be responses, events or calls", b.load)
	}
	if rates != "" {
		for text := range strings.SplitSeq(rates, ",") {
			rate, err := strconv.Atoi(text)
			if err != nil || rate < 1 || rate > 5000 {
				return fmt.Errorf("-steady: %q is not a rate from 1 to 5000", text)
			}
			b.rates = append(b.rates, rate)
		}
	}
	within := func(name string, value, low, high int) error {
		if value < low || value > high {
			return fmt.Errorf("-%s is %d, and must be from %d to %d", name, value, low, high)
		}
		return nil
	}
	if b.lasting < time.Second || b.lasting > 10*time.Minute {
		return errors.New("-lasting must be from 1s to 10m")
	}
	return errors.Join(within("n", b.n, 1, 1_000_000), within("runs", b.runs, 1, 20), within("connections", b.connections, 1, 1000),
		within("stored", b.stored, 0, 2_000_000), within("nodes", b.nodes, 1, 4), within("soak", b.soak, 0, 200),
		within("respondents", b.respondents, 0, 500), within("think", int(b.think/time.Millisecond), 0, 60_000),
		within("dead", b.dead, 0, 1_000_000), within("replay", b.replay, 0, 1_000_000), within("history", b.history, 0, 10_000_000))
}

// contestant is a program to be measured: start gives it on a database, ready for load.
type contestant struct {
	name  string
	start func(context.Context) (*running, *database, error)
}

// compare measures all programs by turns.
func (b *bench) compare(ctx context.Context) error {
	var contestants []contestant
	for _, d := range b.dialects {
		all, err := b.contestants(ctx, d)
		if err != nil {
			return err
		}
		contestants = append(contestants, all...)
	}
	outcomes := map[string][]*outcome{}
	var order []string
	for i := range b.runs {
		for _, c := range contestants {
			if i == 0 {
				order = append(order, c.name)
			}
			o, err := b.once(ctx, c)
			if err != nil {
				return err
			}
			outcomes[c.name] = append(outcomes[c.name], o)
			fmt.Fprintf(b.notes, "run %d of %d: %-32s %6.0f accepted/s %6.0f finished/s (others' CPU %.1f)\n",
				i+1, b.runs, c.name, o.burst.accepted, o.burst.finished, o.burst.others)
		}
	}
	b.report(b.out, order, outcomes)
	return nil
}

// once starts a program, measures it and stops it. A database of its own is removed again.
func (b *bench) once(ctx context.Context, c contestant) (*outcome, error) {
	r, d, err := c.start(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	o, err := b.measure(ctx, r)
	err = errors.Join(err, r.stop())
	if d != nil {
		err = errors.Join(err, b.machine.drop(context.WithoutCancel(ctx), d))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	return o, nil
}

// contestants gives the programs to measure on a kind of database.
func (b *bench) contestants(ctx context.Context, d dialect) ([]contestant, error) {
	var all []contestant
	if b.only != "product" {
		all = append(all, contestant{"bare on " + d.label(), func(ctx context.Context) (*running, *database, error) {
			db, err := b.machine.create(ctx, d)
			if err != nil {
				return nil, nil, err
			}
			r, err := startBare(ctx, db, b.machine.dir, b.sink, b.load)
			return r, db, err
		}})
	}
	if b.only == "bare" {
		return all, nil
	}
	for _, p := range b.programs {
		more, err := b.productContestants(ctx, p, d)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// productContestants gives the product on a fresh database and, when asked for, with a long history.
func (b *bench) productContestants(ctx context.Context, p *product, d dialect) ([]contestant, error) {
	nodes, name := 1, p.name+" on "+d.label()
	if b.nodes > 1 && d == postgresDialect {
		nodes, name = b.nodes, fmt.Sprintf("%s, %d nodes", name, b.nodes)
	}
	all := []contestant{{name, func(ctx context.Context) (*running, *database, error) {
		i, err := b.instance(ctx, p, d)
		if err != nil {
			return nil, nil, err
		}
		r, err := i.start(ctx, nodes)
		return r, i.database, err
	}}}
	if b.stored == 0 {
		return all, nil
	}
	i, err := b.instance(ctx, p, d)
	if err != nil {
		return nil, err
	}
	if err := i.fill(ctx, b.stored); err != nil {
		return nil, err
	}
	return append(all, contestant{fmt.Sprintf("%s, %d runs stored", name, b.stored), func(ctx context.Context) (*running, *database, error) {
		r, err := i.start(ctx, nodes)
		return r, nil, err
	}}), nil
}

// instance sets the product up on a fresh database.
func (b *bench) instance(ctx context.Context, p *product, d dialect) (*instance, error) {
	db, err := b.machine.create(ctx, d)
	if err != nil {
		return nil, err
	}
	return p.setUp(ctx, db)
}
