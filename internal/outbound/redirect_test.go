package outbound_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"surveyflow/internal/outbound"
)

// redirector answers /STATUS with a redirect to location and everything else with what it was asked.
func redirector(t *testing.T, location func(*http.Request) string) *httptest.Server {
	t.Helper()
	return receiver(t, func(w http.ResponseWriter, r *http.Request) {
		if status, err := strconv.Atoi(strings.Trim(r.URL.Path, "/")); err == nil {
			w.Header().Set("Location", location(r))
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "moved")
			return
		}
		names := make([]string, 0, len(r.Header))
		for name := range r.Header {
			names = append(names, name)
		}
		slices.Sort(names)
		body, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, r.Method+" "+r.URL.String()+" "+strings.Join(names, ",")+" "+string(body))
	})
}

func to(location string) func(*http.Request) string {
	return func(*http.Request) string { return location }
}

func TestRedirect_is_followed_once_and_by_get_alone(t *testing.T) {
	t.Parallel()
	server := redirector(t, func(r *http.Request) string { return r.URL.Query().Get("to") })
	c := localClient(t)
	for _, status := range []string{"301", "302", "303", "307", "308"} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
			for _, follow := range []bool{true, false} {
				t.Run(method+" "+status+" "+strconv.FormatBool(follow), func(t *testing.T) {
					t.Parallel()
					x := c.Do(t.Context(), outbound.Request{Method: method, URL: server.URL + "/" + status + "?to=/here%23part", FollowRedirect: follow})
					if method == "GET" && follow {
						code, _ := strconv.Atoi(status)
						if diff := cmp.Diff([]outbound.Hop{{Status: code, URL: server.URL + "/here"}}, x.Hops); diff != "" || !x.Succeeded() {
							t.Errorf("hops (-want +got):\n%s\nerror %v", diff, x.Err)
						}
						return
					}
					wantUnfollowed(t, x, "/here#part")
				})
			}
		}
	}
	twice := c.Do(t.Context(), outbound.Request{Method: "GET", URL: server.URL + "/302?to=/301?to=/here", FollowRedirect: true})
	wantUnfollowed(t, twice, "/here")
	if len(twice.Hops) != 1 || twice.Status != http.StatusMovedPermanently {
		t.Errorf("hops %+v, status %d, want one hop and the second redirect", twice.Hops, twice.Status)
	}
}

// wantUnfollowed checks that a redirect that was not followed is final and shown.
func wantUnfollowed(t *testing.T, x *outbound.Exchange, location string) {
	t.Helper()
	wantFault(t, x, outbound.FaultRedirect, "outbound.redirect")
	if x.Location != location || x.Err.Args["Location"] != location || x.Err.Args["Status"] != x.Status {
		t.Errorf("Location = %q, args %v, want %q", x.Location, x.Err.Args, location)
	}
	if x.Retryable() || x.Succeeded() {
		t.Errorf("retryable %v, succeeded %v", x.Retryable(), x.Succeeded())
	}
}

func TestRedirect_without_a_usable_target_is_not_followed(t *testing.T) {
	t.Parallel()
	c := localClient(t)
	for _, location := range []string{"ftp://127.0.0.1/x", "http://", "http://127.0.0.1:0/", "http://[::1", "mailto:a@b.c", "%zz"} {
		server := redirector(t, to(location))
		x := c.Do(t.Context(), outbound.Request{Method: "GET", URL: server.URL + "/302", FollowRedirect: true})
		wantUnfollowed(t, x, location)
		if string(x.Body) != "moved" {
			t.Errorf("body = %q", x.Body)
		}
	}
	server := receiver(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusFound) })
	if x := c.Do(t.Context(), outbound.Request{Method: "GET", URL: server.URL, FollowRedirect: true}); x.Fault() != outbound.FaultNone || x.Status != http.StatusFound || x.Succeeded() || x.Retryable() {
		t.Errorf("a redirect to nowhere: %v, status %d", x.Err, x.Status)
	}
}

