package inbound

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/store"
	"surveyflow/internal/task"
	"surveyflow/internal/trigger"
	"surveyflow/models"
)

// Events answers the addresses at which other programs start workflows (contract §5).
type Events struct {
	store    *store.Store
	triggers *trigger.Service
	errors   web.ErrorWriter
	log      *slog.Logger
}

// NewEvents makes the endpoint of JSON events. Problems are told in the form of the API.
func NewEvents(s *store.Store, t *trigger.Service, errors web.ErrorWriter, log *slog.Logger) *Events {
	return &Events{store: s, triggers: t, errors: errors, log: log}
}

// Take takes an event: it is on disk before it is answered, and the run follows later.
func (h *Events) Take(c echo.Context) error {
	web.SetRequestID(c, models.NewUUID())
	r := c.Request()
	if !strings.EqualFold(c.Param("format"), "json") {
		return models.NotFound("api.error.no_route")
	}
	if r.Method != http.MethodPost {
		c.Response().Header().Set("Allow", http.MethodPost)
		return echo.NewHTTPError(http.StatusMethodNotAllowed)
	}
	ctx := r.Context()
	live, err := h.triggers.Find(ctx, addressOf(r.URL.Query()))
	if err != nil {
		return err
	}
	body := buffers.Get().(*bytes.Buffer) //nolint:errcheck // nothing else is in it
	defer giveBack(body)
	err = h.take(c, live, body)
	if refusal, ok := errors.AsType[*trigger.RefusalError](err); ok {
		h.record(ctx, c, live, refusal, body.Bytes())
	}
	return err
}

// addressOf reads which workflow a request is for. Parameters that it does not know are no matter.
func addressOf(q url.Values) trigger.Address {
	get := func(name string) string { return models.CleanText(q.Get(name)) }
	return trigger.Address{
		Token: get("urlTokenId"), ContextID: get("contextId"), UserID: get("userId"), BrandID: get("brandId"), WorkflowID: get("triggerId"),
	}
}

// take checks who sends before it reads what, and answers.
func (h *Events) take(c echo.Context, live *trigger.Live, body *bytes.Buffer) error {
	r := c.Request()
	ctx := r.Context()
	if !trigger.MediaType(r.Header.Get(echo.HeaderContentType)) {
		return trigger.Refuse(models.RefusedContent, echo.NewHTTPError(http.StatusUnsupportedMediaType))
	}
	if err := h.triggers.Authorize(ctx, live, r.Header); err != nil {
		return err
	}
	if err := readEvent(c, body); err != nil {
		return err
	}
	if err := h.triggers.Verify(live, r.Header, body.Bytes()); err != nil {
		return err
	}
	payload, err := trigger.Parse(body.Bytes())
	if err != nil {
		return trigger.Refuse(models.RefusedContent, err)
	}
	if err := h.triggers.Limit(live); err != nil {
		return err
	}
	depth, cause := causeOf(r.Header)
	taken, err := h.triggers.Take(ctx, live, trigger.Sent{Payload: payload, Key: trigger.KeyOf(r.Header), Depth: depth, CauseRun: cause})
	if err != nil {
		return err
	}
	return answerEvent(c, taken)
}

// eventReading is how long a sender may take for a body.
const eventReading = 20 * time.Second

// readEvent reads a body within the limit.
func readEvent(c echo.Context, to *bytes.Buffer) error {
	r := c.Request()
	tooLarge := trigger.Refuse(models.RefusedSize, &models.Error{
		Code: models.CodeTooLarge, Key: "event.error.body_too_large", Args: map[string]any{"KB": models.EventBodyLimit >> 10},
	})
	if r.ContentLength > models.EventBodyLimit {
		c.Response().Header().Set("Connection", "close")
		return tooLarge
	}
	if n := r.ContentLength; n > 0 {
		to.Grow(int(n) + bytes.MinRead)
	} else { // a length that is not known in advance may never end
		deadlines := http.NewResponseController(c.Response())
		_ = deadlines.SetReadDeadline(time.Now().Add(eventReading))
		defer deadlines.SetReadDeadline(time.Time{}) //nolint:errcheck // the server's own remain
	}
	if _, err := to.ReadFrom(io.LimitReader(r.Body, models.EventBodyLimit+1)); err != nil {
		return &models.Error{Code: models.CodeInvalid, Key: "api.error.body_broken", Cause: err}
	}
	if to.Len() > models.EventBodyLimit {
		c.Response().Header().Set("Connection", "close")
		return tooLarge
	}
	return nil
}

// causeOf tells which run of ours sends the event, and how many runs of ours have led to it (contract §7, Own addresses).
func causeOf(h http.Header) (depth int, run *string) {
	depth, err := strconv.Atoi(h.Get(models.HeaderDepth))
	if err != nil || depth < 1 {
		return 0, nil
	}
	if id := h.Get(models.HeaderRun); models.ValidID(models.PrefixRun, id) {
		run = &id
	}
	return depth, run
}

// answerEvent says that the event is kept: the envelope of the API without a result.
func answerEvent(c echo.Context, t trigger.Taken) error {
	b := make([]byte, 0, 256)
	b = append(b, `{"meta":{"httpStatus":"200 - OK","requestId":"`...)
	b = append(b, web.RequestID(c)...)
	b = append(b, '"')
	switch {
	case t.Seen:
		b = append(b, `,"notice":"This event had arrived before; nothing was started again."`...)
	case t.Captured && t.EventID == "":
		b = append(b, `,"notice":"The event was captured as a sample; the workflow is not on."`...)
	}
	b = append(b, "}}"...)
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, b)
}

// record tells the workflow's owner of an event that was refused. That it cannot be told must not change the answer.
func (h *Events) record(ctx context.Context, c echo.Context, live *trigger.Live, refusal *trigger.RefusalError, body []byte) {
	r := c.Request()
	x := models.Exchange{Request: models.ExchangeRequest{Method: r.Method, URL: r.URL.RequestURI(), Headers: headers(r), Body: string(body)}}
	if spec := live.Event.HMAC; spec != nil && spec.Header != "" {
		for i := range x.Request.Headers {
			if strings.EqualFold(x.Request.Headers[i].Name, spec.Header) {
				x.Request.Headers[i].Value = task.Masked
			}
		}
	}
	task.Mask(&x)
	sample := models.RefusalSample{Method: x.Request.Method, URL: x.Request.URL, Headers: x.Request.Headers, Body: x.Request.Body}
	if _, cause := causeOf(r.Header); cause != nil {
		sample.Cause = *cause
	}
	if e, ok := errors.AsType[*models.Error](refusal.Err); ok {
		sample.Error = &models.RunError{Key: e.Key, Args: e.Args}
	}
	err := h.store.RecordRefusal(context.WithoutCancel(ctx), models.Refusal{OrgID: live.OrgID, WorkflowID: live.ID, Reason: refusal.Reason, Sample: sample})
	if err != nil {
		h.log.WarnContext(ctx, "a refused event could not be counted", "workflow", live.ID, "error", err)
	}
}

// buffers hold the bodies of events, one after the other.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func giveBack(b *bytes.Buffer) {
	b.Reset()
	buffers.Put(b)
}
