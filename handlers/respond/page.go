package respond

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/layout"
	"surveyflow/views/respondpages"
)

// Names of fields of the form beside the questions, whose names start with QID.
const (
	fieldToken  = "token"
	fieldPage   = "page"
	fieldOpened = "opened" // when the first page was shown, in seconds since 1970
	fieldGo     = "go"     // the button that was used
	fieldLink   = "link."  // and the name of what the link passed

	fieldSpeak    = "speak"    // the button of another language
	fieldLanguage = "language" // of the page

	fieldPass     = "pass"     // what a right password gave, for browsers without cookies
	fieldPassword = "password" // of the collector, as it was typed

	goBack   = "back"   // values of fieldGo
	goOpened = "opened" // the page's script says that a browser shows it; see static/js/respond_opened.js
	goLook   = "look"   // the page's script asks which questions are shown; see static/js/respond.js
)

// page is a page of questions on its way to the respondent.
type page struct {
	visit   *survey.Visit
	form    url.Values // what the fields hold
	errors  []models.FieldError
	opened  int64
	preview string // says that the page is one of a preview; empty when it is not
}

// render writes the page; with errors it is answered 422.
func (r *Room) render(c echo.Context, p page) error {
	status := http.StatusOK
	if len(p.errors) > 0 {
		status = http.StatusUnprocessableEntity
	}
	speak(c, p.visit.Definition.Language)
	return web.Render(c, status, respondpages.RespondPage(r.pageProps(p)))
}

func (r *Room) pageProps(p page) respondpages.RespondPageProps {
	v := p.visit
	pages, piped := v.Pages(), v.Piped()
	props := respondpages.RespondPageProps{
		Title: v.Title(), Language: v.Definition.Language, Heading: piped.Text(pages[v.Page].Title), HeadingTranslations: pages[v.Page].Translations, Translations: v.Definition.Translations,
		Buttons: v.Definition.Buttons, Languages: languagesOf(v, ""),
		Page: v.Page + 1, Pages: len(pages), NoProgress: v.Definition.NoProgress, Back: v.Page > 0 && !v.Definition.NoBack,
		Action: action(v), Preview: p.preview, Form: p.form, Errors: p.errors,
		Hidden: []respondpages.RespondHidden{{Name: fieldToken, Value: v.Token.String()}, {Name: fieldPage, Value: pages[v.Page].ID}},
	}
	if props.Languages != nil {
		props.Hidden = append(props.Hidden, respondpages.RespondHidden{Name: fieldLanguage, Value: v.Definition.Language})
	}
	for _, slot := range v.Slots() {
		props.Questions = append(props.Questions, respondpages.RespondSlot{Question: piped.Question(slot.Question), Waiting: slot.Waiting, Follows: slot.Follows})
	}
	props.Followed = v.Followed()
	if v.Page == 0 {
		props.Introduction = piped.Rich(v.Definition.Description)
	}
	if pass := v.Way().Pass; pass != "" && v.Response == nil {
		props.Hidden = append(props.Hidden, respondpages.RespondHidden{Name: fieldPass, Value: pass})
	}
	props.Opened = v.CountsOpening()
	if state := v.PreviewState(); state != "" {
		props.Hidden = append(props.Hidden, respondpages.RespondHidden{Name: fieldPreview, Value: state})
	}
	if v.Response == nil { // nothing is stored yet: what has to last travels with the form
		props.Hidden = append(props.Hidden, respondpages.RespondHidden{Name: fieldOpened, Value: strconv.FormatInt(p.opened, 10)})
		for _, name := range slices.Sorted(maps.Keys(v.Fields)) {
			props.Hidden = append(props.Hidden, respondpages.RespondHidden{Name: fieldLink + name, Value: v.Fields[name]})
		}
	}
	return props
}

// languagesOf are the languages that a page can be read in; nil for one alone. With an address they are links to it, else buttons of
// the page's form.
func languagesOf(v *survey.Visit, address string) []layout.RespondLanguage {
	var all []layout.RespondLanguage
	for _, tag := range v.Languages() {
		l := layout.RespondLanguage{Tag: tag, Name: i18n.OwnLanguageName(tag), Current: tag == v.Definition.Language}
		if address != "" {
			l.Href = link.With(address, queryLanguages[0], tag)
		}
		all = append(all, l)
	}
	return all
}

// action is where the pages of a visit are sent to.
func action(v *survey.Visit) string {
	if v.IsPreview() {
		return link.SurveyPreview(v.Live.Survey.ID)
	}
	if w := v.Way(); v.Invitation != nil && w.Personal() {
		return link.Personal(w.Slug, w.Crk, w.Secret)
	}
	return link.Respond(v.Collector.Slug)
}

