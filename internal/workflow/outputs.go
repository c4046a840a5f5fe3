package workflow

import (
	"encoding/json"
	"strings"

	"surveyflow/internal/jsonpath"
	"surveyflow/internal/pipedtext"
	"surveyflow/models"
)

// output gives a result of an earlier task: by its name, by the path that it was found at, or by a JSONPath into all results of
// the task ($.ticket.owner of a code task that returned {ticket: {owner: …}}).
func (v *Values) output(id, path string) pipedtext.Value {
	outputs := v.Outputs[id]
	if value, ok := outputs[path]; ok {
		return jsonValue(value)
	}
	if name, ok := v.Names[id][path]; ok {
		return jsonValue(outputs[name])
	}
	if !strings.HasPrefix(path, "$") || len(outputs) == 0 {
		return pipedtext.Value{}
	}
	p, err := paths.parse(path)
	if err != nil {
		return pipedtext.Value{}
	}
	all, err := models.MarshalJSON(outputs)
	if err != nil {
		return pipedtext.Value{}
	}
	doc, err := jsonpath.ParseDocument(all)
	if err != nil {
		return pipedtext.Value{}
	}
	return found(p, doc)
}

func jsonValue(raw json.RawMessage) pipedtext.Value {
	if len(raw) == 0 {
		return pipedtext.Value{}
	}
	return pipedtext.JSON(raw)
}

// DecodeOutputs gathers the outputs of the tasks that succeeded, by task id.
func DecodeOutputs(attempts []models.Attempt) map[string]map[string]json.RawMessage {
	var all map[string]map[string]json.RawMessage
	for _, a := range attempts {
		if a.Outputs == nil || !a.Result.Final() {
			continue
		}
		text := *a.Outputs
		if a.Full != nil {
			text = string(a.Full.Outputs)
		}
		var out map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &out) == nil {
			if all == nil {
				all = map[string]map[string]json.RawMessage{}
			}
			all[a.TaskID] = out
		}
	}
	return all
}
