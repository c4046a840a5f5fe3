package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/models"
	"surveyflow/views/workflowpages"
)

// settings shows what is true of a workflow as a whole: its name, survey and owner, how to copy, export and delete it.
func (h *workflows) settings(c echo.Context) error {
	e, err := h.open(c)
	if err != nil {
		return err
	}
	return h.renderSettingsWith(c, http.StatusOK, e, nil)
}

// renderSettings shows the settings; typed puts into the form about notifications what was typed.
func (h *workflows) renderSettings(c echo.Context, status int, e *editor, typed func(*workflowpages.WorkflowNotify)) error {
	return h.renderSettingsWith(c, status, e, func(p *workflowpages.WorkflowSettingsProps) { typed(&p.Notify) })
}

// renderSettingsWith shows the settings; typed, unless it is nil, puts into a form what was typed.
func (h *workflows) renderSettingsWith(c echo.Context, status int, e *editor, typed func(*workflowpages.WorkflowSettingsProps)) error {
	ctx, actor, w := c.Request().Context(), web.Actor(c), e.workflow
	p := workflowpages.WorkflowSettingsProps{Head: headOf(w), Revision: w.DraftRev, CreatedAt: w.CreatedAt, Notify: h.notifyOf(e), OffAfter: workflowpages.OffAfterOf(w)}
	if typed != nil {
		typed(&p)
	}
	var err error
	if p.Waiting, err = h.store.WaitingRuns(ctx, w.ID); err != nil {
		return err
	}
	owner, err := h.store.User(ctx, actor, w.OwnerID)
	if err != nil && models.ErrorCode(err) != models.CodeNotFound {
		return err
	}
	if owner != nil {
		p.Owner = owner.Name()
	}
	if p.Surveys, err = surveyChoices(ctx, h.store, actor, p.Head.SurveyID); err != nil {
		return err
	}
	for _, s := range p.Surveys {
		if s.Value == p.Head.SurveyID {
			p.Head.SurveyName = s.Label
		}
	}
	return web.Render(c, status, workflowpages.WorkflowSettings(p))
}