// tell writes the page of a visit that shows no questions. finished says that the respondent has only now answered.
func (r *Room) tell(c echo.Context, v *survey.Visit, finished bool) error {
	if v.IsPreview() {
		return r.tellPreview(c, v)
	}
	speak(c, v.Definition.Language)
	ctx := c.Request().Context()
	props := respondpages.RespondMessageProps{Title: v.Title(), Language: v.Definition.Language, Languages: languagesOf(v, action(v))}
	status := http.StatusForbidden
	switch {
	case v.State == survey.StateDone && finished, v.State == survey.StateFull && v.Full():
		return r.thank(c, v, props)
	case v.State == survey.StateDone:
		status = http.StatusOK
		props.Icon, props.Heading, props.Text = components.IconCircleCheck, i18n.T(ctx, "respond.answered.title"), i18n.T(ctx, "respond.answered.text")
		again(ctx, v, &props)
		if !v.Again() {
			props.Text = i18n.T(ctx, "respond.answered.once")
		}
	case v.State == survey.StateExpired:
		status = http.StatusOK
		props.Icon, props.Heading, props.Text = components.IconClock, i18n.T(ctx, "respond.expired.title"), i18n.T(ctx, "respond.expired.text")
		again(ctx, v, &props)
	case v.State == survey.StatePassword:
		return r.askPassword(c, v, passed(c), nil)
	case v.State == survey.StateFull:
		props.Icon, props.Heading, props.Text = components.IconCircleCheck, i18n.T(ctx, "respond.full.title"), i18n.T(ctx, "respond.full.text")
	case v.State == survey.StateInvited:
		props.Icon, props.Heading, props.Text = components.IconLock, i18n.T(ctx, "respond.invited.title"), i18n.T(ctx, "respond.invited.text")
	case v.State == survey.StateOver:
		props.Icon, props.Heading, props.Text = components.IconClock, i18n.T(ctx, "respond.over.title"), i18n.T(ctx, "respond.over.text")
	case v.State == survey.StateNotOpen:
		props.Icon, props.Heading = components.IconClock, i18n.T(ctx, "respond.not_open.title")
		props.Text = i18n.T(ctx, "respond.not_open.text", "Time", i18n.Time(ctx, v.OpensAt()))
	case v.State == survey.StateNotLive:
		props.Title, props.Language, props.Languages = "", "", nil // a draft says nothing to strangers
		props.Icon, props.Heading, props.Text = components.IconClock, i18n.T(ctx, "respond.not_live.title"), i18n.T(ctx, "respond.not_live.text")
	case v.State == survey.StateNothing:
		status = http.StatusOK
		props.Icon, props.Heading, props.Text = components.IconCircleCheck, i18n.T(ctx, "respond.nothing.title"), i18n.T(ctx, "respond.nothing.text")
	default:
		props.Icon, props.Heading, props.Text = components.IconLock, i18n.T(ctx, "respond.closed.title"), i18n.T(ctx, "respond.closed.text")
	}
	return web.Render(c, status, respondpages.RespondMessage(props))
}

// again offers to answer once more, where that is wanted.
func again(ctx context.Context, v *survey.Visit, props *respondpages.RespondMessageProps) {
	if v.Again() {
		address := link.Respond(v.Collector.Slug)
		if inv := v.Invitation; inv != nil {
			address = link.Personal(v.Collector.Slug, inv.Crk, inv.Token)
		}
		props.Href, props.Label = link.With(address, queryAgain, "1"), i18n.T(ctx, "respond.answered.again")
	}
}

// askPassword asks for the password of the collector; what the link passed is kept.
func (r *Room) askPassword(c echo.Context, v *survey.Visit, carried map[string][]string, wrong *models.Error) error {
	speak(c, v.Definition.Language)
	ctx := c.Request().Context()
	props := respondpages.RespondPasswordProps{Title: v.Title(), Language: v.Definition.Language, Languages: languagesOf(v, action(v)), Action: action(v)}
	v.Carry(carried)
	for _, name := range slices.Sorted(maps.Keys(v.Fields)) {
		props.Hidden = append(props.Hidden, respondpages.RespondHidden{Name: fieldLink + name, Value: v.Fields[name]})
	}
	status := http.StatusOK
	switch {
	case wrong == nil:
	case wrong.Code == models.CodeThrottled:
		status = http.StatusTooManyRequests
		props.Error = i18n.TMap(ctx, wrong.Key, wrong.Args)
	default:
		status = http.StatusUnprocessableEntity
		props.Error = i18n.T(ctx, "respond.password.wrong")
	}
	return web.Render(c, status, respondpages.RespondPassword(props))
}

