package apiv3

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
)

// issuedToken is the answer to a request for a token (RFC 6749 §5.1).
type issuedToken struct {
	AccessToken string        `json:"access_token"`
	TokenType   string        `json:"token_type"`
	ExpiresIn   int64         `json:"expires_in"` // seconds
	Scope       models.Scopes `json:"scope"`
}

// oauthFailure says why there is no token (RFC 6749 §5.2).
type oauthFailure struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// Codes of RFC 6749 §5.2, and one for what that has none for.
const (
	oauthInvalidRequest   = "invalid_request"
	oauthInvalidClient    = "invalid_client"
	oauthInvalidScope     = "invalid_scope"
	oauthUnsupportedGrant = "unsupported_grant_type"
	oauthUnavailable      = "temporarily_unavailable"
	oauthServerError      = "server_error"
)

const grantClientCredentials = "client_credentials"

var errGrant = &models.Error{Code: models.CodeInvalid, Key: "oauth.error.grant"}

// oauthRoutes are the rows beside the API at which programs get tokens.
func (a *API) oauthRoutes() []web.Route {
	row := web.Route{Method: web.AnyMethod, Pattern: link.PatternOAuthToken, Handler: a.issueToken, Guard: web.GuardNone, Origin: web.OriginPublic, Errors: oauthProblem, Limit: 16 << 10}
	return []web.Route{row}
}

// issueToken gives a program a token for its id and secret: the grant of client credentials (RFC 6749 §4.4).
func (a *API) issueToken(c echo.Context) error {
	if c.Request().Method != http.MethodPost {
		c.Response().Header().Set("Allow", http.MethodPost)
		return echo.NewHTTPError(http.StatusMethodNotAllowed)
	}
	form, err := oauthForm(c.Request())
	if err != nil {
		return err
	}
	ask, err := oauthClient(c.Request(), form)
	if err != nil {
		return err
	}
	switch form.Get("grant_type") {
	case grantClientCredentials:
	case "":
		return oauthInvalid("oauth.error.grant_missing")
	default:
		return errGrant
	}
	ask.Scope, ask.IP = form.Get("scope"), c.RealIP()
	secret, token, err := a.tokens.Issue(c.Request().Context(), ask)
	if err != nil {
		return err
	}
	return oauthAnswer(c, http.StatusOK, issuedToken{
		AccessToken: secret, TokenType: "bearer", ExpiresIn: int64(token.ExpiresAt.Sub(token.CreatedAt) / time.Second), Scope: token.Scopes,
	})
}

// oauthForm reads the parameters of the body, as form fields of either kind. What comes twice is refused (RFC 6749 §3.2); the address
// carries none of them, because addresses are logged.
func oauthForm(r *http.Request) (url.Values, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var form url.Values
	var err error
	switch kind {
	case echo.MIMEMultipartForm:
		if err = r.ParseMultipartForm(16 << 10); err == nil {
			form = r.MultipartForm.Value
		}
	case echo.MIMEApplicationForm, "":
		r.Header.Set("Content-Type", echo.MIMEApplicationForm)
		err = r.ParseForm()
		form = r.PostForm
	default:
		return nil, oauthInvalid("oauth.error.media_type")
	}
	if err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return nil, err
		}
		return nil, oauthInvalid("oauth.error.body")
	}
	for _, values := range form {
		if len(values) > 1 {
			return nil, oauthInvalid("oauth.error.twice")
		}
	}
	return form, nil
}

// oauthClient finds id and secret: in Basic authentication, encoded as form fields are, or in the body, and not in both
// (RFC 6749 §2.3).
func oauthClient(r *http.Request, form url.Values) (account.TokenAsk, error) {
	ask := account.TokenAsk{ClientID: form.Get("client_id"), Secret: form.Get("client_secret")}
	if r.Header.Get("Authorization") == "" {
		if ask.ClientID == "" || ask.Secret == "" {
			return ask, account.ErrClientUnknown
		}
		return ask, nil
	}
	user, password, ok := r.BasicAuth()
	id, err1 := url.QueryUnescape(user)
	secret, err2 := url.QueryUnescape(password)
	switch {
	case !ok || err1 != nil || err2 != nil:
		return ask, account.ErrClientUnknown
	case ask.Secret != "" || ask.ClientID != "" && ask.ClientID != id:
		return ask, oauthInvalid("oauth.error.both")
	}
	return account.TokenAsk{ClientID: id, Secret: secret}, nil
}

func oauthInvalid(key string) error { return &models.Error{Code: models.CodeInvalid, Key: key} }

