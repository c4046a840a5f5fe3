package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/apiv3"
	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/settingspages"
)

// apiPages are the pages for people who write programs, beside their tokens: documentation, ids, and the log of calls.
type apiPages struct {
	store *store.Store
	api   *apiv3.API
	base  link.Base
}

// apiPageRoutes are its rows.
func apiPageRoutes(d Deps) []web.Route {
	h := &apiPages{store: d.Store, api: d.API, base: d.Base}
	return []web.Route{
		{Method: get, Pattern: link.PatternSettingsAPIIDs, Handler: h.ids, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSettingsAPILog, Handler: h.log, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSettingsAPIDocs, Handler: h.docs, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSettingsAPIDoc, Handler: h.doc, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSettingsAPIDoc, Handler: h.try, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternAccountTokenLog, Handler: h.switchLog("tokenID", "#tokens"), Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternAccountClientLog, Handler: h.switchLog("clientID", "#clients"), Guard: web.GuardUser, Origin: web.OriginApp},
	}
}

// maxIDs is how many surveys and lists the page with ids shows: the last changed.
const maxIDs = 100

// ids shows what programs name.
func (h *apiPages) ids(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	p := settingspages.APIIDsProps{BrandID: web.Organisation(c).ID, UserID: web.User(c).ID}
	surveys, _, err := h.store.Surveys(ctx, actor, store.SurveyFilter{Page: store.Page{Limit: maxIDs}})
	if err != nil {
		return err
	}
	ids := make([]string, len(surveys))
	for i := range surveys {
		ids[i] = surveys[i].ID
	}
	collectors, err := h.store.CollectorsOf(ctx, ids...)
	if err != nil {
		return err
	}
	for i := range surveys {
		s := &surveys[i]
		group := settingspages.IDGroup{Name: s.Name, ID: s.ID}
		for _, collector := range collectors[s.ID] {
			name := collector.Name
			if name == "" {
				name = i18n.T(ctx, "collector.default")
			}
			group.Inside = append(group.Inside, settingspages.IDGroup{Name: name, ID: collector.ID})
		}
		p.Surveys = append(p.Surveys, group)
	}
	lists, _, err := h.store.ContactLists(ctx, actor, store.Page{Limit: maxIDs})
	if err != nil {
		return err
	}
	for i := range lists {
		p.Lists = append(p.Lists, settingspages.IDGroup{Name: lists[i].Name, ID: lists[i].ID})
	}
	p.Directory = apiv3.DirectoryID(actor.OrgID)
	return web.Render(c, http.StatusOK, settingspages.APIIDs(p))
}

// log shows the calls of one's own tokens and OAuth clients.
func (h *apiPages) log(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	p := settingspages.APILogProps{Token: web.Query(c, "token"), Names: map[string]string{}}
	tokens, err := h.store.APITokens(ctx, actor)
	if err != nil {
		return err
	}
	clients, err := h.store.APIClients(ctx, actor)
	if err != nil {
		return err
	}
	add := func(id, name string, logged bool) {
		p.Names[id] = name
		if logged {
			p.Logged = append(p.Logged, settingspages.LoggedKey{ID: id, Name: name})
		}
	}
	for _, t := range tokens {
		add(t.ID, t.Name, t.Logged)
	}
	for _, client := range clients {
		add(client.ID, client.Name, client.Logged)
	}
	var next string
	if p.Requests, next, err = h.store.APIRequests(ctx, actor, p.Token, web.PageOf(c)); err != nil {
		return err
	}
	p.Pager = pager(c, next)
	return web.Render(c, http.StatusOK, settingspages.APILog(p))
}

