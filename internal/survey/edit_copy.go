package survey

import (
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