func TestRedirect_gives_credentials_to_the_same_host_only(t *testing.T) {
	t.Parallel()
	other := redirector(t, to(""))
	header := http.Header{
		"Authorization": {"Bearer x"}, "Cookie": {"a=b"}, "X-Api-Token": {"x"}, "X-Api-Key": {"x"}, "X-Client-Secret": {"x"}, "X-Mine": {"x"},
		"X-Source": {"survey"}, "Idempotency-Key": {"RN_1.OCAC_1"}, "X-Surveyflow-Run": {"RN_1"}, "Content-Type": {"application/json"},
	}
	all := "Authorization,Content-Length,Content-Type,Cookie,Idempotency-Key,User-Agent,X-Api-Key,X-Api-Token,X-Client-Secret,X-Mine,X-Source,X-Surveyflow-Run"
	harmless := "Idempotency-Key,User-Agent,X-Source,X-Surveyflow-Run"
	secrets := []string{"Authorization", "Cookie", "X-Api-Key", "X-Api-Token", "X-Client-Secret", "X-Mine"}
	tests := []struct {
		name, status, location, arrived string
		dropped                         []string
	}{
		{"same host keeps the body on 307", "307", "/x", "GET /x " + all + " {}", nil},
		{"same host loses the body on 302", "302", "/x", "GET /x " + strings.Replace(all, "Content-Length,Content-Type,", "", 1) + " ", nil},
		{"another port", "307", other.URL + "/x", "GET /x " + harmless + " ", secrets},
		{"another name", "308", "", "GET /x " + harmless + " ", secrets},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			location := tt.location
			server := redirector(t, func(r *http.Request) string {
				if location == "" {
					return "http://localhost:" + r.Host[strings.LastIndexByte(r.Host, ':')+1:] + "/x"
				}
				return location
			})
			c := newClient(t, outbound.Options{Version: "1", Allow: allow(t, "127.0.0.1,localhost"), Resolver: resolvingTo("127.0.0.1")})
			x := c.Do(t.Context(), outbound.Request{
				Method: "GET", URL: server.URL + "/" + tt.status, Header: header, Body: []byte("{}"), FollowRedirect: true, Credentials: []string{"x-mine"},
			})
			if string(x.Body) != tt.arrived || len(x.Hops) != 1 {
				t.Fatalf("second host got %q, want %q (%v)", x.Body, tt.arrived, x.Err)
			}
			if diff := cmp.Diff(tt.dropped, x.Hops[0].Dropped); diff != "" {
				t.Errorf("dropped (-want +got):\n%s", diff)
			}
			if x.Request.Header.Get("Authorization") == "" {
				t.Error("the record of the first request lost its headers")
			}
		})
	}
}

func TestRedirect_does_not_carry_user_and_password_of_its_location(t *testing.T) {
	t.Parallel()
	server := redirector(t, func(r *http.Request) string { return "http://ada:pw@" + r.Host + "/x" })
	x := localClient(t).Do(t.Context(), outbound.Request{Method: "GET", URL: server.URL + "/302", FollowRedirect: true})
	if string(x.Body) != "GET /x User-Agent " || strings.Contains(x.Hops[0].URL, "pw") {
		t.Errorf("second call %q, hop %+v, %v", x.Body, x.Hops, x.Err)
	}
}

func TestRedirect_from_https_to_http_drops_credentials(t *testing.T) {
	t.Parallel()
	plain := redirector(t, to(""))
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain.URL+"/x", http.StatusFound)
	}))
	t.Cleanup(secure.Close)
	c := newClient(t, outbound.Options{Allow: allow(t, "127.0.0.1"), TLS: secure.Client().Transport.(*http.Transport).TLSClientConfig})
	x := c.Do(t.Context(), outbound.Request{Method: "GET", URL: secure.URL, Header: http.Header{"Authorization": {"x"}}, FollowRedirect: true})
	if !x.Succeeded() || strings.Contains(string(x.Body), "Authorization") {
		t.Errorf("answer %q, %v", x.Body, x.Err)
	}
}
