package web

import (
	"github.com/labstack/echo/v4"

	"surveyflow/models"
	"surveyflow/views/layout"
)

// accessParams are the parameters of patterns that name what access is asked for.
var accessParams = []string{"surveyID", "workflowID", "runID"}

// requireAccess lets only those pass who may do so much with the survey, workflow or run that the address names. The store
// checks each write again; this is what keeps a page of forms from those who cannot send them, and a new route from being
// open by oversight.
func (w *Web) requireAccess(need models.Access) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			for _, name := range accessParams {
				id := c.Param(name)
				if id == "" {
					continue
				}
				ctx := c.Request().Context()
				access, err := w.store.Access(ctx, Actor(c), id, need)
				if err != nil {
					return err
				}
				c.SetRequest(c.Request().WithContext(layout.WithAccess(ctx, access)))
			}
			return next(c)
		}
	}
}
