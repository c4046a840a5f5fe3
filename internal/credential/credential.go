// Package credential keeps what opens the services of others and lends it to tasks: it seals and opens credentials, applies
// them to requests, talks to OAuth 2.0 providers, and keeps connections of different credentials apart.
//
// Nothing of a credential leaves this package but through a [Loan], which is bound to who may use it and to the hosts that it
// may be sent to, and whose secrets its borrower masks in whatever it records.
package credential

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/sync/singleflight"

	"surveyflow/internal/clock"
	"surveyflow/internal/outbound"
	"surveyflow/internal/secret"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// Options are what a [Service] works with.
type Options struct {
	Store  *store.Store
	Sealer *secret.Sealer
	Client *outbound.Client
	Clock  clock.Clock
	Log    *slog.Logger // nil means none
	// RedirectURL is where providers lead back to: BASE_URL/oauth-client-service/redirect.
	RedirectURL string
	// Notices writes what people are told when a credential came to need its owner; nil means that nobody is told.
	Notices func(context.Context, Notice) (*models.Notices, error)
}

// Notice says that a credential needs its owner.
type Notice struct {
	Credential models.Credential
	Kind       NoticeKind
	Problem    *models.RunError // of NoticeReconnect
}

// NoticeKind says what a credential needs.
type NoticeKind string

// What a credential can need.
const (
	NoticeReconnect   NoticeKind = "reconnect"   // the provider refused to go on
	NoticeCertificate NoticeKind = "certificate" // its client certificate ends soon
)

// Service keeps and lends credentials. It is safe for concurrent use.
type Service struct {
	Options
	refreshes singleflight.Group
	working   sync.WaitGroup // refreshes under way

	mu       sync.Mutex
	channels map[string]*outbound.Channel
}

// New makes the service.
func New(o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	return &Service{Options: o, channels: map[string]*outbound.Channel{}}
}

// Wait returns when no refresh is under way: what a provider gave must be on disk before the store closes.
func (s *Service) Wait() { s.working.Wait() }

// Input is what somebody writes of a credential (contract §6). What is nil stays as it is, and so does a secret that is empty
// or comes back masked (contract §7, Secrets in writes).
type Input struct {
	Name         *string               `json:"name"`
	Type         models.CredentialType `json:"type"` // of a new one
	Shared       *bool                 `json:"shared"`
	AllowedHosts *[]string             `json:"allowedHosts"`
	MTLS         *ClientCert           `json:"mtls"`
	DropMTLS     bool                  `json:"-"`

	Username              *string                      `json:"username"`
	Password              *string                      `json:"password"`
	Token                 *string                      `json:"token"`
	Header                *string                      `json:"header"`
	GrantType             *models.GrantType            `json:"grantType"`
	ClientID              *string                      `json:"clientId"`
	ClientSecret          *string                      `json:"clientSecret"`
	TokenEndpoint         *string                      `json:"tokenEndpoint"`
	AuthorizationEndpoint *string                      `json:"authorizationEndpoint"`
	Scopes                *string                      `json:"scopes"`
	ClientAuthentication  *models.ClientAuthentication `json:"clientAuthentication"`
	AuthorizationParams   *map[string]string           `json:"authorizationParams"`
	TokenParams           *map[string]string           `json:"tokenParams"`
	PKCE                  *bool                        `json:"pkce"`
}

// onto puts what was written into a config.
func (in *Input) onto(c *Config) {
	keep := func(to *string, from *string) { // secrets
		if from != nil && *from != "" && !strings.Contains(*from, secret.Masked) {
			*to = *from
		}
	}
	set := func(to *string, from *string) {
		if from != nil {
			*to = strings.TrimSpace(*from)
		}
	}
	keep(&c.Username, in.Username)
	keep(&c.Password, in.Password)
	keep(&c.Token, in.Token)
	keep(&c.ClientSecret, in.ClientSecret)
	set(&c.Header, in.Header)
	set(&c.ClientID, in.ClientID)
	for to, from := range map[*string]*string{&c.TokenEndpoint: in.TokenEndpoint, &c.AuthorizationEndpoint: in.AuthorizationEndpoint} {
		if from != nil && strings.TrimSpace(*from) != maskEndpoint(*to) {
			*to = strings.TrimSpace(*from)
		}
	}
	if in.Scopes != nil {
		c.Scopes = strings.Join(strings.Fields(*in.Scopes), " ")
	}
	if in.GrantType != nil {
		c.GrantType = *in.GrantType
	}
	if in.ClientAuthentication != nil {
		c.ClientAuthentication = *in.ClientAuthentication
	}
	if in.AuthorizationParams != nil {
		c.AuthorizationParams = mergeParams(c.AuthorizationParams, *in.AuthorizationParams)
	}
	if in.TokenParams != nil {
		c.TokenParams = mergeParams(c.TokenParams, *in.TokenParams)
	}
	if in.PKCE != nil {
		c.PKCE = in.PKCE
	}
}

