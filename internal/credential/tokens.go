package credential

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"surveyflow/internal/outbound"
	"surveyflow/internal/secret"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// Times of asking a provider for tokens.
const (
	tokenTimeout = 15 * time.Second
	// claimFor is how long a process has for getting and writing tokens before another one may try: longer than the request
	// and a slow commit, and shorter than the time in which providers still take a refresh token that they have just replaced.
	claimFor = 40 * time.Second
	skew     = time.Minute // tokens are renewed so long before they end
)

// fresh reports whether the tokens are good for a call that begins now.
func (t *tokens) fresh(row *models.Credential, now time.Time) bool {
	if row.ExpiresAt == nil { // the provider did not say: a 401 does
		return true
	}
	early := skew
	if lifetime := time.Duration(t.Lifetime) * time.Second; lifetime > 0 && lifetime/5 < early {
		early = lifetime / 5 // of short-lived ones most of the time must be left
	}
	return now.Add(early).Before(*row.ExpiresAt)
}

// answer is what a token endpoint said.
type answer struct {
	tokens    tokens
	expiresAt *time.Time
}

// ask sends a request to the token endpoint (RFC 6749 §3.2). All grants go this way, with the parameters of the credential.
// The error is a [*Error]; a refusal is a [*refusedError].
func (s *Service) ask(ctx context.Context, c *opened, params url.Values) (*answer, error) {
	channel, err := s.endpointChannel(ctx, c, c.config.TokenEndpoint)
	if err != nil {
		return nil, s.ours(err)
	}
	for name, value := range c.config.TokenParams {
		params.Set(name, value)
	}
	config := clientcredentials.Config{
		ClientID: c.config.ClientID, ClientSecret: c.config.ClientSecret, TokenURL: c.config.TokenEndpoint, EndpointParams: params,
		AuthStyle: oauth2.AuthStyleInHeader,
	}
	if c.config.ClientAuthentication == models.ClientAuthBody || c.config.ClientSecret == "" { // a public client names itself only
		config.AuthStyle = oauth2.AuthStyleInParams
	}
	if params.Get("grant_type") == grantClient && c.config.Scopes != "" {
		config.Scopes = []string{c.config.Scopes}
	}
	client := s.Client.HTTPClient(channel, tokenTimeout)
	said := &listener{next: client.Transport}
	client.Transport = said
	got, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, client))
	if err != nil {
		return nil, s.tokenFault(c, params, err)
	}
	return s.answerOf(got, said.body), nil
}

// listener keeps the body of an answer: x/oauth2 gives only the members whose names one knows.
type listener struct {
	next http.RoundTripper
	body []byte
}

// RoundTrip makes the call.
func (l *listener) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	l.body, err = io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(l.body))
	return resp, err
}

// Grants as token endpoints spell them.
const (
	grantClient  = "client_credentials"
	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"
)

// refusedError says that the provider will not go on like this: somebody has to do something.
type refusedError struct{ fault *Error }

func (e *refusedError) Error() string { return e.fault.Error() }

// tokenFault tells a refusal from an outage: a 5xx, a limit or a broken connection never means that somebody must connect
// again.
func (s *Service) tokenFault(c *opened, params url.Values, err error) error {
	mask := secret.Masker(append(c.secrets(), params.Get("refresh_token"), params.Get("code"), params.Get("code_verifier"))...)
	host := outboundHost(c.config.TokenEndpoint)
	if e, ok := errors.AsType[*outbound.Error](err); ok {
		f := fault("run.error.credential_endpoint", "Name", c.row.Name, "Host", host)
		f.Detail, f.Retry = mask(e.Error()), e.Fault.Retryable() || e.Fault == outbound.FaultCanceled
		if e.Fault == outbound.FaultRefused || e.Fault == outbound.FaultURL {
			f = &Error{RunError: models.RunError{Key: e.Key, Args: e.Args, Detail: mask(e.Error())}}
		}
		return f
	}
	e, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok { // the answer is no token
		f := fault("run.error.credential_answer", "Name", c.row.Name, "Host", host)
		f.Detail = mask(err.Error())
		return f
	}
	status := e.Response.StatusCode
	words := mask(shorten(e.ErrorCode+" "+e.ErrorDescription, 300))
	switch {
	case outbound.RetryableStatus(status), e.ErrorCode == "temporarily_unavailable", e.ErrorCode == "server_error", e.ErrorCode == "slow_down":
		f := fault("run.error.credential_busy", "Name", c.row.Name, "Host", host, "Status", status)
		f.Detail, f.Retry = words, true
		if after, ok := outbound.RetryAfter(e.Response.Header, s.Clock.Now()); ok {
			f.After = after
		}
		return f
	case e.ErrorCode == "": // some gateway's page, or another service's address
		f := fault("run.error.credential_status", "Name", c.row.Name, "Host", host, "Status", status)
		f.Detail = words
		return f
	}
	f := fault("run.error.credential_reconnect", "Name", c.row.Name, "Words", words)
	return &refusedError{f}
}

