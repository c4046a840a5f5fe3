package store

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"

	"surveyflow/models"
)

// ReportRefused adds lines that an import refused to the file of its job: a table that can be mended and imported again. head gives the
// file's name and the lines above the refused ones, and is asked once. Texts are defused (models.DefuseCell), which imports take back.
// The caller holds the job in its step; [Store.FinishRefused] makes the file ready.
func (s *Store) ReportRefused(ctx context.Context, a models.Actor, j *models.Job, lines [][]string, head func() (string, [][]string)) error {
	if len(lines) == 0 {
		return nil
	}
	var b bytes.Buffer
	if j.FileID == "" {
		name, above := head()
		// Until it is ready it is kept as long as its job.
		f := &models.File{Name: name, ContentType: "text/csv; charset=utf-8", ExpiresAt: s.clock.Now().Add(models.JobRetention)}
		if err := s.CreateFile(ctx, a, f); err != nil {
			return err
		}
		j.FileID = f.ID
		b.WriteString("\ufeff")
		lines = append(above, lines...)
	}
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	for _, line := range lines {
		safe := make([]string, len(line))
		for n := range line {
			safe[n] = models.DefuseCell(line[n])
		}
		if err := w.Write(safe); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	w.Flush()
	return s.AddToFile(ctx, j.FileID, b.Bytes())
}

// FinishRefused makes the file of what an import refused ready, for models.FileRetention; nothing when all went well.
func (s *Store) FinishRefused(ctx context.Context, j *models.Job) error {
	if j.FileID == "" {
		return nil
	}
	return s.FinishFile(ctx, j.FileID, s.clock.Now().Add(models.FileRetention))
}
