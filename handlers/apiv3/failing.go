package apiv3

import (
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// refused is events that started no run of a workflow, counted by hour and reason.
type refused struct {
	Hour   *string              `json:"hour"` // when it begins
	Reason models.RefusalReason `json:"reason"`
	Count  int64                `json:"count"`
	LastAt *string              `json:"lastAt"`
	Sample models.RefusalSample `json:"sample"` // the last one, secrets masked
}

// mostRefused is how many lines are answered at most.
const mostRefused = 500

func (a *API) listRefused(c *call) (any, error) {
	ctx := c.Request().Context()
	w, err := a.workflowOf(c)
	if err != nil {
		return nil, err
	}
	from, err := c.instant("from")
	if err != nil {
		return nil, err
	}
	all, err := a.store.Refusals(ctx, c.actor, store.RefusalFilter{WorkflowID: w.ID, From: from}, mostRefused)
	if err != nil {
		return nil, err
	}
	out := make([]refused, len(all))
	for i, r := range all {
		hour := r.Start()
		out[i] = refused{Hour: millis(&hour), Reason: r.Reason, Count: r.N, LastAt: millis(&r.LastAt), Sample: r.Sample.V}
		if e := r.Sample.V.Error; e != nil { // as a sentence, and not as its parts
			out[i].Sample.Error = &models.RunError{Key: e.Key, Detail: *sentenceOf(ctx, e.Encode())}
		}
	}
	return listOf(out, nil), nil
}

// workflowSwitch says what becomes of the runs that were held while a workflow was off.
type workflowSwitch struct {
	Held string `json:"held"` // "run", as without a body, or "cancel"
}

func (a *API) enableWorkflow(c *call) (any, error) {
	var in workflowSwitch
	if err := c.optionalBody(&in); err != nil {
		return nil, err
	}
	switch in.Held {
	case "cancel":
		if _, err := a.store.TurnOnCanceling(c.Request().Context(), c.actor, c.Param("workflowId")); err != nil {
			return nil, missing(err, "api.error.no_workflow")
		}
		return a.showWorkflow(c)
	case "", "run":
		return a.switchWorkflow(c, true)
	}
	return nil, invalid("held", "api.error.held")
}

func (a *API) failingEndpoints() []endpoint {
	return []endpoint{{
		method: get, pattern: link.PatternAPIWorkflowRefused, handler: a.serve(a.listRefused), name: "listFailedToStart", tag: tagWorkflows,
		summary: "Events that started no run of a workflow, by hour and reason, the newest first", result: list[refused]{},
		params: []param{{"from", "query", "Only hours from this time on.", schema{"type": "string", "format": "date-time"}}},
	}}
}
