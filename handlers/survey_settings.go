package handlers

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/richtext"
	"surveyflow/models"
	"surveyflow/views/surveypages"
)

// surveySettings saves what stands on the settings page, and the survey's introduction and end, which stand in the builder.
type surveySettings struct {
	surveys *surveys
	builder *builder
}

// update saves the section of the form.
func (h *surveySettings) update(c echo.Context) error {
	in, err := web.Values(c)
	if err != nil {
		return err
	}
	switch in.Get("section") {
	case "name":
		return h.rename(c)
	case "contact":
		return h.saveContact(c)
	case "dates":
		return h.saveDates(c)
	case "introduction":
		return h.saveIntroduction(c)
	case "end":
		return h.saveEnd(c)
	}
	return h.saveOptions(c)
}

// rename changes the name, which shows at once.
func (h *surveySettings) rename(c echo.Context) error {
	var form struct {
		Name string `form:"name"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx, actor, id := c.Request().Context(), web.Actor(c), c.Param("surveyID")
	err := checkSurveyName(form.Name)
	if err == nil {
		err = h.surveys.store.RenameSurvey(ctx, actor, id, form.Name)
	}
	if fields, invalid := checkFields(err); invalid {
		s, err := h.surveys.store.Survey(ctx, actor, id)
		if err != nil {
			return err
		}
		p := settingsOf(ctx, *s)
		p.Name, p.NameErrors = form.Name, fields
		return h.surveys.renderSettings(c, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "survey.renamed"))
	return web.Redirect(c, link.SurveySettings(id))
}

// saveContact names whom people ask about the survey.
func (h *surveySettings) saveContact(c echo.Context) error {
	var form struct {
		Contact string `form:"contact"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx, actor, id := c.Request().Context(), web.Actor(c), c.Param("surveyID")
	var contact *string
	if form.Contact != "" {
		contact = &form.Contact
	}
	err := h.surveys.store.SetSurveyContact(ctx, actor, id, contact)
	if fields, invalid := checkFields(err); invalid {
		s, err := h.surveys.store.Survey(ctx, actor, id)
		if err != nil {
			return err
		}
		p := settingsOf(ctx, *s)
		p.Contact, p.ContactErrors = form.Contact, fields
		return h.surveys.renderSettings(c, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "survey.contact.saved"))
	return web.Redirect(c, link.SurveySettings(id))
}

// saveIntroduction saves what stands above the first page.
func (h *surveySettings) saveIntroduction(c echo.Context) error {
	var form struct {
		Revision    int64  `form:"revision"`
		Description string `form:"description"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	text := richtext.Clean(form.Description)
	s, err := h.builder.change(c, form.Revision, func(s *models.Survey) error {
		s.Draft.V.Description = text
		return h.builder.ownProblems(&s.Draft.V, "description")
	})
	fill := func(p *surveypages.BuilderProps) { p.Intro = text }
	if fields, invalid := checkFields(err); invalid {
		return h.builder.refuse(c, s, surveypages.EditingIntroduction, fields, http.StatusUnprocessableEntity, fill)
	}
	if err != nil {
		return h.builder.stale(c, surveypages.EditingIntroduction, fill, err)
	}
	return h.builder.saved(c, s, edited{focus: surveypages.EditingIntroduction})
}

// saveEnd saves what follows the last page.
func (h *surveySettings) saveEnd(c echo.Context) error {
	var form struct {
		Revision int64  `form:"revision"`
		Message  string `form:"end.message"`
		Redirect string `form:"end.redirect"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	end := models.EndOfSurvey{Message: richtext.Clean(form.Message), Redirect: form.Redirect}
	s, err := h.builder.change(c, form.Revision, func(s *models.Survey) error {
		s.Draft.V.End = end
		return h.builder.ownProblems(&s.Draft.V, "end.")
	})
	fill := func(p *surveypages.BuilderProps) { p.End = end }
	if fields, invalid := checkFields(err); invalid {
		return h.builder.refuse(c, s, surveypages.EditingEnd, fields, http.StatusUnprocessableEntity, fill)
	}
	if err != nil {
		return h.builder.stale(c, surveypages.EditingEnd, fill, err)
	}
	return h.builder.saved(c, s, edited{})
}

type optionsForm struct {
	Revision    int64  `form:"revision"`
	Back        bool   `form:"back"`
	Progress    bool   `form:"progress"`
	Anonymous   bool   `form:"anonymous"`
	PartialDays string `form:"partialDays"`
	Language    string `form:"language"`
	Next        string `form:"buttons.next"`
	BackWord    string `form:"buttons.back"`
	Submit      string `form:"buttons.submit"`
}

func (f *optionsForm) buttons() models.Buttons {
	return models.Buttons{Next: f.Next, Back: f.BackWord, Submit: f.Submit}
}

// saveOptions saves the options, which are part of the draft.
func (h *surveySettings) saveOptions(c echo.Context) error {
	var form optionsForm
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx, id := c.Request().Context(), c.Param("surveyID")
	counts, err := h.surveys.store.ResponseCounts(ctx, id)
	if err != nil {
		return err
	}
	answered := false
	for _, n := range counts[id] {
		answered = answered || n > 0
	}
	s, err := h.builder.change(c, form.Revision, func(s *models.Survey) error {
		d := &s.Draft.V
		d.NoBack, d.NoProgress, d.PartialDays, d.Buttons = !form.Back, !form.Progress, 0, form.buttons()
		if form.Language != surveypages.LanguageLabel(ctx, d.Language) {
			var known bool
			if d.Language, known = surveypages.LanguageNamed(ctx, form.Language); !known {
				return models.Invalid(models.Field("language", "translation.error.unknown", "Value", form.Language))
			}
			if slices.Contains(d.Languages, d.Language) {
				return models.Invalid(models.Field("language", "survey.options.language.translated", "Language", form.Language))
			}
		}
		if !answered { // fixed after the first response (contract §7)
			d.Anonymous = form.Anonymous
		}
		if form.PartialDays != "" {
			if d.PartialDays, err = strconv.Atoi(form.PartialDays); err != nil {
				return models.Invalid(models.Field("partialDays", "error.whole_number"))
			}
		}
		if err := h.builder.ownProblems(d, "language"); err != nil {
			return err
		}
		if err := h.builder.ownProblems(d, "buttons."); err != nil {
			return err
		}
		return h.builder.ownProblems(d, "partialDays")
	})
	if fields, status, refused := web.Refused(c, err); refused {
		return h.refuseOptions(c, s, form, fields, status)
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "survey.options.saved"))
	return web.Redirect(c, link.SurveySettings(id))
}

// refuseOptions shows the options again as they were typed, over the newest draft.
func (h *surveySettings) refuseOptions(c echo.Context, s *models.Survey, form optionsForm, fields []models.FieldError, status int) error {
	stored, err := h.surveys.store.Survey(c.Request().Context(), web.Actor(c), s.ID)
	if err != nil {
		return err
	}
	p := settingsOf(c.Request().Context(), *stored)
	p.Options = surveypages.SurveyOptionsForm{
		Back: form.Back, Progress: form.Progress, Anonymous: form.Anonymous || stored.Draft.V.Anonymous && p.Responses > 0,
		PartialDays: form.PartialDays, Language: form.Language, Buttons: form.buttons(),
	}
	p.OptErrors = fields
	return h.surveys.renderSettings(c, status, p)
}
