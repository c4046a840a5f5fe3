// Package respond is what respondents see: a survey page by page as plain forms, and the pages that say why there is none.
// It needs no JavaScript, and no cookie either: the token of a response travels in its form as well.
package respond

import (
	"net/http"
	"strings"

	"surveyflow/handlers/web"
	"surveyflow/internal/clock"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

const (
	// maxBody is the largest form in bytes.
	maxBody = 1 << 20
	// maxFields is how many fields a form may have: far more than the longest page has choices.
	maxFields = 5000
)

// Deps are what the room needs.
type Deps struct {
	Survey *survey.Service
	Store  *store.Store
	Base   link.Base
	Clock  clock.Clock
}

// Room answers respondents. Make it with [New].
type Room struct {
	survey *survey.Service
	store  *store.Store
	base   link.Base
	clock  clock.Clock
	secure bool
}

// New makes the room.
func New(d Deps) *Room {
	return &Room{survey: d.Survey, store: d.Store, base: d.Base, clock: d.Clock, secure: strings.HasPrefix(d.Base.Respond("x"), "https://")}
}

// Routes are the room's rows of the route table. All but the preview are under the public origin, without a session; a body is
// limited to 1 MB.
func (r *Room) Routes() []web.Route {
	row := func(method, pattern string, handler handler) web.Route {
		return web.Route{
			Method: method, Pattern: pattern, Handler: private(handler), Guard: web.GuardNone, Origin: web.OriginPublic,
			Limit: maxBody, Errors: r.problem,
		}
	}
	return []web.Route{
		row(http.MethodGet, link.PatternRespond, r.show),
		row(http.MethodGet, link.PatternRespondPairs, r.show),
		row(http.MethodPost, link.PatternRespond, r.submit),
		row(http.MethodGet, link.PatternUnsubscribe, r.askUnsubscribe),
		row(http.MethodPost, link.PatternUnsubscribe, r.unsubscribe),
		row(http.MethodGet, link.PatternJFE, r.lead),
		row(http.MethodGet, link.PatternJFEPairs, r.lead),
		r.previewRoute(http.MethodGet, link.PatternSurveyPreview, models.AccessView, r.preview),
		r.previewRoute(http.MethodPost, link.PatternSurveyPreview, models.AccessView, r.tryPage),
		r.previewRoute(http.MethodPost, link.PatternSurveyPreviewRun, models.AccessEdit, r.rehearse),
	}
}
