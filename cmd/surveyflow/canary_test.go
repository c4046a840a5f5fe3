package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/link"
	"surveyflow/internal/mail/mailtest"
	"surveyflow/internal/secret"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// The canaries: what must be found nowhere but in sealed columns.
const (
	canaryPassword = "canary-password/+7f3a"
	canaryToken    = "canary-token-5b2e&x=y"
	canaryPiped    = "canary-piped-91cc0d"
	canaryClient   = "canary-client-secret-44aa"
	canaryAccess   = "canary-access-token-ee17"
	canaryEndpoint = "canary-endpoint-key-0c9b"
	canaryParam    = "canary-parameter-d21f"
	canaryCode     = "canary-code-3e80"
	canaryGranted  = "canary-granted-access-6b1d"
	canaryRefresh  = "canary-refresh-token-a5c2"
)

// loud is a service that says everything it hears, in many ways: as answers, redirects, errors and garbage. It is its own
// token endpoint, too, which names secrets in its refusals.
func loud(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		user, password, _ := r.BasicAuth()
		heard := fmt.Sprint(r.Header, " ", r.URL, " ", string(body), " ", user, password)
		w.Header().Set("X-Heard", strings.NewReplacer("\r", "", "\n", "").Replace(heard))
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/token":
			fmt.Fprintf(w, `{"access_token":%q,"token_type":"bearer","expires_in":3600,"note":%q}`, canaryAccess, heard)
			return
		case "/token-granted":
			fmt.Fprintf(w, `{"access_token":%q,"refresh_token":%q,"token_type":"bearer","expires_in":3600,"note":%q}`, canaryGranted, canaryRefresh, heard)
			return
		case "/token-refused":
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"error":"invalid_client","error_description":%q}`, heard)
			return
		case "/away":
			w.Header().Set("Location", "http://127.0.0.1:1/?heard="+url.QueryEscape(heard))
			w.WriteHeader(http.StatusFound)
			return
		case "/garbage":
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				fmt.Fprintf(conn, "%s\r\n\r\n", heard)
				conn.Close()
			}
			return
		case "/500", "/401", "/400":
			w.WriteHeader(map[string]int{"/500": 500, "/401": 401, "/400": 400}[r.URL.Path])
		}
		said, _ := json.Marshal(map[string]string{"heard": heard, "password": password, "base64": base64.StdEncoding.EncodeToString([]byte(heard)), "query": url.QueryEscape(heard)})
		_, _ = w.Write(said)
	}))
	t.Cleanup(s.Close)
	return s
}

// clientKey makes a client certificate and gives, as the canary of its key, a line of it.
func clientKey(t *testing.T) (key, certificate, canary string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "surveyflow"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), strings.Split(key, "\n")[1]
}

// asks calls the API and gives the answer's text.
func (p *process) asks(token, method, path, body string) string {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.url+link.APIPrefix+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("X-API-TOKEN", token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		p.t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, text)
	}
	return string(text)
}

func resultID(t *testing.T, text string) string {
	t.Helper()
	var r struct{ Result struct{ ID string } }
	if err := json.Unmarshal([]byte(text), &r); err != nil || r.Result.ID == "" {
		t.Fatalf("no id in %s", text)
	}
	return r.Result.ID
}

// TestNoSecretOfACredentialIsLeftAnywhere plants secrets in every kind of credential, lets runs succeed and fail in every way
// against a service that repeats all it hears, also in outputs that later tasks use, tries tasks, opens every page there is,
// and looks for the secrets in the database, the log, the API, the pages and the mails that arrived.
func TestNoSecretOfACredentialIsLeftAnywhere(t *testing.T) {
	t.Parallel()
	service := loud(t)
	database := storetest.NewSQLite(t)
	mails := mailtest.New(t, mailtest.Options{})
	p := newProcess(t, database, "LOG_LEVEL=debug", "SMTP_URL="+mails.URL().String(), "MAIL_FROM=surveys@example.com")
	surveyID, token := p.prepare(service.URL)
	p.givePassword("correct horse battery")
	p.start()
	ada := p.signIn("correct horse battery")
	key, certificate, canaryKey := clientKey(t)
	mtls, _ := json.Marshal(map[string]string{"privateKey": key, "certificate": certificate})
	add := func(body string) string { return resultID(t, p.asks(token, "POST", "/credentials", body)) }
	oauth := func(endpoint string) string {
		return fmt.Sprintf(`{"name":"O","type":"oauth2","grantType":"clientCredentials","clientId":"c","clientSecret":%q,"tokenEndpoint":%q,"tokenParams":{"api_key":%q},"clientAuthentication":"body"}`,
			canaryClient, service.URL+endpoint+"?key="+canaryEndpoint, canaryParam)
	}
	piped := add(fmt.Sprintf(`{"name":"Piped","type":"apiKey","token":%q}`, canaryPiped))
	credentials := []string{
		add(fmt.Sprintf(`{"name":"Basic","type":"basic","username":"svc","password":%q,"mtls":%s}`, canaryPassword, mtls)),
		add(fmt.Sprintf(`{"name":"Key","type":"apiKey","token":%q,"header":"X-Plain-Name"}`, canaryToken)),
		add(oauth("/token")), add(oauth("/token-refused")), add(strings.ReplaceAll(strings.Replace(oauth("/token-granted"), "clientCredentials", "authorizationCode", 1),
			`"clientAuthentication"`, fmt.Sprintf(`"authorizationEndpoint":%q,"clientAuthentication"`, service.URL+"/auth"))),
	}
	ada.connects(credentials[len(credentials)-1], canaryCode)
	workflows := map[string][]string{} // ids of their tasks
	for _, path := range []string{"/", "/400", "/401", "/500", "/garbage", "/away"} {
		var tasks, ids []string
		for _, id := range credentials {
			for _, method := range []string{"GET", "POST"} {
				own := models.NewID(models.PrefixTask)
				ids = append(ids, own)
				tasks = append(tasks, fmt.Sprintf(`{"id":%q,"type":"webService","retry":{"delays":[]},"config":{"credentialId":%q,"method":%q,"url":"%s%s?piped=~{cr://%s/token}",
					"headers":[{"key":"X-Plain","value":"v ~{cr://%s/token}"}],"body":{"format":"json","mode":"keyValue","pairs":[{"key":"p","value":"~{cr://%s/token}"}]},
					"outputs":[{"name":"heard","path":"$.heard"}]}}`, own, id, method, service.URL, path, piped, piped, piped))
			}
		}
		later := models.NewID(models.PrefixTask)
		ids = append(ids, later)
		tasks = append(tasks, fmt.Sprintf(`{"id":%q,"type":"webService","retry":{"delays":[]},"config":{"method":"POST","url":"%s%s","headers":[{"key":"X-Plain","value":"~{ch://%s/heard}"}],
			"body":{"format":"json","mode":"keyValue","pairs":[{"key":"p","value":"~{ch://%s/heard}"}]},"outputs":[{"name":"again","path":"$.heard"}]}}`, later, service.URL, path, ids[0], ids[0]))
		made := p.asks(token, "POST", "/workflows", fmt.Sprintf(`{"name":"W","surveyId":%q,"enabled":true,"event":{"type":"surveyResponse"},"notifications":{"enabled":true,"recipients":["owner@example.com"]},"tasks":[%s]}`,
			surveyID, strings.Join(tasks, ",")))
		workflows[resultID(t, made)] = ids
	}
	p.asks(token, "POST", "/surveys/"+surveyID+"/responses", `{"values":{"QID1_TEXT":"hello","finished":1}}`)
	storetest.Eventually(t, patience, "the runs have ended", func() bool { return p.count("SELECT COUNT(*) FROM queue WHERE kind = 'run'") == 0 })
	if n := p.count("SELECT COUNT(*) FROM attempts"); n < 60 {
		t.Fatalf("only %d attempts were made", n)
	}
	if n := p.count("SELECT COUNT(*) FROM attempt_secrets"); n < 9 {
		t.Fatalf("only %d outputs repeated a secret", n)
	}
	said := p.asks(token, "GET", "/credentials", "") + p.asks(token, "GET", "/workflows", "")
	var list struct {
		Result struct{ Elements []struct{ ID string } }
	}
	if err := json.Unmarshal([]byte(p.asks(token, "GET", "/runs", "")), &list); err != nil || len(list.Result.Elements) < 7 {
		t.Fatalf("runs %+v, %v", list, err)
	}
	for _, r := range list.Result.Elements {
		said += p.asks(token, "GET", "/runs/"+r.ID, "")
	}
	for id, tasks := range workflows {
		for _, task := range tasks[len(tasks)-3:] { // the one with the refused credential, the one with the agreement, the later one
			if n := ada.tries(id, task).Find("#trial").Length(); n == 0 {
				t.Errorf("trying %s shows nothing", task)
			}
		}
	}
	for _, id := range credentials {
		said += p.asks(token, "GET", "/credentials/"+id, "")
		ada.post(link.CredentialHandshake(id), url.Values{"address": {"https://127.0.0.1:1/"}})
		ada.post(link.Credential(id), url.Values{"name": {""}, "allowedHosts": {"https://x/"}}) // refused, with what was typed
	}
	ada.walk(link.Home(), 7)
	for _, id := range credentials {
		if ada.pages[link.Credential(id)] == "" {
			t.Errorf("the page of %s was not looked at", id)
		}
	}
	masked := 0 // pages that show what was sent
	for _, text := range ada.pages {
		masked += strings.Count(text, secret.Masked)
	}
	if len(ada.pages) < 100 || masked < 50 {
		t.Errorf("only %d pages were looked at, with %d masked values", len(ada.pages), masked)
	}
	storetest.Eventually(t, patience, "mails arrive", func() bool { return len(mails.Received()) > 2 && p.count("SELECT COUNT(*) FROM queue") == 0 })
	if err := p.terminate(); err != nil {
		t.Fatal(err)
	}
	places := map[string][]byte{"the API": []byte(said), "the log": []byte(p.log.String())}
	for _, m := range mails.Received() {
		places["a mail to "+strings.Join(m.To, " ")] = []byte(strings.ReplaceAll(m.Data, "=\r\n", ""))
	}
	for path, text := range ada.pages {
		places["the page "+path] = []byte(text)
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(database.SQLite), "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		if places["the file "+filepath.Base(f)], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
	}
	for _, canary := range []string{canaryPassword, canaryToken, canaryPiped, canaryClient, canaryAccess, canaryEndpoint, canaryParam, canaryKey, canaryCode, canaryGranted, canaryRefresh} {
		for _, form := range []string{
			canary, url.QueryEscape(canary), base64.StdEncoding.EncodeToString([]byte(canary)), base64.StdEncoding.EncodeToString([]byte("svc:" + canary)), canary[:16],
		} {
			for place, text := range places {
				if i := bytes.Index(text, []byte(form)); i >= 0 {
					t.Errorf("%q is in %s: …%q…", form, place, text[max(0, i-120):min(len(text), i+60)])
				}
			}
		}
	}
}
