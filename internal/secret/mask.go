package secret

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"net/url"
	"slices"
	"strings"

	"surveyflow/models"
)

// Masked stands where a secret would be (contract §6).
const Masked = "••••"

// minMasked is the least length of a value that is masked wherever it appears, in bytes: shorter ones would blank out
// ordinary words.
const minMasked = 6

// minPart is the least length of the beginning of a secret that is masked at the end of a text that was cut.
const minPart = 4

// Masker makes a function that replaces every appearance of the secrets in a text: as they are, escaped for URLs, JSON and
// HTML, in hexadecimal, and in base64, by themselves or in the middle of something longer. The beginning of a secret at
// the end of a text is replaced, too: the text may have been cut there.
func Masker(secrets ...string) func(string) string {
	var all []string
	for _, s := range secrets {
		if len(s) < minMasked {
			continue
		}
		for _, f := range forms(s) {
			if !slices.Contains(all, f) {
				all = append(all, f)
			}
		}
	}
	if len(all) == 0 {
		return func(s string) string { return s }
	}
	// Where one form begins another, the longer one must win.
	slices.SortStableFunc(all, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(all))
	for _, f := range all {
		pairs = append(pairs, f, Masked)
	}
	r := strings.NewReplacer(pairs...)
	return func(s string) string { return maskEnd(r.Replace(s), all) }
}

// forms lists the spellings of a secret.
func forms(s string) []string {
	quoted := jsonEscaped(s)
	all := []string{
		s, url.QueryEscape(s), url.PathEscape(s), quoted, strings.ReplaceAll(quoted, "/", `\/`), asciiJSON(s), html.EscapeString(s),
		hex.EncodeToString([]byte(s)), strings.ToUpper(hex.EncodeToString([]byte(s))),
	}
	for _, f := range all[1:3] { // %2f is the same as %2F
		all = append(all, lowerPercent(f), strings.ReplaceAll(f, "+", "%20"))
	}
	all = append(all, base64.StdEncoding.EncodeToString([]byte(s)), base64.RawURLEncoding.EncodeToString([]byte(s)))
	return append(all, inBase64(s)...)
}

// inBase64 gives what base64 makes of the secret in the middle of something longer, for each of the three places where it can
// begin: the characters that depend on nothing else.
func inBase64(s string) []string {
	var all []string
	for shift := range 3 {
		text := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), s...))
		text = text[(shift*8+5)/6:]
		if used := (shift + len(s)) * 8 % 6; used != 0 { // the last character also holds bits of what follows
			text = text[:len(text)-1]
		}
		if len(text) >= minMasked {
			all = append(all, text, strings.NewReplacer("+", "-", "/", "_").Replace(text))
		}
	}
	return all
}

// maskEnd replaces the beginning of a secret at the end of a text, also before an ellipsis.
func maskEnd(s string, all []string) string {
	text, ellipsis := strings.CutSuffix(s, "…")
	longest := 0
	for _, f := range all {
		for n := min(len(f)-1, len(text)); n >= minPart && n > longest; n-- {
			if strings.HasSuffix(text, f[:n]) {
				longest = n
			}
		}
	}
	if longest == 0 {
		return s
	}
	text = text[:len(text)-longest] + Masked
	if ellipsis {
		text += "…"
	}
	return text
}

func jsonEscaped(s string) string {
	text, err := models.MarshalJSON(s)
	if err != nil || len(text) < 2 {
		return s
	}
	return string(text[1 : len(text)-1])
}

// asciiJSON is the spelling of JSON writers that also escape what HTML needs, as Go's own does.
func asciiJSON(s string) string {
	return strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`).Replace(jsonEscaped(s))
}

func lowerPercent(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:], strings.ToLower(string(b[i+1:i+3])))
		}
	}
	return string(b)
}
