// Package mail is how mails look: one letter with a heading, paragraphs, facts and at most one button, as HTML that works
// in mail programs and as plain text. What a mail says is said once, in its [Content].
package mail

import (
	"context"
	"strings"

	"surveyflow/models"
)

// Content is what a mail says.
type Content struct {
	Subject    string
	Heading    string
	Paragraphs []string
	Rich       string // says the same as Paragraphs, as package richtext stores it; empty for none
	Facts      []Fact
	Button     Button   // none when its label is empty
	Small      []string // below the button: how long it holds, what to do if it was not you
	Footer     []string // whom the mail comes from and why
	Lang, Dir  string   // of the text
	Product    string
}

// Fact is a line of a short table.
type Fact struct{ Term, Value string }

// Button is where to go on.
type Button struct{ Label, URL string }

// HTML renders the mail for programs that show it as a page.
func HTML(ctx context.Context, c Content) (string, error) {
	var b strings.Builder
	if err := letter(c).Render(ctx, &b); err != nil { //nolint:contextcheck // templ gives the component its context when it renders
		return "", err
	}
	return b.String(), nil
}

// Report renders the document of a response as a page of its own.
func Report(ctx context.Context, r *models.MailReport) (string, error) {
	var b strings.Builder
	err := report(r).Render(ctx, &b) //nolint:contextcheck // templ gives the component its context when it renders
	return b.String(), err
}

// textWidth is where lines of the plain text are broken.
const textWidth = 72

// Text renders the mail as plain text.
func Text(c Content) string {
	var b strings.Builder
	paragraph := func(text string) {
		b.WriteString(wrap(text))
		b.WriteString("\n\n")
	}
	paragraph(c.Heading)
	for _, p := range c.Paragraphs {
		paragraph(p)
	}
	for _, f := range c.Facts {
		b.WriteString(f.Term + ": " + f.Value + "\n")
	}
	if len(c.Facts) > 0 {
		b.WriteString("\n")
	}
	if c.Button.Label != "" {
		b.WriteString(c.Button.Label + ":\n" + c.Button.URL + "\n\n")
	}
	for _, p := range c.Small {
		paragraph(p)
	}
	b.WriteString("-- \n")
	for _, p := range c.Footer {
		b.WriteString(wrap(p) + "\n")
	}
	return b.String()
}

// wrap breaks a text at spaces into lines; words that are longer, such as addresses, stay whole.
func wrap(text string) string {
	var b strings.Builder
	width := 0
	for i, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case i == 0:
		case width+1+n > textWidth:
			b.WriteByte('\n')
			width = 0
		default:
			b.WriteByte(' ')
			width++
		}
		b.WriteString(word)
		width += n
	}
	return b.String()
}
