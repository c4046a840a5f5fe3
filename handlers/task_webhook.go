package handlers

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/frame"
	"surveyflow/views/workflowpages"
)

// readWebhook gives the form of an outbound webhook as it was typed.
func readWebhook(form url.Values) workflowpages.WebhookForm {
	return workflowpages.WebhookForm{
		Variables: form.Get("config.variables"), Named: form["config.named"],
		Labels: models.LabelChoice(form.Get("config.labels")), Choices: models.ChoiceValues(form.Get("config.choices")),
	}
}

// webhookForm gives the form of a config.
func webhookForm(config json.RawMessage) workflowpages.WebhookForm {
	var c models.OutboundWebhookConfig
	_ = json.Unmarshal(config, &c) // what cannot be read is shown empty, and the check names it
	f := workflowpages.WebhookForm{Variables: workflowpages.VariablesAll, Named: c.Variables.Named, Labels: c.Labels, Choices: c.Choices}
	if c.Variables.Named != nil {
		f.Variables = workflowpages.VariablesSome
	}
	if f.Labels == "" {
		f.Labels = models.LabelsAuto
	}
	if f.Choices == "" {
		f.Choices = models.ChoiceLabels
	}
	return f
}

// webhookConfig lays what was typed over the config that was there. The errors name fields whose text cannot be kept at all.
func webhookConfig(old json.RawMessage, form url.Values, do string) (json.RawMessage, []models.FieldError) {
	call, hook := readWebService(form, do), readWebhook(form)
	config := map[string]any{}
	var members map[string]json.RawMessage
	if json.Unmarshal(old, &members) == nil {
		for name, value := range members {
			config[name] = value
		}
	}
	set := func(name string, value any, present bool) {
		if present {
			config[name] = value
		} else {
			delete(config, name)
		}
	}
	variables := models.VariableList{}
	if hook.Variables == workflowpages.VariablesSome {
		variables.Named = append([]string{}, hook.Named...)
	}
	config["url"], config["variables"] = call.URL, variables
	set("labels", hook.Labels, hook.Labels != "")
	set("choices", hook.Choices, hook.Choices != "")
	set("headers", call.Headers, len(call.Headers) > 0)
	var errs []models.FieldError
	seconds, wrong := typedNumber(form, "timeoutSeconds", true)
	if wrong != nil {
		errs = append(errs, *wrong)
	}
	set("timeoutSeconds", int(seconds), seconds != 0)
	text, err := models.MarshalJSON(config)
	if err != nil { // every member was read from a form or from JSON
		return old, errs
	}
	if id, asked := typedCredential(form); asked {
		text = withCredential(text, id)
	}
	text, more := withLimits(text, form)
	return text, append(errs, more...)
}

// offerWebhook fills in what the form of an outbound webhook offers and shows.
func (h *workflows) offerWebhook(ctx context.Context, e *editor, p *workflowpages.TaskProps) error {
	if p.Spec.Type != models.TaskOutboundWebhook {
		return nil
	}
	if e.survey != nil {
		p.Offer.SurveyID = e.survey.ID
		p.Offer.Variables = variableOptions(ctx, &e.survey.Draft.V, p.Hook.Named)
	}
	if models.SubscriptionOf(p.Spec) != nil {
		return nil // its key is the subscriber's
	}
	secrets, err := h.signing.Kept(ctx, e.workflow.ID, p.Spec.ID)
	if err != nil {
		return err
	}
	p.Offer.Secret, p.Offer.Previous, p.Offer.Until = secrets.Current, secrets.Previous != "", secrets.Until
	return nil
}

// variableOptions offers the variables of a survey, and those that are chosen and that it does not define.
func variableOptions(ctx context.Context, def *models.SurveyDefinition, chosen []string) []components.Option {
	var out []components.Option
	for _, v := range survey.Variables(def, nil) {
		label := v.Name
		if v.Question == nil {
			label = i18n.T(ctx, "task.webhook.field", "Name", v.Name)
		} else if label == "" {
			label = v.Auto
		}
		out = append(out, components.Option{Value: v.Key, Label: label})
	}
	for _, key := range chosen {
		if !slices.ContainsFunc(out, func(o components.Option) bool { return o.Value == key }) {
			out = append(out, components.Option{Value: key, Label: i18n.T(ctx, "task.webhook.field", "Name", key)})
		}
	}
	return out
}

// rotateSecret saves the form of a task, and gives its webhooks a new secret, or their first one.
func (h *workflows) rotateSecret(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("taskID")
	before, err := h.signing.Kept(ctx, c.Param("workflowID"), id) // used after it was checked who asks
	if err != nil {
		return err
	}
	e, _, err := h.updateTask(c)
	if e == nil || err != nil {
		return err
	}
	i := taskIndex(e.workflow.Draft.V.Tasks, id)
	if i < 0 || e.workflow.Draft.V.Tasks[i].Type != models.TaskOutboundWebhook || models.SubscriptionOf(e.workflow.Draft.V.Tasks[i]) != nil {
		return models.NotFound("error.not_found")
	}
	said := "task.webhook.secret.rotated"
	if before.Current == "" {
		said = "task.webhook.secret.made"
		_, err = h.signing.Of(ctx, e.workflow.ID, id)
	} else {
		_, err = h.signing.Rotate(ctx, web.Actor(c), e.workflow.ID, id)
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, said))
	return web.Redirect(c, frame.EditorPath(e.workflow.ID, frame.EditTask+id))
}
