package survey

import (
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"surveyflow/models"
)

// MaxText is the longest text answer in characters.
const MaxText = 20_000

// line makes a typed text one clean line.
func line(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' {
			return ' '
		}
		return r
	}, models.CleanText(s)))
}

// paragraphs makes a typed text clean, with its lines ended as the rest of the world ends them.
func paragraphs(s string) string {
	return strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(models.CleanText(s)))
}

// cutText gives the first n characters.
func cutText(s string, n int) string {
	for at := range s {
		if n == 0 {
			return s[:at]
		}
		n--
	}
	return s
}

// parseText reads a text. One that is too long is kept as far as it goes, so that nothing else of it has to be typed again.
func parseText(q *models.Question, text string, p *problems) models.Answer {
	if n := utf8.RuneCountInString(text); n > MaxText {
		p.add(q.ID, "answer.error.max_length", "Count", MaxText, "Length", n)
		text = cutText(text, MaxText)
	}
	return models.Answer{Text: text}
}

func validateText(q *models.Question, a models.Answer, p *problems) {
	if a.Text == "" {
		if q.Required {
			p.add(q.ID, "answer.error.required_text")
		}
		return
	}
	n := utf8.RuneCountInString(a.Text)
	switch {
	case n < q.Rules.MinLength:
		broken(q, p, "answer.error.min_length", "Count", q.Rules.MinLength, "Length", n)
	case q.Rules.MaxLength > 0 && n > q.Rules.MaxLength:
		broken(q, p, "answer.error.max_length", "Count", q.Rules.MaxLength, "Length", n)
	case q.Rules.Pattern != "":
		re, err := compilePattern(q.Rules.Pattern)
		if err == nil && !re.MatchString(a.Text) { // a pattern that does not compile never gets live
			broken(q, p, "answer.error.pattern")
		}
	}
}

// compilePattern makes a rule's pattern (RE2), which the whole answer must match, as a form field's pattern does in HTML.
func compilePattern(pattern string) (*regexp.Regexp, error) {
	return regexp.Compile(`\A(?:` + pattern + `)\z`)
}

func checkText(q *models.Question, p *problems) {
	r := q.Rules
	switch {
	case r.MinLength < 0 || r.MinLength > MaxText:
		p.add("rules.minLength", "question.error.length", "Max", MaxText)
	case r.MaxLength < 0 || r.MaxLength > MaxText:
		p.add("rules.maxLength", "question.error.length", "Max", MaxText)
	case r.MaxLength > 0 && r.MinLength > r.MaxLength:
		p.add("rules.maxLength", "question.error.min_over_max")
	}
	if len(r.Pattern) > 500 {
		p.add("rules.pattern", "question.error.too_long", "Max", 500)
	} else if _, err := regexp.Compile(r.Pattern); err != nil {
		p.add("rules.pattern", "question.error.pattern", "Reason", err.Error())
	}
}

func fillText(q *models.Question, a models.Answer, form url.Values) { form.Set(q.ID, a.Text) }

// textFromAPI reads a text from "QID2_TEXT", or from "QID2" where nothing else could be meant.
func textFromAPI(q *models.Question, in *apiInput) models.Answer {
	text, sent := in.text(q.ID+"_TEXT", MaxText)
	if !sent {
		text, _ = in.text(q.ID, MaxText)
	}
	return models.Answer{Text: text}
}

func exportText(q *models.Question, text string, out *Export) {
	out.display(q.ID+"_TEXT", nil)
	if text != "" {
		out.Values[q.ID+"_TEXT"] = text
	}
}
