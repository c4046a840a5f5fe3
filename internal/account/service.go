package account

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"

	"surveyflow/internal/mail"
	"surveyflow/internal/openid"
	"surveyflow/internal/secret"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// flowLifetime is how long somebody may take at the sign-in service.
const flowLifetime = 10 * time.Minute

// UseOpenID lets people sign in at the organisation's sign-in service. It is called once, before the first request.
func (p *People) UseOpenID(c *openid.Client) { p.openid = c }

func servicePlace(orgID string) string {
	return secret.Assoc("sign_in_services", orgID, "client_secret_sealed")
}

// flowPlace binds what a browser keeps of a sign-in to its purpose.
func flowPlace() string { return secret.Assoc("cookie", "sign-in", "flow") }

// SaveService writes the organisation's sign-in service. An empty secret leaves the one that is there. models.CodeInvalid
// names the fields name, issuer, clientId, clientSecret, domains.
func (p *People) SaveService(ctx context.Context, a models.Actor, in models.SignInService, clientSecret string) error {
	was, err := p.store.SignInService(ctx, a.OrgID)
	if err != nil && models.ErrorCode(err) != models.CodeNotFound {
		return err
	}
	// A slash at the end stays: a service's name must be the very same as it says itself.
	in.OrgID, in.Name, in.Issuer, in.ClientID, in.Scopes = a.OrgID, clean(in.Name), clean(in.Issuer), clean(in.ClientID), strings.Join(strings.Fields(in.Scopes), " ")
	var fields []models.FieldError
	checkName(&fields, "name", in.Name, true)
	if !issuer(in.Issuer) {
		fields = append(fields, models.Field("issuer", "oidc.error.issuer"))
	} else if err := p.openid.CheckURL(in.Issuer); err != nil {
		fields = append(fields, fieldOf("issuer", err))
	}
	if in.ClientID == "" {
		fields = append(fields, models.Field("clientId", "oidc.error.client_id"))
	}
	domains, ok := domainList(in.Domains)
	if !ok {
		fields = append(fields, models.Field("domains", "oidc.error.domains"))
	}
	in.Domains = strings.Join(domains, "\n")
	if in.CreateMembers && len(domains) == 0 {
		fields = append(fields, models.Field("domains", "oidc.error.domains_needed"))
	}
	if len(fields) > 0 {
		return models.Invalid(fields...)
	}
	switch {
	case clientSecret != "":
		if in.ClientSecretSealed, err = p.sealer.Seal(ctx, servicePlace(a.OrgID), []byte(clientSecret)); err != nil {
			return err
		}
	case was != nil && was.Issuer == in.Issuer: // a secret is for one service: another would be shown it
		in.ClientSecretSealed = was.ClientSecretSealed
	}
	return p.store.SaveSignInService(ctx, a, &in)
}

// fieldOf makes of an error for people what is wrong with a field.
func fieldOf(field string, err error) models.FieldError {
	f := models.FieldError{Field: field, Key: "error.invalid"}
	if e, ok := errors.AsType[*models.Error](err); ok {
		f.Key, f.Args = e.Key, e.Args
	}
	return f
}

// issuer reports whether a text is an https URL without query, or an http one, which the guard allows for this machine.
func issuer(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// domainList reads domains of e-mail addresses, a line each.
func domainList(text string) ([]string, bool) {
	var all []string
	for _, d := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r == '\n' || r == ',' || r == ' ' || r == '\t' }) {
		d = strings.TrimPrefix(strings.TrimSpace(d), "@")
		if !models.ValidEmail("a@"+d) || !strings.Contains(d, ".") && d != "localhost" {
			return nil, false
		}
		all = append(all, d)
	}
	return all, true
}

// opened gives the service with its secret. models.CodeNotFound when there is none.
func (p *People) opened(ctx context.Context, orgID string) (*models.SignInService, openid.Service, error) {
	v, err := p.store.SignInService(ctx, orgID)
	if err != nil {
		return nil, openid.Service{}, err
	}
	s := openid.Service{Issuer: v.Issuer, ClientID: v.ClientID, Scopes: strings.Fields(v.Scopes)}
	if v.ClientSecretSealed != "" {
		plain, err := p.sealer.Open(ctx, servicePlace(orgID), v.ClientSecretSealed)
		if err != nil {
			return nil, s, err
		}
		s.ClientSecret = string(plain)
	}
	return v, s, nil
}

// Service gives the sign-in service that people can use now; nil when there is none.
func (p *People) Service(ctx context.Context) (*models.SignInService, error) {
	if p.openid == nil {
		return nil, nil //nolint:nilnil // none is an expected answer
	}
	org, err := p.store.TheOrganisation(ctx)
	if err == nil {
		var v *models.SignInService
		if v, err = p.store.SignInService(ctx, org.ID); err == nil && v.Enabled {
			return v, nil
		}
	}
	if models.ErrorCode(err) == models.CodeNotFound {
		err = nil
	}
	return nil, err
}

// TestService asks the organisation's sign-in service about itself. The error is for people.
func (p *People) TestService(ctx context.Context, a models.Actor) error {
	v, err := p.store.SignInService(ctx, a.OrgID)
	if err != nil {
		return err
	}
	return p.openid.Discover(ctx, v.Issuer)
}

