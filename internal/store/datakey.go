package store

import (
	"context"
	"time"
)

// DataKey is a key that seals secrets in the database. Its own bytes are sealed under a key from the environment.
type DataKey struct {
	ID        string `gorm:"primaryKey"`
	KEK       string `gorm:"column:kek"` // names the key from the environment
	Sealed    string
	Current   bool // the one that seals; all of them open
	CreatedAt time.Time
}

// DataKeys lists the data keys, the oldest first.
func (s *Store) DataKeys(ctx context.Context) ([]DataKey, error) {
	var all []DataKey
	err := s.read(ctx).Order("created_at, id").Find(&all).Error
	return all, fault("read data keys", err)
}

// CreateFirstDataKey adds the key, as the current one, when there is none yet. Of several at once one does.
func (s *Store) CreateFirstDataKey(ctx context.Context, k *DataKey) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.takeTurns(ctx, lockKeys); err != nil {
			return fault("create data key", err)
		}
		there, err := tx.DataKeys(ctx)
		if err != nil || len(there) > 0 {
			return err
		}
		return tx.insertDataKey(ctx, k)
	})
}

// RotateDataKeys makes a new key the current one and writes KEK and Sealed of the others, which go on opening.
func (s *Store) RotateDataKeys(ctx context.Context, fresh *DataKey, others []DataKey) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.takeTurns(ctx, lockKeys); err != nil {
			return fault("rotate data keys", err)
		}
		if err := tx.write(ctx).Model(&DataKey{}).Where("current").Update("current", false).Error; err != nil {
			return fault("rotate data keys", err)
		}
		for _, k := range others {
			err := tx.write(ctx).Model(&DataKey{}).Where("id = ?", k.ID).Updates(map[string]any{"kek": k.KEK, "sealed": k.Sealed}).Error
			if err != nil {
				return fault("rotate data keys", err)
			}
		}
		return tx.insertDataKey(ctx, fresh)
	})
}

func (s *Store) insertDataKey(ctx context.Context, k *DataKey) error {
	k.Current, k.CreatedAt = true, s.clock.Now()
	return fault("create data key", s.write(ctx).Create(k).Error)
}

// Column is a column that holds sealed values; empty ones hold none. Their associated data names table, row and column.
type Column struct {
	Table string
	Key   string // the column that names the row
	Name  string
}

// Columns lists every column with sealed values: what it lacks stays behind when keys are rotated. A test holds it
// against the schema, where the names of such columns end in "sealed". The data keys themselves are not in it.
var Columns = []Column{
	{Table: "credentials", Key: "id", Name: "config_sealed"},
	{Table: "credentials", Key: "id", Name: "tokens_sealed"},
	{Table: "credentials", Key: "id", Name: "mtls_sealed"},
	{Table: "oauth_states", Key: "id", Name: "verifier_sealed"},
	{Table: "attempt_secrets", Key: "id", Name: "outputs_sealed"},
	{Table: "mails", Key: "id", Name: "secret_sealed"},
	{Table: "webhook_secrets", Key: "id", Name: "secret_sealed"},
	{Table: "webhook_secrets", Key: "id", Name: "previous_sealed"},
	{Table: "triggers", Key: "workflow_id", Name: "hmac_sealed"},
	{Table: "users", Key: "id", Name: "totp_sealed"},
	{Table: "sign_in_services", Key: "org_id", Name: "client_secret_sealed"},
	{Table: "client_authorities", Key: "org_id", Name: "key_sealed"},
}

// SealedValue is a sealed value and the row that it stands in.
type SealedValue struct {
	Row    string `gorm:"column:row_id"`
	Sealed string
}

// SealedValues gives sealed values of a column, in the order of their rows, from the first row after the one named.
func (s *Store) SealedValues(ctx context.Context, c Column, after string, limit int) ([]SealedValue, error) {
	var all []SealedValue
	err := s.read(ctx).Table(c.Table).Select(c.Key+" AS row_id, "+c.Name+" AS sealed").
		Where(c.Key+" > ? AND "+c.Name+" <> ''", after).Order(c.Key).Limit(limit).Find(&all).Error
	return all, fault("read sealed values", err)
}

// ReplaceSealed writes a value that was sealed anew, unless it was changed since it was read, and reports whether it did.
func (s *Store) ReplaceSealed(ctx context.Context, c Column, was SealedValue, sealed string) (bool, error) {
	r := s.write(ctx).Table(c.Table).Where(c.Key+" = ? AND "+c.Name+" = ?", was.Row, was.Sealed).Update(c.Name, sealed)
	return r.RowsAffected > 0, fault("replace sealed value", r.Error)
}

// CountSealed counts the values of a column that begin so, which is how they name their key.
func (s *Store) CountSealed(ctx context.Context, c Column, prefix string) (int64, error) {
	var n int64
	err := s.read(ctx).Table(c.Table).Where("substr("+c.Name+", 1, ?) = ?", len(prefix), prefix).Count(&n).Error
	return n, fault("count sealed values", err)
}
