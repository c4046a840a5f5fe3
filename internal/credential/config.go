package credential

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"surveyflow/internal/outbound"
	"surveyflow/models"
)

// Config is what a credential is made of, in the clear: what its owner typed. Only this package seals and opens it.
type Config struct {
	Username string `json:"username,omitempty"` // basic
	Password string `json:"password,omitempty"`
	Token    string `json:"token,omitempty"` // apiKey
	Header   string `json:"header,omitempty"`

	// OAuth 2.0 (RFC 6749). The endpoints may carry query parameters of their own.
	GrantType             models.GrantType            `json:"grantType,omitempty"`
	ClientID              string                      `json:"clientId,omitempty"`
	ClientSecret          string                      `json:"clientSecret,omitempty"`
	TokenEndpoint         string                      `json:"tokenEndpoint,omitempty"`
	AuthorizationEndpoint string                      `json:"authorizationEndpoint,omitempty"`
	Scopes                string                      `json:"scopes,omitempty"` // separated by spaces
	ClientAuthentication  models.ClientAuthentication `json:"clientAuthentication,omitempty"`
	AuthorizationParams   map[string]string           `json:"authorizationParams,omitempty"`
	TokenParams           map[string]string           `json:"tokenParams,omitempty"`
	PKCE                  *bool                       `json:"pkce,omitempty"` // nil means yes
}

// UsesPKCE reports whether the way to the provider carries a code challenge (RFC 7636).
func (c *Config) UsesPKCE() bool { return c.PKCE == nil || *c.PKCE }

// tokens are what an OAuth provider gave.
type tokens struct {
	Access   string         `json:"access"`
	Type     string         `json:"type,omitempty"`
	Refresh  string         `json:"refresh,omitempty"`
	Lifetime int64          `json:"lifetime,omitempty"` // seconds from when it was given; 0 when the provider did not say
	Extra    map[string]any `json:"extra,omitempty"`    // scalar members of the answer, such as Salesforce's instance_url
}

// check finds what is wrong with a config of a kind.
func (c *Config) check(kind models.CredentialType) []models.FieldError {
	var f []models.FieldError
	for name, value := range map[string]string{"username": c.Username, "password": c.Password, "token": c.Token, "clientSecret": c.ClientSecret} {
		if len(value) > models.CredentialMaxValue {
			f = append(f, models.Field(name, "credential.error.too_long"))
		}
	}
	switch kind {
	case models.CredentialBasic:
		if c.Username == "" {
			f = append(f, models.Field("username", "credential.error.username"))
		}
		if strings.Contains(c.Username, ":") { // RFC 7617 §2
			f = append(f, models.Field("username", "credential.error.username_colon"))
		}
	case models.CredentialAPIKey:
		f = append(f, c.checkToken()...)
	case models.CredentialOAuth2:
		f = append(f, c.checkOAuth()...)
	default:
		f = append(f, models.Field("type", "credential.error.type"))
	}
	slices.SortStableFunc(f, func(a, b models.FieldError) int { return strings.Compare(a.Field, b.Field) })
	return f
}

func (c *Config) checkToken() []models.FieldError {
	var f []models.FieldError
	if c.Token == "" {
		f = append(f, models.Field("token", "credential.error.token"))
	}
	if c.Header == "" {
		return f
	}
	if e, ok := errors.AsType[*outbound.Error](outbound.CheckHeader(c.Header, "")); ok {
		f = append(f, models.FieldError{Field: "header", Key: e.Key, Args: e.Args})
	} else if outbound.CheckHeader(c.Header, c.Token) != nil {
		f = append(f, models.Field("token", "credential.error.token_header"))
	}
	return f
}

func (c *Config) checkOAuth() []models.FieldError {
	var f []models.FieldError
	if c.GrantType != models.GrantAuthorizationCode && c.GrantType != models.GrantClientCredentials {
		f = append(f, models.Field("grantType", "credential.error.grant_type"))
	}
	if c.ClientID == "" {
		f = append(f, models.Field("clientId", "credential.error.client_id"))
	}
	if c.ClientSecret == "" && c.GrantType == models.GrantClientCredentials {
		f = append(f, models.Field("clientSecret", "credential.error.client_secret"))
	}
	if c.ClientAuthentication != models.ClientAuthHeader && c.ClientAuthentication != models.ClientAuthBody {
		f = append(f, models.Field("clientAuthentication", "credential.error.client_authentication"))
	}
	f = append(f, checkEndpoint("tokenEndpoint", c.TokenEndpoint)...)
	if c.GrantType == models.GrantAuthorizationCode {
		f = append(f, checkEndpoint("authorizationEndpoint", c.AuthorizationEndpoint)...)
	}
	f = append(f, checkParams("authorizationParams", c.AuthorizationParams, reservedAuthorization)...)
	f = append(f, checkParams("tokenParams", c.TokenParams, reservedToken)...)
	return f
}

