package respond

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/internal/link"
	"surveyflow/internal/survey"
)

const (
	cookieToken    = "response"          // the token of the response of this browser at this link
	cookiePass     = "collector_pass"    // the password of the collector was right
	cookieLanguage = "language"          // that was chosen on the page
	cookieFinished = "response_finished" // there right after the end: thank you, and not "you have already answered"

	keepAnswered = 180 * 24 * time.Hour // how long a browser remembers that it answered
	keepFinished = time.Hour
	keepPass     = 24 * time.Hour
)

// remembered gives the token that the browser remembers; "" when it has none, or takes no cookies.
func (r *Room) remembered(c echo.Context) string { return cookieValue(c, personal(c, cookieToken)) }

func cookieValue(c echo.Context, name string) string {
	cookie, err := c.Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// personal gives the name of a cookie; a browser that follows several personal links of a collector keeps one for each.
func personal(c echo.Context, name string) string {
	crk := c.QueryParam(queryCrk)
	if crk == "" {
		return name
	}
	sum := sha256.Sum256([]byte(crk))
	return name + "_" + hex.EncodeToString(sum[:8])
}

// remember lets the browser come back to the response of the visit.
func (r *Room) remember(c echo.Context, v *survey.Visit) {
	keep := v.Definition.PartialAfter()
	if v.State == survey.StateDone {
		keep = keepAnswered
	}
	r.setCookie(c, v, personal(c, cookieToken), v.Token.String(), keep)
}

// rememberFinished makes the next pages say thank you.
func (r *Room) rememberFinished(c echo.Context, v *survey.Visit) {
	r.setCookie(c, v, personal(c, cookieFinished), v.Token.ResponseID, keepFinished)
}

// justFinished reports whether the response of the visit was completed in this browser within the last hour.
func (r *Room) justFinished(c echo.Context, v *survey.Visit) bool {
	return v.Response != nil && cookieValue(c, personal(c, cookieFinished)) == v.Response.ID
}

// setCookie sets a cookie of this link alone.
func (r *Room) setCookie(c echo.Context, v *survey.Visit, name, value string, keep time.Duration) {
	c.SetCookie(&http.Cookie{
		Name: name, Value: value, Path: link.Respond(v.Collector.Slug), MaxAge: int(keep / time.Second),
		HttpOnly: true, Secure: r.secure, SameSite: http.SameSiteLaxMode,
	})
}
