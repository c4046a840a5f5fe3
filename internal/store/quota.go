package store

import (
	"cmp"
	"context"
	"slices"

	"surveyflow/models"
)

// QuotaPart is a quota that a response counts for when it is complete.
type QuotaPart struct {
	ID    string
	Limit int64 // -1 means without one: it is counted alone
}

// QuotaFullError says that a response was not stored because it would go beyond a quota.
type QuotaFullError struct{ ID string }

func (e *QuotaFullError) Error() string { return "the quota " + e.ID + " is full" }

var (
	beginQuotas = &statement{
		postgres: `INSERT INTO quota_counts (survey_id, quota_id, n) SELECT s, q, 0 FROM unnest($1::text[], $2::text[]) AS c (s, q) ON CONFLICT DO NOTHING`,
		sqlite:   `INSERT INTO quota_counts (survey_id, quota_id, n) VALUES (?, ?, 0) ON CONFLICT DO NOTHING`,
	}
	lockQuotas = &statement{
		postgres: `SELECT survey_id, quota_id, n FROM quota_counts WHERE (survey_id, quota_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))
			ORDER BY survey_id, quota_id FOR UPDATE`,
		sqlite: `SELECT survey_id, quota_id, n FROM quota_counts WHERE survey_id = ? AND quota_id = ?`,
	}
	addQuotas = &statement{
		postgres: `UPDATE quota_counts AS k SET n = k.n + c.n FROM unnest($1::bigint[], $2::text[], $3::text[]) AS c (n, s, q) WHERE k.survey_id = c.s AND k.quota_id = c.q`,
		sqlite:   `UPDATE quota_counts SET n = n + ? WHERE survey_id = ? AND quota_id = ?`,
	}
	insertQuotaResponses = &statement{
		postgres: `INSERT INTO quota_responses (response_id, quota_id) SELECT * FROM unnest($1::text[], $2::text[])`,
		sqlite:   `INSERT INTO quota_responses (response_id, quota_id) VALUES (?, ?)`,
	}
)

// quotaKey names the count of a quota: surveys that were copied have quotas of the same ids.
type quotaKey struct{ survey, quota string }

// dropBeyond is the gate of quotas: a response that would go beyond one drops out alone. From here on their counts are locked, in one
// order everywhere.
func (b *batch) dropBeyond(ctx context.Context, units []*unit) ([]*unit, error) {
	var keys []quotaKey
	for _, u := range units {
		for _, q := range u.accept.Quotas {
			if key := (quotaKey{u.accept.Response.SurveyID, q.ID}); !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	if len(keys) == 0 {
		return units, nil
	}
	slices.SortFunc(keys, func(a, b quotaKey) int { return cmp.Or(cmp.Compare(a.survey, b.survey), cmp.Compare(a.quota, b.quota)) })
	surveys, quotas := column(keys, func(k *quotaKey) string { return k.survey }), column(keys, func(k *quotaKey) string { return k.quota })
	if err := b.each(ctx, beginQuotas, len(keys), surveys, quotas); err != nil {
		return nil, err
	}
	counts := make(map[quotaKey]int64, len(keys))
	err := b.eachReturning(ctx, lockQuotas, len(keys), func(rows scanner) error {
		var key quotaKey
		var n int64
		err := rows.Scan(&key.survey, &key.quota, &n)
		counts[key] = n
		return err
	}, surveys, quotas)
	if err != nil {
		return nil, err
	}
	kept := make([]*unit, 0, len(units))
	for _, u := range units {
		survey := ""
		if len(u.accept.Quotas) > 0 {
			survey = u.accept.Response.SurveyID
		}
		full := slices.IndexFunc(u.accept.Quotas, func(q QuotaPart) bool { return q.Limit >= 0 && counts[quotaKey{survey, q.ID}] >= q.Limit })
		if full >= 0 {
			u.err = &QuotaFullError{u.accept.Quotas[full].ID}
			continue
		}
		for _, q := range u.accept.Quotas {
			counts[quotaKey{survey, q.ID}]++
		}
		kept = append(kept, u)
	}
	return kept, nil
}

// countQuotas adds what was written to the counts of quotas.
func (b *batch) countQuotas(ctx context.Context, units []*unit) error {
	more := map[quotaKey]int64{}
	var responses, of []string
	for _, u := range units {
		for _, q := range u.accept.Quotas {
			more[quotaKey{u.accept.Response.SurveyID, q.ID}]++
			responses, of = append(responses, u.accept.Response.ID), append(of, q.ID)
		}
	}
	if len(more) == 0 {
		return nil
	}
	keys := make([]quotaKey, 0, len(more))
	for key := range more {
		keys = append(keys, key)
	}
	err := b.each(ctx, addQuotas, len(keys), column(keys, func(k *quotaKey) int64 { return more[*k] }),
		column(keys, func(k *quotaKey) string { return k.survey }), column(keys, func(k *quotaKey) string { return k.quota }))
	if err != nil {
		return err
	}
	return b.each(ctx, insertQuotaResponses, len(responses), responses, of)
}

// QuotaCounts gives how many responses count for each quota of a survey; those that nothing counts for are left out.
func (s *Store) QuotaCounts(ctx context.Context, surveyID string) (map[string]int64, error) {
	var rows []struct {
		QuotaID string
		N       int64
	}
	if err := s.read(ctx).Raw("SELECT quota_id, n FROM quota_counts WHERE survey_id = ?", surveyID).Scan(&rows).Error; err != nil {
		return nil, fault("read quotas", err)
	}
	counts := make(map[string]int64, len(rows))
	for _, r := range rows {
		counts[r.QuotaID] = r.N
	}
	return counts, nil
}

// DeleteCountedResponse is [Store.DeleteResponse] for a response that is to count for no quota any more.
func (s *Store) DeleteCountedResponse(ctx context.Context, a models.Actor, surveyID, id string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		err := tx.write(ctx).Exec(`UPDATE quota_counts SET n = n - 1 WHERE survey_id = ? AND quota_id IN (
			SELECT q.quota_id FROM quota_responses q JOIN responses r ON r.id = q.response_id WHERE r.id = ? AND r.survey_id = ?)`, surveyID, id, surveyID).Error
		if err != nil {
			return fault("count quotas", err)
		}
		return tx.DeleteResponse(ctx, a, surveyID, id)
	})
}