func checkEndpoint(field, raw string) []models.FieldError {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return []models.FieldError{models.Field(field, "credential.error.endpoint_empty")}
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || utf8.RuneCountInString(raw) > 2000:
		return []models.FieldError{models.Field(field, "credential.error.endpoint")}
	}
	return nil
}

// Parameters that the protocol sets itself.
var (
	reservedAuthorization = []string{"response_type", "client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method"}
	reservedToken         = []string{"grant_type", "code", "redirect_uri", "refresh_token", "code_verifier", "client_id", "client_secret"}
)

func checkParams(field string, params map[string]string, reserved []string) []models.FieldError {
	if len(params) > models.CredentialMaxParams {
		return []models.FieldError{models.Field(field, "credential.error.too_many_params", "Max", models.CredentialMaxParams)}
	}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if slices.Contains(reserved, name) {
			return []models.FieldError{models.Field(field, "credential.error.reserved_param", "Name", name)}
		}
		if name == "" || len(name)+len(params[name]) > models.CredentialMaxValue {
			return []models.FieldError{models.Field(field, "credential.error.param")}
		}
	}
	return nil
}

// secrets lists what of a config must appear nowhere.
func (c *Config) secrets() []string {
	all := []string{c.Password, c.Token, c.ClientSecret}
	if c.Password == "" {
		all = append(all, c.Username) // services that take a key as the user name
	}
	for _, endpoint := range []string{c.TokenEndpoint, c.AuthorizationEndpoint} {
		if u, err := url.Parse(endpoint); err == nil {
			for name, values := range u.Query() {
				if secretName(name) {
					all = append(all, values...)
				}
			}
		}
	}
	for _, params := range []map[string]string{c.AuthorizationParams, c.TokenParams} {
		for name, value := range params {
			if secretName(name) {
				all = append(all, value)
			}
		}
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}

// secretName reports whether a parameter with this name holds a secret.
func secretName(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"secret", "token", "key", "password", "assertion", "signature"}, func(part string) bool { return strings.Contains(name, part) })
}

// sameClient reports whether tokens of one config are good for the other: a change of anything that the provider looks at
// needs a new agreement.
func (c *Config) sameClient(o *Config) bool {
	return c.GrantType == o.GrantType && c.ClientID == o.ClientID && c.TokenEndpoint == o.TokenEndpoint &&
		c.AuthorizationEndpoint == o.AuthorizationEndpoint && c.Scopes == o.Scopes && c.ClientSecret == o.ClientSecret &&
		maps.Equal(c.AuthorizationParams, o.AuthorizationParams) && maps.Equal(c.TokenParams, o.TokenParams)
}

// header gives the header that a config of a kind sends, or nothing when its parts are only piped.
func (c *Config) header(kind models.CredentialType, t *tokens) (name, value string) {
	switch kind {
	case models.CredentialBasic:
		r := http.Request{Header: http.Header{}}
		r.SetBasicAuth(c.Username, c.Password)
		return "Authorization", r.Header.Get("Authorization")
	case models.CredentialAPIKey:
		if c.Header == "" {
			return "", ""
		}
		return http.CanonicalHeaderKey(c.Header), c.Token
	case models.CredentialOAuth2:
		if t != nil {
			return "Authorization", tokenType(t.Type) + " " + t.Access
		}
	}
	return "", ""
}

// tokenType spells the scheme of a token as servers expect it: providers write "bearer" in any case (RFC 6749 §5.1).
func tokenType(t string) string {
	if t == "" || strings.EqualFold(t, "bearer") {
		return "Bearer"
	}
	if httpToken(t) {
		return t
	}
	return "Bearer"
}

func httpToken(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r > 0x7e || r <= 0x20 || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
	})
}

func decode[T any](text []byte) (*T, error) {
	var v T
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, errors.New("a sealed value is not what it should be") // the text would be in the error
	}
	return &v, nil
}
