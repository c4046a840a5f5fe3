package respond

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/internal/link"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// queryAgain is the parameter of the address that begins a new answer in a browser that has answered.
const queryAgain = "again"

// policy lets respondents' pages use what is ours and nothing else; nobody may frame them (contract §7, Frames).
const policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

type handler func(c echo.Context) error

// private sets the headers of pages that carry the key to a response (data-model §5).
func private(next handler) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		return next(c)
	}
}

// show answers a look at a link. It stores nothing: link scanners open everything (contract §7).
func (r *Room) show(c echo.Context) error {
	v, err := r.survey.Open(c.Request().Context(), c.Param("collector"), r.remembered(c))
	if err != nil {
		return err
	}
	if v.Response != nil && v.State != survey.StateAnswering && c.QueryParam(queryAgain) != "" {
		if v, err = r.survey.Open(c.Request().Context(), v.Collector.Slug); err != nil {
			return err
		}
	}
	if v.State != survey.StateAnswering {
		return r.tell(c, v, r.justFinished(c, v))
	}
	r.remember(c, v)
	return r.render(c, page{visit: v, form: v.Form(), fields: survey.LinkFields(v.Definition, passed(c)), opened: r.clock.Now().Unix()})
}

// lead answers the address of a survey with that of its default link, and keeps what it passes.
func (r *Room) lead(c echo.Context) error {
	live, err := r.survey.Live(c.Request().Context(), c.Param("surveyID"))
	if err != nil {
		return err
	}
	collector := live.DefaultCollector()
	if collector == nil {
		return models.NotFound("respond.unknown.title")
	}
	target := link.Respond(collector.Slug)
	if pairs := segments(c); len(pairs) > 0 {
		for i, s := range pairs {
			pairs[i] = url.PathEscape(s)
		}
		target += "/" + strings.Join(pairs, "/")
	}
	if query := c.Request().URL.RawQuery; query != "" {
		target += "?" + query
	}
	return c.Redirect(http.StatusSeeOther, target)
}

// submit takes a page. It leads to the same address, where the next page is; a browser without cookies would be lost there
// and gets the next page at once.
func (r *Room) submit(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	ctx, cookie := c.Request().Context(), r.remembered(c)
	v, err := r.survey.Open(ctx, c.Param("collector"), form.Get(fieldToken), cookie)
	if err != nil {
		return err
	}
	begins, answering := v.Response == nil, v.State == survey.StateAnswering
	sent := survey.Submission{
		Page: form.Get(fieldPage), Back: form.Get(fieldGo) == "back", Form: form, Link: linked(form),
		Opened: r.openedAt(form), IP: c.RealIP(), UserAgent: c.Request().UserAgent(),
	}
	next, err := r.survey.Submit(ctx, v, sent)
	if e, ok := errors.AsType[*models.Error](err); ok && e.Code == models.CodeInvalid && next != nil {
		p := page{visit: next, form: form, errors: e.Fields, opened: sent.Opened.Unix()}
		if begins {
			p.fields = survey.LinkFields(next.Definition, sent.Link)
		}
		if sent.Page != next.Pages()[next.Page].ID { // an earlier page has to be mended: this form is not its
			p.form = next.Form()
		}
		r.remember(c, next)
		return r.render(c, p)
	}
	if err != nil {
		return err
	}
	finished := answering && next.State == survey.StateDone
	r.remember(c, next)
	if finished {
		r.rememberFinished(c, next)
	}
	if cookie != "" {
		return c.Redirect(http.StatusSeeOther, link.Respond(next.Collector.Slug))
	}
	if next.State != survey.StateAnswering {
		return r.tell(c, next, finished || next.State == survey.StateDone)
	}
	return r.render(c, page{visit: next, form: next.Form(), fields: survey.LinkFields(next.Definition, sent.Link), opened: sent.Opened.Unix()})
}

// readForm reads the form of a page. Fields that cannot be read are passed over, as if they were not there.
func readForm(c echo.Context) (url.Values, error) {
	kind, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil || kind != echo.MIMEApplicationForm {
		return url.Values{}, nil
	}
	body, err := io.ReadAll(c.Request().Body)
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, err
		}
		return nil, &models.Error{Code: models.CodeInvalid, Key: "error.bad_request", Cause: err}
	}
	if bytes.Count(body, []byte("&")) >= maxFields {
		return nil, &models.Error{Code: models.CodeTooLarge, Key: "respond.problem.too_large"}
	}
	form, err := url.ParseQuery(string(body))
	if form == nil && err != nil {
		form = url.Values{}
	}
	return form, nil
}

// linked gives what the link passed, as the first form carries it. What it may set is decided again by who takes it.
func linked(form url.Values) map[string][]string {
	values := map[string][]string{}
	for name, all := range form {
		if field, ok := strings.CutPrefix(name, fieldLink); ok {
			values[field] = all
		}
	}
	return values
}

// openedAt tells when the first page was shown, as its form says.
func (r *Room) openedAt(form url.Values) time.Time {
	seconds, err := strconv.ParseInt(form.Get(fieldOpened), 10, 64)
	if err != nil || seconds < 0 || seconds > 1<<40 {
		return r.clock.Now()
	}
	return time.Unix(seconds, 0).UTC()
}

// passed gives what a link passes: pairs of path segments, and parameters, which count more.
func passed(c echo.Context) map[string][]string {
	values := survey.LinkPairs(segments(c))
	for name, all := range c.QueryParams() {
		values[name] = all
	}
	return values
}

// segments gives the path segments behind the link, decoded one by one: a value may hold a slash.
func segments(c echo.Context) []string {
	pattern := strings.TrimSuffix(c.Path(), "/*")
	if pattern == c.Path() {
		return nil
	}
	all := strings.Split(strings.Trim(c.Request().URL.EscapedPath(), "/"), "/")
	known := strings.Count(pattern, "/")
	if len(all) <= known {
		return nil
	}
	out := make([]string, 0, len(all)-known)
	for _, s := range all[known:] {
		decoded, err := url.PathUnescape(s)
		if err != nil {
			decoded = s
		}
		out = append(out, decoded)
	}
	return out
}
