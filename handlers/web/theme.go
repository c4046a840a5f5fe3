package web

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// themeName is the cookie that keeps the theme of who is not signed in. It holds nothing about anybody.
const themeName = "theme"

// year is how long a browser keeps the theme, in seconds.
const year = 365 * 24 * 60 * 60

func themeCookie(c echo.Context) string {
	cookie, err := c.Cookie(themeName)
	if err != nil {
		return ""
	}
	return cookie.Value // layout.WithTheme passes over what is no theme
}

// KeepTheme keeps the theme in the browser, so that the sign-in page has it too; "" follows the system.
func (w *Web) KeepTheme(c echo.Context, theme string) {
	cookie := &http.Cookie{Name: themeName, Value: theme, Path: "/", MaxAge: year, HttpOnly: true, Secure: w.base.Secure(), SameSite: http.SameSiteLaxMode}
	if theme == "" {
		cookie.MaxAge = -1
	}
	c.SetCookie(cookie)
}
