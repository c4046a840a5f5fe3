package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/labstack/echo/v4"
)

const requestIDKey = "surveyflow.request_id"

// RequestID gives the name of the request that pages show with an error and the log carries.
func RequestID(c echo.Context) string {
	id, _ := c.Get(requestIDKey).(string)
	return id
}

// SetRequestID gives the request another name, for a room whose answers carry one of a form of their own.
func SetRequestID(c echo.Context, id string) {
	c.Set(requestIDKey, id)
	c.Response().Header().Set("X-Request-Id", id)
}

// requestID names each request. A name that the caller sends is not taken: it would go into our log and pages.
func (w *Web) requestID(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := rand.Text()[:16]
		c.Set(requestIDKey, id)
		c.Response().Header().Set("X-Request-Id", id)
		return next(c)
	}
}

// observe writes one line per request: the route's pattern and never the URL, which may carry keys and tokens.
func (w *Web) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		if err := next(c); err != nil {
			c.Error(err) // answers, so that the line has its status
		}
		level := slog.LevelInfo
		if r := routeOf(c); r != nil && r.Quiet {
			level = slog.LevelDebug
		}
		ctx := c.Request().Context()
		if !w.log.Enabled(ctx, level) {
			return nil
		}
		attrs := []slog.Attr{
			slog.String("method", c.Request().Method),
			slog.String("route", c.Path()),
			slog.Int("status", c.Response().Status),
			slog.Int64("bytes", c.Response().Size),
			slog.Float64("duration_ms", float64(time.Since(start).Microseconds())/1000),
			slog.String("request_id", RequestID(c)),
		}
		if u := User(c); u != nil {
			attrs = append(attrs, slog.String("user_id", u.ID))
		}
		w.log.LogAttrs(ctx, level, "request", attrs...)
		return nil
	}
}

// recoverPanic turns a panic into an error with its trace. [http.ErrAbortHandler] goes on: it means to break off.
func (w *Web) recoverPanic(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			r := recover()
			if r == nil {
				return
			}
			if e, ok := r.(error); ok && errors.Is(e, http.ErrAbortHandler) {
				panic(r)
			}
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}()
		return next(c)
	}
}
