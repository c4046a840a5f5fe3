package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"surveyflow/models"
)

// Subscription is an event subscription with the workflows that send its messages.
type Subscription struct {
	ID        string
	Topic     string
	CreatedAt time.Time
	Workflows []LiveWorkflow // one at least
	Calls     int64          // messages that were delivered
}

// Subscribe makes a workflow that was just created, and was never live, one of an event subscription of that id.
func (s *Store) Subscribe(ctx context.Context, a models.Actor, id, topic, workflowID string) error {
	row := models.EventSubscription{WorkflowID: workflowID, ID: id, OrgID: a.OrgID, Topic: topic, CreatedAt: s.clock.Now()}
	return fault("subscribe", s.write(ctx).Create(&row).Error)
}

// subscribed begins a query for the event subscriptions that the actor sees: those whose workflow they see.
func (s *Store) subscribed(ctx context.Context, a models.Actor) *gorm.DB {
	db := s.read(ctx).Table("event_subscriptions").Joins("JOIN workflows ON workflows.id = event_subscriptions.workflow_id").
		Where("workflows.deleted_at IS NULL")
	return seen(db, "workflows", a, workflowsSeen)
}

// Subscriptions lists the event subscriptions that the actor sees, the newest first, and the cursor of the next page.
func (s *Store) Subscriptions(ctx context.Context, a models.Actor, p Page) ([]Subscription, string, error) {
	db := s.subscribed(ctx, a)
	if p.Before != "" {
		db = db.Where("event_subscriptions.id < ?", p.Before)
	}
	var ids []string
	err := db.Distinct("event_subscriptions.id").Order("event_subscriptions.id DESC").Limit(p.limit()+1).Pluck("event_subscriptions.id", &ids).Error
	if err != nil {
		return nil, "", fault("list subscriptions", err)
	}
	ids, next := cut(ids, p.limit(), func(id *string) string { return *id })
	all, err := s.readSubscriptions(ctx, a, ids)
	return all, next, err
}

// Subscription gives an event subscription that the actor sees.
func (s *Store) Subscription(ctx context.Context, a models.Actor, id string) (*Subscription, error) {
	all, err := s.readSubscriptions(ctx, a, []string{id})
	if err == nil && len(all) == 0 {
		err = models.NotFound("error.not_found")
	}
	if err != nil {
		return nil, err
	}
	return &all[0], nil
}

func (s *Store) readSubscriptions(ctx context.Context, a models.Actor, ids []string) ([]Subscription, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []struct {
		models.EventSubscription
		Version    int
		Definition models.JSON[models.WorkflowDefinition]
		Calls      int64
	}
	err := s.subscribed(ctx, a).Where("event_subscriptions.id IN ?", ids).
		Joins("JOIN workflow_versions ON workflow_versions.workflow_id = workflows.id AND workflow_versions.version = workflows.version").
		Select(`event_subscriptions.*, workflows.version, workflow_versions.definition,
			(SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM run_counts c WHERE c.workflow_id = workflows.id AND c.status = ?) AS calls`, models.RunSucceeded).
		Order("event_subscriptions.id DESC, event_subscriptions.workflow_id").Find(&rows).Error
	var all []Subscription
	for i := range rows {
		r := &rows[i]
		if len(all) == 0 || all[len(all)-1].ID != r.ID {
			all = append(all, Subscription{ID: r.ID, Topic: r.Topic, CreatedAt: r.CreatedAt})
		}
		of := &all[len(all)-1]
		of.Workflows = append(of.Workflows, LiveWorkflow{ID: r.WorkflowID, Version: r.Version, Definition: r.Definition.V})
		of.Calls += r.PastCalls + r.Calls
	}
	return all, fault("read subscriptions", err)
}

// DeleteSubscription deletes the workflows of an event subscription, as [Store.DeleteWorkflow] does, and gives how many runs it
// canceled.
func (s *Store) DeleteSubscription(ctx context.Context, a models.Actor, id string) (canceled int, err error) {
	err = s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		canceled = 0
		sub, err := tx.Subscription(ctx, a, id)
		if err != nil {
			return err
		}
		for _, w := range sub.Workflows {
			n, err := tx.DeleteWorkflow(ctx, a, w.ID)
			if err != nil {
				return err
			}
			canceled += n
		}
		return nil
	})
	return canceled, err
}

