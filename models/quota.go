package models

// Quota limits how many completed responses of a kind a survey takes. It is a part of the survey's definition; how many there are is
// counted apart.
type Quota struct {
	ID        string
	Name      string
	Limit     int64
	Condition *Condition // which responses count; nil means all
	Off       bool       // it is neither counted nor kept
	Ends      bool       // who would go beyond the limit is told so, and does not count
	End       EndOfSurvey
}

// Fields of a response that a full quota has ended, as exports have them.
const (
	FieldTerminated = "Q_TerminateFlag" // its value is QuotaMet
	FieldQuota      = "Q_QuotaID"
	QuotaMet        = "QuotaMet"
)
