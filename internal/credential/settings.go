package credential

import (
	"context"
	"net/url"
	"strings"

	"surveyflow/internal/secret"
	"surveyflow/models"
)

// Settings are what the editor of a credential may see of it: nothing that is secret.
type Settings struct {
	models.Credential
	Header                string
	ClientID              string
	TokenEndpoint         string
	AuthorizationEndpoint string
	Scopes                string
	ClientAuthentication  models.ClientAuthentication
	AuthorizationParams   map[string]string // values of those named like secrets are masked
	TokenParams           map[string]string
	PKCE                  bool
	HasCertificate        bool
	HasCA                 bool
}

// Settings gives what the form of a credential shows. It fails with models.CodeForbidden when the actor may use it only.
func (s *Service) Settings(ctx context.Context, a models.Actor, id string) (*Settings, error) {
	c, err := s.Store.Credential(ctx, a, id)
	if err != nil {
		return nil, err
	}
	if !c.EditableBy(a) {
		return nil, &models.Error{Code: models.CodeForbidden, Key: "credential.error.not_editor"}
	}
	config, err := s.config(ctx, c)
	if err != nil {
		return nil, err
	}
	out := &Settings{
		Credential: *c, Header: config.Header, ClientID: config.ClientID, TokenEndpoint: maskEndpoint(config.TokenEndpoint),
		AuthorizationEndpoint: maskEndpoint(config.AuthorizationEndpoint), Scopes: config.Scopes,
		ClientAuthentication: config.ClientAuthentication, AuthorizationParams: maskParams(config.AuthorizationParams),
		TokenParams: maskParams(config.TokenParams), PKCE: config.UsesPKCE(), HasCertificate: c.MTLSSealed != "",
	}
	out.ConfigSealed, out.TokensSealed, out.MTLSSealed = "", "", ""
	if c.MTLSSealed != "" {
		certificate, err := s.certificate(ctx, c)
		if err != nil {
			return nil, err
		}
		out.HasCA = certificate.CA != ""
	}
	return out, nil
}

func maskParams(params map[string]string) map[string]string {
	out := make(map[string]string, len(params))
	for name, value := range params {
		if secretName(name) && value != "" {
			value = secret.Masked
		}
		out[name] = value
	}
	return out
}

// maskEndpoint hides the values of an endpoint's own parameters that are named like secrets.
func maskEndpoint(raw string) string {
	before, query, ok := strings.Cut(raw, "?")
	if !ok {
		return raw
	}
	parts := strings.Split(query, "&")
	for i, p := range parts {
		name, value, _ := strings.Cut(p, "=")
		if plain, err := url.QueryUnescape(name); err == nil && value != "" && secretName(plain) {
			parts[i] = name + "=" + secret.Masked
		}
	}
	return before + "?" + strings.Join(parts, "&")
}
