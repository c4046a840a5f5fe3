package web

import (
	"bytes"
	"fmt"
	"net/http"
	"sync"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"surveyflow/internal/i18n"
	"surveyflow/views/layout"
)

// buffers are used again, since every page needs one.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// largestKept is the largest buffer that is used again, in bytes.
const largestKept = 256 << 10

// Render answers with a component: a whole page, or what htmx asked for (see [IsFragment]). It is written only when it
// is complete, so that an error in the middle becomes an error page and not half a page.
func Render(c echo.Context, status int, component templ.Component) error {
	buffer := buffers.Get().(*bytes.Buffer)
	defer func() {
		if buffer.Cap() <= largestKept {
			buffer.Reset()
			buffers.Put(buffer)
		}
	}()
	ctx := c.Request().Context()
	if w, ok := c.Get(frameKey).(*Web); ok {
		ctx = i18n.WithNow(ctx, w.clock.Now()) // what the request itself made was not made in the future
	}
	var took func()
	if !isFragment(c) {
		ctx, took = takeFlashes(c, ctx)
	}
	if err := component.Render(ctx, buffer); err != nil {
		return fmt.Errorf("render page: %w", err)
	}
	if took != nil {
		took()
	}
	header := c.Response().Header()
	header.Add("Vary", "HX-Request")
	if header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", "no-store")
	}
	return c.HTMLBlob(status, buffer.Bytes())
}

// IsFragment reports whether htmx asks for a part of a page. A boosted link or form gets whole pages.
func IsFragment(c echo.Context) bool { return isFragment(c) }

func isFragment(c echo.Context) bool {
	h := c.Request().Header
	return h.Get("HX-Request") == "true" && h.Get("HX-Boosted") != "true"
}

// Redirect leads on after a form was accepted: 303, or HX-Redirect for htmx, which would follow a 303 by itself and put
// the page where the fragment belongs.
func Redirect(c echo.Context, url string) error {
	if isFragment(c) {
		c.Response().Header().Set("HX-Redirect", url)
		return c.NoContent(http.StatusOK)
	}
	return c.Redirect(http.StatusSeeOther, url)
}

// FlashesBeside gives the messages that were left in this request, for a fragment that brings them along.
func FlashesBeside(c echo.Context) templ.Component {
	ctx, took := takeFlashes(c, c.Request().Context())
	if took != nil {
		took()
	}
	return flashesOOB(layout.FlashesOf(ctx))
}
