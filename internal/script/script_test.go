package script_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/script"
)

// TestMain lets the test's program be its own sandbox, as the real one is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == script.Argument {
		if err := script.Serve(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func newPool(t testing.TB, o script.Options) *script.Pool {
	t.Helper()
	o.Limit = cmp.Or(o.Limit, time.Minute) // a slow machine is no fault of the script
	p := script.NewPool(o)
	t.Cleanup(p.Close)
	return p
}

func run(t testing.TB, p *script.Pool, source, inputs string) script.Result {
	t.Helper()
	r, err := p.Run(t.Context(), script.Script{Source: source, Inputs: json.RawMessage(inputs)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func outputs(r script.Result) string {
	text, _ := json.Marshal(r.Outputs) //nolint:errchkjson // valid by its making
	return string(text)
}

func TestScripts_return_outputs(t *testing.T) {
	t.Parallel()
	p := newPool(t, script.Options{})
	for _, c := range []struct{ name, source, inputs, want string }{
		{"no parameter", `function codeTask() { return { a: 1 }; }`, ``, `{"a":1}`},
		{"inputs", `function codeTask(inputs) { return { sum: inputs.a + inputs.b, none: inputs.c === null, list: inputs.l.map(x => x * 2) }; }`, `{"a":1,"b":2.5,"c":null,"l":[1,2]}`, `{"list":[2,4],"none":true,"sum":3.5}`},
		{"constant", `const codeTask = ({a}) => ({ a });`, `{"a":"x"}`, `{"a":"x"}`},
		{"async", `async function codeTask(i) { const x = await Promise.resolve(i.a); return { x }; }`, `{"a":1}`, `{"x":1}`},
		{"promise", `function codeTask() { return new Promise(ok => ok({ x: 2 })); }`, ``, `{"x":2}`},
		{
			"values", `function codeTask() { return { n: null, u: undefined, b: true, s: "é\u2028\"", f: 0.1, e: 1e21, big: 12345678901234567890n, d: new Date(0), o: { z: 1, a: [] }, w: new String("w") }; }`, ``,
			`{"b":true,"big":12345678901234567890,"d":"1970-01-01T00:00:00.000Z","e":1e+21,"f":0.1,"n":null,"o":{"z":1,"a":[]},"s":"é\u2028\"","u":null,"w":"w"}`,
		},
		{"modern", `class A { #x = 1; get x() { return this.#x ?? 0; } } function codeTask(i) { return { x: new A().x, y: i?.nothing?.here ?? "none", ...{ z: 3 } }; }`, `{}`, `{"x":1,"y":"none","z":3}`},
		{"getter", `function codeTask() { return { get a() { return 1; } }; }`, ``, `{"a":1}`},
		{"proxy", `function codeTask() { return new Proxy({ a: 1 }, { get: (o, k) => k === "a" ? 2 : o[k] }); }`, ``, `{"a":2}`},
		{"nothing", `function codeTask() { return {}; }`, ``, `{}`},
		{"caught", `function codeTask() { try { null.x; } catch (e) { return { e: e.name }; } }`, ``, `{"e":"TypeError"}`},
		{"lone surrogate", `function codeTask() { return { s: "\ud800" }; }`, ``, `{"s":"` + "\uFFFD" + `"}`},
	} {
		if r := run(t, p, c.source, c.inputs); r.Failure != nil || outputs(r) != c.want {
			var want, got any
			_ = json.Unmarshal([]byte(c.want), &want)
			_ = json.Unmarshal([]byte(outputs(r)), &got)
			t.Errorf("%s: %s, %v; want %s", c.name, outputs(r), r.Failure, c.want)
		}
	}
}

func TestScripts_that_fail_say_why_and_where(t *testing.T) {
	t.Parallel()
	p := newPool(t, script.Options{})
	for _, c := range []struct {
		name, source string
		want         script.Failure
	}{
		{"syntax", "function codeTask() {\n  return { a: };\n}", script.Failure{Kind: script.Syntax, Message: "Unexpected token }", Line: 2, Column: 15}},
		{"early error", "function codeTask() {\n  let a; let a;\n}", script.Failure{Kind: script.Syntax, Message: "Identifier 'a' has already been declared", Line: 2, Column: 14}},
		{"no function", "var x = 1;", script.Failure{Kind: script.NoFunction}},
		{"another thing", "var codeTask = 1;", script.Failure{Kind: script.NoFunction}},
		{"exception", "function codeTask() {\n\n  nope();\n}", script.Failure{Kind: script.Exception, Message: "ReferenceError: nope is not defined", Line: 3, Column: 7}},
		{"outside", "throw new Error('top');", script.Failure{Kind: script.Exception, Message: "Error: top", Line: 1, Column: 7}},
		{"a text", "function codeTask() { throw 'just text'; }", script.Failure{Kind: script.Exception, Message: "just text", Line: 1, Column: 23}},
		{"nothing", "function codeTask() { throw undefined; }", script.Failure{Kind: script.Exception, Message: "undefined", Line: 1, Column: 23}},
		{"an object", "function codeTask() { throw { code: 7 }; }", script.Failure{Kind: script.Exception, Message: `{"code":7}`, Line: 1, Column: 23}},
		{"what throws when shown", "function codeTask() { throw { toJSON() { throw 1 }, toString() { throw 2 } }; }", script.Failure{Kind: script.Exception, Message: "something that cannot be shown", Line: 1, Column: 23}},
		{"rejected", "async function codeTask() { throw new TypeError('no'); }", script.Failure{Kind: script.Exception, Message: "TypeError: no"}},
		{"pending", "function codeTask() { return new Promise(() => {}); }", script.Failure{Kind: script.Pending}},
		{"undefined", "function codeTask() { }", script.Failure{Kind: script.NoObject, Message: "undefined"}},
		{"null", "function codeTask() { return null; }", script.Failure{Kind: script.NoObject, Message: "null"}},
		{"number", "function codeTask() { return 1.5; }", script.Failure{Kind: script.NoObject, Message: "number"}},
		{"array", "function codeTask() { return [1]; }", script.Failure{Kind: script.NoObject, Message: "Array"}},
		{"not a number", "function codeTask() { return { a: { b: [0, NaN] } }; }", script.Failure{Kind: script.BadValue, Message: "a.b[1] is NaN"}},
		{"infinite", "function codeTask() { return { a: -1/0 }; }", script.Failure{Kind: script.BadValue, Message: "a is -Infinity"}},
		{"function", "function codeTask() { return { a() {} }; }", script.Failure{Kind: script.BadValue, Message: "a is a Function"}},
		{"symbol", "function codeTask() { return { a: Symbol('x') }; }", script.Failure{Kind: script.BadValue, Message: "a is a symbol"}},
		{"map", "function codeTask() { return { a: new Map() }; }", script.Failure{Kind: script.BadValue, Message: "a is a Map"}},
		{"cycle", "function codeTask() { const a = {}; a.b = { a }; return { a }; }", script.Failure{Kind: script.BadValue, Message: "a.b.a contains itself"}},
		{"deep", "function codeTask() { let a = 1; for (let i = 0; i < 100000; i++) a = [a]; return { a }; }", script.Failure{Kind: script.BadValue}},
		{"throwing getter", "function codeTask() { return { get a() { throw new Error('g'); } }; }", script.Failure{Kind: script.Exception, Message: "Error: g"}},
		{"throwing proxy", "function codeTask() { return new Proxy({}, { ownKeys() { throw new Error('p'); } }); }", script.Failure{Kind: script.Exception, Message: "Error: p"}},
		{"no timers", "function codeTask() { setTimeout(() => {}, 1); }", script.Failure{Kind: script.Exception, Message: "ReferenceError: setTimeout is not defined"}},
		{"no modules", "function codeTask() { return require('fs'); }", script.Failure{Kind: script.Exception, Message: "ReferenceError: require is not defined"}},
		{"no process", "function codeTask() { return process.env; }", script.Failure{Kind: script.Exception, Message: "ReferenceError: process is not defined"}},
		{"imports", "import x from 'x';", script.Failure{Kind: script.Syntax}},
	} {
		r := run(t, p, c.source, "")
		if r.Failure == nil {
			t.Errorf("%s: no failure, but %s", c.name, outputs(r))
			continue
		}
		got, want := *r.Failure, c.want
		if got.Kind != want.Kind || want.Message != "" && !strings.HasPrefix(got.Message, want.Message) || want.Line != 0 && (got.Line != want.Line || got.Column != want.Column) {
			t.Errorf("%s: %+v; want %+v", c.name, got, want)
		}
	}
}

func TestHostile_scripts_end_clearly_and_harm_nothing(t *testing.T) {
	t.Parallel()
	p := newPool(t, script.Options{Size: 2, Limit: 300 * time.Millisecond})
	for _, c := range []struct {
		name, body string
		want       string // the kinds that are clear
	}{
		{"endless loop", `for (;;) {}`, "timeout"},
		{"endless loop that catches", `for (;;) { try { for (;;) {} } catch (e) {} finally { continue; } }`, "timeout"},
		{"endless promises", `const f = () => Promise.resolve().then(f); return f();`, "timeout memory"},
		{"endless generator", `function* g() { for (;;) yield 1; } return { a: [...g()] };`, "timeout memory"},
		{"a long text", `return { s: 'x'.repeat(2 ** 30) };`, "memory too_large timeout exception"},
		{"a text that doubles", `let s = 'x'; for (;;) s += s;`, "memory timeout exception"},
		{"a large array", `return { a: new Array(1e9).fill(0) };`, "memory timeout"},
		{"a sparse array", `return { a: new Array(1e9) };`, "too_large memory timeout"},
		{"a joined array", `return { s: new Array(1e8).join('xx') };`, "memory timeout too_large"},
		{"many objects", `const a = []; for (;;) a.push({ a: [1, 2, 3] });`, "memory timeout"},
		{"a buffer", `return { n: new ArrayBuffer(1e9).byteLength };`, "memory exception timeout"},
		{"a tracking regular expression", `return { m: /^(a+)+(?=b)\1$/.test('a'.repeat(40)) };`, "timeout"},
		{"deep recursion", `const f = () => f() + 1; return { a: f() };`, "recursion timeout"},
		{"deep recursion through the engine", `const f = () => [1].map(f); f();`, "recursion timeout"},
		{"deep recursion through getters", `const o = { get a() { return this.a; } }; return o;`, "recursion timeout"},
		{"deep recursion through toString", `const o = { toString() { return '' + this; } }; return { a: '' + o };`, "recursion timeout"},
		{"deep JSON", `let s = '['.repeat(1e5) + ']'.repeat(1e5); return { a: JSON.stringify(JSON.parse(s)).length };`, "timeout recursion memory exception"},
		{"a huge result", `return { a: 'x'.repeat(2e6) };`, "too_large timeout"},
		{"many fields", `const o = {}; for (let i = 0; i < 1e5; i++) o['field' + i] = 'some text'; return o;`, "too_large timeout"},
		{"a proxy without end", `return new Proxy({}, { ownKeys: () => Array.from({ length: 1e6 }, (_, i) => 'k' + i), getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }) });`, "too_large timeout memory"},
		{"sorting for ever", `return { a: new Array(1e6).fill(0).sort(() => Math.random() - .5).length };`, "timeout memory"},
		{"toJSON without end", `const o = { toJSON() { return { toJSON: o.toJSON }; } }; return { o };`, "recursion timeout bad_value"},
		{"a huge number", `return { a: 2n ** 100000000n };`, "timeout memory too_large exception"},
		{"typed arrays", `const a = []; for (;;) a.push(new Uint8Array(1e6));`, "memory timeout exception"},
	} {
		t.Run(c.name, func(t *testing.T) {
			began := time.Now()
			r := run(t, p, "function codeTask() { "+c.body+" }", "")
			if r.Failure == nil || !strings.Contains(" "+c.want+" ", " "+string(r.Failure.Kind)+" ") {
				t.Errorf("%.100s, %v; want %s", outputs(r), r.Failure, c.want)
			}
			if took := time.Since(began); took > time.Minute {
				t.Errorf("it took %v", took)
			}
			t.Logf("%v after %v", r.Failure, time.Since(began).Round(time.Millisecond))
		})
	}
	r := run(t, p, `function codeTask() { return { a: 1 }; }`, "")
	for began := time.Now(); r.Failure != nil && r.Failure.Kind == script.Timeout && time.Since(began) < time.Minute; {
		r = run(t, p, `function codeTask() { return { a: 1 }; }`, "") // a child that has to start first on a busy machine is no harm
	}
	if outputs(r) != `{"a":1}` {
		t.Errorf("afterwards: %s, %v", outputs(r), r.Failure)
	}
}

func TestA_script_leaves_nothing_for_the_next(t *testing.T) {
	t.Parallel()
	p := newPool(t, script.Options{Size: 1})
	run(t, p, `Object.prototype.polluted = 1; Array.prototype.map = null; var left = 1; JSON.stringify = () => "no"; Object.keys = null; function codeTask() { globalThis.more = 1; return {}; }`, "")
	source := `function codeTask() { return { p: {}.polluted === undefined, m: typeof [].map, l: typeof left, g: typeof more, j: JSON.stringify([1]), k: Object.keys({ a: 1 }) }; }`
	if r := run(t, p, source, ""); outputs(r) != `{"g":"undefined","j":"[1]","k":["a"],"l":"undefined","m":"function","p":true}` {
		t.Errorf("the next script sees %s, %v", outputs(r), r.Failure)
	}
}

func TestTheConsole_is_kept_also_of_a_script_that_is_killed(t *testing.T) {
	t.Parallel()
	p := newPool(t, script.Options{})
	r := run(t, p, `function codeTask() { console.log("one", 2, { a: [3] }, null, undefined, "<b>"); console.warn("careful"); console.error(new Error("bad")); return {}; }`, "")
	if want := "one 2 {\"a\":[3]} null undefined <b>\nwarn: careful\nerror: Error: bad"; !strings.HasPrefix(r.Console, want) || r.Failure != nil {
		t.Errorf("console %q, %v; want %q", r.Console, r.Failure, want)
	}
	r = run(t, p, `function codeTask() { for (let i = 0; i < 1e4; i++) console.log("line " + i + "é"); return { a: 1 }; }`, "")
	if len(r.Console) > script.MaxConsole || len(r.Console) < script.MaxConsole-10 || !r.Cut || outputs(r) != `{"a":1}` {
		t.Errorf("%d bytes of console, cut %v, %v", len(r.Console), r.Cut, r.Failure)
	}
	hasty := newPool(t, script.Options{Size: 1, Limit: 2 * time.Second})
	run(t, hasty, `function codeTask() { return {}; }`, "") // its child has started
	r = run(t, hasty, `function codeTask() { console.log("before"); 'x'.repeat(1e6).match(/^(x+)+(?=y)\1$/); }`, "")
	if r.Console != "before\n" || r.Failure == nil {
		t.Errorf("console %q, %v", r.Console, r.Failure)
	}
}

func TestWaiting_for_a_free_child_is_no_part_of_the_limit(t *testing.T) {
	t.Parallel()
	p := newPool(t, script.Options{Size: 1, Limit: 3 * time.Second})
	var all sync.WaitGroup
	all.Go(func() { // has the only child for the whole limit, unless the other one was quicker
		if _, err := p.Run(t.Context(), script.Script{Source: `function codeTask() { for (;;) {} }`}); err != nil {
			t.Error(err)
		}
	})
	all.Go(func() {
		if r, err := p.Run(t.Context(), script.Script{Source: `function codeTask() { return { ok: true }; }`}); err != nil || r.Failure != nil {
			t.Errorf("%v, %v", r.Failure, err)
		}
	})
	all.Wait()
}

func TestA_script_ends_with_its_context(t *testing.T) {
	t.Parallel()
	p := newPool(t, script.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := p.Run(ctx, script.Script{Source: `function codeTask() { for (;;) {} }`}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it ended with %v", err)
	}
	if r := run(t, p, `function codeTask() { return {}; }`, ""); r.Failure != nil {
		t.Error(r.Failure)
	}
}

func TestA_closed_pool_gives_up(t *testing.T) {
	t.Parallel()
	p := script.NewPool(script.Options{Size: 1})
	ended := make(chan error, 1)
	started := make(chan struct{})
	go func() {
		close(started)
		_, err := p.Run(context.Background(), script.Script{Source: `function codeTask() { for (;;) {} }`})
		ended <- err
	}()
	<-started
	p.Close()
	if err := <-ended; !errors.Is(err, script.ErrUnavailable) {
		t.Errorf("the script ended with %v", err)
	}
	if _, err := p.Run(t.Context(), script.Script{}); !errors.Is(err, script.ErrUnavailable) {
		t.Errorf("another one: %v", err)
	}
}

func TestCheck_reads_without_running(t *testing.T) {
	t.Parallel()
	p := newPool(t, script.Options{})
	for range 2 {
		if f, err := p.Check(t.Context(), `throw 1; for (;;) {}`); f != nil || err != nil {
			t.Errorf("%v, %v", f, err)
		}
		if f, err := p.Check(t.Context(), "\nlet 1"); err != nil || f == nil || f.Line != 2 {
			t.Errorf("%+v, %v", f, err)
		}
	}
	for _, hostile := range []string{strings.Repeat("(", 60_000), strings.Repeat("!", 60_000) + "1", strings.Repeat("a=>", 20_000) + "1", strings.Repeat("x", 70_000)} {
		if f, err := p.Check(t.Context(), hostile); err != nil {
			t.Errorf("%.10s: %v, %v", hostile, f, err)
		}
	}
}

func BenchmarkScript(b *testing.B) {
	p := newPool(b, script.Options{})
	source := `function codeTask(inputs) {
  const total = inputs.items.reduce((sum, item) => sum + item.price * item.count, 0);
  const names = inputs.items.map((item) => item.name.trim().toUpperCase());
  return { total, names, first: names[0] ?? null, large: total > 100 };
}`
	inputs := json.RawMessage(`{"items":[{"name":" a ","price":2.5,"count":3},{"name":"b","price":100,"count":1}]}`)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if r, err := p.Run(b.Context(), script.Script{Source: source, Inputs: inputs}); err != nil || r.Failure != nil {
				b.Error(err, r.Failure)
			}
		}
	})
}
