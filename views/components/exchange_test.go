package components

import (
	"testing"

	"surveyflow/models"
)

func TestACurlCommandSendsTheSameRequest(t *testing.T) {
	t.Parallel()
	got := Curl(models.ExchangeRequest{
		Method: "PUT", URL: "https://x.example/?a='$(id)'", Body: "it's\n`x`",
		Headers: []models.Header{{Name: "Host", Value: "x.example"}, {Name: "Content-Length", Value: "9"}, {Name: "X-A", Value: "$HOME"}},
	})
	want := "curl --request 'PUT' 'https://x.example/?a='\\''$(id)'\\''' \\\n  --header 'X-A: $HOME' \\\n  --data-raw 'it'\\''s\n`x`'"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
