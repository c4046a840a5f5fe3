package survey

import (
	"math"
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

// AddQuestion adds a question at the end of a page of the draft; see InsertQuestion.
func AddQuestion(s *models.Survey, blockID string, t models.QuestionType) (*models.Question, error) {
	return InsertQuestion(s, blockID, t, math.MaxInt)
}

// InsertQuestion adds a question at a place in a page of the draft, counted from 0; beyond the last means the end. It has
// an id that no question of the survey ever had, and what questions of its type begin with.
func InsertQuestion(s *models.Survey, blockID string, t models.QuestionType, at int) (*models.Question, error) {
	b := s.Draft.V.Block(blockID)
	if b == nil {
		return nil, models.NotFound("survey.error.no_block")
	}
	if !slices.Contains(models.QuestionTypes, t) {
		return nil, models.Invalid(models.Field("type", "question.error.type", "Type", string(t)))
	}
	q := models.Question{ID: nextQuestionID(s), Type: t}
	begin(&q, s.Draft.V.Language)
	at = clampIndex(at, len(b.Questions))
	b.Questions = slices.Insert(b.Questions, at, q)
	return &b.Questions[at], nil
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

// AddChoice adds a choice at the end of a question, with an id that no choice of it ever had.
func AddChoice(q *models.Question, text string) *models.Choice {
	q.Choices = append(q.Choices, models.Choice{ID: nextID(q.Choices, &q.NextChoiceID), Text: text})
	return &q.Choices[len(q.Choices)-1]
}

// AddRow adds a row at the end of a question, with an id that no row of it ever had.
func AddRow(q *models.Question, text string) *models.Choice {
	q.Rows = append(q.Rows, models.Choice{ID: nextID(q.Rows, &q.NextRowID), Text: text})
	return &q.Rows[len(q.Rows)-1]
}

// SetChoices replaces the choices of a question by what a form sent: those with an id of the question's keep it, all
// others, which have 0, get one that no choice of it ever had.
func SetChoices(q *models.Question, choices []models.Choice) {
	q.Choices = withIDs(q.Choices, choices, &q.NextChoiceID)
}

// SetRows replaces the rows of a question, as SetChoices does the choices.
func SetRows(q *models.Question, rows []models.Choice) {
	q.Rows = withIDs(q.Rows, rows, &q.NextRowID)
}

func withIDs(present, sent []models.Choice, next *int) []models.Choice {
	nextID(present, next) // counts the present ones, before they are gone
	*next--
	kept := make([]models.Choice, 0, len(sent))
	seen := map[int]bool{}
	for _, c := range sent {
		known := slices.ContainsFunc(present, func(p models.Choice) bool { return p.ID == c.ID })
		if c.ID == 0 || !known || seen[c.ID] {
			c.ID = *next
			*next++
		}
		seen[c.ID] = true
		kept = append(kept, c)
	}
	return kept
}

// nextID takes an id that none of a question's choices, or none of its rows, ever had.
func nextID(present []models.Choice, next *int) int {
	*next = max(*next, 1)
	for _, c := range present {
		*next = max(*next, c.ID+1)
	}
	*next++
	return *next - 1
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
