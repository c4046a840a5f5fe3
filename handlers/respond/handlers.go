package respond

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/internal/link"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views/components"
)

// queryDone is the parameter of the address that an answer ends at: it says thank you, and goes on saying so when it is loaded again.
// Without it, a link that takes several answers of one browser begins a new one.
const queryDone = "done"

// queryAgain is the parameter of the address that begins a new answer in a browser whose answer was not finished in time.
const queryAgain = "again"

// Parameters of a personal link.
const (
	queryCrk    = "crk"
	querySecret = "t"
)

// queryLanguages are the parameters of a link that name a language, and names of pairs in its path.
var queryLanguages = []string{"Q_Language", "language"}

// way gives what the request brings to its link besides the tokens.
func way(c echo.Context, tokens ...string) survey.Way {
	return survey.Way{
		Slug: c.Param("collector"), Crk: c.QueryParam(queryCrk), Secret: c.QueryParam(querySecret), Pass: cookieValue(c, cookiePass), Tokens: tokens, Wishes: wishes(c),
	}
}

// wishes gives the languages that a request asks for.
func wishes(c echo.Context) survey.Wishes {
	w := survey.Wishes{Remember: cookieValue(c, personal(c, cookieLanguage)), Accept: c.Request().Header.Get("Accept-Language")}
	if c.Request().URL.RawQuery == "" && !strings.HasSuffix(c.Path(), "/*") { // as nearly always
		return w
	}
	link := passed(c)
	for _, name := range queryLanguages {
		w.Asked = append(w.Asked, link[name]...)
	}
	return w
}

// policy lets respondents' pages use what is ours and nothing else. Nobody may frame them but the sites that the collector
// names (contract §7, Frames).
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; " +
	"base-uri 'none'; frame-ancestors "

type handler func(c echo.Context) error

// private sets the headers of pages that carry the key to a response (data-model §5).
func private(next handler) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", policy+"'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		return next(c)
	}
}

// letFrame lets the sites that the collector of the visit names show the page in a frame. A browser that keeps no cookies
// there is led by the token in the form.
func letFrame(c echo.Context, v *survey.Visit) {
	if sites, _ := models.ParseFrameSites(v.Collector.FrameSites); len(sites) > 0 {
		c.Response().Header().Set("Content-Security-Policy", policy+strings.Join(sites, " "))
	}
}

// show answers a look at a link. It stores nothing: link scanners open everything (contract §7).
func (r *Room) show(c echo.Context) error {
	v, err := r.survey.Enter(c.Request().Context(), way(c, r.remembered(c)))
	if err != nil {
		return err
	}
	letFrame(c, v)
	if v.Response != nil && v.Again() && beginsAnew(c, v) {
		fresh, err := r.survey.Enter(c.Request().Context(), way(c))
		if err != nil {
			return err
		}
		if fresh.State == survey.StateAnswering || fresh.State == survey.StatePassword { // else who is done hears so, whatever became of the survey
			v = fresh
		}
	}
	v.Carry(passed(c))
	if err := r.survey.Greet(c.Request().Context(), v); err != nil {
		return err
	}
	if v.State != survey.StateAnswering {
		return r.tell(c, v, r.justFinished(c, v))
	}
	r.remember(c, v)
	return r.render(c, page{visit: v, form: v.Form(), opened: r.clock.Now().Unix()})
}

