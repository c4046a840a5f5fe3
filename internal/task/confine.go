package task

import (
	"net/http"
	"slices"

	"surveyflow/internal/outbound"
	"surveyflow/models"
)

// Confine keeps secrets that the answer to an earlier call repeated from going where their credentials may not be sent, and
// from following a redirect to another host in a header.
func Confine(r *outbound.Request, secrets []models.Secret) {
	for _, s := range secrets {
		mask := Masker(s.Value)
		names := carriers(r.Header, mask)
		if len(names) == 0 && mask(r.URL) == r.URL && mask(string(r.Body)) == string(r.Body) {
			continue
		}
		r.Credentials = append(r.Credentials, names...)
		if len(s.Hosts) == 0 {
			continue
		}
		hosts, err := outbound.ParseHosts(s.Hosts)
		if err != nil {
			hosts = outbound.Hosts{} // they were checked when they were written: nothing is let through
		}
		r.Only = append(r.Only, hosts)
	}
}

// carriers names the headers that have something in them that the mask hides.
func carriers(h http.Header, mask func(string) string) []string {
	var names []string
	for name, values := range h {
		if slices.ContainsFunc(values, func(v string) bool { return mask(v) != v }) {
			names = append(names, name)
		}
	}
	return names
}
