package handlers

import (
	"context"
	"strings"

	"surveyflow/internal/i18n"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/components"
)

// tokensOf lists what a survey's responses carry, in the owner's words.
func tokensOf(ctx context.Context, def *models.SurveyDefinition) []components.PipedToken {
	all := workflow.Tokens(def)
	out := make([]components.PipedToken, len(all))
	for i, t := range all {
		label := t.Label
		switch {
		case label == "":
			label = i18n.T(ctx, "workflow.token."+t.Name)
		case t.Group == "questions" && t.Name != "choices" && t.Name != "answer":
			label = i18n.T(ctx, "workflow.token.part", "Label", t.Label, "Part", i18n.T(ctx, "workflow.token."+t.Name))
		}
		out[i] = components.PipedToken{
			Group: i18n.T(ctx, "workflow.tokens."+t.Group), Label: label, Text: t.Text, Kind: tokenKind(def, t), Choices: choiceList(t),
		}
		if t.Name == "recode" {
			out[i].Names, out[i].Asked = choiceNames(def, t), t.Label
		}
	}
	return out
}

// choiceNames gives the labels of the choices that a token of values stands for.
func choiceNames(def *models.SurveyDefinition, t workflow.Token) map[string]string {
	id, _, _ := strings.Cut(strings.TrimPrefix(t.Text, "${q://"), "/")
	q := def.Question(id)
	if q == nil {
		return nil
	}
	names := make(map[string]string, len(q.Choices))
	for i := range q.Choices {
		names[q.Choices[i].RecodeValue()] = q.Choices[i].Text
	}
	return names
}

// tokenKind says what sort of value a token has.
func tokenKind(def *models.SurveyDefinition, t workflow.Token) components.PipedKind {
	switch t.Name {
	case "count", "place", "Duration", "Progress":
		return components.PipedNumber
	case "Finished":
		return components.PipedBool
	case "choices", "recode":
		id, _, _ := strings.Cut(strings.TrimPrefix(t.Text, "${q://"), "/")
		if q := def.Question(id); q != nil && (q.Type.SeveralChoices() || q.Type == models.QuestionRanking) {
			return components.PipedChoices
		}
		return components.PipedChoice
	case "answer":
		id, _, _ := strings.Cut(strings.TrimPrefix(t.Text, "${q://"), "/")
		if q := def.Question(id); q != nil && q.Type.Numeric() {
			return components.PipedNumber
		}
	}
	return components.PipedText
}

// choiceList names the list of choices that values of a token are compared with.
func choiceList(t workflow.Token) string {
	id, _, _ := strings.Cut(strings.TrimPrefix(t.Text, "${q://"), "/")
	switch t.Name {
	case "choices":
		return id
	case "recode":
		return id + "-recode"
	}
	return ""
}

// choicesOf lists the choices of all questions that have some: by label, and by recode value.
func choicesOf(def *models.SurveyDefinition) []components.QuestionChoices {
	var out []components.QuestionChoices
	for _, q := range def.Questions() {
		if len(q.Choices) == 0 {
			continue
		}
		labels, recodes := components.QuestionChoices{ID: q.ID}, components.QuestionChoices{ID: q.ID + "-recode"}
		for i := range q.Choices {
			choice := &q.Choices[i]
			labels.Choices = append(labels.Choices, components.Option{Value: choice.Text})
			recodes.Choices = append(recodes.Choices, components.Option{Value: choice.RecodeValue(), Label: choice.Text})
		}
		out = append(out, labels, recodes)
	}
	return out
}
