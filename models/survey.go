package models

import "time"

// SurveyState says whether a survey takes answers.
type SurveyState string

// The states of a survey. A draft has never been put live; a closed one keeps its answers and can be opened again.
const (
	SurveyDraft  SurveyState = "draft"
	SurveyOpen   SurveyState = "open"
	SurveyClosed SurveyState = "closed"
)

// Survey is a questionnaire with its draft and, once put live, an immutable version that respondents see.
type Survey struct {
	ID         string `gorm:"primaryKey"`
	OrgID      string
	OwnerID    string
	Name       string
	State      SurveyState
	Draft      JSON[SurveyDefinition]
	DraftRev   int64 // goes up with every write of the draft; a write that names an older one is refused
	Version    int   // the live version; 0 before the first Put live
	LiveDraft  int64 // the DraftRev that the live version was made of
	LiveRev    int64 // goes up with every change to what respondents get or which workflows run
	NextQID    int   `gorm:"column:next_qid"` // number of the next question; numbers are never used again
	OpensAt    *time.Time
	ClosesAt   *time.Time
	DatesDueAt *time.Time // the next of the two, until the workflows were told that wait for it
	TimeZone   string     // in which its dates are meant; empty means the organisation's
	CreatedAt  time.Time  `gorm:"autoCreateTime:false"`
	UpdatedAt  time.Time  `gorm:"autoUpdateTime:false"` // of the draft
	LiveAt     *time.Time // when the live version was put live
	LabelsRev  int        // of its data labels; 0 while all of them are automatic
	// InviteDays is for how many days a person who was invited to it is not invited again; 0 means without limit.
	InviteDays int
	// ContactUserID is whom people ask about it, and who is told when it opens; nil for nobody.
	ContactUserID *string
	DeletedAt     *time.Time

	Access Access     `gorm:"-"` // what who asked may do with it
	Labels DataLabels `gorm:"-"` // those that a new survey begins with
}

// Changed reports whether the draft differs from what is live.
func (s Survey) Changed() bool {
	return s.Version == 0 || s.LiveAt == nil || s.UpdatedAt.After(*s.LiveAt)
}

// SurveyVersion is one definition that was put live; it is never changed.
type SurveyVersion struct {
	SurveyID    string `gorm:"primaryKey"`
	Version     int    `gorm:"primaryKey"`
	Definition  JSON[SurveyDefinition]
	Description string // what whoever put it live said about it; may be empty
	CreatedBy   string
	CreatedAt   time.Time
}

// SurveyRemoval is what was removed from a draft lately and can still be put back.
type SurveyRemoval struct {
	ID        string `gorm:"primaryKey"`
	SurveyID  string
	Part      JSON[RemovedPart]
	RemovedBy string
	RemovedAt time.Time
}

// RemovedPart is a part of a draft and the place that it had: a question, a page, or a whole draft that another one
// took the place of.
type RemovedPart struct {
	Question *Question         `json:"question,omitempty"`
	Block    *Block            `json:"block,omitempty"`
	Draft    *SurveyDefinition `json:"draft,omitempty"`
	BlockID  string            `json:"blockId,omitempty"` // of a question
	At       int               `json:"at"`                // counted from 0, in the page or among the pages
}

// SurveyDefinition is everything that a respondent meets: blocks (pages) with questions, embedded data, texts and options.
type SurveyDefinition struct {
	Language     string          `json:"language"`            // base language, BCP 47
	Languages    []string        `json:"languages,omitempty"` // into which it is translated
	Description  string          `json:"description,omitempty"`
	Blocks       []Block         `json:"blocks"`
	EmbeddedData []EmbeddedField `json:"embeddedData,omitempty"`
	Anonymous    bool            `json:"anonymous,omitempty"` // fixed after the first response (contract §7)
	NoBack       bool            `json:"noBack,omitempty"`    // respondents cannot go back
	NoProgress   bool            `json:"noProgress,omitempty"`
	PartialDays  int             `json:"partialDays,omitempty"` // days without activity until an answer counts as partial; 0 means 7
	End          EndOfSurvey     `json:"end,omitzero"`
	Buttons      Buttons         `json:"buttons,omitzero"`
	Translations Translations    `json:"translations,omitempty"` // of its name, introduction, end and buttons
	Extra        RawFields       `json:"extra,omitempty"`        // parts that came by API or file and are not used yet
}

// Block is one page of a survey.
type Block struct {
	ID        string     `json:"id"`
	Title     string     `json:"title,omitempty"`
	Questions []Question `json:"questions"`
	Display   *Condition `json:"display,omitempty"` // shown only when true
	// Translations are those of its title.
	Translations Translations `json:"translations,omitempty"`
	Extra        RawFields    `json:"extra,omitempty"`
}

// EmbeddedField is a named value that a response carries beside its answers.
type EmbeddedField struct {
	Name     string `json:"name"`
	Default  string `json:"default,omitempty"`
	FromLink bool   `json:"fromLink,omitempty"` // may be set by parameters of the survey's link
}

// EndOfSurvey is what follows the last page.
type EndOfSurvey struct {
	Message  string `json:"message,omitempty"`
	Redirect string `json:"redirect,omitempty"` // http or https with a fixed authority
}

// Buttons are the words on the buttons of the pages; what is empty is the product's own.
type Buttons struct {
	Next   string `json:"next,omitempty"`
	Back   string `json:"back,omitempty"`
	Submit string `json:"submit,omitempty"`
}

// DefaultPartialDays is how long an unfinished response waits for its respondent when the survey says nothing (contract §7).
const DefaultPartialDays = 7

// PartialAfter gives how long an unfinished response may rest before it is recorded as partial.
func (d *SurveyDefinition) PartialAfter() time.Duration {
	days := d.PartialDays
	if days == 0 {
		days = DefaultPartialDays
	}
	return time.Duration(days) * 24 * time.Hour
}

// Question finds a question by its id; nil when the definition has none.
func (d *SurveyDefinition) Question(id string) *Question {
	for b := range d.Blocks {
		for q := range d.Blocks[b].Questions {
			if d.Blocks[b].Questions[q].ID == id {
				return &d.Blocks[b].Questions[q]
			}
		}
	}
	return nil
}

// Block finds a block by its id; nil when the definition has none.
func (d *SurveyDefinition) Block(id string) *Block {
	for b := range d.Blocks {
		if d.Blocks[b].ID == id {
			return &d.Blocks[b]
		}
	}
	return nil
}

// Field finds an embedded data field by its name; nil when the definition has none.
func (d *SurveyDefinition) Field(name string) *EmbeddedField {
	for i := range d.EmbeddedData {
		if d.EmbeddedData[i].Name == name {
			return &d.EmbeddedData[i]
		}
	}
	return nil
}

// Questions lists all questions in survey order.
func (d *SurveyDefinition) Questions() []*Question {
	var all []*Question
	for b := range d.Blocks {
		for q := range d.Blocks[b].Questions {
			all = append(all, &d.Blocks[b].Questions[q])
		}
	}
	return all
}
