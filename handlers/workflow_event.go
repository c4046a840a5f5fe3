package handlers

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/extract"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/trigger"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/frame"
	"surveyflow/views/workflowpages"
)

// sent is what is known of the events that other programs send to a workflow.
type sent struct {
	trigger *models.Trigger
	sample  []byte // the last event that was captured, pasted or sent; nil for none
	at      time.Time
	own     bool // the sample was captured or pasted, and not sent to what is live
}

// loadSent reads what is known of the events of a workflow that waits for them. chosen is the id of one of them, to take as
// the sample; empty for the newest.
func (h *workflows) loadSent(ctx context.Context, actor models.Actor, w *models.Workflow, chosen string) (*sent, error) {
	if w.Draft.V.Event.Type == models.EventSurveyResponse {
		return nil, nil
	}
	s := &sent{}
	var err error
	if w.Draft.V.Event.Type == models.EventSurveyDefinition {
		if s.sample, err = h.sampleChange(ctx, actor, w); err != nil {
			return nil, err
		}
	}
	if w.Draft.V.Event.Type == models.EventSchedule {
		if s.sample, err = models.MarshalJSON(workflow.SampleTick(w.Draft.V.Event, h.clock.Now())); err != nil {
			return nil, err
		}
	}
	if w.Draft.V.Event.Type == models.EventJSON {
		if s.trigger, err = h.store.Trigger(ctx, actor, w.ID); err != nil && models.ErrorCode(err) != models.CodeNotFound {
			return nil, err
		}
	}
	if s.trigger != nil && s.trigger.Sample != "" && s.trigger.SampleAt != nil {
		s.sample, s.at, s.own = []byte(s.trigger.Sample), *s.trigger.SampleAt, true
	}
	var events []models.Event
	if models.ValidID(models.PrefixEvent, chosen) {
		e, err := h.store.SentEvent(ctx, actor, w.ID, chosen)
		if err == nil {
			events, s.sample = []models.Event{*e}, nil
		} else if models.ErrorCode(err) != models.CodeNotFound {
			return nil, err
		}
	}
	if events == nil {
		if events, err = h.store.SentEvents(ctx, actor, w.ID, 1); err != nil {
			return nil, err
		}
	}
	if len(events) == 0 || s.sample != nil && !events[0].CreatedAt.After(s.at) {
		return s, nil
	}
	snapshot, err := workflow.SnapshotOf(&events[0])
	if err != nil {
		return nil, err
	}
	if len(snapshot.Payload) > 0 {
		s.sample, s.at, s.own = snapshot.Payload, events[0].CreatedAt, false
	}
	return s, nil
}

// sampleChange makes up a change of the workflow's survey.
func (h *workflows) sampleChange(ctx context.Context, actor models.Actor, w *models.Workflow) ([]byte, error) {
	var v *models.Survey
	if w.SurveyID != nil {
		var err error
		if v, err = h.store.Survey(ctx, actor, *w.SurveyID); err != nil && models.ErrorCode(err) != models.CodeNotFound {
			return nil, err
		}
	}
	return models.MarshalJSON(workflow.SampleChange(w.Draft.V.Event, v, h.clock.Now()))
}

// examples gives the values of the sample, for the examples of tokens.
func (s *sent) examples(ctx context.Context, e models.EventSpec, surveyLink string, now time.Time) exampleValues {
	values := &workflow.Values{Snapshot: &models.Snapshot{V: models.SnapshotVersion, Payload: s.sample}, Fields: workflow.NewEventFields(e), Link: surveyLink}
	words := ""
	if s.sample != nil {
		words = i18n.T(ctx, "piped.examples.event", "Time", i18n.Time(ctx, s.at))
	}
	return exampleValues{source: &pipedtext.Env{Source: values, Now: now}, words: words}
}

// document reads the sample.
func (s *sent) document() *extract.Document {
	if s == nil || s.sample == nil {
		return nil
	}
	return extract.Read(s.sample, "application/json")
}

