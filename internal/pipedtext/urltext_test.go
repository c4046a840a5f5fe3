package pipedtext_test

import (
	"errors"
	"testing"

	"surveyflow/internal/pipedtext"
)

func TestParseURL_keepsValuesInTheirPlace(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, origin, want string }{
		{"https://crm.example.com/tickets?lang=${e://Field/segment}", "https://crm.example.com", "https://crm.example.com/tickets?lang=gold"},
		{"HTTPS://CRM.example.com:443?x=${m://Email}", "https://crm.example.com", "HTTPS://CRM.example.com:443?x=ada%40example.com"},
		{"http://h:8080/${e://Field/path}/x", "http://h:8080", "http://h:8080/a%2Fb%3Fc%23d/x"},
		{"http://h:80/${e://Field/up}/x", "http://h", "http://h:80/%2E%2E/x"},
		{"https://h/a?b=${e://Field/up}/${e://Field/path}", "https://h", "https://h/a?b=../a%2Fb%3Fc%23d"},
		{"https://h/a#${e://Field/path}", "https://h", "https://h/a#a%2Fb%3Fc%23d"},
		{"https://h?${e://Field/path}", "https://h", "https://h?a%2Fb%3Fc%23d"},
		{"https://h/${e://Field/path|raw}", "https://h", "https://h/a/b?c#d"},
		{"https://h/a b?q=x y&ü=${e://Field/no}&z", "https://h", "https://h/a%20b?q=x%20y&%C3%BC=&z"},
		{"https://h/${q://QID2/ChoiceTextEntryValue|raw}", "https://h", ""},
		{"https://user:pw@h/x/${e://Field/segment}", "https://h", "https://user:pw@h/x/gold"},
		{"https://[::1]:9/x${e://Field/segment}", "https://[::1]:9", "https://[::1]:9/xgold"},
		{"${e://Field/url}", "", "https://crm.example.com/hook?x=1"},
		{"${e://Field/url|raw}", "", "https://crm.example.com/hook?x=1"},
		{"https://${e://Field/host}", "", "https://eu.example.com"},
		{"https://${e://Field/host}/a/${e://Field/path}?q=1", "", "https://eu.example.com/a/a%2Fb%3Fc%23d?q=1"},
		{"https://${e://Field/host}:8443/a", "", "https://eu.example.com:8443/a"},
		{"https://${e://Field/host}?a", "", "https://eu.example.com?a"},
	} {
		u, err := pipedtext.ParseURL(tc.text)
		if err != nil {
			t.Errorf("%s: %v", tc.text, err)
			continue
		}
		if u.Origin() != tc.origin {
			t.Errorf("%s has the origin %q, want %q", tc.text, u.Origin(), tc.origin)
		}
		got, err := u.URL(known)
		if got != tc.want || (err != nil) != (tc.want == "") {
			t.Errorf("%s renders %q, %v, want %q", tc.text, got, err, tc.want)
		}
	}
}

func TestParseURL_refusesTokensInTheAuthority(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]pipedtext.Reason{
		"":                                    pipedtext.NotAbsolute,
		"example.com/x":                       pipedtext.NotAbsolute,
		"example.com/${m://Email}":            pipedtext.NotAbsolute,
		"/x?${m://Email}":                     pipedtext.NotAbsolute,
		"ftp://example.com":                   pipedtext.NotAbsolute,
		"javascript:alert(1)":                 pipedtext.NotAbsolute,
		"${e://Field/x}://example.com/":       pipedtext.TokenInHost,
		"${e://Field/base}/tickets":           pipedtext.TokenInHost,
		"http${e://Field/s}://example.com":    pipedtext.TokenInHost,
		"https://${e://Field/x}.example.com/": pipedtext.TokenInHost,
		"https://a.${e://Field/x}/":           pipedtext.TokenInHost,
		"https://${e://Field/x}${m://Email}/": pipedtext.TokenInHost,
		"https://u@${e://Field/x}/":           pipedtext.TokenInHost,
		"https://${e://Field/x}@h/":           pipedtext.TokenInHost,
		"https://h:${e://Field/x}/":           pipedtext.TokenInHost,
		"https://h${e://Field/x|raw}/":        pipedtext.TokenInHost,
		"https://${e://Field/x}:/":            pipedtext.TokenInHost,
		"https://${e://Field/x}:80a/":         pipedtext.TokenInHost,
		"https:///x":                          pipedtext.InvalidURL,
		"https://h<b>/":                       pipedtext.InvalidURL,
		"https://h:port/":                     pipedtext.InvalidURL,
		"https://h/%zz":                       pipedtext.InvalidURL,
		"https://h\\@evil/":                   pipedtext.InvalidURL,
		" https://h/":                         pipedtext.NotAbsolute,
	} {
		_, err := pipedtext.ParseURL(text)
		if e, ok := errors.AsType[*pipedtext.SyntaxError](err); !ok || e.Reason != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestURLTemplate_checksWhatAValueBringsAsHost(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text, value string
		want        string
		reason      pipedtext.Reason
	}{
		{"${e://Field/x}", "https://h/a b?c d", "https://h/a%20b?c%20d", ""},
		{"${e://Field/x}", "http://[::1]:80", "http://[::1]:80", ""},
		{"${e://Field/x}", "  ", "", pipedtext.EmptyURL},
		{"${e://Field/x}", "file:///etc/passwd", "", pipedtext.NotAbsolute},
		{"${e://Field/x}", "//h/x", "", pipedtext.NotAbsolute},
		{"${e://Field/x}", "https://", "", pipedtext.InvalidURL},
		{"${e://Field/x}", "https://h\r\nX: y/", "", pipedtext.InvalidURL},
		{"${e://Field/x}", "https://:80/", "", pipedtext.InvalidURL},
		{"https://${e://Field/x}/p", "eu.example.com:8443", "https://eu.example.com:8443/p", ""},
		{"https://${e://Field/x}/p", "", "", pipedtext.EmptyURL},
		{"https://${e://Field/x}/p", "h/q", "", pipedtext.InvalidURL},
		{"https://${e://Field/x}/p", "h?", "", pipedtext.InvalidURL},
		{"https://${e://Field/x}/p", "u@h", "", pipedtext.InvalidURL},
		{"https://${e://Field/x}/p", "h#", "", pipedtext.InvalidURL},
		{"https://${e://Field/x}/p", "h\\", "", pipedtext.InvalidURL},
		{"https://${e://Field/x}/p", "h\n", "https://h/p", ""},
		{"https://${e://Field/x}:1/p", "h:2", "", pipedtext.InvalidURL},
	} {
		u, err := pipedtext.ParseURL(tc.text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := u.URL(every(pipedtext.Text(tc.value)))
		var reason pipedtext.Reason
		if e, ok := errors.AsType[*pipedtext.URLError](err); ok {
			reason = e.Reason
		}
		if got != tc.want || reason != tc.reason {
			t.Errorf("%s with %q: got %q, %v, want %q, %s", tc.text, tc.value, got, err, tc.want, tc.reason)
		}
	}
}