// beginsAnew reports whether a browser that has answered asks for another answer.
func beginsAnew(c echo.Context, v *survey.Visit) bool {
	switch v.State {
	case survey.StateAnswering:
		return false
	case survey.StateDone:
		return c.QueryParam(queryAgain) != "" || c.QueryParam(queryDone) == ""
	}
	return c.QueryParam(queryAgain) != ""
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
	how := way(c, form.Get(fieldToken), cookie)
	how.Wishes.Asked = slices.Concat(form[fieldSpeak], form[fieldLanguage], how.Wishes.Asked)
	if pass := form.Get(fieldPass); pass != "" {
		how.Pass = pass
	}
	v, err := r.survey.Enter(ctx, how)
	if err != nil {
		return err
	}
	letFrame(c, v)
	switch {
	case form.Get(fieldGo) == goOpened:
		return r.opened(c, v)
	case v.State == survey.StatePassword:
		return r.unlock(c, v, form)
	}
	if form.Get(fieldGo) == goLook {
		return r.look(c, v, form)
	}
	answering := v.State == survey.StateAnswering
	sent := survey.Submission{
		Page: form.Get(fieldPage), Back: form.Get(fieldGo) == goBack, Stay: form.Has(fieldSpeak), Form: form, Link: linked(form),
		Opened: r.openedAt(form), IP: c.RealIP(), UserAgent: c.Request().UserAgent(),
	}
	if sent.Stay && answering {
		r.setCookie(c, v, personal(c, cookieLanguage), v.Definition.Language, v.Definition.PartialAfter())
		if v.Response == nil { // nobody has answered yet: nothing is stored
			v.Carry(sent.Link)
			return r.render(c, page{visit: v.Reread(sent.Page, form), form: form, opened: sent.Opened.Unix()})
		}
	}
	next, err := r.survey.Submit(ctx, v, sent)
	if e, ok := errors.AsType[*models.Error](err); ok && e.Code == models.CodeInvalid && next != nil {
		p := wrongPage(next, form, e)
		p.opened = sent.Opened.Unix()
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
	if cookie != "" && !lost(how, next) {
		target := action(next)
		if next.State == survey.StateDone && next.Again() {
			target = link.With(target, queryDone, "1")
		}
		if len(next.Added) > 0 {
			target += "#" + components.FieldID(next.Added[0])
		}
		return c.Redirect(http.StatusSeeOther, target)
	}
	if next.State != survey.StateAnswering {
		return r.tell(c, next, finished || next.State == survey.StateDone)
	}
	return r.render(c, page{visit: next, form: next.Form(), opened: sent.Opened.Unix()})
}

// lost reports whether the next page would not be found by the cookie alone: the password came with the form, and so does not
// come with a redirect.
func lost(how survey.Way, next *survey.Visit) bool {
	return how.Pass != "" && next.Response == nil
}

// opened notes that the page was opened in a browser.
func (r *Room) opened(c echo.Context, v *survey.Visit) error {
	if err := r.survey.Opened(c.Request().Context(), v); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// unlock takes the password of a collector, and shows the first page when it is right.
func (r *Room) unlock(c echo.Context, v *survey.Visit, form url.Values) error {
	ctx := c.Request().Context()
	if !form.Has(fieldPassword) {
		return r.tell(c, v, false)
	}
	pass, err := r.survey.CheckPassword(ctx, v, c.RealIP(), form.Get(fieldPassword))
	if e, ok := errors.AsType[*models.Error](err); ok && (e.Code == models.CodeInvalid || e.Code == models.CodeThrottled) {
		return r.askPassword(c, v, linked(form), e)
	}
	if err != nil {
		return err
	}
	r.setCookie(c, v, cookiePass, pass, keepPass)
	w := v.Way()
	w.Pass = pass
	if v, err = r.survey.Enter(ctx, w); err != nil {
		return err
	}
	v.Carry(linked(form))
	if v.State != survey.StateAnswering {
		return r.tell(c, v, false)
	}
	r.remember(c, v)
	return r.render(c, page{visit: v, form: v.Form(), opened: r.clock.Now().Unix()})
}

// look tells the page's script which of its questions are shown for what its form says now.
func (r *Room) look(c echo.Context, v *survey.Visit, form url.Values) error {
	v.Carry(linked(form))
	return c.JSON(http.StatusOK, map[string][]string{"shown": r.survey.Look(v, form.Get(fieldPage), form)})
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
