package models

import "time"

// File is a file that the program made, such as an export. It goes away by itself.
type File struct {
	ID          string `gorm:"primaryKey"` // ordered
	OrgID       string
	OwnerID     string
	Name        string // as it is offered for download
	ContentType string
	Size        int64
	Chunks      int
	Ready       bool // it is whole
	CreatedAt   time.Time
	ExpiresAt   time.Time
}

// FileChunk is a part of a file.
type FileChunk struct {
	FileID string `gorm:"primaryKey"`
	N      int    `gorm:"primaryKey"` // 0, 1 …
	Bytes  []byte
}

// FileRetention is how long an export is kept.
const FileRetention = 24 * time.Hour
