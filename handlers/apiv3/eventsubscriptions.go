package apiv3

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// subscriptionBody is an event subscription as it is answered (reference §4.9).
type subscriptionBody struct {
	ID              string `json:"id"`
	Scope           string `json:"scope"` // the organisation
	Topics          string `json:"topics"`
	PublicationURL  string `json:"publicationUrl"`
	Encrypted       bool   `json:"encrypted"` // messages are signed with a shared key, and encrypt was not false
	SuccessfulCalls int64  `json:"successfulCalls"`
}

// newSubscription is an event subscription as it is made.
type newSubscription struct {
	Topics         string `json:"topics"`
	PublicationURL string `json:"publicationUrl"`
	Encrypt        *bool  `json:"encrypt"` // nil means as there is a shared key
	SharedKey      string `json:"sharedKey"`
}

var newSubscriptionSchema = schema{
	"type": "object", "required": []string{"topics", "publicationUrl"}, "properties": schema{
		"topics": schema{"type": "string", "description": "surveyengine.completedResponse, surveyengine.partialResponse or surveyengine.startedRecipientSession, with .SV_… for one survey or .* for all, " +
			"surveyengine.*, controlpanel.activateSurvey, controlpanel.deactivateSurvey, controlpanel.*, or * for everything. Of all surveys these are one’s own and shared ones."},
		"publicationUrl": schema{"type": "string", "description": "Where messages are posted, as application/x-www-form-urlencoded."},
		"encrypt":        schema{"type": "boolean", "description": "What encrypted answers; true needs sharedKey. Messages are signed whenever there is a sharedKey, also with false."},
		"sharedKey":      schema{"type": "string", "maxLength": models.MaxSharedKey, "description": "Messages are MSG, a JSON text, and HMAC, its HMAC-SHA-512 by this key in hexadecimal. Never shown."},
	},
}

func (a *API) subscriptionEndpoints() []endpoint {
	return []endpoint{
		{
			method: http.MethodGet, pattern: link.PatternAPISubscriptions, handler: a.serve(a.listSubscriptions), name: "listEventSubscriptions", tag: tagWorkflows,
			summary: "List event subscriptions, the newest first", result: list[subscriptionBody]{}, params: paging,
		},
		{
			method: http.MethodPost, pattern: link.PatternAPISubscriptions, handler: a.serve(a.createSubscription), name: "createEventSubscription", tag: tagWorkflows,
			summary: "Have what happens posted to an address",
			more:    "An event subscription is a workflow, or two where its topic stands for events of both kinds: it is tried again, switched off and replayed like every other.",
			body:    newSubscriptionSchema, result: subscriptionBody{},
		},
		{
			method: http.MethodDelete, pattern: link.PatternAPISubscriptions, handler: a.serve(a.deleteSubscriptions), name: "deleteEventSubscriptions", tag: tagWorkflows,
			summary: "Delete all event subscriptions that are one's own",
		},
		{
			method: http.MethodGet, pattern: link.PatternAPISubscription, handler: a.serve(a.showSubscription), name: "getEventSubscription", tag: tagWorkflows,
			summary: "An event subscription with the number of messages that arrived", result: subscriptionBody{},
		},
		{
			method: http.MethodDelete, pattern: link.PatternAPISubscription, handler: a.serve(a.deleteSubscription), name: "deleteEventSubscription", tag: tagWorkflows,
			summary: "Delete an event subscription; meta.notice says how many waiting runs were canceled",
		},
	}
}

func (c *call) subscriptionBody(s *store.Subscription) subscriptionBody {
	body := subscriptionBody{ID: s.ID, Scope: c.actor.OrgID, Topics: s.Topic, SuccessfulCalls: s.Calls}
	for _, w := range s.Workflows {
		for _, t := range w.Definition.Tasks {
			if config := models.SubscriptionConfig(t); config != nil {
				body.PublicationURL, body.Encrypted = config.URL, config.Subscription.Signed && !config.Subscription.Plain
			}
		}
	}
	return body
}

func (a *API) listSubscriptions(c *call) (any, error) {
	page, err := c.page()
	if err != nil {
		return nil, err
	}
	all, next, err := a.store.Subscriptions(c.Request().Context(), c.actor, page)
	if err != nil {
		return nil, err
	}
	bodies := make([]subscriptionBody, len(all))
	for i := range all {
		bodies[i] = c.subscriptionBody(&all[i])
	}
	return listOf(bodies, a.nextPage(c, next)), nil
}

// noSubscription tells the field's sentence for an event subscription that is not there, or not the caller's.
func noSubscription(err error, id string) error {
	if models.ErrorCode(err) == models.CodeNotFound {
		return &models.Error{Code: models.CodeNotFound, Key: "api.error.no_subscription", Args: map[string]any{"ID": toldText(id)}, Cause: err}
	}
	return err
}

func (a *API) showSubscription(c *call) (any, error) {
	id := c.Param("subscriptionId")
	s, err := a.store.Subscription(c.Request().Context(), c.actor, id)
	if err != nil {
		return nil, noSubscription(err, id)
	}
	return c.subscriptionBody(s), nil
}

