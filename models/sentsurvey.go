package models

import "time"

// SentSurvey is a survey that somebody was invited to answer, as they meet it.
type SentSurvey struct {
	Invitation
	SurveyName      string
	SurveyVersion   int    // the live one
	Owner           string // name of the survey's owner
	Slug            string // of the collector
	SurveyClosesAt  *time.Time
	CollectorCloses *time.Time
}

// Until tells until when the survey can be answered through the invitation: the earliest of what ends it; nil means without
// end.
func (s *SentSurvey) Until() *time.Time {
	var first *time.Time
	for _, t := range []*time.Time{s.ExpiresAt, s.CollectorCloses, s.SurveyClosesAt} {
		if t != nil && (first == nil || t.Before(*first)) {
			first = t
		}
	}
	return first
}
