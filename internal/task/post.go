package task

import (
	"context"
	"net/http"

	"surveyflow/internal/pipedtext"
	"surveyflow/models"
)

// Message is what a [Post] sends: a body, and headers beside those of its config.
type Message struct {
	Body   []byte
	Format models.BodyFormat // of Body; JSON when empty
	Masked []string          // parts of Body that are not recorded
	Header http.Header
}

// Post is a compiled request whose body another type of task writes: its address, headers and credential are those of a web
// service task, and so are its outcomes, but for redirects, which it never follows.
type Post interface {
	Refs() []pipedtext.Ref
	Host() string
	Receiver(values pipedtext.Source) string
	Credentials() []string
	Send(ctx context.Context, in Input, m Message) Outcome
	Preview(in Input, m Message) (models.ExchangeRequest, []models.FieldError)
}
