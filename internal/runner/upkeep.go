package runner

import (
	"context"
	"time"

	"surveyflow/models"
)

const (
	beatEvery  = 5 * time.Second
	lostAfter  = 30 * time.Second // a node that was not seen for so long has lost its runs
	dueEvery   = time.Second
	purgeEvery = 10 * time.Minute
	purgePause = 100 * time.Millisecond // between batches, so that the work goes first
	mergeAfter = 3 * time.Hour          // until then committers still count in shards of their own
)

// beat says that the node lives, takes over from those that do not, and frees claims of its own that went astray.
func (r *Runner) beat(ctx context.Context, host string) {
	away := false
	for r.pause(ctx, beatEvery) {
		err := r.beatOnce(ctx, host, away)
		away = err != nil
		if err != nil && ctx.Err() == nil {
			r.Log.Warn("the heartbeat failed; trying again", "error", err)
		}
	}
}

// beatOnce is one beat. After a time in which the database was away to this node it takes nothing over yet: the others were
// not seen either, and need a beat to show that they live.
func (r *Runner) beatOnce(ctx context.Context, host string, away bool) error {
	if away {
		return r.Store.Heartbeat(ctx, r.node, host)
	}
	if err := r.join(ctx, host); err != nil {
		return err
	}
	freed, err := r.Store.FreeStale(ctx, r.node, r.claims.list(), r.Clock.Now().Add(-lostAfter))
	if freed > 0 {
		r.Log.Warn("freed claims that went astray", "runs", freed)
	}
	return err
}

// promoteDue makes runs ready whose time has come.
func (r *Runner) promoteDue(ctx context.Context) {
	next := r.Clock.Now()
	for {
		pause := min(max(next.Sub(r.Clock.Now()), 0), dueEvery)
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-r.promote:
			timer.Stop()
		}
		moved, due, err := r.Store.PromoteDue(ctx)
		if err != nil && ctx.Err() == nil {
			r.Log.Warn("looking for due runs failed; trying again", "error", err)
		}
		next = due
		if due.IsZero() || err != nil {
			next = r.Clock.Now().Add(dueEvery)
		}
		if moved == 0 && !due.After(r.Clock.Now()) { // nothing moved although something is due: do not spin
			next = r.Clock.Now().Add(dueEvery)
		}
	}
}

// wakeAt makes promoteDue look again soon when a run of this node is due before it would.
func (r *Runner) wakeAt(due time.Time) {
	if due.Sub(r.Clock.Now()) > dueEvery {
		return
	}
	select {
	case r.promote <- struct{}{}:
	default:
	}
}

// releaseHeld lets held runs go on as their receivers have room.
func (r *Runner) releaseHeld(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case host := <-r.gate.held:
			room, held := r.gate.room(host)
			if room == 0 {
				continue
			}
			n, err := r.Store.ReleaseHost(ctx, host, room)
			switch {
			case err != nil && ctx.Err() == nil:
				r.Log.Warn("releasing held runs failed; their deadline will", "error", err)
			case err == nil && n < int64(room):
				r.gate.emptied(host, held)
			}
		}
	}
}

// purge removes ended runs whose retention is over, in small batches.
func (r *Runner) purge(ctx context.Context) {
	for r.pause(ctx, purgeEvery) {
		org, err := r.Store.TheOrganisation(ctx)
		switch {
		case models.ErrorCode(err) == models.CodeNotFound: // nobody has set the instance up yet
		case err != nil:
			r.Log.Warn("purging failed; trying again later", "error", err)
		default:
			r.purgeOrganisation(ctx, org)
		}
	}
}

func (r *Runner) purgeOrganisation(ctx context.Context, org *models.Organisation) {
	if _, err := r.Store.PurgeMails(ctx, org.ID, r.Clock.Now().Add(-models.MailRetention)); err != nil {
		r.Log.Warn("purging mails failed; trying again later", "error", err)
	}
	if err := r.Store.PurgeHosts(ctx); err != nil {
		r.Log.Warn("purging receivers failed; trying again later", "error", err)
	}
	r.purgeJobs(ctx, org.ID)
	r.mergeCounts(ctx)
	keep := r.Retention
	if org.RetentionDays > 0 {
		keep = time.Duration(org.RetentionDays) * 24 * time.Hour
	}
	if keep == 0 {
		return
	}
	cutoff := r.Clock.Now().Add(-keep)
	for {
		n, err := r.Store.Purge(ctx, org.ID, cutoff)
		if err != nil {
			r.Log.Warn("purging failed; trying again later", "error", err)
			return
		}
		if n == 0 {
			break
		}
		if !r.pause(ctx, purgePause) {
			return
		}
	}
	for {
		n, err := r.Store.PurgeEvents(ctx, org.ID, r.Clock.Now().Add(-max(keep, 24*time.Hour)))
		if err != nil {
			r.Log.Warn("purging events failed; trying again later", "error", err)
			return
		}
		if n == 0 || !r.pause(ctx, purgePause) {
			break
		}
	}
	if err := r.Store.PurgeCounts(ctx, cutoff.Add(-24*time.Hour)); err != nil {
		r.Log.Warn("purging counts failed; trying again later", "error", err)
	}
}

// mergeCounts keeps the counts of runs few, since every list adds them up.
func (r *Runner) mergeCounts(ctx context.Context) {
	for {
		n, err := r.Store.MergeCounts(ctx, r.Clock.Now().Add(-mergeAfter))
		if err != nil {
			r.Log.Warn("merging counts failed; trying again later", "error", err)
		}
		if n == 0 || err != nil || !r.pause(ctx, purgePause) {
			return
		}
	}
}

// purgeJobs removes files whose time is over, and jobs that ended long ago.
func (r *Runner) purgeJobs(ctx context.Context, orgID string) {
	for {
		n, err := r.Store.PurgeFiles(ctx)
		if err != nil {
			r.Log.Warn("purging files failed; trying again later", "error", err)
		}
		if n == 0 || err != nil || !r.pause(ctx, purgePause) {
			break
		}
	}
	if _, err := r.Store.PurgeJobs(ctx, orgID, r.Clock.Now().Add(-models.JobRetention)); err != nil {
		r.Log.Warn("purging jobs failed; trying again later", "error", err)
	}
}

// pause waits and returns false when ctx ended meanwhile.
func (r *Runner) pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
