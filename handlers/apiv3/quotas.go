package apiv3

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"surveyflow/internal/link"
	"surveyflow/internal/qsf"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// keptList is one of the two kinds of things that a definition keeps in a list as they came: quotas and groups of them.
type keptList struct {
	prefix models.Prefix
	name   string // of the id in the answer to POST
	get    func(*models.SurveyDefinition) []json.RawMessage
	set    func(*models.SurveyDefinition, []json.RawMessage)
	check  func(*models.SurveyDefinition, json.RawMessage) error
}

var (
	keptQuotas = keptList{models.PrefixQuota, "QuotaID", qsf.QuotasOf, qsf.SetQuotas, checkQuota}
	keptGroups = keptList{models.PrefixQuotaGroup, "QuotaGroupID", qsf.QuotaGroupsOf, qsf.SetQuotaGroups, checkGroup}
)

func (k keptList) list(a *API) handler {
	return func(c *call) (any, error) {
		s, err := a.survey(c)
		if err != nil {
			return nil, err
		}
		all := k.get(&s.Draft.V)
		if all == nil {
			all = []json.RawMessage{}
		}
		return blockList{Elements: all}, nil
	}
}

func (k keptList) index(all []json.RawMessage, id string) int {
	return slices.IndexFunc(all, func(e json.RawMessage) bool { return qsf.MemberText(e, "ID") == id })
}

// unused names what of the list the product does not use: groups, and quotas whose logic asks what cannot be asked.
func (k keptList) unused(def *models.SurveyDefinition, id string) []string {
	if k.prefix == models.PrefixQuota {
		all := k.get(def)
		if _, ok := qsf.Quota(def, all[k.index(all, id)]); ok {
			return nil
		}
	}
	return []string{strings.TrimSuffix(k.name, "ID")}
}

func (k keptList) show(a *API) handler {
	return func(c *call) (any, error) {
		s, err := a.survey(c)
		if err != nil {
			return nil, err
		}
		all := k.get(&s.Draft.V)
		if i := k.index(all, c.Param("quotaId")); i >= 0 {
			return all[i], nil
		}
		return nil, models.NotFound("api.error.no_quota")
	}
}

func (k keptList) create(a *API) handler {
	return func(c *call) (any, error) {
		in, revision, err := c.rawBody()
		if err != nil {
			return nil, err
		}
		id := models.NewID(k.prefix)
		s, err := a.edit(c, revision, func(s *models.Survey) error {
			all := k.get(&s.Draft.V)
			if len(all) >= qsf.MaxQuotas {
				return invalid("", "api.error.too_many_quotas", "Max", qsf.MaxQuotas)
			}
			made := qsf.WithMember(in, "ID", id)
			k.set(&s.Draft.V, append(all, made))
			return k.check(&s.Draft.V, made)
		})
		if err != nil {
			return nil, err
		}
		c.tellUnused(k.unused(&s.Draft.V, id))
		return map[string]any{k.name: id, "revision": s.DraftRev}, nil
	}
}

func (k keptList) update(a *API) handler {
	return func(c *call) (any, error) {
		in, revision, err := c.rawBody()
		if err != nil {
			return nil, err
		}
		id := c.Param("quotaId")
		s, err := a.edit(c, revision, func(s *models.Survey) error {
			all := k.get(&s.Draft.V)
			i := k.index(all, id)
			if i < 0 {
				return models.NotFound("api.error.no_quota")
			}
			all[i] = qsf.WithMember(in, "ID", id)
			k.set(&s.Draft.V, all)
			return k.check(&s.Draft.V, all[i])
		})
		if err == nil {
			c.tellUnused(k.unused(&s.Draft.V, id))
		}
		return nil, err
	}
}

func (k keptList) remove(a *API) handler {
	return func(c *call) (any, error) {
		id := c.Param("quotaId")
		_, err := a.edit(c, 0, func(s *models.Survey) error {
			all := k.get(&s.Draft.V)
			i := k.index(all, id)
			if i < 0 {
				return models.NotFound("api.error.no_quota")
			}
			k.set(&s.Draft.V, slices.Delete(all, i, i+1))
			return nil
		})
		return nil, err
	}
}

// quotaRow is a quota as the older list has it (reference §4.4).
type quotaRow struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Count     int    `json:"count"`
	Quota     int    `json:"quota"`
	LogicType string `json:"logicType"`
}

