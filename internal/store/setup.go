package store

import (
	"context"
	"crypto/subtle"
	"time"

	"surveyflow/models"
)

// What transactions on PostgreSQL take turns for; the numbers only have to differ.
const (
	lockPeople       = 7355609
	lockKeys         = 7355610
	lockCertificates = 7355611
)

// takeTurns lets one transaction at a time, on all nodes, past this point until it ends. On SQLite they all do anyway.
func (s *Store) takeTurns(ctx context.Context, lock int) error {
	if s.dialect != postgres {
		return nil
	}
	return s.write(ctx).Exec("SELECT pg_advisory_xact_lock(?)", lock).Error
}

// OfferSetUpCode keeps the hash of a set-up code and reports whether it did: not when somebody can sign in already, and
// not when there is a code that is newer than that time, which another node has printed.
func (s *Store) OfferSetUpCode(ctx context.Context, hash string, newerThan time.Time) (bool, error) {
	offered := false
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.takeTurns(ctx, lockPeople); err != nil {
			return fault("offer set-up code", err)
		}
		if done, err := tx.HasUsers(ctx); done || err != nil {
			return err
		}
		r := tx.write(ctx).Exec(`INSERT INTO setup_codes (id, hash, created_at) VALUES (1, ?, ?)
			ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, created_at = excluded.created_at
			WHERE setup_codes.created_at <= ?`, hash, s.clock.Now(), newerThan)
		offered = r.RowsAffected > 0
		return fault("offer set-up code", r.Error)
	})
	return offered && err == nil, err
}

// CheckSetUpCode says whether the set-up may begin: models.CodeConflict when it is done already, models.CodeInvalid when
// the code is not the one that was printed last.
func (s *Store) CheckSetUpCode(ctx context.Context, hash string) error {
	if done, err := s.HasUsers(ctx); err != nil {
		return err
	} else if done {
		return models.Conflict("people.error.set_up_done", nil)
	}
	var hashes []string
	if err := s.read(ctx).Table("setup_codes").Pluck("hash", &hashes).Error; err != nil {
		return fault("read set-up code", err)
	}
	if len(hashes) != 1 || subtle.ConstantTimeCompare([]byte(hashes[0]), []byte(hash)) != 1 {
		return models.Invalid(models.Field("code", "people.error.set_up_code"))
	}
	return nil
}

// SetUp makes the organisation and its first person, a brand admin, and takes the set-up code away. Of several at once
// one succeeds. Errors as of [Store.CheckSetUpCode].
func (s *Store) SetUp(ctx context.Context, codeHash string, o *models.Organisation, admin *models.User) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.takeTurns(ctx, lockPeople); err != nil {
			return fault("set up", err)
		}
		if err := tx.CheckSetUpCode(ctx, codeHash); err != nil {
			return err
		}
		return tx.createFirst(ctx, o, admin)
	})
}

// AddUser adds a person to the organisation of the instance. The very first one makes the organisation, which is used
// only then, and is its brand admin whatever role was asked for (contract §1).
func (s *Store) AddUser(ctx context.Context, o *models.Organisation, u *models.User) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.takeTurns(ctx, lockPeople); err != nil {
			return fault("add user", err)
		}
		if later, err := tx.HasUsers(ctx); err != nil {
			return err
		} else if !later {
			return tx.createFirst(ctx, o, u)
		}
		there, err := tx.TheOrganisation(ctx)
		if err != nil {
			return err
		}
		u.OrgID = there.ID
		return tx.insertUser(ctx, models.SystemActor(u.OrgID), u)
	})
}

func (s *Store) createFirst(ctx context.Context, o *models.Organisation, u *models.User) error {
	o.WorkflowRev, o.AuditDays, o.CreatedAt = 1, models.DefaultAuditDays, s.clock.Now()
	if err := s.write(ctx).Create(o).Error; err != nil {
		return fault("create organisation", err)
	}
	if err := s.write(ctx).Exec("DELETE FROM setup_codes").Error; err != nil {
		return fault("remove set-up code", err)
	}
	u.OrgID, u.Role = o.ID, models.RoleBrandAdmin
	return s.insertUser(ctx, models.SystemActor(u.OrgID), u)
}
