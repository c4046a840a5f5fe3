package handlers

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/signing"
	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/frame"
	"surveyflow/views/workflowpages"
)

// The wizard for an outbound webhook keeps what was typed in its form, from page to page: nothing is stored before the end, and
// who goes back finds it again.

// newWebhook shows the first page of the wizard.
func (h *workflows) newWebhook(c echo.Context) error {
	return h.renderWizard(c, http.StatusOK, workflowpages.WizardProps{
		Step: workflowpages.WizardVariables, Secret: signing.NewSecret(), Enabled: true,
		Hook: workflowpages.WebhookForm{Variables: workflowpages.VariablesAll, Labels: models.LabelsAuto, Choices: models.ChoiceLabels},
	})
}

// stepWebhook goes on, back, tries the connection, or makes the workflow.
func (h *workflows) stepWebhook(c echo.Context) error {
	form, err := web.Values(c)
	if err != nil {
		return err
	}
	p := readWizard(form)
	at := slices.Index(workflowpages.WizardSteps, p.Step)
	switch do := form.Get("do"); {
	case at < 0:
		return &models.Error{Code: models.CodeInvalid, Key: "error.bad_request"}
	case do == "back":
		p.Step = workflowpages.WizardSteps[max(at-1, 0)]
		return h.renderWizard(c, http.StatusOK, p)
	case do == "test":
		return h.testWebhook(c, p)
	case do == "anyway":
		p.Anyway = p.URL
	}
	if p.Errors = h.wizardErrors(p); len(p.Errors) > 0 {
		return h.renderWizard(c, http.StatusUnprocessableEntity, p)
	}
	if p.Step == workflowpages.WizardFinish {
		return h.createWebhook(c, p)
	}
	p.Step = workflowpages.WizardSteps[at+1]
	if p.Step == workflowpages.WizardFinish {
		if p.Name == "" {
			p.Name = cutRunes(i18n.T(c.Request().Context(), "webhook.wizard.name.default", "Host", components.Host(p.URL)), 200)
		}
		if p.Tested != p.URL {
			p.Enabled = false
		}
	}
	return h.renderWizard(c, http.StatusOK, p)
}

func readWizard(form url.Values) workflowpages.WizardProps {
	return workflowpages.WizardProps{
		Step: form.Get("step"), Hook: readWebhook(form), URL: strings.TrimSpace(form.Get("config.url")), Secret: form.Get("secret"),
		Tested: form.Get("tested"), Anyway: form.Get("anyway"), Name: strings.TrimSpace(form.Get("name")), Enabled: form.Get("enabled") != "",
	}
}

// wizardConfig gives the config of the task that the wizard makes.
func wizardConfig(p workflowpages.WizardProps, secret string) models.OutboundWebhookConfig {
	c := models.OutboundWebhookConfig{URL: p.URL, Labels: p.Hook.Labels, Choices: p.Hook.Choices, Secret: secret}
	if p.Hook.Variables == workflowpages.VariablesSome {
		c.Variables.Named = append([]string{}, p.Hook.Named...)
	}
	return c
}

// wizardErrors tells what is wrong with the page that was sent.
func (h *workflows) wizardErrors(p workflowpages.WizardProps) []models.FieldError {
	var wrong []models.FieldError
	switch p.Step {
	case workflowpages.WizardVariables:
		if p.Hook.Variables == workflowpages.VariablesSome && len(p.Hook.Named) == 0 {
			wrong = append(wrong, models.Field("config.variables", "task.error.webhook_variables"))
		}
	case workflowpages.WizardAddress:
		if wrong = h.configErrors(p); len(wrong) == 0 && p.Tested != p.URL && p.Anyway != p.URL {
			wrong = append(wrong, models.Field("config.url", "webhook.wizard.untested"))
		}
	case workflowpages.WizardFinish:
		switch {
		case p.Name == "":
			wrong = append(wrong, models.Field("name", "webhook.wizard.no_name"))
		case utf8.RuneCountInString(p.Name) > 200:
			wrong = append(wrong, models.Field("name", "workflow.error.name"))
		}
		wrong = append(wrong, h.configErrors(p)...)
	}
	return wrong
}

// configErrors tells what is wrong with the task as a whole; the fields are those of the form.
func (h *workflows) configErrors(p workflowpages.WizardProps) []models.FieldError {
	config, err := models.MarshalJSON(wizardConfig(p, p.Secret))
	kind, ok := h.types.Type(models.TaskOutboundWebhook)
	if err != nil || !ok {
		return []models.FieldError{{Key: "error.invalid"}}
	}
	if _, err = kind.Compile(config); err == nil {
		return nil
	}
	e, ok := domainError(err)
	if !ok {
		return []models.FieldError{{Key: "error.invalid"}}
	}
	return inConfig(e.Fields)
}

