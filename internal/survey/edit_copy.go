package survey

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"

	"surveyflow/models"
)

// CopyQuestion adds a copy right behind a question. It has an id of its own, and no tag of its own yet: labels are not
// copied with a question.
func CopyQuestion(s *models.Survey, id string) (*models.Question, error) {
	b, at := findQuestion(s, id)
	if b == nil {
		return nil, models.NotFound("survey.error.no_question")
	}
	q := cloneQuestion(b.Questions[at])
	q.ID, q.Tag = nextQuestionID(s), ""
	b.Questions = slices.Insert(b.Questions, at+1, q)
	return &b.Questions[at+1], nil
}

// Left is something that does not go with a question into another survey, or goes with it and means nothing there yet.
type Left struct {
	Kind LeftKind
	Name string // the text of the question whose answer is meant, or the embedded data; empty for logic
}

// LeftKind says what it is: messages "survey.copy_to.left.…".
type LeftKind string

// What may be left. Answers and logic are left out, embedded data stays named.
const (
	LeftLogic  LeftKind = "logic"
	LeftAnswer LeftKind = "answer"
	LeftField  LeftKind = "field"
)

var (
	answerToken = regexp.MustCompile(`\$\{q://(QID[0-9]+)/[^{}]*\}`)
	fieldToken  = regexp.MustCompile(`\$\{e://Field/([^{}|]+)`)
)

// CopyQuestionTo adds a copy of a question at the end of another survey, and tells what could not follow. It keeps its tag where that
// is free, and the translations into the languages of that survey.
func CopyQuestionTo(from *models.SurveyDefinition, id string, to *models.Survey) (*models.Question, []Left, error) {
	source := from.Question(id)
	if source == nil {
		return nil, nil, models.NotFound("survey.error.no_question")
	}
	var left []Left
	note := func(l Left) {
		if !slices.Contains(left, l) {
			left = append(left, l)
		}
	}
	q := cloneQuestion(*source)
	if q.Display != nil {
		q.Display = nil
		note(Left{Kind: LeftLogic})
	}
	for language := range q.Translations {
		if !slices.Contains(to.Draft.V.Languages, language) {
			delete(q.Translations, language)
		}
	}
	q.ID = nextQuestionID(to)
	if slices.ContainsFunc(to.Draft.V.Questions(), func(other *models.Question) bool { return other.ExportTag() == q.Tag }) {
		q.Tag = ""
	}
	text, err := models.MarshalJSON(q)
	if err != nil {
		return nil, nil, err
	}
	text = answerToken.ReplaceAllFunc(text, func(token []byte) []byte {
		other := string(answerToken.FindSubmatch(token)[1])
		if other == id {
			return bytes.Replace(token, []byte(id), []byte(q.ID), 1)
		}
		name := other
		if asked := from.Question(other); asked != nil && ShortText(asked.Text) != "" {
			name = ShortText(asked.Text)
		}
		note(Left{Kind: LeftAnswer, Name: name})
		return nil
	})
	for _, m := range fieldToken.FindAllSubmatch(text, -1) {
		if name := string(m[1]); to.Draft.V.Field(name) == nil {
			note(Left{Kind: LeftField, Name: name})
		}
	}
	var copied models.Question
	if err := json.Unmarshal(text, &copied); err != nil {
		return nil, nil, err
	}
	if len(to.Draft.V.Blocks) == 0 {
		to.Draft.V.Blocks = append(to.Draft.V.Blocks, newBlock())
	}
	b := &to.Draft.V.Blocks[len(to.Draft.V.Blocks)-1]
	b.Questions = append(b.Questions, copied)
	return &b.Questions[len(b.Questions)-1], left, nil
}

// CopyBlock adds a copy of a page right behind it. Its questions have ids of their own; where one of them names another
// of the page, in its logic or its texts, the copy names the copy.
func CopyBlock(s *models.Survey, id string) (*models.Block, error) {
	at := blockIndex(s, id)
	if at < 0 {
		return nil, models.NotFound("survey.error.no_block")
	}
	old := s.Draft.V.Blocks[at]
	b := newBlock()
	b.Title, b.Display, b.Translations, b.Extra = old.Title, old.Display, old.Translations.Clone(), old.Extra
	ids := map[string]string{}
	for _, q := range old.Questions {
		q = cloneQuestion(q)
		ids[q.ID] = nextQuestionID(s)
		q.ID, q.Tag = ids[q.ID], ""
		b.Questions = append(b.Questions, q)
	}
	b, err := renamed(b, ids)
	if err != nil {
		return nil, err
	}
	s.Draft.V.Blocks = slices.Insert(s.Draft.V.Blocks, at+1, b)
	return &s.Draft.V.Blocks[at+1], nil
}

// cloneQuestion gives a question that shares nothing that is changed in place.
func cloneQuestion(q models.Question) models.Question {
	q.Choices, q.Rows, q.Translations = slices.Clone(q.Choices), slices.Clone(q.Rows), q.Translations.Clone()
	return q
}

var questionToken = regexp.MustCompile(`q://(QID[0-9]+)/`)

// renamed gives a page whose piped text names questions by their new ids.
func renamed(b models.Block, ids map[string]string) (models.Block, error) {
	text, err := json.Marshal(b)
	if err != nil {
		return b, err
	}
	text = questionToken.ReplaceAllFunc(text, func(token []byte) []byte {
		if id, ok := ids[string(token[len("q://"):len(token)-1])]; ok {
			return []byte("q://" + id + "/")
		}
		return token
	})
	var out models.Block
	err = json.Unmarshal(text, &out)
	return out, err
}
