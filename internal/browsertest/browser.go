// Package browsertest lets tests look at pages in a real Chromium: at any width, light or dark, with or
// without JavaScript, and through axe-core for accessibility.
//
// Whatever a page complains about (an error in the console, a violation of the Content-Security-Policy, a
// broken image, script or style sheet, a request to another machine) fails the test, without being asked.
package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// closeTimeout bounds the wait for Chromium to end.
const closeTimeout = 10 * time.Second

// Browser is a Chromium with a new, empty profile. Its pages share cookies.
type Browser struct {
	tb  testing.TB
	ctx context.Context // chromedp's handle on the process
}

// New starts a Chromium that ends with the test. Without Chromium on the machine it skips the test, loudly;
// it fails the test instead when CI=true or REQUIRE_ALL=1, because nobody would read the skip there.
func New(tb testing.TB) *Browser {
	tb.Helper()
	path, err := findChromium()
	if err != nil {
		unavailable(tb, err)
	}
	// Not tb.Context: that is cancelled before the cleanup, which still looks at the pages.
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], options(path)...)...)
	ctx, cancel := chromedp.NewContext(allocator)
	tb.Cleanup(func() {
		defer stop()
		defer cancel()
		limited, done := context.WithTimeout(ctx, closeTimeout)
		defer done()
		_ = chromedp.Cancel(limited)
	})
	if err := chromedp.Do(ctx); err != nil {
		tb.Fatalf("start %s: %v", path, err)
	}
	return &Browser{tb: tb, ctx: ctx}
}

// options returns what Chromium needs here beyond chromedp's own list.
func options(path string) []chromedp.ExecAllocatorOption {
	all := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path),
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-domain-reliability", true),
		chromedp.Flag("no-pings", true),
		// No name but this machine's resolves, so that no page reaches out; the attempt is seen all the same.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1, EXCLUDE ::1"),
	}
	if os.Geteuid() == 0 {
		all = append(all, chromedp.NoSandbox) // Chromium's sandbox refuses root
	}
	return all
}

// findChromium returns the path of a Chromium or Chrome.
func findChromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "/usr/bin/chromium"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no chromium in PATH: install Chromium")
}

// unavailable ends a test that cannot have what it needs.
func unavailable(tb testing.TB, err error) {
	tb.Helper()
	if os.Getenv("CI") == "true" || os.Getenv("REQUIRE_ALL") == "1" {
		tb.Fatalf("a browser test needs this: %v", err)
	}
	tb.Skipf("NOT TESTED IN A BROWSER: %v", err)
}

// repositoryRoot returns the folder of go.mod, above the folder that a test runs in.
func repositoryRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no go.mod above %s", dir)
		}
		dir = parent
	}
}
