package main

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"surveyflow/internal/link"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

const markup = `"'><img src=x onerror=alert(1)><script>alert(2)</script><svg onload=alert(3)>{{7*7}}`

// TestNothingThatPeopleOrServicesSayBecomesMarkup writes markup into every text there is (n8n's stored scripts, CVE-2026-27578,
// -33749, -42235), lets a service and a provider answer with it, and opens every page.
func TestNothingThatPeopleOrServicesSayBecomesMarkup(t *testing.T) {
	t.Parallel()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Said", markup)
		switch r.URL.Path {
		case "/token":
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"error":"invalid_client","error_description":%q}`, markup)
		case "/500":
			http.Error(w, markup, http.StatusBadRequest)
		default:
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"said": %q, %q: {"x": 1}}`, markup, markup)
		}
	}))
	t.Cleanup(service.Close)
	database := storetest.NewSQLite(t)
	p := newProcess(t, database)
	surveyID, token := p.prepare(service.URL)
	p.givePassword("correct horse battery")
	p.start()
	ada := p.signIn("correct horse battery")
	said := quoted(markup)
	ada.post(link.Account(), url.Values{"firstName": {markup}, "lastName": {markup}, "timeZone": {"UTC"}})
	basic := resultID(t, p.asks(token, "POST", "/credentials", `{"name":`+said+`,"type":"basic","username":`+quoted(strings.ReplaceAll(markup, ":", ""))+`,"password":"x"}`))
	oauth := resultID(t, p.asks(token, "POST", "/credentials", fmt.Sprintf(
		`{"name":%s,"type":"oauth2","clientId":%s,"clientSecret":"s","tokenEndpoint":"%s/token?x=%s","scopes":%s,"tokenParams":{"audience":%s}}`, said, said, service.URL, url.QueryEscape(markup), quoted("a"), said)))
	tasks := make([]string, 0, 4)
	for _, c := range [][2]string{{"/", basic}, {"/500", basic}, {"/", oauth}} {
		tasks = append(tasks, fmt.Sprintf(`{"id":%q,"type":"webService","summary":%s,"retry":{"delays":[]},"config":{"credentialId":%q,"method":"POST","url":"%s%s?q=${q://QID1/ChoiceTextEntryValue}",
			"headers":[{"key":"X-A","value":%s}],"body":{"format":"json","mode":"keyValue","pairs":[{"key":%s,"value":%s}]},"outputs":[{"name":"said","path":"$.said"}]}}`,
			models.NewID(models.PrefixTask), said, c[1], service.URL, c[0], said, said, said))
	}
	code := models.NewID(models.PrefixTask)
	tasks = append(tasks, fmt.Sprintf(`{"id":%q,"type":"code","summary":%s,"config":{"source":%s}}`, code, said, quoted("function codeTask() { console.log("+said+"); throw new Error("+said+"); }")))
	workflow := resultID(t, p.asks(token, "POST", "/workflows", fmt.Sprintf(`{"name":%s,"surveyId":%q,"enabled":true,"event":{"type":"surveyResponse"},
		"condition":{"left":"${q://QID1/ChoiceTextEntryValue}","operator":"contains","right":%s},"tasks":[%s]}`, said, surveyID, said, strings.Join(tasks, ","))))
	p.asks(token, "POST", "/surveys/"+surveyID+"/responses", `{"values":{"QID1_TEXT":`+said+`,"finished":1}}`)
	storetest.Eventually(t, patience, "the runs have ended", func() bool { return p.count("SELECT COUNT(*) FROM queue WHERE kind = 'run'") == 0 })
	for _, task := range tasks {
		ada.tries(workflow, task[7:7+len(code)])
	}
	ada.walk(link.Home(), 5)
	shown := 0
	for path, text := range ada.pages {
		if !strings.HasPrefix(strings.ToLower(text), "<!doctype html") { // downloads, which browsers save
			continue
		}
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if n := doc.Find("img[src='x'], [onerror], [onload], script:not([src])").Length(); n > 0 {
			t.Errorf("%s has %d pieces of what was typed as markup", path, n)
		}
		if strings.Contains(doc.Text(), "<img src=x") {
			shown++
		}
	}
	if shown < 20 || len(ada.pages) < 60 {
		t.Errorf("only %d of %d pages show the text", shown, len(ada.pages))
	}
}

// quoted writes a text for JSON and JavaScript.
func quoted(text string) string {
	out, err := models.MarshalJSON(text)
	if err != nil {
		panic(err)
	}
	return string(out)
}

// TestABodyNamesNoFile sends what made n8n read its own files (CVE-2026-21858): JSON where a form with a file is expected, and
// forms whose file has a path for a name.
func TestABodyNamesNoFile(t *testing.T) {
	t.Parallel()
	p := newProcess(t, storetest.NewSQLite(t))
	surveyID, token := p.prepare("http://127.0.0.1:1/")
	p.givePassword("correct horse battery")
	p.start()
	ada := p.signIn("correct horse battery")
	const path = "/etc/passwd"
	asJSON := fmt.Sprintf(`{"file":{"filepath":%[1]q,"path":%[1]q,"name":%[1]q},"files":{"file":{"filepath":%[1]q,"mimetype":"application/json"}},"text":"","content":"@%[1]s"}`, path)
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	for _, name := range []string{"file", "upload", "files[file][filepath]"} {
		part, err := m.CreatePart(textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename=%q`, name, "../../.."+path)}, "Content-Type": {"application/json"}})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(part, `{"filepath":"`+path+`"}`)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{
		link.WorkflowImport(), "/surveys/import", link.PatternSetUp, "/api.php", "/inbound-event/v1/events/json/triggers?urlTokenId=x", link.APIPrefix + "/workflows",
		link.APIPrefix + "/surveys/" + surveyID + "/responses", link.APIPrefix + "/credentials", link.Credentials(),
	} {
		for kind, body := range map[string]string{"application/json": asJSON, m.FormDataContentType(): form.String(), "text/plain": asJSON, "application/x-www-form-urlencoded": "file[filepath]=" + path} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+to, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", kind)
			req.Header.Set("X-API-TOKEN", token)
			res, err := ada.client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || strings.Contains(string(text), "root:") || res.StatusCode >= 500 {
				t.Errorf("%s, %s: %d, %v: %.200s", to, kind, res.StatusCode, err, text)
			}
		}
	}
	if n := p.count("SELECT COUNT(*) FROM responses"); n != 0 {
		t.Errorf("%d responses were made of it", n)
	}
	ada.walk(link.Home(), 3)
	for page, text := range ada.pages {
		if strings.Contains(text, "root:") {
			t.Errorf("%s shows the file", page)
		}
	}
}
