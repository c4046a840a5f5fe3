package handlers

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"surveyflow/internal/survey"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/conditionform"
	"surveyflow/views/surveypages"
)

// ofLogic reports whether a button of the form of a condition was pressed.
func (e questionEdit) ofLogic() bool {
	return e.at == conditionform.ConditionRoot || strings.HasPrefix(e.at, conditionform.ConditionRoot+".")
}

// logic reads when a part is shown, and does to its condition what a button asked for. A form without that part changes
// nothing. What is not written right is told when the form is done.
func (e questionEdit) logic(in url.Values, def *models.SurveyDefinition, id string, display **models.Condition) []models.FieldError {
	if !in.Has("logic") {
		return nil
	}
	fresh := models.Condition{Operator: models.OpEqualTo}
	for _, t := range workflow.Tokens(survey.Before(def, id)) {
		// The answer itself to the nearest question is most likely meant.
		if t.Group == "questions" && (t.Name == "choices" || t.Name == "answer") {
			fresh.Left = t.Text
		}
	}
	do := ""
	if e.ofLogic() {
		do = e.do + ":" + e.at
	}
	*display = readCondition(in, do, fresh)
	if e.do != doDone {
		return nil
	}
	_, err := workflow.CompileCondition(*display, "")
	wrong, _ := checkFields(err)
	out := slices.Clone(wrong)
	for i := range out {
		out[i].Field = conditionField(out[i].Field, *display)
	}
	return out
}

// addLogic adds what display logic and piped text need: the sentences of the cards, and what the open form can ask about.
func addLogic(ctx context.Context, p *surveypages.BuilderProps) {
	def := &p.Survey.Draft.V
	var all []components.PipedToken
	words := func(id string, c *models.Condition) {
		if c == nil {
			return
		}
		if all == nil {
			all, p.LogicWords = tokensOf(ctx, def), map[string]string{}
		}
		p.LogicWords[id] = conditionform.Words(ctx, c, all)
	}
	for i := range def.Blocks {
		words(def.Blocks[i].ID, def.Blocks[i].Display)
		for j := range def.Blocks[i].Questions {
			words(def.Blocks[i].Questions[j].ID, def.Blocks[i].Questions[j].Display)
		}
	}
	switch {
	case p.Question != nil || p.Page != nil:
		before := survey.Before(def, p.Editing)
		p.Logic.Tokens = slices.DeleteFunc(tokensOf(ctx, before), func(t components.PipedToken) bool { return strings.HasPrefix(t.Text, "${rm:") })
		p.Logic.Choices = choicesOf(before)
		p.Tokens = tokensOf(ctx, survey.EarlierPages(def, p.Editing))
	case p.Editing == surveypages.EditingIntroduction && len(def.Blocks) > 0:
		p.Tokens = tokensOf(ctx, survey.EarlierPages(def, def.Blocks[0].ID))
	case p.Editing == surveypages.EditingEnd:
		p.Tokens = tokensOf(ctx, def)
	}
}
