package template_test

import (
	"testing"

	"surveyflow/internal/survey"
	"surveyflow/internal/survey/template"
)

func TestEveryTemplateCanGoLiveAsItIs(t *testing.T) {
	t.Parallel()
	if len(template.All) < 12 {
		t.Errorf("there are %d templates", len(template.All))
	}
	seen := map[string]bool{}
	for i := range template.All {
		tpl := &template.All[i]
		if seen[tpl.ID] || tpl.Name == "" || tpl.Summary == "" {
			t.Errorf("%q is there twice, or says too little", tpl.ID)
		}
		seen[tpl.ID] = true
		def, next := tpl.Make()
		if err := survey.Check(&def); err != nil {
			t.Errorf("%s cannot go live: %v", tpl.ID, err)
		}
		for _, w := range survey.Warnings("", &def) {
			t.Errorf("%s: %s %s %v", tpl.ID, w.Field, w.Key, w.Args)
		}
		if n := len(def.Questions()); n != tpl.Questions() || next != n+1 {
			t.Errorf("%s has %d questions, says %d, goes on with %d", tpl.ID, n, tpl.Questions(), next)
		}
		again, _ := tpl.Make()
		if again.Blocks[0].ID == def.Blocks[0].ID {
			t.Errorf("%s gives two surveys the same page", tpl.ID)
		}
	}
	if template.Find("nps") == nil || template.Find("nothing") != nil {
		t.Error("templates are not found by their ids")
	}
}
