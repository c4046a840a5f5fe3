package link

import (
	"fmt"
	"net/url"
	"strings"
)

// Base makes absolute URLs. Pages, the API and OAuth are under the app's origin (BASE_URL); respondents, receivers and
// files are under the public one (PUBLIC_URL), which is the same unless the operator set it. The zero Base makes paths
// without an origin.
type Base struct {
	app    string
	public string
}

// NewBase takes the values of BASE_URL and PUBLIC_URL; an empty public URL means the same as base. Both must be http or
// https URLs with a host; a path is kept as prefix, a final slash is not.
func NewBase(baseURL, publicURL string) (Base, error) {
	app, err := origin(baseURL)
	if err != nil {
		return Base{}, fmt.Errorf("BASE_URL: %w", err)
	}
	if publicURL == "" {
		return Base{app: app, public: app}, nil
	}
	public, err := origin(publicURL)
	if err != nil {
		return Base{}, fmt.Errorf("PUBLIC_URL: %w", err)
	}
	return Base{app: app, public: public}, nil
}

// origin checks a base URL and returns it without its final slash.
func origin(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", fmt.Errorf("%q is not a URL", raw)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", fmt.Errorf("%q must start with http:// or https:// and name a host", raw)
	}
	if u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", fmt.Errorf("%q must have no user, query or fragment", raw)
	}
	return strings.TrimSuffix(raw, "/"), nil
}

// App returns the absolute URL of one of the app's own paths, as mails need it.
func (b Base) App(path string) string { return b.app + path }

// Public returns the absolute URL of a path that respondents or receivers use.
func (b Base) Public(path string) string { return b.public + path }

// API returns the absolute URL of an API path, such as "/workflows" (contract §6).
func (b Base) API(path string) string { return b.app + APIPrefix + path }

// Respond returns the address of a link collector (contract §3).
func (b Base) Respond(slug string) string { return b.public + Respond(slug) }

// JFE returns the address of a survey's default link in the form Qualtrics has (contract §3).
func (b Base) JFE(surveyID string) string { return b.public + JFE(surveyID) }

// ReceiverURL returns the address a receiver records requests at (contract §3).
func (b Base) ReceiverURL(token string) string { return b.public + ReceiverURL(token) }

// JSONEvent returns the address at which other programs start a workflow, by its token (contract §3).
func (b Base) JSONEvent(token string) string {
	return b.app + With(fill(PatternJSONEvent, "json"), "urlTokenId", token)
}

// JSONEventContext returns the same address in the older form, which names what it is about.
func (b Base) JSONEventContext(contextID, userID, brandID, workflowID string) string {
	return b.app + fill(PatternJSONEvent, "JSON") + "?contextId=" + url.QueryEscape(contextID) + "&userId=" + url.QueryEscape(userID) +
		"&brandId=" + url.QueryEscape(brandID) + "&triggerId=" + url.QueryEscape(workflowID)
}

// CollectorCall returns the address of the webhook of collectors (contract §3).
func (b Base) CollectorCall() string { return b.public + PatternCollectorCall }

// Secure tells whether people reach the app by https, so that cookies may be bound to it.
func (b Base) Secure() bool { return strings.HasPrefix(b.app, "https://") }

// Origins returns the distinct origins (scheme, host, port) of the instance, the app's first.
func (b Base) Origins() []string {
	var out []string
	for _, raw := range []string{b.app, b.public} {
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" {
			continue
		}
		o := u.Scheme + "://" + u.Host
		if len(out) == 0 || out[0] != o {
			out = append(out, o)
		}
	}
	return out
}

// Respond returns the path of a link collector.
func Respond(slug string) string { return fill(PatternRespond, slug) }

// JFE returns the path of a survey's default link.
func JFE(surveyID string) string { return fill(PatternJFE, surveyID) }

// ReceiverURL returns the path a receiver records requests at.
func ReceiverURL(token string) string { return fill(PatternReceiverURL, token) }
