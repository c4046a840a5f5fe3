package handlers

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views/surveypages"
)

// addPage adds a page: behind the one that the form names, or at the end.
func (h *builder) addPage(c echo.Context) error {
	in, err := web.Values(c)
	if err != nil {
		return err
	}
	return h.structure(c, func(s *models.Survey) (edited, error) {
		b, err := survey.AddBlock(s, in.Get("after"))
		if err != nil {
			return edited{}, err
		}
		return edited{focus: b.ID, said: i18n.T(c.Request().Context(), "builder.said.page_added")}, nil
	})
}

// copyPage adds a copy of a page behind it.
func (h *builder) copyPage(c echo.Context) error {
	return h.structure(c, func(s *models.Survey) (edited, error) {
		b, err := survey.CopyBlock(s, c.Param("pageID"))
		if err != nil {
			return edited{}, err
		}
		return edited{focus: b.ID, said: i18n.T(c.Request().Context(), "builder.said.page_copied")}, nil
	})
}

// savePage saves the form of a page: its title, and when it is shown.
func (h *builder) savePage(c echo.Context) error {
	in, err := web.Values(c)
	if err != nil {
		return err
	}
	revision, err := revisionOf(in)
	if err != nil {
		return err
	}
	id, edit := c.Param("pageID"), readQuestionEdit(in)
	form := &surveypages.PageForm{Title: strings.TrimSpace(in.Get("title"))}
	s, err := h.change(c, revision, func(s *models.Survey) error {
		b := s.Draft.V.Block(id)
		if b == nil {
			return models.NotFound("survey.error.no_block")
		}
		b.Title = form.Title
		wrong := edit.logic(in, &s.Draft.V, id, &b.Display)
		form.Display = b.Display
		own, _ := checkFields(h.partOf(&s.Draft.V, id))
		return models.Invalid(append(wrong, own...)...)
	})
	fill := func(p *surveypages.BuilderProps) { p.Page = form }
	if fields, invalid := checkFields(err); invalid {
		if edit.do == doAutosave {
			return web.Render(c, http.StatusUnprocessableEntity, surveypages.NotSavedFragment(fields))
		}
		return h.refuse(c, s, id, fields, http.StatusUnprocessableEntity, fill)
	}
	if err != nil {
		return h.stale(c, id, fill, err)
	}
	switch {
	case edit.do == doAutosave:
		return h.autosaved(c, surveypages.BuilderProps{Survey: *s, SavedAt: s.UpdatedAt})
	case edit.ofLogic():
		return h.saved(c, s, edited{open: id, logic: true})
	}
	return h.saved(c, s, edited{focus: id})
}

// movePage moves a page up or down, or to the place that the form names.
func (h *builder) movePage(c echo.Context) error {
	in, err := web.Values(c)
	if err != nil {
		return err
	}
	return h.structure(c, func(s *models.Survey) (edited, error) {
		id, focus := c.Param("pageID"), ""
		at := slices.IndexFunc(s.Draft.V.Blocks, func(b models.Block) bool { return b.ID == id })
		switch to := in.Get("to"); to {
		case "up":
			at--
		case "down":
			at++
		default:
			if at, err = strconv.Atoi(to); err != nil {
				return edited{}, models.Invalid(models.Field("to", "error.whole_number"))
			}
			focus = id // dragged there; a button that was pressed keeps the focus itself
		}
		if err := survey.MoveBlock(s, id, at); err != nil {
			return edited{}, err
		}
		at = slices.IndexFunc(s.Draft.V.Blocks, func(b models.Block) bool { return b.ID == id })
		said := i18n.T(c.Request().Context(), "builder.said.page_moved", "At", at+1, "Of", len(s.Draft.V.Blocks))
		return edited{focus: focus, said: said}, nil
	})
}

// deletePage removes a page with its questions.
func (h *builder) deletePage(c echo.Context) error {
	id := c.Param("pageID")
	return h.remove(c, func(s *models.Survey) (models.RemovedPart, edited, error) {
		at := slices.IndexFunc(s.Draft.V.Blocks, func(b models.Block) bool { return b.ID == id })
		part, err := survey.RemoveBlock(s, id)
		if err != nil {
			return part, edited{}, err
		}
		next := s.Draft.V.Blocks[min(at, len(s.Draft.V.Blocks)-1)].ID
		said := i18n.T(c.Request().Context(), "builder.said.page_removed", "Count", len(part.Block.Questions))
		return part, edited{focus: next, said: said}, nil
	})
}
