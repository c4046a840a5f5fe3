package browsertest

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// watch gathers what goes wrong in a tab.
type watch struct {
	mu         sync.Mutex
	complaints []string
	asked      map[network.RequestID]string // requests of scripts, such as "GET http://…"
}

// event takes an event of the tab. It runs on chromedp's reading goroutine and must be quick.
func (w *watch) event(ev any) {
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		if !isLocal(ev.Request.URL) {
			w.add("a request leaves this machine: %s", ev.Request.URL)
		}
		if ev.Type == network.ResourceTypeXHR {
			w.ask(ev.RequestID, ev.Request.Method+" "+ev.Request.URL)
		}
	case *network.EventResponseReceived:
		if ev.Response.Status >= 400 && isAsset(ev.Type) {
			w.add("%s %s: status %d", ev.Type, ev.Response.URL, ev.Response.Status)
		}
	case *network.EventLoadingFailed:
		if ev.Type == network.ResourceTypeXHR && !ev.Canceled && ev.ErrorText != "net::ERR_ABORTED" {
			w.add("%s was lost: %s", w.whatWas(ev.RequestID), ev.ErrorText)
		}
		if !ev.Canceled && isAsset(ev.Type) {
			w.add("a %s did not load: %s %s", ev.Type, ev.ErrorText, ev.BlockedReason)
		}
	case *runtime.EventExceptionThrown:
		w.add("JavaScript: %s", describe(ev.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		if said := join(ev.Args); (ev.Type == runtime.ConsoleAPICalledTypeError || ev.Type == runtime.ConsoleAPICalledTypeAssert) && !isSendError(said) {
			w.add("console: %s", said)
		}
	case *log.EventEntryAdded:
		// Entries of the network only repeat a status; 404 and 422 of a page are the test's business.
		if ev.Entry.Level == log.EntryLevelError && ev.Entry.Source != log.EntrySourceNetwork {
			w.add("%s: %s", ev.Entry.Source, ev.Entry.Text)
		}
	}
}

func (w *watch) add(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.complaints = append(w.complaints, fmt.Sprintf(format, args...))
}

// ask remembers a request of a script.
func (w *watch) ask(id network.RequestID, what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asked == nil {
		w.asked = map[network.RequestID]string{}
	}
	w.asked[id] = what
}

// whatWas gives what was remembered of a request.
func (w *watch) whatWas(id network.RequestID) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked[id]
}

// take returns the complaints and forgets them.
func (w *watch) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.complaints
	w.complaints = nil
	return all
}

// isSendError tells whether htmx complains that a request did not come through. The browser says so itself, with the reason, and
// does not of a request that was under way when its page was left, such as one that refreshes a list: nobody sees that.
func isSendError(said string) bool {
	return strings.HasPrefix(said, `"htmx:afterRequest,`) || strings.HasPrefix(said, `"htmx:sendError,`)
}

// isAsset tells whether a page is broken without a resource of this kind.
func isAsset(kind network.ResourceType) bool {
	return slices.Contains([]network.ResourceType{
		network.ResourceTypeStylesheet, network.ResourceTypeScript, network.ResourceTypeImage, network.ResourceTypeFont,
	}, kind)
}

// isLocal tells whether a URL stays on this machine.
func isLocal(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	switch u.Scheme {
	case "http", "https", "ws", "wss":
	default:
		return true // data:, blob:, about: and the like
	}
	host := u.Hostname()
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// describe returns the message of an uncaught exception.
func describe(d *runtime.ExceptionDetails) string {
	if d.Exception != nil && d.Exception.Description != "" {
		return d.Text + " " + d.Exception.Description
	}
	return fmt.Sprintf("%s (%s:%d)", d.Text, d.URL, d.LineNumber+1)
}

// join returns the arguments of a console call as one text.
func join(args []*runtime.RemoteObject) string {
	var parts []string
	for _, arg := range args {
		if len(arg.Value) > 0 {
			parts = append(parts, string(arg.Value))
		} else {
			parts = append(parts, arg.Description)
		}
	}
	return strings.Join(parts, " ")
}
