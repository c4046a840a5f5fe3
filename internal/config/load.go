package config

import (
	"errors"
	"fmt"
	"net/mail"
	"os"
	"reflect"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Load reads every setting through getenv, which answers "" for a variable that is not set (os.Getenv
// does). The error is one line that names each wrong variable and says what a right value is; it never
// shows the value of a secret.
func Load(getenv func(string) string) (Config, error) {
	environment, problems := environ(getenv)
	if len(problems) > 0 {
		return Config{}, errors.New(strings.Join(problems, "; "))
	}
	var c Config
	wrong := map[string]bool{}
	if err := env.ParseWithOptions(&c, env.Options{Environment: environment, FuncMap: parsers}); err != nil {
		for _, name := range unparsed(err) {
			wrong[name] = true
		}
		if len(wrong) == 0 {
			return Config{}, fmt.Errorf("read settings: %w", err)
		}
	}
	c.fillDefaults()
	c.check(wrong)
	for _, f := range fields() {
		if wrong[f.name] {
			problems = append(problems, f.problem(environment[f.name]))
		}
	}
	if len(problems) > 0 {
		return Config{}, errors.New(strings.Join(problems, "; "))
	}
	return c, nil
}

// fillDefaults fills in the defaults that depend on other settings.
func (c *Config) fillDefaults() {
	c.Host = strings.Trim(c.Host, "[]") // an IPv6 address is listened on without its brackets
	c.baseFollowsPort = c.BaseURL == nil
	c.publicIsBase = c.PublicURL == nil
	*c = c.Listening(c.Port)
	c.BaseURL.Path = strings.TrimSuffix(c.BaseURL.Path, "/")
	c.PublicURL.Path = strings.TrimSuffix(c.PublicURL.Path, "/")
}

// check marks in wrong the variables whose values could be read but are out of bounds.
func (c *Config) check(wrong map[string]bool) {
	_, mailErr := mail.ParseAddress(c.MailFrom)
	checks := []struct {
		name string
		ok   bool
	}{
		{"PORT", c.Port >= 0 && c.Port <= 65535},
		{"HOST", !strings.ContainsAny(c.Host, " /@?#[]")},
		{"BASE_URL", isOrigin(c.BaseURL)},
		{"PUBLIC_URL", c.publicIsBase || isOrigin(c.PublicURL)},
		{"SECRET_KEY", len(c.SecretKeys) > 0 || c.Database.Dialect != Postgres},
		{"SMTP_URL", c.SMTP == nil || isSMTP(c.SMTP)},
		{"MAIL_FROM", mailErr == nil},
		{"OUTBOUND_ALLOW", areHosts(c.OutboundAllow)},
		{"CLIENT_CERT_HEADER", isFreeHeader(c.CertHeader)},
		{"METRICS_TOKEN", !strings.ContainsAny(string(c.MetricsToken), " \t\r\n")},
		{"WORKERS", c.Workers >= 1 && c.Workers <= 1000},
		{"RUN_RETENTION_DAYS", c.RetentionDays >= 1 && c.RetentionDays <= 365},
		{"LOG_FORMAT", c.LogFormat == "text" || c.LogFormat == "json"},
	}
	for _, check := range checks {
		if !check.ok {
			wrong[check.name] = true
		}
	}
}

// environ asks getenv for every setting. A variable that is set but empty counts as not set. Of a secret,
// NAME_FILE may name the file to read instead; the white space that editors leave at its ends is dropped.
func environ(getenv func(string) string) (values map[string]string, problems []string) {
	values = map[string]string{}
	for _, f := range fields() {
		value := strings.TrimSpace(getenv(f.name))
		file := ""
		if f.secret {
			file = getenv(f.name + "_FILE")
		}
		switch {
		case file != "" && value != "":
			problems = append(problems, fmt.Sprintf("%s and %s_FILE are both set: keep one", f.name, f.name))
		case file != "":
			content, err := os.ReadFile(file)
			if err != nil {
				problems = append(problems, fmt.Sprintf("%s_FILE cannot be read: %v", f.name, err))
			}
			value = strings.TrimSpace(string(content))
		}
		if value != "" {
			values[f.name] = value
		}
	}
	return values, problems
}

// unparsed returns the variables whose values env could not turn into their types.
func unparsed(err error) []string {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return nil
	}
	var names []string
	for _, err := range all.Errors {
		var parse env.ParseError
		if !errors.As(err, &parse) {
			continue
		}
		for _, f := range fields() {
			if f.goName == parse.Name {
				names = append(names, f.name)
			}
		}
	}
	return names
}

// field is a setting as its tags describe it.
type field struct {
	goName, name, preset, shown, help, must string
	secret                                  bool
}

// problem says what is wrong with value.
func (f field) problem(value string) string {
	switch {
	case value == "":
		return fmt.Sprintf("%s is missing: it must %s", f.name, f.must)
	case f.secret:
		return fmt.Sprintf("%s must %s", f.name, f.must)
	default:
		return fmt.Sprintf("%s must %s, not %q", f.name, f.must, value)
	}
}

// fields reads the tags of Config, in order.
func fields() []field {
	var all []field
	for f := range reflect.TypeFor[Config]().Fields() {
		if !f.IsExported() {
			continue
		}
		all = append(all, field{
			goName: f.Name,
			name:   f.Tag.Get("env"),
			preset: f.Tag.Get("envDefault"),
			shown:  f.Tag.Get("default"),
			help:   f.Tag.Get("help"),
			must:   f.Tag.Get("must"),
			secret: f.Tag.Get("secret") == "true",
		})
	}
	return all
}