// eventTokens offers the fields of the event by their names, and then all parts of the last one that was sent.
func eventTokens(ctx context.Context, s pipedScope) ([]components.PipedToken, error) {
	if s.event.Type == "" || s.event.Type == models.EventSurveyResponse {
		return nil, nil
	}
	var all []components.PipedToken
	group := i18n.T(ctx, "workflow.tokens.event")
	for _, f := range workflow.FieldsOf(s.event) {
		if f.Name != "" {
			all = append(all, components.PipedToken{Group: group, Label: fieldLabel(ctx, s.event.Type, f.Name), Text: "~{aedj://" + f.Name + "}"})
		}
	}
	if s.event.Type != models.EventJSON {
		return all, nil
	}
	group = i18n.T(ctx, "workflow.tokens.sent")
	all = append(all, components.PipedToken{Group: group, Label: i18n.T(ctx, "workflow.token.sent"), Text: "~{aedj://$}"})
	if doc := s.sent.document(); doc != nil {
		parts, _ := doc.Parts(mostParts)
		for _, part := range parts {
			if text := "~{aedj://" + part.Path + "}"; !strings.ContainsAny(part.Path, "{}") {
				all = append(all, components.PipedToken{Group: group, Label: part.Path, Text: text})
			}
		}
	}
	return all, nil
}

// fieldLabel is what a field is called: by its owner, or in the words of the catalogue for those that an event has by itself.
func fieldLabel(ctx context.Context, t models.EventType, name string) string {
	if key := "workflow.token." + string(t) + "." + name; t != models.EventJSON && i18n.Has(key) {
		return i18n.T(ctx, key)
	}
	return name
}

// fillSent shows in the panel of the event what is known of it.
func (h *workflows) fillSent(c echo.Context, e *editor, p *workflowpages.WorkflowProps) {
	ctx := c.Request().Context()
	if p.Zones = zoneOptions(web.Organisation(c).TimeZone, p.Event.TimeZone); p.Event.TimeZone == "" {
		p.Event.TimeZone = web.Organisation(c).TimeZone
	}
	p.NextTicks = workflow.NextTicks(p.Event, h.clock.Now(), nextTicks)
	if e.sent == nil {
		return
	}
	p.TestEvent = string(e.sent.sample)
	if p.TestEvent == "" {
		p.TestEvent = "{}"
	}
	t := e.sent.trigger
	if t == nil || p.Event.Type != models.EventJSON {
		return
	}
	now := h.clock.Now()
	w := e.workflow
	contextID := w.ID
	if w.SurveyID != nil {
		contextID = *w.SurveyID
	}
	p.Sent.URL = h.base.JSONEvent(t.Token)
	p.Sent.ContextURL = h.base.JSONEventContext(contextID, w.OwnerID, w.OrgID, w.ID)
	p.Sent.HasSecret = t.HMACSealed != ""
	if !p.Sent.HasSecret {
		p.Sent.NewSecret = newSecret()
	}
	p.Sent.Sample = string(e.sent.sample)
	p.Sent.Curl = curlOf(p.Sent.URL, p.Sent.Sample, w.Draft.V.Event)
	if p.Sent.Capturing = t.Capturing(now); p.Sent.Capturing {
		p.Sent.Until = *t.CaptureUntil
	}
	found := workflowpages.OutputsProps{WorkflowID: w.ID}
	doc := e.sent.document()
	if doc != nil {
		key := "event.source.sent"
		if e.sent.own {
			key = "event.source.captured"
		}
		found.Known, found.Source = true, i18n.T(ctx, key, "Time", i18n.Time(ctx, e.sent.at))
		parts, more := doc.Parts(mostParts)
		found.More = more
		for _, part := range parts {
			found.Found = append(found.Found, workflowpages.FoundOutput{
				Path: part.Path, Name: extract.LastName(part.Path), Value: cutValue(string(part.Value)),
				Added: slices.ContainsFunc(p.Event.Fields, func(f models.EventField) bool { return f.Path == part.Path }),
			})
		}
	}
	for _, f := range p.Event.Fields {
		found.Results = append(found.Results, resultOf(ctx, answer{}, doc, f.Path))
	}
	p.Sent.Found = found
}

// newSecret suggests a secret for signatures, as Standard Webhooks writes them.
func newSecret() string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(models.NewCapability() + models.NewCapability()))[:44]
}

