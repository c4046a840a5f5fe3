package script

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/dop251/goja"

	"surveyflow/models"
)

// maxValueDepth is how many objects and arrays a result may have within each other.
const maxValueDepth = 100

// encoder writes values as JSON. Unlike JSON.stringify it says what cannot be written instead of leaving it out, keeps
// the digits of large integers, and stops at a limit.
type encoder struct {
	vm     *goja.Runtime
	out    []byte
	within []*goja.Object
	path   []string // to the value that is being written, for messages
	limit  int      // bytes
}

// unfit is what the encoder panics with: it stands deep in calls of the engine's.
type unfit struct{ failure Failure }

func (e *encoder) fail(why string, args ...any) {
	panic(unfit{Failure{Kind: BadValue, Message: strings.Join(e.path, "") + " " + fmt.Sprintf(why, args...)}})
}

// write appends a value. It panics with unfit, or with what scripts throw in getters, proxies and toJSON.
func (e *encoder) write(v goja.Value) {
	if len(e.out) > e.limit {
		panic(unfit{Failure{Kind: TooLarge}})
	}
	switch x := v.(type) {
	case nil:
		e.add("null")
	case *goja.Object:
		e.object(x)
	case *goja.Symbol:
		e.fail("is a symbol")
	default:
		e.primitive(v)
	}
}

func (e *encoder) add(s string) { e.out = append(e.out, s...) }

func (e *encoder) primitive(v goja.Value) {
	switch x := v.Export().(type) {
	case nil: // undefined and null
		e.add("null")
	case bool:
		e.out = strconv.AppendBool(e.out, x)
	case int64:
		e.out = strconv.AppendInt(e.out, x, 10)
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			e.fail("is %s", v.String())
		}
		e.add(v.String()) // as JavaScript writes numbers, which is JSON
	case *big.Int:
		e.add(x.String())
	case string:
		e.text(x)
	default:
		e.fail("is of a kind that cannot be kept")
	}
}

func (e *encoder) text(s string) {
	if len(e.out)+len(s) > e.limit {
		panic(unfit{Failure{Kind: TooLarge}})
	}
	b, err := models.MarshalJSON(strings.ToValidUTF8(s, "\uFFFD"))
	if err != nil {
		e.fail("cannot be written: %v", err)
	}
	e.out = append(e.out, b...)
}

func (e *encoder) object(o *goja.Object) {
	if to, ok := goja.AssertFunction(o.Get("toJSON")); ok { // dates, and whatever offers it
		v, err := to(o)
		if err != nil {
			panic(err)
		}
		if same, ok := v.(*goja.Object); !ok || same != o {
			e.write(v)
			return
		}
	}
	switch class := className(o); class {
	case "Function", "Promise", "Map", "Set", "Error":
		e.fail("is a %s", class)
	case "Number", "String", "Boolean": // new String("x") and its like
		e.write(valueOf(o))
	case "Array":
		e.nested(o, e.array)
	default:
		e.nested(o, func(o *goja.Object) { e.members(o) })
	}
}

// valueOf gives what an object stands for.
func valueOf(o *goja.Object) goja.Value {
	value, ok := goja.AssertFunction(o.Get("valueOf"))
	if !ok {
		return nil
	}
	v, err := value(o)
	if err != nil {
		panic(err)
	}
	if _, still := v.(*goja.Object); still {
		return nil
	}
	return v
}

var exportedMap, exportedList = reflect.TypeFor[[][2]any](), reflect.TypeFor[[]any]()

// className tells what an object is; the engine itself does not tell maps and sets from other objects.
func className(o *goja.Object) string {
	class := o.ClassName()
	switch t := o.ExportType(); {
	case t == exportedMap:
		return "Map"
	case t == exportedList && class != "Array":
		return "Set"
	}
	return class
}

// nested writes an object or array, unless it stands within itself or too deep.
func (e *encoder) nested(o *goja.Object, write func(*goja.Object)) {
	switch {
	case slices.Contains(e.within, o):
		e.fail("contains itself")
	case len(e.within) == maxValueDepth:
		e.fail("is nested too deeply")
	}
	e.within = append(e.within, o)
	write(o)
	e.within = e.within[:len(e.within)-1]
}

func (e *encoder) array(o *goja.Object) {
	e.add("[")
	for i := range o.Get("length").ToInteger() {
		if i > 0 {
			e.add(",")
		}
		key := strconv.FormatInt(i, 10)
		e.at("["+key+"]", o.Get(key))
	}
	e.add("]")
}

func (e *encoder) members(o *goja.Object) {
	e.add("{")
	for i, key := range o.Keys() {
		if i > 0 {
			e.add(",")
		}
		e.text(key)
		e.add(":")
		e.at("."+key, o.Get(key))
	}
	e.add("}")
}

// at writes a part of an object.
func (e *encoder) at(name string, v goja.Value) {
	e.path = append(e.path, name)
	e.write(v)
	e.path = e.path[:len(e.path)-1]
}

// outputs gives the fields of a returned object.
func (e *encoder) outputs(o *goja.Object) map[string]json.RawMessage {
	fields := map[string]json.RawMessage{}
	for _, key := range o.Keys() {
		start := len(e.out)
		e.path = []string{key}
		e.write(o.Get(key))
		fields[strings.ToValidUTF8(key, "\uFFFD")] = slices.Clone(e.out[start:])
		e.limit -= len(key)
	}
	if len(e.out) > e.limit {
		panic(unfit{Failure{Kind: TooLarge}})
	}
	return fields
}

// show gives a value as the console prints it.
func show(vm *goja.Runtime, v goja.Value) string {
	o, ok := v.(*goja.Object)
	if !ok {
		return v.String()
	}
	if o.ClassName() == "Error" {
		if stack := o.Get("stack"); stack != nil && !goja.IsUndefined(stack) {
			return strings.TrimSpace(stack.String())
		}
		return o.String()
	}
	e := encoder{vm: vm, limit: MaxConsole}
	if text, ok := tryWrite(&e, o); ok {
		return text
	}
	return o.String()
}

// tryWrite writes a value unless it is unfit.
func tryWrite(e *encoder, v goja.Value) (text string, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			if _, isUnfit := p.(unfit); !isUnfit {
				panic(p)
			}
		}
	}()
	e.write(v)
	return string(e.out), true
}
