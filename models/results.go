package models

import "time"

// SurveyResults is what was answered to a survey, summed up to a place in the order in which responses were recorded. It can be
// made again at any time.
type SurveyResults struct {
	SurveyID  string `gorm:"primaryKey"`
	Version   int    // the live one when it was counted
	PlaceAt   *time.Time
	PlaceID   string
	Counted   int64     // responses up to the place
	Sums      string    // JSON of the reports' own
	UpdatedAt time.Time `gorm:"autoUpdateTime:false"`
}