// curlOf is a command that sends the sample.
func curlOf(address, sample string, e models.EventSpec) string {
	if sample == "" || len(sample) > 2000 {
		sample = `{"customer": {"email": "ada@example.com"}}`
	}
	command := "curl -X POST '" + address + "' \\\n  -H 'Content-Type: application/json' \\\n"
	if e.Authenticated() {
		command += "  -H 'X-API-TOKEN: YOUR_TOKEN' \\\n"
	}
	return command + "  -d '" + strings.ReplaceAll(sample, "'", `'\''`) + "'"
}

// readEvent gives the event that a form describes, over the one that was there.
func readEvent(form url.Values, do string, old models.EventSpec, hasSurvey bool) models.EventSpec {
	e := models.EventSpec{Type: old.Type}
	if t := models.EventType(form.Get("event.type")); slices.Contains(models.EventTypes, t) && t.FitsSurvey(hasSurvey) {
		e.Type = t
	}
	switch e.Type {
	case models.EventSurveyResponse:
		e.On = []string{}
		e.IncludeIncomplete, e.IncludeImported = form.Get("includeIncomplete") != "", form.Get("includeImported") != ""
		for _, on := range []string{models.OnCreated, models.OnUpdated} {
			if slices.Contains(form["on"], on) {
				e.On = append(e.On, on)
			}
		}
		if old.Type == e.Type && slices.Contains(old.On, models.OnStarted) { // of an event subscription, and not to be chosen
			e.On = append(e.On, models.OnStarted)
		}
		if old.Type != e.Type && len(e.On) == 0 { // its part of the form was not shown
			e.On = []string{models.OnCreated}
		}
	case models.EventSurveyDefinition:
		e.On = []string{}
		for _, on := range models.SurveyChanges {
			if slices.Contains(form["change"], on) {
				e.On = append(e.On, on)
			}
		}
		if old.Type != e.Type && len(e.On) == 0 { // its part of the form was not shown
			e.On = slices.Clone(models.SurveyChanges)
		}
	case models.EventSchedule:
		readSchedule(form, old, &e)
	case models.EventContactList:
		e.On, e.MailingListID = []string{models.OnAdded}, strings.TrimSpace(form.Get("event.mailingListId"))
	case models.EventJSON:
		readJSONEvent(form, do, old, &e)
	}
	return e
}

func readJSONEvent(form url.Values, do string, old models.EventSpec, e *models.EventSpec) {
	on := form.Get("event.authentication") != ""
	if old.Type != e.Type && !form.Has("event.hmac.scheme") { // its part of the form was not there
		on = true
	}
	e.Authentication = &on
	e.Fields = []models.EventField{}
	for _, name := range rowNames(form, "event.fields", do) {
		f := models.EventField{Name: strings.TrimSpace(form.Get(name + ".name")), Path: strings.TrimSpace(form.Get(name + ".path"))}
		if f != (models.EventField{}) {
			e.Fields = append(e.Fields, f)
		}
	}
	if do == "add:event.fields" {
		e.Fields = append(e.Fields, models.EventField{})
	}
	if path, ok := strings.CutPrefix(do, "output:"); ok && !slices.ContainsFunc(e.Fields, func(f models.EventField) bool { return f.Path == path }) {
		taken := make([]models.OutputSpec, len(e.Fields))
		for i, f := range e.Fields {
			taken[i].Name = f.Name
		}
		e.Fields = append(e.Fields, models.EventField{Name: freeName(taken, extract.LastName(path)), Path: path})
	}
	if scheme := models.HMACScheme(form.Get("event.hmac.scheme")); slices.Contains(models.HMACSchemes, scheme) {
		e.HMAC = &models.HMACSpec{
			Scheme: scheme, Header: strings.TrimSpace(form.Get("event.hmac.header")), Prefix: strings.TrimSpace(form.Get("event.hmac.prefix")),
			Algorithm: models.HMACAlgorithm(form.Get("event.hmac.algorithm")), Encoding: models.HMACEncoding(form.Get("event.hmac.encoding")),
		}
	}
	if text := strings.TrimSpace(form.Get("event.ratePerMinute")); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n <= 0 {
			n = -1 // the check names it
		}
		e.RatePerMinute = n
	}
}

