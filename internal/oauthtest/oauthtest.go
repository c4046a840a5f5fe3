// Package oauthtest runs a real sign-in service for tests: npm's oidc-provider, which speaks OpenID Connect and OAuth 2.0.
package oauthtest

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

//go:embed server.mjs
var program string

// Client is an application that the service knows; names are those of OpenID Connect Dynamic Client Registration.
type Client struct {
	ID           string   `json:"client_id"`
	Secret       string   `json:"client_secret,omitempty"`
	RedirectURIs []string `json:"redirect_uris,omitzero"`
	GrantTypes   []string `json:"grant_types,omitempty"`
	Responses    []string `json:"response_types,omitzero"` // nil means code; a client of client credentials has none
	TokenAuth    string   `json:"token_endpoint_auth_method,omitempty"`
	Algorithm    string   `json:"id_token_signed_response_alg,omitempty"` // RS256, ES256 or HS256
}

// Options say how the service behaves.
type Options struct {
	Clients      []Client `json:"clients"`
	UserinfoOnly bool     `json:"userinfoOnly,omitempty"` // the ID token tells no address
	Rotate       bool     `json:"rotate,omitempty"`       // a refresh token is good once; using it again revokes all that came of it
	Leeway       bool     `json:"leeway,omitempty"`       // one that was replaced is still taken, as Okta and Atlassian do for a while
}

// Server is a running service.
type Server struct {
	Issuer string
}

// New starts a service, which stops with the test. Without node or its modules the test is skipped (and fails under CI).
func New(t testing.TB, o Options) *Server {
	t.Helper()
	module := filepath.Join(root(t), ".ci/npm/node_modules/oidc-provider/lib/index.js")
	node, err := exec.LookPath("node")
	if _, missing := os.Stat(module); err != nil || missing != nil {
		t.Skip("node or .ci/npm/node_modules is missing: run make assets")
	}
	settings, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "server.mjs")
	if err := os.WriteFile(file, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, file, module, string(settings))
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		cmd.Wait() //nolint:errcheck // it was told to end
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the sign-in service did not start: %v\n%s", err, said.String())
	}
	return &Server{Issuer: strings.TrimSpace(line)}
}

// root gives the folder of the project: a test runs in the one of its package.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("the project's folder is not above the test's")
		}
		dir = up
	}
}

// NewBrowser gives a client that [SignIn] and [Decline] take: it keeps cookies and follows no redirects.
func NewBrowser(t testing.TB) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// SignIn does in a browser of its own what a person does at the service, from the address that an application led to until
// it leads back, and gives that address; of a form_post answer its fields are the query. The client must keep cookies and
// follow no redirects.
func SignIn(t testing.TB, client *http.Client, address, account string) *url.URL {
	t.Helper()
	return walk(t, client, address, account, false)
}

// Decline is [SignIn] by somebody who cancels at the first page.
func Decline(t testing.TB, client *http.Client, address string) *url.URL {
	t.Helper()
	return walk(t, client, address, "", true)
}

func walk(t testing.TB, client *http.Client, address, account string, decline bool) *url.URL {
	t.Helper()
	started, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	res := send(t, client, address, nil)
	for range 20 {
		if at := res.Header.Get("Location"); at != "" {
			next, err := res.Request.URL.Parse(at)
			if err != nil {
				t.Fatal(err)
			}
			if next.Host != started.Host {
				return next
			}
			res = send(t, client, next.String(), nil)
			continue
		}
		doc, err := goquery.NewDocumentFromReader(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if cancel, ok := doc.Find("a[href$='/abort']").Attr("href"); ok && decline {
			to, err := res.Request.URL.Parse(cancel)
			if err != nil {
				t.Fatal(err)
			}
			res = send(t, client, to.String(), nil)
			continue
		}
		form := doc.Find("form").First()
		action, ok := form.Attr("action")
		if !ok {
			t.Fatalf("the service says %s: %s", res.Status, strings.TrimSpace(doc.Text()))
		}
		to, err := res.Request.URL.Parse(action)
		if err != nil {
			t.Fatal(err)
		}
		values := url.Values{"login": {account}, "password": {"any"}}
		hidden := url.Values{}
		form.Find("input[type=hidden]").Each(func(_ int, in *goquery.Selection) { hidden.Set(in.AttrOr("name", ""), in.AttrOr("value", "")) })
		if to.Host != started.Host {
			to.RawQuery = hidden.Encode()
			return to
		}
		maps.Copy(values, hidden)
		res = send(t, client, to.String(), values)
	}
	t.Fatal("the service leads round and round")
	return nil
}

// send asks for a page, or sends a form.
func send(t testing.TB, client *http.Client, address string, form url.Values) *http.Response {
	t.Helper()
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}
