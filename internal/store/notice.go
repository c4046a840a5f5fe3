package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"surveyflow/models"
)

var (
	insertMails = &statement{
		postgres: `INSERT INTO mails (` + newMailColumns + `)
			SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
				$10::text[], $11::timestamptz[], $12::timestamptz[], $13::text[])
			ON CONFLICT (dedupe) DO NOTHING RETURNING id`,
		sqlite: `INSERT INTO mails (` + newMailColumns + `) VALUES ` + newMailRow + ` ON CONFLICT (dedupe) DO NOTHING RETURNING id`,
		row:    newMailRow,
	}
	insertMailQueue = &statement{
		postgres: `INSERT INTO queue (id, kind, state, state_at, rank, lane, starts, canceling)
			SELECT id, 'mail', 'ready', at, at, 'mail', 0, FALSE FROM unnest($1::text[], $2::bigint[]) AS f (id, at)`,
		sqlite: `INSERT INTO queue (id, kind, state, state_at, rank, lane, starts, canceling) VALUES (?1, 'mail', 'ready', ?2, ?2, 'mail', 0, FALSE)`,
	}
	insertNotifications = &statement{
		postgres: `INSERT INTO notifications (` + newNotificationColumns + `)
			SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[], $9::timestamptz[], $10::int[])
			ON CONFLICT (dedupe, user_id) DO UPDATE SET n = notifications.n + excluded.n, last_at = excluded.last_at`,
		sqlite: `INSERT INTO notifications (` + newNotificationColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (dedupe, user_id) DO UPDATE SET n = notifications.n + excluded.n, last_at = excluded.last_at`,
	}
)

var newMailRow = marks(13)

const (
	queueMail              = `INSERT INTO queue (id, kind, state, state_at, rank, lane, starts, canceling) VALUES (?, 'mail', 'ready', ?, ?, 'mail', 0, FALSE)`
	newMailColumns         = `id, org_id, kind, dedupe, to_address, subject, html, text, secret_sealed, status, created_at, status_at, heading`
	newNotificationColumns = `id, org_id, user_id, kind, args, href, dedupe, created_at, last_at, n`
)

// tell writes what a fact tells people, in the transaction of the fact. A mail that was written before is not written
// again; a notification is counted.
func (b *batch) tell(ctx context.Context, n *models.Notices) error {
	if n.Empty() {
		return nil
	}
	now := b.clock.Now()
	n.Mails = slices.DeleteFunc(n.Mails, func(m models.Mail) bool { return strings.HasSuffix(models.EmailKey(m.To), models.ServiceDomain) })
	for i := range n.Mails {
		m := &n.Mails[i]
		m.CreatedAt, m.StatusAt = now, now
		if m.Dedupe == "" {
			m.Dedupe = m.ID
		}
	}
	headings, err := headingsOf(n.Mails)
	if err != nil {
		return err
	}
	written := map[string]bool{}
	type mail = models.Mail
	err = b.eachReturning(ctx, insertMails, len(n.Mails), func(rows scanner) error {
		var id string
		err := rows.Scan(&id)
		written[id] = true
		return err
	},
		column(n.Mails, func(m *mail) string { return m.ID }), column(n.Mails, func(m *mail) string { return m.OrgID }),
		column(n.Mails, func(m *mail) string { return string(m.Kind) }), column(n.Mails, func(m *mail) string { return m.Dedupe }),
		column(n.Mails, func(m *mail) string { return m.To }), column(n.Mails, func(m *mail) string { return m.Subject }),
		column(n.Mails, func(m *mail) string { return m.HTML }), column(n.Mails, func(m *mail) string { return m.Text }),
		column(n.Mails, func(m *mail) string { return m.SecretSealed }), column(n.Mails, func(m *mail) string { return string(m.Status) }),
		column(n.Mails, func(m *mail) time.Time { return m.CreatedAt }), column(n.Mails, func(m *mail) time.Time { return m.StatusAt }), headings)
	if err != nil {
		return err
	}
	var send []string
	var ranks []int64 // one behind the other, so that people get first what was told first
	for i := range n.Mails {
		if m := &n.Mails[i]; m.Status == models.MailQueued && written[m.ID] {
			send, ranks = append(send, m.ID), append(ranks, now.UnixMicro()+int64(i))
		}
	}
	err = b.each(ctx, insertMailQueue, len(send), send, ranks)
	if err != nil {
		return err
	}
	b.ready += len(send)
	return b.insertNotifications(ctx, n.Notifications, now)
}

// headingsOf gives the headings of mails as they are stored.
func headingsOf(mails []models.Mail) ([]string, error) {
	all := make([]string, len(mails))
	for i := range mails {
		text, err := models.MarshalJSON(mails[i].Heading.V)
		if err != nil {
			return nil, err
		}
		if all[i] = string(text); all[i] == "{}" {
			all[i] = ""
		}
	}
	return all, nil
}

func (b *batch) insertNotifications(ctx context.Context, all []models.Notification, now time.Time) error {
	args := make([]string, len(all))
	for i := range all {
		n := &all[i]
		if n.Dedupe == "" {
			n.Dedupe = n.ID
		}
		text, err := models.MarshalJSON(n.Args.V)
		if err != nil {
			return err
		}
		args[i] = string(text)
	}
	type row = models.Notification
	return b.each(ctx, insertNotifications, len(all),
		column(all, func(n *row) string { return n.ID }), column(all, func(n *row) string { return n.OrgID }),
		column(all, func(n *row) string { return n.UserID }), column(all, func(n *row) string { return string(n.Kind) }), args,
		column(all, func(n *row) string { return n.Href }), column(all, func(n *row) string { return n.Dedupe }),
		column(all, func(*row) time.Time { return now }), column(all, func(*row) time.Time { return now }),
		column(all, func(n *row) int { return max(n.N, 1) }))
}

// Tell writes mails and notifications. Inside of [Store.InTx] they are part of that transaction: what was not done is not
// told, and what was done is told even if the program dies at once.
func (s *Store) Tell(ctx context.Context, n *models.Notices) error {
	if n.Empty() {
		return nil
	}
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		b, err := tx.batch()
		if err != nil {
			return err
		}
		if err := b.tell(ctx, n); err != nil {
			return fault("write notices", err)
		}
		if b.ready > 0 {
			s.signalWork() // it may come before the commit: the worker looks by itself, too
		}
		return nil
	})
}
