package store

import (
	"context"
	"time"

	"surveyflow/models"
)

// CreateContactImport keeps a file of contacts for a list that the actor sees. Its files were added before.
func (s *Store) CreateContactImport(ctx context.Context, a models.Actor, i *models.ContactImport) error {
	if _, err := s.ContactList(ctx, a, i.ListID); err != nil {
		return err
	}
	i.ID, i.OrgID, i.OwnerID, i.CreatedAt = models.NewID(models.PrefixImport), a.OrgID, a.UserID, s.clock.Now()
	return fault("create import", s.write(ctx).Create(i).Error)
}

// ContactImport gives an import that the actor asked for, into a list that they see; who reaches everything sees all.
func (s *Store) ContactImport(ctx context.Context, a models.Actor, id string) (*models.ContactImport, error) {
	var i models.ContactImport
	if err := owned(s.read(ctx), "contact_imports", a).Where("id = ?", id).Take(&i).Error; err != nil {
		return nil, fault("read import", err)
	}
	_, err := s.ContactList(ctx, a, i.ListID)
	return &i, err
}

// RecentImport is an import with its job; without one it was not started yet.
type RecentImport struct {
	models.ContactImport
	Job *models.Job
}

// recentImports is how many imports of a list are shown.
const recentImports = 5

// RecentImports lists the latest imports into a list that the actor may look at, the newest first.
func (s *Store) RecentImports(ctx context.Context, a models.Actor, listID string) ([]RecentImport, error) {
	var all []models.ContactImport
	err := owned(s.read(ctx), "contact_imports", a).Where("list_id = ?", listID).Order("created_at DESC, id DESC").Limit(recentImports).Find(&all).Error
	if err != nil {
		return nil, fault("list imports", err)
	}
	recent := make([]RecentImport, 0, len(all))
	for _, i := range all {
		r := RecentImport{ContactImport: i}
		if i.JobID != nil {
			var jobs []models.Job
			if err := s.read(ctx).Where("id = ?", *i.JobID).Limit(1).Find(&jobs).Error; err != nil {
				return nil, fault("list imports", err)
			}
			if len(jobs) == 0 {
				continue
			}
			r.Job = &jobs[0]
		}
		recent = append(recent, r)
	}
	return recent, nil
}

// SaveContactImport writes how an import that has not begun is to be read. models.CodeConflict when it has begun.
func (s *Store) SaveContactImport(ctx context.Context, a models.Actor, i *models.ContactImport) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.ContactImport(ctx, a, i.ID); err != nil {
			return err
		}
		r := tx.write(ctx).Model(&models.ContactImport{}).Where("id = ? AND job_id IS NULL", i.ID).
			Select("raw_id", "rows_id", "encoding", "separator", "sheet", "sheets", "heading", "lines", "width", "columns", "merge", "tags", "follow", "quiet").Updates(i)
		return tx.changed(r, "save import", "import.error.started")
	})
}

// StartContactImport makes the job that reads an import; it is made once. models.CodeConflict when it was made before.
func (s *Store) StartContactImport(ctx context.Context, a models.Actor, id string, j *models.Job) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.CreateJob(ctx, a, j); err != nil {
			return err
		}
		i, err := tx.ContactImport(ctx, a, id)
		if err != nil {
			return err
		}
		if err := tx.KeepFile(ctx, i.RowsID); err != nil {
			return err
		}
		r := tx.write(ctx).Model(&models.ContactImport{}).Where("id = ? AND job_id IS NULL", id).Update("job_id", j.ID)
		return tx.changed(r, "start import", "import.error.started")
	})
}

// FileParts gives how many parts a file has; models.CodeNotFound when it is not there any more.
func (s *Store) FileParts(ctx context.Context, id string) (int, error) {
	var f models.File
	err := s.read(ctx).Select("chunks").Where("id = ?", id).Take(&f).Error
	return f.Chunks, fault("read file", err)
}

// DropFiles removes files at once.
func (s *Store) DropFiles(ctx context.Context, ids ...string) error {
	return fault("remove files", s.write(ctx).Where("id IN ?", ids).Delete(&models.File{}).Error)
}

// purgeContactImports forgets imports that were not started within the time that their files are kept, and those that are as old
// as jobs get; what was uploaded for jobs that have ended goes at once.
func (s *Store) purgeContactImports(ctx context.Context, orgID string, old time.Time) error {
	now := s.clock.Now()
	for _, file := range []string{"rows_id", "raw_id"} {
		err := s.write(ctx).Exec("DELETE FROM files WHERE id IN (SELECT i."+file+` FROM contact_imports i JOIN jobs j ON j.id = i.job_id
			WHERE i.org_id = ? AND j.status <> ?)`, orgID, models.JobOpen).Error
		if err != nil {
			return fault("purge imports", err)
		}
	}
	return fault("purge imports", s.write(ctx).Where("org_id = ? AND (created_at < ? OR (job_id IS NULL AND created_at < ?))",
		orgID, old, now.Add(-models.FileRetention)).Delete(&models.ContactImport{}).Error)
}
