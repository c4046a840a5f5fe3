package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/models"
)

// Guard says who may use a route. The zero value is no guard, which [Web.Echo] refuses.
type Guard string

// The guards.
const (
	GuardNone    Guard = "none"    // anybody; no session is read: respondents, receivers, files, health
	GuardVisitor Guard = "visitor" // anybody, as a page of the app that knows who is signed in
	GuardUser    Guard = "user"    // who is signed in; others are led to the sign-in page
	GuardAdmin   Guard = "admin"   // brand admins
	GuardToken   Guard = "token"   // programs: the room's own middleware asks for an API token
)

// Origin says under which address a route belongs (BASE_URL or PUBLIC_URL).
type Origin string

// The origins.
const (
	OriginApp    Origin = "app"    // BASE_URL alone
	OriginPublic Origin = "public" // PUBLIC_URL, and BASE_URL as well
)

// DefaultLimit is the largest body of a request in bytes where its route says nothing else.
const DefaultLimit = 1 << 20

// AnyMethod as a route's method takes all methods.
const AnyMethod = "*"

// Route is a row of the route table.
type Route struct {
	Method  string
	Pattern string // from package link
	Handler echo.HandlerFunc
	Guard   Guard
	Access  models.Access // what GuardUser's visitor must be allowed with the survey, workflow or run in the pattern; see [Web.add]
	Origin  Origin
	Limit   int64         // largest body in bytes; 0 means DefaultLimit
	Timeout time.Duration // how long a request may take; 0 means [Timeout]
	Errors  ErrorWriter   // how the room tells errors; nil means a page
	Quiet   bool          // logged only at debug level: files and probes
	Wrap    []echo.MiddlewareFunc
}

// access gives what a route asks for: unless it says so itself, seeing is enough for GET, and everything else changes
// something.
func (r Route) access() models.Access {
	switch {
	case r.Access != models.AccessNone:
		return r.Access
	case r.Method == http.MethodGet:
		return models.AccessView
	}
	return models.AccessEdit
}

// add registers one route with what its guard and origin ask for.
func (w *Web) add(e *echo.Echo, r Route) {
	if r.Origin != OriginApp && r.Origin != OriginPublic {
		panic(fmt.Sprintf("web: the route %s %s has no origin", r.Method, r.Pattern))
	}
	wrap := []echo.MiddlewareFunc{w.mark(r), w.checkOrigin(r.Origin), timeout(r.Timeout), limit(r.Limit)}
	switch r.Guard {
	case GuardNone, GuardToken:
		wrap = append(wrap, w.reader)
	case GuardVisitor:
		wrap = append(wrap, w.protect, w.visitor)
	case GuardUser:
		wrap = append(wrap, w.protect, w.visitor, w.requireUser, w.requireAccess(r.access()))
	case GuardAdmin:
		wrap = append(wrap, w.protect, w.visitor, w.requireUser, requireAdmin)
	default:
		panic(fmt.Sprintf("web: the route %s %s has no guard", r.Method, r.Pattern))
	}
	wrap = append(wrap, r.Wrap...)
	if r.Method == AnyMethod {
		e.Any(r.Pattern, r.Handler, wrap...)
		return
	}
	e.Add(r.Method, r.Pattern, r.Handler, wrap...)
	if r.Method == http.MethodGet {
		e.Add(http.MethodHead, r.Pattern, r.Handler, wrap...)
	}
}

// marks of a request's route, kept in echo's context.
const routeKey = "surveyflow.route"

// mark lets error handler and log know the route.
func (w *Web) mark(r Route) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.Set(routeKey, &r)
			return next(c)
		}
	}
}

// routeOf gives the route of the request; nil when none matched.
func routeOf(c echo.Context) *Route {
	r, _ := c.Get(routeKey).(*Route)
	return r
}

// timeout ends the request's context after its route's time. The handler still answers itself.
func timeout(after time.Duration) echo.MiddlewareFunc {
	if after == 0 {
		after = Timeout
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			ctx, cancel := context.WithTimeout(c.Request().Context(), after)
			defer cancel()
			c.SetRequest(c.Request().WithContext(ctx))
			return next(c)
		}
	}
}

// limit refuses bodies over a size: at once when the request says so, else when reading reaches it.
func limit(bytes int64) echo.MiddlewareFunc {
	if bytes == 0 {
		bytes = DefaultLimit
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if c.Request().ContentLength > bytes {
				return errTooLarge(bytes)
			}
			c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, bytes)
			return next(c)
		}
	}
}
