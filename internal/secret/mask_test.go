package secret

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"testing"
)

func TestASecretIsMaskedInEverySpelling(t *testing.T) {
	t.Parallel()
	const s = `p/s+w "ö<rd&>=?`
	quoted, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	plain, unsafe := string(quoted), jsonEscaped(s)
	mask := Masker(s)
	texts := map[string]string{
		"plain": s, "query": url.QueryEscape(s), "path": url.PathEscape(s), "lower percent": strings.ToLower(url.QueryEscape(s)),
		"%20": strings.ReplaceAll(url.QueryEscape(s), "+", "%20"), "JSON": unsafe, "Go's JSON": plain[1 : len(plain)-1],
		"PHP's JSON": strings.ReplaceAll(unsafe, "/", `\/`), "HTML": html.EscapeString(s), "hex": hex.EncodeToString([]byte(s)),
		"base64": base64.StdEncoding.EncodeToString([]byte(s)), "base64url": base64.URLEncoding.EncodeToString([]byte(s)),
	}
	for name, text := range texts {
		if got := mask("before " + text + " after"); !strings.Contains(got, Masked) || strings.Contains(got, text) {
			t.Errorf("%s: %q became %q", name, text, got)
		}
	}
	for before := range 7 {
		for after := range 4 {
			whole := strings.Repeat("u", before) + s + strings.Repeat("z", after)
			for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
				got := mask(enc.EncodeToString([]byte(whole)))
				if decoded, err := enc.DecodeString(got); err == nil {
					t.Errorf("%d before, %d after: %q still decodes to %q", before, after, got, decoded)
				}
			}
		}
	}
}

func TestTheBeginningOfASecretAtACutIsMasked(t *testing.T) {
	t.Parallel()
	mask := Masker("sekret-value-1234567890")
	for _, text := range []string{"said sekret-value-12", "said sekret-value-12…", "said sekr"} {
		if got := mask(text); strings.Contains(got, "sekr") || !strings.HasPrefix(got, "said "+Masked) {
			t.Errorf("%q became %q", text, got)
		}
	}
	for _, text := range []string{"said sek", "sekretary", "", "…"} {
		if got := mask(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestShortValuesAndNoneAreLeftAlone(t *testing.T) {
	t.Parallel()
	if got := Masker("", "no", "admin")("an admin says no"); got != "an admin says no" {
		t.Errorf("%q", got)
	}
}
