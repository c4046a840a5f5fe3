package survey

import (
	"slices"

	"surveyflow/models"
)

// NewDefinition gives the draft of a new survey: one page without questions.
func NewDefinition(language string) models.SurveyDefinition {
	return models.SurveyDefinition{Language: language, Blocks: []models.Block{newBlock()}}
}

func newBlock() models.Block {
	return models.Block{ID: models.NewID(models.PrefixBlock), Questions: []models.Question{}}
}

// AddBlock adds a page at the end of the draft, or behind the block of that id when it is not empty.
func AddBlock(s *models.Survey, after string) (*models.Block, error) {
	at := len(s.Draft.V.Blocks)
	if after != "" {
		i := blockIndex(s, after)
		if i < 0 {
			return nil, models.NotFound("survey.error.no_block")
		}
		at = i + 1
	}
	s.Draft.V.Blocks = slices.Insert(s.Draft.V.Blocks, at, newBlock())
	return &s.Draft.V.Blocks[at], nil
}

// MoveBlock puts a page at a place among the pages, counted from 0; beyond the last means the end.
func MoveBlock(s *models.Survey, id string, to int) error {
	from := blockIndex(s, id)
	if from < 0 {
		return models.NotFound("survey.error.no_block")
	}
	b := s.Draft.V.Blocks[from]
	rest := slices.Delete(s.Draft.V.Blocks, from, from+1)
	s.Draft.V.Blocks = slices.Insert(rest, clampIndex(to, len(rest)), b)
	return nil
}

// DeleteBlock removes a page with its questions. The last page stays: models.CodeConflict.
func DeleteBlock(s *models.Survey, id string) error {
	i := blockIndex(s, id)
	if i < 0 {
		return models.NotFound("survey.error.no_block")
	}
	if len(s.Draft.V.Blocks) == 1 {
		return models.Conflict("survey.error.last_block", nil)
	}
	s.Draft.V.Blocks = slices.Delete(s.Draft.V.Blocks, i, i+1)
	return nil
}

// AddQuestion adds a question at the end of a page of the draft, with an id that no question of the survey ever had. A
// question with choices gets two empty ones.
func AddQuestion(s *models.Survey, blockID string, t models.QuestionType) (*models.Question, error) {
	b := s.Draft.V.Block(blockID)
	if b == nil {
		return nil, models.NotFound("survey.error.no_block")
	}
	if !slices.Contains(models.QuestionTypes, t) {
		return nil, models.Invalid(models.Field("type", "question.error.type", "Type", string(t)))
	}
	q := models.Question{ID: nextQuestionID(s), Type: t}
	if t.HasChoices() {
		AddChoice(&q, "")
		AddChoice(&q, "")
	}
	b.Questions = append(b.Questions, q)
	return &b.Questions[len(b.Questions)-1], nil
}

// nextQuestionID takes the next id. One that the draft has all the same, by a file or the API, is passed over.
func nextQuestionID(s *models.Survey) string {
	s.NextQID = max(s.NextQID, 1)
	for s.Draft.V.Question(models.QuestionID(s.NextQID)) != nil {
		s.NextQID++
	}
	s.NextQID++
	return models.QuestionID(s.NextQID - 1)
}

// MoveQuestion puts a question at a place in a page, counted from 0 without it; beyond the last means the end.
func MoveQuestion(s *models.Survey, id, blockID string, to int) error {
	from, at := findQuestion(s, id)
	target := s.Draft.V.Block(blockID)
	switch {
	case from == nil:
		return models.NotFound("survey.error.no_question")
	case target == nil:
		return models.NotFound("survey.error.no_block")
	}
	q := from.Questions[at]
	from.Questions = slices.Delete(from.Questions, at, at+1)
	target.Questions = slices.Insert(target.Questions, clampIndex(to, len(target.Questions)), q)
	return nil
}

// CopyQuestion adds a copy right behind a question. It has an id of its own, and no tag of its own yet: labels are not
// copied with a question.
func CopyQuestion(s *models.Survey, id string) (*models.Question, error) {
	b, at := findQuestion(s, id)
	if b == nil {
		return nil, models.NotFound("survey.error.no_question")
	}
	q := b.Questions[at]
	q.ID, q.Tag = nextQuestionID(s), ""
	q.Choices, q.Rows = slices.Clone(q.Choices), slices.Clone(q.Rows)
	b.Questions = slices.Insert(b.Questions, at+1, q)
	return &b.Questions[at+1], nil
}

// DeleteQuestion removes a question from the draft.
func DeleteQuestion(s *models.Survey, id string) error {
	b, at := findQuestion(s, id)
	if b == nil {
		return models.NotFound("survey.error.no_question")
	}
	b.Questions = slices.Delete(b.Questions, at, at+1)
	return nil
}

// AddChoice adds a choice at the end of a question, with an id that no choice of it ever had.
func AddChoice(q *models.Question, text string) *models.Choice {
	q.Choices = append(q.Choices, models.Choice{ID: nextChoiceID(q), Text: text})
	return &q.Choices[len(q.Choices)-1]
}

// SetChoices replaces the choices of a question by what a form sent: those with an id of the question's keep it, all
// others, which have 0, get one that no choice of it ever had.
func SetChoices(q *models.Question, choices []models.Choice) {
	nextChoiceID(q) // counts the present ones, before they are gone
	q.NextChoiceID--
	kept := make([]models.Choice, 0, len(choices))
	seen := map[int]bool{}
	for _, c := range choices {
		if c.ID == 0 || q.Choice(c.ID) == nil || seen[c.ID] {
			c.ID = q.NextChoiceID
			q.NextChoiceID++
		}
		seen[c.ID] = true
		kept = append(kept, c)
	}
	q.Choices = kept
}

func nextChoiceID(q *models.Question) int {
	q.NextChoiceID = max(q.NextChoiceID, 1)
	for _, c := range q.Choices {
		q.NextChoiceID = max(q.NextChoiceID, c.ID+1)
	}
	q.NextChoiceID++
	return q.NextChoiceID - 1
}

// DeleteChoice removes a choice of a question.
func DeleteChoice(q *models.Question, id int) error {
	at := slices.IndexFunc(q.Choices, func(c models.Choice) bool { return c.ID == id })
	if at < 0 {
		return models.NotFound("survey.error.no_choice")
	}
	q.Choices = slices.Delete(q.Choices, at, at+1)
	return nil
}

func blockIndex(s *models.Survey, id string) int {
	return slices.IndexFunc(s.Draft.V.Blocks, func(b models.Block) bool { return b.ID == id })
}

// findQuestion gives the page of a question and its place there; nil when the draft has none.
func findQuestion(s *models.Survey, id string) (*models.Block, int) {
	for i := range s.Draft.V.Blocks {
		b := &s.Draft.V.Blocks[i]
		if at := slices.IndexFunc(b.Questions, func(q models.Question) bool { return q.ID == id }); at >= 0 {
			return b, at
		}
	}
	return nil, 0
}

func clampIndex(i, length int) int { return min(max(i, 0), length) }
