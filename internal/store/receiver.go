package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"surveyflow/models"
)

// CreateReceiver adds a receiver that belongs to the actor.
func (s *Store) CreateReceiver(ctx context.Context, a models.Actor, r *models.Receiver) error {
	r.OrgID, r.OwnerID, r.CreatedAt = a.OrgID, a.UserID, s.clock.Now()
	return fault("create receiver", s.write(ctx).Create(r).Error)
}

// ReceiverRow is one line of the list of receivers.
type ReceiverRow struct {
	models.Receiver
	Requests int64     // how many are kept
	LastAt   time.Time `gorm:"-"` // when the newest of them came; zero when there is none
	LastID   *string
}

// Receivers lists the receivers that the actor may see, the newest first, at most MaxPage of them.
func (s *Store) Receivers(ctx context.Context, a models.Actor) ([]ReceiverRow, error) {
	var rows []ReceiverRow
	err := owned(s.read(ctx).Model(&models.Receiver{}), "receivers", a).
		Select(`receivers.*, (SELECT COUNT(*) FROM received_requests q WHERE q.receiver_id = receivers.id) AS requests,
			(SELECT MAX(q.id) FROM received_requests q WHERE q.receiver_id = receivers.id) AS last_id`).
		Order("created_at DESC, id DESC").Limit(MaxPage).Find(&rows).Error
	if err != nil {
		return nil, fault("list receivers", err)
	}
	var last []models.ReceivedRequest
	ids := column(rows, func(r *ReceiverRow) *string { return r.LastID })
	// A column of its own, because the databases give the time of an aggregate in different types.
	if err := s.read(ctx).Select("receiver_id", "at").Where("id IN ?", ids).Find(&last).Error; err != nil {
		return nil, fault("list receivers", err)
	}
	at := make(map[string]time.Time, len(last))
	for _, r := range last {
		at[r.ReceiverID] = r.At
	}
	for i := range rows {
		rows[i].LastAt = at[rows[i].ID]
	}
	return rows, nil
}

// Receiver gives a receiver that the actor may see.
func (s *Store) Receiver(ctx context.Context, a models.Actor, id string) (*models.Receiver, error) {
	var r models.Receiver
	if err := owned(s.read(ctx), "receivers", a).Where("id = ?", id).Take(&r).Error; err != nil {
		return nil, fault("read receiver", err)
	}
	return &r, nil
}

// ReceiverByToken gives the receiver that a public address names.
func (s *Store) ReceiverByToken(ctx context.Context, token string) (*models.Receiver, error) {
	var r models.Receiver
	if err := s.read(ctx).Where("token = ?", token).Take(&r).Error; err != nil {
		return nil, fault("read receiver", err)
	}
	return &r, nil
}

// SaveReceiver writes the name and the answer of a receiver.
func (s *Store) SaveReceiver(ctx context.Context, a models.Actor, r *models.Receiver) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.Receiver(ctx, a, r.ID); err != nil {
			return err
		}
		return fault("save receiver", tx.write(ctx).Model(&models.Receiver{}).Where("id = ?", r.ID).
			Select("name", "status", "delay_ms", "content_type", "body").Updates(r).Error)
	})
}

// DeleteReceiver removes a receiver with all that it recorded; its address answers 404 from then on.
func (s *Store) DeleteReceiver(ctx context.Context, a models.Actor, id string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		r, err := tx.Receiver(ctx, a, id)
		if err != nil {
			return err
		}
		if err := tx.write(ctx).Where("receiver_id = ?", id).Delete(&models.ReceivedRequest{}).Error; err != nil {
			return fault("delete requests", err)
		}
		if err := tx.write(ctx).Where("id = ?", id).Delete(&models.Receiver{}).Error; err != nil {
			return fault("delete receiver", err)
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditReceiverDelete, Object: id, Name: r.Name})
	})
}

// ClearReceiver forgets the requests that a receiver recorded.
func (s *Store) ClearReceiver(ctx context.Context, a models.Actor, id string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.Receiver(ctx, a, id); err != nil {
			return err
		}
		return fault("clear receiver", tx.write(ctx).Where("receiver_id = ?", id).Delete(&models.ReceivedRequest{}).Error)
	})
}

