package handlers

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/qsf"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views/surveypages"
)

// translations are the pages of a survey's languages. What is saved there is part of the draft.
type translations struct{ builder *builder }

// translationRoutes are their rows.
func translationRoutes(b *builder) []web.Route {
	h := &translations{builder: b}
	return []web.Route{
		{Method: get, Pattern: link.PatternSurveyTranslations, Handler: h.list, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyTranslations, Handler: h.choose, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSurveyTranslation, Handler: h.show, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyTranslation, Handler: h.save, Guard: web.GuardUser, Origin: web.OriginApp},
	}
}

func translationsOf(s *models.Survey) surveypages.TranslationsProps {
	p := surveypages.TranslationsProps{Survey: *s}
	for _, tag := range s.Draft.V.Languages {
		p.Languages = append(p.Languages, survey.ProgressOf(&s.Draft.V, s.Name, tag))
	}
	return p
}

// list shows the languages.
func (h *translations) list(c echo.Context) error {
	s, err := h.builder.store.Survey(c.Request().Context(), web.Actor(c), c.Param("surveyID"))
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, surveypages.Translations(translationsOf(s)))
}

// choose adds a language, or takes one out.
func (h *translations) choose(c echo.Context) error {
	var form struct {
		Do       string `form:"do"`
		Tag      string `form:"tag"`
		Language string `form:"language"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx, tag := c.Request().Context(), form.Tag
	s, err := h.builder.change(c, 0, func(s *models.Survey) (err error) {
		if form.Do == "remove" {
			return survey.RemoveLanguage(s, tag)
		}
		code, known := surveypages.LanguageNamed(ctx, form.Language)
		if !known {
			return models.Invalid(models.Field("language", "translation.error.unknown", "Value", form.Language))
		}
		qsf.Adopt(&s.Draft.V)
		tag, err = survey.AddLanguage(s, code)
		return err
	})
	if fields, status, refused := web.Refused(c, err); refused && s != nil {
		p := translationsOf(s)
		p.Name, p.Errors = form.Language, fields
		return web.Render(c, status, surveypages.Translations(p))
	}
	if err != nil {
		return err
	}
	if form.Do == "remove" {
		web.FlashOK(c, i18n.T(ctx, "translation.removed", "Language", i18n.LanguageName(ctx, tag)))
		return web.Redirect(c, link.SurveyTranslations(s.ID))
	}
	web.FlashOK(c, i18n.T(ctx, "translation.added", "Language", i18n.LanguageName(ctx, tag)))
	return web.Redirect(c, link.SurveyTranslation(s.ID, tag))
}

// translationOf gives the page of a survey's texts in a language.
func translationOf(c echo.Context, s *models.Survey, tag string) (surveypages.TranslationProps, error) {
	d := &s.Draft.V
	if !slices.Contains(d.Languages, tag) {
		return surveypages.TranslationProps{}, models.NotFound("translation.error.no_language")
	}
	p := surveypages.TranslationProps{Survey: *s, Progress: survey.ProgressOf(d, s.Name, tag), Show: models.TextState(c.QueryParam("show"))}
	if p.Show != models.TextMissing && p.Show != models.TextStale {
		p.Show = ""
	}
	for _, t := range d.Texts(s.Name) {
		if row := rowOf(d, &t, tag); p.Show == "" || row.State == p.Show {
			p.Rows = append(p.Rows, row)
		}
	}
	return p, nil
}

func rowOf(d *models.SurveyDefinition, t *models.SurveyText, tag string) surveypages.TranslationRow {
	r := surveypages.TranslationRow{Name: t.Name, Part: t.Part, Form: t.Form, Base: *t.Value, Text: t.Translation(tag).Text, State: t.State(tag)}
	if q := d.Question(t.Question); q != nil {
		r.Question = q.ExportTag()
	}
	if t.Quota != "" {
		r.Question, r.Part = t.Quota, models.PartQuota
	}
	if t.BuiltIn != "" && r.Base == "" { // what somebody wrote is read rather than ours
		r.BuiltIn, r.Fallback = i18n.Say(d.Language, t.BuiltIn), i18n.Say(tag, t.BuiltIn)
	}
	return r
}

// show shows the texts in a language.
func (h *translations) show(c echo.Context) error {
	s, err := h.builder.store.Survey(c.Request().Context(), web.Actor(c), c.Param("surveyID"))
	if err != nil {
		return err
	}
	p, err := translationOf(c, s, c.Param("language"))
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, surveypages.Translation(p))
}

// save saves one text, or says that it is right.
func (h *translations) save(c echo.Context) error {
	var form struct {
		Name string `form:"name,raw"`
		Text string `form:"text"`
		Do   string `form:"do"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx, tag := c.Request().Context(), c.Param("language")
	s, err := h.builder.change(c, 0, func(s *models.Survey) error {
		t := survey.FindText(s, form.Name)
		if form.Do == "confirm" && t != nil && form.Text == t.Translation(tag).Text {
			return survey.ConfirmTranslation(s, tag, form.Name)
		}
		return survey.SetTranslation(s, tag, form.Name, form.Text)
	})
	fields, status, refused := web.Refused(c, err)
	if err != nil && !refused {
		return err
	}
	p, err := translationOf(c, s, tag)
	if err != nil {
		return err
	}
	row := rowOf(&s.Draft.V, survey.FindText(s, form.Name), tag)
	row.Saved = !refused
	if refused {
		row.Text, row.Errors = form.Text, fields
	}
	switch {
	case web.IsFragment(c) && refused:
		return web.Render(c, http.StatusUnprocessableEntity, surveypages.TranslationRowFragment(p, row))
	case web.IsFragment(c):
		return web.Render(c, http.StatusOK, surveypages.TranslationRowFragment(p, row))
	case refused:
		for i := range fields {
			fields[i].Field = surveypages.TranslationField(form.Name)
		}
		p.Errors = fields
		for i := range p.Rows {
			if p.Rows[i].Name == form.Name {
				p.Rows[i] = row
			}
		}
		return web.Render(c, status, surveypages.Translation(p))
	}
	web.FlashOK(c, i18n.T(ctx, "translation.saved"))
	return web.Redirect(c, link.SurveyTranslation(s.ID, tag)+"#"+surveypages.TranslationRowID(form.Name))
}
