package apiv3

import (
	"errors"
	"slices"
	"testing"

	"surveyflow/models"
)

func TestTheDescriptionHasTheConfigOfEveryTaskType(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	components := b.api.describe()["components"].(schema)["schemas"].(schema)
	all := components["TaskWrite"].(schema)["oneOf"].([]schema)
	if len(all) != len(models.TaskTypes) {
		t.Fatalf("%d tasks are described", len(all))
	}
	for i, kind := range models.TaskTypes {
		properties := all[i]["properties"].(schema)
		if properties["type"].(schema)["const"] != kind {
			t.Errorf("the place of %s has %v", kind, properties["type"])
		}
		name := properties["config"].(schema)["$ref"].(string)[len("#/components/schemas/"):]
		config := components[name].(schema)
		needs, _ := config["required"].([]string)
		for _, member := range needs {
			if config["properties"].(schema)[member] == nil {
				t.Errorf("%s needs %s, which it does not have", name, member)
			}
		}
		// What the type itself asks for of an empty config is what the description says.
		kindOf, known := b.api.tasks.Type(kind)
		if !known {
			continue
		}
		_, err := kindOf.Compile([]byte("{}"))
		e, ok := errors.AsType[*models.Error](err)
		if !ok {
			t.Fatalf("an empty config of %s: %v", kind, err)
		}
		for _, f := range e.Fields {
			if config["properties"].(schema)[f.Field] != nil && !slices.Contains(needs, f.Field) {
				t.Errorf("%s asks for %s, which is not described as required", name, f.Field)
			}
		}
	}
	fields := components["AddContactConfig"].(schema)["properties"].(schema)["fields"].(schema)
	if fields["description"] != addContactFields {
		t.Errorf("the fields of a contact are %v", fields)
	}
}
