// Package code is the task that runs an owner's JavaScript: function codeTask(inputs) { return {…} }. What is piped in arrives
// as values, never as a part of the source, and the fields of what is returned are outputs for later tasks.
package code

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"surveyflow/internal/pipedtext"
	"surveyflow/internal/script"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// Limits of a code task, beside those of [script].
const (
	maxInputs    = 100
	maxInputName = 100      // bytes
	maxRecorded  = 64 << 10 // bytes of inputs that an attempt keeps for people
	maxUnnamed   = 64 << 10 // bytes of outputs that are kept for people alone
	checkTimeout = 15 * time.Second
	pause        = 30 * time.Second // before the next try when no sandbox can be started
)

// Type makes code tasks that run their scripts in one pool.
type Type struct{ pool *script.Pool }

// New makes the type.
func New(pool *script.Pool) *Type { return &Type{pool} }

// Name is code.
func (t *Type) Name() models.TaskType { return models.TaskCode }

// codeTask is a compiled config.
type codeTask struct {
	pool   *script.Pool
	source string
	inputs []input
	refs   []pipedtext.Ref
}

type input struct {
	name     string
	value    pipedtext.Template
	dataType models.DataType
}

var (
	inputName  = regexp.MustCompile(`^[\pL_$][\pL\pN_$]*$`)
	definition = regexp.MustCompile(`\bcodeTask\b`)
)

// Compile checks a config: the source is read, but not run.
func (t *Type) Compile(config json.RawMessage) (task.Task, error) {
	var c models.CodeConfig
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, models.Invalid(models.Field("", "task.error.config"))
	}
	k := compiler{task: &codeTask{pool: t.pool, source: c.Source}}
	k.source()
	k.inputs(c.Inputs)
	return k.task, models.Invalid(k.fields...)
}

type compiler struct {
	task   *codeTask
	fields []models.FieldError
}

func (k *compiler) fail(field, key string, args ...any) {
	k.fields = append(k.fields, models.Field(field, key, args...))
}

func (k *compiler) source() {
	source := k.task.source
	switch {
	case strings.TrimSpace(source) == "":
		k.fail("source", "task.error.code_empty")
		return
	case len(source) > script.MaxSource:
		k.fail("source", "task.error.code_too_long", "Max", script.MaxSource>>10)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), checkTimeout)
	defer cancel()
	failure, err := k.task.pool.Check(ctx, source)
	switch {
	case err != nil: // the script will be read before it is run, too
	case failure != nil:
		k.fail("source", "task.error.code_syntax", "Line", failure.Line, "Column", failure.Column, "Message", failure.Message)
		return
	}
	if !definition.MatchString(source) {
		k.fail("source", "task.error.code_no_function")
	}
}

func (k *compiler) inputs(specs []models.InputSpec) {
	if len(specs) > maxInputs {
		k.fail("inputs", "task.error.too_many_inputs", "Max", maxInputs)
		return
	}
	seen := map[string]bool{}
	for i, s := range specs {
		at := fmt.Sprintf("inputs[%d]", i)
		name := strings.TrimSpace(s.Name)
		if name == "" && s.Value == "" {
			continue // a row that was left empty
		}
		switch {
		case len(name) > maxInputName || !inputName.MatchString(name):
			k.fail(at+".name", "task.error.input_name", "Name", name)
		case seen[name]:
			k.fail(at+".name", "task.error.input_twice", "Name", name)
		}
		seen[name] = true
		in := input{name: name, dataType: cmp.Or(s.DataType, models.DataSystemDefault)}
		if !slices.Contains(models.DataTypes, in.dataType) {
			k.fail(at+".dataType", "task.error.data_type", "Type", string(in.dataType))
		}
		var err error
		in.value, err = pipedtext.Parse(s.Value)
		k.syntax(at+".value", err, pipedtext.Check(s.Value))
		k.task.inputs = append(k.task.inputs, in)
		k.task.refs = append(k.task.refs, in.value.Refs()...)
	}
}

// syntax reports what is wrong with a text; pieces that only look like tokens are reported too.
func (k *compiler) syntax(field string, err error, suspicious []*pipedtext.SyntaxError) {
	if e, ok := errors.AsType[*pipedtext.SyntaxError](err); ok {
		k.fail(field, e.Key(), "Position", e.Offset+1)
		return
	}
	for _, e := range suspicious {
		k.fail(field, e.Key(), "Position", e.Offset+1)
	}
}

