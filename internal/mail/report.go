package mail

import (
	"bytes"
	"context"
	"strings"
	"time"

	"surveyflow/internal/pdf"
	"surveyflow/models"
	view "surveyflow/views/mail"
)

// Attached is a file that goes with a mail.
type Attached struct {
	Name        string
	ContentType string
	Bytes       []byte
}

// Report makes the document of a mail's report: a PDF, or an HTML page where a PDF has not all of its letters. At any time it is the
// same to the byte; made is when the mail was written.
func Report(ctx context.Context, r *models.MailReport, made time.Time) (*Attached, error) {
	if !printable(r) {
		page, err := view.Report(ctx, r)
		return &Attached{Name: reportName(r) + ".html", ContentType: "text/html; charset=utf-8", Bytes: []byte(page)}, err
	}
	p := pdf.New(r.Title, made)
	for _, f := range r.About {
		p.Field(f.Term, f.Value)
	}
	if len(r.About) > 0 {
		p.Rule()
	}
	for _, f := range r.Answers {
		p.Answer(f.Term, f.Value)
	}
	var b bytes.Buffer
	err := p.Write(&b)
	return &Attached{Name: reportName(r) + ".pdf", ContentType: "application/pdf", Bytes: b.Bytes()}, err
}

func printable(r *models.MailReport) bool {
	for _, facts := range [][]models.MailFact{{{Term: r.Title}}, r.About, r.Answers} {
		for _, f := range facts {
			if !pdf.Printable(f.Term) || !pdf.Printable(f.Value) {
				return false
			}
		}
	}
	return true
}

// reportName names the file by its survey, without what file systems and mail programs stumble over.
func reportName(r *models.MailReport) string {
	const most = 60
	name := strings.Join(strings.FieldsFunc(r.Title, func(c rune) bool { return c < ' ' || strings.ContainsRune(` /\:*?"<>|;,`, c) }), " ")
	if name = strings.Trim(name, ". "); name == "" {
		return "response"
	}
	return string([]rune(name)[:min(most, len([]rune(name)))])
}
