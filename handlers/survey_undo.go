package handlers

import (
	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views/components"
)

// remove takes a part out of the draft, and offers to put it back.
func (h *builder) remove(c echo.Context, edit func(s *models.Survey) (models.RemovedPart, edited, error)) error {
	revision, err := formRevision(c)
	if err != nil {
		return err
	}
	ctx, actor := c.Request().Context(), web.Actor(c)
	s, err := h.store.Survey(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return err
	}
	if revision != 0 && revision != s.DraftRev {
		return h.stale(c, "", nil, models.Conflict("survey.error.changed", nil))
	}
	part, done, err := edit(s)
	if err != nil {
		return h.stale(c, "", nil, err)
	}
	rev, removal, err := h.store.RemoveFromSurvey(ctx, actor, s, s.DraftRev, part)
	if err != nil {
		return h.stale(c, "", nil, err)
	}
	s.DraftRev, s.UpdatedAt = rev, h.clock.Now()
	done.undo = &components.Flash{
		Tone: components.ToneInfo, Text: done.said, Action: link.SurveyPutBack(s.ID, removal.ID), Label: i18n.T(ctx, "builder.undo"),
	}
	done.said = "" // the message with the button is read aloud by itself
	return h.saved(c, s, done)
}

// putBack puts into the newest draft what was removed from an older one.
func (h *builder) putBack(c echo.Context) error {
	ctx, actor, id := c.Request().Context(), web.Actor(c), c.Param("surveyID")
	removal, err := h.store.SurveyRemoval(ctx, actor, id, c.Param("removalID"))
	if models.ErrorCode(err) == models.CodeNotFound {
		return h.stale(c, "", nil, models.NotFound("survey.error.nothing_removed"))
	}
	if err != nil {
		return err
	}
	s, err := h.store.Survey(ctx, actor, id)
	if err != nil {
		return err
	}
	back, err := survey.PutBack(s, removal.Part.V)
	if err != nil {
		return h.stale(c, "", nil, err)
	}
	rev, err := h.store.PutBackIntoSurvey(ctx, actor, s, s.DraftRev, removal.ID)
	if err != nil {
		return h.stale(c, "", nil, err)
	}
	s.DraftRev, s.UpdatedAt = rev, h.clock.Now()
	if web.IsFragment(c) {
		none := components.Flash{} // takes the message with the button away
		return h.saved(c, s, edited{focus: back, said: i18n.T(ctx, "builder.said.back"), undo: &none})
	}
	web.FlashOK(c, i18n.T(ctx, "builder.said.back"))
	return h.saved(c, s, edited{focus: back})
}
