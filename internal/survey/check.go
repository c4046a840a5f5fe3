package survey

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"surveyflow/models"
)

const (
	maxBlocks    = 200
	maxQuestions = 500
	maxTitle     = 1000  // characters of a block's title
	maxQuestion  = 10000 // characters of a question, its help, the introduction or the message at the end
	maxTag       = 100
	maxPartial   = 365 // days
	maxButton    = 60
)

// Check finds what keeps a definition from being put live: it fails with models.CodeInvalid. Its fields name the question
// or block by id ("QID3.text", "QID3.choices[0].text", "QID3.display.all[1].left", "BL_….title"), else the place in the definition
// ("embeddedData[0].name", "end.redirect"); those of a question carry its export tag as the argument Question.
func Check(def *models.SurveyDefinition) error {
	var p problems
	if _, err := language.Parse(def.Language); err != nil {
		p.add("language", "survey.error.language", "Value", def.Language)
	}
	checkLanguages(def, &p)
	checkBlocks(def, &p)
	checkLogic(def, &p)
	checkFields(def.EmbeddedData, &p)
	if def.PartialDays < 0 || def.PartialDays > maxPartial {
		p.add("partialDays", "survey.error.partial_days", "Max", maxPartial)
	}
	if utf8.RuneCountInString(def.Description) > maxQuestion {
		p.add("description", "question.error.too_long", "Max", maxQuestion)
	}
	if utf8.RuneCountInString(def.End.Message) > maxQuestion {
		p.add("end.message", "question.error.too_long", "Max", maxQuestion)
	}
	for field, text := range map[string]string{"buttons.next": def.Buttons.Next, "buttons.back": def.Buttons.Back, "buttons.submit": def.Buttons.Submit} {
		if utf8.RuneCountInString(text) > maxButton {
			p.add(field, "question.error.too_long", "Max", maxButton)
		}
	}
	if def.End.Redirect != "" && RedirectOrigin(def.End.Redirect) == "" {
		p.add("end.redirect", "survey.error.redirect")
	}
	return models.Invalid(p...)
}

// CheckQuota tells what is wrong with a quota; the fields are "name", "limit", "message" and "redirect". Its condition is for
// [CheckQuotaCondition].
func CheckQuota(q *models.Quota) []models.FieldError {
	var p problems
	switch n := utf8.RuneCountInString(q.Name); {
	case n == 0:
		p.add("name", "quota.error.name")
	case n > maxTag:
		p.add("name", "question.error.too_long", "Max", maxTag)
	case !utf8.ValidString(q.Name) || strings.ContainsFunc(q.Name, unicode.IsControl):
		p.add("name", "quota.error.name_characters")
	}
	if q.Limit < 0 || q.Limit > math.MaxInt32 {
		p.add("limit", "quota.error.limit", "Max", math.MaxInt32)
	}
	if utf8.RuneCountInString(q.End.Message) > maxQuestion {
		p.add("message", "question.error.too_long", "Max", maxQuestion)
	}
	if q.End.Redirect != "" && RedirectOrigin(q.End.Redirect) == "" {
		p.add("redirect", "survey.error.redirect")
	}
	return p
}

// CheckQuestion tells what keeps one question from being asked. The fields are paths within it, such as "choices[0].text".
func CheckQuestion(q *models.Question) []models.FieldError {
	var p problems
	t := typeOf(q)
	if t == nil {
		p.add("type", "question.error.type", "Type", string(q.Type))
		return p
	}
	if strings.TrimSpace(q.Text) == "" {
		p.add("text", "question.error.no_text")
	}
	for field, text := range map[string]string{"text": q.Text, "help": q.Help, "rules.message": q.Rules.Message} {
		if utf8.RuneCountInString(text) > maxQuestion {
			p.add(field, "question.error.too_long", "Max", maxQuestion)
		}
	}
	if q.Tag != "" && (utf8.RuneCountInString(q.Tag) > maxTag || strings.ContainsFunc(q.Tag, badInTag)) {
		p.add("tag", "question.error.tag", "Max", maxTag)
	}
	t.check(q, &p)
	return p
}

// badInTag tells the characters that no label has (contract §7, Data labels).
func badInTag(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune("_-.", r)
}

var questionID = regexp.MustCompile(`^QID[1-9][0-9]{0,8}$`)

func checkBlocks(def *models.SurveyDefinition, p *problems) {
	questions := def.Questions()
	switch {
	case len(questions) == 0:
		p.add("blocks", "survey.error.no_questions")
	case len(questions) > maxQuestions:
		p.add("blocks", "survey.error.too_many_questions", "Max", maxQuestions)
		return
	case len(def.Blocks) > maxBlocks:
		p.add("blocks", "survey.error.too_many_blocks", "Max", maxBlocks)
		return
	}
	ids, tags := map[string]bool{}, map[string]string{}
	for i := range def.Blocks {
		b := &def.Blocks[i]
		if b.ID == "" || ids[b.ID] || !models.ValidID(models.PrefixBlock, b.ID) {
			p.add("blocks["+strconv.Itoa(i)+"].id", "survey.error.block_id", "ID", b.ID)
		}
		ids[b.ID] = true
		if utf8.RuneCountInString(b.Title) > maxTitle {
			p.add(b.ID+".title", "question.error.too_long", "Max", maxTitle)
		}
	}
	for _, q := range questions {
		if !questionID.MatchString(q.ID) || ids[q.ID] {
			p.add(q.ID+".id", "survey.error.question_id", "ID", q.ID)
		}
		ids[q.ID] = true
		for _, f := range CheckQuestion(q) {
			if f.Args == nil {
				f.Args = map[string]any{}
			}
			f.Field, f.Args["Question"] = q.ID+"."+f.Field, q.ExportTag()
			*p = append(*p, f)
		}
		tag := strings.ToLower(q.ExportTag())
		if other, taken := tags[tag]; taken {
			p.add(q.ID+".tag", "question.error.tag_taken", "Tag", q.ExportTag(), "Other", other, "Question", q.ExportTag())
		}
		tags[tag] = q.ID
	}
}

func checkFields(fields []models.EmbeddedField, p *problems) {
	if len(fields) > maxFields {
		p.add("embeddedData", "survey.error.too_many_fields", "Max", maxFields)
		return
	}
	seen := map[string]bool{}
	for i, f := range fields {
		at := "embeddedData[" + strconv.Itoa(i) + "]"
		name := strings.ToLower(f.Name)
		if key := fieldName(f.Name); key != "" {
			p.add(at+".name", key, "Field", f.Name)
		} else if seen[name] {
			p.add(at+".name", "field.error.twice", "Field", f.Name)
		}
		seen[name] = true
		if utf8.RuneCountInString(f.Default) > maxFieldParam {
			p.add(at+".default", "question.error.too_long", "Max", maxFieldParam)
		}
	}
}
