package handlers

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/credential"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/credentialpages"
	"surveyflow/views/frame"
)

// readCredential reads the form of a credential: as it was typed, without what is secret, and as it is written.
func readCredential(form url.Values) (credentialpages.CredentialForm, credential.Input) {
	typed := credentialpages.CredentialForm{
		Name: form.Get("name"), Header: form.Get("header"), GrantType: models.GrantType(form.Get("grantType")), ClientID: form.Get("clientId"),
		TokenEndpoint: form.Get("tokenEndpoint"), AuthorizationEndpoint: form.Get("authorizationEndpoint"), Scopes: form.Get("scopes"),
		ClientAuthentication: models.ClientAuthentication(form.Get("clientAuthentication")), AuthorizationParams: form.Get("authorizationParams"),
		TokenParams: form.Get("tokenParams"), PKCE: form.Get("pkce") != "", AllowedHosts: form.Get("allowedHosts"), Shared: form.Get("shared") != "",
		CertificatePEM: form.Get("mtls.certificate"), CA: form.Get("mtls.ca"),
	}
	hosts := strings.FieldsFunc(typed.AllowedHosts, func(r rune) bool { return r == '\n' || r == ',' || r == ' ' || r == ';' })
	in := credential.Input{Name: &typed.Name, AllowedHosts: &hosts, Shared: &typed.Shared, DropMTLS: form.Get("mtls.drop") != ""}
	secret := func(name string) *string {
		if v := form.Get(name); v != "" {
			return &v
		}
		return nil
	}
	in.Username, in.Password, in.Token, in.ClientSecret = secret("username"), secret("password"), secret("token"), secret("clientSecret")
	if form.Has("header") {
		in.Header = &typed.Header
	}
	if form.Has("clientId") {
		authorization, token := readParams(typed.AuthorizationParams), readParams(typed.TokenParams)
		in.GrantType, in.ClientID, in.TokenEndpoint, in.Scopes = &typed.GrantType, &typed.ClientID, &typed.TokenEndpoint, &typed.Scopes
		in.AuthorizationEndpoint, in.ClientAuthentication = &typed.AuthorizationEndpoint, &typed.ClientAuthentication
		in.AuthorizationParams, in.TokenParams, in.PKCE = &authorization, &token, &typed.PKCE
	}
	certificate := credential.ClientCert{
		PrivateKey: form.Get("mtls.privateKey"), Passphrase: form.Get("mtls.passphrase"), Certificate: typed.CertificatePEM, CA: typed.CA,
	}
	if !in.DropMTLS && strings.TrimSpace(certificate.PrivateKey+certificate.Certificate+certificate.CA) != "" {
		in.MTLS, typed.Certificate = &certificate, true
	}
	return typed, in
}

// formOf fills in the form of a credential.
func formOf(s *credential.Settings) credentialpages.CredentialForm {
	return credentialpages.CredentialForm{
		Type: s.Type, Name: s.Name, Header: s.Header, GrantType: s.GrantType, ClientID: s.ClientID, TokenEndpoint: s.TokenEndpoint,
		AuthorizationEndpoint: s.AuthorizationEndpoint, Scopes: s.Scopes, ClientAuthentication: s.ClientAuthentication,
		AuthorizationParams: writeParams(s.AuthorizationParams), TokenParams: writeParams(s.TokenParams), PKCE: s.PKCE,
		AllowedHosts: strings.Join(s.AllowedHosts.V, "\n"), Shared: s.Shared, Certificate: s.HasCertificate,
	}
}

// readParams reads parameters, one a line: name=value.
func readParams(text string) map[string]string {
	params := map[string]string{}
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, value, _ := strings.Cut(line, "=")
		params[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	return params
}

func writeParams(params map[string]string) string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(params)) {
		lines = append(lines, name+"="+params[name])
	}
	return strings.Join(lines, "\n")
}

// hostFor gives the host that the task calls for which a credential is made: what it is allowed to go to at first.
func (h *credentials) hostFor(c echo.Context, target string) string {
	w, i := h.taskFor(c, target)
	if w == nil {
		return ""
	}
	var config models.WebServiceConfig
	if json.Unmarshal(w.Draft.V.Tasks[i].Config, &config) != nil {
		return ""
	}
	if host := components.Host(config.URL); strings.Contains(config.URL, "://") && !strings.ContainsAny(host, "{}$~") {
		return host
	}
	return ""
}

// taskFor finds the task that "WF_…,OCAC_…" names in a workflow that the actor may see; nil when there is none.
func (h *credentials) taskFor(c echo.Context, target string) (*models.Workflow, int) {
	workflowID, taskID, ok := strings.Cut(target, ",")
	if !ok {
		return nil, 0
	}
	w, err := h.store.Workflow(c.Request().Context(), web.Actor(c), workflowID)
	if err != nil {
		return nil, 0
	}
	i := taskIndex(w.Draft.V.Tasks, taskID)
	if i < 0 || w.Draft.V.Tasks[i].Type != models.TaskWebService {
		return nil, 0
	}
	return w, i
}

// attach chooses a new credential in the task that it was made for, and gives the page of that task; "" when there is none.
func (h *credentials) attach(c echo.Context, row *models.Credential, target string) (string, error) {
	w, i := h.taskFor(c, target)
	if w == nil {
		return "", nil
	}
	tasks := slices.Clone(w.Draft.V.Tasks)
	tasks[i].Config = withCredential(tasks[i].Config, row.ID)
	w.Draft.V.Tasks = tasks
	if _, err := h.store.SaveWorkflowDraft(c.Request().Context(), web.Actor(c), w, w.DraftRev); err != nil {
		return "", err
	}
	return frame.EditorPath(w.ID, frame.EditTask+tasks[i].ID), nil
}

// withCredential gives a task's config with another credential; none when the id is empty.
func withCredential(config json.RawMessage, id string) json.RawMessage {
	members := map[string]json.RawMessage{}
	if json.Unmarshal(config, &members) != nil {
		return config
	}
	delete(members, "credentialId")
	if id != "" {
		text, err := models.MarshalJSON(id)
		if err != nil {
			return config
		}
		members["credentialId"] = text
	}
	out, err := models.MarshalJSON(members)
	if err != nil {
		return config
	}
	return out
}
