package handlers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/surveypages"
)

// copyTo offers the surveys that a question can be copied to.
func (h *builder) copyTo(c echo.Context) error {
	return h.renderCopyTo(c, http.StatusOK, "", nil)
}

func (h *builder) renderCopyTo(c echo.Context, status int, chosen string, errs []models.FieldError) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	s, err := h.store.Survey(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return err
	}
	q := s.Draft.V.Question(c.Param("questionID"))
	if q == nil {
		return models.NotFound("survey.error.no_question")
	}
	p := surveypages.SurveyCopyToProps{Survey: *s, Question: *q, Chosen: chosen, Errors: errs}
	if p.Surveys, err = surveyChoices(ctx, h.store, actor, ""); err != nil {
		return err
	}
	p.Surveys = slices.DeleteFunc(p.Surveys, func(o components.Option) bool { return o.Value == s.ID })
	return web.Render(c, status, surveypages.SurveyCopyTo(p))
}

// copyQuestionTo adds a copy of a question to another survey that the actor may edit, opens it there, and tells what could not follow.
func (h *builder) copyQuestionTo(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	var in struct {
		To string `form:"to"`
	}
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	from, err := h.store.SurveyToEdit(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return err
	}
	to, err := h.store.SurveyToEdit(ctx, actor, in.To)
	if slices.Contains([]models.Code{models.CodeNotFound, models.CodeForbidden}, models.ErrorCode(err)) {
		return h.renderCopyTo(c, http.StatusUnprocessableEntity, in.To, []models.FieldError{models.Field("to", "survey.copy_to.error")})
	}
	if err != nil {
		return err
	}
	q, left, err := survey.CopyQuestionTo(&from.Draft.V, c.Param("questionID"), to)
	if err != nil {
		return err
	}
	if _, err := h.store.SaveSurveyDraft(ctx, actor, to, to.DraftRev); err != nil {
		return err
	}
	said := []string{i18n.T(ctx, "survey.copy_to.done", "Survey", from.Name)}
	for _, l := range left {
		said = append(said, i18n.T(ctx, "survey.copy_to.left."+string(l.Kind), "Name", l.Name))
	}
	web.FlashOK(c, strings.Join(said, " "))
	return web.Redirect(c, link.With(link.SurveyBuild(to.ID), "edit", q.ID)+"#"+q.ID)
}
