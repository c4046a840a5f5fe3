package survey

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"surveyflow/internal/pipedtext"
	"surveyflow/internal/qsf"
	"surveyflow/internal/richtext"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// What makes a comparison hold never, or hardly ever.
const (
	doubtNothing = "nothing" // it compares with nothing
	doubtChoice  = "choice"  // it asks for a choice that its question does not have
	doubtUnknown = "unknown" // it asks for a question that is not there
	doubtToken   = "token"   // it names what has no value while a survey is answered
)

// doubt is something about a comparison. Its field is the path of the side that it is about, such as ".all[1].right".
type doubt struct {
	field, kind string
	args        []any
}

// doubts lists what of a condition holds hardly ever.
func doubts(def *models.SurveyDefinition, c *models.Condition, at string) []doubt {
	if c == nil {
		return nil
	}
	var all []doubt
	for i := range c.All {
		all = append(all, doubts(def, &c.All[i], fmt.Sprintf("%s.all[%d]", at, i))...)
	}
	for i := range c.Any {
		all = append(all, doubts(def, &c.Any[i], fmt.Sprintf("%s.any[%d]", at, i))...)
	}
	if c.Operator == "" {
		return all
	}
	all = append(all, unknownIn(def, c.Left, at+".left")...)
	if c.Operator.Unary() {
		return all
	}
	all = append(all, unknownIn(def, c.Right, at+".right")...)
	if c.Right == "" {
		return append(all, doubt{at + ".right", doubtNothing, nil})
	}
	if q := missingChoice(def, c); q != nil {
		all = append(all, doubt{at + ".right", doubtChoice, []any{"Value", c.Right, "Other", ShortText(q.Text)}})
	}
	return all
}

// unknownIn tells what a side of a comparison names that has no value. What is no piped text is told elsewhere.
func unknownIn(def *models.SurveyDefinition, side, at string) []doubt {
	t, err := pipedtext.Parse(side)
	if err != nil {
		return nil
	}
	var all []doubt
	for _, ref := range t.Refs() {
		switch {
		case !slices.Contains(surveyKnows, ref.Scheme):
			all = append(all, doubt{at, doubtToken, []any{"Token", ref.String()}})
		case ref.Scheme == "q" && !def.Names(ref.Name):
			all = append(all, doubt{at, doubtUnknown, []any{"Other", ref.Name}})
		}
	}
	return all
}

// missingChoice gives the question that a comparison asks about, when it has no choice by the name that is asked for; nil when it
// has one, or when that cannot be told.
func missingChoice(def *models.SurveyDefinition, c *models.Condition) *models.Question {
	q, labels := asksForChoice(def, c)
	if q == nil || strings.Contains(c.Right, "{") {
		return nil
	}
	var names []string
	selecting := c.Operator == models.OpSelected || c.Operator == models.OpNotSelected
	for i := range q.Choices {
		choice := &q.Choices[i]
		if labels || selecting {
			names = append(names, richtext.Line(choice.Text))
		}
		if !labels || selecting {
			names = append(names, choice.RecodeValue())
		}
		if selecting {
			names = append(names, strconv.Itoa(choice.ID))
		}
	}
	switch right := strings.TrimSpace(c.Right); {
	case slices.Contains(names, right):
		return nil
	case selecting || !q.Type.SeveralChoices() || !joins(right, names):
		return q
	}
	return nil
}

// joins reports whether a text is some of the names with commas between them, as several chosen choices are written.
func joins(text string, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		rest, found := strings.CutPrefix(text, name)
		if !found || name == "" || rest == "" {
			return found && name != ""
		}
		rest, found = strings.CutPrefix(rest, ",")
		return found && joins(strings.TrimPrefix(rest, " "), names)
	})
}

// asksForChoice gives the question whose chosen choices a comparison is with, by their labels or by their values; nil when it is
// about something else.
func asksForChoice(def *models.SurveyDefinition, c *models.Condition) (q *models.Question, labels bool) {
	switch c.Operator {
	case models.OpEqualTo, models.OpNotEqualTo, models.OpSelected, models.OpNotSelected:
	default:
		return nil, false
	}
	left, err := pipedtext.Parse(c.Left)
	if err != nil {
		return nil, false
	}
	refs := left.Refs()
	if len(refs) != 1 || refs[0].Scheme != "q" || c.Left != refs[0].String() {
		return nil, false
	}
	path, row := refs[0].Path, ""
	if at := strings.LastIndex(path, "/"); at >= 0 && isDigits(path[at+1:]) {
		path, row = path[:at], path[at+1:]
	}
	q = def.Question(refs[0].Name)
	if q == nil || len(q.Choices) == 0 || q.Type == models.QuestionRanking || q.Type.HasRows() != (row != "") {
		return nil, false
	}
	switch path {
	case "ChoiceGroup/SelectedChoices", "ChoiceGroup/SelectedAnswers":
		return q, true
	case "SelectedChoicesRecode", "SelectedAnswerRecode":
		return q, false
	}
	return nil, false
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// CheckQuotaCondition tells what keeps a quota's condition from ever holding as it is meant: that it cannot be asked, a question that
// is not there, or a comparison with nothing. The fields are paths within the condition, such as ".all[1].right".
func CheckQuotaCondition(def *models.SurveyDefinition, c *models.Condition) []models.FieldError {
	if _, err := workflow.CompileCondition(c, ""); err != nil {
		if e, ok := errors.AsType[*models.Error](err); ok {
			return e.Fields
		}
	}
	var p problems
	for _, d := range doubts(def, c, "") {
		switch d.kind {
		case doubtNothing:
			p.add(d.field, "quota.error.nothing")
		case doubtUnknown, doubtToken:
			p.add(d.field, "survey.error.logic_"+d.kind, d.args...)
		}
	}
	return p
}

// warnQuotas tells by name which quotas hold nobody, or hardly anybody, and why.
func warnQuotas(def *models.SurveyDefinition, p *problems) {
	for _, raw := range qsf.QuotasOf(def) {
		q, used := qsf.Quota(def, raw)
		warn := func(kind string, args ...any) {
			p.add(q.ID, "survey.warning.quota_"+kind, append([]any{"Quota", ShortText(q.Name)}, args...)...)
		}
		lost := qsf.QuotaLost(def, raw)
		switch {
		case q.Off:
		case len(lost) > 0:
			for _, l := range lost {
				if other := def.Question(l.QuestionID); other != nil {
					warn("lost", "Choice", l.ChoiceID, "Other", ShortText(other.Text))
				} else {
					warn(doubtUnknown, "Other", l.QuestionID)
				}
			}
		case !used || q.Condition != nil && compileDisplay(q.Condition) == nil:
			warn("unused")
		default:
			for _, d := range doubts(def, q.Condition, "") {
				warn(d.kind, d.args...)
			}
		}
	}
}