func (a *API) deleteSubscription(c *call) (any, error) {
	id := c.Param("subscriptionId")
	canceled, err := a.store.DeleteSubscription(c.Request().Context(), c.actor, id)
	if err != nil {
		return nil, noSubscription(err, id)
	}
	c.tellCanceled(canceled)
	return nil, nil
}

func (a *API) deleteSubscriptions(c *call) (any, error) {
	canceled := 0
	err := a.store.InTx(c.Request().Context(), func(ctx context.Context, tx *store.Store) error {
		canceled = 0
		ids, err := tx.OwnSubscriptions(ctx, c.actor)
		for _, id := range ids {
			if err != nil {
				break
			}
			var n int
			n, err = tx.DeleteSubscription(ctx, c.actor, id)
			canceled += n
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	c.tellCanceled(canceled)
	return nil, nil
}

func (a *API) createSubscription(c *call) (any, error) {
	ctx := c.Request().Context()
	var in newSubscription
	if err := c.body(&in); err != nil {
		return nil, err
	}
	in.Topics = strings.TrimPrefix(strings.TrimSpace(models.CleanText(in.Topics)), c.actor.OrgID+".") // as messages name it
	topic, known := models.ParseTopic(in.Topics)
	var fields []models.FieldError
	switch {
	case in.Topics == models.TopicThreeSixty:
		fields = append(fields, models.Field("topics", "api.error.topic_threesixty"))
	case !known:
		fields = append(fields, models.Field("topics", "api.error.topics"))
	}
	switch {
	case len(in.SharedKey) > models.MaxSharedKey:
		fields = append(fields, models.Field("sharedKey", "api.error.too_long", "Max", models.MaxSharedKey))
	case in.Encrypt != nil && *in.Encrypt && in.SharedKey == "":
		fields = append(fields, models.Field("sharedKey", "api.error.shared_key"))
	}
	config, err := models.MarshalJSON(models.OutboundWebhookConfig{
		URL: strings.TrimSpace(in.PublicationURL), Subscription: &models.SubscriptionSpec{Topic: in.Topics, Signed: in.SharedKey != "", Plain: in.Encrypt != nil && !*in.Encrypt},
	})
	if err != nil {
		return nil, err
	}
	name := i18n.T(ctx, "subscription.name", "Host", hostOf(in.PublicationURL))
	id := models.NewOrderedID(models.PrefixSubscription, a.clock.Now())
	var made []*models.Workflow
	for _, def := range workflow.Subscribed(topic) {
		def.Tasks = []models.TaskSpec{{Type: models.TaskOutboundWebhook, Config: config}}
		def.Notifications.Enabled = true // whoever subscribes by a program sees no page that says that messages fail
		workflow.Normalize(&def)
		w := &models.Workflow{ID: models.NewID(models.PrefixWorkflow), OwnerID: c.actor.UserID, Name: name, EventType: def.Event.Type}
		w.Draft.V = def
		if topic.SurveyID != "" {
			w.SurveyID = &topic.SurveyID
		}
		made = append(made, w)
	}
	if err := a.checkSubscription(ctx, c.actor, made, fields); err != nil {
		return nil, err
	}
	var s *store.Subscription
	err = a.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		for _, w := range made {
			if err := a.makeSubscription(ctx, tx, c.actor, w, id, in); err != nil {
				return err
			}
		}
		s, err = tx.Subscription(ctx, c.actor, id)
		return err
	})
	if err != nil {
		return nil, missing(err, "api.error.no_survey")
	}
	return c.subscriptionBody(s), nil
}

// checkSubscription tells what is wrong with an event subscription by the members of its own body.
func (a *API) checkSubscription(ctx context.Context, actor models.Actor, ws []*models.Workflow, fields []models.FieldError) error {
	if len(ws) == 0 {
		return models.Invalid(fields...)
	}
	err := a.checkWorkflow(ctx, actor, ws[0], nil) // the others differ in their event alone
	e, invalid := errors.AsType[*models.Error](err)
	if err != nil && !(invalid && e.Code == models.CodeInvalid) {
		return err
	}
	if invalid {
		for _, f := range e.Fields {
			switch {
			case f.Field == "surveyId":
				f.Field = "topics"
			case strings.HasPrefix(f.Field, "tasks[0].config.url"):
				f.Field = "publicationUrl"
			}
			fields = append(fields, f)
		}
	}
	return models.Invalid(fields...)
}

// makeSubscription makes a workflow of an event subscription and turns it on.
func (a *API) makeSubscription(ctx context.Context, tx *store.Store, actor models.Actor, w *models.Workflow, id string, in newSubscription) error {
	if err := tx.CreateWorkflow(ctx, actor, w); err != nil {
		return err
	}
	if in.SharedKey != "" {
		if err := a.signing.In(tx).Bring(ctx, w.ID, w.Draft.V.Tasks[0].ID, in.SharedKey); err != nil {
			return err
		}
	}
	if err := tx.Subscribe(ctx, actor, id, in.Topics, w.ID); err != nil {
		return err
	}
	if _, err := tx.PutWorkflowLive(ctx, actor, w.ID, 0); err != nil {
		return err
	}
	return tx.SetWorkflowEnabled(ctx, actor, w.ID, true)
}

// hostOf gives the host of an address, for names.
func hostOf(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || len(u.Hostname()) > 100 {
		return ""
	}
	return u.Hostname()
}
