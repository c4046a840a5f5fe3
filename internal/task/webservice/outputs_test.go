package webservice_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"surveyflow/internal/clock"
	"surveyflow/internal/task"
	"surveyflow/internal/task/webservice"
	"surveyflow/models"
)

// answering gives the address of a service that answers every call alike.
func answering(t *testing.T, contentType, body string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestOutputs_are_taken_from_the_answer(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", 70_000)
	for _, c := range []struct {
		name, answer, outputs string
		named                 []string
		want                  string
	}{
		{"json", `{"a":{"b":[1,2]},"c":"x"}`, `[{"name":"b","path":"$.a.b"},{"name":"none","path":"$.z"},{"name":"","path":"$.c"},{"name":"","path":""}]`, nil, `{"$.c":"x","b":[1,2],"none":null}`},
		{"xml", `<t id="7"><n>A &amp; B</n></t>`, `[{"name":"id","path":"/t/@id"},{"name":"n","path":"//n"},{"name":"json","path":"$.n"}]`, nil, `{"id":"7","json":null,"n":"A & B"}`},
		{"plain text", `OK`, `[{"name":"a","path":"$.a"}]`, nil, `{"a":null}`},
		{"named by path alone", `{"a":1,"b":2}`, `[]`, []string{"$.b", "$.c", "$.[", "result"}, `{"$.b":2,"$.c":null}`},
		{"named by the path of an output", `{"a":1}`, `[{"name":"x","path":"$.a"}]`, []string{"$.a"}, `{"x":1}`},
		{"too large for people alone", `{"big":"` + big + `","small":1}`, `[{"name":"big","path":"$.big"},{"name":"small","path":"$.small"}]`, nil, `{"small":1}`},
		{"large, but named", `{"big":"` + big + `"}`, `[{"name":"big","path":"$.big"}]`, []string{"big"}, `{"big":"` + big + `"}`},
		{"nothing asked", `{"a":1}`, `[]`, nil, ``},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := answering(t, "application/json", c.answer)
			compiled, err := webservice.New(client(t), nil).Compile([]byte(`{"method":"GET","url":"` + url + `","outputs":` + c.outputs + `}`))
			if err != nil {
				t.Fatal(err)
			}
			_, a := task.Exec(t.Context(), clock.System{}, nil, compiled, task.Input{Values: values, Named: c.named})
			got := ""
			if a.Outputs != nil {
				got = *a.Outputs
			}
			if got != c.want || a.Result != models.AttemptSucceeded {
				t.Errorf("outputs %.200s; want %.200s", got, c.want)
			}
		})
	}
}

func TestAn_output_that_echoes_a_secret_is_masked_for_people(t *testing.T) {
	t.Parallel()
	url := answering(t, "application/json", `{"you":"Bearer s3cr3ts3cr3t","id":1}`)
	compiled, err := webservice.New(client(t), nil).Compile([]byte(`{"method":"GET","url":"` + url + `","headers":[{"key":"Authorization","value":"Bearer s3cr3ts3cr3t"}],` +
		`"outputs":[{"name":"you","path":"$.you"},{"name":"id","path":"$.id"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	out, a := task.Exec(t.Context(), clock.System{}, nil, compiled, task.Input{Values: values})
	if a.Outputs == nil || strings.Contains(*a.Outputs, "s3cr3t") || !strings.Contains(*a.Outputs, task.Masked) || a.Full == nil || !strings.Contains(string(a.Full.Outputs), "s3cr3ts3cr3t") {
		t.Fatalf("stored %v, to be sealed %v", a.Outputs, a.Full)
	}
	for _, s := range a.Full.Secrets {
		if !strings.Contains(s.Value, "s3cr3ts3cr3t") {
			t.Errorf("%q is no secret of it", s.Value)
		}
	}
	if got := string(out.Outputs["you"]); got != `"Bearer s3cr3ts3cr3t"` {
		t.Errorf("the next task gets %s", got)
	}
}

func TestOutputs_are_checked(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]string{
		`[{"name":"a","path":"$."}]`:                              "outputs[0].path jsonpath.error.unexpected_end",
		`[{"name":"a","path":""}]`:                                "outputs[0].path extract.error.path_empty",
		`[{"name":"a}","path":"$.a"}]`:                            "outputs[0].name task.error.output_name",
		`[{"name":"$.a","path":"$.a"}]`:                           "outputs[0].name task.error.output_name",
		`[{"name":"a","path":"$.a"},{"name":" a ","path":"$.b"}]`: "outputs[1].name task.error.output_twice",
		`[` + strings.Repeat(`{"name":"a","path":"$.a"},`, 100) + `{"name":"a","path":"$.a"}]`: "outputs task.error.too_many_outputs",
	} {
		_, err := webservice.New(client(t), nil).Compile([]byte(`{"method":"GET","url":"https://example.com/","outputs":` + config + `}`))
		e, ok := err.(*models.Error) //nolint:errorlint // Compile promises it
		if !ok || len(e.Fields) == 0 || e.Fields[0].Field+" "+e.Fields[0].Key != want {
			t.Errorf("%.80s: %+v; want %s", config, e, want)
		}
	}
}