func (a *API) listQuotas(c *call) (any, error) {
	s, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	counts, err := a.store.QuotaCounts(c.Request().Context(), s.ID)
	if err != nil {
		return nil, err
	}
	rows := []quotaRow{}
	for _, q := range qsf.QuotasOf(&s.Draft.V) {
		row := quotaRow{ID: qsf.MemberText(q, "ID"), Name: qsf.MemberText(q, "Name"), LogicType: qsf.MemberText(q, "LogicType")}
		row.Count, row.Quota = int(counts[row.ID]), qsf.MemberNumber(q, "Occurrences")
		if row.LogicType == "" {
			row.LogicType = "Simple"
		}
		rows = append(rows, row)
	}
	return listOf(rows, nil), nil
}

// quotaFields are the names that the fields of survey.CheckQuota have in a body.
var quotaFields = map[string]string{"name": "Name", "limit": "Occurrences", "message": "Surveyflow.message", "redirect": "EndSurveyOptions.EOSRedirectURL"}

// checkQuota tells what of a quota's body cannot be meant. Logic that cannot be asked here, and what the product does not know, is kept
// as it came.
func checkQuota(def *models.SurveyDefinition, raw json.RawMessage) error {
	var fields []models.FieldError
	add := func(name, key string, args ...any) {
		fields = append(fields, models.Field(name, key, append([]any{"Name", name}, args...)...))
	}
	q, _ := qsf.Quota(def, raw)
	var sent struct{ Name any }
	if json.Unmarshal(raw, &sent) == nil {
		if name, ok := sent.Name.(string); ok { // as it came, with what cannot be stored
			q.Name = strings.TrimSpace(name)
		}
	}
	limit := qsf.MemberText(raw, "Occurrences")
	n, err := strconv.ParseInt(strings.TrimSpace(limit), 10, 64)
	q.Limit = n
	switch {
	case limit == "":
		q.Limit = 0
		add("Occurrences", "qsf.error.missing")
	case errors.Is(err, strconv.ErrSyntax):
		q.Limit = 0
		add("Occurrences", "qsf.error.whole")
	}
	for _, f := range survey.CheckQuota(&q) {
		if f.Field == "name" && q.Name == "" {
			add("Name", "qsf.error.missing")
			continue
		}
		f.Field = quotaFields[f.Field]
		fields = append(fields, f)
	}
	if action := qsf.MemberText(raw, "QuotaAction"); action != "" && !qsf.IsQuotaAction(action) {
		add("QuotaAction", "api.error.quota_action", "Value", action, "Actions", strings.Join(qsf.QuotaActions, ", "))
	}
	return models.Invalid(fields...)
}

// checkGroup takes any group: the product keeps them and uses none.
func checkGroup(*models.SurveyDefinition, json.RawMessage) error { return nil }

func (a *API) quotaEndpoints() []endpoint {
	all := []endpoint{
		{
			method: get, pattern: link.PatternAPIQuotaList, handler: a.serve(a.listQuotas), name: "listSurveyQuotas", tag: tagSurveys,
			summary: "The quotas of a survey, with how many responses count for each", result: list[quotaRow]{},
		},
	}
	for _, k := range []struct {
		keptList
		many, one, name, what string
	}{
		{keptQuotas, link.PatternAPIQuotas, link.PatternAPIQuota, "Quota", "quota"},
		{keptGroups, link.PatternAPIQuotaGroups, link.PatternAPIQuotaGroup, "QuotaGroup", "group of quotas"},
	} {
		all = append(
			all,
			endpoint{method: get, pattern: k.many, handler: a.serve(k.list(a)), name: "list" + k.name + "s", tag: tagDefinitions, summary: "Every " + k.what + " of the draft", result: required(schema{"elements": schema{"type": "array"}})},
			endpoint{method: post, pattern: k.many, handler: a.serve(k.create(a)), name: "create" + k.name, tag: tagDefinitions, summary: "Add a " + k.what, more: unusedText, body: anyObject, result: required(schema{k.keptList.name: text, "revision": whole})},
			endpoint{method: get, pattern: k.one, handler: a.serve(k.show(a)), name: "get" + k.name, tag: tagDefinitions, summary: "One " + k.what, result: anyObject},
			endpoint{method: put, pattern: k.one, handler: a.serve(k.update(a)), name: "update" + k.name, tag: tagDefinitions, summary: "Replace a " + k.what, body: anyObject},
			endpoint{method: del, pattern: k.one, handler: a.serve(k.remove(a)), name: "delete" + k.name, tag: tagDefinitions, summary: "Remove a " + k.what},
		)
	}
	return all
}
