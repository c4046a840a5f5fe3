package store

import (
	"context"
	"errors"
	"io"
	"time"

	"gorm.io/gorm"

	"surveyflow/models"
)

// CreateFile adds an empty file that parts are added to.
func (s *Store) CreateFile(ctx context.Context, a models.Actor, f *models.File) error {
	now := s.clock.Now()
	f.ID, f.OrgID, f.OwnerID, f.CreatedAt = models.NewOrderedID(models.PrefixFile, now), a.OrgID, a.UserID, now
	return fault("create file", s.write(ctx).Create(f).Error)
}

// AddToFile adds a part to the end of a file that is not ready; whoever adds has made the file.
func (s *Store) AddToFile(ctx context.Context, id string, part []byte) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		var f models.File
		if err := tx.write(ctx).Where("id = ? AND NOT ready", id).Take(&f).Error; err != nil {
			return fault("add to file", err)
		}
		if err := tx.write(ctx).Create(&models.FileChunk{FileID: id, N: f.Chunks, Bytes: part}).Error; err != nil {
			return fault("add to file", err)
		}
		return fault("add to file", tx.write(ctx).Model(&models.File{}).Where("id = ?", id).
			Updates(map[string]any{"chunks": f.Chunks + 1, "size": gorm.Expr("size + ?", len(part))}).Error)
	})
}

// FinishFile makes a file ready; it is kept until that time.
func (s *Store) FinishFile(ctx context.Context, id string, until time.Time) error {
	return fault("finish file", s.write(ctx).Model(&models.File{}).Where("id = ?", id).Updates(map[string]any{"ready": true, "expires_at": until}).Error)
}

// File gives a file that is ready and that the actor made, or may see because they reach everything.
func (s *Store) File(ctx context.Context, a models.Actor, id string) (*models.File, error) {
	var f models.File
	err := owned(s.read(ctx), "files", a).Where("id = ? AND ready AND expires_at > ?", id, s.clock.Now()).Take(&f).Error
	return &f, fault("read file", err)
}

// FilePart gives a part of a file, counted from 0; nil when it has no such part.
func (s *Store) FilePart(ctx context.Context, id string, n int) ([]byte, error) {
	var parts []models.FileChunk
	err := s.read(ctx).Where("file_id = ? AND n = ?", id, n).Limit(1).Find(&parts).Error
	if err != nil || len(parts) == 0 {
		return nil, fault("read file", err)
	}
	return parts[0].Bytes, nil
}

// fileReader reads a file from its beginning, part by part.
type fileReader struct {
	ctx  context.Context //nolint:containedctx // io.Reader has no room for one
	of   *Store
	id   string
	next int
	rest []byte
}

// OpenFile reads a file from its beginning, one part at a time; it ends where the file has no more parts.
func (s *Store) OpenFile(ctx context.Context, id string) io.Reader {
	return &fileReader{ctx: ctx, of: s, id: id}
}

func (r *fileReader) Read(to []byte) (int, error) {
	for len(r.rest) == 0 {
		part, err := r.of.FilePart(r.ctx, r.id, r.next)
		switch {
		case err != nil:
			return 0, err
		case part == nil:
			return 0, io.EOF
		}
		r.rest, r.next = part, r.next+1
	}
	n := copy(to, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// WriteFile writes a file part by part, so that it takes no more memory than one.
func (s *Store) WriteFile(ctx context.Context, f *models.File, to io.Writer) error {
	for n := range f.Chunks {
		var c models.FileChunk
		if err := s.read(ctx).Where("file_id = ? AND n = ?", f.ID, n).Take(&c).Error; err != nil {
			return fault("read file", err)
		}
		if _, err := to.Write(c.Bytes); err != nil {
			return errors.Join(errors.New("write file"), err)
		}
	}
	return nil
}

// PurgeFiles removes files whose time is over, with a few at a time: it gives how many, and 0 when none is left.
func (s *Store) PurgeFiles(ctx context.Context) (int64, error) {
	r := s.write(ctx).Exec("DELETE FROM files WHERE id IN (SELECT id FROM files WHERE expires_at < ? ORDER BY expires_at LIMIT 5)", s.clock.Now())
	return r.RowsAffected, fault("purge files", r.Error)
}
