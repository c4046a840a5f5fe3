package web

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/a-h/templ"
	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"surveyflow/views/components"
	"surveyflow/views/layout"
)

// flashes keeps messages over a redirect in a signed cookie that lives for two minutes. Secrets never go there.
type flashes struct {
	store *sessions.CookieStore
	name  string
}

const (
	frameKey       = "surveyflow.frame" // of the *Web, in echo's context
	flashSeconds   = 120
	flashCookie    = "surveyflow_message"
	mostFlashBytes = 3000 // a cookie has 4096 with its name, signature and attributes
)

func newFlashes(key []byte, secure bool) *flashes {
	store := sessions.NewCookieStore(key)
	store.MaxAge(flashSeconds)
	store.Options = &sessions.Options{Path: "/", MaxAge: flashSeconds, HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode}
	name := flashCookie
	if secure {
		name = "__Host-" + name
	}
	return &flashes{store: store, name: name}
}

// Flash leaves a message for the next page: a sentence in the reader's language without anything secret.
func Flash(c echo.Context, f components.Flash) {
	w, _ := c.Get(frameKey).(*Web)
	if w == nil {
		return
	}
	session, _ := w.flashes.store.Get(c.Request(), w.flashes.name) // a broken cookie gives an empty session
	text, err := json.Marshal(f)
	if err != nil || len(text) > mostFlashBytes {
		return
	}
	session.AddFlash(string(text))
	if err := session.Save(c.Request(), c.Response()); err != nil {
		w.log.LogAttrs(c.Request().Context(), slog.LevelWarn, "a message was lost", slog.Any("error", err))
	}
}

// FlashOK leaves the message that something is done; see [Flash].
func FlashOK(c echo.Context, text string) {
	Flash(c, components.Flash{Tone: components.ToneOK, Text: text})
}

// takeFlashes gives a context with the messages that wait, and a function that takes them out of the cookie. It is nil
// when none wait.
func takeFlashes(c echo.Context, ctx context.Context) (context.Context, func()) { //nolint:revive // the context is the page's and not the request's
	w, _ := c.Get(frameKey).(*Web)
	if w == nil {
		return ctx, nil
	}
	session, _ := w.flashes.store.Get(c.Request(), w.flashes.name)
	var found []components.Flash
	for _, raw := range session.Flashes() {
		var f components.Flash
		if text, ok := raw.(string); ok && json.Unmarshal([]byte(text), &f) == nil {
			found = append(found, f)
		}
	}
	if len(found) == 0 {
		return ctx, nil
	}
	return layout.WithFlashes(ctx, found...), func() {
		session.Options.MaxAge = -1
		if err := session.Save(c.Request(), c.Response()); err != nil {
			w.log.LogAttrs(ctx, slog.LevelWarn, "a message stays in its cookie", slog.Any("error", err))
		}
	}
}

func flashesOOB(items []components.Flash) templ.Component {
	return components.Flashes(components.FlashesProps{Items: items, OOB: true})
}
