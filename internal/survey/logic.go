package survey

import (
	"slices"
	"time"

	"surveyflow/internal/pipedtext"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// logic is the compiled display logic of a definition: which blocks and questions a respondent meets depends on what they
// answered before and on embedded data. Nil shows everything. It is shared: nobody may change it.
type logic struct {
	blocks    map[string]*workflow.Condition
	questions map[string]*workflow.Condition
	follows   map[string][]string // of a question: those of its own block that its condition names
}

// compileLogic compiles the display logic of a definition; nil when it has none. What does not compile shows its question: it
// never gets live, and who previews the draft sees what they work on.
func compileLogic(def *models.SurveyDefinition) *logic {
	l := &logic{blocks: map[string]*workflow.Condition{}, questions: map[string]*workflow.Condition{}, follows: map[string][]string{}}
	for b := range def.Blocks {
		block := &def.Blocks[b]
		if c := compileDisplay(block.Display); c != nil {
			l.blocks[block.ID] = c
		}
		for i := range block.Questions {
			q := &block.Questions[i]
			c := compileDisplay(q.Display)
			if c == nil {
				continue
			}
			l.questions[q.ID] = c
			for _, id := range questionsNamed(c) {
				if slices.ContainsFunc(block.Questions, func(other models.Question) bool { return other.ID == id }) {
					l.follows[q.ID] = append(l.follows[q.ID], id)
				}
			}
		}
	}
	if len(l.blocks) == 0 && len(l.questions) == 0 {
		return nil
	}
	return l
}

func compileDisplay(c *models.Condition) *workflow.Condition {
	if c == nil {
		return nil
	}
	compiled, err := workflow.CompileCondition(c, "")
	if err != nil {
		return nil
	}
	return &compiled
}

// questionsNamed lists the questions that a condition names, each once.
func questionsNamed(c *workflow.Condition) []string {
	var ids []string
	for _, ref := range c.Refs() {
		if ref.Scheme == "q" && !slices.Contains(ids, ref.Name) {
			ids = append(ids, ref.Name)
		}
	}
	return ids
}

// walk gives the pages that a respondent with these values meets, each with the questions that are shown, and leaves in the
// snapshot the answers to those alone: an answer counts only while its question is shown. The pages are those of def, which is base
// in the respondent's language; conditions compare the texts of base, whatever the language.
func (l *logic) walk(def, base *models.SurveyDefinition, s *models.Snapshot, now time.Time) []*models.Block {
	if l == nil {
		return Pages(def)
	}
	given := s.Answers
	s.Answers = make(models.Answers, len(given))
	values := &workflow.Values{Snapshot: s, Survey: base}
	source := &pipedtext.Env{Source: values, Now: now}
	holds := func(c *workflow.Condition) bool { return c == nil || c.True(values, source) }
	var pages []*models.Block
	for i := range def.Blocks {
		b := &def.Blocks[i]
		if !holds(l.blocks[b.ID]) {
			continue
		}
		shown := make([]models.Question, 0, len(b.Questions))
		for _, q := range b.Questions {
			if !holds(l.questions[q.ID]) {
				continue
			}
			shown = append(shown, q)
			if a, answered := given[q.ID]; answered {
				s.Answers[q.ID] = a
			}
		}
		switch len(shown) {
		case 0:
		case len(b.Questions):
			pages = append(pages, b)
		default:
			part := *b
			part.Questions = shown
			pages = append(pages, &part)
		}
	}
	return pages
}

// Look tells which questions of a page are shown for what a form says now. It stores nothing, and asks for nothing.
func (s *Service) Look(v *Visit, pageID string, form map[string][]string) []string {
	block := v.Definition.Block(pageID)
	if block == nil || v.State != StateAnswering {
		return nil
	}
	look := *v
	look.arrange(v.withForm(block, form))
	var ids []string
	if at := pageIndex(look.pages, pageID); at >= 0 {
		for _, q := range look.pages[at].Questions {
			ids = append(ids, q.ID)
		}
	}
	return ids
}

// Slot is a question of the page that is shown, or one that an answer on the same page may still bring up.
type Slot struct {
	Question models.Question
	Waiting  bool // it is not shown yet
	Follows  bool // whether it is shown depends on an answer of the same page
}

// Slots lists the questions of the page in their order.
func (v *Visit) Slots() []Slot {
	page := v.pages[v.Page]
	slots := make([]Slot, 0, len(page.Questions))
	for _, q := range v.Definition.Block(page.ID).Questions {
		follows := v.logic != nil && len(v.logic.follows[q.ID]) > 0
		switch {
		case asks(page, q.ID):
			slots = append(slots, Slot{Question: q, Follows: follows})
		case follows:
			slots = append(slots, Slot{Question: q, Waiting: true, Follows: true})
		}
	}
	return slots
}

// Followed lists the questions of the page that is shown on whose answers others of the page depend.
func (v *Visit) Followed() []string {
	if v.logic == nil || len(v.pages) == 0 {
		return nil
	}
	var ids []string
	for _, q := range v.Definition.Block(v.pages[v.Page].ID).Questions {
		for _, id := range v.logic.follows[q.ID] {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// asks reports whether the question is on the page.
func asks(page *models.Block, id string) bool {
	return slices.ContainsFunc(page.Questions, func(q models.Question) bool { return q.ID == id })
}