// OwnSubscriptions gives the ids of the event subscriptions whose workflows belong to the actor and may be deleted by them.
func (s *Store) OwnSubscriptions(ctx context.Context, a models.Actor) ([]string, error) {
	var ids []string
	err := s.subscribed(ctx, a).Where("workflows.owner_id = ?", a.UserID).Distinct("event_subscriptions.id").Pluck("event_subscriptions.id", &ids).Error
	return ids, fault("list subscriptions", err)
}

// widely reads the workflows of no survey that are on, or switched themselves off, and whose live version waits for events of a
// type of all surveys that their owners see. For responses that is for event subscriptions alone.
func widely(db *gorm.DB, surveyID string, t models.EventType) ([]LiveWorkflow, error) {
	var rows []struct {
		models.WorkflowVersion
		OffReason string
	}
	db = db.Model(&models.WorkflowVersion{}).Select("workflow_versions.*, CASE WHEN w.enabled THEN '' ELSE w.off_reason END AS off_reason").
		Joins("JOIN workflows w ON w.id = workflow_versions.workflow_id AND w.version = workflow_versions.version JOIN surveys v ON v.id = ? AND v.org_id = w.org_id", surveyID).
		Where("w.survey_id IS NULL AND w.event_type = ? AND w.deleted_at IS NULL AND (w.enabled OR w.off_reason <> '')", t).
		Where("(w.owner_id = v.owner_id OR EXISTS (SELECT 1 FROM survey_shares sh WHERE sh.survey_id = v.id AND sh.user_id = w.owner_id))")
	if t == models.EventSurveyResponse {
		db = db.Where("EXISTS (SELECT 1 FROM event_subscriptions s WHERE s.workflow_id = w.id)")
	}
	err := db.Order("workflow_id").Find(&rows).Error
	all := make([]LiveWorkflow, len(rows))
	for i, r := range rows {
		all[i] = LiveWorkflow{ID: r.WorkflowID, Version: r.Version, Definition: r.Definition.V, Off: r.OffReason}
	}
	return all, err
}

// bumpSubscribed is [Store.bumpSurvey] of all surveys that a workflow of no survey hears of, if it is an event subscription: those that
// its owner sees and that were ever live. A row is written with its draft, which takes SQLite a tenth of a millisecond.
func (s *Store) bumpSubscribed(ctx context.Context, w *models.Workflow) error {
	return fault("mark surveys changed", s.write(ctx).Exec(`UPDATE surveys SET live_rev = live_rev + 1 WHERE org_id = ? AND deleted_at IS NULL
		AND version > 0 AND (owner_id = ? OR EXISTS (SELECT 1 FROM survey_shares sh WHERE sh.survey_id = surveys.id AND sh.user_id = ?))
		AND EXISTS (SELECT 1 FROM event_subscriptions s WHERE s.workflow_id = ?)`, w.OrgID, w.OwnerID, w.OwnerID, w.ID).Error)
}

// keepCalls adds the counts before an hour that are about to be removed to those of event subscriptions, which tell how many
// messages they ever delivered. It removes them.
func (s *Store) keepCalls(ctx context.Context, hour int64) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		var rows []struct {
			WorkflowID string
			N          int64
		}
		err := tx.write(ctx).Raw(`DELETE FROM run_counts WHERE hour < ? AND status = ? AND workflow_id IN (SELECT workflow_id FROM event_subscriptions)
			RETURNING workflow_id, n`, hour, models.RunSucceeded).Scan(&rows).Error
		if err != nil {
			return fault("keep counts", err)
		}
		sums := map[string]int64{}
		for _, r := range rows {
			sums[r.WorkflowID] += r.N
		}
		for _, id := range sortedKeys(sums) {
			if err := tx.write(ctx).Exec("UPDATE event_subscriptions SET past_calls = past_calls + ? WHERE workflow_id = ?", sums[id], id).Error; err != nil {
				return fault("keep counts", err)
			}
		}
		return nil
	})
}
