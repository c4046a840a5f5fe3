package outbound_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"surveyflow/internal/outbound"
)

func TestOwn_names_the_doors_of_the_instance_only(t *testing.T) {
	t.Parallel()
	own, err := outbound.NewOwn("http://App.example.com:80/", "", "https://answers.example.com/sf")
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, outbound.Options{Own: own})
	for _, u := range []string{
		"http://app.example.com/receiver/abc", "http://APP.example.com:80/receiver/abc?x=../y%2e", "http://app.example.com//receiver/abc",
		"http://app.example.com/inbound-event/v1/events/json/triggers?urlTokenId=1", "http://app.example.com/api.php?email=a%40b",
		"http://app.example.com/API/v3/surveys", "http://app.example.com/api//v3/surveys", "http://user:pass@app.example.com/API/v3/surveys",
		"https://answers.example.com:443/sf/receiver/abc",
	} {
		if !c.IsOwn(u) {
			t.Errorf("%s is not taken for an own address", u)
		}
	}
	for _, u := range []string{
		"https://app.example.com/receiver/abc", "http://app.example.com:8080/receiver/abc", "http://app.example.com.evil.com/receiver/abc",
		"http://app.example.com@evil.com/receiver/abc", "http://app.example.com./receiver/abc", "http://other.example.com/receiver/abc",
		"http://app.example.com/", "http://app.example.com/receiver", "http://app.example.com/receivers/abc", "http://app.example.com/Receiver/abc",
		"http://app.example.com/api.phpx", "http://app.example.com/api", "http://app.example.com/apis/x", "http://app.example.com/metrics",
		"http://app.example.com/receiver/../metrics", "http://app.example.com/receiver/%2e%2e/metrics", "http://app.example.com/receiver/..%2fmetrics",
		"http://app.example.com/receiver/%252e%252e/metrics", `http://app.example.com/receiver/..\metrics`, "http://app.example.com/x/../receiver/abc",
		"http://app.example.com/./receiver/abc", "https://answers.example.com/receiver/abc", "https://answers.example.com/sfx/receiver/abc",
		"ftp://app.example.com/receiver/abc", "/receiver/abc", "",
	} {
		if c.IsOwn(u) {
			t.Errorf("%s is taken for an own address", u)
		}
	}
	if _, err := outbound.NewOwn("ftp://x"); err == nil {
		t.Error("NewOwn takes a base URL that is none")
	}
}

func ownInstance(t *testing.T, handler http.HandlerFunc, o outbound.Options) (*httptest.Server, *outbound.Client) {
	t.Helper()
	server := receiver(t, handler)
	own, err := outbound.NewOwn(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	o.Own = own
	return server, newClient(t, o)
}

func TestOwn_addresses_are_called_and_lend_their_connection_to_nobody(t *testing.T) {
	t.Parallel()
	var paths sync.Map
	server, c := ownInstance(t, func(_ http.ResponseWriter, r *http.Request) { paths.Store(r.URL.Path, true) }, outbound.Options{})
	for range 3 {
		if x := get(t, c, server.URL+"/receiver/abc"); !x.Succeeded() {
			t.Fatalf("own address: %v", x.Err)
		}
		for _, path := range []string{"/metrics", "/receiver/../metrics", "/receiver/%2e%2e/metrics"} {
			wantRefusal(t, get(t, c, server.URL+path), outbound.RuleLoopback)
		}
	}
	paths.Range(func(path, _ any) bool {
		if path != "/receiver/abc" {
			t.Errorf("%v was called", path)
		}
		return true
	})
	if err := c.CheckURL(server.URL + "/receiver/abc"); err != nil {
		t.Errorf("CheckURL of an own address = %v", err)
	}
	wantError(t, c.CheckURL(server.URL+"/metrics"), "outbound.refused.loopback")
}

func TestOwn_addresses_redirect_nobody(t *testing.T) {
	t.Parallel()
	server, c := ownInstance(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/metrics", http.StatusFound)
	}, outbound.Options{})
	x := c.Do(t.Context(), outbound.Request{Method: http.MethodGet, URL: server.URL + "/receiver/abc", FollowRedirect: true})
	wantFault(t, x, outbound.FaultRedirect, "outbound.redirect")
	if x.Location != "/metrics" || len(x.Hops) != 0 {
		t.Errorf("location %q, hops %v", x.Location, x.Hops)
	}
}

func TestOwn_addresses_are_no_target_of_redirects(t *testing.T) {
	t.Parallel()
	var target string
	foreign := receiver(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target, http.StatusFound) })
	host, err := url.Parse(foreign.URL)
	if err != nil {
		t.Fatal(err)
	}
	server, c := ownInstance(t, func(http.ResponseWriter, *http.Request) { t.Error("the instance was reached") },
		outbound.Options{Allow: allow(t, host.Host)})
	target = server.URL + "/receiver/abc"
	x := c.Do(t.Context(), outbound.Request{Method: http.MethodGet, URL: foreign.URL, FollowRedirect: true, Timeout: outbound.MaxTimeout})
	wantRefusal(t, x, outbound.RuleLoopback)
}
