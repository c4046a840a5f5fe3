package curl_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"surveyflow/internal/curl"
	"surveyflow/models"
)

func TestCommandsBecomeRequests(t *testing.T) {
	t.Parallel()
	form := models.Header{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}
	for _, c := range []struct {
		name, command string
		want          curl.Request
	}{
		{"address alone", `curl https://x.example/a?b=1`, curl.Request{Method: "GET", URL: "https://x.example/a?b=1"}},
		{"without a scheme", `curl x.example`, curl.Request{Method: "GET", URL: "http://x.example"}},
		{"prompt, path and lines", "$ /usr/bin/curl \\\n  --request PUT \\\r\n  'https://x.example/'", curl.Request{Method: "PUT", URL: "https://x.example/"}},
		{"method in the same word", `curl -XDELETE https://x.example`, curl.Request{Method: "DELETE", URL: "https://x.example"}},
		{"short options together", `curl -sSLX POST https://x.example`, curl.Request{Method: "POST", URL: "https://x.example", Left: []string{"-L"}}},
		{"head", `curl -I https://x.example`, curl.Request{Method: "HEAD", URL: "https://x.example"}},
		{
			"several data are joined", `curl https://x.example -d a=1 --data 'b=2 3'`,
			curl.Request{Method: "POST", URL: "https://x.example", Headers: []models.Header{form}, Body: "a=1&b=2 3", HasBody: true},
		},
		{
			"encoded data", `curl https://x.example --data-urlencode 'q=a b&c' --data-urlencode "=ü"`,
			curl.Request{Method: "POST", URL: "https://x.example", Headers: []models.Header{form}, Body: "q=a%20b%26c&%C3%BC", HasBody: true},
		},
		{
			"data in the query", `curl -G https://x.example/?z=0#f -d a=1 -d b=2`,
			curl.Request{Method: "GET", URL: "https://x.example/?z=0&a=1&b=2#f"},
		},
		{
			"json", `curl --json '{"a":' --json '1}' https://x.example`,
			curl.Request{Method: "POST", URL: "https://x.example", Body: `{"a":1}`, HasBody: true, Headers: []models.Header{
				{Name: "Content-Type", Value: "application/json"}, {Name: "Accept", Value: "application/json"},
			}},
		},
		{
			"headers", `curl -H 'X-A: 1' -H "Accept:" -H 'X-Empty;' -H 'Host: y.example' -H Content-Type:text/plain -d hi https://x.example`,
			curl.Request{Method: "POST", URL: "https://x.example", Body: "hi", HasBody: true, Left: []string{"Host"}, Headers: []models.Header{
				{Name: "X-A", Value: "1"}, {Name: "X-Empty"}, {Name: "Content-Type", Value: "text/plain"},
			}},
		},
		{
			"user, cookie and agent", `curl -u ada:s3cret -b 'a=1; b=2' -A me https://x.example -m 3`,
			curl.Request{Method: "GET", URL: "https://x.example", Timeout: "3", Headers: []models.Header{
				{Name: "Authorization", Value: "Basic YWRhOnMzY3JldA=="}, {Name: "Cookie", Value: "a=1; b=2"}, {Name: "User-Agent", Value: "me"},
			}},
		},
		{
			"quotes of a shell", `curl https://x.example --data-raw 'it'\''s' --data-raw "a \"b\" \$c \d" --data-raw $'\x41\u00fc\n\'\101\q'`,
			curl.Request{Method: "POST", URL: "https://x.example", Headers: []models.Header{form}, Body: "it's&a \"b\" $c \\d&Aü\n'A\\q", HasBody: true},
		},
		{
			"a file, a variable, a pipe", `curl https://x.example -H "Authorization: Bearer $TOKEN" -d @body.json --retry 3 --no-such | jq .`,
			curl.Request{
				Method: "GET", URL: "https://x.example", Headers: []models.Header{{Name: "Authorization", Value: "Bearer $TOKEN"}}, Left: []string{"--retry", "--no-such"},
				Notes: []curl.Note{
					{Key: "curl.note.file", Args: map[string]any{"Name": "body.json"}},
					{Key: "curl.note.variables", Args: map[string]any{}},
					{Key: "curl.note.after", Args: map[string]any{}},
				},
			},
		},
		{"piped text is no variable", `curl "https://x.example/${q://QID1/SelectedChoicesRecode}"`, curl.Request{Method: "GET", URL: "https://x.example/${q://QID1/SelectedChoicesRecode}"}},
	} {
		got, err := curl.Parse(c.command)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if diff := cmp.Diff(c.want, *got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestWhatIsNoCommandIsRefusedWithAReason(t *testing.T) {
	t.Parallel()
	for command, key := range map[string]string{
		" ":                              "empty",
		"wget https://x.example":         "not_curl",
		"curl":                           "no_url",
		"curl -H":                        "value",
		"curl 'https://x.example":        "quote",
		`curl "https://x.example`:        "quote",
		"curl $'https://x.example":       "quote",
		"curl ^\"https://x.example^\" ^": "windows",
		"curl https://x.example ^\r\n -H \"a: b\"":    "windows",
		"Invoke-WebRequest -Uri \"x\"":                "windows",
		"curl -F a=@b https://x.example":              "upload",
		"curl -T b https://x.example":                 "upload",
		"curl " + strings.Repeat("x", curl.MaxLength): "too_long",
		"curl \xff": "encoding",
	} {
		_, err := curl.Parse(command)
		e, ok := errors.AsType[*curl.Error](err)
		if !ok || e.Key != "curl.error."+key {
			t.Errorf("%.40q is refused with %v, want %s", command, err, key)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`curl https://x.example -d a=1`, "curl \\\n -H 'a: b' $'\\x41\\u00fc' \"$X\" | cat", "curl -sSLXPOST -u a: --json '{}'", `curl -`, `curl --`, "curl $'\\", "curl '\\''",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, command string) {
		r, err := curl.Parse(command)
		if err != nil {
			if _, ok := errors.AsType[*curl.Error](err); !ok {
				t.Fatalf("failed with %T", err)
			}
			return
		}
		if r.Method == "" || r.URL == "" {
			t.Fatalf("read %+v", r)
		}
		if r.HasBody != (r.Body != "") && r.Body != "" {
			t.Fatalf("a body that is none: %+v", r)
		}
	})
}