// mergeParams takes parameters as they are written, with the old values of those that came back masked.
func mergeParams(old, in map[string]string) map[string]string {
	out := make(map[string]string, len(in))
	for name, value := range in {
		if strings.Contains(value, secret.Masked) {
			value = old[name]
		}
		out[name] = value
	}
	return out
}

// defaults fills in what the contract says when nothing is said.
func (c *Config) defaults(kind models.CredentialType) {
	if kind != models.CredentialOAuth2 {
		return
	}
	if c.ClientAuthentication == "" {
		c.ClientAuthentication = models.ClientAuthHeader
	}
	if c.GrantType == "" {
		c.GrantType = models.GrantClientCredentials
		if c.AuthorizationEndpoint != "" {
			c.GrantType = models.GrantAuthorizationCode
		}
	}
}

// Create checks and adds a credential of the actor. It fails with models.CodeInvalid, whose fields are the members of the
// contract's JSON.
func (s *Service) Create(ctx context.Context, a models.Actor, in Input) (*models.Credential, error) {
	c := &models.Credential{ID: models.NewID(models.PrefixCredential), Type: in.Type}
	if err := s.fill(ctx, c, &Config{}, &in); err != nil {
		return nil, err
	}
	return c, s.Store.CreateCredential(ctx, a, c)
}

// Update changes a credential that the actor may change; workflows go on working with it. A change of what the provider
// looks at makes the tokens void.
func (s *Service) Update(ctx context.Context, a models.Actor, id string, in Input) (*models.Credential, error) {
	return s.Store.UpdateCredential(ctx, a, id, func(c *models.Credential) error {
		config, err := s.config(ctx, c)
		if err != nil {
			return err
		}
		return s.fill(ctx, c, config, &in)
	})
}

// fill puts what was written into a credential's row.
func (s *Service) fill(ctx context.Context, c *models.Credential, config *Config, in *Input) error {
	before := *config
	in.onto(config)
	config.defaults(c.Type)
	fields := config.check(c.Type)
	if in.Name != nil {
		c.Name = strings.TrimSpace(models.CleanText(*in.Name))
	}
	if c.Name == "" || utf8.RuneCountInString(c.Name) > models.CredentialMaxName {
		fields = append(fields, models.Field("name", "credential.error.name", "Max", models.CredentialMaxName))
	}
	if in.AllowedHosts != nil {
		hosts, problem := checkHosts(*in.AllowedHosts)
		if problem != nil {
			fields = append(fields, *problem)
		}
		c.AllowedHosts.V = hosts
	}
	if c.AllowedHosts.V == nil {
		c.AllowedHosts.V = []string{}
	}
	if in.Shared != nil {
		c.Shared = *in.Shared
	}
	identity, err := s.fillCertificate(ctx, c, in)
	if e, ok := err.(*models.Error); ok && e.Code == models.CodeInvalid { //nolint:errorlint // ParseClientCert promises this type
		fields = append(fields, e.Fields...)
	} else if err != nil {
		return err
	}
	if len(fields) > 0 {
		return models.Invalid(fields...)
	}
	if err := s.sealCertificate(ctx, c, identity); err != nil {
		return err
	}
	c.GrantType = config.GrantType
	s.settle(c, &before, config)
	c.ConfigSealed, err = s.seal(ctx, c, "config_sealed", config)
	return err
}

// settle says how a credential stands after a change of its config.
func (s *Service) settle(c *models.Credential, before, now *Config) {
	switch {
	case c.Type != models.CredentialOAuth2:
		c.Status = models.CredentialReady
	case c.Status == "" || !before.sameClient(now):
		c.Status, c.Problem, c.TokensSealed, c.ExpiresAt = models.CredentialNotConnected, "", "", nil
	}
}

