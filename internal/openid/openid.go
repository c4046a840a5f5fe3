// Package openid signs people in at a sign-in service (OpenID Connect Core 1.0): discovery, the authorization code with PKCE
// (RFC 7636, S256), state and nonce, and the check of the ID token. All calls go through internal/outbound.
package openid

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"surveyflow/internal/clock"
	"surveyflow/internal/outbound"
	"surveyflow/models"
)

const (
	callTimeout = 10 * time.Second
	// discoveryKept is how long what a service said about itself is believed.
	discoveryKept = 10 * time.Minute
)

// algorithms are the signatures of ID tokens that count. "none" and those with a shared secret do not.
var algorithms = []string{oidc.RS256, oidc.ES256}

// Service is what an organisation knows of its sign-in service.
type Service struct {
	Issuer       string
	ClientID     string
	ClientSecret string
	Scopes       []string // beside "openid"
}

// Flow is one sign-in under way. The browser keeps it, sealed.
type Flow struct {
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"`
	Issuer   string    `json:"issuer"`
	Next     string    `json:"next"` // where to go afterwards
	Until    time.Time `json:"until"`
}

// Claims is who signed in.
type Claims struct {
	Issuer    string
	Subject   string
	Email     string
	Verified  bool // the service has checked that the address is theirs
	FirstName string
	LastName  string
}

// Client talks to sign-in services. It is safe for concurrent use.
type Client struct {
	calls *outbound.Client
	clock clock.Clock

	mu    sync.Mutex
	known map[string]known
}

type known struct {
	provider *oidc.Provider
	at       time.Time
}

// New makes a client.
func New(calls *outbound.Client, c clock.Clock) *Client {
	return &Client{calls: calls, clock: c, known: map[string]known{}}
}

func (c *Client) context(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, c.calls.HTTPClient(nil, callTimeout))
}

// CheckURL returns an error for people when the service can never be called.
func (c *Client) CheckURL(issuer string) error {
	if err := c.calls.CheckURL(issuer); err != nil {
		return inWords(err, "oidc.error.issuer", nil)
	}
	return nil
}

// Discover asks the service about itself, also when that is known. The error is for people.
func (c *Client) Discover(ctx context.Context, issuer string) error {
	_, err := c.discover(ctx, issuer)
	return err
}

func (c *Client) discover(ctx context.Context, issuer string) (*oidc.Provider, error) {
	p, err := oidc.NewProvider(c.context(ctx), issuer)
	if err != nil {
		return nil, inWords(err, "oidc.error.discovery", map[string]any{"Issuer": issuer})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[issuer] = known{p, c.clock.Now()}
	return p, nil
}

func (c *Client) provider(ctx context.Context, issuer string) (*oidc.Provider, error) {
	c.mu.Lock()
	k, ok := c.known[issuer]
	c.mu.Unlock()
	if ok && c.clock.Now().Sub(k.at) < discoveryKept {
		return k.provider, nil
	}
	return c.discover(ctx, issuer)
}

func config(s Service, p *oidc.Provider, redirect string) *oauth2.Config {
	scopes := []string{oidc.ScopeOpenID}
	for _, scope := range s.Scopes {
		if !slices.Contains(scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	return &oauth2.Config{ClientID: s.ClientID, ClientSecret: s.ClientSecret, Endpoint: p.Endpoint(), RedirectURL: redirect, Scopes: scopes}
}

// Begin starts a sign-in: the address where the browser goes, and what it must bring back.
func (c *Client) Begin(ctx context.Context, s Service, redirect string) (string, *Flow, error) {
	p, err := c.provider(ctx, s.Issuer)
	if err != nil {
		return "", nil, err
	}
	f := &Flow{State: models.NewCapability(), Nonce: models.NewCapability(), Verifier: oauth2.GenerateVerifier(), Issuer: s.Issuer}
	address := config(s, p, redirect).AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier))
	return address, f, nil
}

// Finish ends a sign-in: it takes the code to the service and checks what comes back. The error is for people.
func (c *Client) Finish(ctx context.Context, s Service, redirect string, f *Flow, state, code string) (*Claims, error) {
	if f.Issuer != s.Issuer || subtle.ConstantTimeCompare([]byte(state), []byte(f.State)) != 1 || state == "" {
		return nil, refusal("oidc.error.state", nil, nil)
	}
	p, err := c.provider(ctx, s.Issuer)
	if err != nil {
		return nil, err
	}
	token, err := config(s, p, redirect).Exchange(c.context(ctx), code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return nil, inWords(err, "oidc.error.code", nil)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nil, refusal("oidc.error.id_token", nil, errors.New("the answer has no ID token"))
	}
	id, err := p.VerifierContext(c.context(ctx), &oidc.Config{ClientID: s.ClientID, SupportedSigningAlgs: algorithms, Now: c.clock.Now}).Verify(c.context(ctx), raw)
	if err != nil {
		return nil, inWords(err, "oidc.error.id_token", nil)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(f.Nonce)) != 1 {
		return nil, refusal("oidc.error.id_token", nil, errors.New("the nonce is another one"))
	}
	return c.claims(ctx, p, id, token)
}

// profile are the claims that are of use.
type profile struct {
	Subject  string `json:"sub"`
	Email    string `json:"email"`
	Verified any    `json:"email_verified"` // true, or "true" from some services
	Given    string `json:"given_name"`
	Family   string `json:"family_name"`
	Name     string `json:"name"`
}

// claims reads who it is from the ID token and, where that says no address, from the service's userinfo.
func (c *Client) claims(ctx context.Context, p *oidc.Provider, id *oidc.IDToken, token *oauth2.Token) (*Claims, error) {
	var who profile
	if err := id.Claims(&who); err != nil {
		return nil, refusal("oidc.error.id_token", nil, err)
	}
	if who.Email == "" && p.UserInfoEndpoint() != "" {
		info, err := p.UserInfo(c.context(ctx), oauth2.StaticTokenSource(token))
		if err != nil {
			return nil, inWords(err, "oidc.error.userinfo", nil)
		}
		if info.Subject != id.Subject { // OpenID Connect Core §5.3.2
			return nil, refusal("oidc.error.id_token", nil, errors.New("userinfo is about somebody else"))
		}
		if err := info.Claims(&who); err != nil {
			return nil, refusal("oidc.error.userinfo", nil, err)
		}
	}
	claims := &Claims{
		Issuer: id.Issuer, Subject: id.Subject, Email: strings.TrimSpace(who.Email), Verified: who.Verified == true || who.Verified == "true",
		FirstName: who.Given, LastName: who.Family,
	}
	if claims.FirstName == "" && claims.LastName == "" {
		claims.FirstName = who.Name
	}
	return claims, nil
}

// inWords says what went wrong with a call: what the guard or the network said, or the given sentence.
func inWords(err error, key string, args map[string]any) error {
	if e, ok := errors.AsType[*outbound.Error](err); ok {
		return refusal(e.Key, e.Args, err)
	}
	return refusal(key, args, err)
}

func refusal(key string, args map[string]any, cause error) error {
	return &models.Error{Code: models.CodeConflict, Key: key, Args: args, Cause: fmt.Errorf("sign in with OpenID Connect: %w", errors.Join(cause))}
}