func outboundHost(raw string) string {
	if u, err := url.Parse(raw); err == nil {
		return u.Host
	}
	return raw
}

// shorten makes what a provider said fit into a sentence.
func shorten(s string, n int) string {
	s = strings.Join(strings.Fields(models.CleanText(s)), " ")
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// secrets lists what of the opened credential must appear nowhere.
func (c *opened) secrets() []string {
	all := c.config.secrets()
	if c.tokens != nil {
		all = append(all, c.tokens.secrets()...)
	}
	return all
}

// Limits of what is kept of a provider's answer beside the tokens.
const (
	maxExtras = 20
	maxExtra  = 2000 // bytes
)

func (s *Service) answerOf(t *oauth2.Token, body []byte) *answer {
	a := &answer{tokens: tokens{Access: t.AccessToken, Type: t.TokenType, Refresh: t.RefreshToken, Extra: map[string]any{}}}
	if seconds := secondsOf(t.Extra("expires_in")); seconds > 0 {
		at := s.Clock.Now().Add(time.Duration(seconds) * time.Second)
		a.tokens.Lifetime, a.expiresAt = seconds, &at
	}
	var members map[string]any
	if json.Unmarshal(body, &members) != nil {
		return a // a query string, as some old providers send: it has nothing more
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		switch name {
		case "access_token", "refresh_token", "token_type", "expires_in", "id_token":
			continue
		}
		switch v := members[name].(type) {
		case string, float64, bool:
			if len(a.tokens.Extra) < maxExtras && len(fmt.Sprint(v)) <= maxExtra {
				a.tokens.Extra[name] = v
			}
		}
	}
	return a
}

// secondsOf reads expires_in, which some providers send as text. What is over ten years is no statement.
func secondsOf(v any) int64 {
	var n int64
	switch v := v.(type) {
	case float64:
		n = int64(v)
	case int64:
		n = v
	case string:
		n, _ = strconv.ParseInt(v, 10, 64)
	}
	if n < 0 || n > 10*366*24*3600 {
		return 0
	}
	return n
}

// authorize makes sure that an OAuth credential has an access token that is good, and not the stale one that a service has
// just refused; it asks the provider only when it must. The error is a [*Error].
func (s *Service) authorize(ctx context.Context, c *opened, stale string) error {
	for {
		if err := s.readTokens(ctx, c); err != nil {
			return err
		}
		now := s.Clock.Now()
		if c.tokens != nil && c.tokens.Access != stale && c.tokens.fresh(c.row, now) {
			return nil
		}
		byCode := c.config.GrantType == models.GrantAuthorizationCode
		switch {
		case c.row.DeletedAt != nil:
			return fault("run.error.credential_gone", "Name", c.row.Name)
		case c.row.Status == models.CredentialReconnect:
			return problemOf(c.row)
		case byCode && c.tokens == nil:
			return fault("run.error.credential_not_connected", "Name", c.row.Name)
		case byCode && c.tokens.Refresh == "" && c.row.ExpiresAt != nil && now.Before(*c.row.ExpiresAt): // its last minute
			return nil
		}
		row, err := s.refreshed(ctx, c)
		if err != nil {
			return err
		}
		renewed := row.TokensRev != c.row.TokensRev
		if row.Rev != c.row.Rev { // somebody changed it meanwhile
			if c.config, err = s.config(ctx, row); err != nil && row.DeletedAt == nil {
				return s.ours(err)
			}
		}
		c.row = row
		if renewed && row.DeletedAt == nil && row.TokensSealed != "" { // good or not: the provider has no better ones
			return s.readTokens(ctx, c)
		}
	}
}

func (s *Service) readTokens(ctx context.Context, c *opened) error {
	t, err := s.tokens(ctx, c.row)
	if err != nil {
		return s.ours(err)
	}
	c.tokens = t
	return nil
}

// problemOf says why a credential must be connected again.
func problemOf(row *models.Credential) *Error {
	if e := models.DecodeRunError(row.Problem); e != nil {
		return &Error{RunError: *e}
	}
	return fault("run.error.credential_reconnect", "Name", row.Name, "Words", "")
}

// refreshed gives the credential's row after somebody, on whichever node, got new tokens for it or was refused. All calls of
// this process that need the same share one try, which goes on when they give up.
func (s *Service) refreshed(ctx context.Context, c *opened) (*models.Credential, error) {
	own := *c
	key := fmt.Sprintf("%s %d", c.row.ID, c.row.TokensRev)
	done := s.refreshes.DoChan(key, func() (any, error) {
		s.working.Add(1)
		defer s.working.Done()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimFor) // a rotated token must be written down
		defer cancel()
		return s.refresh(ctx, &own)
	})
	select {
	case <-ctx.Done():
		f := fault("run.error.credential_busy", "Name", c.row.Name, "Host", outboundHost(c.config.TokenEndpoint), "Status", http.StatusServiceUnavailable)
		f.Retry = true
		return nil, f
	case r := <-done:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*models.Credential), nil
	}
}

