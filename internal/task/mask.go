package task

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"

	"surveyflow/models"
)

// Masked stands where a secret would be (contract §6).
const Masked = "••••"

// minSecret is the least length of a value that is also masked where it appears by itself: shorter ones would blank
// out ordinary words.
const minSecret = 6

// Mask hides secrets in the record of a call: values of headers and of query parameters named like secrets, user and
// password of a URL, and each of these values wherever it appears again, also base64 and percent-encoded, as in an echo.
// More secrets, known from elsewhere, are hidden likewise.
func Mask(x *models.Exchange, secrets ...string) {
	secrets = slices.Clone(secrets)
	x.Request.URL = maskQuery(x.Request.URL, &secrets)
	for i := range x.Hops {
		x.Hops[i] = maskQuery(x.Hops[i], &secrets)
	}
	maskHeaders(x.Request.Headers, &secrets)
	if x.Response != nil {
		maskHeaders(x.Response.Headers, &secrets)
	}
	replace := Masker(secrets...)
	x.Request.URL = replace(x.Request.URL)
	x.Request.Body = replace(x.Request.Body)
	replaceHeaders(x.Request.Headers, replace)
	for i := range x.Hops {
		x.Hops[i] = replace(x.Hops[i])
	}
	if x.Response != nil {
		x.Response.Body = replace(x.Response.Body)
		replaceHeaders(x.Response.Headers, replace)
	}
}

// Masker makes a function that replaces every appearance of the secrets in a text.
func Masker(secrets ...string) func(string) string {
	var pairs []string
	for _, s := range secrets {
		if len(s) < minSecret {
			continue
		}
		for _, form := range []string{
			s, url.QueryEscape(s), url.PathEscape(s), jsonEscaped(s), base64.StdEncoding.EncodeToString([]byte(s)),
			base64.RawURLEncoding.EncodeToString([]byte(s)),
		} {
			pairs = append(pairs, form, Masked)
		}
	}
	if len(pairs) == 0 {
		return func(s string) string { return s }
	}
	return strings.NewReplacer(pairs...).Replace
}

// SecretName reports whether a header or parameter with this name holds a secret (contract §7, Secrets in writes).
func SecretName(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "authorization", "proxy-authorization", "cookie", "set-cookie":
		return true
	case "idempotency-key":
		return false
	}
	for _, part := range []string{"token", "key", "secret", "password", "passwd", "signature"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

func maskHeaders(hs []models.Header, secrets *[]string) {
	for i := range hs {
		if !SecretName(hs[i].Name) {
			continue
		}
		*secrets = append(*secrets, hs[i].Value)
		if scheme, rest, ok := strings.Cut(hs[i].Value, " "); ok { // "Bearer x", "Basic eDp5"
			*secrets = append(*secrets, rest)
			if user, err := base64.StdEncoding.DecodeString(rest); err == nil && strings.EqualFold(scheme, "basic") {
				_, password, _ := strings.Cut(string(user), ":")
				*secrets = append(*secrets, password)
			}
			hs[i].Value = scheme + " " + Masked
			continue
		}
		hs[i].Value = Masked
	}
}

func replaceHeaders(hs []models.Header, replace func(string) string) {
	for i := range hs {
		hs[i].Value = replace(hs[i].Value)
	}
}

// maskQuery hides the values of secret parameters and the user in a URL, keeping the rest as it is written.
func maskQuery(raw string, secrets *[]string) string {
	if scheme, rest, ok := strings.Cut(raw, "://"); ok {
		authority, path, found := strings.Cut(rest, "/")
		if at := strings.LastIndex(authority, "@"); at >= 0 {
			*secrets = append(*secrets, authority[:at])
			authority = Masked + authority[at:]
			raw = scheme + "://" + authority
			if found {
				raw += "/" + path
			}
		}
	}
	before, query, ok := strings.Cut(raw, "?")
	if !ok {
		return raw
	}
	query, fragment, hasFragment := strings.Cut(query, "#")
	parts := strings.Split(query, "&")
	for i, p := range parts {
		name, value, ok := strings.Cut(p, "=")
		if !ok || value == "" || !SecretName(name) {
			continue
		}
		if plain, err := url.QueryUnescape(value); err == nil {
			*secrets = append(*secrets, plain)
		}
		parts[i] = name + "=" + Masked
	}
	raw = before + "?" + strings.Join(parts, "&")
	if hasFragment {
		raw += "#" + fragment
	}
	return raw
}

func jsonEscaped(s string) string {
	text, err := models.MarshalJSON(s)
	if err != nil || len(text) < 2 {
		return s
	}
	return string(text[1 : len(text)-1])
}
