package apiv3

import (
	"context"
	"strings"

	"surveyflow/internal/credential"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// credentialBody is a credential as it is read: nothing of it is secret (contract §6).
type credentialBody struct {
	ID           string                  `json:"id"`
	Name         string                  `json:"name"`
	Type         models.CredentialType   `json:"type"`
	GrantType    models.GrantType        `json:"grantType,omitempty"`
	Owner        string                  `json:"owner"`
	Shared       bool                    `json:"shared"`
	Status       models.CredentialStatus `json:"status"`
	AllowedHosts []string                `json:"allowedHosts"`
	Certificate  *certificateBody        `json:"certificate"`
	CreatedAt    string                  `json:"createdAt"`
	UsedBy       []usedBy                `json:"usedBy"`
}

// certificateBody is a client certificate as it is read.
type certificateBody struct {
	Subject   string `json:"subject"`
	ExpiresAt string `json:"expiresAt"`
}

// usedBy is a workflow that names a credential.
type usedBy struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// credentialWrite is a credential as it is written.
type credentialWrite struct {
	credential.Input
	MTLS optional[credential.ClientCert] `json:"mtls"`
}

func (w *credentialWrite) input() credential.Input {
	in := w.Input
	in.MTLS, in.DropMTLS = w.MTLS.value, w.MTLS.given && w.MTLS.value == nil
	return in
}

func (a *API) credentialEndpoints() []endpoint {
	return []endpoint{
		{
			method: get, pattern: link.PatternAPICredentials, handler: a.serve(a.listCredentials), name: "listCredentials", tag: tagCredentials,
			summary: "List the credentials that you may use: your own and shared ones", result: list[credentialBody]{},
		},
		{
			method: post, pattern: link.PatternAPICredentials, handler: a.serve(a.createCredential), name: "createCredential", tag: tagCredentials,
			summary: "Add a credential", more: secretText + " One with the grant type authorizationCode is connected on its page.",
			body: credentialSchema, result: credentialBody{},
		},
		{
			method: get, pattern: link.PatternAPICredential, handler: a.serve(a.showCredential), name: "getCredential", tag: tagCredentials,
			summary: "A credential, without what is secret", result: credentialBody{},
		},
		{
			method: put, pattern: link.PatternAPICredential, handler: a.serve(a.updateCredential), name: "updateCredential", tag: tagCredentials,
			summary: "Change name, secret parts, allowed hosts or client certificate; workflows go on working",
			more:    secretText + " What is not named stays; a secret that is empty or comes back masked stays, too; mtls null removes the certificate.",
			body:    credentialSchema, result: credentialBody{},
		},
		{
			method: del, pattern: link.PatternAPICredential, handler: a.serve(a.deleteCredential), name: "deleteCredential", tag: tagCredentials,
			summary: "Remove a credential; meta.notice names the workflows whose runs will fail",
		},
	}
}

const secretText = "Secrets go in and never come out."

// credentialSchema describes what is written.
var credentialSchema = schema{
	"type": "object",
	"properties": schema{
		"name":         schema{"type": "string", "maxLength": models.CredentialMaxName},
		"type":         schema{"type": "string", "enum": models.CredentialTypes, "description": "Of a new one; it cannot be changed."},
		"shared":       schema{"type": "boolean", "description": "Administrators: everybody may use it."},
		"allowedHosts": schema{"type": "array", "items": schema{"type": "string"}, "description": "Where it may be sent: api.example.com, *.example.com, api.example.com:8443. Empty: every host that a task names by itself."},
		"username":     secretString, "password": secretString, "token": secretString, "clientSecret": secretString,
		"header":                schema{"type": "string", "description": "apiKey: the header that carries the token; empty: it is only piped."},
		"grantType":             schema{"type": "string", "enum": []models.GrantType{models.GrantAuthorizationCode, models.GrantClientCredentials}},
		"clientId":              schema{"type": "string"},
		"tokenEndpoint":         schema{"type": "string"},
		"authorizationEndpoint": schema{"type": "string"},
		"scopes":                schema{"type": "string", "description": "Separated by spaces."},
		"clientAuthentication":  schema{"type": "string", "enum": []models.ClientAuthentication{models.ClientAuthHeader, models.ClientAuthBody}},
		"authorizationParams":   paramsSchema,
		"tokenParams":           paramsSchema,
		"pkce":                  schema{"type": "boolean"},
		"mtls": schema{"type": []string{"object", "null"}, "properties": schema{
			"privateKey": secretString, "passphrase": secretString, "certificate": schema{"type": "string"}, "ca": schema{"type": "string"},
		}},
	},
}

var (
	secretString = schema{"type": "string", "writeOnly": true}
	paramsSchema = schema{"type": "object", "additionalProperties": schema{"type": "string"}}
)

// credentialBodies gives credentials with the workflows that use them.
func (a *API) credentialBodies(ctx context.Context, actor models.Actor, rows ...models.Credential) ([]credentialBody, error) {
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	uses, err := a.store.CredentialUses(ctx, actor, ids...)
	if err != nil {
		return nil, err
	}
	bodies := make([]credentialBody, len(rows))
	for i, c := range rows {
		b := credentialBody{
			ID: c.ID, Name: c.Name, Type: c.Type, GrantType: c.GrantType, Owner: c.OwnerID, Shared: c.Shared, Status: c.Status,
			AllowedHosts: c.AllowedHosts.V, CreatedAt: seconds(c.CreatedAt), UsedBy: []usedBy{},
		}
		if c.CertExpiresAt != nil {
			b.Certificate = &certificateBody{Subject: c.CertSubject, ExpiresAt: seconds(*c.CertExpiresAt)}
		}
		for _, u := range uses[c.ID] {
			if u.Visible {
				b.UsedBy = append(b.UsedBy, usedBy{ID: u.WorkflowID, Name: u.Name})
			}
		}
		bodies[i] = b
	}
	return bodies, nil
}

func (a *API) credentialBody(c *call, row *models.Credential) (any, error) {
	bodies, err := a.credentialBodies(c.Request().Context(), c.actor, *row)
	if err != nil {
		return nil, err
	}
	return bodies[0], nil
}

func (a *API) listCredentials(c *call) (any, error) {
	ctx := c.Request().Context()
	rows, err := a.store.Credentials(ctx, c.actor)
	if err != nil {
		return nil, err
	}
	bodies, err := a.credentialBodies(ctx, c.actor, rows...)
	if err != nil {
		return nil, err
	}
	return listOf(bodies, nil), nil
}

func (a *API) showCredential(c *call) (any, error) {
	row, err := a.store.Credential(c.Request().Context(), c.actor, c.Param("credentialId"))
	if err != nil {
		return nil, missing(err, "api.error.no_credential")
	}
	return a.credentialBody(c, row)
}

// readCredential reads what is written of a credential, cleaned for the database.
func (c *call) readCredential() (credential.Input, error) {
	var in credentialWrite
	if err := c.body(&in); err != nil {
		return credential.Input{}, err
	}
	return in.input(), nil
}

func (a *API) createCredential(c *call) (any, error) {
	in, err := c.readCredential()
	if err != nil {
		return nil, err
	}
	row, err := a.credentials.Create(c.Request().Context(), c.actor, in)
	if err != nil {
		return nil, err
	}
	return a.credentialBody(c, row)
}

func (a *API) updateCredential(c *call) (any, error) {
	in, err := c.readCredential()
	if err != nil {
		return nil, err
	}
	row, err := a.credentials.Update(c.Request().Context(), c.actor, c.Param("credentialId"), in)
	if err != nil {
		return nil, missing(err, "api.error.no_credential")
	}
	return a.credentialBody(c, row)
}

func (a *API) deleteCredential(c *call) (any, error) {
	ctx, id := c.Request().Context(), c.Param("credentialId")
	uses, err := a.store.CredentialUses(ctx, c.actor, id)
	if err != nil {
		return nil, err
	}
	if err := a.store.DeleteCredential(ctx, c.actor, id); err != nil {
		return nil, missing(err, "api.error.no_credential")
	}
	c.tellUses(uses[id])
	return nil, nil
}

// checkCredentials finds tasks whose credentials may not be used in the workflow.
func (a *API) checkCredentials(ctx context.Context, actor models.Actor, w *models.Workflow) ([]models.FieldError, error) {
	var live *models.WorkflowDefinition
	if w.Version > 0 {
		v, err := a.store.WorkflowVersion(ctx, w.ID, w.Version)
		if err != nil {
			return nil, err
		}
		live = &v.Definition.V
	}
	return workflow.CheckCredentials(ctx, a.store, a.tasks, actor, w, live)
}

// tellUses names the workflows whose runs need what was removed.
func (c *call) tellUses(uses []store.CredentialUse) {
	if len(uses) == 0 {
		return
	}
	var names []string
	for _, u := range uses {
		if u.Visible {
			names = append(names, u.Name)
		}
	}
	c.notice = append(c.notice, i18n.T(c.Request().Context(), "api.notice.credential_used", "Count", len(uses), "Names", strings.Join(names, ", ")))
}
