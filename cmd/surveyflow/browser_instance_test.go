package main

import (
	"context"
	"maps"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/browsertest"
)

// instance is a server that was started by the command line, over an empty database.
type instance struct {
	url  string
	code string // that opens the set-up page
}

// startServe runs "surveyflow serve" until the test ends, with more of the environment than the tests always give.
func startServe(t *testing.T, more map[string]string) instance {
	t.Helper()
	env := map[string]string{
		"DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "surveyflow.db"), "HOST": "127.0.0.1", "PORT": "0",
	}
	maps.Copy(env, more)
	// Not with t.Context: that ends before the cleanup, and with it what open pages still ask for.
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	log := &printed{until: " code=", seen: make(chan struct{})}
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"serve"}, func(name string) string { return env[name] }, strings.NewReader(""), log, log)
	}()
	stop := sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
		if t.Failed() {
			t.Logf("the server's log:\n%s", log)
		}
		if strings.Contains(log.String(), "level=ERROR") {
			t.Errorf("the server logged errors:\n%s", log)
		}
	})
	select {
	case <-log.seen:
	case err := <-ended:
		ended <- err
		t.Fatalf("the server ended with %v before it was ready:\n%s", err, log)
	case <-time.After(patience):
		t.Fatalf("the server is not ready in time:\n%s", log)
	}
	return instance{url: told(t, log.String(), `msg=serving url=(\S+?)/?\s`), code: told(t, log.String(), ` code=(\S+)`)}
}

// told gives what a log says in the group of a pattern.
func told(t *testing.T, log, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(log)
	if m == nil {
		t.Fatalf("the log lacks %s:\n%s", pattern, log)
	}
	return strings.Trim(m[1], `"`)
}

// comes opens the instance in a tab.
func comes(t *testing.T, b *browsertest.Browser, address string, view browsertest.View) person {
	t.Helper()
	return person{Page: b.Open(address, view), t: t}
}

// setsUp makes the organisation and its first person through the set-up page.
func (p person) setsUp(i instance) {
	p.t.Helper()
	p.types("Set-up code", i.code)
	p.types("Name of the organisation", "Corner Bakery")
	p.types("First name", "Nora")
	p.types("Last name", "Berg")
	p.types("E-mail address", "nora@bakery.example")
	p.types("Password", goodPassword)
	p.follow("Set up and sign in")
	p.sees("Welcome!", "No surveys yet")
}
