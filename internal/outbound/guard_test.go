package outbound_test

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"surveyflow/internal/outbound"
)

// refused are the addresses of the guards that were compared, with those that each of them let through.
var refused = []struct {
	address string
	rule    outbound.Rule
}{
	{"127.0.0.1", outbound.RuleLoopback},
	{"127.255.255.254", outbound.RuleLoopback},
	{"10.0.0.1", outbound.RulePrivate},
	{"172.16.0.1", outbound.RulePrivate},
	{"172.31.255.255", outbound.RulePrivate},
	{"192.168.1.1", outbound.RulePrivate},
	{"169.254.169.254", outbound.RuleMetadata},
	{"169.254.170.2", outbound.RuleMetadata},
	{"169.254.1.1", outbound.RuleLinkLocal},
	{"100.100.100.200", outbound.RuleMetadata},
	{"100.64.0.1", outbound.RuleShared},
	{"100.127.255.255", outbound.RuleShared},
	{"168.63.129.16", outbound.RuleMetadata},
	{"0.0.0.0", outbound.RuleUnspecified},
	{"0.1.2.3", outbound.RuleUnspecified},
	{"240.0.0.1", outbound.RuleReserved},
	{"255.255.255.255", outbound.RuleReserved},
	{"224.0.0.1", outbound.RuleMulticast},
	{"239.255.255.255", outbound.RuleMulticast},
	{"192.0.0.192", outbound.RuleMetadata},
	{"192.0.0.1", outbound.RuleReserved},
	{"192.0.2.1", outbound.RuleReserved},
	{"198.51.100.1", outbound.RuleReserved},
	{"203.0.113.1", outbound.RuleReserved},
	{"198.18.0.1", outbound.RuleReserved},
	{"192.88.99.1", outbound.RuleReserved},
	{"::1", outbound.RuleLoopback},
	{"::", outbound.RuleUnspecified},
	{"fe80::1", outbound.RuleLinkLocal},
	{"fe80::1%25lo", outbound.RuleLinkLocal},
	{"fec0::1", outbound.RulePrivate},
	{"fc00::1", outbound.RulePrivate},
	{"fd00:ec2::254", outbound.RuleMetadata},
	{"ff02::1", outbound.RuleMulticast},
	{"::ffff:127.0.0.1", outbound.RuleMapped},
	{"::ffff:169.254.169.254", outbound.RuleMapped},
	{"::ffff:8.8.8.8", outbound.RuleMapped},
	{"::ffff:0a00:1", outbound.RuleMapped},
	{"::127.0.0.1", outbound.RuleEmbedded},
	{"64:ff9b::a00:1", outbound.RuleEmbedded},
	{"64:ff9b::169.254.169.254", outbound.RuleEmbedded},
	{"64:ff9b:1::a00:1", outbound.RuleEmbedded},
	{"2002:a00:1::1", outbound.RuleEmbedded},
	{"2001::1", outbound.RuleEmbedded},
	{"2001:db8::1", outbound.RuleReserved},
	{"3fff::1", outbound.RuleReserved},
	{"5f00::1", outbound.RuleReserved},
	{"100::1", outbound.RuleReserved},
}

func TestGuard_refuses_addresses_that_are_not_public(t *testing.T) {
	t.Parallel()
	c := newClient(t, outbound.Options{})
	for _, tt := range refused {
		t.Run(tt.address, func(t *testing.T) {
			t.Parallel()
			host := tt.address
			if strings.Contains(host, ":") {
				host = "[" + host + "]"
			}
			for _, u := range []string{"http://" + host + "/", "https://" + host + ":8443/x"} {
				x := get(t, c, u)
				wantRefusal(t, x, tt.rule)
				wantError(t, c.CheckURL(u), "outbound.refused."+string(tt.rule))
			}
		})
	}
}

