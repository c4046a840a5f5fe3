package store

// Page asks for a part of a list that is sorted by a key, newest first.
type Page struct {
	Limit  int    // at most MaxPage; 0 means DefaultPage
	Before string // the cursor of an earlier answer: what comes after it in the list; empty for the beginning
}

// Sizes of pages.
const (
	DefaultPage = 50
	MaxPage     = 500
)

func (p Page) limit() int {
	if p.Limit <= 0 {
		return DefaultPage
	}
	return min(p.Limit, MaxPage)
}

// cut gives the rows of the page and, when there are more, the cursor for the next one.
// The query must have asked for one row more than the limit.
func cut[R any](rows []R, limit int, cursor func(*R) string) ([]R, string) {
	if len(rows) <= limit {
		return rows, ""
	}
	rows = rows[:limit]
	return rows, cursor(&rows[limit-1])
}
