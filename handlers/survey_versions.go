package handlers

import (
	"context"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views/surveypages"
)

// versionsPage is how many versions a page of their list tells about.
const versionsPage = 20

// versions lists what was put live, the newest first, and what changed each time.
func (h *builder) versions(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	s, err := h.store.Survey(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return err
	}
	before, _ := strconv.Atoi(web.Query(c, "before")) // nonsense begins at the newest
	all, err := h.store.SurveyVersions(ctx, actor, s.ID, before, versionsPage+1)
	if err != nil {
		return err
	}
	p := surveypages.SurveyVersionsProps{Survey: *s}
	if before <= 0 && len(all) > 0 {
		p.Draft = survey.Changes(&all[0].Definition.V, &s.Draft.V)
	}
	for i := range all {
		if i == versionsPage {
			p.Older = link.With(link.SurveyVersions(s.ID), "before", strconv.Itoa(all[i-1].Version))
			break
		}
		item := surveypages.VersionItem{Version: all[i].Version, At: all[i].CreatedAt, By: h.nameOf(ctx, actor, all[i].CreatedBy), About: all[i].Description, Questions: len(all[i].Definition.V.Questions())}
		if i+1 < len(all) {
			item.Changes = survey.Changes(&all[i+1].Definition.V, &all[i].Definition.V)
		}
		p.Items = append(p.Items, item)
	}
	return web.Render(c, http.StatusOK, surveypages.SurveyVersions(p))
}

// nameOf gives the name of who did something; empty when nobody knows any more.
func (h *builder) nameOf(ctx context.Context, actor models.Actor, userID string) string {
	u, err := h.store.User(ctx, actor, userID)
	if err != nil {
		return ""
	}
	return u.Name()
}

// version shows one version, and how it differs from another one or from the draft.
func (h *builder) version(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	s, v, err := h.openVersion(c)
	if err != nil {
		return err
	}
	p := surveypages.SurveyVersionProps{
		Survey: *s, Definition: &v.Definition.V,
		Item: surveypages.VersionItem{Version: v.Version, At: v.CreatedAt, By: h.nameOf(ctx, actor, v.CreatedBy), About: v.Description, Questions: len(v.Definition.V.Questions())},
		With: web.Query(c, "with"),
	}
	other := &s.Draft.V
	if n, err := strconv.Atoi(p.With); err == nil {
		o, err := h.store.SurveyVersion(ctx, s.ID, n)
		if err != nil {
			return err
		}
		other = &o.Definition.V
	} else {
		p.With = ""
	}
	p.Changes = survey.Changes(p.Definition, other)
	return web.Render(c, http.StatusOK, surveypages.SurveyVersion(p))
}

// openVersion reads the version of a survey that the address names.
func (h *builder) openVersion(c echo.Context) (*models.Survey, *models.SurveyVersion, error) {
	ctx := c.Request().Context()
	s, err := h.store.Survey(ctx, web.Actor(c), c.Param("surveyID"))
	if err != nil {
		return nil, nil, err
	}
	n, err := strconv.Atoi(c.Param("version"))
	if err != nil {
		return nil, nil, models.NotFound("error.not_found")
	}
	v, err := h.store.SurveyVersion(ctx, s.ID, n)
	return s, v, err
}

// restore makes a version the draft again. The draft that it takes the place of can be had back.
func (h *builder) restore(c echo.Context) error {
	_, v, err := h.openVersion(c)
	if err != nil {
		return err
	}
	return h.remove(c, func(s *models.Survey) (models.RemovedPart, edited, error) {
		said := i18n.T(c.Request().Context(), "builder.said.restored", "Version", v.Version)
		anonymous := s.Draft.V.Anonymous
		part := survey.ReplaceDraft(s, v.Definition.V)
		s.Draft.V.Anonymous = anonymous // fixed after the first response (contract §7)
		return part, edited{said: said}, nil
	})
}

// check tells what keeps the draft from going live, what may not be meant, and what would change.
func (h *builder) check(c echo.Context) error {
	ctx := c.Request().Context()
	s, err := h.store.Survey(ctx, web.Actor(c), c.Param("surveyID"))
	if err != nil {
		return err
	}
	p := surveypages.SurveyCheckProps{Survey: *s, Warnings: survey.Warnings(s.Name, &s.Draft.V)}
	p.Problems, _ = checkFields(survey.Check(&s.Draft.V))
	if s.Version > 0 {
		live, err := h.store.SurveyVersion(ctx, s.ID, s.Version)
		if err != nil {
			return err
		}
		p.Changes = survey.Changes(&live.Definition.V, &s.Draft.V)
	}
	return web.Render(c, http.StatusOK, surveypages.SurveyCheck(p))
}
