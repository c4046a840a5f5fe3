package views

import (
	"strings"

	"surveyflow/models"
)

// Curl writes a request as a command for a POSIX shell that sends it again. What curl sets by itself is left out;
// secrets that a record masks stay masked and have to be filled in.
func Curl(r models.ExchangeRequest) string {
	var b strings.Builder
	b.WriteString("curl")
	switch {
	case r.Method == "HEAD":
		b.WriteString(" --head")
	case r.Method != "GET" || r.Body != "":
		b.WriteString(" --request " + shellQuote(r.Method))
	}
	b.WriteString(" " + shellQuote(r.URL))
	for _, h := range r.Headers {
		switch strings.ToLower(h.Name) {
		case "host", "content-length", "accept-encoding", "connection", "transfer-encoding":
			continue
		}
		b.WriteString(" \\\n  --header " + shellQuote(h.Name+": "+h.Value))
	}
	if r.Body != "" {
		b.WriteString(" \\\n  --data-raw " + shellQuote(r.Body))
	}
	return b.String()
}

// shellQuote makes one word of a shell of any text.
func shellQuote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
