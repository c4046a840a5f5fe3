// Package apiv3 is the API: the paths, shapes and error codes of Qualtrics' API v3, so that its clients work by changing the
// host, and beyond it workflows and runs in the same style (contract §6).
//
// The table in routes.go holds every route with its description, of which openapi.json is made.
package apiv3

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/clientcert"
	"surveyflow/internal/clock"
	"surveyflow/internal/contact"
	"surveyflow/internal/credential"
	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/internal/outbound"
	"surveyflow/internal/report"
	"surveyflow/internal/secret"
	"surveyflow/internal/signing"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// Deps are what the API needs; cmd fills it in.
type Deps struct {
	Store        *store.Store
	Surveys      *survey.Service
	Reports      *report.Service
	Tokens       *account.Tokens
	Tasks        *task.Registry
	Credentials  *credential.Service
	Contacts     *contact.Service
	Certificates *clientcert.Service // knows those that clients show
	Outbox       *mail.Outbox        // writes the mails of what the API does; nil writes none
	Signing      *signing.Keeper     // the secrets of webhooks
	Base         link.Base
	Clock        clock.Clock
	Log          *slog.Logger
	Version      string // of the program, for openapi.json
	Sealer       *secret.Sealer
	Outbound     *outbound.Client // reads files from addresses that clients name
}

// API answers programs. Make it with [New].
type API struct {
	store        *store.Store
	surveys      *survey.Service
	reports      *report.Service
	tokens       *account.Tokens
	tasks        *task.Registry
	credentials  *credential.Service
	contacts     *contact.Service
	certificates *clientcert.Service
	sharing      survey.Sharing
	signing      *signing.Keeper
	base         link.Base
	clock        clock.Clock
	log          *slog.Logger
	version      string
	sealer       *secret.Sealer
	outbound     *outbound.Client
	router       http.Handler // of all routes, for calls from the documentation; set by [API.Through]
	table        []endpoint

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
		store: d.Store, surveys: d.Surveys, reports: d.Reports, tokens: d.Tokens, tasks: d.Tasks, credentials: d.Credentials, signing: d.Signing, contacts: d.Contacts, certificates: d.Certificates, base: d.Base, clock: d.Clock, log: d.Log, version: d.Version, sealer: d.Sealer, outbound: d.Outbound,
		sharing: survey.Sharing{Store: d.Store, Outbox: d.Outbox, Clock: d.Clock},
	}
	a.table = slices.Concat(a.endpoints(), a.structureEndpoints(), a.peopleEndpoints(), a.certificateEndpoints())
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
		began := time.Now()
		err := a.handle(c, h)
		if c.caller != nil && c.caller.Token.Logged {
			status := c.Response().Status
			if err != nil {
				status = statusOf(web.ProblemOf(err))
			}
			a.tokens.Log(c.caller, c.Request().Method, c.Path(), status, time.Since(began))
		}
		return err
	}
}

// handle finds out who calls, and answers.
func (a *API) handle(c *call, h handler) error {
	if err := a.authenticate(c); err != nil {
		return err
	}
	if seconds := c.caller.Token.TimeoutSeconds; seconds > 0 {
		ctx, cancel := context.WithTimeout(c.Request().Context(), time.Duration(seconds)*time.Second)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
	}
	result, err := h(c)
	if err != nil {
		return err
	}
	return answer(c, result)
}

// nameRequest gives the request a name of the form that the API's answers have.
func nameRequest(c echo.Context) string {
	id := models.NewUUID()
	web.SetRequestID(c, id)
	return id
}