// RecordRequests keeps requests of any receivers in one commit, and of each receiver no more than the newest
// models.ReceiverMaxRequests. Requests of a receiver that was deleted meanwhile are dropped.
func (s *Store) RecordRequests(ctx context.Context, requests []models.ReceivedRequest) error {
	if len(requests) == 0 {
		return nil
	}
	receivers := column(requests, func(r *models.ReceivedRequest) string { return r.ReceiverID })
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		var known []string
		find := tx.write(ctx).Model(&models.Receiver{}).Where("id IN ?", receivers).Order("id")
		if s.dialect == postgres {
			// So that none is deleted before the requests that name it are in.
			find = find.Clauses(clause.Locking{Strength: "KEY SHARE"})
		}
		if err := find.Pluck("id", &known).Error; err != nil {
			return fault("record requests", err)
		}
		isKnown := make(map[string]bool, len(known))
		for _, id := range known {
			isKnown[id] = true
		}
		kept := make([]models.ReceivedRequest, 0, len(requests))
		for _, r := range requests {
			if isKnown[r.ReceiverID] {
				kept = append(kept, r)
			}
		}
		if len(kept) == 0 {
			return nil
		}
		if err := tx.write(ctx).CreateInBatches(kept, recordBatch).Error; err != nil {
			return fault("record requests", err)
		}
		for _, id := range known {
			if err := trimReceiver(tx.write(ctx), id); err != nil {
				return err
			}
		}
		return nil
	})
}

// recordBatch is how many requests one statement inserts, so that their parameters stay far below SQLite's limit.
const recordBatch = 64

// trimReceiver removes what is older than the newest models.ReceiverMaxRequests. It reads one short range of an index.
func trimReceiver(db *gorm.DB, id string) error {
	return fault("trim receiver", db.Exec(`DELETE FROM received_requests WHERE receiver_id = ? AND id <=
		(SELECT id FROM received_requests WHERE receiver_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
		id, id, models.ReceiverMaxRequests).Error)
}

// ReceivedRequests lists what a receiver that the actor may see recorded, the newest first, without bodies,
// and gives the cursor of the next page.
func (s *Store) ReceivedRequests(ctx context.Context, a models.Actor, receiverID string, p Page) ([]models.ReceivedRequest, string, error) {
	if _, err := s.Receiver(ctx, a, receiverID); err != nil {
		return nil, "", err
	}
	db := s.read(ctx).Omit("body").Where("receiver_id = ?", receiverID).Order("id DESC").Limit(p.limit() + 1)
	if p.Before != "" {
		db = db.Where("id < ?", p.Before)
	}
	var all []models.ReceivedRequest
	if err := db.Find(&all).Error; err != nil {
		return nil, "", fault("list requests", err)
	}
	all, next := cut(all, p.limit(), func(r *models.ReceivedRequest) string { return r.ID })
	return all, next, nil
}

// NewestRequest gives the id of the newest request of a receiver that the actor may see; empty when there is none.
// It is what a page asks for again and again while it is open.
func (s *Store) NewestRequest(ctx context.Context, a models.Actor, receiverID string) (string, error) {
	if _, err := s.Receiver(ctx, a, receiverID); err != nil {
		return "", err
	}
	var ids []string
	err := s.read(ctx).Model(&models.ReceivedRequest{}).Where("receiver_id = ?", receiverID).Order("id DESC").Limit(1).Pluck("id", &ids).Error
	if err != nil || len(ids) == 0 {
		return "", fault("find the newest request", err)
	}
	return ids[0], nil
}

// ReceivedRequest gives one request that a receiver recorded.
func (s *Store) ReceivedRequest(ctx context.Context, a models.Actor, receiverID, id string) (*models.ReceivedRequest, error) {
	if _, err := s.Receiver(ctx, a, receiverID); err != nil {
		return nil, err
	}
	var r models.ReceivedRequest
	if err := s.read(ctx).Where("id = ? AND receiver_id = ?", id, receiverID).Take(&r).Error; err != nil {
		return nil, fault("read request", err)
	}
	return &r, nil
}
