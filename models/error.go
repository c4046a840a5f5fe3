package models

import (
	"errors"
	"fmt"
	"strings"
)

// Code classifies an [Error]; it is mapped to an HTTP status in one place, handlers/web.
type Code string

// The codes of domain errors.
const (
	CodeInvalid      Code = "invalid"      // the input breaks a rule; Fields name where
	CodeNotFound     Code = "not found"    // it is not there, or not the caller's: both look alike
	CodeConflict     Code = "conflict"     // somebody else changed it, or it is used already
	CodeForbidden    Code = "forbidden"    // the caller's role does not allow it
	CodeUnauthorized Code = "unauthorized" // nobody is signed in, or the token is wrong
	CodeThrottled    Code = "throttled"    // too many tries; Args may hold "Seconds" to wait
	CodeTooLarge     Code = "too large"    // the input is over its limit
	CodeUnavailable  Code = "unavailable"  // a part of ours is down; trying again later helps
)

// Error is the one error type of the domain. It carries a message key of the catalogues instead of a sentence,
// so that the edge that shows it chooses the language.
type Error struct {
	Code   Code
	Key    string         // message key, e.g. "survey.error.not_found"
	Args   map[string]any // values for the message
	Fields []FieldError   // what is wrong where, for CodeInvalid
	Cause  error          // for the log only; never shown
}

// FieldError says what is wrong with one field of the input.
type FieldError struct {
	Field string // the name of the form field or the path in the JSON, e.g. "tasks[0].config.url"
	Key   string
	Args  map[string]any
}

// Error gives the text for logs: code, key and fields, never the values.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Code, e.Key)
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "; %s: %s", f.Field, f.Key)
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	return b.String()
}

// Unwrap gives the cause, if there is one.
func (e *Error) Unwrap() error { return e.Cause }

// Is reports whether target is a domain error with the same code and, if the target has one, the same key.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && (t.Key == "" || t.Key == e.Key)
}

// ErrorCode gives the code of the domain error in err's chain, or "" when there is none.
func ErrorCode(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// NotFound says that the thing does not exist for this caller.
func NotFound(key string) *Error { return &Error{Code: CodeNotFound, Key: key} }

// Conflict says that the write meets a newer state or something that exists already.
func Conflict(key string, args map[string]any) *Error {
	return &Error{Code: CodeConflict, Key: key, Args: args}
}

// Invalid says which fields of the input break a rule. Without fields it returns nil, so that a
// validation can end with "return models.Invalid(fields...)".
func Invalid(fields ...FieldError) error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Code: CodeInvalid, Key: "error.invalid", Fields: fields}
}

// Field makes a [FieldError]; args are name and value in turn.
func Field(field, key string, args ...any) FieldError {
	f := FieldError{Field: field, Key: key}
	for i := 0; i+1 < len(args); i += 2 {
		if f.Args == nil {
			f.Args = make(map[string]any, len(args)/2)
		}
		f.Args[fmt.Sprint(args[i])] = args[i+1]
	}
	return f
}
