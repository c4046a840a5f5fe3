package pipedtext_test

import (
	"testing"

	"surveyflow/internal/pipedtext"
)

// What expression languages of other products were broken out of with stands here for what it is: text, or a name that no
// value has. There is nothing in piped text that computes.
func TestTemplate_evaluatesNothing(t *testing.T) {
	t.Parallel()
	asked := 0
	source := pipedtext.SourceFunc(func(r pipedtext.Ref) pipedtext.Value {
		asked++
		if r.Scheme == "e" && r.Name == "again" {
			return pipedtext.Text("${e://Field/secret} {{7*7}}")
		}
		if r.Name == "secret" {
			return pipedtext.Text("never shown")
		}
		return pipedtext.Value{}
	})
	for text, want := range map[string]string{
		`{{7*7}}`: `{{7*7}}`, `${7*7}`: `${7*7}`, `#{7*7}`: `#{7*7}`, `<%= 7*7 %>`: `<%= 7*7 %>`, "`id`": "`id`", `$(id)`: `$(id)`,
		`{{ this.constructor.constructor('return process')().mainModule.require('child_process').execSync('id') }}`: `{{ this.constructor.constructor('return process')().mainModule.require('child_process').execSync('id') }}`,
		`={{ $json.constructor }}`:                    `={{ $json.constructor }}`,
		`${e://Field/__proto__}`:                      ``,
		`${e://Field/constructor.constructor}`:        ``,
		`${e://Field/again}`:                          `${e://Field/secret} {{7*7}}`, // a value is never read again
		`${jndi:ldap://127.0.0.1/a}`:                  `${jndi:ldap://127.0.0.1/a}`,
		`{{range .}}{{end}} {{define "x"}}{{end}} %s`: `{{range .}}{{end}} {{define "x"}}{{end}} %s`,
		`'; DROP TABLE runs; --`:                      `'; DROP TABLE runs; --`,
		`${e://Field/x'||(SELECT password_hash)||'}`:  `${e://Field/x'||(SELECT password_hash)||'}`,
		`${e://Field/../../../../etc/passwd}`:         ``,
		`${e://Field/${e://Field/again}}`:             `${e://Field/${e://Field/secret} {{7*7}}}`,
	} {
		template, err := pipedtext.Parse(text)
		if err != nil {
			continue // refused is as good
		}
		if got := template.Text(source); got != want {
			t.Errorf("%s gives %q; want %q", text, got, want)
		}
	}
	if asked == 0 {
		t.Error("no value was asked for: the test is wrong")
	}
}
