package respond

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/internal/link"
	"surveyflow/internal/survey"
)

const (
	cookieToken    = "response"          // the token of the response of this browser at this link
	cookieFinished = "response_finished" // there right after the end: thank you, and not "you have already answered"

	keepAnswered = 180 * 24 * time.Hour // how long a browser remembers that it answered
	keepFinished = time.Hour
)

// remembered gives the token that the browser remembers; "" when it has none, or takes no cookies.
func (r *Room) remembered(c echo.Context) string {
	cookie, err := c.Cookie(cookieToken)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// remember lets the browser come back to the response of the visit.
func (r *Room) remember(c echo.Context, v *survey.Visit) {
	keep := v.Definition.PartialAfter()
	if v.State == survey.StateDone {
		keep = keepAnswered
	}
	r.setCookie(c, v, cookieToken, v.Token.String(), keep)
}

// rememberFinished makes the next pages say thank you.
func (r *Room) rememberFinished(c echo.Context, v *survey.Visit) {
	r.setCookie(c, v, cookieFinished, v.Token.ResponseID, keepFinished)
}

// justFinished reports whether the response of the visit was completed in this browser within the last hour.
func (r *Room) justFinished(c echo.Context, v *survey.Visit) bool {
	cookie, err := c.Cookie(cookieFinished)
	return err == nil && v.Response != nil && cookie.Value == v.Response.ID
}

// setCookie sets a cookie of this link alone.
func (r *Room) setCookie(c echo.Context, v *survey.Visit, name, value string, keep time.Duration) {
	c.SetCookie(&http.Cookie{
		Name: name, Value: value, Path: link.Respond(v.Collector.Slug), MaxAge: int(keep / time.Second),
		HttpOnly: true, Secure: r.secure, SameSite: http.SameSiteLaxMode,
	})
}
