package outbound_test

import (
	"errors"
	"strings"
	"testing"

	"surveyflow/internal/outbound"
)

func TestParseAllow_permits_exactly_what_the_list_names(t *testing.T) {
	t.Parallel()
	tests := []struct {
		list, url string
		want      bool
	}{
		{"10.0.0.0/8", "http://10.1.2.3:8080/", true},
		{"10.0.0.0/8", "http://11.1.2.3/", true}, // public
		{"10.0.0.0/8", "http://192.168.1.1/", false},
		{"127.0.0.1/8", "http://127.9.9.9/", true},
		{" 10.1.2.3 , ,192.168.0.0/16,", "https://192.168.7.7/", true},
		{"10.1.2.3", "http://10.1.2.3/", true},
		{"10.1.2.3", "http://10.1.2.4/", false},
		{"10.1.2.3:8080", "http://10.1.2.3:8080/", true},
		{"10.1.2.3:8080", "http://10.1.2.3/", false},
		{"10.1.2.3:443", "https://10.1.2.3/", true},
		{"fd00::/8", "http://[fd00::7]:81/", true},
		{"::1", "http://[::1]:81/", true},
		{"[::1]", "http://[::1]:81/", true},
		{"[::1]:81", "http://[::1]:81/", true},
		{"[::1]:81", "http://[::1]:82/", false},
		{"fe80::/10", "http://[fe80::1%25eth0]/", true},
		{"168.63.129.16", "http://168.63.129.16/", true},
		// Naming an IPv4 network does not open the IPv6 forms that contain its addresses.
		{"10.0.0.0/8", "http://[::ffff:10.0.0.1]/", false},
		{"10.0.0.0/8", "http://[64:ff9b::a00:1]/", false},
		{"::ffff:10.0.0.0/104", "http://[::ffff:10.0.0.1]/", true},
		{"64:ff9b::/96", "http://[64:ff9b::a00:1]/", true},
		{"", "http://127.0.0.1/", false},
	}
	for _, tt := range tests {
		t.Run(tt.list+" "+tt.url, func(t *testing.T) {
			t.Parallel()
			err := newClient(t, outbound.Options{Allow: allow(t, tt.list)}).CheckURL(tt.url)
			if (err == nil) != tt.want {
				t.Errorf("CheckURL = %v, want permitted %v", err, tt.want)
			}
		})
	}
}

func TestParseAllow_names_the_entry_that_cannot_be_read(t *testing.T) {
	t.Parallel()
	for _, entry := range []string{
		"10.0.0.0/33", "10.0.0/8", "/8", "http://10.0.0.1", "http://crm.internal/hook", "10.0.0.0/8:80", "10.0.0", "10.0.0.300",
		"crm.internal:0", "crm.internal:65536", "crm.internal:http", "crm.internal:", ":8080", "*.internal", "crm internal",
		"bücher.internal", "crm..", "::1:80:", "fe80::1%eth0", "[::1]:x", "crm.internal?",
	} {
		t.Run(entry, func(t *testing.T) {
			t.Parallel()
			_, err := outbound.ParseAllow("10.0.0.0/8," + entry + ",crm.internal")
			bad, ok := errors.AsType[*outbound.AllowError](err)
			if !ok {
				t.Fatalf("error = %v, want *AllowError", err)
			}
			if bad.Entry != entry || bad.Reason == "" || !strings.Contains(err.Error(), entry) || !strings.HasPrefix(err.Error(), "OUTBOUND_ALLOW: ") {
				t.Errorf("error = %q does not say which entry is wrong", err)
			}
		})
	}
}
