package store

import (
	"context"
	"time"

	"surveyflow/models"
)

// mostUnread is up to how many unread notifications are counted: a bell says no more than "99+".
const mostUnread = 100

// UnreadNotifications counts what the actor has not read, up to 100.
func (s *Store) UnreadNotifications(ctx context.Context, a models.Actor) (int, error) {
	var n int64
	err := s.read(ctx).Raw("SELECT COUNT(*) FROM (SELECT 1 FROM notifications WHERE user_id = ? AND read_at IS NULL LIMIT ?) AS unread", a.UserID, mostUnread).Scan(&n).Error
	return int(n), fault("count notifications", err)
}

// Notifications lists what the actor was told, the newest first.
func (s *Store) Notifications(ctx context.Context, a models.Actor, p Page) ([]models.Notification, string, error) {
	db := s.read(ctx).Where("user_id = ? AND org_id = ?", a.UserID, a.OrgID)
	if p.Before != "" {
		db = db.Where("id < ?", p.Before)
	}
	var all []models.Notification
	if err := db.Order("id DESC").Limit(p.limit() + 1).Find(&all).Error; err != nil {
		return nil, "", fault("list notifications", err)
	}
	all, next := cut(all, p.limit(), func(n *models.Notification) string { return n.ID })
	return all, next, nil
}

// ReadNotification marks one of the actor's notifications as read and gives where it leads.
func (s *Store) ReadNotification(ctx context.Context, a models.Actor, id string) (string, error) {
	var n models.Notification
	if err := s.read(ctx).Where("user_id = ? AND org_id = ? AND id = ?", a.UserID, a.OrgID, id).Take(&n).Error; err != nil {
		return "", fault("read notification", err)
	}
	return n.Href, s.readNotifications(ctx, "user_id = ? AND id = ?", a.UserID, id)
}

// ReadAllNotifications marks everything as read that the actor was told up to the notification with that id.
func (s *Store) ReadAllNotifications(ctx context.Context, a models.Actor, upTo string) error {
	return s.readNotifications(ctx, "user_id = ? AND id <= ?", a.UserID, upTo)
}

func (s *Store) readNotifications(ctx context.Context, where string, args ...any) error {
	err := s.write(ctx).Model(&models.Notification{}).Where("read_at IS NULL").Where(where, args...).Update("read_at", s.clock.Now()).Error
	return fault("mark notifications as read", err)
}

// CountNotifications adds to the count of the notifications with that dedupe, of all who have one.
func (s *Store) CountNotifications(ctx context.Context, dedupe string, more int, at time.Time) error {
	err := s.write(ctx).Exec("UPDATE notifications SET n = n + ?, last_at = ? WHERE dedupe = ?", more, at, dedupe).Error
	return fault("count notifications", err)
}

// Notified gives the people who were told of the fact with that dedupe.
func (s *Store) Notified(ctx context.Context, dedupe string) (map[string]bool, error) {
	var ids []string
	err := s.read(ctx).Model(&models.Notification{}).Where("dedupe = ?", dedupe).Pluck("user_id", &ids).Error
	told := make(map[string]bool, len(ids))
	for _, id := range ids {
		told[id] = true
	}
	return told, fault("read who was told", err)
}
