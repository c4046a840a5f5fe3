package respond

import (
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
	"surveyflow/views"
	"surveyflow/views/components"
)

// Names of fields of the form beside the questions, whose names start with QID.
const (
	fieldToken  = "token"
	fieldPage   = "page"
	fieldOpened = "opened" // when the first page was shown, in seconds since 1970
	fieldGo     = "go"     // the button that was used
	fieldLink   = "link."  // and the name of what the link passed
)

// page is a page of questions on its way to the respondent.
type page struct {
	visit  *survey.Visit
	form   url.Values // what the fields hold
	errors []models.FieldError
	fields map[string]string // what the link passed
	opened int64
}

// render writes the page; with errors it is answered 422.
func (r *Room) render(c echo.Context, p page) error {
	status := http.StatusOK
	if len(p.errors) > 0 {
		status = http.StatusUnprocessableEntity
	}
	speak(c, p.visit.Definition.Language)
	return web.Render(c, status, views.RespondPage(r.pageProps(p)))
}

func (r *Room) pageProps(p page) views.RespondPageProps {
	v := p.visit
	pages, piped := v.Pages(), r.survey.Piped(v, p.fields)
	props := views.RespondPageProps{
		Title: v.Live.Survey.Name, Language: v.Definition.Language, Heading: piped.Text(pages[v.Page].Title),
		Page: v.Page + 1, Pages: len(pages), NoProgress: v.Definition.NoProgress, Back: v.Page > 0 && !v.Definition.NoBack,
		Action: link.Respond(v.Collector.Slug), Questions: piped.Questions(v.Questions()), Form: p.form, Errors: p.errors,
		Hidden: []views.RespondHidden{{Name: fieldToken, Value: v.Token.String()}, {Name: fieldPage, Value: pages[v.Page].ID}},
	}
	if v.Page == 0 {
		props.Introduction = piped.Text(v.Definition.Description)
	}
	if v.Response == nil { // nothing is stored yet: what has to last travels with the form
		props.Hidden = append(props.Hidden, views.RespondHidden{Name: fieldOpened, Value: strconv.FormatInt(p.opened, 10)})
		names := make([]string, 0, len(p.fields))
		for name := range p.fields {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			props.Hidden = append(props.Hidden, views.RespondHidden{Name: fieldLink + name, Value: p.fields[name]})
		}
	}
	return props
}

// tell writes the page of a visit that shows no questions. finished says that the respondent has only now answered.
func (r *Room) tell(c echo.Context, v *survey.Visit, finished bool) error {
	speak(c, v.Definition.Language)
	ctx := c.Request().Context()
	props := views.RespondMessageProps{Title: v.Live.Survey.Name, Language: v.Definition.Language}
	status := http.StatusForbidden
	switch {
	case v.State == survey.StateDone && finished:
		return r.thank(c, v, props)
	case v.State == survey.StateDone:
		status = http.StatusOK
		props.Icon, props.Heading, props.Text = components.IconCircleCheck, i18n.T(ctx, "respond.answered.title"), i18n.T(ctx, "respond.answered.text")
		props.Href, props.Label = link.With(link.Respond(v.Collector.Slug), queryAgain, "1"), i18n.T(ctx, "respond.answered.again")
	case v.State == survey.StateExpired:
		status = http.StatusOK
		props.Icon, props.Heading, props.Text = components.IconClock, i18n.T(ctx, "respond.expired.title"), i18n.T(ctx, "respond.expired.text")
		props.Href, props.Label = link.With(link.Respond(v.Collector.Slug), queryAgain, "1"), i18n.T(ctx, "respond.answered.again")
	case v.State == survey.StateNotOpen:
		props.Icon, props.Heading = components.IconClock, i18n.T(ctx, "respond.not_open.title")
		props.Text = i18n.T(ctx, "respond.not_open.text", "Time", i18n.Time(ctx, *v.Live.Survey.OpensAt))
	case v.State == survey.StateNotLive:
		props.Title, props.Language = "", "" // a draft says nothing to strangers
		props.Icon, props.Heading, props.Text = components.IconClock, i18n.T(ctx, "respond.not_live.title"), i18n.T(ctx, "respond.not_live.text")
	default:
		props.Icon, props.Heading, props.Text = components.IconLock, i18n.T(ctx, "respond.closed.title"), i18n.T(ctx, "respond.closed.text")
	}
	return web.Render(c, status, views.RespondMessage(props))
}

// thank ends the survey: with the owner's words, and with the way to where the owner wants the respondent to go on. That is
// a page and a header, not a redirect: the form's policy would stop a form that ends on another site.
func (r *Room) thank(c echo.Context, v *survey.Visit, props views.RespondMessageProps) error {
	ctx := c.Request().Context()
	piped := r.survey.Piped(v, nil)
	props.Icon, props.Heading, props.Text = components.IconCircleCheck, i18n.T(ctx, "respond.done.title"), i18n.T(ctx, "respond.done.text")
	if message := piped.Text(v.Definition.End.Message); message != "" {
		props.Text = message
	}
	if !v.Definition.Anonymous {
		props.Reference = v.Response.ID
	}
	if target := piped.Redirect(v.Definition.End); target != "" {
		c.Response().Header().Set("Refresh", "0; url="+target)
		props.Href, props.Label = target, i18n.T(ctx, "respond.done.continue")
		if v.Definition.End.Message == "" {
			props.Text = i18n.T(ctx, "respond.done.redirect", "Host", host(target))
		}
	}
	return web.Render(c, http.StatusOK, views.RespondMessage(props))
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
	ctx := c.Request().Context()
	props := views.RespondMessageProps{Icon: components.IconCircleAlert, Heading: i18n.T(ctx, "respond.problem.title")}
	switch p.Error.Code {
	case models.CodeNotFound:
		props.Heading, props.Text = i18n.T(ctx, "respond.unknown.title"), i18n.T(ctx, "respond.unknown.text")
	case models.CodeTooLarge:
		props.Text = i18n.T(ctx, "respond.problem.too_large")
	case models.CodeUnavailable:
		props.Text = i18n.T(ctx, "respond.problem.unavailable")
	case "":
		props.Text, props.Reference = i18n.T(ctx, "respond.problem.text"), p.RequestID
	default:
		props.Text = p.Sentence(ctx)
	}
	return web.Render(c, p.Status, views.RespondMessage(props))
}

// speak makes the page speak the survey's language.
func speak(c echo.Context, language string) {
	if language != "" {
		c.SetRequest(c.Request().WithContext(i18n.WithLocale(c.Request().Context(), language)))
	}
}