// testWebhook sends a signed sample to the address.
func (h *workflows) testWebhook(c echo.Context, p workflowpages.WizardProps) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	p.Step, p.Tested, p.Anyway = workflowpages.WizardAddress, "", ""
	if p.Errors = h.configErrors(p); len(p.Errors) > 0 {
		return h.renderWizard(c, http.StatusUnprocessableEntity, p)
	}
	survey, err := h.store.Survey(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return err
	}
	config, err := models.MarshalJSON(wizardConfig(p, p.Secret))
	if err != nil {
		return err
	}
	tried, err := workflow.TryTask(ctx, h.store, actor, workflow.Trial{
		Types: h.types, Clock: h.clock, Log: h.log, Survey: &survey.Draft.V, Link: h.base.JFE(survey.ID),
		Workflow: &models.Workflow{OrgID: survey.OrgID, SurveyID: &survey.ID},
		Spec:     models.TaskSpec{ID: models.NewID(models.PrefixTask), Type: models.TaskOutboundWebhook, OnFailure: models.FailureContinue, Config: config},
	})
	if err != nil {
		return err
	}
	trial := runAttempt(tried.Attempt)
	if p.Trial = &trial; tried.Result == models.AttemptSucceeded {
		p.Tested = p.URL
	}
	return h.renderWizard(c, http.StatusOK, p)
}

// createWebhook makes the workflow, puts it live and, when its connection was tested, turns it on.
func (h *workflows) createWebhook(c echo.Context, p workflowpages.WizardProps) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	survey, err := h.store.Survey(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return err
	}
	config, err := models.MarshalJSON(wizardConfig(p, ""))
	if err != nil {
		return err
	}
	def := models.WorkflowDefinition{
		Event: models.EventSpec{Type: models.EventSurveyResponse, On: []string{models.OnCreated}},
		Tasks: []models.TaskSpec{{ID: models.NewID(models.PrefixTask), Type: models.TaskOutboundWebhook, OnFailure: models.FailureContinue, Config: config}},
		// Nobody looks at a webhook that works: its owner is told when it does not.
		Notifications: models.Notifications{Enabled: true, Recipients: []string{}},
	}
	workflow.Normalize(&def)
	if e, ok := domainError(workflow.Check(h.types, &def, &survey.Draft.V)); ok {
		for _, f := range e.Fields {
			p.Errors = append(p.Errors, models.FieldError{Key: f.Key, Args: f.Args})
		}
		return h.renderWizard(c, http.StatusUnprocessableEntity, p)
	}
	w := &models.Workflow{
		ID: models.NewID(models.PrefixWorkflow), SurveyID: &survey.ID, OwnerID: actor.UserID, Name: p.Name, EventType: def.Event.Type,
		Draft: models.JSON[models.WorkflowDefinition]{V: def},
	}
	on := p.Enabled && p.Tested == p.URL
	err = h.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		if err := tx.CreateWorkflow(ctx, actor, w); err != nil {
			return err
		}
		if _, err := h.signing.In(tx).Set(ctx, actor, w.ID, def.Tasks[0].ID, p.Secret); err != nil {
			return err
		}
		if _, err := tx.PutWorkflowLive(ctx, actor, w.ID, 0); err != nil || !on {
			return err
		}
		return tx.SetWorkflowEnabled(ctx, actor, w.ID, true)
	})
	if err != nil {
		return err
	}
	said := "webhook.wizard.made.on"
	if !on {
		said = "webhook.wizard.made.off"
	}
	web.FlashOK(c, i18n.T(ctx, said, "Name", p.Name))
	return web.Redirect(c, frame.EditorPath(w.ID, frame.EditTask+def.Tasks[0].ID))
}

// renderWizard adds to a page of the wizard what it offers.
func (h *workflows) renderWizard(c echo.Context, status int, p workflowpages.WizardProps) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	survey, err := h.store.Survey(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return err
	}
	p.Survey = *survey
	p.Offer = workflowpages.WebhookOffer{SurveyID: survey.ID, Variables: variableOptions(ctx, &survey.Draft.V, p.Hook.Named)}
	if p.Step != workflowpages.WizardAddress {
		return web.Render(c, status, workflowpages.WebhookWizard(p))
	}
	if p.Receivers, err = receiverOptions(ctx, h.store, h.base, actor); err != nil {
		return err
	}
	sample, err := sampleValues(ctx, h.store, survey, h.base.JFE, h.clock.Now())
	if err != nil {
		return err
	}
	if p.Tokens, err = pipedTokens(ctx, pipedScope{store: h.store, actor: actor, survey: &survey.Draft.V}, sample.source); err != nil {
		return err
	}
	return web.Render(c, status, workflowpages.WebhookWizard(p))
}
