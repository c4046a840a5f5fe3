package qsf

import (
	"encoding/json"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"surveyflow/internal/richtext"
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
	q.End.Message = richtext.Clean(text(own, "message"))
	if text(options, "SurveyTermination") == "Redirect" || text(options, "EndingType") == "Redirect" {
		q.End.Redirect = text(options, "EOSRedirectURL")
	}
	action := text(members, "QuotaAction")
	q.Ends = action != "ForBranching" && action != "None"
	if strings.HasPrefix(action, hidingAction) { // which ends nobody's answers, and which the product does not do
		q.Ends = false
		return q, false
	}
	if kind := text(members, "LogicType"); q.ID == "" || kind != "" && kind != "Simple" || q.Limit < 0 || q.Limit > math.MaxInt32 {
		return q, false
	}
	if noted := own[conditionMember]; len(noted) > 0 { // what no logic of Qualtrics' says
		return q, json.Unmarshal(noted, &q.Condition) == nil
	}
	q.Condition, ok = readLogic(members["Logic"], def.Question)
	return q, ok
}

// hidingAction begins the actions by which a full quota hides a question or block.
const hidingAction = "DontDisplay"

// QuotaActions are what a full quota can do by its QuotaAction, as the field's clients send it: "ForBranching" and "None" only count.
// Beside them are those that begin with "DontDisplay": such a quota is kept, and limits nothing.
var QuotaActions = []string{"EndCurrentSurvey", "EndSurvey", "EndAllSurveys", "ForBranching", "None"}

// IsQuotaAction reports whether a QuotaAction is one that is known.
func IsQuotaAction(action string) bool {
	return slices.Contains(QuotaActions, action) || strings.HasPrefix(action, hidingAction)
}

// Lost is a question that the logic of a quota asks for and that is not there, or a choice that its question does not have.
type Lost struct {
	QuestionID string
	ChoiceID   string // empty when there is no such question
}

var logicLocator = regexp.MustCompile(`q://(QID[0-9]+)(?:/SelectableChoice/([0-9]+))?`)

// QuotaLost gives what the logic of a quota asks for and what is not there. A condition that no logic says is not looked at.
func QuotaLost(def *models.SurveyDefinition, quota json.RawMessage) []Lost {
	members, _, _ := mapOf(quota)
	if own, _, _ := mapOf(members[ownMember]); len(own[conditionMember]) > 0 {
		return nil
	}
	var all []Lost
	for _, operand := range operandsOf(members["Logic"], 0) {
		m := logicLocator.FindStringSubmatch(operand)
		if m == nil {
			continue
		}
		lost := Lost{QuestionID: m[1]}
		if q := def.Question(m[1]); q != nil {
			n, err := strconv.Atoi(m[2])
			if m[2] == "" || q.Type.HasRows() || err == nil && hasChoice(q, n) {
				continue
			}
			lost.ChoiceID = m[2]
		}
		if !slices.Contains(all, lost) {
			all = append(all, lost)
		}
	}
	return all
}

func hasChoice(q *models.Question, id int) bool {
	if q.Type == models.QuestionNPS || q.Type == models.QuestionRating {
		_, ok := choiceName(q, id)
		return ok
	}
	return q.Choice(id) != nil
}

// operandsOf gives the left operands of the comparisons within logic, as deep as logic goes.
func operandsOf(logic json.RawMessage, depth int) []string {
	members, _, ok := mapOf(logic)
	if !ok || depth > 3 {
		return nil
	}
	var all []string
	if left, _ := textOf(members["LeftOperand"]); left != "" {
		all = append(all, left)
	} else if at, _ := textOf(members["ChoiceLocator"]); at != "" {
		all = append(all, at)
	}
	for _, name := range sortedNames(members) {
		if isNumber(name) {
			all = append(all, operandsOf(members[name], depth+1)...)
		}
	}
	return all
}

// conditionMember is, within our own member, the condition of a quota that no logic of Qualtrics' says.
const conditionMember = "condition"

// MaxQuotas is how many quotas, or groups of them, a survey keeps.
const MaxQuotas = 500

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

// PutQuota writes a quota into those that a definition keeps: over the one of its id, whose other parts stay as they came, or as a new
// one at the end.
func PutQuota(def *models.SurveyDefinition, q models.Quota) {
	all := QuotasOf(def)
	for i, quota := range all {
		if quotaID(quota) == q.ID {
			all[i] = writeQuota(def, quota, q)
			SetQuotas(def, all)
			return
		}
	}
	SetQuotas(def, append(all, writeQuota(def, json.RawMessage("{}"), q)))
}

// RemoveQuota takes a quota out of those that a definition keeps; false when there is none of that id.
func RemoveQuota(def *models.SurveyDefinition, id string) bool {
	all := QuotasOf(def)
	at := slices.IndexFunc(all, func(quota json.RawMessage) bool { return quotaID(quota) == id })
	if at < 0 {
		return false
	}
	SetQuotas(def, slices.Delete(all, at, at+1))
	return true
}

