package task

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"

	"surveyflow/internal/secret"
	"surveyflow/models"
)

// Masked stands where a secret would be (contract §6).
const Masked = secret.Masked

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

// Masker makes a function that replaces every appearance of the secrets in a text, in every usual spelling.
func Masker(secrets ...string) func(string) string { return secret.Masker(secrets...) }

// MaskerOf is [Masker] of secrets with the hosts that they may go to.
func MaskerOf(secrets []models.Secret) func(string) string { return Masker(Values(secrets)...) }

// Values gives the secrets themselves.
func Values(secrets []models.Secret) []string {
	all := make([]string, len(secrets))
	for i, s := range secrets {
		all[i] = s.Value
	}
	return all
}

// MaskError gives an error without the secrets that its values quote.
func MaskError(e *models.RunError, mask func(string) string) *models.RunError {
	out := &models.RunError{Key: e.Key, Args: make(map[string]any, len(e.Args)), Detail: mask(e.Detail)}
	for k, v := range e.Args {
		if s, ok := v.(string); ok {
			v = mask(s)
		}
		out.Args[k] = v
	}
	return out
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
