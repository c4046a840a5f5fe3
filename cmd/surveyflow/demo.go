package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"surveyflow/internal/config"
	"surveyflow/internal/link"
)

const (
	demoHost = "127.0.0.1" // nobody else can reach a demo
	demoPort = 8080
	// demoGrace is how long runs under way may take after Ctrl-C: one of them is always waiting for the slow service.
	demoGrace = 100 * time.Millisecond
	// demoFile holds, in a kept folder, what is printed at every start.
	demoFile = "demo.json"
)

// demoSheet is what somebody needs who looks at a demo. The file of a kept one holds it.
type demoSheet struct {
	Port     int    `json:"port"`
	Admin    string `json:"admin"`  // e-mail addresses
	Member   string `json:"member"` //
	Password string `json:"password"`
	Survey   string `json:"survey"`   // slug of the link of the survey with all types of questions
	Receiver string `json:"receiver"` // id of the receiver that most workflows call
}

// demoCommand is "surveyflow demo" (contract §1). It takes nothing from the environment but how to log.
func demoCommand(ctx context.Context, args []string, getenv func(string) string, out, errOut io.Writer) (err error) {
	flags := flag.NewFlagSet("surveyflow demo", flag.ContinueOnError)
	keep := flags.String("keep", "", "keep the data in this `folder`, and use what is there next time")
	port := flags.Int("port", demoPort, "where to listen; 0 takes a free port")
	if help, err := (environment{out: out}).parse(flags, args); help || err != nil {
		return err
	}
	if *port < 0 || *port > 65535 {
		return usagef("surveyflow demo: --port must be a number from 0 to 65535, not %d", *port)
	}
	d := demo{out: out, keep: *keep, sheet: demoSheet{Port: *port}}
	flags.Visit(func(f *flag.Flag) { d.portGiven = d.portGiven || f.Name == "port" })
	if err := d.openFolder(); err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, d.closeFolder()) }()
	if err := d.choosePort(ctx); err != nil {
		return err
	}
	c, err := config.Load(d.settings(getenv))
	if err != nil {
		return err
	}
	clk := &demoClock{}
	if !d.complete {
		clk.set(clk.Now().Add(-demoPast)) // never backwards once the program runs
	}
	log := newLog(c, errOut)
	if getenv("LOG_LEVEL") == "" {
		log = slog.New(untilEnd{log.Handler(), ctx})
	}
	o := serving{config: c, log: log, web: true, workers: true, clock: clk, grace: demoGrace}
	o.ready = func(ctx context.Context, a *app) error { return d.ready(ctx, a, clk) }
	return inWords(ctx, serve(ctx, o))
}

// untilEnd hides the warnings of a program that is told to stop: that work goes back is no news in a demo.
type untilEnd struct {
	slog.Handler
	ctx context.Context
}

// Enabled reports whether records of the level are written now.
func (h untilEnd) Enabled(ctx context.Context, level slog.Level) bool {
	return h.Handler.Enabled(ctx, level) && (level >= slog.LevelError || h.ctx.Err() == nil)
}

// WithAttrs keeps hiding.
func (h untilEnd) WithAttrs(attrs []slog.Attr) slog.Handler {
	return untilEnd{h.Handler.WithAttrs(attrs), h.ctx}
}

// WithGroup keeps hiding.
func (h untilEnd) WithGroup(name string) slog.Handler {
	return untilEnd{h.Handler.WithGroup(name), h.ctx}
}

// demo is one start of a demo.
type demo struct {
	out       io.Writer
	keep      string // the folder of --keep; empty for one that is removed at the end
	folder    string
	complete  bool // the folder holds a whole demo
	portGiven bool
	portTaken int // the port that was wanted and is used by another program; 0 when there was none
	moved     int // the port that the workflows of a kept demo call, where it is another; 0 otherwise
	sheet     demoSheet
}

// openFolder makes the folder of the database or finds what an earlier start kept there.
func (d *demo) openFolder() error {
	if d.keep == "" {
		var err error
		d.folder, err = os.MkdirTemp("", "surveyflow-demo-")
		return err
	}
	var err error
	if d.folder, err = filepath.Abs(d.keep); err != nil {
		return err
	}
	if err := os.MkdirAll(d.folder, 0o700); err != nil {
		return fmt.Errorf("keep the demo: %w", err)
	}
	entries, err := os.ReadDir(d.folder)
	if err != nil {
		return fmt.Errorf("keep the demo: %w", err)
	}
	if len(entries) == 0 {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(d.folder, demoFile))
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s holds other files and no demo: name an empty folder, or one that does not exist yet", d.folder)
	}
	kept := demoSheet{}
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil {
		return fmt.Errorf("read the demo of %s: %w", d.folder, err)
	}
	if d.portGiven {
		d.moved, kept.Port = kept.Port, d.sheet.Port
	}
	d.sheet, d.complete = kept, true
	return nil
}

