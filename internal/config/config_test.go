package config_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"surveyflow/internal/config"
)

var (
	newKey = bytes.Repeat([]byte{1}, 32)
	oldKey = bytes.Repeat([]byte{250}, 32)
)

func load(vars map[string]string) (config.Config, error) {
	return config.Load(func(name string) string { return vars[name] })
}

func mustLoad(t *testing.T, vars map[string]string) config.Config {
	t.Helper()
	c, err := load(vars)
	if err != nil {
		t.Fatalf("Load(%v): %v", vars, err)
	}
	return c
}

func TestLoad_without_any_variable_gives_the_defaults_of_the_contract(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, nil)

	got := []any{
		c.Database, c.Addr(), c.BaseURL.String(), c.PublicURL.String(), len(c.SecretKeys), c.SecretKeyFile(), c.SMTP == nil,
		c.MailFrom, len(c.OutboundAllow), len(c.TrustedProxies), c.MetricsToken, c.Workers, c.RunRetention().Hours(), c.LogFormat, c.LogLevel,
	}
	want := []any{
		config.Database{Dialect: config.SQLite, Path: "data/surveyflow.db"},
		":8080", "http://localhost:8080", "http://localhost:8080", 0, filepath.Join("data", "secret.key"), true,
		"surveyflow@localhost", 0, 0, config.Secret(""), 64, 14 * 24.0, "text", slog.LevelInfo,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("defaults differ (-want +got):\n%s", diff)
	}
}

func TestLoad_reads_every_variable(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, map[string]string{
		"DATABASE_URL": "postgres://me:pw@db:5432/survey", "PORT": "9000", "HOST": "[::1]",
		"BASE_URL": "https://app.example.com/", "PUBLIC_URL": "https://s.example.com/x/",
		"SECRET_KEY": base64.StdEncoding.EncodeToString(newKey) + ", " + base64.RawURLEncoding.EncodeToString(oldKey),
		"SMTP_URL":   "smtps://u:p@mail.example.com:465", "MAIL_FROM": "Surveys <surveys@example.com>",
		"OUTBOUND_ALLOW": "10.0.0.0/8, crm.internal,127.0.0.1:9999,", "TRUSTED_PROXIES": "192.0.2.7, 10.1.2.3/8",
		"METRICS_TOKEN": "tok", "WORKERS": "1000", "RUN_RETENTION_DAYS": "365", "LOG_FORMAT": "json", "LOG_LEVEL": "debug",
	})

	got := []any{
		c.Database.Dialect, c.Database.URL, c.Addr(), c.BaseURL.String(), c.PublicURL.String(), [][]byte(c.SecretKeys), c.SecretKeyFile(), c.SMTP.Host,
		c.MailFrom, c.OutboundAllow, c.TrustedProxies[0].String(), c.TrustedProxies[1].String(), string(c.MetricsToken), c.Workers, c.RetentionDays, c.LogFormat, c.LogLevel,
	}
	want := []any{
		config.Postgres, "postgres://me:pw@db:5432/survey", "[::1]:9000", "https://app.example.com", "https://s.example.com/x",
		[][]byte{newKey, oldKey},
		"", "mail.example.com:465",
		"Surveys <surveys@example.com>",
		[]string{"10.0.0.0/8", "crm.internal", "127.0.0.1:9999"},
		"192.0.2.7/32", "10.0.0.0/8", "tok", 1000, 365, "json", slog.LevelDebug,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings differ (-want +got):\n%s", diff)
	}
	if !c.TrustedProxies[1].Contains(netip.MustParseAddr("10.9.9.9")) {
		t.Error("a CIDR with host bits does not hold its network")
	}
}

func TestLoad_lets_the_default_base_url_follow_the_port(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, map[string]string{"PORT": "0"})
	if got, want := c.Listening(41234).BaseURL.String(), "http://localhost:41234"; got != want {
		t.Errorf("BaseURL = %s, want %s", got, want)
	}
	if got, want := c.Listening(41234).PublicURL.String(), "http://localhost:41234"; got != want {
		t.Errorf("PublicURL = %s, want %s", got, want)
	}
	c = mustLoad(t, map[string]string{"PORT": "0", "BASE_URL": "https://example.com"})
	if got, want := c.Listening(41234).BaseURL.String(), "https://example.com"; got != want {
		t.Errorf("BaseURL = %s, want %s", got, want)
	}
}

func TestLoad_reads_a_secret_from_the_file_that_its_variable_names(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"SECRET_KEY": base64.StdEncoding.EncodeToString(newKey), "DATABASE_URL": "postgres://db/x",
		"SMTP_URL": "smtp://mail", "METRICS_TOKEN": "tok",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Load(func(name string) string {
		if base, ok := strings.CutSuffix(name, "_FILE"); ok {
			return filepath.Join(dir, base)
		}
		return ""
	})
	if err != nil {
		t.Fatal(err)
	}
	got := []any{c.Database.URL, [][]byte(c.SecretKeys), c.SMTP.String(), string(c.MetricsToken)}
	want := []any{"postgres://db/x", [][]byte{newKey}, "smtp://mail", "tok"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings differ (-want +got):\n%s", diff)
	}
}

