package handlers

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/survey"
	"surveyflow/internal/survey/template"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/surveypages"
)

// new offers what a new survey can start from.
func (h *surveys) new(c echo.Context) error {
	p := surveypages.SurveyNewProps{Template: web.Query(c, "template"), Templates: templateCards()}
	if t := template.Find(p.Template); t != nil {
		p.Name = t.Name
	} else {
		p.Template = ""
	}
	return web.Render(c, http.StatusOK, surveypages.SurveyNew(p))
}

// template shows what a template holds.
func (h *surveys) template(c echo.Context) error {
	t := template.Find(c.Param("name"))
	if t == nil {
		return models.NotFound("error.not_found")
	}
	def, _ := t.Make()
	return web.Render(c, http.StatusOK, surveypages.SurveyTemplate(surveypages.SurveyTemplateProps{Template: templateCard(t), Definition: &def}))
}

func templateCards() []surveypages.TemplateCard {
	out := make([]surveypages.TemplateCard, len(template.All))
	for i := range template.All {
		out[i] = templateCard(&template.All[i])
	}
	return out
}

func templateCard(t *template.Template) surveypages.TemplateCard {
	return surveypages.TemplateCard{ID: t.ID, Group: t.Group, Name: t.Name, Summary: t.Summary, Questions: t.Questions()}
}

// create makes a survey from a template, or with one question to start from, and opens it.
func (h *surveys) create(c echo.Context) error {
	var form struct {
		Name     string `form:"name"`
		Template string `form:"template"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	if err := checkSurveyName(form.Name); err != nil {
		fields, status, refused := web.Refused(c, err)
		if !refused {
			return err
		}
		return web.Render(c, status, surveypages.SurveyNew(surveypages.SurveyNewProps{Name: form.Name, Template: form.Template, Templates: templateCards(), Errors: fields}))
	}
	ctx, user := c.Request().Context(), web.User(c)
	s, collector := survey.Begin(user.ID, form.Name)
	at := link.SurveyBuild(s.ID)
	if t := template.Find(form.Template); t != nil {
		s.Draft.V, s.NextQID = t.Make()
	} else {
		s.Draft.V = survey.NewDefinition(i18n.Match(user.Language))
		question, err := survey.AddQuestion(s, s.Draft.V.Blocks[0].ID, models.QuestionSingleChoice)
		if err != nil {
			return err
		}
		at = link.With(at, "edit", question.ID, "new", "1")
	}
	if err := h.store.CreateSurvey(ctx, web.Actor(c), s, collector); err != nil {
		return err
	}
	return web.Redirect(c, at)
}

// copy makes a survey of one's own with the questions of another, and opens it.
func (h *surveys) copy(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	source, err := h.store.Survey(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return err
	}
	s, err := survey.Copy(ctx, h.store, actor, source, web.User(c).ID, cutRunes(i18n.T(ctx, "survey.copy.name", "Name", source.Name), maxSurveyName))
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "survey.copied", "Name", source.Name))
	return web.Redirect(c, link.SurveyBuild(s.ID))
}

// mostBulk is how many surveys one action may be about.
const mostBulk = 100

// bulk closes or opens the chosen surveys of the list. Those that cannot be are counted.
func (h *surveys) bulk(c echo.Context) error {
	in, err := web.Values(c)
	if err != nil {
		return err
	}
	ctx, actor := c.Request().Context(), web.Actor(c)
	state := models.SurveyClosed
	if in.Get("do") == "open" {
		state = models.SurveyOpen
	}
	ids := in["survey"]
	done, left := 0, 0
	for _, id := range ids[:min(len(ids), mostBulk)] {
		switch err := survey.SetState(ctx, h.store, survey.Change{Actor: actor, SurveyID: id}, state); models.ErrorCode(err) {
		case "":
			if err != nil {
				return err
			}
			done++
		case models.CodeConflict, models.CodeNotFound: // never live, or gone meanwhile
			left++
		default:
			return err
		}
	}
	if done > 0 || left == 0 {
		web.FlashOK(c, i18n.T(ctx, "survey.bulk."+string(state), "Count", done))
	}
	if left > 0 {
		flashWarning(c, i18n.T(ctx, "survey.bulk.left", "Count", left))
	}
	return web.Redirect(c, sameList(c))
}

// sameList is the list of surveys with the filter that a form was sent from.
func sameList(c echo.Context) string {
	_, query, found := strings.Cut(c.Request().Referer(), link.Surveys()+"?")
	if !found {
		return link.Surveys()
	}
	return link.Surveys() + "?" + query
}

func flashWarning(c echo.Context, text string) {
	web.Flash(c, components.Flash{Tone: components.ToneWarn, Text: text})
}
