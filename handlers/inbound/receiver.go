// Package inbound holds the endpoints that other programs call without signing in: the request receivers, and the
// addresses that start workflows.
package inbound

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"surveyflow/internal/clock"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// Limits of what receivers do at once, whoever calls them.
const (
	receiverReaders = 128              // requests that are read and recorded at the same time; others wait
	receiverDelayed = 256              // answers that wait for their delay; more are answered 503
	receiverDrain   = 1 << 20          // bytes of a body that are read at all; longer ones are answered 413
	receiverReading = 15 * time.Second // for a whole body
	maxHeaderLines  = 100
	maxHeaderBytes  = 16 << 10 // kept of all header values together
	maxPathBytes    = 8 << 10
)

// Receivers answers the public addresses of receivers and records every request that reaches one.
type Receivers struct {
	store    *store.Store
	clock    clock.Clock
	log      *slog.Logger
	recorder recorder
	readers  chan struct{}
	delayed  chan struct{}
}

// NewReceivers makes the endpoint of all receivers.
func NewReceivers(s *store.Store, c clock.Clock, log *slog.Logger) *Receivers {
	return &Receivers{
		store: s, clock: c, log: log, recorder: recorder{save: s.RecordRequests},
		readers: make(chan struct{}, receiverReaders), delayed: make(chan struct{}, receiverDelayed),
	}
}

// Answer records a request of any method to link.PatternReceiverURL, or below it, and answers as the receiver's owner
// set. It takes no cookies and opens no session; whatever it answers is sandboxed (contract §7, Receivers).
func (h *Receivers) Answer(c echo.Context) error {
	ctx := c.Request().Context()
	sandbox(c.Response().Header())
	token := c.Param("token")
	if len(token) != receiverTokenLength {
		return c.String(http.StatusNotFound, "There is no receiver at this address.\n")
	}
	r, err := h.store.ReceiverByToken(ctx, token)
	switch {
	case models.ErrorCode(err) == models.CodeNotFound:
		return c.String(http.StatusNotFound, "There is no receiver at this address.\n")
	case err != nil:
		return h.unavailable(c, err)
	}
	tooLarge, err := h.record(ctx, c, r)
	switch {
	case ctx.Err() != nil:
		return nil //nolint:nilerr // the caller has gone: nobody is left to answer
	case err != nil:
		return h.unavailable(c, err)
	case tooLarge:
		c.Response().Header().Set("Connection", "close")
		return c.String(http.StatusRequestEntityTooLarge, "A receiver takes at most 1 MB. The beginning of this request was recorded.\n")
	}
	return h.answer(ctx, c, r)
}

// receiverTokenLength is the length of models.NewCapability's words.
const receiverTokenLength = 22

// sandbox makes an answer harmless where a browser shows it: it is what a stranger wrote, on our own origin.
func sandbox(header http.Header) {
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "sandbox")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
}

func (h *Receivers) unavailable(c echo.Context, err error) error {
	h.log.ErrorContext(c.Request().Context(), "receiver cannot record", "error", err)
	c.Response().Header().Set("Retry-After", "1")
	return c.String(http.StatusServiceUnavailable, "The request could not be recorded. Please try again.\n")
}

