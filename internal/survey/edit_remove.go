package survey

import (
	"slices"

	"surveyflow/models"
)

// RemoveQuestion removes a question from the draft and gives what is needed to put it back.
func RemoveQuestion(s *models.Survey, id string) (models.RemovedPart, error) {
	b, at := findQuestion(s, id)
	if b == nil {
		return models.RemovedPart{}, models.NotFound("survey.error.no_question")
	}
	q := b.Questions[at]
	b.Questions = slices.Delete(b.Questions, at, at+1)
	return models.RemovedPart{Question: &q, BlockID: b.ID, At: at}, nil
}

// RemoveBlock removes a page with its questions and gives what is needed to put it back. The last page stays:
// models.CodeConflict.
func RemoveBlock(s *models.Survey, id string) (models.RemovedPart, error) {
	i := blockIndex(s, id)
	if i < 0 {
		return models.RemovedPart{}, models.NotFound("survey.error.no_block")
	}
	if len(s.Draft.V.Blocks) == 1 {
		return models.RemovedPart{}, models.Conflict("survey.error.last_block", nil)
	}
	b := s.Draft.V.Blocks[i]
	s.Draft.V.Blocks = slices.Delete(s.Draft.V.Blocks, i, i+1)
	return models.RemovedPart{Block: &b, At: i}, nil
}

// ReplaceDraft makes another definition the draft and gives what is needed to have the old one back.
func ReplaceDraft(s *models.Survey, def models.SurveyDefinition) models.RemovedPart {
	old := s.Draft.V
	s.Draft.V = def
	return models.RemovedPart{Draft: &old}
}

// PutBack puts a removed part where it was, as near as the draft still has that place, and gives the id of what came
// back. What is there already is not put back twice: models.CodeConflict.
func PutBack(s *models.Survey, r models.RemovedPart) (string, error) {
	switch {
	case r.Draft != nil:
		s.Draft.V = *r.Draft
		return "", nil
	case r.Block != nil:
		if !absent(s, *r.Block) {
			return "", models.Conflict("survey.error.put_back", nil)
		}
		at := clampIndex(r.At, len(s.Draft.V.Blocks))
		s.Draft.V.Blocks = slices.Insert(s.Draft.V.Blocks, at, *r.Block)
		return r.Block.ID, nil
	case r.Question != nil:
		if s.Draft.V.Question(r.Question.ID) != nil {
			return "", models.Conflict("survey.error.put_back", nil)
		}
		b, at := s.Draft.V.Block(r.BlockID), r.At
		if b == nil { // its page went after it
			b = &s.Draft.V.Blocks[len(s.Draft.V.Blocks)-1]
			at = len(b.Questions)
		}
		b.Questions = slices.Insert(b.Questions, clampIndex(at, len(b.Questions)), *r.Question)
		return r.Question.ID, nil
	}
	return "", models.NotFound("survey.error.nothing_removed")
}

// absent reports whether the draft has neither a page nor any of its questions.
func absent(s *models.Survey, b models.Block) bool {
	return s.Draft.V.Block(b.ID) == nil && !slices.ContainsFunc(b.Questions, func(q models.Question) bool { return s.Draft.V.Question(q.ID) != nil })
}