func checkHosts(entries []string) ([]string, *models.FieldError) {
	if len(entries) > models.CredentialMaxHosts {
		f := models.Field("allowedHosts", "credential.error.too_many_hosts", "Max", models.CredentialMaxHosts)
		return nil, &f
	}
	list, err := outbound.ParseHosts(entries)
	if e, ok := err.(*outbound.HostError); ok { //nolint:errorlint // ParseHosts promises this type
		f := models.Field("allowedHosts", e.Key, "Entry", e.Entry)
		return nil, &f
	}
	out := list.Strings()
	slices.Sort(out)
	return slices.Compact(out), nil
}

// fillCertificate checks a client certificate that was written; nil when none was.
func (s *Service) fillCertificate(ctx context.Context, c *models.Credential, in *Input) (*Identity, error) {
	if in.DropMTLS {
		c.MTLSSealed, c.CertSubject, c.CertExpiresAt, c.CertWarnedAt = "", "", nil, nil
	}
	if in.MTLS == nil {
		return nil, nil
	}
	given := *in.MTLS
	if c.MTLSSealed != "" { // parts that were left out stay, as when only the certificate is renewed
		old, err := s.certificate(ctx, c)
		if err != nil {
			return nil, err
		}
		for to, from := range map[*string]string{&given.PrivateKey: old.PrivateKey, &given.Certificate: old.Certificate, &given.CA: old.CA} {
			if strings.TrimSpace(*to) == "" || strings.Contains(*to, secret.Masked) {
				*to = from
			}
		}
	}
	return ParseClientCert(given, s.Clock.Now())
}

func (s *Service) sealCertificate(ctx context.Context, c *models.Credential, id *Identity) error {
	if id == nil {
		return nil
	}
	sealed, err := s.seal(ctx, c, "mtls_sealed", id.PEM)
	if err != nil {
		return err
	}
	ends := id.Leaf.NotAfter.UTC()
	c.MTLSSealed, c.CertSubject, c.CertExpiresAt, c.CertWarnedAt = sealed, models.CleanText(id.Subject), &ends, nil
	return nil
}

// seal seals a value for a column of a credential.
func (s *Service) seal(ctx context.Context, c *models.Credential, column string, v any) (string, error) {
	text, err := models.MarshalJSON(v)
	if err != nil {
		return "", err
	}
	return s.Sealer.Seal(ctx, secret.Assoc("credentials", c.ID, column), text)
}

func (s *Service) config(ctx context.Context, c *models.Credential) (*Config, error) {
	return unseal[Config](ctx, s, c, "config_sealed", c.ConfigSealed)
}

func (s *Service) certificate(ctx context.Context, c *models.Credential) (*ClientCert, error) {
	return unseal[ClientCert](ctx, s, c, "mtls_sealed", c.MTLSSealed)
}

func (s *Service) tokens(ctx context.Context, c *models.Credential) (*tokens, error) {
	if c.TokensSealed == "" {
		return nil, nil
	}
	return unseal[tokens](ctx, s, c, "tokens_sealed", c.TokensSealed)
}

func unseal[T any](ctx context.Context, s *Service, c *models.Credential, column, sealed string) (*T, error) {
	text, err := s.Sealer.Open(ctx, secret.Assoc("credentials", c.ID, column), sealed)
	if err != nil {
		return nil, fmt.Errorf("open credential %s: %w", c.ID, err)
	}
	return decode[T](text)
}

// WarnOfCertificates tells the owners of client certificates that end within the warning time, each once. Of several nodes
// one tells.
func (s *Service) WarnOfCertificates(ctx context.Context) error {
	all, err := s.Store.ExpiringCertificates(ctx, s.Clock.Now().Add(models.CertificateWarning))
	if err != nil {
		return err
	}
	for _, c := range all {
		notices, err := s.notices(ctx, Notice{Credential: c, Kind: NoticeCertificate})
		if err != nil {
			return err
		}
		err = s.Store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
			first, err := tx.CertificateWarned(ctx, c.ID)
			if err != nil || !first {
				return err
			}
			return tx.Tell(ctx, notices)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// notices writes what people are told; nil when nobody is.
func (s *Service) notices(ctx context.Context, n Notice) (*models.Notices, error) {
	if s.Notices == nil {
		return nil, nil
	}
	return s.Notices(ctx, n)
}
