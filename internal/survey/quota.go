package survey

import (
	"context"
	"maps"
	"slices"

	"surveyflow/internal/pipedtext"
	"surveyflow/internal/qsf"
	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// quota is a quota that is on, ready to be asked for.
type quota struct {
	models.Quota
	condition *workflow.Condition // nil holds for all
	asks      []string            // ids of the questions that it names
}

// compileQuotas compiles the quotas of a definition that are on; nil when it has none, as nearly all.
func compileQuotas(def *models.SurveyDefinition) []quota {
	var all []quota
	for _, q := range qsf.QuotasInUse(def) {
		if q.Off {
			continue
		}
		one := quota{Quota: q}
		if RedirectOrigin(q.End.Redirect) == "" {
			one.End.Redirect = ""
		}
		if q.Condition != nil {
			if one.condition = compileDisplay(q.Condition); one.condition == nil {
				continue
			}
			one.asks = questionsNamed(one.condition)
		}
		all = append(all, one)
	}
	return all
}

// quotas gives those of the survey as it is live now that the visit's answers count for. Before the last page these are the ones
// alone whose questions, if they name any, are all answered: what is not answered yet says nothing.
func (v *Visit) quotas(last bool) []quota {
	var met []quota
	s := v.snapshot()
	values := &workflow.Values{Snapshot: s, Survey: v.spoken.base}
	source := &pipedtext.Env{Source: values, Now: v.now}
	for _, q := range v.Live.quotas {
		answered := true
		for _, id := range q.asks {
			if v.shown[id].Empty() {
				answered = false
			}
		}
		if (last || answered) && (q.condition == nil || q.condition.True(values, source)) {
			met = append(met, q)
		}
	}
	return met
}

// Greet tells who has not begun to answer at once that they belong to a full quota, when its condition names no question: one that all
// count for, or one of embedded data or contacts. Nothing is stored. Their visit is then of StateFull, and [Visit.End] says how it ends.
func (s *Service) Greet(ctx context.Context, v *Visit) error {
	if v.State != StateAnswering || v.Response != nil || v.preview || len(v.Live.quotas) == 0 {
		return nil
	}
	met := slices.DeleteFunc(v.quotas(false), func(q quota) bool { return !q.Ends })
	if len(met) == 0 {
		return nil
	}
	counts, err := s.store.QuotaCounts(ctx, v.Live.Survey.ID)
	if err != nil {
		return err
	}
	for _, q := range met {
		if counts[q.ID] >= q.Limit {
			v.State, v.full = StateFull, q.ID
			return nil
		}
	}
	return nil
}

// limit ends the visit when its answers count for a quota that is full, and else says what its response counts for once it is
// complete.
func (s *Service) limit(ctx context.Context, v *Visit) ([]store.QuotaPart, error) {
	last := v.Page >= len(v.pages)
	met := v.quotas(last)
	if len(met) == 0 {
		return nil, nil
	}
	counts, err := s.store.QuotaCounts(ctx, v.Live.Survey.ID)
	if err != nil {
		return nil, err
	}
	var parts []store.QuotaPart
	for _, q := range met {
		if q.Ends && counts[q.ID] >= q.Limit {
			v.endBy(q.ID)
			return nil, nil
		}
		part := store.QuotaPart{ID: q.ID, Limit: -1}
		if q.Ends {
			part.Limit = q.Limit
		}
		parts = append(parts, part)
	}
	if !last {
		return nil, nil
	}
	return parts, nil
}

// endBy ends a visit because a quota is full.
func (v *Visit) endBy(id string) {
	r := *v.Response
	r.Fields.V = maps.Clone(r.Fields.V)
	if r.Fields.V == nil {
		r.Fields.V = map[string]string{}
	}
	r.Fields.V[models.FieldTerminated], r.Fields.V[models.FieldQuota] = models.QuotaMet, id
	v.Response, v.Page = &r, len(v.pages)
}

// FullQuota gives the id of the full quota that has ended the visit, or kept it from beginning; empty for none.
func (v *Visit) FullQuota() string {
	if v.Response != nil && v.Response.OverQuota() {
		return v.Response.Fields.V[models.FieldQuota]
	}
	return v.full
}

// Full reports whether a full quota has ended the visit, or kept it from beginning.
func (v *Visit) Full() bool {
	return v.full != "" || v.Response != nil && v.Response.OverQuota()
}

// End gives what follows the last page: that of the full quota that ended the visit, or the survey's.
func (v *Visit) End() models.EndOfSurvey {
	if !v.Full() {
		return v.Definition.End
	}
	id := v.FullQuota()
	for _, q := range v.Live.quotas {
		if q.ID == id {
			end := q.End
			end.Message = v.Definition.QuotaMessage(q.ID, end.Message)
			return end
		}
	}
	return models.EndOfSurvey{}
}
