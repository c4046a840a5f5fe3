package survey

import (
	"regexp"
	"strings"

	"surveyflow/models"
)

// phone is a phone number as people write it. It is not brought into an international form: nobody can tell the country
// of a number that does not name it.
var phone = formatted{
	kind: models.QuestionPhone, canonical: phoneNumber,
	required: "answer.error.required_phone", wrong: "answer.error.phone", refused: "response.error.phone",
}

// phoneShape is a number of at least 3 digits with what people put between them, and an extension.
var phoneShape = regexp.MustCompile(`^\+?[0-9 ()/.-]{3,40}( ?(?:x|ext\.?|#) ?[0-9]{1,8})?$`)

// The digits of a phone number. 15 is the most that a number has (ITU-T E.164 §6.2.1); three are enough for a short one.
const (
	fewestDigits = 3
	mostDigits   = 15
)

func phoneNumber(text string) (string, bool) {
	text = strings.Join(strings.Fields(strings.Map(plainDigit, text)), " ")
	main, _, _ := strings.Cut(text, "x")
	main, _, _ = strings.Cut(main, "#")
	digits := strings.Count(strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '1'
		}
		return '-'
	}, main), "1")
	return text, phoneShape.MatchString(text) && digits >= fewestDigits && digits <= mostDigits
}
