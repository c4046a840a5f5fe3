package store

import (
	"context"

	"surveyflow/models"
)

// library checks that the actor may look into somebody's library: their own, and that of anybody for brand admins who look at
// the whole organisation.
func (s *Store) library(ctx context.Context, a models.Actor, ownerID string) error {
	if ownerID == a.UserID {
		return nil
	}
	if !a.Wide {
		return models.NotFound("error.not_found")
	}
	_, err := s.User(ctx, a, ownerID)
	return err
}

// LibraryMessages lists the messages of a library, the newest first, and the cursor of the next page; category is empty for all.
// models.CodeNotFound when the library is not there for the actor.
func (s *Store) LibraryMessages(ctx context.Context, a models.Actor, ownerID, category string, p Page) ([]models.LibraryMessage, string, error) {
	if err := s.library(ctx, a, ownerID); err != nil {
		return nil, "", err
	}
	db := s.read(ctx).Omit("texts").Where("owner_id = ? AND org_id = ?", ownerID, a.OrgID)
	if category != "" {
		db = db.Where("category = ?", category)
	}
	if p.Before != "" {
		db = db.Where("id < ?", p.Before)
	}
	var all []models.LibraryMessage
	if err := db.Order("id DESC").Limit(p.limit() + 1).Find(&all).Error; err != nil {
		return nil, "", fault("list messages", err)
	}
	all, next := cut(all, p.limit(), func(m *models.LibraryMessage) string { return m.ID })
	return all, next, nil
}

// LibraryMessage gives a message of a library.
func (s *Store) LibraryMessage(ctx context.Context, a models.Actor, ownerID, id string) (*models.LibraryMessage, error) {
	if err := s.library(ctx, a, ownerID); err != nil {
		return nil, err
	}
	var m models.LibraryMessage
	if err := s.read(ctx).Where("id = ? AND owner_id = ? AND org_id = ?", id, ownerID, a.OrgID).Take(&m).Error; err != nil {
		return nil, fault("read message", err)
	}
	return &m, nil
}

// CreateLibraryMessage adds a message to the library of its owner. It gets its id.
func (s *Store) CreateLibraryMessage(ctx context.Context, a models.Actor, m *models.LibraryMessage) error {
	if err := s.library(ctx, a, m.OwnerID); err != nil {
		return err
	}
	now := s.clock.Now()
	m.ID, m.OrgID, m.CreatedAt, m.UpdatedAt = models.NewOrderedID(models.PrefixMessage, now), a.OrgID, now, now
	return fault("create message", s.write(ctx).Create(m).Error)
}

// SaveLibraryMessage writes name, category and texts of a message. What was made from it keeps its words.
func (s *Store) SaveLibraryMessage(ctx context.Context, a models.Actor, m *models.LibraryMessage) error {
	if err := s.library(ctx, a, m.OwnerID); err != nil {
		return err
	}
	m.UpdatedAt = s.clock.Now()
	r := s.write(ctx).Model(&models.LibraryMessage{}).Where("id = ? AND owner_id = ? AND org_id = ?", m.ID, m.OwnerID, a.OrgID).
		Select("name", "category", "texts", "updated_at").Updates(m)
	return found(r, "save message")
}

// DeleteLibraryMessage removes a message. What was made from it keeps its words.
func (s *Store) DeleteLibraryMessage(ctx context.Context, a models.Actor, ownerID, id string) error {
	if err := s.library(ctx, a, ownerID); err != nil {
		return err
	}
	return found(s.write(ctx).Where("id = ? AND owner_id = ? AND org_id = ?", id, ownerID, a.OrgID).Delete(&models.LibraryMessage{}), "delete message")
}
