package survey

import (
	"net/url"
	"strings"

	"surveyflow/models"
)

// webAddress is the address of a page. Without a scheme it gets https.
var webAddress = formatted{
	kind: models.QuestionURL, canonical: pageAddress,
	required: "answer.error.required_url", wrong: "answer.error.url", refused: "response.error.url",
}

// maxAddress is the longest address, in bytes.
const maxAddress = 2048

func pageAddress(text string) (string, bool) {
	if text == "" || len(text) > maxAddress || strings.ContainsAny(text, " \\\"<>") {
		return text, false
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return text, false
	}
	host := strings.TrimSuffix(u.Hostname(), ".")
	return text, strings.Contains(host, ".") && !strings.HasPrefix(host, ".") && !strings.Contains(host, "..") || strings.Contains(host, ":")
}