// closeFolder removes what is not to be kept, which includes a demo that was stopped before it was complete.
func (d *demo) closeFolder() error {
	if d.keep != "" && d.complete {
		return nil
	}
	if err := os.RemoveAll(d.folder); err != nil {
		return fmt.Errorf("remove the demo: %w", err)
	}
	return nil
}

// choosePort settles the port. One that was not asked for gives way to another program.
func (d *demo) choosePort(ctx context.Context) error {
	port, err := freePort(ctx, d.sheet.Port)
	switch {
	case err == nil:
	case d.portGiven:
		return err
	case d.complete:
		return fmt.Errorf("%w: the workflows of this demo call that port; stop the other program, or give another --port and change their addresses", err)
	default:
		d.portTaken = d.sheet.Port
		if port, err = freePort(ctx, 0); err != nil {
			return err
		}
	}
	if d.moved == port {
		d.moved = 0
	}
	d.sheet.Port = port
	return nil
}

// freePort checks that the port can be listened on; for 0 it finds one.
func freePort(ctx context.Context, port int) (int, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(demoHost, strconv.Itoa(port)))
	if err != nil {
		return 0, fmt.Errorf("port %d cannot be used: %w", port, err)
	}
	if tcp, ok := l.Addr().(*net.TCPAddr); ok {
		port = tcp.Port
	}
	return port, l.Close()
}

// settings are those of the demo, whatever the environment says. The address is the number, not localhost, so that a browser
// keeps its sign-in apart from that of another instance on this machine.
func (d *demo) settings(getenv func(string) string) func(string) string {
	return func(name string) string {
		switch name {
		case "DATABASE_URL":
			return "sqlite:" + filepath.Join(d.folder, "surveyflow.db")
		case "HOST":
			return demoHost
		case "PORT":
			return strconv.Itoa(d.sheet.Port)
		case "BASE_URL":
			return "http://" + net.JoinHostPort(demoHost, strconv.Itoa(d.sheet.Port))
		case "LOG_LEVEL":
			return cmp.Or(getenv(name), "warn")
		case "LOG_FORMAT":
			return getenv(name)
		}
		return ""
	}
}

// ready fills a new demo and says how to look at it.
func (d *demo) ready(ctx context.Context, a *app, clk *demoClock) error {
	if !d.complete {
		d.sheet.Password = demoPassword()
		if err := seedDemo(ctx, a, clk, &d.sheet); err != nil {
			return fmt.Errorf("fill the demo: %w", err)
		}
		if err := d.save(); err != nil {
			return err
		}
		d.complete = true
	}
	_, err := io.WriteString(d.out, d.greeting(a.base))
	return err
}

// save keeps the sheet; it is written last, so that a folder with it holds a whole demo.
func (d *demo) save() error {
	if d.keep == "" {
		return nil
	}
	text, err := json.MarshalIndent(d.sheet, "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(d.folder, demoFile), append(text, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("keep the demo: %w", err)
	}
	return nil
}

// greeting says where the demo is and how to sign in.
func (d *demo) greeting(base link.Base) string {
	end := "Ctrl-C stops it and removes everything."
	if d.keep != "" {
		end = "Ctrl-C stops it. The data stays in " + d.folder + "."
	}
	text := fmt.Sprintf(`
Surveyflow is running, with sample data.

  Open       %s
  Sign in    %s
  Password   %s

  Answer the survey      %s
  See what it sends      %s

%s with the same password is a member, who sees less.
Only this machine can reach it. %s
`,
		base.App(""), d.sheet.Admin, d.sheet.Password, base.Respond(d.sheet.Survey), base.App(link.Receiver(d.sheet.Receiver)),
		d.sheet.Member, end)
	if d.portTaken != 0 {
		text += fmt.Sprintf("Port %d is used by another program; this one took %d.\n", d.portTaken, d.sheet.Port)
	}
	if d.moved != 0 {
		text += fmt.Sprintf("Its workflows still call port %d: start it with --port %d, or change their addresses.\n", d.moved, d.moved)
	}
	return text + "\n"
}

// demoPassword makes a password that can be read aloud: three groups of four letters and digits that look like no other,
// 58 bits.
func demoPassword() string {
	const letters = "abcdefghjkmnpqrstuvwxyz23456789" // 31
	var random [64]byte
	rand.Read(random[:]) // never fails (crypto/rand)
	word := make([]byte, 0, 14)
	for _, r := range random {
		if r >= 248 { // 8 times 31: larger ones would favour some
			continue
		}
		if n := len(word); n == 4 || n == 9 {
			word = append(word, '-')
		}
		if word = append(word, letters[r%31]); len(word) == 14 {
			break
		}
	}
	return string(word)
}
