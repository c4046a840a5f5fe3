package apiv3

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"

	"surveyflow/models"
)

// schema is a JSON Schema (2020-12), as OpenAPI 3.1 uses it.
type schema = map[string]any

// describer makes schemas of Go types. Named structs become components that others refer to.
type describer struct{ components schema }

// of gives the schema of a value's type; a schema is its own.
func (d *describer) of(v any) schema {
	if s, ok := v.(schema); ok {
		return s
	}
	return d.typ(reflect.TypeOf(v))
}

// enums are the values of types that have but a few.
var enums = map[reflect.Type]any{
	reflect.TypeFor[models.Operator]():      models.Operators,
	reflect.TypeFor[requestStatus]():        []requestStatus{requestPending, requestDone, requestGenerated},
	reflect.TypeFor[historyStatus]():        historyStatuses,
	reflect.TypeFor[models.MergeRule]():     models.MergeRules,
	reflect.TypeFor[models.DataType]():      models.DataTypes,
	reflect.TypeFor[models.OnCastFailure](): []models.OnCastFailure{models.CastError, models.CastSystemDefault},
	reflect.TypeFor[models.LabelChoice]():   []models.LabelChoice{models.LabelsAuto, models.LabelsData},
	reflect.TypeFor[models.ChoiceValues]():  []models.ChoiceValues{models.ChoiceLabels, models.ChoiceRecodes, models.ChoiceBoth},
	reflect.TypeFor[models.LinkType]():      models.LinkTypes,
	reflect.TypeFor[models.TaskType]():      models.TaskTypes,
	reflect.TypeFor[models.EventType]():     models.EventTypes,
	reflect.TypeFor[models.RunStatus]():     models.RunStatuses,
	reflect.TypeFor[models.OnFailure]():     []models.OnFailure{models.FailureContinue, models.FailureStop},
	reflect.TypeFor[taskStatus]():           taskStatuses,
	reflect.TypeFor[models.JobKind]():       models.JobKinds,
	reflect.TypeFor[jobStatus]():            []jobStatus{jobInProgress, jobComplete, jobFailed, jobCanceled},
	reflect.TypeFor[models.AttemptResult](): []models.AttemptResult{models.AttemptSucceeded, models.AttemptFailed, models.AttemptRetried, models.AttemptLost, models.AttemptSkipped, models.AttemptCarried},
}

func (d *describer) typ(t reflect.Type) schema {
	if t == reflect.TypeFor[json.RawMessage]() {
		return schema{}
	}
	if t == reflect.TypeFor[models.VariableList]() {
		return schema{"oneOf": []schema{{"const": "all"}, {"type": "array", "items": schema{"type": "string"}}, {"type": "null"}}}
	}
	if values, ok := enums[t]; ok {
		return schema{"type": "string", "enum": values}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return nullable(d.typ(t.Elem()))
	case reflect.Struct:
		return d.structure(t)
	case reflect.Slice:
		return schema{"type": "array", "items": d.typ(t.Elem())}
	case reflect.Map:
		return schema{"type": "object", "additionalProperties": d.typ(t.Elem())}
	case reflect.String:
		return schema{"type": "string"}
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return schema{"type": "integer"}
	case reflect.Float64:
		return schema{"type": "number"}
	}
	return schema{} // anything
}

func nullable(s schema) schema {
	kind, simple := s["type"].(string)
	if _, limited := s["enum"]; !simple || limited {
		return schema{"anyOf": []schema{s, {"type": "null"}}}
	}
	s = maps.Clone(s)
	s["type"] = []string{kind, "null"}
	return s
}

// structure gives a reference to the component of a named struct, which it makes first; of others the schema itself.
func (d *describer) structure(t reflect.Type) schema {
	name := t.Name()
	if name == "" || strings.Contains(name, "[") { // unnamed, or made of a type parameter
		return d.object(t)
	}
	name = strings.ToUpper(name[:1]) + name[1:]
	if _, made := d.components[name]; !made {
		d.components[name] = schema{} // types that name themselves find it there
		d.components[name] = d.object(t)
	}
	return reference(name)
}

func reference(name string) schema { return schema{"$ref": "#/components/schemas/" + name} }

func (d *describer) object(t reflect.Type) schema {
	properties, required := schema{}, []string{}
	d.fields(t, properties, &required)
	s := schema{"type": "object", "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func (d *describer) fields(t reflect.Type, properties schema, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && tag == "":
			d.fields(f.Type, properties, required)
			continue
		case !f.IsExported() || tag == "-":
			continue
		}
		s := d.typ(f.Type)
		if tag == "condition" { // a condition may be null wherever it stands
			s = nullable(d.typ(reflect.TypeFor[models.Condition]()))
		}
		properties[tag] = s
		if !strings.Contains(options, "omit") {
			*required = append(*required, tag)
		}
	}
}

// optionalAll gives a schema of which nothing is required, for writes that take what is named.
func optionalAll(properties schema) schema { return schema{"type": "object", "properties": properties} }
