package workflow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"surveyflow/internal/richtext"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// FileFormat is the version of the file format that this program writes.
const FileFormat = 1

// MaxFile is the largest file of a workflow that is read, in bytes.
const MaxFile = 1 << 20

// File is a workflow as a file: what it does, without ids of its own and without secrets, and the questions that it
// names, so that another survey's can take their place.
type File struct {
	Kind      string         `json:"surveyflow"` // "workflow"
	Format    int            `json:"format"`
	Name      string         `json:"name"`
	Questions []FileQuestion `json:"questions,omitempty"`
	models.WorkflowDefinition
}

// FileQuestion is how a question of the survey was called that the workflow was made for.
type FileQuestion struct {
	ID   string `json:"id"`
	Tag  string `json:"tag"`
	Text string `json:"text"`
}

const fileKind = "workflow"

// NewFile makes the file of a workflow. The survey is nil when it has none. It also names the places from which a secret
// was left out, as paths in the JSON.
func NewFile(name string, def models.WorkflowDefinition, survey *models.SurveyDefinition) (File, []string) {
	f := File{Kind: fileKind, Format: FileFormat, Name: name, WorkflowDefinition: def, Questions: questionsOf(survey)}
	f.Notifications = models.Notifications{Recipients: []string{}} // people of this instance
	var left []string
	f.Tasks = slices.Clone(def.Tasks)
	for i, t := range f.Tasks {
		var config any
		d := json.NewDecoder(bytes.NewReader(t.Config))
		d.UseNumber()
		if d.Decode(&config) != nil {
			f.Tasks[i].Config = []byte("{}")
			continue
		}
		config = withoutSecrets(config, fmt.Sprintf("tasks[%d].config", i), &left)
		if text, err := models.MarshalJSON(config); err == nil {
			f.Tasks[i].Config = text
		}
	}
	slices.Sort(left)
	return f, left
}

func questionsOf(survey *models.SurveyDefinition) []FileQuestion {
	if survey == nil {
		return nil
	}
	var out []FileQuestion
	for _, q := range survey.Questions() {
		out = append(out, FileQuestion{ID: q.ID, Tag: q.ExportTag(), Text: richtext.Line(q.Text)})
	}
	return out
}

// secretMembers are the members of configs that hold a secret or lead to one.
var secretMembers = []string{"credentialId", "secret", "secrets", "password", "token", "clientSecret", "privateKey"}

// onlyToken is a value that is piped text alone: it holds no secret itself.
var onlyToken = regexp.MustCompile(`^[$~]\{[a-z]+://[^{}]*\}$`)

// withoutSecrets empties what holds a secret: members named so, values of headers, pairs and parameters named so, and
// the user in an address.
func withoutSecrets(v any, at string, left *[]string) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = withoutSecrets(v[i], fmt.Sprintf("%s[%d]", at, i), left)
		}
	case map[string]any:
		for name, value := range v {
			if slices.Contains(secretMembers, name) && value != nil && value != "" {
				delete(v, name)
				*left = append(*left, at+"."+name)
				continue
			}
			v[name] = withoutSecrets(value, at+"."+name, left)
		}
		key, _ := v["key"].(string)
		value, _ := v["value"].(string)
		if task.SecretName(key) && value != "" && !onlyToken.MatchString(value) {
			v["value"] = ""
			*left = append(*left, at+".value")
		}
	case string:
		if strings.Contains(v, "://") && strings.HasSuffix(at, ".url") {
			if clean := cleanURL(v); clean != v {
				*left = append(*left, at)
				return clean
			}
		}
	}
	return v
}

// cleanURL takes the user and the values of secret parameters out of an address, and leaves everything else as written.
func cleanURL(raw string) string {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok || strings.ContainsAny(scheme, "{}") {
		return raw
	}
	authority := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority = rest[:i]
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	before, query, hasQuery := strings.Cut(rest, "?")
	if !hasQuery {
		return scheme + "://" + rest
	}
	query, fragment, hasFragment := strings.Cut(query, "#")
	parts := strings.Split(query, "&")
	for i, p := range parts {
		name, value, _ := strings.Cut(p, "=")
		if task.SecretName(name) && value != "" && !onlyToken.MatchString(value) {
			parts[i] = name + "="
		}
	}
	rest = before + "?" + strings.Join(parts, "&")
	if hasFragment {
		rest += "#" + fragment
	}
	return scheme + "://" + rest
}

// ReadFile reads the file of a workflow, or a workflow as the API writes it. It fails with models.CodeInvalid, and says
// what is wrong where: a line and column, or a path in the JSON.
func ReadFile(types *task.Registry, text []byte) (*File, error) {
	if len(text) > MaxFile {
		return nil, models.Invalid(models.Field("", "workflow.import.too_large", "Max", MaxFile>>10))
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, models.Invalid(models.Field("", "workflow.import.empty"))
	}
	var f File
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, models.Invalid(readError(text, err))
	}
	f.Name = models.CleanText(strings.TrimSpace(f.Name))
	var fields []models.FieldError
	switch {
	case f.Kind != "" && f.Kind != fileKind:
		fields = append(fields, models.Field("surveyflow", "workflow.import.kind"))
	case f.Format > FileFormat:
		fields = append(fields, models.Field("format", "workflow.import.newer", "Format", f.Format))
	case f.Kind == "" && f.Event.Type == "":
		fields = append(fields, models.Field("event", "workflow.import.no_workflow"))
	}
	if len(fields) == 0 {
		fields = append(fields, checkEvent(f.Event)...)
	}
	if len(f.Tasks) > MaxTasks {
		fields = append(fields, models.Field("tasks", "workflow.error.too_many_tasks", "Max", MaxTasks))
	}
	for i, t := range f.Tasks[:min(len(f.Tasks), MaxTasks)] {
		if _, ok := types.Type(t.Type); !ok {
			fields = append(fields, models.Field(fmt.Sprintf("tasks[%d].type", i), "task.error.type", "Type", string(t.Type)))
		}
	}
	if _, err := CompileCondition(f.Condition, "condition"); err != nil {
		fields = append(fields, fieldsOf(err)...)
	}
	if err := models.Invalid(fields...); err != nil {
		return nil, err
	}
	return &f, nil
}

