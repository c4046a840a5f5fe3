package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
	"surveyflow/views/layout"
)

// Problem is an error on its way to whoever asked.
type Problem struct {
	Status     int
	Error      *models.Error // never nil: an unknown error is a plain "error.unknown"
	RetryAfter int           // seconds; 0 means nothing is known
	RequestID  string
}

// Sentence tells the problem in the language of ctx: of a wrong input, what is wrong with its first field.
func (p Problem) Sentence(ctx context.Context) string {
	if len(p.Error.Fields) > 0 {
		return i18n.TMap(ctx, p.Error.Fields[0].Key, p.Error.Fields[0].Args)
	}
	return i18n.TMap(ctx, p.Error.Key, p.Error.Args)
}

// ErrorWriter answers a request with a problem, in the form of its room (page, API envelope, plain JSON).
// The headers that every form shares, such as Retry-After, are set.
type ErrorWriter func(c echo.Context, p Problem) error

// statuses is the one mapping from the codes of domain errors to HTTP.
var statuses = map[models.Code]int{
	models.CodeInvalid:      http.StatusUnprocessableEntity,
	models.CodeNotFound:     http.StatusNotFound,
	models.CodeConflict:     http.StatusConflict,
	models.CodeForbidden:    http.StatusForbidden,
	models.CodeUnauthorized: http.StatusUnauthorized,
	models.CodeThrottled:    http.StatusTooManyRequests,
	models.CodeTooLarge:     http.StatusRequestEntityTooLarge,
	models.CodeUnavailable:  http.StatusServiceUnavailable,
}

// Status gives the HTTP status of an error; 500 for one that is not of the domain.
func Status(err error) int { return problemOf(err).Status }

// retryWhenUnavailable is how long to wait when a part of ours is down, in seconds.
const retryWhenUnavailable = 5

// problemOf maps an error to what is told about it.
func problemOf(err error) Problem {
	if e, ok := errors.AsType[*models.Error](err); ok {
		p := Problem{Status: statuses[e.Code], Error: e}
		switch e.Code {
		case models.CodeThrottled:
			p.RetryAfter = max(seconds(e.Args["Seconds"]), 1)
		case models.CodeUnavailable:
			p.RetryAfter = retryWhenUnavailable
		}
		if p.Status == 0 {
			p.Status = http.StatusInternalServerError
		}
		return p
	}
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return problemOf(errTooLarge(e.Limit))
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Problem{Status: http.StatusServiceUnavailable, Error: &models.Error{Code: models.CodeUnavailable, Key: "error.unavailable"}, RetryAfter: retryWhenUnavailable}
	}
	if e, ok := errors.AsType[*echo.HTTPError](err); ok {
		return routerProblem(e.Code)
	}
	return Problem{Status: http.StatusInternalServerError, Error: &models.Error{Key: "error.unknown"}}
}

// ProblemOf gives what is told about an error, for rooms that answer errors themselves.
func ProblemOf(err error) Problem { return problemOf(err) }

// RetryAfter sets the header that says when to try again, where something is known of that.
func RetryAfter(c echo.Context, p Problem) {
	if p.RetryAfter > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
}

// routerProblem tells what the router itself refuses.
func routerProblem(status int) Problem {
	switch {
	case status == http.StatusNotFound:
		return problemOf(errNotFound())
	case status == http.StatusMethodNotAllowed:
		return Problem{Status: status, Error: &models.Error{Code: models.CodeNotFound, Key: "error.method"}}
	case status == http.StatusRequestEntityTooLarge:
		return problemOf(errTooLarge(DefaultLimit))
	case status >= 400 && status < 500:
		return Problem{Status: status, Error: &models.Error{Code: models.CodeInvalid, Key: "error.bad_request"}}
	}
	return Problem{Status: http.StatusInternalServerError, Error: &models.Error{Key: "error.unknown"}}
}

func seconds(v any) int {
	switch n := v.(type) {
	case int:
		return n
	case int64:
		return int(n)
	case float64:
		return int(n)
	}
	return 0
}