// wantRefusal checks that a refusal is final and says what, by which rule, and what would allow it.
func wantRefusal(t *testing.T, x *outbound.Exchange, rule outbound.Rule) {
	t.Helper()
	wantFault(t, x, outbound.FaultRefused, "outbound.refused."+string(rule))
	r, ok := errors.AsType[*outbound.RefusedError](x.Err)
	if !ok || r.Rule != rule || !r.Address.IsValid() || r.Host == "" {
		t.Errorf("refusal = %+v, want rule %q with address and host", r, rule)
	}
	if x.Retryable() || x.Succeeded() || x.Status != 0 {
		t.Errorf("a refused call is retryable %v, succeeded %v, status %d", x.Retryable(), x.Succeeded(), x.Status)
	}
	if !strings.Contains(x.Err.Error(), "OUTBOUND_ALLOW") || x.Err.Args["Setting"] != "OUTBOUND_ALLOW" {
		t.Errorf("error %q does not name the setting", x.Err)
	}
}

func TestGuard_refuses_names_that_resolve_to_such_addresses(t *testing.T) {
	t.Parallel()
	for _, tt := range refused {
		if strings.Contains(tt.address, ":") {
			continue // a machine without IPv6 does not even try
		}
		t.Run(tt.address, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, outbound.Options{Resolver: resolvingTo(tt.address)})
			x := get(t, c, "http://crm.example.com/")
			wantRefusal(t, x, tt.rule)
			if x.Err.Args["Host"] != "crm.example.com" || x.Err.Args["Address"] != tt.address {
				t.Errorf("args = %v, want the name and what it resolved to", x.Err.Args)
			}
		})
	}
}

func TestGuard_is_not_fooled_by_other_spellings_of_loopback(t *testing.T) {
	t.Parallel()
	server := receiver(t, func(http.ResponseWriter, *http.Request) { t.Error("the receiver was reached") })
	c := newClient(t, outbound.Options{Resolver: resolvingTo("127.0.0.1")})
	for _, host := range []string{"localhost", "LOCALHOST.", "2130706433", "0x7f000001", "127.1", "127.0.0.1.", "0177.0.0.1", "[0:0:0:0:0:ffff:7f00:1]"} {
		x := get(t, c, "http://"+host+":"+portOf(t, server.URL)+"/")
		// Some systems read these as addresses, which the guard then sees; the others know no such name.
		if x.Fault() != outbound.FaultRefused && x.Fault() != outbound.FaultDNS {
			t.Errorf("%s: fault = %q (%v), want refused", host, x.Fault(), x.Err)
		}
	}
}

func TestGuard_lets_public_addresses_pass(t *testing.T) {
	t.Parallel()
	c := newClient(t, outbound.Options{})
	for _, u := range []string{"http://8.8.8.8/", "https://[2606:4700:4700::1111]:8443/", "http://172.32.0.1/", "http://100.128.0.1/", "http://168.63.129.17/", "http://crm/", "https://crm.example.com"} {
		if err := c.CheckURL(u); err != nil {
			t.Errorf("CheckURL(%s) = %v", u, err)
		}
	}
}

func TestGuard_permits_a_named_host_whatever_it_resolves_to(t *testing.T) {
	t.Parallel()
	server := receiver(t, func(http.ResponseWriter, *http.Request) {})
	port := portOf(t, server.URL)
	tests := []struct {
		list, host string
		want       bool
	}{
		{"crm", "crm", true}, // names without a dot exist in every container network
		{"crm.internal", "CRM.Internal.", true},
		{"crm.internal:" + port, "crm.internal", true},
		{"crm.internal:1", "crm.internal", false},
		{"crm.internal", "evil.crm.internal", false},
		{"crm.internal", "internal", false},
	}
	for _, tt := range tests {
		t.Run(tt.list+" "+tt.host, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, outbound.Options{Allow: allow(t, tt.list), Resolver: resolvingTo("127.0.0.1")})
			x := get(t, c, "http://"+tt.host+":"+port+"/")
			if x.Succeeded() != tt.want || !tt.want && x.Fault() != outbound.FaultRefused {
				t.Errorf("status %d, error %v, want permitted %v", x.Status, x.Err, tt.want)
			}
		})
	}
}