// readError says where JSON cannot be read.
func readError(text []byte, err error) models.FieldError {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		line, column := position(text, e.Offset)
		return models.Field(e.Field, "workflow.import.member", "Member", e.Field, "Line", line, "Column", column)
	}
	offset := int64(len(text))
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = e.Offset
	}
	line, column := position(text, offset)
	return models.Field("", "workflow.import.syntax", "Line", line, "Column", column)
}

// position gives line and column of a place in a text, both from 1.
func position(text []byte, offset int64) (line, column int) {
	before := text[:min(max(offset, 0), int64(len(text)))]
	line = bytes.Count(before, []byte("\n")) + 1
	return line, max(len(before)-bytes.LastIndexByte(before, '\n')-1, 1)
}

// questionToken finds the question that a piece of piped text names.
var questionToken = regexp.MustCompile(`\$\{q://([^/{}"]+)/`)

// Adopt makes a definition that was made for other questions one for a survey: tokens name the question with the same
// export tag or, without one, with the same text. What names a question that the survey does not have is left naming
// nothing, so that it cannot go live unseen; lost lists those questions. Tasks get ids of their own.
func Adopt(def models.WorkflowDefinition, from []FileQuestion, survey *models.SurveyDefinition) (models.WorkflowDefinition, []FileQuestion, error) {
	text, err := models.MarshalJSON(def)
	if err != nil {
		return def, nil, fmt.Errorf("write definition: %w", err)
	}
	var lost []FileQuestion
	known := map[string]string{}
	for _, q := range from {
		known[q.ID] = matching(q, survey)
	}
	adopted := questionToken.ReplaceAllStringFunc(string(text), func(token string) string {
		id := questionToken.FindStringSubmatch(token)[1]
		to, named := known[id]
		if to != "" {
			return "${q://" + to + "/"
		}
		if !named { // the file does not tell what it was
			if len(from) == 0 {
				return token
			}
			known[id] = ""
		}
		q := FileQuestion{ID: id}
		if i := slices.IndexFunc(from, func(q FileQuestion) bool { return q.ID == id }); i >= 0 {
			q = from[i]
		}
		if !slices.Contains(lost, q) {
			lost = append(lost, q)
		}
		name := q.Tag
		if name == "" {
			name = q.ID
		}
		return "${q://missing-" + url.QueryEscape(name) + "/"
	})
	for _, t := range def.Tasks {
		if models.ValidID(models.PrefixTask, t.ID) {
			adopted = strings.ReplaceAll(adopted, t.ID, models.NewID(models.PrefixTask))
		}
	}
	var out models.WorkflowDefinition
	if err := json.Unmarshal([]byte(adopted), &out); err != nil {
		return def, nil, fmt.Errorf("read definition: %w", err)
	}
	for i := range out.Tasks {
		adoptVariables(&out.Tasks[i], from, survey, &lost)
	}
	Normalize(&out)
	return out, lost, nil
}

// adoptVariables names the questions that an outbound webhook sends as the other survey has them. Those that it does not have
// are left out, and told.
func adoptVariables(t *models.TaskSpec, from []FileQuestion, survey *models.SurveyDefinition, lost *[]FileQuestion) {
	var config map[string]json.RawMessage
	var list models.VariableList
	if t.Type != models.TaskOutboundWebhook || len(from) == 0 || json.Unmarshal(t.Config, &config) != nil ||
		json.Unmarshal(config["variables"], &list) != nil || list.Named == nil {
		return
	}
	named := []string{}
	for _, key := range list.Named {
		i := slices.IndexFunc(from, func(q FileQuestion) bool { return q.ID == key })
		switch {
		case i < 0: // embedded data, by its name
			named = append(named, key)
		case matching(from[i], survey) != "":
			named = append(named, matching(from[i], survey))
		case !slices.Contains(*lost, from[i]):
			*lost = append(*lost, from[i])
		}
	}
	text, err := models.MarshalJSON(models.VariableList{Named: named})
	if err != nil {
		return
	}
	config["variables"] = text
	if text, err = models.MarshalJSON(config); err == nil {
		t.Config = text
	}
}

// matching finds the question of a survey that stands for another one's; empty when there is none.
func matching(q FileQuestion, survey *models.SurveyDefinition) string {
	if survey == nil {
		return ""
	}
	for _, own := range survey.Questions() {
		if q.Tag != "" && strings.EqualFold(own.ExportTag(), q.Tag) && (!automaticTag(q) || sameText(own.Text, q.Text)) {
			return own.ID
		}
	}
	for _, own := range survey.Questions() {
		if q.Text != "" && sameText(own.Text, q.Text) {
			return own.ID
		}
	}
	return ""
}

var plainTag = regexp.MustCompile(`^Q\d+$`)

// automaticTag reports whether a tag only numbers its question and says nothing of what it asks.
func automaticTag(q FileQuestion) bool { return plainTag.MatchString(q.Tag) }

func sameText(own, other string) bool {
	return strings.EqualFold(strings.Join(strings.Fields(richtext.Line(own)), " "), strings.Join(strings.Fields(other), " "))
}
