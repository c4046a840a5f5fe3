package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Dialect names a kind of database.
type Dialect string

// The databases that Surveyflow runs on.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// Database is where the data is kept.
type Database struct {
	Dialect Dialect
	Path    string // of the SQLite file; empty with PostgreSQL
	URL     string // of the PostgreSQL database, with its password; empty with SQLite
}

// String names the database without user and password.
func (d Database) String() string {
	if d.Dialect != Postgres {
		return string(d.Dialect) + ":" + d.Path
	}
	u, err := url.Parse(d.URL)
	if err != nil {
		return string(Postgres)
	}
	return (&url.URL{Scheme: string(Postgres), Host: u.Host, Path: u.Path}).String()
}

// GoString is String, so that no way of printing shows a password.
func (d Database) GoString() string { return d.String() }

// Keys are the root keys of the instance, 32 bytes each. The first seals; all of them open.
type Keys [][]byte

// String tells only how many keys there are.
func (k Keys) String() string {
	switch len(k) {
	case 0:
		return "none"
	case 1:
		return "1 key"
	default:
		return fmt.Sprintf("%d keys", len(k))
	}
}

// GoString is String, so that no way of printing shows a key.
func (k Keys) GoString() string { return k.String() }

// Secret is a text that no log shows. Convert it to string to use it.
type Secret string

// String hides the text.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "••••"
}

// GoString is String, so that no way of printing shows the text.
func (s Secret) GoString() string { return s.String() }

// ParseDatabase reads a value of DATABASE_URL: sqlite:PATH, where PATH is a file, or a postgres:// URL. The
// error does not repeat the value, which may hold a password.
func ParseDatabase(value string) (Database, error) {
	if path, ok := strings.CutPrefix(value, "sqlite:"); ok {
		// SQLite's in-memory databases are private to one connection; a "?" would begin options that are ours to set.
		if path == "" || strings.HasPrefix(path, ":") || strings.Contains(path, "?") {
			return Database{}, errors.New("not the path of a file")
		}
		return Database{Dialect: SQLite, Path: path}, nil
	}
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Opaque != "" {
		return Database{}, errors.New("neither sqlite:PATH nor a postgres:// URL")
	}
	return Database{Dialect: Postgres, URL: value}, nil
}

// ParseKeys reads a value of SECRET_KEY: one or several keys of 32 bytes in base64, standard or URL-safe,
// padded or not, separated by commas, newest first.
func ParseKeys(value string) (Keys, error) {
	var keys Keys
	for _, text := range list(value) {
		text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
		key, err := base64.RawStdEncoding.DecodeString(text)
		if err != nil || len(key) != 32 {
			return nil, errors.New("not 32 bytes in base64")
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// parsers are the types that env does not read, or reads in another way than the contract says.
var parsers = map[reflect.Type]env.ParserFunc{
	reflect.TypeFor[Database]():       func(v string) (any, error) { return ParseDatabase(v) },
	reflect.TypeFor[Keys]():           func(v string) (any, error) { return ParseKeys(v) },
	reflect.TypeFor[[]netip.Prefix](): func(v string) (any, error) { return parsePrefixes(v) },
	reflect.TypeFor[[]string]():       func(v string) (any, error) { return list(v), nil },
	reflect.TypeFor[url.URL](): func(v string) (any, error) {
		u, err := url.Parse(v)
		if err != nil {
			return nil, err
		}
		return *u, nil
	},
}

// parsePrefixes reads CIDRs; an address alone stands for itself.
func parsePrefixes(value string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, text := range list(value) {
		if addr, err := netip.ParseAddr(text); err == nil {
			all = append(all, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, err
		}
		all = append(all, prefix.Masked())
	}
	return all, nil
}

// list cuts value at its commas and drops empty elements.
func list(value string) []string {
	var all []string
	for element := range strings.SplitSeq(value, ",") {
		if element = strings.TrimSpace(element); element != "" {
			all = append(all, element)
		}
	}
	return all
}

// isOrigin tells whether links can be made by adding a path to u.
func isOrigin(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" &&
		u.User == nil && u.RawQuery == "" && !u.ForceQuery && u.Fragment == ""
}

func isSMTP(u *url.URL) bool {
	return (u.Scheme == "smtp" || u.Scheme == "smtps") && u.Hostname() != ""
}

// areHosts tells whether every entry may be a CIDR, a host or host:port. What it means is for
// internal/outbound; this catches the URLs that people paste.
func areHosts(entries []string) bool {
	for _, entry := range entries {
		if strings.Contains(entry, "://") || strings.ContainsAny(entry, " @?#*") {
			return false
		}
		if strings.Contains(entry, "/") {
			if _, err := netip.ParsePrefix(entry); err != nil {
				return false
			}
		}
	}
	return true
}

// takenHeaders have a meaning of their own, which a certificate would take from them.
var takenHeaders = []string{
	"Authorization", "X-Api-Token", "Cookie", "Host", "Content-Type", "Content-Length", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip",
}

// isFreeHeader reports whether a text is the name of a header (RFC 9110 §5.1) without another meaning, or empty.
func isFreeHeader(name string) bool {
	const signs = "!#$%&'*+-.^_`|~"
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(signs, r) {
			return false
		}
	}
	return !slices.ContainsFunc(takenHeaders, func(taken string) bool { return strings.EqualFold(taken, name) })
}
