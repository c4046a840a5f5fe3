package handlers

import (
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"surveyflow/handlers/web"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// health answers operators and their probes (contract §3).
type health struct {
	store   *store.Store
	token   string // opens /metrics to others than loopback; empty means that nothing does
	metrics http.Handler
}

func newHealth(s *store.Store, metricsToken string, metrics prometheus.Gatherer) *health {
	if metrics == nil {
		metrics = prometheus.DefaultGatherer
	}
	return &health{store: s, token: metricsToken, metrics: promhttp.HandlerFor(metrics, promhttp.HandlerOpts{})}
}

// process says that the program runs; it asks nothing else.
func (h *health) process(c echo.Context) error { return c.String(http.StatusOK, "ok\n") }

// ready says whether requests can be served: the database answers and its schema is this program's.
func (h *health) ready(c echo.Context) error {
	ctx := c.Request().Context()
	if err := h.store.Ping(ctx); err != nil {
		return err
	}
	migrated, err := h.store.Migrated(ctx)
	if err != nil {
		return err
	}
	if !migrated {
		return &models.Error{Code: models.CodeUnavailable, Key: "error.unavailable"}
	}
	return c.String(http.StatusOK, "ready\n")
}

// measures gives the program's numbers to Prometheus. For everybody else there is nothing at this address.
func (h *health) measures(c echo.Context) error {
	if !web.FromLoopback(c.Request()) && !h.authorized(c.Request()) {
		return models.NotFound("error.not_found")
	}
	h.metrics.ServeHTTP(c.Response(), c.Request())
	return nil
}

func (h *health) authorized(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && h.token != "" && subtle.ConstantTimeCompare([]byte(token), []byte(h.token)) == 1
}

// plainProblem tells probes an error as a line of text.
func plainProblem(c echo.Context, p web.Problem) error {
	return c.String(p.Status, http.StatusText(p.Status)+"\n")
}