// thank ends the survey: with the owner's words, and with the way to where the owner wants the respondent to go on. That is
// a page and a header, not a redirect: the form's policy would stop a form that ends on another site.
func (r *Room) thank(c echo.Context, v *survey.Visit, props respondpages.RespondMessageProps) error {
	ctx := c.Request().Context()
	piped := v.Piped()
	props.Icon, props.Heading, props.Text = components.IconCircleCheck, i18n.T(ctx, "respond.done.title"), i18n.T(ctx, "respond.done.text")
	end := v.End()
	if v.Full() {
		props.Heading, props.Text = i18n.T(ctx, "respond.full.title"), i18n.T(ctx, "respond.full.text")
	}
	if message := piped.Rich(end.Message); message != "" {
		props.Text, props.Message = message, models.Translations{}
		switch {
		case v.Full():
			quota := models.QuotaMessage(v.FullQuota())
			if v.Definition.Translations[v.Definition.Language][quota].Text != "" {
				props.Message = nil // it is in the language of the page
			}
		case v.Definition.Translations != nil:
			props.Message = v.Definition.Translations
		}
	}
	if !v.Definition.Anonymous && !v.IsPreview() && v.Response != nil {
		props.Reference = v.Response.ID
	}
	switch target := piped.Redirect(end); {
	case v.IsPreview():
		props.Href, props.Label = previewAgain(v), i18n.T(ctx, "respond.preview.again")
		if target != "" {
			props.Note = i18n.T(ctx, "respond.preview.redirect", "Address", target)
		}
	case target != "":
		c.Response().Header().Set("Refresh", "0; url="+target)
		props.Href, props.Label = target, i18n.T(ctx, "respond.done.continue")
		if end.Message == "" {
			props.Text = i18n.T(ctx, "respond.done.redirect", "Host", host(target))
		}
	}
	return web.Render(c, http.StatusOK, respondpages.RespondMessage(props))
}

// tellPreview writes the page of a preview that shows no questions.
func (r *Room) tellPreview(c echo.Context, v *survey.Visit) error {
	props := respondpages.RespondMessageProps{Title: v.Title(), Language: v.Definition.Language}
	props.Preview = i18n.T(c.Request().Context(), "respond.preview") // in the language of who previews, as the rehearsal
	var err error
	if props.Rehearsal, err = r.rehearsal(c, v); err != nil {
		return err
	}
	speak(c, v.Definition.Language)
	ctx := c.Request().Context()
	switch v.State {
	case survey.StateDone:
		return r.thank(c, v, props)
	case survey.StateNotLive:
		props.Icon, props.Heading, props.Text = components.IconClock, i18n.T(ctx, "respond.preview.empty.title"), i18n.T(ctx, "respond.preview.empty.text")
	default:
		props.Icon, props.Heading, props.Text = components.IconCircleCheck, i18n.T(ctx, "respond.nothing.title"), i18n.T(ctx, "respond.nothing.text")
	}
	return web.Render(c, http.StatusOK, respondpages.RespondMessage(props))
}

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Host
}

// problem is how the room tells errors.
func (r *Room) problem(c echo.Context, p web.Problem) error {
	speak(c, i18n.MatchRespondent(c.Request().Header.Get("Accept-Language")))
	ctx := c.Request().Context()
	props := respondpages.RespondMessageProps{Icon: components.IconCircleAlert, Heading: i18n.T(ctx, "respond.problem.title")}
	switch p.Error.Code {
	case models.CodeNotFound:
		props.Heading, props.Text = i18n.T(ctx, "respond.unknown.title"), i18n.T(ctx, "respond.unknown.text")
		if p.Error.Key == "unsubscribe.unknown.title" {
			props.Heading, props.Text = i18n.T(ctx, p.Error.Key), i18n.T(ctx, "unsubscribe.unknown.text")
		}
	case models.CodeTooLarge:
		props.Text = i18n.T(ctx, "respond.problem.too_large")
	case models.CodeUnavailable:
		props.Text = i18n.T(ctx, "respond.problem.unavailable")
	case "":
		props.Text, props.Reference = i18n.T(ctx, "respond.problem.text"), p.RequestID
	default:
		props.Text = p.Sentence(ctx)
	}
	return web.Render(c, p.Status, respondpages.RespondMessage(props))
}

// speak makes the page speak the survey's language.
func speak(c echo.Context, language string) {
	if language != "" {
		c.SetRequest(c.Request().WithContext(i18n.WithLocale(c.Request().Context(), language)))
	}
}
