package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm/clause"
)

// SignInFailure counts the failed sign-ins of one subject: an account or an address.
type SignInFailure struct {
	Subject  string `gorm:"primaryKey"`
	Failures int
	LastAt   time.Time
}

// SignInFailures reads the counts of the subjects; one without failures has no entry. In a transaction the counts stay
// as they are until it ends.
func (s *Store) SignInFailures(ctx context.Context, subjects ...string) (map[string]SignInFailure, error) {
	db := s.read(ctx).Where("subject IN ?", subjects).Order("subject")
	if ctx.Value(inTx{}) != nil {
		db = db.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var all []SignInFailure
	if err := db.Find(&all).Error; err != nil {
		return nil, fault("read failed sign-ins", err)
	}
	counts := make(map[string]SignInFailure, len(all))
	for _, f := range all {
		counts[f.Subject] = f
	}
	return counts, nil
}

// AddSignInFailure counts one more for each subject. A count that rested since that time begins anew.
func (s *Store) AddSignInFailure(ctx context.Context, restedSince time.Time, subjects ...string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		for _, subject := range slices.Sorted(slices.Values(subjects)) {
			err := tx.write(ctx).Exec(`INSERT INTO sign_in_failures (subject, failures, last_at) VALUES (?, 1, ?)
				ON CONFLICT (subject) DO UPDATE SET last_at = excluded.last_at,
					failures = CASE WHEN sign_in_failures.last_at <= ? THEN 1 ELSE sign_in_failures.failures + 1 END`,
				subject, s.clock.Now(), restedSince).Error
			if err != nil {
				return fault("count failed sign-in", err)
			}
		}
		return nil
	})
}

// ForgetSignInFailures removes the count of one subject and takes one off another's: the account that signed in, and
// the address from which others may have failed.
func (s *Store) ForgetSignInFailures(ctx context.Context, cleared, lowered string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.write(ctx).Where("subject = ?", cleared).Delete(&SignInFailure{}).Error; err != nil {
			return fault("forget failed sign-ins", err)
		}
		err := tx.write(ctx).Exec("UPDATE sign_in_failures SET failures = failures - 1 WHERE subject = ? AND failures > 0", lowered).Error
		return fault("forget failed sign-ins", err)
	})
}

// PurgeSignInFailures removes the counts that rested since that time.
func (s *Store) PurgeSignInFailures(ctx context.Context, restedSince time.Time) error {
	return fault("purge failed sign-ins", s.write(ctx).Where("last_at <= ?", restedSince).Delete(&SignInFailure{}).Error)
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
