// Package apiv3 is the API: the paths, shapes and error codes of Qualtrics' API v3, so that its clients work by changing the
// host, and beyond it workflows and runs in the same style (contract §6).
//
// The table in routes.go holds every route with its description, of which openapi.json is made.
package apiv3

import (
	"log/slog"
	"sync"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/clock"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// Deps are what the API needs; cmd fills it in.
type Deps struct {
	Store   *store.Store
	Surveys *survey.Service
	Tokens  *account.Tokens
	Tasks   *task.Registry
	Base    link.Base
	Clock   clock.Clock
	Log     *slog.Logger
	Version string // of the program, for openapi.json
}

// API answers programs. Make it with [New].
type API struct {
	store   *store.Store
	surveys *survey.Service
	tokens  *account.Tokens
	tasks   *task.Registry
	base    link.Base
	clock   clock.Clock
	log     *slog.Logger
	version string
	table   []endpoint

	description func() ([]byte, error) // openapi.json, made when it is first asked for
}

// New makes the API.
func New(d Deps) *API {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Clock == nil {
		d.Clock = clock.System{}
	}
	a := &API{
		store: d.Store, surveys: d.Surveys, tokens: d.Tokens, tasks: d.Tasks, base: d.Base, clock: d.Clock, log: d.Log, version: d.Version,
	}
	a.table = a.endpoints()
	a.description = sync.OnceValues(func() ([]byte, error) { return models.MarshalJSON(a.describe()) })
	return a
}

// Register makes a router fold the spellings of the API's paths before it looks for a route. The routes themselves are
// rows of the one table of routes: see [API.Routes].
func Register(e *echo.Echo) { e.Pre(fold) }

// call is one authenticated request.
type call struct {
	echo.Context
	actor  models.Actor
	caller *account.Caller
	notice []string // what the caller should know although all went well
}

// Param gives a part of the path, cleaned: what no database takes names nothing.
func (c *call) Param(name string) string { return models.CleanText(c.Context.Param(name)) }

// QueryParam gives a parameter of the query, cleaned.
func (c *call) QueryParam(name string) string { return models.CleanText(c.Context.QueryParam(name)) }

// handler answers a call with the member result of the envelope; nil leaves it out.
type handler func(c *call) (any, error)

// serve makes a route's handler of ours: it finds out who calls and writes the envelope.
func (a *API) serve(h handler) echo.HandlerFunc {
	return func(ec echo.Context) error {
		nameRequest(ec)
		c := &call{Context: ec}
		if err := a.authenticate(c); err != nil {
			return err
		}
		result, err := h(c)
		if err != nil {
			return err
		}
		return answer(c, result)
	}
}

// nameRequest gives the request a name of the form that the API's answers have.
func nameRequest(c echo.Context) string {
	id := newUUID()
	web.SetRequestID(c, id)
	return id
}
