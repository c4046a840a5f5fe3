package outbound

import (
	"net/url"
	"testing"
)

// The usual ports, where going on to https is the same service, cannot be listened on in a test.
func TestSameHost_is_the_same_name_and_port_or_its_https_side(t *testing.T) {
	t.Parallel()
	tests := []struct {
		from, to string
		want     bool
	}{
		{"http://crm.example.com/a", "http://crm.example.com/b", true},
		{"http://crm.example.com/a", "http://crm.example.com:80/b", true},
		{"http://crm.example.com/a", "https://crm.example.com/b", true},
		{"https://crm.example.com/a", "http://crm.example.com/b", false},
		{"http://crm.example.com:8080/a", "https://crm.example.com/b", false},
		{"http://crm.example.com/a", "https://crm.example.com:8443/b", false},
		{"http://crm.example.com:8080/a", "http://crm.example.com:8081/b", false},
		{"https://crm.example.com/a", "https://evil.crm.example.com/b", false},
		{"https://crm.example.com/a", "https://example.com/b", false},
	}
	for _, tt := range tests {
		from, err := url.Parse(tt.from)
		if err != nil {
			t.Fatal(err)
		}
		to, err := url.Parse(tt.to)
		if err != nil {
			t.Fatal(err)
		}
		if got := sameHost(from, to); got != tt.want {
			t.Errorf("%s → %s: same host %v, want %v", tt.from, tt.to, got, tt.want)
		}
	}
}
