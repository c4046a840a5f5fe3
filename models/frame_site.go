package models

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// MaxFrameSites is how many sites a collector may name.
const MaxFrameSites = 20

// frameHost is a name or address, with *. before it for all names below, and a port: nothing that could end its place in a
// Content-Security-Policy.
var frameHost = regexp.MustCompile(`^(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*(:[0-9]{1,5})?$`)

// ParseFrameSites reads sites as people write them, with white space or commas between: an origin, a name, or the address of
// a page, of which the origin counts. Each is given once, as a Content-Security-Policy names it (CSP 3, host-source). wrong is
// the first one that is none; then there are no sites.
func ParseFrameSites(text string) (sites []string, wrong string) {
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' || r == '\t' || r == ' ' }) {
		address := part
		if !strings.Contains(address, "://") {
			address = "https://" + address
		}
		u, err := url.Parse(strings.Replace(address, "://*.", "://any.", 1))
		if err != nil || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
			return nil, part
		}
		host := strings.ToLower(u.Host)
		if strings.Contains(address, "://*.") {
			host = "*." + strings.TrimPrefix(host, "any.")
		}
		if !frameHost.MatchString(host) {
			return nil, part
		}
		if site := u.Scheme + "://" + host; !slices.Contains(sites, site) {
			sites = append(sites, site)
		}
	}
	return sites, ""
}
