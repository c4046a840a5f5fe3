package store

import (
	"context"
	"fmt"
	"time"

	"surveyflow/models"
)

// AcceptTogether commits the acceptances as one batch, as when they are handed in during a commit, and gives what each
// caller is told.
func (s *Store) AcceptTogether(ctx context.Context, as ...*Acceptance) []error {
	units := make([]*unit, len(as))
	for i, a := range as {
		units[i] = &unit{accept: a}
	}
	return s.together(ctx, units)
}

// FinishTogether is AcceptTogether for the steps of runs.
func (s *Store) FinishTogether(ctx context.Context, fs ...*Finish) []error {
	units := make([]*unit, len(fs))
	for i, f := range fs {
		units[i] = &unit{finish: f}
	}
	return s.together(ctx, units)
}

func (s *Store) together(ctx context.Context, units []*unit) []error {
	const shard = 7
	s.committer.commit(ctx, shard, units, func() {})
	errs := make([]error, len(units))
	for i, u := range units {
		errs[i] = u.err
	}
	return errs
}

// Unsure makes the step one whose earlier try failed, as when the database's answer was lost.
func (f *Finish) Unsure() { f.unsure = true }

// SetPatience changes how long one commit may take.
func (s *Store) SetPatience(d time.Duration) { s.committer.patience = d }

// SetManyRuns changes how many runs a search finds by an index at most.
func (s *Store) SetManyRuns(n int64) { s.manyRuns = n }

// ExplainPromoteHeld tells how the database looks for held runs whose deadline has come.
func (s *Store) ExplainPromoteHeld(ctx context.Context) (plan string, err error) {
	explain := "EXPLAIN "
	if s.dialect == sqlite {
		explain = "EXPLAIN QUERY PLAN "
	}
	var lines []map[string]any
	err = s.read(ctx).Raw(explain+s.promoteHeld(), 1, heldLimit, 1).Scan(&lines).Error
	for _, line := range lines {
		plan += fmt.Sprintln(line)
	}
	return plan, err
}

// MigrateDown takes all migrations back.
func (s *Store) MigrateDown(ctx context.Context) error {
	p, err := s.migrator(s.writer)
	if err != nil {
		return err
	}
	_, err = p.DownTo(ctx, 0)
	return err
}

// AddInvitationForTest writes an invitation as it is.
func (s *Store) AddInvitationForTest(ctx context.Context, i *models.Invitation) error {
	return fault("add invitation", s.write(ctx).Create(i).Error)
}
