package models

import "encoding/json"

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

// ExtraQuotas is where a definition keeps its quotas, as QSF files write them; package qsf reads and writes them.
const ExtraQuotas = "quotas"

// quotaTexts gives, of the quotas that end a survey with a message, what has to be known to translate it.
func (d *SurveyDefinition) quotaTexts() []quotaText {
	raw, some := d.Extra[ExtraQuotas]
	if !some {
		return nil
	}
	var all []json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		return nil
	}
	var texts []quotaText
	for _, one := range all {
		var q quotaText
		if json.Unmarshal(one, &q) == nil && q.ID != "" && q.Own.Message != "" {
			texts = append(texts, q)
		}
	}
	return texts
}

type quotaText struct {
	ID   string `json:"ID"`
	Name string `json:"Name"`
	Own  struct {
		Message string `json:"message"`
	} `json:"Surveyflow"`
}

// QuotaMessage is the name that the message of a quota has among the texts of a survey.
func QuotaMessage(quotaID string) string { return quotaID + "_" + PartQuota }

// Fields of a response that a full quota has ended, as exports have them.
const (
	FieldTerminated = "Q_TerminateFlag" // its value is QuotaMet
	FieldQuota      = "Q_QuotaID"
	QuotaMet        = "QuotaMet"
)

// OverQuota reports whether a full quota has ended the response.
func (r *Response) OverQuota() bool { return r.Fields.V[FieldTerminated] == QuotaMet }
