package models

import "time"

// RemovedTask is a task that was removed from a workflow's draft and can still be put back.
type RemovedTask struct {
	WorkflowID string `gorm:"primaryKey"`
	TaskID     string `gorm:"primaryKey"`
	Position   int    // how many tasks stood before it
	Spec       JSON[TaskSpec]
	RemovedAt  time.Time
}