// record reads the request within its limits and keeps it. It reports whether the body was longer than is read at all.
func (h *Receivers) record(ctx context.Context, c echo.Context, r *models.Receiver) (tooLarge bool, err error) {
	select {
	case h.readers <- struct{}{}:
		defer func() { <-h.readers }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	body, size, tooLarge, err := readBody(c)
	if err != nil {
		return false, err
	}
	now := h.clock.Now()
	req := c.Request()
	return tooLarge, h.recorder.record(models.ReceivedRequest{ //nolint:contextcheck // the commit is several requests' and outlives this one
		ID: models.NewOrderedID(models.PrefixRequest, now), ReceiverID: r.ID,
		Method: capText(req.Method, 32), Path: capText(below(req, r.Token), maxPathBytes),
		Headers: models.JSON[[]models.Header]{V: headers(req)}, Body: models.CleanText(string(body)),
		Truncated: size > int64(len(body)), Size: size, IP: c.RealIP(), At: now,
	})
}

// readBody reads what is kept of a body and passes over the rest, up to receiverDrain: closing on a client that still
// sends would lose the answer. A body that breaks off is kept as far as it came.
func readBody(c echo.Context) (kept []byte, size int64, tooLarge bool, err error) {
	req := c.Request()
	// Not every ResponseWriter has deadlines; the server's own remain then. The deadline must not outlast the reading: the
	// server would meet it while it waits for the next request, and end every later one of the connection at once.
	deadlines := http.NewResponseController(c.Response())
	_ = deadlines.SetReadDeadline(time.Now().Add(receiverReading))
	defer deadlines.SetReadDeadline(time.Time{}) //nolint:errcheck // as above
	kept, err = io.ReadAll(io.LimitReader(req.Body, models.ReceiverMaxBody))
	size = int64(len(kept))
	if err == nil && size == models.ReceiverMaxBody {
		var more int64
		more, err = io.Copy(io.Discard, io.LimitReader(req.Body, receiverDrain-size+1))
		size += more
	}
	if limit, ok := errors.AsType[*http.MaxBytesError](err); ok { // a smaller limit stands before us
		return kept, max(size, limit.Limit, req.ContentLength), true, nil
	}
	if err != nil && req.Context().Err() != nil {
		return nil, 0, false, req.Context().Err()
	}
	if size > receiverDrain {
		return kept, max(size, req.ContentLength), true, nil
	}
	return kept, max(size, req.ContentLength), false, nil
}

// below gives what follows the receiver's address, with the query, as it was sent.
func below(req *http.Request, token string) string {
	path := req.URL.EscapedPath()
	if _, rest, ok := strings.Cut(path, link.ReceiverURL(token)); ok {
		path = rest
	}
	if req.URL.RawQuery != "" {
		path += "?" + req.URL.RawQuery
	}
	return path
}

// headers lists the header lines of a request by name, within the limits. The value of Cookie is not kept: a browser
// that opens the address sends the cookies of its signed-in user along.
func headers(req *http.Request) []models.Header {
	names := make([]string, 0, len(req.Header))
	for name := range req.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	out := []models.Header{{Name: "Host", Value: capText(req.Host, 255)}}
	left := maxHeaderBytes
	for _, name := range names {
		for _, value := range req.Header[name] {
			if len(out) == maxHeaderLines || left <= 0 {
				return out
			}
			if name == "Cookie" {
				value = "••••"
			}
			line := models.Header{Name: capText(name, 255), Value: capText(value, left)}
			left -= len(line.Name) + len(line.Value)
			out = append(out, line)
		}
	}
	return out
}

// capText makes a text safe to store and cuts it to at most limit bytes, between characters.
func capText(s string, limit int) string {
	s = models.CleanText(s)
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}

// answer waits as long as the receiver says and sends its answer.
func (h *Receivers) answer(ctx context.Context, c echo.Context, r *models.Receiver) error {
	if r.DelayMS > 0 {
		select {
		case h.delayed <- struct{}{}:
			defer func() { <-h.delayed }()
		default:
			c.Response().Header().Set("Retry-After", "1")
			return c.String(http.StatusServiceUnavailable, "Too many delayed answers are waiting. The request was recorded.\n")
		}
		if !wait(ctx, c, min(r.DelayMS, models.ReceiverMaxDelayMS)) {
			return nil
		}
	}
	if r.Status == http.StatusNoContent || r.Status == http.StatusNotModified {
		return c.NoContent(r.Status)
	}
	contentType := r.ContentType
	if !slices.Contains(models.ReceiverContentTypes, contentType) {
		contentType = "text/plain"
	}
	c.Response().Header().Set("Content-Length", strconv.Itoa(len(r.Body)))
	return c.Blob(r.Status, contentType+"; charset=utf-8", []byte(r.Body))
}

// wait lets the delay pass; it reports false when the caller went away meanwhile.
func wait(ctx context.Context, c echo.Context, ms int) bool {
	delay := time.Duration(ms) * time.Millisecond
	// The server's own limit for writing would end long delays.
	_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(delay + receiverReading))
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