func TestGuard_checks_the_address_of_every_connect(t *testing.T) {
	t.Parallel()
	server := receiver(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") })
	answers := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")}
	var lookups atomic.Int32
	rebinding := nameServer(func(string) []netip.Addr { return answers[min(int(lookups.Add(1)), 2)-1:][:1] })
	c := newClient(t, outbound.Options{Allow: allow(t, "127.0.0.1"), Resolver: rebinding})
	url := "http://rebind.example.com:" + portOf(t, server.URL) + "/"

	if x := get(t, c, url); !x.Succeeded() {
		t.Fatalf("first call: %v", x.Err)
	}
	x := get(t, c, url)
	wantRefusal(t, x, outbound.RuleLoopback)
	if x.Err.Args["Address"] != "127.0.0.2" {
		t.Errorf("args = %v, want the second answer of the name server", x.Err.Args)
	}
}

func TestGuard_takes_the_permitted_address_of_several(t *testing.T) {
	t.Parallel()
	server := receiver(t, func(http.ResponseWriter, *http.Request) {})
	c := newClient(t, outbound.Options{Allow: allow(t, "127.0.0.1"), Resolver: resolvingTo("10.1.2.3", "127.0.0.1")})
	if x := get(t, c, "http://crm.example.com:"+portOf(t, server.URL)+"/"); !x.Succeeded() {
		t.Errorf("permitted receiver not reached: %v", x.Err)
	}

	// The order in which the system tries them: the refused one first, so that its error is the first.
	c = newClient(t, outbound.Options{Allow: allow(t, "127.0.0.2"), Resolver: resolvingTo("127.0.0.1", "127.0.0.2")})
	x := get(t, c, "http://crm.example.com"+closedPort[strings.LastIndexByte(closedPort, ':'):]+"/")
	wantFault(t, x, outbound.FaultConnection, "outbound.connection.failed")
	if !x.Retryable() {
		t.Error("a permitted receiver that is down is not worth a retry because another address of it is refused")
	}
}

func TestGuard_checks_redirects_again(t *testing.T) {
	t.Parallel()
	secret := receiver(t, func(http.ResponseWriter, *http.Request) { t.Error("the second receiver was reached") })
	for _, tt := range []struct {
		location string
		rule     outbound.Rule
	}{
		{"http://169.254.169.254/latest/meta-data/", outbound.RuleMetadata},
		{"http://[::ffff:169.254.169.254]/", outbound.RuleMapped},
		{"//10.0.0.1/x", outbound.RulePrivate},
		{secret.URL, outbound.RuleLoopback},
	} {
		t.Run(tt.location, func(t *testing.T) {
			t.Parallel()
			server := receiver(t, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, tt.location, http.StatusFound)
			})
			c := newClient(t, outbound.Options{Allow: allow(t, strings.TrimPrefix(server.URL, "http://"))})
			x := c.Do(t.Context(), outbound.Request{Method: http.MethodGet, URL: server.URL, FollowRedirect: true})
			wantRefusal(t, x, tt.rule)
			if len(x.Hops) != 1 || x.Hops[0].Status != http.StatusFound {
				t.Errorf("hops = %+v, want the redirect", x.Hops)
			}
		})
	}
}

// The variables would send every call through a proxy that no guard looks behind. Not parallel: it sets them.
func TestClient_does_not_follow_proxies_of_the_environment(t *testing.T) {
	proxy := receiver(t, func(http.ResponseWriter, *http.Request) { t.Error("the proxy was asked") })
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	server := receiver(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "direct") })
	c := newClient(t, outbound.Options{Allow: allow(t, "crm.example.com"), Resolver: resolvingTo("127.0.0.1")})
	if x := get(t, c, "http://crm.example.com:"+portOf(t, server.URL)+"/"); string(x.Body) != "direct" {
		t.Errorf("answer = %q, error %v", x.Body, x.Err)
	}
}

// ownInstance is a server on loopback that the client knows as its own and has no other permission for.
