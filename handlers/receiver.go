package handlers

import (
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/credentialpages"
)

// receivers are the pages of the built-in request receivers. What answers at their public addresses is
// handlers/inbound.
type receivers struct {
	store *store.Store
	base  link.Base
}

// receiverRoutes are the rows of the receivers' pages.
func receiverRoutes(d Deps) []web.Route {
	h := &receivers{store: d.Store, base: d.Base}
	page := func(method, pattern string, handler echo.HandlerFunc) web.Route {
		return web.Route{Method: method, Pattern: pattern, Handler: handler, Guard: web.GuardUser, Origin: web.OriginApp}
	}
	poll := page(get, link.PatternReceiverRequests, h.requests)
	poll.Quiet = true
	return []web.Route{
		page(get, link.PatternReceivers, h.list),
		page(get, link.PatternReceiverNew, h.new),
		page(post, link.PatternReceivers, h.create),
		page(get, link.PatternReceiver, h.show),
		page(post, link.PatternReceiver, h.update),
		poll,
		page(get, link.PatternReceiverRequest, h.request),
		page(post, link.PatternReceiverClear, h.clear),
		page(post, link.PatternReceiverDelete, h.delete),
	}
}

// requestsPage is how many requests a page lists.
const requestsPage = 50

func (h *receivers) list(c echo.Context) error {
	rows, err := h.store.Receivers(c.Request().Context(), web.Actor(c))
	if err != nil {
		return err
	}
	p := credentialpages.ReceiversProps{Items: make([]credentialpages.ReceiverItem, len(rows))}
	for i, r := range rows {
		p.Items[i] = credentialpages.ReceiverItem{Receiver: r.Receiver, URL: h.base.ReceiverURL(r.Token), Requests: r.Requests, LastAt: r.LastAt}
	}
	return web.Render(c, http.StatusOK, credentialpages.Receivers(p))
}

func (h *receivers) new(c echo.Context) error {
	return web.Render(c, http.StatusOK, credentialpages.ReceiverNew(credentialpages.ReceiverNewProps{
		Form: credentialpages.ReceiverForm{Status: "200", Delay: "0", ContentType: "application/json", Body: `{"ok":true}`},
	}))
}

func (h *receivers) create(c echo.Context) error {
	form, r, err := bindReceiver(c)
	if err != nil {
		return err
	}
	if errs := r.check(form); len(errs) > 0 {
		return web.Render(c, http.StatusUnprocessableEntity, credentialpages.ReceiverNew(credentialpages.ReceiverNewProps{Form: form, Errors: errs}))
	}
	r.ID, r.Token = models.NewID(models.PrefixReceiver), models.NewCapability()
	if err := h.store.CreateReceiver(c.Request().Context(), web.Actor(c), &r.Receiver); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(c.Request().Context(), "receiver.made"))
	return web.Redirect(c, link.Receiver(r.ID))
}

func (h *receivers) show(c echo.Context) error {
	p, err := h.page(c, "")
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, credentialpages.Receiver(p))
}

func (h *receivers) request(c echo.Context) error {
	p, err := h.page(c, c.Param("requestID"))
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, credentialpages.Receiver(p))
}

// page gathers what the page of a receiver shows: the chosen request in full, or the newest.
func (h *receivers) page(c echo.Context, requestID string) (credentialpages.ReceiverProps, error) {
	ctx, actor := c.Request().Context(), web.Actor(c)
	r, err := h.store.Receiver(ctx, actor, c.Param("receiverID"))
	if err != nil {
		return credentialpages.ReceiverProps{}, err
	}
	p := credentialpages.ReceiverProps{
		Receiver: *r, URL: h.base.ReceiverURL(r.Token), Chosen: requestID != "",
		Form: credentialpages.ReceiverForm{
			Name: r.Name, Status: strconv.Itoa(r.Status), Delay: strconv.Itoa(r.DelayMS), ContentType: r.ContentType, Body: r.Body,
		},
	}
	if p.Requests, err = h.requestList(c, r.ID); err != nil {
		return p, err
	}
	if requestID == "" && len(p.Requests.Items) > 0 {
		requestID = p.Requests.Items[0].ID
	}
	if requestID != "" {
		if p.Request, err = h.store.ReceivedRequest(ctx, actor, r.ID, requestID); err != nil {
			return p, err
		}
		p.Requests.Current = requestID
	}
	return p, nil
}

// requestList gathers one page of the list of requests.
func (h *receivers) requestList(c echo.Context, receiverID string) (credentialpages.RequestsProps, error) {
	page := web.PageOf(c)
	page.Limit = requestsPage
	items, next, err := h.store.ReceivedRequests(c.Request().Context(), web.Actor(c), receiverID, page)
	if err != nil {
		return credentialpages.RequestsProps{}, err
	}
	p := credentialpages.RequestsProps{ReceiverID: receiverID, Items: items}
	if next != "" {
		p.Older = link.With(link.Receiver(receiverID), "after", next)
	}
	if page.Before != "" {
		p.First = link.Receiver(receiverID)
	} else if len(items) > 0 {
		p.Newest = items[0].ID
	}
	return p, nil
}

