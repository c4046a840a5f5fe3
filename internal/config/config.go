// Package config reads the settings of the program (contract §1) from an environment, once, into one
// checked struct. Nothing else in Surveyflow looks at the environment.
package config

import (
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"
	"time"
)

// Config holds every setting, checked and with defaults filled in; make it with Load. The tags are the
// one place that tells about a setting:
//
//	env, envDefault   its variable and default
//	default           how README shows a default that is not a plain value
//	secret            "true": the variable NAME_FILE may name a file that holds the value, and no message shows it
//	help              its meaning, in README ('…' becomes code)
//	must              what a right value is: the error says "NAME must …"
type Config struct {
	Database       Database       `env:"DATABASE_URL" envDefault:"sqlite:data/surveyflow.db" secret:"true" help:"'sqlite:PATH' or 'postgres://…'" must:"be sqlite:PATH or a postgres:// URL"`
	Port           int            `env:"PORT" envDefault:"8080" help:"where to listen; 0 takes a free port" must:"be a whole number from 0 to 65535"`
	Host           string         `env:"HOST" default:"all interfaces" help:"the address to listen on" must:"be a host name or an IP address"`
	BaseURL        *url.URL       `env:"BASE_URL" default:"'http://localhost:PORT'" help:"the public address: every link, OAuth redirect URI and event URL starts with it" must:"be an http:// or https:// URL with a host and no user, query or fragment"`
	SecretKeys     Keys           `env:"SECRET_KEY" default:"made on first start, kept in 'secret.key' beside the SQLite file; required with PostgreSQL" secret:"true" help:"32 bytes, base64: root of cookie and credential keys; several, comma-separated: newest first" must:"be 32 bytes in base64, or several of these separated by commas, newest first (openssl rand -base64 32 makes one)"`
	SMTP           *url.URL       `env:"SMTP_URL" default:"empty: mails stay in the outbox page" secret:"true" help:"'smtp://user:pass@host:587' or 'smtps://…'" must:"be an smtp:// or smtps:// URL with a host"`
	MailFrom       string         `env:"MAIL_FROM" envDefault:"surveyflow@localhost" help:"sender of all mail" must:"be a mail address"`
	OutboundAllow  []string       `env:"OUTBOUND_ALLOW" default:"empty" help:"comma-separated CIDRs, hosts or host:port that outbound calls may reach although they are private or loopback" must:"list CIDRs, hosts or host:port, separated by commas"`
	TrustedProxies []netip.Prefix `env:"TRUSTED_PROXIES" default:"none" help:"comma-separated CIDRs whose forwarding headers count" must:"list CIDRs or IP addresses, separated by commas"`
	CertHeader     string         `env:"CLIENT_CERT_HEADER" default:"none" help:"header in which trusted proxies pass on the certificate that a client of the API has shown: 'Client-Cert' (RFC 9440), or any name for one in PEM or base64" must:"be the name of a header that means nothing else"`
	PublicURL      *url.URL       `env:"PUBLIC_URL" default:"'BASE_URL'" help:"another origin for respondents, receivers and files" must:"be an http:// or https:// URL with a host and no user, query or fragment"`
	MetricsToken   Secret         `env:"METRICS_TOKEN" default:"none" secret:"true" help:"bearer token that opens '/metrics' to others than loopback" must:"be without white space"`
	Workers        int            `env:"WORKERS" envDefault:"64" help:"concurrent runs on this node, 1 to 1000" must:"be a whole number from 1 to 1000"`
	RetentionDays  int            `env:"RUN_RETENTION_DAYS" envDefault:"14" help:"how long runs are kept, 1 to 365 days" must:"be a whole number of days from 1 to 365"`
	LogFormat      string         `env:"LOG_FORMAT" envDefault:"text" help:"'text' or 'json'" must:"be text or json"`
	LogLevel       slog.Level     `env:"LOG_LEVEL" envDefault:"info" help:"'debug', 'info', 'warn' or 'error'" must:"be debug, info, warn or error"`

	baseFollowsPort bool // BASE_URL was not set
	publicIsBase    bool // PUBLIC_URL was not set
}

// Addr returns the address to listen on, such as ":8080".
func (c Config) Addr() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

// Listening returns c for a server that listens on port: a BASE_URL that was left to its default follows
// it. It matters where PORT is 0.
func (c Config) Listening(port int) Config {
	c.Port = port
	if c.baseFollowsPort {
		c.BaseURL = localhost(port)
	}
	if c.publicIsBase {
		c.PublicURL = c.BaseURL
	}
	return c
}

// RunRetention returns how long runs are kept.
func (c Config) RunRetention() time.Duration { return time.Duration(c.RetentionDays) * 24 * time.Hour }

// SecretKeyFile returns the path of the file that keeps the keys when SECRET_KEY is not set: secret.key
// beside the SQLite file. It is empty with PostgreSQL, where several nodes must share their keys.
func (c Config) SecretKeyFile() string {
	if c.Database.Dialect != SQLite {
		return ""
	}
	return filepath.Join(filepath.Dir(c.Database.Path), "secret.key")
}

// LogValue summarises c for the log of a start, without anything secret.
func (c Config) LogValue() slog.Value {
	smtp := "none, mails stay in the outbox"
	if c.SMTP != nil {
		smtp = c.SMTP.Scheme + "://" + c.SMTP.Host
	}
	attrs := []slog.Attr{
		slog.String("database", c.Database.String()),
		slog.String("listen", c.Addr()),
		slog.String("base_url", c.BaseURL.String()),
		slog.String("secret_key", c.SecretKeys.String()),
		slog.String("smtp", smtp),
		slog.String("mail_from", c.MailFrom),
		slog.Any("outbound_allow", c.OutboundAllow),
		slog.Any("trusted_proxies", c.TrustedProxies),
		slog.String("client_cert_header", c.CertHeader),
		slog.Bool("metrics_token", c.MetricsToken != ""),
		slog.Int("workers", c.Workers),
		slog.Int("run_retention_days", c.RetentionDays),
	}
	if !c.publicIsBase {
		attrs = append(attrs, slog.String("public_url", c.PublicURL.String()))
	}
	return slog.GroupValue(attrs...)
}

func localhost(port int) *url.URL {
	return &url.URL{Scheme: "http", Host: net.JoinHostPort("localhost", strconv.Itoa(port))}
}