// switchLog turns the log of the token or OAuth client on or off that the parameter names, and leads to its place on the page.
func (h *apiPages) switchLog(param, place string) echo.HandlerFunc {
	return func(c echo.Context) error {
		var in struct {
			On bool `form:"on"`
		}
		if err := web.Bind(c, &in); err != nil {
			return err
		}
		ctx := c.Request().Context()
		if err := h.store.SetAPITokenLogged(ctx, web.Actor(c), models.CleanText(c.Param(param)), in.On); err != nil {
			return err
		}
		if in.On {
			web.Flash(c, components.Flash{Tone: components.ToneOK, Text: i18n.T(ctx, "apidocs.log.on.done"), Href: link.SettingsAPILog(), Label: i18n.T(ctx, "apidocs.log")})
		} else {
			web.FlashOK(c, i18n.T(ctx, "apidocs.log.off.done"))
		}
		return web.Redirect(c, link.SettingsAPI()+place)
	}
}

// docs lists what the API can do.
func (h *apiPages) docs(c echo.Context) error {
	return web.Render(c, http.StatusOK, settingspages.APIDocs(settingspages.APIDocsProps{Base: h.base.API(""), Operations: operationsOf(h.api.Operations())}))
}

func operationsOf(all []apiv3.Operation) []settingspages.APIOperation {
	out := make([]settingspages.APIOperation, len(all))
	for i := range all {
		out[i] = viewOf(&all[i])
	}
	return out
}

func viewOf(o *apiv3.Operation) settingspages.APIOperation {
	out := settingspages.APIOperation{
		Name: o.Name, Method: o.Method, Path: o.Path, Tag: o.Tag, Summary: o.Summary, More: o.More, HasBody: o.Body,
		Example: components.Pretty(o.Example), Answer: components.Pretty(o.Answer),
	}
	for _, p := range o.Params {
		out.Params = append(out.Params, settingspages.APIParam{Name: p.Name, In: p.In, Text: p.Text, Required: p.Required, Options: p.Options})
	}
	return out
}

// doc shows one operation with a form to try it.
func (h *apiPages) doc(c echo.Context) error {
	o, ok := h.api.Operation(c.Param("operation"))
	if !ok {
		return models.NotFound("error.not_found")
	}
	p := settingspages.APIDocProps{Base: h.base.API(""), Operation: viewOf(&o), Values: map[string]string{}}
	if p.Operation.HasBody && o.Method != http.MethodPut {
		p.Body = p.Operation.Example
	}
	for _, param := range o.Params {
		p.Values[param.Name] = web.Query(c, param.Name)
	}
	return web.Render(c, http.StatusOK, settingspages.APIDoc(p))
}

// try makes the call with the rights of who is signed in, or of the token that they pasted. The form's protection against
// other sites is that of every form.
func (h *apiPages) try(c echo.Context) error {
	o, ok := h.api.Operation(c.Param("operation"))
	if !ok {
		return models.NotFound("error.not_found")
	}
	in, err := web.Values(c)
	if err != nil {
		return err
	}
	p := settingspages.APIDocProps{Base: h.base.API(""), Operation: viewOf(&o), Values: map[string]string{}, Body: in.Get("body")}
	for _, param := range o.Params {
		p.Values[param.Name] = in.Get("p." + param.Name)
	}
	answer, err := h.api.Try(c.Request().Context(), web.User(c), apiv3.Trial{
		Operation: o.Name, Values: p.Values, Body: p.Body, Token: in.Get("token"), From: c.Request().RemoteAddr,
	})
	if fields, status, refused := web.Refused(c, err); refused {
		for i := range fields {
			fields[i].Field = "p." + fields[i].Field
		}
		p.Errors = fields
		return web.Render(c, status, settingspages.APIDoc(p))
	}
	if err != nil {
		return err
	}
	p.Answer = &settingspages.APIAnswer{
		Method: answer.Method, Address: answer.Address, Status: answer.Status, Body: components.Pretty(answer.Body), Truncated: answer.Truncated, Binary: answer.Binary, Took: answer.Took,
	}
	return web.Render(c, http.StatusOK, settingspages.APIDoc(p))
}