// requests answers the page that asks whether something new came: 204 when nothing did.
func (h *receivers) requests(c echo.Context) error {
	ctx, actor, id := c.Request().Context(), web.Actor(c), c.Param("receiverID")
	newest, err := h.store.NewestRequest(ctx, actor, id)
	if err != nil {
		return err
	}
	if newest == web.Query(c, "newest") {
		return c.NoContent(http.StatusNoContent)
	}
	if !web.IsFragment(c) {
		return web.Redirect(c, link.Receiver(id))
	}
	current := web.Query(c, "current")
	if current == "" {
		p, err := h.page(c, "")
		if err != nil {
			return err
		}
		return web.Render(c, http.StatusOK, credentialpages.ReceiverNews(p))
	}
	list, err := h.requestList(c, id)
	if err != nil {
		return err
	}
	list.Current = current
	return web.Render(c, http.StatusOK, credentialpages.ReceiverRequests(list))
}

func (h *receivers) update(c echo.Context) error {
	form, typed, err := bindReceiver(c)
	if err != nil {
		return err
	}
	p, err := h.page(c, "")
	if err != nil {
		return err
	}
	if p.Form, p.Errors = form, typed.check(form); len(p.Errors) > 0 {
		return web.Render(c, http.StatusUnprocessableEntity, credentialpages.Receiver(p))
	}
	typed.ID = p.Receiver.ID
	if err := h.store.SaveReceiver(c.Request().Context(), web.Actor(c), &typed.Receiver); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(c.Request().Context(), "receiver.saved"))
	return web.Redirect(c, link.Receiver(typed.ID))
}

func (h *receivers) clear(c echo.Context) error {
	id := c.Param("receiverID")
	if err := h.store.ClearReceiver(c.Request().Context(), web.Actor(c), id); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(c.Request().Context(), "receiver.cleared"))
	return web.Redirect(c, link.Receiver(id))
}

func (h *receivers) delete(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	r, err := h.store.Receiver(ctx, actor, c.Param("receiverID"))
	if err != nil {
		return err
	}
	if err := h.store.DeleteReceiver(ctx, actor, r.ID); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "receiver.deleted", "Name", r.Name))
	return web.Redirect(c, link.Receivers())
}

// typedReceiver is a receiver as a form describes it.
type typedReceiver struct {
	models.Receiver
	badStatus, badDelay bool // no numbers
}

// bindReceiver reads the form of a receiver: as it was typed, and as it will be kept.
func bindReceiver(c echo.Context) (credentialpages.ReceiverForm, typedReceiver, error) {
	var in struct {
		Name        string `form:"name"`
		Status      string `form:"status"`
		Delay       string `form:"delay"`
		ContentType string `form:"contentType"`
		Body        string `form:"body,raw"`
	}
	if err := web.Bind(c, &in); err != nil {
		return credentialpages.ReceiverForm{}, typedReceiver{}, err
	}
	status, statusErr := strconv.Atoi(in.Status)
	delay, delayErr := 0, error(nil)
	if in.Delay != "" {
		delay, delayErr = strconv.Atoi(in.Delay)
	}
	return credentialpages.ReceiverForm{Name: in.Name, Status: in.Status, Delay: in.Delay, ContentType: in.ContentType, Body: in.Body},
		typedReceiver{
			Receiver:  models.Receiver{Name: in.Name, Status: status, DelayMS: delay, ContentType: in.ContentType, Body: in.Body},
			badStatus: statusErr != nil, badDelay: delayErr != nil,
		}, nil
}

// check tells what is wrong with a receiver's form. Statuses below 200 are no final answers (RFC 9110 §15.2).
func (r *typedReceiver) check(f credentialpages.ReceiverForm) []models.FieldError {
	var fields []models.FieldError
	if r.Name == "" || utf8.RuneCountInString(r.Name) > 100 {
		fields = append(fields, models.Field("name", "receiver.error.name"))
	}
	if r.badStatus || r.Status < 200 || r.Status > 599 {
		fields = append(fields, models.Field("status", "receiver.error.status"))
	}
	if r.badDelay || r.DelayMS < 0 || r.DelayMS > models.ReceiverMaxDelayMS {
		fields = append(fields, models.Field("delay", "receiver.error.delay", "Max", models.ReceiverMaxDelayMS))
	}
	if !slices.Contains(models.ReceiverContentTypes, f.ContentType) {
		fields = append(fields, models.Field("contentType", "receiver.error.content_type"))
	}
	if len(r.Body) > models.ReceiverMaxAnswer {
		fields = append(fields, models.Field("body", "receiver.error.body", "Max", "64 kB"))
	}
	return fields
}
