package credential

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"surveyflow/internal/outbound"
	"surveyflow/internal/pipedtext"
	"surveyflow/models"
)

// Error says why a credential cannot be used, in words for people.
type Error struct {
	models.RunError
	Retry bool          // trying again later may help: the provider or the database is away
	After time.Duration // the provider asked to wait so long
}

// Error gives the text for logs.
func (f *Error) Error() string { return "credential: " + f.Key }

func fault(key string, args ...any) *Error {
	f := &Error{RunError: models.RunError{Key: key}}
	for i := 0; i+1 < len(args); i += 2 {
		if f.Args == nil {
			f.Args = map[string]any{}
		}
		f.Args[args[i].(string)] = args[i+1]
	}
	return f
}

// Order asks for the credentials of one call.
type Order struct {
	Actor models.Actor // whose credentials they must be, or shared
	Main  string       // id of the one that authenticates the call; empty for none
	Refs  []pipedtext.Ref
	// AnyHost says that the data decides where the call goes: then only credentials with allowed hosts are lent, since
	// whoever answers a survey could send the others home otherwise.
	AnyHost bool
}

// Loan is what one call may use. Its borrower sends it through [Loan.Channel], and masks [Loan.Secrets] in what it records.
type Loan struct {
	service *Service
	main    *opened
	all     []*opened
}

// opened is a credential in the clear.
type opened struct {
	row    *models.Credential
	config *Config
	tokens *tokens
	hosts  outbound.Hosts
}

// Lend opens the credentials of an order. The error is a [*Error].
func (s *Service) Lend(ctx context.Context, o Order) (*Loan, error) {
	loan := &Loan{service: s}
	ids := []string{o.Main}
	for _, r := range o.Refs {
		if r.Scheme == Scheme {
			ids = append(ids, r.Name)
		}
	}
	for _, id := range ids {
		if id == "" || slices.ContainsFunc(loan.all, func(c *opened) bool { return c.row.ID == id }) {
			continue
		}
		c, err := s.open(ctx, o.Actor, id)
		if err != nil {
			return nil, err
		}
		if o.AnyHost && c.hosts == nil {
			return nil, fault("run.error.credential_hosts", "Name", c.row.Name)
		}
		loan.all = append(loan.all, c)
		if id == o.Main {
			loan.main = c
		}
	}
	for _, r := range o.Refs {
		if _, there := loan.part(r); r.Scheme == Scheme && !there {
			return nil, fault("run.error.credential_part", "Token", r.String())
		}
	}
	return loan, nil
}

// Scheme is the scheme of piped text that names a part of a credential: ~{cr://CR_…/token}.
const Scheme = "cr"

