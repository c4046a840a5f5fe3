package apiv3

import (
	"strings"

	"surveyflow/internal/account"
	"surveyflow/models"
)

const headerToken = "X-Api-Token" // in any case

// authenticate finds out who calls. Cookies are never looked at: what a browser sends along by itself opens nothing.
func (a *API) authenticate(c *call) error {
	ctx := c.Request().Context()
	if caller, ok := ctx.Value(tryKey{}).(*account.Caller); ok { // a call from the documentation
		c.caller = caller
		return a.act(c)
	}
	token, bearer, err := tokenOf(c)
	if err != nil {
		return err
	}
	if bearer {
		c.caller, err = a.tokens.AuthenticateBearer(ctx, token)
	} else {
		c.caller, err = a.tokens.Authenticate(ctx, token)
	}
	if err != nil {
		return err
	}
	if c.caller.Token.Scope != models.TokenScopeAll { // made for one collector or one workflow's events
		return &models.Error{Code: models.CodeForbidden, Key: "api.error.token_scope"}
	}
	if err := a.checkCertificate(c); err != nil {
		return err
	}
	if err := a.tokens.Limit(c.caller, 0, 0); err != nil {
		return err
	}
	if err := checkScope(c); err != nil {
		return err
	}
	return a.act(c)
}

// act makes the caller the actor of the call, as widely as the query asks.
func (a *API) act(c *call) error {
	c.actor = c.caller.Actor()
	c.actor.IP = c.RealIP()
	if c.Request().URL.RawQuery == "" { // the busiest call has no query
		return nil
	}
	switch c.QueryParam("scope") {
	case "":
		return nil
	case "organization":
		c.actor.Wide = true
	default:
		return invalid("scope", "api.error.scope")
	}
	if c.actor.Role != models.RoleBrandAdmin {
		return &models.Error{Code: models.CodeForbidden, Key: "api.error.scope_role"}
	}
	return nil
}

// tokenOf gives the token that the request names, and whether as one that a client got may be named.
func tokenOf(c *call) (token string, bearer bool, err error) {
	h := c.Request().Header
	if token := h.Get(headerToken); token != "" {
		return strings.TrimSpace(token), false, nil
	}
	if scheme, token, ok := strings.Cut(h.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token), true, nil
	}
	return "", false, &models.Error{Code: models.CodeInvalid, Key: "api.error.no_authorization"}
}

// invalid says what is wrong with one parameter or member.
func invalid(field, key string, args ...any) error {
	return models.Invalid(models.Field(field, key, args...))
}

// missing tells the API's own sentence and code for a thing that is not there, or not the caller's.
func missing(err error, key string) error {
	if models.ErrorCode(err) == models.CodeNotFound {
		return &models.Error{Code: models.CodeNotFound, Key: key, Cause: err}
	}
	return err
}
