package mail

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"regexp"
	"strings"

	"surveyflow/models"
)

// Feedback is what a provider reports of one of its people: a report in the format ARF (RFC 5965).
type Feedback struct {
	Type      string // "abuse", "fraud", "not-spam" …, in lower case
	Recipient string // whom the mail was for; empty where the provider does not say
	// InvitationID and Token are those of the unsubscribing link in the mail that it is about; empty for none.
	InvitationID, Token string
}

// Complaint reports whether somebody does not want such mail.
func (f *Feedback) Complaint() bool { return f.Type != "not-spam" }

const (
	maxFeedbackParts = 20
	maxFeedbackPart  = 256 << 10 // what is read of a part, in bytes
	feedbackType     = "feedback-report"
)

var errNoFeedback = errors.New("not a feedback report")

// ReadFeedback reads a report as it comes by mail. contentType is that of what is read: "message/rfc822" for a whole mail,
// "multipart/report" for its body. models.CodeInvalid, on "report", for what is none.
func ReadFeedback(contentType string, report []byte) (*Feedback, error) {
	f, err := readFeedback(contentType, bytes.NewReader(report))
	if err != nil || f.Type == "" {
		return nil, models.Invalid(models.Field("report", "mail.feedback.error"))
	}
	return f, nil
}

func readFeedback(contentType string, from io.Reader) (*Feedback, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, errNoFeedback
	}
	if kind == "message/rfc822" {
		m, err := mail.ReadMessage(from)
		if err != nil {
			return nil, errNoFeedback
		}
		if kind, params, err = mime.ParseMediaType(m.Header.Get("Content-Type")); err != nil {
			return nil, errNoFeedback
		}
		from = m.Body
	}
	if kind != "multipart/report" || !strings.EqualFold(params["report-type"], feedbackType) || params["boundary"] == "" {
		return nil, errNoFeedback
	}
	f := &Feedback{}
	parts := multipart.NewReader(from, params["boundary"])
	for range maxFeedbackParts {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errNoFeedback
		}
		if err := f.take(part); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// take reads one part: the report itself, or what the mail was.
func (f *Feedback) take(part *multipart.Part) error {
	kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	if err != nil {
		return nil //nolint:nilerr // a part that says nothing
	}
	switch kind {
	case "message/feedback-report":
		fields, err := headerOf(part)
		if err != nil {
			return err
		}
		f.Type = strings.ToLower(strings.TrimSpace(fields.Get("Feedback-Type")))
		for _, name := range []string{"Original-Rcpt-To", "Removal-Recipient"} {
			if f.Recipient == "" {
				f.Recipient = addressIn(fields.Get(name))
			}
		}
	case "message/rfc822", "text/rfc822-headers", "message/rfc822-headers":
		fields, err := headerOf(part)
		if err != nil {
			return err
		}
		if m := unsubscribing.FindStringSubmatch(fields.Get("List-Unsubscribe")); m != nil {
			f.InvitationID, f.Token = m[1], m[2]
		}
		if f.Recipient == "" {
			f.Recipient = addressIn(fields.Get("To"))
		}
	}
	return nil
}

// unsubscribing finds the link of an invitation in the header List-Unsubscribe.
var unsubscribing = regexp.MustCompile(`/unsubscribe/(` + string(models.PrefixInvitation) + `[0-9A-Za-z]{15})/([0-9A-Za-z]{22})>`)

// headerOf reads the fields that a part has instead of a text.
func headerOf(part *multipart.Part) (textproto.MIMEHeader, error) {
	text, err := io.ReadAll(io.LimitReader(part, maxFeedbackPart))
	if err != nil {
		return nil, errNoFeedback
	}
	switch strings.ToLower(strings.TrimSpace(part.Header.Get("Content-Transfer-Encoding"))) {
	case "base64":
		text, err = io.ReadAll(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(text)))
	case "quoted-printable":
		text, err = io.ReadAll(quotedprintable.NewReader(bytes.NewReader(text)))
	}
	if err != nil {
		return nil, errNoFeedback
	}
	fields, err := textproto.NewReader(bufio.NewReader(io.MultiReader(bytes.NewReader(bytes.TrimLeft(text, "\r\n")), strings.NewReader("\r\n\r\n")))).ReadMIMEHeader()
	if err != nil {
		return nil, errNoFeedback
	}
	return fields, nil
}

// addressIn gives the address in a field of a header; empty when it has none, or none that is one.
func addressIn(field string) string {
	if first, _, many := strings.Cut(field, "\n"); many {
		field = first
	}
	a, err := mail.ParseAddress(strings.TrimSpace(field))
	if err != nil || !models.ValidEmail(a.Address) {
		return ""
	}
	return a.Address
}
