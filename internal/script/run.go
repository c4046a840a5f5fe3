package script

import (
	"encoding/json"
	"errors"
	"runtime"
	"runtime/metrics"
	"strings"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/parser"
)

// maxCalls is how deep functions may call each other. What ends a recursion through the engine takes the square of it.
const maxCalls = 2000

// compile reads a source.
func compile(source string) (*goja.Program, *Failure) {
	tree, err := parser.ParseFile(nil, "", source, 0)
	if err == nil {
		var p *goja.Program
		if p, err = goja.CompileAST(tree, false); err == nil {
			return p, nil
		}
	}
	f := &Failure{Kind: Syntax}
	var list parser.ErrorList
	var early *goja.CompilerSyntaxError
	switch {
	case errors.As(err, &list) && len(list) > 0:
		f.Message, f.Line, f.Column = list[0].Message, list[0].Position.Line, list[0].Position.Column
	case errors.As(err, &early) && early.File != nil:
		f.at(early.File.Position(early.Offset))
		f.Message = early.Message
	default:
		f.Message = err.Error()
	}
	f.Message = cut(strings.TrimPrefix(f.Message, "SyntaxError: "))
	return nil, f
}

func (f *Failure) at(p file.Position) { f.Line, f.Column = p.Line, p.Column }

func cut(s string) string {
	if len(s) > maxMessage {
		s = strings.ToValidUTF8(s[:maxMessage], "") + "…"
	}
	return s
}

// execute runs a script in a new runtime: nothing of one is left for the next. say takes what goes to the console.
func execute(p *goja.Program, inputs json.RawMessage, limit time.Duration, say func(string)) (outputs map[string]json.RawMessage, failure *Failure) {
	vm := goja.New()
	vm.SetMaxCallStackSize(maxCalls)
	timer := time.AfterFunc(limit, func() { vm.Interrupt(Timeout) })
	defer timer.Stop()
	defer watchHeap(vm)()
	defer func() {
		if x := recover(); x != nil {
			outputs, failure = nil, failureOf(vm, x)
		}
	}()
	setConsole(vm, say)
	args := vm.ToValue(map[string]any{})
	if len(inputs) > 0 {
		args = parseJSON(vm, inputs)
	}
	if _, err := vm.RunProgram(p); err != nil {
		panic(err)
	}
	found, err := vm.RunString("typeof codeTask === 'function' ? codeTask : undefined")
	if err != nil {
		panic(err)
	}
	codeTask, ok := goja.AssertFunction(found)
	if !ok {
		return nil, &Failure{Kind: NoFunction}
	}
	result, err := codeTask(goja.Undefined(), args)
	if err != nil {
		panic(err)
	}
	return settled(vm, result)
}

// parseJSON makes a value of what the program's own encoder wrote.
func parseJSON(vm *goja.Runtime, text json.RawMessage) goja.Value {
	parse, _ := goja.AssertFunction(vm.Get("JSON").ToObject(vm).Get("parse"))
	v, err := parse(goja.Undefined(), vm.ToValue(string(text)))
	if err != nil {
		panic(err)
	}
	return v
}

// settled gives the fields of the returned object; of a promise, that of what it was fulfilled with. All jobs of promises have
// been done by now: one that is pending stays so.
func settled(vm *goja.Runtime, v goja.Value) (map[string]json.RawMessage, *Failure) {
	if promise, ok := v.Export().(*goja.Promise); ok {
		switch promise.State() {
		case goja.PromiseStatePending:
			return nil, &Failure{Kind: Pending}
		case goja.PromiseStateRejected:
			return nil, thrown(vm, promise.Result())
		}
		v = promise.Result()
	}
	o, ok := v.(*goja.Object)
	if ok {
		switch o.ClassName() {
		case "Array", "Function", "Date", "String", "Number", "Boolean", "Promise":
			ok = false
		}
	}
	if !ok {
		return nil, &Failure{Kind: NoObject, Message: typeName(v)}
	}
	e := encoder{vm: vm, limit: MaxResult}
	return e.outputs(o), nil
}

func typeName(v goja.Value) string {
	switch {
	case v == nil || goja.IsUndefined(v):
		return "undefined"
	case goja.IsNull(v):
		return "null"
	}
	if o, ok := v.(*goja.Object); ok {
		return o.ClassName()
	}
	if t := v.ExportType(); t != nil {
		return map[string]string{"int64": "number", "float64": "number", "bool": "boolean"}[t.Kind().String()] + map[string]string{"string": "string"}[t.Kind().String()]
	}
	return "symbol"
}

// failureOf says what a panic in a script means.
func failureOf(vm *goja.Runtime, x any) *Failure {
	switch x := x.(type) {
	case unfit:
		return &x.failure
	case *goja.InterruptedError:
		if kind, ok := x.Value().(Kind); ok {
			return &Failure{Kind: kind}
		}
		return &Failure{Kind: Timeout}
	case *goja.StackOverflowError:
		return &Failure{Kind: Recursion}
	case *goja.Exception:
		f := thrown(vm, x.Value())
		if stack := x.Stack(); len(stack) > 0 {
			for _, frame := range stack {
				if p := frame.Position(); p.Line > 0 {
					f.at(p)
					break
				}
			}
		}
		return f
	case error:
		return &Failure{Kind: Exception, Message: cut(x.Error())}
	}
	panic(x) // a mistake of ours or the engine's: the child dies of it, and the script fails
}

// thrown says what a script threw, which can be anything.
func thrown(vm *goja.Runtime, v goja.Value) (f *Failure) {
	f = &Failure{Kind: Exception, Message: "something that cannot be shown"}
	defer func() {
		if x := recover(); x != nil {
			if i, ok := x.(*goja.InterruptedError); ok {
				f = failureOf(vm, i)
			}
		}
	}()
	switch {
	case v == nil:
		f.Message = "undefined"
	default:
		if o, ok := v.(*goja.Object); ok && o.ClassName() == "Error" {
			f.Message = cut(o.String())
		} else {
			f.Message = cut(show(vm, v))
		}
	}
	return f
}

// setConsole gives scripts console.log and its kin.
func setConsole(vm *goja.Runtime, say func(string)) {
	console := vm.NewObject()
	for _, name := range []string{"log", "info", "debug", "warn", "error"} {
		mark := ""
		if name == "warn" || name == "error" {
			mark = name + ": "
		}
		_ = console.Set(name, func(call goja.FunctionCall) goja.Value { // a new object takes any member
			texts := make([]string, len(call.Arguments))
			for i, a := range call.Arguments {
				texts[i] = show(vm, a)
			}
			say(mark + strings.Join(texts, " "))
			return goja.Undefined()
		})
	}
	_ = vm.Set("console", console)
}

// heapEvery is how often the heap is looked at.
const heapEvery = 5 * time.Millisecond

// watchHeap interrupts a script whose values take more than [MaxHeap]. What a single native call takes is bounded by the limit
// of the process.
func watchHeap(vm *goja.Runtime) (stop func()) {
	base := heap()
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(heapEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			if heap() < base+MaxHeap {
				continue
			}
			runtime.GC() // part of it may be garbage
			if heap() >= base+MaxHeap {
				vm.Interrupt(Memory)
				return
			}
		}
	}()
	return func() { close(done) }
}

func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