func (h *workflows) saveEvent(c echo.Context) error {
	f, err := readDraft(c)
	if err != nil {
		return err
	}
	e, err := h.open(c)
	if err != nil {
		return err
	}
	def := e.workflow.Draft.V
	event := readEvent(f.Values, f.do, def.Event, e.workflow.SurveyID != nil)
	changed := event.Type != def.Event.Type
	def.Event = event
	if (event.Type == models.EventSurveyResponse || event.Type == models.EventSurveyDefinition) && len(event.On) == 0 {
		return h.noEvent(c, e, f, event)
	}
	if err := h.save(c, e, def, f.revision); err != nil {
		return h.conflict(c, e, f, frame.EditEvent, err, func(p *workflowpages.WorkflowProps) { p.Event = event })
	}
	if event.Type == models.EventJSON {
		if err := h.keepSecret(c, e, f); err != nil {
			return err
		}
		if verb, what, _ := strings.Cut(f.do, ":"); verb == "capture" || verb == "sample" {
			return h.changeSample(c, e, verb+":"+what, f.Get("sample"))
		}
	}
	if changed && !f.auto { // the panel has other fields now, and nothing of them was typed yet
		web.FlashOK(c, i18n.T(c.Request().Context(), "workflow.saved"))
		return web.Redirect(c, frame.EditorPath(e.workflow.ID, frame.EditEvent))
	}
	return h.saved(c, e, f, frame.EditEvent)
}

// keepSecret seals a secret that was typed. While somebody types only one that is whole is kept: the beginning of a secret is
// none.
func (h *workflows) keepSecret(c echo.Context, e *editor, f draftForm) error {
	key := strings.TrimSpace(f.Get("event.hmac.secret"))
	if key == "" || e.workflow.Draft.V.Event.HMAC == nil || len(key) > models.MaxHMACSecretBytes {
		return nil
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(key, "whsec_"))
	if whole := strings.HasPrefix(key, "whsec_") && err == nil && len(raw) >= 24; f.auto && !whole {
		return nil
	}
	ctx := c.Request().Context()
	err = h.store.UpdateTrigger(ctx, web.Actor(c), e.workflow.ID, func(t *models.Trigger) error {
		return trigger.SealSecret(ctx, h.sealer, t, key, h.clock.Now())
	})
	if err != nil {
		return err
	}
	return h.reload(c, e)
}

// reload reads again what a form has changed beside the draft.
func (h *workflows) reload(c echo.Context, e *editor) error {
	var err error
	if e.sent, err = h.loadSent(c.Request().Context(), web.Actor(c), e.workflow, ""); err != nil {
		return err
	}
	e.check(h)
	return e.checkCredentials(c, h)
}

// changeSample begins or ends to listen for a sample, or takes one that was pasted.
func (h *workflows) changeSample(c echo.Context, e *editor, do, pasted string) error {
	ctx := c.Request().Context()
	now := h.clock.Now()
	change := func(t *models.Trigger) error { t.CaptureUntil = nil; return nil }
	switch do {
	case "capture:start":
		change = func(t *models.Trigger) error {
			until := now.Add(models.CaptureFor)
			t.CaptureUntil = &until
			return nil
		}
	case "sample:paste":
		text, err := trigger.Parse([]byte(pasted))
		if err == nil && len(text) > models.EventBodyLimit {
			err = &models.Error{Code: models.CodeInvalid, Key: "event.error.body_too_large", Args: map[string]any{"KB": models.EventBodyLimit >> 10}}
		}
		if wrong, ok := domainError(err); ok {
			p, err := h.props(c, e, frame.EditEvent)
			if err != nil {
				return err
			}
			p.Sent.Pasted, p.Sent.PastedError = pasted, i18n.TMap(ctx, wrong.Key, wrong.Args)
			return h.answer(c, http.StatusUnprocessableEntity, p)
		}
		change = func(t *models.Trigger) error {
			t.Sample, t.SampleAt, t.CaptureUntil = string(text), &now, nil
			return nil
		}
	}
	if err := h.store.UpdateTrigger(ctx, web.Actor(c), e.workflow.ID, change); err != nil {
		return err
	}
	return web.Redirect(c, frame.EditorPath(e.workflow.ID, frame.EditEvent))
}