// oauthProblem tells an error in the form of RFC 6749 §5.2.
func oauthProblem(c echo.Context, p web.Problem) error {
	status, code := http.StatusBadRequest, oauthInvalidRequest
	switch {
	case errors.Is(p.Error, account.ErrClientUnknown):
		status, code = http.StatusUnauthorized, oauthInvalidClient
		c.Response().Header().Set("WWW-Authenticate", `Basic realm="oauth2"`)
	case errors.Is(p.Error, account.ErrScope):
		code = oauthInvalidScope
	case errors.Is(p.Error, errGrant):
		code = oauthUnsupportedGrant
	case p.Status == http.StatusTooManyRequests, p.Status == http.StatusServiceUnavailable:
		status, code = p.Status, oauthUnavailable
	case p.Status >= http.StatusInternalServerError:
		status, code = p.Status, oauthServerError
	case p.Status == http.StatusMethodNotAllowed, p.Status == http.StatusRequestEntityTooLarge:
		status = p.Status
	}
	web.RetryAfter(c, p)
	return oauthAnswer(c, status, oauthFailure{Error: code, Description: oauthWords(i18n.TMap(c.Request().Context(), p.Error.Key, p.Error.Args))})
}

// oauthWords keeps of a sentence what a description may have (RFC 6749 §5.2).
func oauthWords(sentence string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return '\''
		}
		return r
	}, sentence)
}

func oauthAnswer(c echo.Context, status int, answer any) error {
	text, err := models.MarshalJSON(answer)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	c.Response().Header().Set("Pragma", "no-cache")
	return c.Blob(status, echo.MIMEApplicationJSON, text)
}

// resources are what scopes are about, by the beginning of the paths below the API; the longest that fits counts. A path without one
// opens with manage:all alone.
var resources = []struct{ path, resource string }{ // an empty resource stands for none
	{"/surveys", "surveys"},
	{"/surveys/:surveyId/responses", "survey_responses"},
	{"/surveys/:surveyId/export-responses", "survey_responses"},
	{"/surveys/:surveyId/import-responses", "survey_responses"},
	{"/surveys/:surveyId/update-responses", "survey_responses"},
	{"/surveys/:surveyId/delete-responses", "survey_responses"},
	{"/surveys/:surveyId/response-schema", "survey_responses"},
	{"/surveys/:surveyId/sessions", "survey_sessions"},
	{"/surveys/:surveyId/collectors", "distributions"},
	{"/responses", "survey_responses"},
	{"/responseexports", "survey_responses"},
	{"/survey-definitions", "surveys"},
	{"/eventsubscriptions", "subscriptions"},
	{"/distributions", "distributions"},
	{"/libraries", "libraries"},
	{"/directories", "directories"},
	{"/directories/:directoryId/contacts", "directory_contacts"},
	{"/directories/:directoryId/mailinglists", "mailing_lists"},
	{"/directories/:directoryId/mailinglists/:mailingListId/contacts", "mailing_list_contacts"},
	{"/directories/:directoryId/mailinglists/:mailingListId/transactioncontacts", "contact_transactions"},
	{"/mailinglists", "mailing_lists"},
	{"/mailinglists/:mailingListId/contacts", "mailing_list_contacts"},
	{"/mailinglists/:mailingListId/contactimports", "mailing_list_contacts"},
	{"/bounces", "directory_contacts"},
	{"/op-erase-personal-data", "erasure_requests"},
	{"/users", "users"},
	{"/users/:userId/apitoken", ""}, // such a token opens everything
	{"/groups", "groups"},
	{"/divisions", "divisions"},
	{"/organizations", "organizations"},
	{"/workflows", "workflows"},
	{"/runs", "workflows"},
	{"/jobs", "workflows"},
	{"/credentials", "credentials"},
}

// lookups are what is asked with POST and changes nothing.
var lookups = []string{"/surveys/:surveyId/export-responses", "/responseexports", "/directories/:directoryId/contacts/search"}

// scopeOf gives the scope that a route asks for; empty when every token will do.
func scopeOf(method, pattern string) string {
	path := strings.TrimPrefix(pattern, link.APIPrefix)
	if path == "/whoami" {
		return ""
	}
	resource, length := "", 0
	for _, r := range resources {
		if len(r.path) > length && (path == r.path || strings.HasPrefix(path, r.path+"/")) {
			resource, length = r.resource, len(r.path)
		}
	}
	switch {
	case resource == "":
		return models.ScopeManageAll
	case method == http.MethodGet || method == http.MethodHead || slices.Contains(lookups, path):
		return "read:" + resource
	case method == http.MethodDelete:
		return "manage:" + resource
	}
	return "write:" + resource
}

// checkScope refuses a token of a client whose scopes do not reach the route, and says which one it takes (RFC 6750 §3.1).
func checkScope(c *call) error {
	if c.caller.Grant == nil {
		return nil
	}
	scope := scopeOf(c.Request().Method, c.Path())
	if scope == "" || c.caller.Grant.Scopes.Covers(scope) {
		return nil
	}
	c.Response().Header().Set("WWW-Authenticate", `Bearer error="insufficient_scope", scope="`+scope+`"`)
	return &models.Error{Code: models.CodeForbidden, Key: "oauth.error.insufficient", Args: map[string]any{"Scope": scope}}
}
