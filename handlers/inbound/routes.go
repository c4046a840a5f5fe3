package inbound

import (
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/link"
	"surveyflow/models"
)

// Routes are the rows of the endpoints that other programs call.
func Routes(receivers *Receivers, events *Events, calls *Calls) []web.Route {
	row := web.Route{
		Method: web.AnyMethod, Pattern: link.PatternReceiverURL, Handler: receivers.Answer, Guard: web.GuardNone, Origin: web.OriginPublic,
		Limit: noLimit, Timeout: receiverTimeout, Errors: plainError, Quiet: true,
	}
	below := row
	below.Pattern += "/*"
	return []web.Route{row, below, {
		Method: web.AnyMethod, Pattern: link.PatternJSONEvent, Handler: events.Take, Guard: web.GuardNone, Origin: web.OriginPublic,
		Limit: noLimit, Errors: events.errors, Quiet: true,
	}, {
		Method: web.AnyMethod, Pattern: link.PatternCollectorCall, Handler: calls.Take, Guard: web.GuardNone, Origin: web.OriginPublic,
		Limit: callLimit, Errors: callError, Quiet: true,
	}}
}

const (
	// noLimit leaves the size of bodies to the handler, which still records the beginning of one that is too large.
	noLimit = 1 << 40
	// receiverTimeout leaves time for the longest delay and for reading a body.
	receiverTimeout = models.ReceiverMaxDelayMS*time.Millisecond + 2*receiverReading
)

// plainError tells programs of a problem in one line of text.
func plainError(c echo.Context, p web.Problem) error {
	sandbox(c.Response().Header())
	return c.String(p.Status, p.Sentence(c.Request().Context())+"\n")
}
