package survey

import (
	"errors"
	"slices"

	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// surveyKnows are the schemes of piped text that have values while a survey is answered. Outputs of tasks, events and
// credentials have none.
var surveyKnows = []string{"q", "e", "m", "rm", "date", "rand", "l"}

// checkLogic tells which conditions cannot be asked where they stand: a question may be shown by the answers to questions
// before it, also those of its own page, a page by the answers to the pages before it.
func checkLogic(def *models.SurveyDefinition, p *problems) {
	before := map[string]bool{}
	for i := range def.Blocks {
		b := &def.Blocks[i]
		checkDisplay(def, b.Display, b.ID, "survey.error.logic_page_later", before, p)
		for n := range b.Questions {
			q := &b.Questions[n]
			at := len(*p)
			checkDisplay(def, q.Display, q.ID, "survey.error.logic_later", before, p)
			for k := range (*p)[at:] {
				(*p)[at+k].Args["Question"] = q.ExportTag()
			}
			before[q.ID] = true
		}
	}
}

// checkDisplay checks the condition by which the question or block of that id is shown. later is the key for one that asks
// for what comes after it.
func checkDisplay(def *models.SurveyDefinition, c *models.Condition, id, later string, before map[string]bool, p *problems) {
	if c == nil {
		return
	}
	at := id + ".display"
	compiled, err := workflow.CompileCondition(c, at)
	if e, ok := errors.AsType[*models.Error](err); ok {
		for _, f := range e.Fields {
			if f.Args == nil {
				f.Args = map[string]any{}
			}
			*p = append(*p, f)
		}
		return
	}
	for _, ref := range compiled.Refs() {
		switch {
		case !slices.Contains(surveyKnows, ref.Scheme):
			p.add(at, "survey.error.logic_token", "Token", ref.String())
		case ref.Scheme != "q" || before[ref.Name]:
		case def.Question(ref.Name) == nil:
			p.add(at, "survey.error.logic_unknown", "Other", ref.Name)
		default:
			p.add(at, later, "Other", def.Question(ref.Name).ExportTag())
		}
	}
}
