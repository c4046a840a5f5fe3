package apiv3

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"surveyflow/models"
)

// configNeeds are the members without which no config of a type can run.
var configNeeds = map[models.TaskType][]string{
	models.TaskWebService: {"url"}, models.TaskOutboundWebhook: {"url"}, models.TaskAddContact: {"mailingListId", "fields"},
	models.TaskSendSurvey: {"surveyId", "to"}, models.TaskEmail: {"to"}, models.TaskCode: {"source"}, models.TaskNotification: {"userIds"}, models.TaskWait: {},
}

// unknownMembers names the members of the configs of tasks that their types do not have: nothing would come of them, and whoever
// wrote them would not hear of it.
func unknownMembers(tasks []models.TaskSpec) []models.FieldError {
	var wrong []models.FieldError
	for i, t := range tasks {
		config, known := models.TaskConfigs[t.Type]
		if !known {
			continue // the type itself is refused
		}
		for _, path := range unknownIn(t.Config, reflect.TypeOf(config), fmt.Sprintf("tasks[%d].config", i)) {
			wrong = append(wrong, models.Field(path, "task.error.member", "Member", path[strings.LastIndexByte(path, '.')+1:], "Type", string(t.Type)))
		}
	}
	return wrong
}

// unknownIn gives the paths of members that a type does not have. What is of a wrong type is told by who reads it.
func unknownIn(text json.RawMessage, t reflect.Type, at string) (paths []string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()): // reads in its own way
	case t.Kind() == reflect.Slice:
		var all []json.RawMessage
		if json.Unmarshal(text, &all) != nil {
			return nil
		}
		for i, one := range all {
			paths = append(paths, unknownIn(one, t.Elem(), fmt.Sprintf("%s[%d]", at, i))...)
		}
	case t.Kind() == reflect.Struct:
		var all map[string]json.RawMessage
		if json.Unmarshal(text, &all) != nil {
			return nil
		}
		for _, name := range slices.Sorted(maps.Keys(all)) {
			path := at + "." + toldText(name)
			if f := memberOf(t, name); f != nil {
				paths = append(paths, unknownIn(all[name], f, path)...)
			} else {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// memberOf gives the type of a struct's member; nil when it has none of that name. Names are compared as encoding/json does.
func memberOf(t reflect.Type, name string) reflect.Type {
	for f := range t.Fields() {
		if member, _, _ := strings.Cut(f.Tag.Get("json"), ","); strings.EqualFold(member, name) {
			return f.Type
		}
	}
	return nil
}

// taskWrite gives the schema of a task as it is written: one for each type, since the config is of its type.
func taskWrite(d *describer) schema {
	all := make([]schema, len(models.TaskTypes))
	for i, kind := range models.TaskTypes {
		t := reflect.TypeOf(models.TaskConfigs[kind])
		properties := schema{}
		d.fields(t, properties, new([]string))
		if kind == models.TaskAddContact {
			properties["fields"].(schema)["description"] = addContactFields
		}
		config := schema{"type": "object", "properties": properties, "additionalProperties": false}
		if needs := configNeeds[kind]; len(needs) > 0 {
			config["required"] = needs
		}
		d.components[t.Name()] = config
		all[i] = schema{
			"type": "object", "required": []string{"type", "config"},
			"properties": schema{
				"id": text, "type": schema{"type": "string", "const": kind}, "summary": text,
				"onFailure": schema{"type": "string", "enum": []models.OnFailure{models.FailureContinue, models.FailureStop}},
				"condition": schema{"anyOf": []schema{reference("Condition"), {"type": "null"}}},
				"retry":     optionalAll(schema{"delays": listOfText}), "config": reference(t.Name()),
			},
		}
	}
	return schema{"oneOf": all}
}

// addContactFields says what the fields of an addContact task are.
const addContactFields = "By name, as texts with piped text: email, firstName, lastName, phone, language, externalReference, tags (parted by commas; " +
	"they are added to those that the contact has), and names of embedded data."
