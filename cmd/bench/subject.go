package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// running is a program under load, with the database behind it.
type running struct {
	name      string
	procs     []*process
	targets   []*target
	db        *sql.DB
	database  *database
	started   time.Duration
	succeeded func(context.Context) (int64, error) // how many the history shows as succeeded
	check     func(context.Context) error          // whether the whole history is as it must be
}

// cpu returns the processor time of the program and of its PostgreSQL server.
func (r *running) cpu() (program, server time.Duration) {
	for _, p := range r.procs {
		program += cpu(p.cmd.Process.Pid)
	}
	if r.database.server != 0 {
		server = cpuTree(r.database.server)
	}
	return program, server
}

// all returns the processor time of the program, its database and ourselves.
func (r *running) all() time.Duration {
	program, server := r.cpu()
	return program + server + cpu(os.Getpid())
}

// peak returns the largest resident size of the program so far.
func (r *running) peak() int64 {
	var all int64
	for _, p := range r.procs {
		all += p.peak()
	}
	return all
}

func (r *running) stop() error {
	var errs []error
	for _, p := range r.procs {
		errs = append(errs, p.stop())
	}
	if r.db != nil {
		errs = append(errs, r.db.Close())
	}
	return errors.Join(errs...)
}

// plainEnv is all that a child gets of our environment: its settings are ours to say.
func plainEnv() []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "GOROOT", "GOPATH", "GOCACHE", "GOMODCACHE", "GOFLAGS", "GOPROXY"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// startBare starts the bare limit on a fresh database.
func startBare(ctx context.Context, d *database, dir string, s *sink, k kind) (*running, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	args := []string{"-bare", address, "-bare-database", d.url, "-bare-sink", "http://" + s.address() + "/hook"}
	p, err := launch(ctx, self, args, plainEnv(), address, "/", filepath.Join(dir, "bare.log"))
	if err != nil {
		return nil, err
	}
	r := &running{name: "bare", procs: []*process{p}, database: d, started: p.started}
	if r.db, err = d.open(); err != nil {
		return nil, errors.Join(err, r.stop())
	}
	r.targets = []*target{{address: address, path: "/API/v3/surveys/SV_000000000000000/responses", token: strings.Repeat("t", 40), body: k.bareBody()}}
	r.succeeded = func(ctx context.Context) (int64, error) {
		return number(ctx, r.db, "SELECT COUNT(*) FROM jobs WHERE status = 'succeeded'")
	}
	r.check = func(ctx context.Context) error {
		return expectNone(ctx, r.db, "jobs that did not succeed", "SELECT COUNT(*) FROM jobs WHERE status <> 'succeeded'")
	}
	return r, nil
}

// bareBody is what the bare program is sent of a kind.
func (k kind) bareBody() []byte {
	switch k {
	case events:
		return eventBody()
	case calls:
		return callBody("CO_000000000000000")
	}
	return responseBody()
}

// expectNone fails when a count is not zero.
func expectNone(ctx context.Context, db *sql.DB, what, query string) error {
	n, err := number(ctx, db, query)
	if err != nil {
		return err
	}
	if n != 0 {
		return fmt.Errorf("%s: %d", what, n)
	}
	return nil
}

// bodySize is the size of a response's JSON, as in the measurements of the peers.
const bodySize = 494

// responseBody is a completed response with the place for an event's number.
func responseBody() []byte {
	const before = `{"values":{"QID1":2,"QID2":["1","3"],"QID3":9,"QID4_TEXT":"` + marker + `000000000","QID5_TEXT":"`
	const after = `","segment":"gold","customerId":"C-1048576","userLanguage":"EN","startDate":"2026-11-20T09:15:00Z","finished":1}}`
	const comment = `The assembly was easy and the delivery on time, but the invoice came twice. `
	filler := strings.Repeat(comment, bodySize/len(comment)+1)[:bodySize-len(before)-len(after)]
	return []byte(before + filler + after)
}

// eventBody is what a shop sends when something was bought, as large as a response.
func eventBody() []byte {
	const before = `{"order":{"number":"` + marker + `000000000","total":129.9,"currency":"EUR"},"customer":{"email":"ada@example.com","firstName":"Ada","segment":"gold","id":"C-1048576"},"note":"`
	const comment = `The assembly was easy and the delivery on time, but the invoice came twice. `
	filler := strings.Repeat(comment, bodySize/len(comment)+1)[:bodySize-len(before)-len(`"}`)]
	return []byte(before + filler + `"}`)
}

// callBody is a call of a collector's webhook with everything that one can pass.
func callBody(collector string) []byte {
	return []byte(`{"cId":"` + collector + `","email":"` + marker + `000000000@example.com","crk":"` + marker + `000000000","firstName":"Ada","lastName":"Lovelace",
		"phone":"+48 600 000 000","language":"en","referrer":"chat 4711","custom1":"gold","custom2":"C-1048576","custom3":"EUR","custom4":"129.90",
		"custom5":"Web","custom6":"2026-11-20T09:15:00Z","custom7":"The assembly was easy and the delivery on time","custom8":"but the invoice came twice"}`)
}