// Pauses between looks at a refresh that another node makes.
const (
	firstLook = 50 * time.Millisecond
	lastLook  = time.Second
)

// refresh claims the refresh of a credential's tokens and makes it, or waits for who has the claim.
func (s *Service) refresh(ctx context.Context, c *opened) (*models.Credential, error) {
	rev := c.row.TokensRev
	for pause := firstLook; ; pause = min(2*pause, lastLook) {
		claim := models.NewCapability()
		won, err := s.Store.ClaimRefresh(ctx, c.row.ID, rev, claim, s.Clock.Now().Add(claimFor))
		if err != nil {
			return nil, s.ours(err)
		}
		row, err := s.Store.CredentialRow(ctx, c.row.ID)
		if err != nil {
			return nil, s.ours(err)
		}
		if won {
			return s.renew(ctx, c, row, claim)
		}
		if row.TokensRev != rev || row.Status != c.row.Status || row.DeletedAt != nil {
			return row, nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			f := fault("run.error.credential_busy", "Name", row.Name, "Host", outboundHost(c.config.TokenEndpoint), "Status", http.StatusServiceUnavailable)
			f.Retry = true
			return nil, f
		case <-timer.C:
		}
	}
}

// renew asks the provider as the holder of the claim, and writes down what it gave.
func (s *Service) renew(ctx context.Context, c *opened, row *models.Credential, claim string) (*models.Credential, error) {
	c.row = row
	if err := s.readTokens(ctx, c); err != nil {
		return nil, err
	}
	var err error
	if c.config, err = s.config(ctx, row); err != nil {
		return nil, s.ours(err)
	}
	params := url.Values{"grant_type": {grantClient}}
	if c.config.GrantType == models.GrantAuthorizationCode {
		if c.tokens == nil || c.tokens.Refresh == "" {
			f := fault("run.error.credential_ended", "Name", row.Name)
			return s.refuse(ctx, c, claim, f)
		}
		params = url.Values{"grant_type": {grantRefresh}, "refresh_token": {c.tokens.Refresh}}
	}
	got, err := s.ask(ctx, c, params)
	if r, ok := errors.AsType[*refusedError](err); ok {
		return s.refuse(ctx, c, claim, r.fault)
	}
	if err != nil {
		if e := s.Store.EndRefresh(ctx, row.ID, claim); e != nil {
			s.Log.Warn("a refresh could not be given up", "credential", row.ID, "error", e)
		}
		return nil, err
	}
	if c.tokens != nil { // what the provider did not say again still holds
		if got.tokens.Refresh == "" {
			got.tokens.Refresh = c.tokens.Refresh
		}
		for name, v := range c.tokens.Extra {
			if _, said := got.tokens.Extra[name]; !said {
				got.tokens.Extra[name] = v
			}
		}
	}
	sealed, err := s.seal(ctx, row, "tokens_sealed", got.tokens)
	if err != nil {
		return nil, s.ours(err)
	}
	err = s.insist(ctx, func() error {
		_, err := s.Store.SaveTokens(ctx, row.ID, claim, store.Tokens{Sealed: sealed, ExpiresAt: got.expiresAt})
		return err
	})
	if err != nil {
		return nil, s.ours(err)
	}
	s.Log.Info("credential refreshed", "credential", row.ID, "grant", string(c.config.GrantType))
	row, err = s.Store.CredentialRow(ctx, row.ID)
	if err != nil {
		return nil, s.ours(err)
	}
	return row, nil
}

// insist repeats a write while the database is away: a provider that rotates its refresh tokens gives each only once.
func (s *Service) insist(ctx context.Context, write func() error) error {
	for {
		err := write()
		if err == nil || models.ErrorCode(err) != models.CodeUnavailable {
			return err
		}
		timer := time.NewTimer(firstLook * 4)
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
	}
}

// refuse marks a credential as one that must be connected again, and tells its owner.
func (s *Service) refuse(ctx context.Context, c *opened, claim string, f *Error) (*models.Credential, error) {
	notices, err := s.notices(ctx, Notice{Credential: *c.row, Kind: NoticeReconnect, Problem: &f.RunError})
	if err != nil { // its page says it all the same, and so do the runs that fail
		s.Log.Warn("nobody can be told of a credential", "credential", c.row.ID, "error", err)
	}
	err = s.Store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		marked, err := tx.RefuseTokens(ctx, c.row.ID, claim, f.RunError.Encode())
		if err != nil || !marked {
			return err
		}
		s.Log.Warn("a credential must be connected again", "credential", c.row.ID)
		return tx.Tell(ctx, notices)
	})
	if err != nil {
		return nil, s.ours(err)
	}
	return nil, f
}
