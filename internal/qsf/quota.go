package qsf

import (
	"encoding/json"
	"maps"
	"math"
	"strings"

	"surveyflow/models"
)

// Quota reads a quota of a definition as the product uses it; false when a part of it cannot be used: its logic asks what cannot be asked here,
// or it is a cross of several. Such a quota is kept, and limits nothing.
func Quota(def *models.SurveyDefinition, quota json.RawMessage) (models.Quota, bool) {
	members, _, ok := mapOf(quota)
	if !ok {
		return models.Quota{}, false
	}
	text := func(members map[string]json.RawMessage, name string) string {
		s, _ := textOf(members[name])
		return strings.TrimSpace(s)
	}
	q := models.Quota{ID: quotaID(quota), Name: text(members, "Name"), Limit: int64(MemberNumber(quota, "Occurrences"))}
	own, _, _ := mapOf(members[ownMember])
	options, _, _ := mapOf(members["EndSurveyOptions"])
	q.Off = string(own["off"]) == "true"
	q.End.Message = text(own, "message")
	if text(options, "SurveyTermination") == "Redirect" || text(options, "EndingType") == "Redirect" {
		q.End.Redirect = text(options, "EOSRedirectURL")
	}
	action := text(members, "QuotaAction")
	q.Ends = action != "ForBranching" && action != "None"
	if kind := text(members, "LogicType"); q.ID == "" || kind != "" && kind != "Simple" || q.Limit < 0 || q.Limit > math.MaxInt32 {
		return q, false
	}
	q.Condition, ok = readLogic(members["Logic"], def.Question)
	return q, ok
}

// QuotasInUse gives the quotas of a definition that the product uses.
func QuotasInUse(def *models.SurveyDefinition) []models.Quota {
	var all []models.Quota
	for _, raw := range QuotasOf(def) {
		if q, ok := Quota(def, raw); ok {
			all = append(all, q)
		}
	}
	return all
}

// SetQuota changes the limit of a quota that a definition keeps, and whether it is off; false when there is none of that id.
func SetQuota(def *models.SurveyDefinition, id string, limit int64, off bool) bool {
	all := QuotasOf(def)
	for i, quota := range all {
		if quotaID(quota) != id {
			continue
		}
		members, _, _ := mapOf(quota)
		own, _, _ := mapOf(members[ownMember])
		changed := WithMember(quota, "Occurrences", limit)
		if own = maps.Clone(own); own == nil {
			own = map[string]json.RawMessage{}
		}
		if delete(own, "off"); off {
			own["off"] = json.RawMessage("true")
		}
		if _, had := members[ownMember]; had || len(own) > 0 {
			changed = WithMember(changed, ownMember, own)
		}
		all[i] = changed
		SetQuotas(def, all)
		return true
	}
	return false
}