func TestLoad_answers_a_wrong_value_with_one_line_that_names_the_variable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		vars map[string]string
		want string
	}{
		{"no number", map[string]string{"PORT": "http"}, `PORT must be a whole number from 0 to 65535, not "http"`},
		{"port out of range", map[string]string{"PORT": "65536"}, `PORT must be a whole number from 0 to 65535, not "65536"`},
		{"host with a port", map[string]string{"HOST": "a b"}, `HOST must be a host name or an IP address, not "a b"`},
		{"no workers", map[string]string{"WORKERS": "0"}, `WORKERS must be a whole number from 1 to 1000, not "0"`},
		{"too long a retention", map[string]string{"RUN_RETENTION_DAYS": "366"}, `RUN_RETENTION_DAYS must be a whole number of days from 1 to 365, not "366"`},
		{"base URL without scheme", map[string]string{"BASE_URL": "example.com"}, `BASE_URL must be an http:// or https:// URL with a host and no user, query or fragment, not "example.com"`},
		{"public URL with query", map[string]string{"PUBLIC_URL": "http://x/?a"}, `PUBLIC_URL must be an http:// or https:// URL with a host and no user, query or fragment, not "http://x/?a"`},
		{"mail address", map[string]string{"MAIL_FROM": "me"}, `MAIL_FROM must be a mail address, not "me"`},
		{"allowed URL", map[string]string{"OUTBOUND_ALLOW": "http://crm"}, `OUTBOUND_ALLOW must list CIDRs, hosts or host:port, separated by commas, not "http://crm"`},
		{"allowed network", map[string]string{"OUTBOUND_ALLOW": "10.0.0.0/99"}, `OUTBOUND_ALLOW must list CIDRs, hosts or host:port, separated by commas, not "10.0.0.0/99"`},
		{"proxy name", map[string]string{"TRUSTED_PROXIES": "proxy"}, `TRUSTED_PROXIES must list CIDRs or IP addresses, separated by commas, not "proxy"`},
		{"header of certificates", map[string]string{"CLIENT_CERT_HEADER": "X Cert"}, `CLIENT_CERT_HEADER must be the name of a header that means nothing else, not "X Cert"`},
		{"header of tokens", map[string]string{"CLIENT_CERT_HEADER": "authorization"}, `CLIENT_CERT_HEADER must be the name of a header that means nothing else, not "authorization"`},
		{"log format", map[string]string{"LOG_FORMAT": "xml"}, `LOG_FORMAT must be text or json, not "xml"`},
		{"log level", map[string]string{"LOG_LEVEL": "loud"}, `LOG_LEVEL must be debug, info, warn or error, not "loud"`},
		{"several", map[string]string{"LOG_LEVEL": "loud", "PORT": "x"}, `PORT must be a whole number from 0 to 65535, not "x"; LOG_LEVEL must be debug, info, warn or error, not "loud"`},
		{"value and file", map[string]string{"METRICS_TOKEN": "t", "METRICS_TOKEN_FILE": "f"}, `METRICS_TOKEN and METRICS_TOKEN_FILE are both set: keep one`},
		{"missing file", map[string]string{"SMTP_URL_FILE": "/nowhere/x"}, `SMTP_URL_FILE cannot be read: open /nowhere/x: no such file or directory`},
		{
			"PostgreSQL without a key",
			map[string]string{"DATABASE_URL": "postgres://db/x"},
			`SECRET_KEY is missing: it must be 32 bytes in base64, or several of these separated by commas, newest first (openssl rand -base64 32 makes one)`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := load(tt.vars)
			if err == nil || err.Error() != tt.want {
				t.Errorf("error = %v, want %s", err, tt.want)
			}
		})
	}
}

func TestLoad_refuses_a_wrong_secret_without_repeating_it(t *testing.T) {
	t.Parallel()
	for name, values := range map[string][]string{
		"DATABASE_URL":  {"mysql://hunter2@db", "sqlite:", "sqlite::memory:hunter2", "sqlite:x?_pragma=hunter2", "postgres:hunter2", "postgres://u:hunter2@h:port/", "hunter2"},
		"SECRET_KEY":    {"hunter2", base64.StdEncoding.EncodeToString(newKey[1:]), base64.StdEncoding.EncodeToString(newKey) + ",hunter2"},
		"SMTP_URL":      {"http://u:hunter2@h", "smtp://", "smtp://u:hunter2@h:port", "hunter2"},
		"METRICS_TOKEN": {"hunter2 hunter2"},
	} {
		for _, value := range values {
			_, err := load(map[string]string{name: value})
			if err == nil || !strings.HasPrefix(err.Error(), name+" must ") {
				t.Errorf("%s=%s: error = %v, want one that names the variable", name, value, err)
				continue
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s=%s: the error repeats the value: %v", name, value, err)
			}
		}
	}
}

func TestConfig_shows_no_secret_however_it_is_printed(t *testing.T) {
	t.Parallel()
	key := base64.StdEncoding.EncodeToString([]byte("hunter2hunter2hunter2hunter2hunt"))
	c := mustLoad(t, map[string]string{
		"DATABASE_URL": "postgres://me:hunter2@db.example.com/survey", "SECRET_KEY": key,
		"SMTP_URL": "smtp://me:hunter2@mail.example.com", "METRICS_TOKEN": "hunter2",
	})
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("start", "config", c)

	printed := log.String()
	for _, v := range []any{c.Database, c.SecretKeys, c.MetricsToken} {
		printed += fmt.Sprintf("%v %+v %#v\n", v, v, v)
	}
	for _, secret := range []string{"hunter2", "104 117 110", "0x68, 0x75"} {
		if strings.Contains(printed, secret) {
			t.Errorf("%q is shown:\n%s", secret, printed)
		}
	}
	for _, want := range []string{"postgres://db.example.com/survey", "smtp://mail.example.com", "metrics_token=true", `secret_key="1 key"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log lacks %s:\n%s", want, log.String())
		}
	}
}