// writeQuota lays a quota over what it came as.
func writeQuota(def *models.SurveyDefinition, came json.RawMessage, q models.Quota) json.RawMessage {
	was, _ := Quota(def, came)
	members, _, _ := mapOf(came)
	out := maps.Clone(members)
	if out == nil {
		out = map[string]json.RawMessage{}
	}
	delete(out, "revision")
	out["ID"], out["Name"], out["Occurrences"], out["LogicType"] = raw(q.ID), raw(q.Name), raw(q.Limit), raw("Simple")
	if _, some := members["QuotaAction"]; !some || q.Ends != was.Ends {
		out["QuotaAction"] = raw(map[bool]string{true: "EndCurrentSurvey", false: "ForBranching"}[q.Ends])
	}
	options, _, _ := mapOf(out["EndSurveyOptions"])
	options = maps.Clone(options)
	switch {
	case q.End.Redirect != "":
		if options == nil {
			options = map[string]json.RawMessage{}
		}
		options["SurveyTermination"], options["EOSRedirectURL"] = raw("Redirect"), raw(q.End.Redirect)
	case was.End.Redirect != "":
		options["SurveyTermination"] = raw("DefaultMessage")
		delete(options, "EndingType")
		delete(options, "EOSRedirectURL")
	}
	if len(options) > 0 {
		out["EndSurveyOptions"] = raw(options)
	}
	own, _, _ := mapOf(out[ownMember])
	if own = maps.Clone(own); own == nil {
		own = map[string]json.RawMessage{}
	}
	note := func(name string, value any, some bool) {
		if delete(own, name); some {
			own[name] = raw(value)
		}
	}
	note("off", true, q.Off)
	note("message", q.End.Message, q.End.Message != "")
	if q.Condition == nil {
		delete(out, "Logic")
		note(conditionMember, nil, false)
	} else {
		logic, noted := logicOf(q.Condition, members["Logic"], def.Question)
		if delete(out, "Logic"); logic != nil {
			out["Logic"] = raw(logic)
		}
		note(conditionMember, noted, noted != nil)
	}
	if delete(out, ownMember); len(own) > 0 {
		out[ownMember] = raw(own)
	}
	return raw(out)
}

// limits takes over quotas and their groups, with texts that may be translated.
func (r *fileReader) limits() {
	def := &r.Definition
	for _, e := range r.elements {
		switch e.Element {
		case "QO":
			r.quotas = append(r.quotas, manyOf(e.Payload)...)
		case "QG":
			r.groups = append(r.groups, manyOf(e.Payload)...)
		}
	}
	if len(r.quotas) > 0 {
		def.Extra[quotasKey] = raw(r.quotas)
	}
	if len(r.groups) > 0 {
		def.Extra[quotaGroupKey] = raw(r.groups)
	}
}

// noteLimits tells by name which quotas limit nothing, and that groups are not used.
func (r *fileReader) noteLimits() {
	name := func(one json.RawMessage) string {
		if name := MemberText(one, "Name"); name != "" {
			return name
		}
		return quotaID(one)
	}
	var unused, groups []string
	for _, one := range r.quotas {
		if _, ok := Quota(&r.Definition, one); !ok {
			unused = append(unused, name(one))
		}
	}
	for _, one := range r.groups {
		groups = append(groups, name(one))
	}
	if len(unused) > 0 {
		r.note(models.ImportKept, "", "", "survey.import.line.quotas", "Count", len(unused), "Names", quoted(unused))
	}
	if len(groups) > 0 {
		r.note(models.ImportKept, "", "", "survey.import.line.quota_groups", "Count", len(groups), "Names", quoted(groups))
	}
}

// maxQuoted is how many names a line of the report tells.
const maxQuoted = 20

func quoted(names []string) string {
	more := ""
	if len(names) > maxQuoted {
		names, more = names[:maxQuoted], " …"
	}
	return "“" + strings.Join(names, "”, “") + "”" + more
}

// QuotasOf gives the quotas that a definition keeps.
func QuotasOf(def *models.SurveyDefinition) []json.RawMessage { return listOf(def, quotasKey) }

// QuotaGroupsOf gives the groups of quotas that a definition keeps.
func QuotaGroupsOf(def *models.SurveyDefinition) []json.RawMessage { return listOf(def, quotaGroupKey) }

func listOf(def *models.SurveyDefinition, key string) []json.RawMessage {
	var all []json.RawMessage
	if json.Unmarshal(orElse(def.Extra, key, "[]"), &all) != nil {
		return nil
	}
	return all
}

// SetQuotas replaces the quotas that a definition keeps.
func SetQuotas(def *models.SurveyDefinition, all []json.RawMessage) { setList(def, quotasKey, all) }

// SetQuotaGroups replaces the groups of quotas that a definition keeps.
func SetQuotaGroups(def *models.SurveyDefinition, all []json.RawMessage) {
	setList(def, quotaGroupKey, all)
}

func setList(def *models.SurveyDefinition, key string, all []json.RawMessage) {
	if len(all) == 0 {
		delete(def.Extra, key)
		return
	}
	if def.Extra == nil {
		def.Extra = models.RawFields{}
	}
	def.Extra[key] = raw(all)
}

func quotaID(quota json.RawMessage) string {
	members, _, _ := mapOf(quota)
	id, _ := textOf(members["ID"])
	return id
}
