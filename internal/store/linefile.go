package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"surveyflow/models"
)

// Sizes of the parts in which lines are kept. A part is what one step of a job reads.
const (
	linesOfPart = 500
	bytesOfPart = 512 << 10
)

// LineFile keeps many things of one kind as a file, part by part, for a job to go through. The file goes away by itself within
// models.FileRetention, unless the job that it is for keeps it: see [Store.KeepFile].
type LineFile[T any] struct {
	ID string // of the file

	ctx   context.Context //nolint:containedctx // it lives for one reading
	store *Store
	part  []T
	bytes int
}

// lineFileName is what such files are called; nobody is offered one.
const lineFileName = "lines"

// NewLineFile makes an empty one.
func NewLineFile[T any](ctx context.Context, s *Store, a models.Actor) (*LineFile[T], error) {
	f := &models.File{Name: lineFileName, ContentType: "application/gzip", ExpiresAt: s.clock.Now().Add(models.FileRetention)}
	if err := s.CreateFile(ctx, a, f); err != nil {
		return nil, err
	}
	return &LineFile[T]{ID: f.ID, ctx: ctx, store: s}, nil
}

// Add adds a line, which takes about so many bytes.
func (w *LineFile[T]) Add(line T, size int) error {
	w.bytes += size
	if w.part = append(w.part, line); len(w.part) >= linesOfPart || w.bytes >= bytesOfPart {
		return w.Flush()
	}
	return nil
}

// Flush writes what was added. Nothing is whole before it.
func (w *LineFile[T]) Flush() error {
	if len(w.part) == 0 {
		return nil
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(z).Encode(w.part); err != nil {
		return fmt.Errorf("write lines: %w", err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("write lines: %w", err)
	}
	w.part, w.bytes = w.part[:0], 0
	return w.store.AddToFile(w.ctx, w.ID, b.Bytes())
}

// ReadLines reads a part of such a file.
func ReadLines[T any](part []byte) ([]T, error) {
	z, err := gzip.NewReader(bytes.NewReader(part))
	if err != nil {
		return nil, fmt.Errorf("read lines: %w", err)
	}
	var lines []T
	if err := json.NewDecoder(z).Decode(&lines); err != nil {
		return nil, fmt.Errorf("read lines: %w", err)
	}
	return lines, nil
}

// NextLines reads the part of a job's lines that its cursor names, and moves the cursor on; nil after the last part, which is when
// the lines are let go.
func NextLines[T any](ctx context.Context, tx *Store, j *models.Job, fileID string) ([]T, error) {
	number, _ := strconv.Atoi(j.Cursor) // empty at the beginning
	part, err := tx.FilePart(ctx, fileID, number)
	if err != nil {
		return nil, err
	}
	if part == nil {
		if number == 0 && j.Total > 0 {
			return nil, models.NotFound("import.error.gone")
		}
		return nil, tx.DropFiles(ctx, fileID)
	}
	j.Cursor = strconv.Itoa(number + 1)
	return ReadLines[T](part)
}

// KeepFile keeps a file that a job reads for as long as the job can be looked at: its time does not run out while that stands still.
func (s *Store) KeepFile(ctx context.Context, id string) error {
	return fault("keep file", s.write(ctx).Model(&models.File{}).Where("id = ?", id).Update("expires_at", s.clock.Now().Add(models.JobRetention)).Error)
}
