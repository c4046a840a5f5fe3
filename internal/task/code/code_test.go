package code_test

import (
	"cmp"
	"encoding/json"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/i18n"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/script"
	"surveyflow/internal/task"
	"surveyflow/internal/task/code"
	"surveyflow/internal/task/tasktest"
	"surveyflow/models"
)

// TestMain lets the test's program be its own sandbox.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == script.Argument {
		if err := script.Serve(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

var values = pipedtext.SourceFunc(func(r pipedtext.Ref) pipedtext.Value {
	switch r.Name {
	case "quote":
		return pipedtext.Text(`"; throw 1; ${e://Field/score} \u2028 '` + "\n`")
	case "score":
		return pipedtext.Number("7")
	case "big":
		return pipedtext.Number("12345678901234567890")
	case "list":
		return pipedtext.JSON([]byte(`[1,{"a":"b"}]`))
	}
	return pipedtext.Value{}
})

func newType(t *testing.T, o script.Options) *code.Type {
	t.Helper()
	o.Limit = cmp.Or(o.Limit, time.Minute) // a slow machine is no fault of the script
	pool := script.NewPool(o)
	t.Cleanup(pool.Close)
	return code.New(pool)
}

func configOf(t *testing.T, source string, inputs ...models.InputSpec) json.RawMessage {
	t.Helper()
	text, err := models.MarshalJSON(models.CodeConfig{Source: source, Inputs: inputs})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestACodeTask_does_what_every_task_does(t *testing.T) {
	t.Parallel()
	tasktest.Exercise(t, tasktest.Subject{
		Type:   newType(t, script.Options{}),
		Works:  `{"source":"function codeTask(i) { return { double: i.score * 2 }; }","inputs":[{"name":"score","value":"${e://Field/score}"}]}`,
		Fails:  `{"source":"function codeTask() { throw new Error('no'); }"}`,
		Waits:  `{"source":"function codeTask() { for (;;) {} }"}`,
		Names:  []pipedtext.Ref{{Scheme: "e", Name: "score"}},
		Values: values,
		Broken: map[string]string{
			`{}`:                                "source",
			`{"source":"function codeTask( {"}`: "source",
			`{"source":"var x = 1;"}`:           "source",
			`{"source":"` + strings.Repeat("x", 70_000) + `"}`:                                                         "source",
			`{"source":"function codeTask() {}","inputs":[{"name":"1a","value":"x"}]}`:                                 "inputs[0].name",
			`{"source":"function codeTask() {}","inputs":[{"name":"a","value":"x"},{"name":"a","value":"y"}]}`:         "inputs[1].name",
			`{"source":"function codeTask() {}","inputs":[{"name":"a","value":"x","dataType":"date"}]}`:                "inputs[0].dataType",
			`{"source":"function codeTask() {}","inputs":[{"name":"a","value":"${x://y}"}]}`:                           "inputs[0].value",
			`{"source":"function codeTask() {}","inputs":[` + strings.Repeat(`{"name":"a","value":""},`, 100) + `{}]}`: "inputs",
		},
	})
}

func exec(t *testing.T, typ task.Type, config json.RawMessage, named ...string) (task.Outcome, models.Attempt) {
	t.Helper()
	compiled, err := typ.Compile(config)
	if err != nil {
		t.Fatal(err)
	}
	return task.Exec(t.Context(), clock.System{}, slog.New(slog.DiscardHandler), compiled, task.Input{Values: values, Now: time.Now(), Named: named})
}

func TestInputs_are_values_with_types_and_never_a_part_of_the_source(t *testing.T) {
	t.Parallel()
	typ := newType(t, script.Options{})
	out, a := exec(t, typ, configOf(t, `function codeTask(inputs) { return { got: inputs, types: Object.values(inputs).map(v => v === null ? "null" : typeof v) }; }`,
		models.InputSpec{Name: "quote", Value: "${e://Field/quote}"},
		models.InputSpec{Name: "score", Value: "${e://Field/score}"},
		models.InputSpec{Name: "text", Value: "${e://Field/score}", DataType: models.DataString},
		models.InputSpec{Name: "yes", Value: "Yes", DataType: models.DataBoolean},
		models.InputSpec{Name: "number", Value: " 07.50 ", DataType: models.DataNumber},
		models.InputSpec{Name: "list", Value: "${e://Field/list}"},
		models.InputSpec{Name: "json", Value: `{"a":[1]}`, DataType: models.DataJSON},
		models.InputSpec{Name: "none", Value: "${e://Field/none}", DataType: models.DataString},
		models.InputSpec{Name: "big", Value: "${e://Field/big}"},
		models.InputSpec{},
	))
	want := `{"quote":"\"; throw 1; ${e://Field/score} \\u2028 '\n` + "`" + `","score":7,"text":"7","yes":true,"number":7.5,"list":[1,{"a":"b"}],"json":{"a":[1]},"none":null,"big":"12345678901234567890"}`
	if got := string(out.Outputs["got"]); got != want {
		t.Errorf("the script got\n%s, %+v; want\n%s", got, out.Error, want)
	}
	if got := string(out.Outputs["types"]); got != `["string","number","string","boolean","number","object","object","null","string"]` {
		t.Errorf("types %s", got)
	}
	var x models.Exchange
	if err := json.Unmarshal([]byte(*a.Exchange), &x); err != nil || !strings.Contains(string(x.Script.Inputs), `"score":7`) {
		t.Errorf("recorded %s, %v", *a.Exchange, err)
	}
}

func TestFailures_are_final_and_told_in_words(t *testing.T) {
	t.Parallel()
	typ, hasty := newType(t, script.Options{}), newType(t, script.Options{Limit: 300 * time.Millisecond})
	for _, c := range []struct{ source, key, sentence string }{
		{"function codeTask() {\n  nope();\n}", "run.error.code_exception", "The code threw an error in line 2, column 7: ReferenceError: nope is not defined"},
		{"async function codeTask() { throw 'x' }", "run.error.code_exception", "The code threw an error: x"},
		{"function codeTask() { for (;;) {} }", "run.error.code_timeout", "The code took longer than 10 seconds and was stopped."},
		{"function codeTask() { const a = []; for (;;) a.push('x'.repeat(8e6) + a.length); }", "run.error.code_memory", "The code used more than 64 MB of memory and was stopped."},
		{"function codeTask() { return codeTask(); }", "run.error.code_recursion", "The code called itself too deeply and was stopped."},
		{"function codeTask() { return 'x'; }", "run.error.code_no_object", "The code must return an object, such as { total: 3 }. It returned string."},
		{"function codeTask() { return { a: 0/0 }; }", "run.error.code_bad_value", "The returned object has a value that cannot be kept: a is NaN."},
		{"function codeTask() { return { a: 'x'.repeat(2e6) }; }", "run.error.code_too_large", "What the code got or returned is larger than 1024 KB."},
		{"function codeTask() { return new Promise(() => {}); }", "run.error.code_pending", ""},
		{"var codeTask;", "run.error.code_no_function", "The code defines no function called codeTask."},
	} {
		by := typ
		if c.key == "run.error.code_timeout" {
			by = hasty
		}
		out, a := exec(t, by, configOf(t, c.source))
		if out.Result != task.Failed || a.Result != models.AttemptFailed || out.Error.Key != c.key {
			t.Errorf("%.60s: %d, %+v; want %s", c.source, out.Result, out.Error, c.key)
			continue
		}
		if got := i18n.TMap(t.Context(), out.Error.Key, models.DecodeRunError(*a.Error).Args); c.sentence != "" && got != c.sentence {
			t.Errorf("%.60s: %s; want %s", c.source, got, c.sentence)
		}
	}
	out, _ := exec(t, typ, configOf(t, "function codeTask() { return {}; }", models.InputSpec{Name: "n", Value: "seven", DataType: models.DataNumber}))
	if out.Result != task.Failed || out.Error.Key != "run.error.code_input" {
		t.Errorf("a cast that fails: %d, %+v", out.Result, out.Error)
	}
}

func TestOutputs_are_kept_as_far_as_somebody_needs_them(t *testing.T) {
	t.Parallel()
	typ := newType(t, script.Options{})
	config := configOf(t, `function codeTask() { return { big: "x".repeat(70000), small: 1 }; }`)
	for _, c := range []struct {
		named []string
		want  int
	}{{nil, 1}, {[]string{"big"}, 2}, {[]string{"$.big"}, 2}, {[]string{"small"}, 1}} {
		if out, _ := exec(t, typ, config, c.named...); len(out.Outputs) != c.want || string(out.Outputs["small"]) != "1" {
			t.Errorf("%q named: %d outputs; want %d", c.named, len(out.Outputs), c.want)
		}
	}
}

func TestWithout_a_sandbox_the_task_is_put_off(t *testing.T) {
	t.Parallel()
	pool := script.NewPool(script.Options{})
	typ := code.New(pool)
	pool.Close()
	now := time.Now()
	out, a := exec(t, typ, configOf(t, `function codeTask() { return {}; }`))
	if out.Result != task.Defer || a.Charged || out.Until.Before(now) {
		t.Errorf("%d until %v, charged %v; want it put off, for nobody's cost", out.Result, out.Until, a.Charged)
	}
}
