package handlers

import (
	"context"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"surveyflow/internal/i18n"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/store"
	"surveyflow/internal/task"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/components"
)

// pipedScope says where piped text is written, and so what it can name there. What does not apply is left empty.
type pipedScope struct {
	store   *store.Store
	actor   models.Actor
	survey  *models.SurveyDefinition              // whose questions and embedded data can be named
	before  []models.TaskSpec                     // tasks of the workflow that have ended where the text is used
	contact bool                                  // what happens is that a contact comes into a list
	inTask  bool                                  // the text belongs to a task, which may use credentials and outputs
	outputs map[string]map[string]json.RawMessage // what those tasks came to lately, by task id

	event     models.EventSpec // what starts the workflow
	sent      *sent            // of an event that is no answer
	hasSurvey bool             // the workflow belongs to a survey, whose address can be named
}

// pipedGroups are the sources of what the picker offers, in its order. To offer more, add a function: it lists the
// tokens of a group in the owner's words (Group, Label, Text, and Kind and Choices for conditions), or nothing where the
// scope has none. Examples are filled in afterwards from a real response, unless the function has set them or the
// values do not know the token (as those of a credential, which must not be shown).
var pipedGroups = []func(context.Context, pipedScope) ([]components.PipedToken, error){
	surveyTokens,
	eventTokens,
	contactTokens,
	linkTokens,
	outputTokens,
	dateTokens,
	credentialTokens,
}

// pipedTokens lists everything that can be piped in a scope. Examples come from values, which may be nil.
func pipedTokens(ctx context.Context, s pipedScope, values pipedtext.Source) ([]components.PipedToken, error) {
	var all []components.PipedToken
	for _, group := range pipedGroups {
		tokens, err := group(ctx, s)
		if err != nil {
			return nil, err
		}
		all = append(all, tokens...)
	}
	if values == nil {
		return all, nil
	}
	for i := range all {
		if all[i].Example == "" {
			all[i].Example = pipedExample(all[i].Text, values)
		}
	}
	return all, nil
}

// mostExample is how much of an example is shown, in characters.
const mostExample = 80

// pipedExample gives the value of a token in one short line.
func pipedExample(token string, values pipedtext.Source) string {
	template, err := pipedtext.Parse(token)
	if err != nil {
		return ""
	}
	text := strings.Join(strings.Fields(template.Text(values)), " ")
	if utf8.RuneCountInString(text) > mostExample {
		text = cutRunes(text, mostExample-1) + "…"
	}
	return text
}

// surveyTokens offers the questions of the survey with their forms, embedded data, the contact and the response.
func surveyTokens(ctx context.Context, s pipedScope) ([]components.PipedToken, error) {
	if s.survey == nil {
		return nil, nil
	}
	return tokensOf(ctx, s.survey), nil
}

// linkTokens offers the address at which the survey is answered, and its id.
func linkTokens(ctx context.Context, s pipedScope) ([]components.PipedToken, error) {
	group := i18n.T(ctx, "workflow.tokens.survey")
	switch {
	case s.survey == nil && s.hasSurvey:
		return []components.PipedToken{{Group: group, Label: i18n.T(ctx, "workflow.token.SurveyURL"), Text: "${l://SurveyURL}"}}, nil
	case s.survey == nil:
		return nil, nil
	}
	return []components.PipedToken{
		{Group: group, Label: i18n.T(ctx, "workflow.token.SurveyURL"), Text: "${l://SurveyURL}"},
		{Group: group, Label: i18n.T(ctx, "workflow.token.SurveyID"), Text: "${rm://Field/SurveyID}"},
	}, nil
}

// dateTokens offers the day and the time of the run.
func dateTokens(ctx context.Context, _ pipedScope) ([]components.PipedToken, error) {
	group := i18n.T(ctx, "workflow.tokens.date")
	var out []components.PipedToken
	for _, t := range []struct{ name, text string }{
		{"today", "${date://CurrentDate/Y-m-d}"},
		{"today.words", "${date://CurrentDate/F j, Y}"},
		{"now", "${date://CurrentTime/H:i}"},
		{"tomorrow", "${date://OtherDate/Y-m-d/+1 day}"},
		{"in_a_week", "${date://OtherDate/Y-m-d/+7 day}"},
	} {
		out = append(out, components.PipedToken{Group: group, Label: i18n.T(ctx, "workflow.token."+t.name), Text: t.text})
	}
	return out, nil
}

// exampleValues are what example values of tokens are taken from.
type exampleValues struct {
	source  pipedtext.Source
	words   string        // says where they come from
	subject *task.Subject // the response that they are those of; nil without a survey
}

// examplesOf gives the values of a response of the survey: the one with that id, or the newest; sample values when there
// is none, or it is gone. at gives the addresses at which surveys are answered.
func examplesOf(ctx context.Context, s *store.Store, a models.Actor, survey *models.Survey, responseID string, at func(surveyID string) string, now time.Time) (exampleValues, error) {
	if survey == nil {
		return exampleValues{}, nil
	}
	sample, err := sampleValues(ctx, s, survey, at, now)
	if err != nil {
		return sample, err
	}
	if responseID == "" {
		newest, _, err := s.Responses(ctx, a, survey.ID, store.ResponseFilter{Page: store.Page{Limit: 1}})
		if err != nil || len(newest) == 0 {
			return sample, err
		}
		responseID = newest[0].ID
	}
	snapshot, def, err := workflow.ResponseSnapshot(ctx, s, a, survey.ID, responseID, now)
	if models.ErrorCode(err) == models.CodeNotFound {
		return sample, nil
	}
	if err != nil {
		return exampleValues{}, err
	}
	examples := exampleValues{
		source: &pipedtext.Env{Source: &workflow.Values{Snapshot: snapshot, Survey: def, Link: at(survey.ID)}, Now: now},
		words:  i18n.T(ctx, "piped.examples.response", "Time", i18n.Time(ctx, snapshot.Response.RecordedAt)),
	}
	examples.subject, err = workflow.TrialSubject(ctx, s, survey, def, snapshot, now)
	return examples, err
}

// sampleValues makes up what a response to the survey could carry.
func sampleValues(ctx context.Context, s *store.Store, survey *models.Survey, at func(surveyID string) string, now time.Time) (exampleValues, error) {
	if survey == nil {
		return exampleValues{source: &pipedtext.Env{Now: now}}, nil
	}
	sample := workflow.Sample(&survey.Draft.V, now)
	sample.Response.SurveyID = survey.ID
	subject, err := workflow.TrialSubject(ctx, s, survey, &survey.Draft.V, sample, now)
	return exampleValues{
		source:  &pipedtext.Env{Source: &workflow.Values{Snapshot: sample, Survey: &survey.Draft.V, Link: at(survey.ID)}, Now: now},
		words:   i18n.T(ctx, "piped.examples.sample"),
		subject: subject,
	}, err
}