// sample shows what is known of the events: what the page asks for while its owner listens.
func (h *workflows) sample(c echo.Context) error {
	e, err := h.open(c)
	if err != nil {
		return err
	}
	p, err := h.props(c, e, frame.EditEvent)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, workflowpages.EventSample(p))
}

// makeToken makes a token that opens the events of this workflow alone, and shows it this once.
func (h *workflows) makeToken(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	e, err := h.open(c)
	if err != nil {
		return err
	}
	if err := h.store.CheckAccess(ctx, actor, e.workflow.ID, models.AccessEdit); err != nil {
		return err
	}
	secret, _, err := h.people.CreateTokenWith(ctx, actor, account.TokenSettings{Name: cutRunes(e.workflow.Name, 100), Scope: e.workflow.ID})
	if err != nil {
		return err
	}
	p, err := h.props(c, e, frame.EditEvent)
	if err != nil {
		return err
	}
	p.Sent.NewToken = secret
	return h.answer(c, http.StatusOK, p)
}

// eventOptions offers the newest events to try a workflow with.
func (h *workflows) eventOptions(ctx context.Context, actor models.Actor, w *models.Workflow) ([]components.Option, error) {
	events, err := h.store.SentEvents(ctx, actor, w.ID, newestResponses)
	if err != nil {
		return nil, err
	}
	options := make([]components.Option, len(events))
	for i, e := range events {
		options[i] = components.Option{Value: e.ID, Label: i18n.Time(ctx, e.CreatedAt) + " · " + e.ID}
	}
	return options, nil
}

// checkEventSecret adds to the problems of a draft that signatures are asked for and there is no secret.
func (e *editor) checkEventSecret() {
	event := e.workflow.Draft.V.Event
	if event.Type == models.EventJSON && event.HMAC != nil && e.sent != nil && (e.sent.trigger == nil || e.sent.trigger.HMACSealed == "") {
		e.problems = append(e.problems, models.Field("event.hmac.secret", "event.error.hmac_secret"))
	}
}

// testEvent runs the whole workflow on what was typed as its event.
func (h *workflows) testEvent(c echo.Context, e *editor, test workflow.Test, typed string) error {
	payload, err := trigger.Parse([]byte(typed))
	if err == nil && len(payload) > models.EventBodyLimit {
		err = &models.Error{Code: models.CodeInvalid, Key: "event.error.body_too_large", Args: map[string]any{"KB": models.EventBodyLimit >> 10}}
	}
	if wrong, ok := domainError(err); ok {
		p, err := h.props(c, e, frame.EditTest)
		if err != nil {
			return err
		}
		p.TestEvent = typed
		showErrors(&p, []models.FieldError{{Field: "event", Key: wrong.Key, Args: wrong.Args}})
		return h.answer(c, http.StatusUnprocessableEntity, p)
	}
	test.Payload = payload
	run, err := workflow.TestRun(c.Request().Context(), h.store, h.clock, web.Actor(c), test)
	if err != nil {
		return err
	}
	return web.Redirect(c, link.Run(run.ID))
}

// valuesFor gives the values that examples and previews of a workflow are taken from: of the response or event with that id,
// or of the newest.
func (h *workflows) valuesFor(ctx context.Context, actor models.Actor, w *models.Workflow, survey *models.Survey, id string) (exampleValues, *sent, error) {
	if w.Draft.V.Event.Type == models.EventSurveyResponse {
		values, err := examplesOf(ctx, h.store, actor, survey, id, h.base.JFE, h.clock.Now())
		return values, nil, err
	}
	s, err := h.loadSent(ctx, actor, w, id)
	if err != nil {
		return exampleValues{}, nil, err
	}
	surveyLink := ""
	if survey != nil {
		surveyLink = h.base.JFE(survey.ID)
	}
	return s.examples(ctx, w.Draft.V.Event, surveyLink, h.clock.Now()), s, nil
}