// BeginService starts a sign-in at the service: where the browser goes, and what it keeps until it comes back, sealed.
func (p *People) BeginService(ctx context.Context, redirect, next string) (address, flow string, err error) {
	v, err := p.Service(ctx)
	if err != nil {
		return "", "", err
	}
	if v == nil {
		return "", "", models.NotFound("error.not_found")
	}
	_, s, err := p.opened(ctx, v.OrgID)
	if err != nil {
		return "", "", err
	}
	address, f, err := p.openid.Begin(ctx, s, redirect)
	if err != nil {
		return "", "", err
	}
	f.Next, f.Until = next, p.clock.Now().Add(flowLifetime)
	text, err := json.Marshal(f)
	if err != nil {
		return "", "", err
	}
	flow, err = p.sealer.Seal(ctx, flowPlace(), text)
	return address, flow, err
}

// FinishService ends a sign-in at the service and gives the session's secret and where to go on. The error is for people.
func (p *People) FinishService(ctx context.Context, redirect, flow, state, code string, from Client) (secret, next string, err error) {
	v, err := p.Service(ctx)
	if err != nil {
		return "", "", err
	}
	if v == nil {
		return "", "", models.NotFound("error.not_found")
	}
	var f openid.Flow
	if text, err := p.sealer.Open(ctx, flowPlace(), flow); err != nil || json.Unmarshal(text, &f) != nil || !p.clock.Now().Before(f.Until) {
		return "", "", models.Conflict("oidc.error.state", nil)
	}
	_, s, err := p.opened(ctx, v.OrgID)
	if err != nil {
		return "", "", err
	}
	claims, err := p.openid.Finish(ctx, s, redirect, &f, state, code)
	if err != nil {
		return "", "", err
	}
	u, err := p.identify(ctx, v, claims, from)
	if err != nil {
		p.log.InfoContext(ctx, "sign-in refused", "reason", models.ErrorCode(err), "ip", from.IP, "way", "openid")
		return "", "", err
	}
	// A second factor is the service's to ask for: it knows how the person has shown who they are.
	secret, err = p.beginSession(ctx, u, from, models.StageOpen)
	return secret, f.Next, err
}

// identify gives the person that somebody at the service is: who was connected before, or who has the address, which the
// service must have checked, or somebody new.
func (p *People) identify(ctx context.Context, v *models.SignInService, c *openid.Claims, from Client) (*models.User, error) {
	u, err := p.store.UserByIdentity(ctx, v.OrgID, c.Issuer, c.Subject)
	if models.ErrorCode(err) == models.CodeNotFound {
		u, err = p.connect(ctx, v, c, from)
	}
	if err != nil {
		return nil, err
	}
	if u.DisabledAt != nil {
		return nil, models.Conflict("people.error.disabled", nil)
	}
	return u, nil
}

func (p *People) connect(ctx context.Context, v *models.SignInService, c *openid.Claims, from Client) (*models.User, error) {
	switch domains, _ := domainList(v.Domains); {
	case c.Email == "" || !models.ValidEmail(c.Email):
		return nil, models.Conflict("oidc.error.no_email", nil)
	case !c.Verified:
		return nil, models.Conflict("oidc.error.unverified", map[string]any{"Email": c.Email})
	case !inDomains(c.Email, domains):
		return nil, models.Conflict("oidc.error.domain", map[string]any{"Email": c.Email})
	}
	u, err := p.userByEmail(ctx, c.Email)
	if err != nil {
		return nil, err
	}
	if u == nil && !v.CreateMembers {
		return nil, models.Conflict("oidc.error.no_account", map[string]any{"Email": c.Email})
	}
	if u == nil {
		language, err := p.newLanguage(ctx, "")
		if err != nil {
			return nil, err
		}
		u = &models.User{
			Email: c.Email, FirstName: cut(clean(c.FirstName), maxName), LastName: cut(clean(c.LastName), maxName), Role: models.RoleMember, Language: language,
		}
	}
	a := models.SystemActor(v.OrgID)
	a.UserID, a.IP = u.ID, from.IP
	var notices *models.Notices
	if u.ID != "" {
		if notices, err = p.accountNotices(ctx, u, models.NotifySignInMethod, map[string]any{"Method": "oidc"}, mail.SignInMethod{Method: "oidc", IP: from.IP}); err != nil {
			return nil, err
		}
	}
	err = p.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		if u.ID == "" {
			u.ID = models.NewID(models.PrefixUser)
			a.UserID = u.ID
			if err := tx.CreateUser(ctx, a, u); err != nil {
				return err
			}
		}
		if err := tx.ConnectIdentity(ctx, a, u, c.Issuer, c.Subject); err != nil {
			return err
		}
		return tx.Tell(ctx, notices)
	})
	return u, err
}

func inDomains(email string, domains []string) bool {
	_, domain, _ := strings.Cut(models.EmailKey(email), "@")
	for _, d := range domains {
		if d == domain {
			return true
		}
	}
	return len(domains) == 0
}

// passwordAllowed refuses a password where the organisation's people sign in at its service alone. Brand admins may still use
// theirs: they are the ones who can mend a service that is broken.
func (p *People) passwordAllowed(ctx context.Context, u *models.User) error {
	v, err := p.Service(ctx)
	if err != nil || v == nil || !v.OnlyWay || u.Role == models.RoleBrandAdmin {
		return err
	}
	return &models.Error{Code: models.CodeUnauthorized, Key: "oidc.error.only_way", Args: map[string]any{"Name": v.Name}}
}