// Refs lists what the inputs name.
func (c *codeTask) Refs() []pipedtext.Ref { return c.refs }

// Host names no receiver; one name for all scripts, so that a queue of them never takes all workers.
func (c *codeTask) Host() string { return "sandbox:" }

// Run runs the script once. Whatever becomes of it is final (contract §7); only when no sandbox can be started the task is put
// off, which counts for nobody.
func (c *codeTask) Run(ctx context.Context, in task.Input) task.Outcome {
	inputs, err := c.render(in.Values)
	if err != nil {
		return task.Outcome{Result: task.Failed, Error: castError(err)}
	}
	r, err := c.pool.Run(ctx, script.Script{Source: c.source, Inputs: inputs})
	switch {
	case ctx.Err() != nil:
		return task.Outcome{Result: task.Interrupted}
	case err != nil:
		return task.Outcome{Result: task.Defer, Until: in.Now.Add(pause), Error: &models.RunError{Key: "run.error.code_unavailable"}}
	}
	out := task.Outcome{Result: task.Done, Exchange: &models.Exchange{Script: record(inputs, r)}}
	if r.Failure != nil {
		out.Result, out.Error = task.Failed, failureError(r.Failure)
		return out
	}
	out.Outputs = kept(r.Outputs, in.Named)
	return out
}

// render gives the inputs as a JSON object in their order. What is missing is null, of whatever type.
func (c *codeTask) render(src pipedtext.Source) ([]byte, error) {
	b := []byte{'{'}
	for i, in := range c.inputs {
		if i > 0 {
			b = append(b, ',')
		}
		b = pipedtext.Text(in.name).AppendJSON(b)
		b = append(b, ':')
		v := in.value.Value(src)
		switch {
		case v.Missing():
			b = append(b, "null"...)
			continue
		case in.dataType == models.DataSystemDefault && tooLong(v):
			v = pipedtext.Text(v.String())
		}
		var err error
		if b, err = pipedtext.AppendCast(b, v, in.dataType, models.CastError); err != nil {
			if e, ok := errors.AsType[*pipedtext.CastError](err); ok {
				e.Key = in.name
			}
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// tooLong tells whether JavaScript would lose digits of a whole number: such a one arrives as a text.
func tooLong(v pipedtext.Value) bool {
	if v.Kind() != pipedtext.KindNumber || strings.ContainsAny(v.String(), ".eE") {
		return false
	}
	n, err := strconv.ParseInt(v.String(), 10, 64)
	return err != nil || n > 1<<53-1 || n < -(1<<53-1)
}

func castError(err error) *models.RunError {
	e, ok := errors.AsType[*pipedtext.CastError](err)
	if !ok {
		return &models.RunError{Key: "run.error.unknown", Detail: err.Error()}
	}
	return &models.RunError{Key: "run.error.code_input", Args: map[string]any{"Key": e.Key, "Value": e.Value, "Type": string(e.Type)}}
}

func failureError(f *script.Failure) *models.RunError {
	return &models.RunError{Key: "run.error.code_" + string(f.Kind), Args: map[string]any{
		"Message": f.Message, "Line": f.Line, "Column": f.Column, "Seconds": int(script.TimeLimit / time.Second),
		"Megabytes": script.MaxHeap >> 20, "Kilobytes": script.MaxResult >> 10,
	}}
}

// record is what people see of a run: what went in and what was printed.
func record(inputs []byte, r script.Result) *models.ScriptRecord {
	rec := &models.ScriptRecord{Console: r.Console, Cut: r.Cut, TookUS: r.Took.Microseconds()}
	if len(inputs) <= maxRecorded {
		rec.Inputs = inputs
	}
	return rec
}

// kept leaves out of the outputs what no later task names, beyond what people may want to read.
func kept(outputs map[string]json.RawMessage, named []string) map[string]json.RawMessage {
	room := maxUnnamed
	if slices.ContainsFunc(named, func(path string) bool { return strings.HasPrefix(path, "$") }) {
		room = math.MaxInt // a path may lead into any of them
	}
	names := make([]string, 0, len(outputs))
	for name := range outputs {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if slices.Contains(named, name) {
			continue
		}
		if len(outputs[name]) > room {
			delete(outputs, name)
			continue
		}
		room -= len(outputs[name])
	}
	return outputs
}
