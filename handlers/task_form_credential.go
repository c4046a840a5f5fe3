package handlers

import (
	"context"
	"net/url"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/credentialpages"
	"surveyflow/views/workflowpages"
)

// typedCredential gives the credential that the form of a web service task chooses, and whether the form asks for one.
func typedCredential(form url.Values) (id string, asked bool) {
	if !form.Has("config.auth") {
		return "", false
	}
	if form.Get("config.auth") != workflowpages.AuthCredential {
		return "", true
	}
	return form.Get("config.credentialId"), true
}

// offerCredentials fills in what the form of a task offers to sign in with.
func (h *workflows) offerCredentials(ctx context.Context, actor models.Actor, workflowID string, p *workflowpages.TaskProps) error {
	if p.Spec.Type != models.TaskWebService && p.Spec.Type != models.TaskOutboundWebhook {
		return nil
	}
	all, err := h.store.Credentials(ctx, actor)
	if err != nil {
		return err
	}
	p.CredentialNew = link.With(link.CredentialNew(), "for", workflowID+","+p.Spec.ID)
	for _, c := range all {
		label := c.Name
		if c.Status != models.CredentialReady {
			label = i18n.T(ctx, "task.auth.status", "Name", c.Name, "Status", i18n.T(ctx, "credential.status."+string(c.Status)))
		}
		p.Credentials = append(p.Credentials, components.Option{Value: c.ID, Label: label})
	}
	return nil
}

// checkCredentials adds to the problems of a draft the credentials that may not be used in it.
func (e *editor) checkCredentials(c echo.Context, h *workflows) error {
	fields, err := workflow.CheckCredentials(c.Request().Context(), h.store, h.types, web.Actor(c), e.workflow, e.live)
	e.problems = append(e.problems, fields...)
	return err
}

// credentialTokens offers the parts of the credentials that a task may use. They have no examples: nothing of a credential
// is shown.
func credentialTokens(ctx context.Context, s pipedScope) ([]components.PipedToken, error) {
	if !s.inTask {
		return nil, nil
	}
	return tokensOfCredentials(ctx, s.store, s.actor)
}

func tokensOfCredentials(ctx context.Context, s *store.Store, a models.Actor) ([]components.PipedToken, error) {
	all, err := s.Credentials(ctx, a)
	if err != nil {
		return nil, err
	}
	group := i18n.T(ctx, "credential.list.title")
	var out []components.PipedToken
	for _, c := range all {
		for _, part := range credentialpages.CredentialParts(c.Type) {
			out = append(out, components.PipedToken{
				Group: group, Label: i18n.T(ctx, "workflow.token.part", "Label", c.Name, "Part", i18n.T(ctx, "credential.part."+part)),
				Text: "~{cr://" + c.ID + "/" + part + "}",
			})
		}
	}
	return out, nil
}
