package pipedtext

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"time"
)

// Env is a [Source] that answers dates and random numbers itself and asks Source for everything else. The same Env
// gives the same text every time, so that a retry sends the body of the first try: Now and Seed are fixed per task of
// a run.
type Env struct {
	Source Source         // nil knows nothing
	Now    time.Time      // of the first try
	Zone   *time.Location // in which dates are shown; nil is UTC
	Seed   string         // of the random numbers, such as the ids of run and task
}

// Value answers ref.
func (e *Env) Value(ref Ref) Value {
	switch ref.Scheme {
	case "date":
		return e.date(ref)
	case "rand":
		return e.random(ref)
	}
	if e.Source == nil {
		return Value{}
	}
	return e.Source.Value(ref)
}

// date formats the day that ref names.
func (e *Env) date(ref Ref) Value {
	t := e.Now.UTC()
	if e.Zone != nil {
		t = t.In(e.Zone)
	}
	format, off := splitOffset(ref.Path)
	return Text(string(appendDate(nil, off.from(t), format)))
}

// random draws a number that depends only on the seed and on where the token stands.
func (e *Env) random(ref Ref) Value {
	low, high, ok := randomRange(ref.Path)
	if !ok {
		return Value{}
	}
	sum := sha256.Sum256(strconv.AppendInt([]byte(e.Seed+"\x00"), int64(ref.At), 10))
	n := binary.BigEndian.Uint64(sum[:])
	if width := uint64(high) - uint64(low) + 1; width != 0 { // 0: every int64 is possible
		n %= width
	}
	return Value{KindNumber, strconv.FormatInt(int64(uint64(low)+n), 10)}
}
