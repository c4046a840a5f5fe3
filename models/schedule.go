package models

// Schedule says when a workflow that waits for a time is due next. It is there while the workflow is on, or off by itself.
type Schedule struct {
	WorkflowID string `gorm:"primaryKey"`
	NextAt     *int64 // microseconds since 1970; 0 until it is worked out, nil when there is no more
	Since      int64  // microseconds since 1970: the first time is later
}
