package store

import (
	"bytes"
	"io"
	"io/fs"
	"regexp"
)

// migrationFiles gives the migrations in the words of one dialect. They are written for PostgreSQL; what only one of the
// two understands stands in a comment that names it: /* sqlite: WITHOUT ROWID */.
type migrationFiles struct {
	fs.FS
	words []word
}

type word struct {
	from *regexp.Regexp
	to   string
}

var postgresWords = []word{{regexp.MustCompile(`/\* postgres: (.*?) \*/`), "$1"}}

// SQLite's driver reads times only from columns declared TIMESTAMP, JSONB would get numeric affinity, and BINARY, its
// default collation, is the order that PostgreSQL calls "C".
var sqliteWords = []word{
	{regexp.MustCompile(`/\* sqlite: (.*?) \*/`), "$1"},
	{regexp.MustCompile(`\bTIMESTAMPTZ\b`), "TIMESTAMP"},
	{regexp.MustCompile(`\bJSONB\b`), "TEXT"},
	{regexp.MustCompile(`\bBYTEA\b`), "BLOB"},
	{regexp.MustCompile(` COLLATE "C"`), ""},
}

func (m migrationFiles) Open(name string) (fs.File, error) {
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
	for _, w := range m.words {
		text = w.from.ReplaceAll(text, []byte(w.to))
	}
	return &memFile{Reader: bytes.NewReader(text), info: memInfo{info, int64(len(text))}}, nil
}

// Glob is how goose looks for its files.
func (m migrationFiles) Glob(pattern string) ([]string, error) { return fs.Glob(m.FS, pattern) }

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
