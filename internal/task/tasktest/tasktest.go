// Package tasktest holds what every type of task must do, as one test that each of them runs.
package tasktest

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/i18n"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// Subject is a type of task with configs to try it with.
type Subject struct {
	Type   task.Type
	Works  string            // a config that succeeds
	Fails  string            // a config that compiles and fails; empty when there is none
	Waits  string            // a config that takes longer than any test; empty when there is none
	Broken map[string]string // configs that do not compile, each with the field that is named
	Names  []pipedtext.Ref   // what Works names by piped text
	Values pipedtext.Source  // what piped text stands for
	Input  func(*task.Input) // completes the input, such as with an actor; may be nil
}

// soon is how long after its context a task may go on.
const soon = time.Minute

// Exercise holds a type of task to what the engine relies on: configs are checked without a panic and with sentences for
// people; a compiled task is safe for concurrent use and ends with its context; what an attempt records can be stored and
// read again.
func Exercise(t *testing.T, s Subject) {
	t.Helper()
	t.Run("has a name that definitions may use", func(t *testing.T) {
		if !slices.Contains(models.TaskTypes, s.Type.Name()) {
			t.Errorf("%q is not in models.TaskTypes", s.Type.Name())
		}
		if key := "task.type." + string(s.Type.Name()); !i18n.Has(key) || !i18n.Has(key+".text") {
			t.Errorf("the catalogue lacks %s or %s.text", key, key)
		}
	})
	t.Run("refuses configs that are none", s.refuses)
	t.Run("names what it pipes", s.names)
	t.Run("succeeds, also many times at once", s.succeeds)
	t.Run("fails with a sentence", s.fails)
	t.Run("ends with its context", s.ends)
}

func (s Subject) refuses(t *testing.T) {
	for _, config := range []string{``, `[]`, `"x"`, `7`, `{"`, `{"url":7,"source":7,"inputs":{}}`} {
		if _, err := s.Type.Compile(json.RawMessage(config)); models.ErrorCode(err) != models.CodeInvalid {
			t.Errorf("%s compiles with %v; want models.CodeInvalid", config, err)
		}
	}
	for _, config := range []string{`null`, `{}`, `{"unknown":{"deep":[1,2,3]}}`} {
		if _, err := s.Type.Compile(json.RawMessage(config)); err != nil {
			checkFields(t, config, err)
		}
	}
	for config, field := range s.Broken {
		_, err := s.Type.Compile(json.RawMessage(config))
		if fields := checkFields(t, config, err); !slices.Contains(fields, field) {
			t.Errorf("%s: the fields %q are named; want %q", config, fields, field)
		}
	}
}

// checkFields checks that an error of Compile names fields, each with a sentence.
func checkFields(t *testing.T, config string, err error) []string {
	t.Helper()
	e, ok := errors.AsType[*models.Error](err)
	if !ok || e.Code != models.CodeInvalid || len(e.Fields) == 0 {
		t.Errorf("%s: %v; want models.CodeInvalid with fields", config, err)
		return nil
	}
	names := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		names[i] = f.Field
		if !i18n.Has(f.Key) {
			t.Errorf("%s: the catalogue lacks %s", config, f.Key)
		}
	}
	return names
}

func (s Subject) compile(t *testing.T, config string) task.Task {
	t.Helper()
	compiled, err := s.Type.Compile(json.RawMessage(config))
	if err != nil {
		t.Fatalf("%s: %v", config, err)
	}
	return compiled
}

func (s Subject) names(t *testing.T) {
	refs := s.compile(t, s.Works).Refs()
	for _, r := range s.Names {
		if !slices.Contains(refs, r) {
			t.Errorf("%v is not among the refs %v", r, refs)
		}
	}
	if again := s.compile(t, s.Works).Refs(); !reflect.DeepEqual(refs, again) {
		t.Errorf("compiled again it names %v; want %v", again, refs)
	}
}

func (s Subject) input() task.Input {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	in := task.Input{
		Values: &pipedtext.Env{Source: s.Values, Now: now, Seed: "x"}, RunID: "RN_00000000000000a", TaskID: "OCAC_00000000000000a", Now: now,
	}
	if s.Input != nil {
		s.Input(&in)
	}
	return in
}

func (s Subject) exec(ctx context.Context, compiled task.Task) (task.Outcome, models.Attempt) {
	return task.Exec(ctx, clock.System{}, slog.New(slog.DiscardHandler), compiled, s.input())
}

func (s Subject) succeeds(t *testing.T) {
	compiled := s.compile(t, s.Works)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			out, a := s.exec(t.Context(), compiled)
			if out.Result != task.Done || a.Result != models.AttemptSucceeded || out.Error != nil {
				t.Errorf("%s ends with %d, %+v", s.Works, out.Result, out.Error)
			}
			checkRecord(t, &a)
		})
	}
	all.Wait()
}

func (s Subject) fails(t *testing.T) {
	if s.Fails == "" {
		t.SkipNow()
	}
	out, a := s.exec(t.Context(), s.compile(t, s.Fails))
	if out.Result == task.Done || a.Error == nil {
		t.Fatalf("%s ends with %d", s.Fails, out.Result)
	}
	if e := models.DecodeRunError(*a.Error); !i18n.Has(e.Key) {
		t.Errorf("the catalogue lacks %s", e.Key)
	}
	if len(out.Outputs) > 0 {
		t.Errorf("a failed task has the outputs %v", out.Outputs)
	}
	checkRecord(t, &a)
}

// checkRecord checks that what an attempt keeps can be read again.
func checkRecord(t *testing.T, a *models.Attempt) {
	t.Helper()
	if a.Outputs != nil {
		var outputs map[string]json.RawMessage
		if err := json.Unmarshal([]byte(*a.Outputs), &outputs); err != nil {
			t.Errorf("outputs %s: %v", *a.Outputs, err)
		}
	}
	if a.Exchange != nil {
		var x models.Exchange
		if err := json.Unmarshal([]byte(*a.Exchange), &x); err != nil {
			t.Errorf("exchange %s: %v", *a.Exchange, err)
		}
	}
}

func (s Subject) ends(t *testing.T) {
	config := s.Waits
	if config == "" {
		config = s.Works
	}
	compiled := s.compile(t, config)
	for _, after := range []time.Duration{0, 50 * time.Millisecond} {
		ctx, cancel := context.WithCancel(t.Context())
		stop := time.AfterFunc(after, cancel)
		began := time.Now()
		out, _ := s.exec(ctx, compiled)
		if took := time.Since(began); took > after+soon {
			t.Errorf("it went on for %v", took-after)
		}
		if s.Waits != "" && out.Result != task.Interrupted {
			t.Errorf("it ends with %d, %+v; want interrupted", out.Result, out.Error)
		}
		stop.Stop()
		cancel()
	}
}
