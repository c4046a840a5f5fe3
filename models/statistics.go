package models

import "time"

// SurveySubscriber is a person who gets the statistics of a survey before it closes.
type SurveySubscriber struct {
	SurveyID  string `gorm:"primaryKey"`
	UserID    string `gorm:"primaryKey"`
	CreatedAt time.Time
}

// OpenSurvey is a survey that takes answers now, with what its owner wants to know at a glance.
type OpenSurvey struct {
	Survey
	Owner      string // name of its owner
	Subscribed bool   // the actor gets its statistics
	SurveyFigures
}

// SurveyFigures are the basic figures of a survey.
type SurveyFigures struct {
	Completed  int64
	Partial    int64
	InProgress int64
	Reached    int64 // invitations whose mail was delivered
	Answered   int64 // of them, finished
}

// CompletionRate is the share of recorded responses that are complete, from 0 to 1; false when there are none.
func (f *SurveyFigures) CompletionRate() (float64, bool) {
	return share(f.Completed, f.Completed+f.Partial)
}

// ResponseRate is the share of the people whom an invitation reached that have finished, from 0 to 1; false when it reached nobody.
func (f *SurveyFigures) ResponseRate() (float64, bool) { return share(f.Answered, f.Reached) }

func share(n, of int64) (float64, bool) {
	if of == 0 {
		return 0, false
	}
	return float64(n) / float64(of), true
}
