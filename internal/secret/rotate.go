package secret

import (
	"context"
	"fmt"
	"time"

	"surveyflow/internal/store"
)

// resealBatch is how many sealed values rotation reads at a time.
const resealBatch = 200

// Status tells which keys are in use.
type Status struct {
	Roots []RootStatus // newest first
	Keys  []KeyStatus  // oldest first
}

// RootStatus is one root key of SECRET_KEY. One that wraps no data key can be taken out of SECRET_KEY; cookies that were
// signed with it end then.
type RootStatus struct {
	ID       string
	DataKeys int // how many data keys it wraps
}

// KeyStatus is one data key.
type KeyStatus struct {
	ID        string
	Root      string // the root key that wraps it
	Current   bool   // the one that seals
	CreatedAt time.Time
	Values    int64 // how many values are sealed with it
}

// Status reads which keys are in use.
func (s *Sealer) Status(ctx context.Context) (Status, error) { return s.status(ctx, store.Columns) }

func (s *Sealer) status(ctx context.Context, columns []store.Column) (Status, error) {
	stored, err := s.store.DataKeys(ctx)
	if err != nil {
		return Status{}, err
	}
	var st Status
	wraps := map[string]int{}
	for _, k := range stored {
		wraps[k.KEK]++
		ks := KeyStatus{ID: k.ID, Root: k.KEK, Current: k.Current, CreatedAt: k.CreatedAt}
		for _, c := range columns {
			n, err := s.store.CountSealed(ctx, c, version+":"+k.ID+":")
			if err != nil {
				return Status{}, err
			}
			ks.Values += n
		}
		st.Keys = append(st.Keys, ks)
	}
	for _, r := range s.roots {
		st.Roots = append(st.Roots, RootStatus{ID: r.id, DataKeys: wraps[r.id]})
	}
	return st, nil
}

// Rotate makes a new data key, wraps all data keys under the newest root key, seals every value of [store.Columns] anew
// and gives their number. Old data keys stay and open what other processes, which take up the new key within a minute, may
// still seal with them. It can run beside servers, and again when it was interrupted.
//
// A new root key must be known to every server (SECRET_KEY=new,old) before it is used here.
func (s *Sealer) Rotate(ctx context.Context) (int, error) { return s.rotate(ctx, store.Columns) }

func (s *Sealer) rotate(ctx context.Context, columns []store.Column) (int, error) {
	stored, err := s.store.DataKeys(ctx)
	if err != nil {
		return 0, err
	}
	newest := s.roots[0]
	for i := range stored {
		plain, err := s.unwrap(stored[i])
		if err != nil {
			return 0, err
		}
		newest.rewrap(&stored[i], plain)
	}
	if err := s.store.RotateDataKeys(ctx, newest.newDataKey(), stored); err != nil {
		return 0, err
	}
	if err := s.reload(ctx); err != nil {
		return 0, err
	}
	total := 0
	for _, c := range columns {
		n, err := s.reseal(ctx, c)
		total += n
		if err != nil {
			return total, fmt.Errorf("seal %s.%s anew: %w", c.Table, c.Name, err)
		}
	}
	return total, nil
}

// reseal seals the values of a column with the current key and gives the number of those it changed.
func (s *Sealer) reseal(ctx context.Context, c store.Column) (int, error) {
	n, after := 0, ""
	for {
		values, err := s.store.SealedValues(ctx, c, after, resealBatch)
		if err != nil || len(values) == 0 {
			return n, err
		}
		for _, v := range values {
			assoc := Assoc(c.Table, v.Row, c.Name)
			plain, err := s.Open(ctx, assoc, v.Sealed)
			if err != nil {
				return n, fmt.Errorf("row %s: %w", v.Row, err)
			}
			sealed, err := s.Seal(ctx, assoc, plain)
			if err != nil {
				return n, err
			}
			done, err := s.store.ReplaceSealed(ctx, c, v, sealed)
			if err != nil {
				return n, err
			}
			if done { // otherwise somebody else has just written it
				n++
			}
		}
		after = values[len(values)-1].Row
	}
}
