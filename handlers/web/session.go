package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"surveyflow/internal/account"
	"surveyflow/models"
)

// Values of a gorilla session over the sessions table. The table knows the person; nothing else is kept in a session.
const (
	valueSecret  = "secret"  // of the cookie
	valueSession = "session" // *models.Session
	valueUser    = "user"    // *models.User
	valuePending = "pending" // *models.User whose second factor is still to be shown
	valueExpires = "expires" // time.Time of a new session
)

var _ sessions.Store = (*sessionStore)(nil)

// sessionStore is a gorilla session store whose cookie holds nothing but the secret of a row of the sessions table.
type sessionStore struct {
	people *account.People
	secure bool
}

// cookieName binds the cookie to this host where the connection is safe (RFC 6265bis §4.1.3.2).
func (s *sessionStore) cookieName() string {
	if s.secure {
		return "__Host-surveyflow"
	}
	return "surveyflow"
}

// Get gives the session of the request, read once.
func (s *sessionStore) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(s, name)
}

// New reads the session of the request's cookie; without one, or when it holds no more, the session is a new one.
func (s *sessionStore) New(r *http.Request, name string) (*sessions.Session, error) {
	session := sessions.NewSession(s, name)
	session.Options = &sessions.Options{Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode}
	session.IsNew = true
	cookie, err := r.Cookie(name)
	if err != nil || cookie.Value == "" {
		return session, nil
	}
	user, row, err := s.people.Session(r.Context(), cookie.Value)
	if code := models.ErrorCode(err); code == models.CodeUnauthorized || code == models.CodeNotFound {
		return session, nil
	}
	if err != nil {
		return session, fmt.Errorf("read session: %w", err)
	}
	if row.Stage != models.StageOpen { // nobody is signed in before the second factor was shown
		session.Values[valueSecret], session.Values[valueSession], session.Values[valuePending] = cookie.Value, row, user
		return session, nil
	}
	session.IsNew = false
	session.Values[valueSecret], session.Values[valueSession], session.Values[valueUser] = cookie.Value, row, user
	return session, nil
}

// Save writes the cookie of a session that has begun, or ends the row and the cookie of one whose MaxAge is negative.
func (s *sessionStore) Save(r *http.Request, w http.ResponseWriter, session *sessions.Session) error {
	secret, _ := session.Values[valueSecret].(string)
	options := *session.Options
	if options.MaxAge < 0 {
		if secret != "" {
			if err := s.people.SignOut(r.Context(), secret, ""); err != nil { // only if End did not
				return err
			}
		}
		http.SetCookie(w, sessions.NewCookie(session.Name(), "", &options))
		return nil
	}
	cookie := sessions.NewCookie(session.Name(), secret, &options)
	if expires, ok := session.Values[valueExpires].(time.Time); ok {
		cookie.Expires = expires
	}
	http.SetCookie(w, cookie)
	return nil
}

// Begin puts the secret of a new session into the browser's cookie; account has ended the one that it had before.
func (w *Web) Begin(c echo.Context, secret string) error {
	session, err := w.session(c)
	if err != nil {
		return err
	}
	session.Values[valueSecret] = secret
	session.Values[valueExpires] = w.clock.Now().Add(account.SessionLifetime)
	return session.Save(c.Request(), c.Response())
}

// Client describes the browser for internal/account: its address, name and the session that it has now.
func (w *Web) Client(c echo.Context) (account.Client, error) {
	session, err := w.session(c)
	if err != nil {
		return account.Client{}, err
	}
	secret, _ := session.Values[valueSecret].(string)
	return account.Client{IP: c.RealIP(), UserAgent: c.Request().UserAgent(), Session: secret}, nil
}

// Pending gives whose second factor is still to be shown in this browser, and the session that waits; nil when nobody's is.
func (w *Web) Pending(c echo.Context) (*models.User, *models.Session, error) {
	session, err := w.session(c)
	if err != nil {
		return nil, nil, err
	}
	user, _ := session.Values[valuePending].(*models.User)
	row, _ := session.Values[valueSession].(*models.Session)
	return user, row, nil
}

// End ends the browser's session.
func (w *Web) End(c echo.Context) error {
	session, err := w.session(c)
	if err != nil {
		return err
	}
	secret, _ := session.Values[valueSecret].(string)
	if err := w.people.SignOut(c.Request().Context(), secret, c.RealIP()); err != nil {
		return err
	}
	session.Options.MaxAge = -1
	return session.Save(c.Request(), c.Response())
}

func (w *Web) session(c echo.Context) (*sessions.Session, error) {
	return w.sessions.Get(c.Request(), w.sessions.cookieName())
}
