package store

import (
	"bytes"
	"io"
	"io/fs"
	"regexp"
)

// sqliteMigrations gives the PostgreSQL migrations with the few words changed that SQLite spells otherwise: its drivers
// read times only from columns declared TIMESTAMP, JSONB would get numeric affinity, and BINARY, its default collation,
// is the order that PostgreSQL calls "C".
type sqliteMigrations struct{ fs.FS }

var sqliteWords = []struct {
	from *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`\bTIMESTAMPTZ\b`), "TIMESTAMP"},
	{regexp.MustCompile(`\bJSONB\b`), "TEXT"},
	{regexp.MustCompile(`\bBYTEA\b`), "BLOB"},
	{regexp.MustCompile(` COLLATE "C"`), ""},
}

func (m sqliteMigrations) Open(name string) (fs.File, error) {
	f, err := m.FS.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		return f, err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	for _, w := range sqliteWords {
		text = w.from.ReplaceAll(text, []byte(w.to))
	}
	return &memFile{Reader: bytes.NewReader(text), info: memInfo{info, int64(len(text))}}, nil
}

// Glob is how goose looks for its files.
func (m sqliteMigrations) Glob(pattern string) ([]string, error) { return fs.Glob(m.FS, pattern) }

type memFile struct {
	*bytes.Reader
	info memInfo
}

func (f *memFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *memFile) Close() error               { return nil }

type memInfo struct {
	fs.FileInfo
	size int64
}

func (i memInfo) Size() int64 { return i.size }
