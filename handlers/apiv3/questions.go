package apiv3

import (
	"slices"

	"surveyflow/internal/qsf"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// madeQuestion answers POST …/questions.
type madeQuestion struct {
	QuestionID string `json:"QuestionID"`
	Revision   int64  `json:"revision"`
}

// questionList answers GET …/questions.
type questionList struct {
	Elements []qsf.Object `json:"elements"`
}

func (a *API) listQuestions(c *call) (any, error) {
	s, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	all := questionList{Elements: []qsf.Object{}}
	for _, q := range qsf.AllQuestions(&s.Draft.V) {
		all.Elements = append(all.Elements, qsf.EncodeQuestionOf(&s.Draft.V, q))
	}
	c.tellUnused(qsf.UnusedOf(&s.Draft.V))
	return all, nil
}

// questionOf finds a question of the draft, also one that cannot be asked yet.
func questionOf(s *models.Survey, id string) (*models.Question, error) {
	for _, q := range qsf.AllQuestions(&s.Draft.V) {
		if q.ID == id {
			return q, nil
		}
	}
	return nil, models.NotFound("api.error.no_question")
}

func (a *API) showQuestion(c *call) (any, error) {
	s, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	q, err := questionOf(s, c.Param("questionId"))
	if err != nil {
		return nil, err
	}
	c.tellUnused(qsf.Unused(q))
	return qsf.EncodeQuestionOf(&s.Draft.V, q), nil
}

// questionBody reads a question and the revision of the draft that it was made of.
func (c *call) questionBody() (models.Question, int64, error) {
	var in struct {
		Revision int64 `json:"revision"`
	}
	text, err := c.text()
	if err != nil {
		return models.Question{}, 0, err
	}
	if err := decode(text, &in); err != nil {
		return models.Question{}, 0, err
	}
	q, err := qsf.DecodeQuestion(text)
	if err != nil {
		return q, 0, err
	}
	if q.Type == "" {
		return q, in.Revision, nil
	}
	probe := q
	probe.ID = models.QuestionID(1) // the rules want one, and it is not known yet
	fields := survey.CheckQuestion(&probe)
	for i := range fields {
		fields[i].Field = qsf.MemberOf(&q, fields[i].Field)
	}
	return q, in.Revision, models.Invalid(fields...)
}

func (a *API) createQuestion(c *call) (any, error) {
	in, revision, err := c.questionBody()
	if err != nil {
		return nil, err
	}
	blockID := c.QueryParam("blockId")
	var id string
	s, err := a.edit(c, revision, func(s *models.Survey) error {
		id, err = addQuestion(s, blockID, in)
		return err
	})
	if err != nil {
		return nil, err
	}
	in.ID = id
	c.tellUnused(qsf.Unused(&in))
	return madeQuestion{QuestionID: id, Revision: s.DraftRev}, nil
}

// addQuestion puts a question at the end of a block, the first one when none is named (contract §7, Writes).
func addQuestion(s *models.Survey, blockID string, q models.Question) (string, error) {
	def := &s.Draft.V
	if blockID == "" {
		if len(def.Blocks) == 0 {
			if _, err := survey.AddBlock(s, ""); err != nil {
				return "", err
			}
		}
		blockID = def.Blocks[0].ID
	}
	b := def.Block(blockID)
	if b == nil {
		return addAside(s, blockID, q)
	}
	b = qsf.LastPage(def, b)
	q.ID = newQuestionID(s)
	if q.Type != "" {
		qsf.ApplyLogic(&q, def)
		b.Questions = append(b.Questions, q)
		return q.ID, nil
	}
	other := qsf.Other{Block: b.ID, Question: q}
	if n := len(b.Questions); n > 0 {
		other.After = b.Questions[n-1].ID
	}
	qsf.SetOthers(def, append(qsf.Others(def), other))
	return q.ID, nil
}

// addAside puts a question at the end of a block that no flow leads to.
func addAside(s *models.Survey, blockID string, q models.Question) (string, error) {
	def := &s.Draft.V
	structure := qsf.StructureOf(def)
	q.ID = newQuestionID(s)
	if !structure.AddTo(blockID, q.ID) {
		return "", invalid("blockId", "api.error.no_block")
	}
	parts := qsf.PartsOf(def)
	parts.Questions[q.ID] = q
	qsf.SetStructure(def, structure, parts)
	return q.ID, nil
}

// newQuestionID takes the next id that no question of the survey ever had.
func newQuestionID(s *models.Survey) string {
	for {
		s.NextQID = max(s.NextQID, 1)
		id := models.QuestionID(s.NextQID)
		s.NextQID++
		if _, err := questionOf(s, id); err != nil {
			return id
		}
	}
}

func (a *API) updateQuestion(c *call) (any, error) {
	in, revision, err := c.questionBody()
	if err != nil {
		return nil, err
	}
	in.ID = c.Param("questionId")
	_, err = a.edit(c, revision, func(s *models.Survey) error { return replaceQuestion(s, in) })
	if err != nil {
		return nil, err
	}
	c.tellUnused(qsf.Unused(&in))
	return nil, nil
}

// replaceQuestion puts a question in the place of the one with its id, whether or not either of them can be asked yet.
func replaceQuestion(s *models.Survey, q models.Question) error {
	def := &s.Draft.V
	others := qsf.Others(def)
	at := slices.IndexFunc(others, func(o qsf.Other) bool { return o.Question.ID == q.ID })
	old := def.Question(q.ID)
	switch {
	case old != nil && q.Type != "":
		qsf.Keep(&q, old)
		qsf.ApplyLogic(&q, def)
		was := *old
		*old = q
		survey.CarryLabels(def, &was)
	case at >= 0 && (q.Type == "" || def.Block(others[at].Block) == nil):
		others[at].Question = q
		qsf.SetOthers(def, others)
	case old != nil:
		other := qsf.Other{Question: q}
		other.Block, other.After = placeOf(def, q.ID)
		if _, err := survey.RemoveQuestion(s, q.ID); err != nil {
			return err
		}
		qsf.SetOthers(def, append(others, other))
	case at >= 0:
		place := others[at]
		qsf.SetOthers(def, slices.Delete(others, at, at+1))
		return insertAfter(def, place, q)
	default:
		return models.NotFound("api.error.no_question")
	}
	return nil
}

// placeOf gives the block of a question and the question before it.
func placeOf(def *models.SurveyDefinition, id string) (block, after string) {
	for _, b := range def.Blocks {
		after = ""
		for _, q := range b.Questions {
			if q.ID == id {
				return b.ID, after
			}
			after = q.ID
		}
	}
	return "", ""
}

// insertAfter puts a question where one that could not be asked stood.
func insertAfter(def *models.SurveyDefinition, place qsf.Other, q models.Question) error {
	b := def.Block(place.Block)
	if b == nil {
		if len(def.Blocks) == 0 {
			return models.NotFound("api.error.no_block")
		}
		b = &def.Blocks[0]
	}
	at := slices.IndexFunc(b.Questions, func(before models.Question) bool { return before.ID == place.After }) + 1
	if at == 0 && place.After != "" { // its neighbour is gone
		at = len(b.Questions)
	}
	b.Questions = slices.Insert(b.Questions, at, q)
	return nil
}

func (a *API) deleteQuestion(c *call) (any, error) {
	id := c.Param("questionId")
	_, err := a.edit(c, 0, func(s *models.Survey) error {
		def := &s.Draft.V
		others := qsf.Others(def)
		if at := slices.IndexFunc(others, func(o qsf.Other) bool { return o.Question.ID == id }); at >= 0 {
			qsf.SetOthers(def, slices.Delete(others, at, at+1))
			return nil
		}
		_, err := survey.RemoveQuestion(s, id)
		return missing(err, "api.error.no_question")
	})
	return nil, err
}
