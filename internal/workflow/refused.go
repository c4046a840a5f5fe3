package workflow

import (
	"regexp"

	"surveyflow/internal/pipedtext"
	"surveyflow/models"
)

// Refused gives the workflows that a fact would start but for the length of its chain of causes, or whose condition cannot be
// evaluated for it. They start no run; their owners are to see why.
func Refused(ws []*Compiled, f Fact) []models.Refusal {
	if f.Test {
		return nil
	}
	reason := models.RefusedCondition
	if f.Depth > models.MaxChainDepth {
		reason, f.Depth = models.RefusedDepth, models.MaxChainDepth
	}
	var all []models.Refusal
	var values *Values
	for _, w := range ws {
		if reason == models.RefusedCondition && !w.fallible || !w.waitsFor(f) {
			continue
		}
		if values == nil {
			snapshot := f.snapshot()
			values = &Values{Snapshot: &snapshot, Survey: f.Definition}
		}
		src := &pipedtext.Env{Source: values, Now: f.Now}
		sample := models.RefusalSample{}
		if f.CauseRun != nil {
			sample.Cause = *f.CauseRun
		}
		holds := w.condition.True(values, src)
		if reason == models.RefusedCondition {
			if sample.Error = w.condition.fault(src); sample.Error == nil || holds {
				continue
			}
		} else if !holds {
			continue
		}
		all = append(all, models.Refusal{OrgID: f.Org, WorkflowID: w.ID, Reason: reason, Sample: sample, DayOnly: f.anonymous()})
	}
	return all
}

// fallible tells whether there are values for which the condition cannot be evaluated: a pattern that comes from them.
func (c *Condition) fallible() bool {
	if c.compares {
		return c.operator == models.OpMatchesRegex && c.pattern == nil
	}
	for i := range c.parts {
		if c.parts[i].fallible() {
			return true
		}
	}
	return false
}

// fault tells what keeps the condition from being evaluated for these values; nil when nothing does.
func (c *Condition) fault(src pipedtext.Source) *models.RunError {
	if c.compares {
		if !c.fallible() {
			return nil
		}
		if _, err := regexp.Compile(c.right.Text(src)); err != nil {
			return &models.RunError{Key: "refused.pattern"}
		}
		return nil
	}
	for i := range c.parts {
		if e := c.parts[i].fault(src); e != nil {
			return e
		}
	}
	return nil
}
