package webservice_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/outbound"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/task"
	"surveyflow/internal/task/tasktest"
	"surveyflow/internal/task/webservice"
	"surveyflow/models"
)

var values = pipedtext.SourceFunc(func(r pipedtext.Ref) pipedtext.Value {
	switch r.Name {
	case "name":
		return pipedtext.Text(`Ann "B" <c>&` + "\r\nX-Evil: 1")
	case "score":
		return pipedtext.Number("7")
	case "list":
		return pipedtext.JSON([]byte(`[1,2]`))
	case "host":
		return pipedtext.Text("169.254.169.254")
	}
	return pipedtext.Value{}
})

type seen struct {
	method, path, query, body string
	header                    http.Header
}

// service answers with what the path asks for, "/503" with status 503, and keeps the last request.
func service(t *testing.T) (string, func() seen) {
	t.Helper()
	requests := make(chan seen, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests <- seen{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, string(body), r.Header}
		switch r.URL.Path {
		case "/503":
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/500", "/408", "/425", "/429", "/400", "/404", "/410", "/204":
			status := map[string]int{"/500": 500, "/408": 408, "/425": 425, "/429": 429, "/400": 400, "/404": 404, "/410": 410, "/204": 204}
			w.WriteHeader(status[r.URL.Path])
		case "/redirect":
			http.Redirect(w, r, "/landed", http.StatusFound)
		case "/echo":
			w.Header().Set("X-Echo", r.Header.Get("Authorization"))
			fmt.Fprint(w, r.Header.Get("Authorization")+r.URL.RawQuery)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, func() seen {
		select {
		case r := <-requests:
			return r
		default:
			return seen{}
		}
	}
}

func client(t *testing.T) *outbound.Client {
	t.Helper()
	allow, err := outbound.ParseAllow("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return outbound.New(outbound.Options{Version: "test", Allow: allow})
}

func do(t *testing.T, config models.WebServiceConfig) task.Outcome {
	t.Helper()
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := webservice.New(client(t)).Compile(text)
	if err != nil {
		t.Fatal(err)
	}
	return compiled.Run(t.Context(), task.Input{Values: values, RunID: "RN_1", TaskID: "OCAC_1", Now: time.Now()})
}

func pairs(p ...models.PairSpec) *models.BodySpec {
	return &models.BodySpec{Format: models.BodyJSON, Mode: models.BodyKeyValue, Pairs: p}
}

func TestBodiesAreWrittenForTheirFormat(t *testing.T) {
	t.Parallel()
	address, last := service(t)
	name := `Ann "B" <c>&` + "\r\nX-Evil: 1"
	for _, c := range []struct {
		title string
		body  models.BodySpec
		want  string
		kind  string
	}{
		{
			"JSON pairs", *pairs(
				models.PairSpec{Key: "name", Value: "${e://Field/name}"}, models.PairSpec{Key: "score", Value: "${e://Field/score}"},
				models.PairSpec{Key: "text", Value: "${e://Field/score}", DataType: models.DataString}, models.PairSpec{Key: "list", Value: "${e://Field/list}"},
				models.PairSpec{Key: "none", Value: "${e://Field/none}", DataType: models.DataNumber}, models.PairSpec{Key: "yes", Value: "YES", DataType: models.DataBoolean}),
			`{"name":"Ann \"B\" <c>&\r\nX-Evil: 1","score":7,"text":"7","list":[1,2],"none":null,"yes":true}`, "application/json",
		},
		{
			"JSON text",
			models.BodySpec{Format: models.BodyJSON, Mode: models.BodyFreeText, Text: `{"n": "${e://Field/name}", "s": ${e://Field/score}, "l": ${e://Field/list}, "x": ${e://Field/none}}`},
			`{"n": "Ann \"B\" <c>&\r\nX-Evil: 1", "s": 7, "l": [1,2], "x": null}`, "application/json",
		},
		{
			"form pairs",
			models.BodySpec{Format: models.BodyURLEncoded, Mode: models.BodyKeyValue, Pairs: []models.PairSpec{{Key: "a b", Value: "${e://Field/name}"}, {Key: "z", Value: "1"}}},
			"a+b=" + url.QueryEscape(name) + "&z=1", "application/x-www-form-urlencoded",
		},
		{
			"XML pairs",
			models.BodySpec{Format: models.BodyXML, Mode: models.BodyKeyValue, Pairs: []models.PairSpec{{Key: "name", Value: "${e://Field/score}<&"}}},
			"<root><name>7&lt;&amp;</name></root>", "application/xml",
		},
		{"plain text", models.BodySpec{Format: models.BodyPlainText, Mode: models.BodyFreeText, Text: "Hi ${e://Field/score}!"}, "Hi 7!", "text/plain; charset=utf-8"},
	} {
		out := do(t, models.WebServiceConfig{Method: "POST", URL: address + "/x", Body: &c.body})
		got := last()
		if out.Result != task.Done || got.body != c.want || got.header.Get("Content-Type") != c.kind {
			t.Errorf("%s: sent %q as %s (%+v); want %q as %s", c.title, got.body, got.header.Get("Content-Type"), out.Error, c.want, c.kind)
		}
	}
}

func TestAddressAndHeadersHoldValuesSafely(t *testing.T) {
	t.Parallel()
	address, last := service(t)
	do(t, models.WebServiceConfig{Method: "PUT", URL: address + "/a/${e://Field/name}/b?q=${e://Field/name}", Headers: []models.HeaderSpec{
		{Key: "X-Name", Value: "${e://Field/name}"}, {Key: "Content-Type", Value: "application/vnd.x+json"}, {Key: "", Value: ""},
	}, Body: pairs()})
	got := last()
	if strings.Count(got.path, "/") != 3 || strings.Contains(got.query, "&") {
		t.Errorf("a value changed the address: %s?%s", got.path, got.query)
	}
	if got.header.Get("X-Evil") != "" || got.header.Get("X-Name") != `Ann "B" <c>& X-Evil: 1` {
		t.Errorf("a value changed the headers: %q", got.header)
	}
	if got.header.Get("Content-Type") != "application/vnd.x+json" || got.header.Get("User-Agent") != "Surveyflow/test" ||
		got.header.Get("X-Surveyflow-Run") != "RN_1" || got.header.Get("Idempotency-Key") != "RN_1.OCAC_1" {
		t.Errorf("headers = %q", got.header)
	}
}

func TestOutcomesFollowTheContract(t *testing.T) {
	t.Parallel()
	address, _ := service(t)
	for path, want := range map[string]task.Result{
		"/204": task.Done, "/200": task.Done, "/400": task.Failed, "/404": task.Failed, "/410": task.Failed,
		"/408": task.Retry, "/425": task.Retry, "/429": task.Retry, "/500": task.Retry, "/503": task.Retry, "/redirect": task.Failed,
	} {
		out := do(t, models.WebServiceConfig{Method: "POST", URL: address + path})
		if out.Result != want || (out.Error == nil) != (want == task.Done) || out.Exchange == nil {
			t.Errorf("POST %s: result %d, error %+v; want %d", path, out.Result, out.Error, want)
		}
	}
	if out := do(t, models.WebServiceConfig{Method: "POST", URL: address + "/503"}); out.After != 2*time.Minute {
		t.Errorf("Retry-After of 120 gives %v", out.After)
	}
	if out := do(t, models.WebServiceConfig{Method: "GET", URL: address + "/redirect"}); out.Result != task.Done || len(out.Exchange.Hops) != 1 {
		t.Errorf("GET /redirect: %d, hops %v; want it followed once", out.Result, out.Exchange.Hops)
	}
	if out := do(t, models.WebServiceConfig{Method: "GET", URL: "http://${e://Field/host}/latest"}); out.Result != task.Failed || out.Error.Key != "outbound.refused.metadata" {
		t.Errorf("a metadata address from an answer: %d, %+v; want it refused", out.Result, out.Error)
	}
	if out := do(t, models.WebServiceConfig{Method: "POST", URL: address, Body: pairs(models.PairSpec{Key: "n", Value: "${e://Field/name}", DataType: models.DataNumber})}); out.Result != task.Failed || out.Error.Key != "run.error.cast" || out.Exchange != nil {
		t.Errorf("a cast failure: %d, %+v; want it to fail without a call", out.Result, out.Error)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	compiled, err := webservice.New(client(t)).Compile([]byte(`{"method":"POST","url":"` + address + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	if out := compiled.Run(ctx, task.Input{Values: values}); out.Result != task.Interrupted {
		t.Errorf("a call that was stopped: %d; want interrupted", out.Result)
	}
}

func TestSecretsAreInNoRecord(t *testing.T) {
	t.Parallel()
	address, last := service(t)
	out := do(t, models.WebServiceConfig{Method: "POST", URL: address + "/echo?api_key=topsecret1&q=1", Headers: []models.HeaderSpec{
		{Key: "Authorization", Value: "Bearer topsecret2"}, {Key: "X-API-Token", Value: "topsecret3"},
	}, Body: &models.BodySpec{Format: models.BodyPlainText, Mode: models.BodyFreeText, Text: "again topsecret3"}})
	if got := last(); got.header.Get("Authorization") != "Bearer topsecret2" || !strings.Contains(got.query, "topsecret1") {
		t.Fatalf("the service did not get the secrets: %+v", got)
	}
	text, err := json.Marshal(out.Exchange)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "topsecret") || !strings.Contains(string(text), task.Masked) {
		t.Errorf("the record tells a secret: %s", text)
	}
}

func TestConfigsAreCheckedField(t *testing.T) {
	t.Parallel()
	for field, config := range map[string]string{
		"url":                    `{"method":"POST","url":""}`,
		"url ":                   `{"url":"ftp://example.com"}`,
		"url  ":                  `{"url":"http://10.0.0.1/x"}`,
		"url   ":                 `{"url":"https://${e://Field/tenant}.example.com/"}`,
		"method":                 `{"method":"TRACE","url":"https://example.com"}`,
		"headers[0].key":         `{"url":"https://example.com","headers":[{"key":"Host","value":"x"}]}`,
		"headers[1].value":       `{"url":"https://example.com","headers":[{"key":"A","value":"x"},{"key":"B","value":"a\nb"}]}`,
		"timeoutSeconds":         `{"url":"https://example.com","timeoutSeconds":31}`,
		"body.format":            `{"url":"https://example.com","body":{"format":"yaml","mode":"freeText"}}`,
		"body.mode":              `{"url":"https://example.com","body":{"format":"plainText","mode":"keyValue"}}`,
		"body.text":              `{"url":"https://example.com","body":{"format":"json","mode":"freeText","text":"{\"a\": }"}}`,
		"body.pairs[0].key":      `{"url":"https://example.com","body":{"format":"json","mode":"keyValue","pairs":[{"key":"","value":"x"}]}}`,
		"body.pairs[1].key":      `{"url":"https://example.com","body":{"format":"json","mode":"keyValue","pairs":[{"key":"a","value":"x"},{"key":"a","value":"y"}]}}`,
		"body.pairs[0].value":    `{"url":"https://example.com","body":{"format":"json","mode":"keyValue","pairs":[{"key":"a","value":"${x://y}"}]}}`,
		"body.pairs[0].dataType": `{"url":"https://example.com","body":{"format":"json","mode":"keyValue","pairs":[{"key":"a","value":"x","dataType":"date"}]}}`,
		"":                       `{"url":7}`,
	} {
		_, err := webservice.New(client(t)).Compile([]byte(config))
		e, ok := errors.AsType[*models.Error](err)
		if !ok || len(e.Fields) == 0 || e.Fields[0].Field != strings.TrimSpace(field) {
			t.Errorf("%s gives %v; want an error at %q", config, err, field)
		}
	}
}

func TestLongAndBinaryAnswersAreKeptInPart(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/binary" {
			fmt.Fprint(w, "\x00\x01\x02\xff")
			return
		}
		fmt.Fprint(w, strings.Repeat("é", 60_000))
	}))
	t.Cleanup(s.Close)
	if x := do(t, models.WebServiceConfig{Method: "GET", URL: s.URL}).Exchange; !x.Response.Truncated || len(x.Response.Body) > 64<<10 || strings.Trim(x.Response.Body, "é") != "" {
		t.Errorf("a long answer is kept with %d bytes, truncated %v", len(x.Response.Body), x.Response.Truncated)
	}
	if x := do(t, models.WebServiceConfig{Method: "GET", URL: s.URL + "/binary"}).Exchange; !x.Response.Binary || x.Response.Body != "" {
		t.Errorf("a binary answer is kept as %q", x.Response.Body)
	}
}

func TestAWebServiceTask_does_what_every_task_does(t *testing.T) {
	t.Parallel()
	url, _ := service(t)
	never := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-never:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { close(never); slow.Close() })
	tasktest.Exercise(t, tasktest.Subject{
		Type: webservice.New(client(t)),
		Works: `{"method":"POST","url":"` + url + `/echo?s=${e://Field/score}","headers":[{"key":"X-Name","value":"${e://Field/list}"}],"body":{"format":"json","mode":"keyValue",` +
			`"pairs":[{"key":"name","value":"${e://Field/name}"}]},"outputs":[{"name":"all","path":"$"}]}`,
		Fails: `{"method":"GET","url":"` + url + `/404"}`,
		Waits: `{"method":"GET","url":"` + slow.URL + `","timeoutSeconds":30}`,
		Names: []pipedtext.Ref{{Scheme: "e", Name: "score"}, {Scheme: "e", Name: "list"}, {Scheme: "e", Name: "name"}},
		Broken: map[string]string{
			`{"method":"GET"}`: "url",
			`{"method":"BREW","url":"https://example.com/"}`:                                                                                   "method",
			`{"method":"GET","url":"ftp://example.com/"}`:                                                                                      "url",
			`{"method":"GET","url":"https://example.com/","headers":[{"key":"Host","value":"x"}]}`:                                             "headers[0].key",
			`{"method":"GET","url":"https://example.com/","timeoutSeconds":31}`:                                                                "timeoutSeconds",
			`{"method":"POST","url":"https://example.com/","body":{"format":"json","mode":"freeText","text":"{"}}`:                             "body.text",
			`{"method":"GET","url":"https://example.com/","outputs":[{"name":"a","path":"$."}]}`:                                               "outputs[0].path",
			`{"method":"GET","url":"https://${e://Field/name}.example.com/x"}`:                                                                 "url",
			`{"method":"GET","url":"https://example.com/","credentialId":"CR_x"}`:                                                              "credentialId",
			`{"method":"GET","url":"https://example.com/","headers":[{"key":"X","value":"${x://y}"}]}`:                                         "headers[0].value",
			`{"method":"POST","url":"https://example.com/","body":{"format":"xml","mode":"freeText","text":"${q://"}}`:                         "body.text",
			`{"method":"POST","url":"https://example.com/","body":{"format":"json","mode":"keyValue","pairs":[{"key":"a","dataType":"odd"}]}}`: "body.pairs[0].dataType",
		},
		Values: values,
	})
}
