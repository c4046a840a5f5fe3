package respond

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/respondpages"
)

// fieldPreview carries a preview from page to page: nothing of it is stored.
const fieldPreview = "preview"

// previewRoute is a row of the preview: for who works on the survey, in a page of the app or in a frame of one.
func (r *Room) previewRoute(method, pattern string, access models.Access, handler handler) web.Route {
	return web.Route{
		Method: method, Pattern: pattern, Handler: framed(handler), Guard: web.GuardUser, Access: access, Origin: web.OriginApp, Limit: maxBody,
	}
}

// framed is private for pages that pages of ours may frame.
func framed(next handler) echo.HandlerFunc {
	return private(func(c echo.Context) error {
		c.Response().Header().Set("Content-Security-Policy", policy+"'self'")
		return next(c)
	})
}

// preview shows the first page of the draft; parameters of the address count as those of a link.
func (r *Room) preview(c echo.Context) error {
	v, err := r.survey.Preview(c.Request().Context(), web.Actor(c), c.Param("surveyID"), "", survey.Way{Wishes: previewWishes(c, nil)})
	if err != nil {
		return err
	}
	v.Carry(c.QueryParams())
	return r.renderPreview(c, page{visit: v, form: v.Form()})
}

// tryPage takes a page of a preview and shows the next: all that was entered before is in the form.
func (r *Room) tryPage(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	v, err := r.survey.Preview(c.Request().Context(), web.Actor(c), c.Param("surveyID"), form.Get(fieldPreview), previewWay(c, form))
	if err != nil {
		return err
	}
	if form.Get(fieldGo) == goLook {
		return r.look(c, v, form)
	}
	next, err := r.survey.TryPage(c.Request().Context(), v, survey.Submission{
		Page: form.Get(fieldPage), Back: form.Get(fieldGo) == goBack, Stay: form.Has(fieldSpeak), Form: form, Link: linked(form),
	})
	if e, ok := errors.AsType[*models.Error](err); ok && e.Code == models.CodeInvalid && next != nil {
		return r.renderPreview(c, wrongPage(next, form, e))
	}
	if err != nil {
		return err
	}
	return r.renderPreview(c, page{visit: next, form: next.Form()})
}

// previewWay gives what a form of a preview brings.
func previewWay(c echo.Context, form url.Values) survey.Way {
	return survey.Way{Tokens: form[fieldToken], Wishes: previewWishes(c, form)}
}

// previewWishes gives the languages that a preview asks for: who previews sees the survey's own unless they say so.
func previewWishes(c echo.Context, form url.Values) survey.Wishes {
	return survey.Wishes{Asked: slices.Concat(form[fieldSpeak], form[fieldLanguage], wishes(c).Asked)}
}

// previewAgain is where a preview begins anew, in the language that it has.
func previewAgain(v *survey.Visit) string {
	if v.Languages() == nil {
		return action(v)
	}
	return link.With(action(v), queryLanguages[0], v.Definition.Language)
}

// rehearse runs the survey's live workflows with the answers of a preview, and says which.
func (r *Room) rehearse(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	v, err := r.survey.Preview(ctx, web.Actor(c), c.Param("surveyID"), form.Get(fieldPreview), previewWay(c, form))
	if err != nil {
		return err
	}
	runs, err := r.survey.Rehearse(ctx, web.Actor(c), v)
	if err != nil {
		return err
	}
	p := respondpages.RespondMessageProps{
		Title: v.Title(), Icon: components.IconCircleCheck, Heading: i18n.T(ctx, "respond.preview.run.done", "Count", len(runs)),
		Text: i18n.T(ctx, "respond.preview.run.done.text"), Href: previewAgain(v), Label: i18n.T(ctx, "respond.preview.again"),
	}
	if len(runs) == 0 {
		p.Icon, p.Heading, p.Text = components.IconClock, i18n.T(ctx, "respond.preview.run.none"), i18n.T(ctx, "respond.preview.run.none.text")
	}
	for i, run := range runs {
		p.Links = append(p.Links, respondpages.RespondLink{Label: i18n.T(ctx, "respond.preview.run.open", "Number", i+1), Href: link.Run(run.ID)})
	}
	return web.Render(c, http.StatusOK, respondpages.RespondMessage(p))
}

// rehearsal offers to run the survey's workflows at the end of a preview; nil where there is nothing to run, or for who may
// not.
func (r *Room) rehearsal(c echo.Context, v *survey.Visit) (*respondpages.RespondRehearsal, error) {
	ctx, s := c.Request().Context(), &v.Live.Survey
	if v.State != survey.StateDone || s.Access < models.AccessEdit || s.Version == 0 {
		return nil, nil
	}
	live, err := r.survey.Live(ctx, s.ID)
	if err != nil || len(live.Workflows) == 0 {
		return nil, err
	}
	return &respondpages.RespondRehearsal{
		Action: link.SurveyPreviewRun(s.ID), Language: i18n.Lang(ctx), Label: i18n.T(ctx, "respond.preview.run"), Text: i18n.T(ctx, "respond.preview.run.text"),
		Hidden: []respondpages.RespondHidden{{Name: fieldToken, Value: v.Token.String()}, {Name: fieldPreview, Value: v.PreviewState()}},
	}, nil
}

// wrongPage is the page of a visit with what is wrong on it.
func wrongPage(v *survey.Visit, form url.Values, e *models.Error) page {
	p := page{visit: v, form: form, errors: e.Fields}
	if form.Get(fieldPage) != v.Pages()[v.Page].ID { // an earlier page has to be mended: this form is not its
		p.form = v.Form()
	}
	return p
}

func (r *Room) renderPreview(c echo.Context, p page) error {
	p.preview = i18n.T(c.Request().Context(), "respond.preview") // in the language of who previews
	if p.visit.State != survey.StateAnswering {
		return r.tell(c, p.visit, true)
	}
	return r.render(c, p)
}