// open reads one credential for its use.
func (s *Service) open(ctx context.Context, a models.Actor, id string) (*opened, error) {
	row, err := s.Store.CredentialOrGone(ctx, a, id)
	switch {
	case models.ErrorCode(err) == models.CodeNotFound:
		return nil, fault("run.error.credential_none", "ID", id)
	case err != nil:
		return nil, s.ours(err)
	case row.DeletedAt != nil:
		return nil, fault("run.error.credential_gone", "Name", row.Name)
	}
	c := &opened{row: row}
	if c.config, err = s.config(ctx, row); err != nil {
		return nil, s.ours(err)
	}
	if len(row.AllowedHosts.V) > 0 {
		if c.hosts, err = outbound.ParseHosts(row.AllowedHosts.V); err != nil {
			return nil, s.ours(err)
		}
	}
	if row.Type == models.CredentialOAuth2 {
		if err := s.authorize(ctx, c, ""); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// ours is a fault of this side: the cause goes to the log, and the call is tried again.
func (s *Service) ours(err error) *Error {
	s.Log.Error("a credential cannot be opened", "error", err)
	f := fault("run.error.credential_closed")
	f.Retry = true
	return f
}

// Empty reports whether the call uses no credential at all.
func (l *Loan) Empty() bool { return l == nil || len(l.all) == 0 }

// Source answers piped text of credentials, and leaves all else to another source.
func (l *Loan) Source(next pipedtext.Source) pipedtext.Source {
	if l.Empty() {
		return next
	}
	return pipedtext.SourceFunc(func(r pipedtext.Ref) pipedtext.Value {
		if r.Scheme != Scheme {
			return next.Value(r)
		}
		v, _ := l.part(r)
		return v
	})
}

// Header authenticates a request's headers with the main credential and names the header that it set, if any. It takes the
// place of one that was typed.
func (l *Loan) Header(h http.Header) []string {
	if l.Empty() || l.main == nil {
		return nil
	}
	name, value := l.main.config.header(l.main.row.Type, l.main.tokens)
	if name == "" {
		return nil
	}
	h[name] = []string{value}
	return []string{name}
}

// part gives a part of a credential, and whether its kind has it.
func (l *Loan) part(r pipedtext.Ref) (pipedtext.Value, bool) {
	i := slices.IndexFunc(l.all, func(c *opened) bool { return c.row.ID == r.Name })
	if i < 0 {
		return pipedtext.Value{}, false
	}
	c := l.all[i]
	text, there := "", true
	switch {
	case r.Path == "username" && c.row.Type == models.CredentialBasic:
		text = c.config.Username
	case r.Path == "password" && c.row.Type == models.CredentialBasic:
		text = c.config.Password
	case r.Path == "token" && c.row.Type == models.CredentialAPIKey:
		text = c.config.Token
	case (r.Path == "accessToken" || r.Path == "token") && c.tokens != nil:
		text = c.tokens.Access
	case c.tokens != nil:
		text, there = c.tokens.extra(r.Path)
	default:
		there = false
	}
	return pipedtext.Text(text), there
}

// PartHost is the part of a credential that may stand as the host of a URL: the host of the address that the provider gave
// with the tokens (Salesforce's instance_url). It is no secret.
const PartHost = "instance_host"

func (t *tokens) extra(name string) (string, bool) {
	if name == PartHost {
		raw, _ := t.Extra["instance_url"].(string)
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" {
			return "", false
		}
		return u.Host, true
	}
	v, ok := t.Extra[name]
	return fmt.Sprint(v), ok
}

// Secrets lists what must appear in nothing that is kept of the call, with the hosts that it may be sent to.
func (l *Loan) Secrets() []models.Secret {
	if l.Empty() {
		return nil
	}
	var all []models.Secret
	for _, c := range l.all {
		values := c.secrets()
		if c.row.Type == models.CredentialBasic {
			if _, value, ok := strings.Cut(headerOf(c), " "); ok {
				values = append(values, value)
			}
		}
		for _, v := range values {
			all = append(all, models.Secret{Value: v, Hosts: c.row.AllowedHosts.V})
		}
	}
	return all
}

func headerOf(c *opened) string {
	_, value := c.config.header(c.row.Type, c.tokens)
	return value
}

func (t *tokens) secrets() []string {
	all := []string{t.Access, t.Refresh}
	for name, v := range t.Extra {
		if secretName(name) {
			all = append(all, fmt.Sprint(v))
		}
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}

// Channel gives the connections of the call, which no other credential's calls share. The error is a [*Error].
func (l *Loan) Channel(ctx context.Context) (*outbound.Channel, error) {
	if l.Empty() {
		return nil, nil
	}
	return l.service.channel(ctx, l.all)
}

// Renew gets new tokens after the service answered 401 to a call, once, and reports whether there are any.
// The error is a [*Error].
func (l *Loan) Renew(ctx context.Context) (bool, error) {
	if l.Empty() {
		return false, nil
	}
	renewed := false
	for _, c := range l.all {
		if c.row.Type != models.CredentialOAuth2 || c.tokens == nil {
			continue
		}
		was := c.tokens.Access
		if c.config.GrantType == models.GrantAuthorizationCode && c.tokens.Refresh == "" {
			continue // there is nothing to get new ones with, and the service may have other reasons
		}
		if err := l.service.authorize(ctx, c, was); err != nil {
			return false, err
		}
		renewed = renewed || c.tokens.Access != was
	}
	return renewed, nil
}
