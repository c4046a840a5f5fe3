package handlers

import (
	"context"
	"math"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// addQuestion adds a question to a page, at the place that the form names or at the end, and opens it.
func (h *builder) addQuestion(c echo.Context) error {
	in, err := web.Values(c)
	if err != nil {
		return err
	}
	at, err := formPlace(in)
	if err != nil {
		return err
	}
	return h.structure(c, func(s *models.Survey) (edited, error) {
		q, err := survey.InsertQuestion(s, in.Get("page"), models.QuestionType(in.Get("type")), at)
		if err != nil {
			return edited{}, err
		}
		return edited{open: q.ID, fresh: true}, nil
	})
}

// formPlace reads a place in a page, counted from 0; without one it is the end.
func formPlace(in url.Values) (int, error) {
	if in.Get("at") == "" {
		return math.MaxInt, nil
	}
	at, err := strconv.Atoi(in.Get("at"))
	if err != nil || at < 0 {
		return 0, models.Invalid(models.Field("at", "error.whole_number"))
	}
	return at, nil
}

// copyQuestion adds a copy behind a question and opens it.
func (h *builder) copyQuestion(c echo.Context) error {
	return h.structure(c, func(s *models.Survey) (edited, error) {
		q, err := survey.CopyQuestion(s, c.Param("questionID"))
		if err != nil {
			return edited{}, err
		}
		return edited{open: q.ID, fresh: true, said: i18n.T(c.Request().Context(), "builder.said.question_copied")}, nil
	})
}

// moveQuestion moves a question up or down, over the edge of its page too, or to the page and place that the form names.
func (h *builder) moveQuestion(c echo.Context) error {
	in, err := web.Values(c)
	if err != nil {
		return err
	}
	at, err := formPlace(in)
	if err != nil {
		return err
	}
	id := c.Param("questionID")
	return h.structure(c, func(s *models.Survey) (edited, error) {
		page, focus := in.Get("page"), ""
		if page != "" {
			focus = id // dragged there; a button that was pressed keeps the focus itself
		} else {
			to := 1
			if in.Get("to") == "up" {
				to = -1
			}
			if page, at = neighbour(&s.Draft.V, id, to); page == "" {
				return edited{}, models.NotFound("survey.error.no_question")
			}
		}
		if err := survey.MoveQuestion(s, id, page, at); err != nil {
			return edited{}, err
		}
		return edited{focus: focus, said: saidPlace(c.Request().Context(), &s.Draft.V, id)}, nil
	})
}

// neighbour gives the page and place one step before (-1) or behind (1) a question; its own at the very beginning or end.
func neighbour(d *models.SurveyDefinition, id string, to int) (pageID string, at int) {
	page, at := placeOf(d, id)
	if page < 0 {
		return "", 0
	}
	switch at += to; {
	case at < 0 && page == 0:
		at = 0
	case at < 0:
		page--
		at = len(d.Blocks[page].Questions)
	case at >= len(d.Blocks[page].Questions) && page < len(d.Blocks)-1:
		page++
		at = 0
	}
	return d.Blocks[page].ID, at
}

// placeOf gives the page of a question and its place there; -1 when there is none.
func placeOf(d *models.SurveyDefinition, id string) (page, at int) {
	for i := range d.Blocks {
		if at := slices.IndexFunc(d.Blocks[i].Questions, func(q models.Question) bool { return q.ID == id }); at >= 0 {
			return i, at
		}
	}
	return -1, -1
}

// saidPlace tells where a question is now.
func saidPlace(ctx context.Context, d *models.SurveyDefinition, id string) string {
	page, at := placeOf(d, id)
	return i18n.T(ctx, "builder.said.question_moved", "At", at+1, "Of", len(d.Blocks[page].Questions), "Page", page+1)
}

// deleteQuestion removes a question.
func (h *builder) deleteQuestion(c echo.Context) error {
	id := c.Param("questionID")
	return h.remove(c, func(s *models.Survey) (models.RemovedPart, edited, error) {
		page, at := placeOf(&s.Draft.V, id)
		part, err := survey.RemoveQuestion(s, id)
		if err != nil {
			return part, edited{}, err
		}
		ctx := c.Request().Context()
		done := edited{said: i18n.T(ctx, "builder.said.question_removed.unnamed")}
		if name := survey.ShortText(part.Question.Text); name != "" {
			done.said = i18n.T(ctx, "builder.said.question_removed", "Question", name)
		}
		done.focus = s.Draft.V.Blocks[page].ID
		if left := s.Draft.V.Blocks[page].Questions; len(left) > 0 {
			done.focus = left[min(at, len(left)-1)].ID
		}
		return part, done, nil
	})
}