func errNotFound() error { return models.NotFound("error.not_found") }

func errTooLarge(limit int64) error {
	return &models.Error{Code: models.CodeTooLarge, Key: "error.too_large", Args: map[string]any{"Bytes": limit, "KB": limit >> 10}}
}

// handleError answers a request whose handler failed. It is echo's HTTPErrorHandler.
func (w *Web) handleError(err error, c echo.Context) {
	p := problemOf(err)
	p.RequestID = RequestID(c)
	w.logProblem(c, p, err)
	if c.Response().Committed {
		return
	}
	// The request's context has ended with its handler; the page that tells so must still be rendered.
	c.SetRequest(c.Request().WithContext(context.WithoutCancel(c.Request().Context())))
	RetryAfter(c, p)
	write := w.errorPage
	if r := routeOf(c); r != nil && r.Errors != nil {
		write = r.Errors
	} else if _, stray := errors.AsType[*echo.HTTPError](err); stray && r == nil {
		write = w.strayPage
	}
	if err := write(c, p); err != nil && !c.Response().Committed {
		w.log.LogAttrs(c.Request().Context(), slog.LevelError, "an error could not be told", slog.String("request_id", p.RequestID), slog.Any("error", err))
		c.Response().WriteHeader(http.StatusInternalServerError)
	}
}

// logProblem tells the cause once: what is our fault as an error, a visitor's mistake only when debugging.
func (w *Web) logProblem(c echo.Context, p Problem, err error) {
	level := slog.LevelDebug
	if p.Status >= 500 {
		level = slog.LevelError
	}
	if errors.Is(err, context.Canceled) && c.Request().Context().Err() != nil {
		level = slog.LevelDebug // the visitor went away
	}
	w.log.LogAttrs(c.Request().Context(), level, "request failed",
		slog.String("request_id", p.RequestID), slog.String("method", c.Request().Method), slog.String("route", c.Path()),
		slog.Int("status", p.Status), slog.Any("error", err))
}

// strayPage tells a problem at an address without a route. The page knows who is signed in, so that the way back is right.
func (w *Web) strayPage(c echo.Context, p Problem) error {
	return w.visitor(func(c echo.Context) error { return w.errorPage(c, p) })(c)
}

// errorPage is how pages tell a problem. Who is not signed in is led to the sign-in page, and comes back afterwards.
func (w *Web) errorPage(c echo.Context, p Problem) error {
	if p.Error.Code == models.CodeUnauthorized {
		return Redirect(c, link.With(link.SignIn(), "next", returnPath(c)))
	}
	ctx := c.Request().Context()
	if isFragment(c) {
		// htmx shows no error answers; app.js tells this sentence.
		c.Response().Header().Set("X-Error", url.PathEscape(p.Sentence(ctx)))
		return c.NoContent(p.Status)
	}
	return Render(c, p.Status, layout.ErrorPage(layout.ErrorPageProps{
		Status: p.Status, Code: p.Error.Code, Sentence: p.Sentence(ctx), RequestID: p.RequestID, RetryAfter: p.RetryAfter,
	}))
}

// returnPath is where to go after signing in: the page that was asked for, or the one on which a form was sent.
func returnPath(c echo.Context) string {
	r := c.Request()
	if (r.Method == http.MethodGet || r.Method == http.MethodHead) && !isFragment(c) {
		return notHome(r.URL.RequestURI())
	}
	from := r.Header.Get("HX-Current-URL")
	if from == "" {
		from = r.Referer()
	}
	u, err := url.Parse(from)
	if err != nil || u.Host != r.Host {
		return ""
	}
	return notHome(u.RequestURI())
}

// notHome leaves out the address one gets to anyway.
func notHome(path string) string {
	if path == link.Home() {
		return ""
	}
	return path
}

// Key gives the message key of a domain error; the one for unknown errors for all others.
func Key(err error) string { return problemOf(err).Error.Key }
