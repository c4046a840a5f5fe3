// Package script runs the JavaScript that owners write in code tasks: function codeTask(inputs) { return {…} }.
//
// No engine inside of a process can stop every call: 'x'.repeat(1e9) or a regular expression that tracks back for ever
// runs until it ends. So scripts run in child processes of the same program (see [Serve]), few and kept for the next script,
// that have no environment, no files, no network and a limit of memory. A child that does not answer in time is
// killed; nothing that a script does reaches the server.
//
// The parent's side is pool.go and process.go, the child's serve.go, run.go and value.go; they speak lines of JSON.
package script

import (
	"encoding/json"
	"fmt"
	"time"
)

// Limits of a script.
const (
	MaxSource  = 64 << 10 // bytes
	MaxInputs  = 1 << 20  // bytes of JSON
	MaxResult  = 1 << 20  // bytes of JSON
	MaxConsole = 64 << 10 // bytes
	MaxHeap    = 64 << 20 // bytes of the script's values
	TimeLimit  = 10 * time.Second
)

// Argument is the hidden command by which the program is started as a child.
const Argument = "sandbox"

// Script is a source and what it gets.
type Script struct {
	Source string
	Inputs json.RawMessage // an object; empty for none
}

// Result is what came of a script.
type Result struct {
	Outputs map[string]json.RawMessage // the fields of the returned object; nil with a failure
	Console string                     // what it printed, up to [MaxConsole]
	Cut     bool                       // it printed more
	Failure *Failure
	Took    time.Duration // without waiting for a free child
}

// Failure says why a script gave no result.
type Failure struct {
	Kind    Kind   `json:"kind"`
	Message string `json:"message,omitempty"` // what the engine or the script said, up to maxMessage bytes
	Line    int    `json:"line,omitempty"`    // 1, 2 …; 0 when it is not known
	Column  int    `json:"column,omitempty"`
}

// Kind is a kind of failure; "run.error.code_" and the kind make a message key.
type Kind string

// The kinds of failures.
const (
	Syntax     Kind = "syntax"      // the source cannot be read
	NoFunction Kind = "no_function" // it defines no function codeTask
	Exception  Kind = "exception"   // it threw something
	Timeout    Kind = "timeout"     // it took longer than [TimeLimit]
	Memory     Kind = "memory"      // it used more than [MaxHeap]
	Recursion  Kind = "recursion"   // it called itself too deeply
	Pending    Kind = "pending"     // it returned a promise that nothing can fulfil
	NoObject   Kind = "no_object"   // it returned something else than an object
	BadValue   Kind = "bad_value"   // a returned field cannot be kept as JSON; Message names it and why
	TooLarge   Kind = "too_large"   // the returned object is larger than [MaxResult]
	Crash      Kind = "crash"       // the child died, for no reason that is known
)

// maxMessage is how much of an error's text is kept, in bytes.
const maxMessage = 2000

// String gives the text for logs.
func (f *Failure) String() string {
	if f.Line > 0 {
		return fmt.Sprintf("script: %s at %d:%d: %s", f.Kind, f.Line, f.Column, f.Message)
	}
	return fmt.Sprintf("script: %s: %s", f.Kind, f.Message)
}

// request asks a child for something; there is one at a time.
type request struct {
	Check  bool            `json:"check,omitempty"` // read the source only
	Source string          `json:"source"`
	Inputs json.RawMessage `json:"inputs,omitempty"`
	Limit  time.Duration   `json:"limit"`
}

// message is a line from a child: what was printed, or, last, how the script ended.
type message struct {
	Print   string                     `json:"print,omitempty"`
	Cut     bool                       `json:"cut,omitempty"`
	Done    bool                       `json:"done,omitempty"`
	Outputs map[string]json.RawMessage `json:"outputs,omitempty"`
	Failure *Failure                   `json:"failure,omitempty"`
}
