package webservice

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"surveyflow/internal/extract"
	"surveyflow/internal/outbound"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// Limits of outputs.
const (
	maxOutputs    = 100
	maxOutputName = 100      // bytes
	maxUnnamed    = 64 << 10 // bytes of outputs that are kept for people alone
)

// output is a part of the answer that later tasks can use.
type output struct {
	name string
	path *extract.Path
}

// outputName is what can stand in ~{ch://OCAC_…/NAME} and is no path.
var outputName = regexp.MustCompile(`^[\pL\pN_][\pL\pN_.\- ]*$`)

func (k *compiler) outputs(w *webService, specs []models.OutputSpec) {
	if len(specs) > maxOutputs {
		k.fail("outputs", "task.error.too_many_outputs", "Max", maxOutputs)
		return
	}
	seen := map[string]bool{}
	for i, s := range specs {
		at := fmt.Sprintf("outputs[%d]", i)
		name := strings.TrimSpace(s.Name)
		if name == "" && strings.TrimSpace(s.Path) == "" {
			continue // a row that was left empty
		}
		path, err := extract.ParsePath(s.Path)
		if e, ok := err.(*models.Error); ok { //nolint:errorlint // ParsePath promises this type
			k.fields = append(k.fields, models.FieldError{Field: at + ".path", Key: e.Key, Args: e.Args})
			continue
		}
		if name == "" {
			name = path.String()
		} else if len(name) > maxOutputName || !outputName.MatchString(name) {
			k.fail(at+".name", "task.error.output_name", "Name", name)
		}
		if seen[name] {
			k.fail(at+".name", "task.error.output_twice", "Name", name)
		}
		seen[name] = true
		w.outputs = append(w.outputs, output{name, path})
	}
}

// Outputs lists what is taken from the answer.
func (w *webService) Outputs() []models.OutputSpec {
	specs := make([]models.OutputSpec, len(w.outputs))
	for i, o := range w.outputs {
		specs[i] = models.OutputSpec{Name: o.name, Path: o.path.String()}
	}
	return specs
}

// answer adds to the outcome of a call that succeeded what later tasks can use of it.
func (w *webService) answer(out *task.Outcome, x *outbound.Exchange, named []string, secrets []models.Secret) {
	if out.Exchange == nil {
		return
	}
	out.Secrets = secrets
	for _, value := range secretsOf(x) {
		out.Secrets = append(out.Secrets, models.Secret{Value: value})
	}
	out.Answer = &task.Answer{Body: x.Body, ContentType: x.Header.Get("Content-Type")}
	if out.Result == task.Done {
		out.Outputs = w.outputsOf(out.Answer, named)
	}
}

// Reread finds results in the answer as it was recorded, such as those that a newer revision names of a call which a replay
// does not repeat.
func (w *webService) Reread(x *models.Exchange, named []string) map[string]json.RawMessage {
	if x.Response == nil || x.Response.Truncated || x.Response.Binary {
		return nil
	}
	a := &task.Answer{Body: []byte(x.Response.Body)}
	for _, h := range x.Response.Headers {
		if h.Name == "Content-Type" {
			a.ContentType, _, _ = strings.Cut(h.Value, ";") // the record is UTF-8
		}
	}
	found := w.outputsOf(a, named)
	out := map[string]json.RawMessage{}
	for _, name := range named {
		key := name
		for _, o := range w.outputs {
			if o.path.String() == name {
				key = o.name
			}
		}
		if value := found[key]; !strings.Contains(string(value), task.Masked) {
			out[name] = value
		}
	}
	return out
}

// outputsOf takes from an answer what the config names, and what later tasks name by a path. Of what no later task names only
// so much is kept as people may want to read.
func (w *webService) outputsOf(a *task.Answer, named []string) map[string]json.RawMessage {
	if len(w.outputs) == 0 && len(named) == 0 {
		return nil
	}
	doc := extract.Read(a.Body, a.ContentType)
	outputs := map[string]json.RawMessage{}
	room := maxUnnamed
	for _, o := range w.outputs {
		value, err := doc.Find(o.path)
		if err != nil {
			value = nil // as one that is not there
		}
		if !slices.Contains(named, o.name) && !slices.Contains(named, o.path.String()) {
			if len(value) > room {
				continue
			}
			room -= len(value)
		}
		outputs[o.name] = value
	}
	for _, path := range named {
		if slices.ContainsFunc(w.outputs, func(o output) bool { return o.name == path || o.path.String() == path }) {
			continue
		}
		p, err := extract.ParsePath(path)
		if err != nil {
			continue
		}
		if value, err := doc.Find(p); err == nil {
			outputs[path] = value
		}
	}
	return outputs
}
