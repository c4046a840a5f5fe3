package models

import "time"

// LibraryMessage is the text of a mail in somebody's library, which distributions name. Its texts are HTML in the subset of
// package richtext, by language, and may have piped text.
type LibraryMessage struct {
	ID        string `gorm:"primaryKey"` // ordered
	OrgID     string
	OwnerID   string // whose library it stands in
	Name      string // what the field's API calls its description
	Category  string
	Texts     JSON[map[string]string]
	CreatedAt time.Time `gorm:"autoCreateTime:false"`
	UpdatedAt time.Time `gorm:"autoUpdateTime:false"`
}

// MessageCategories are the kinds of messages that the field's API knows.
var MessageCategories = []string{
	"invite", "inactiveSurvey", "reminder", "thankYou", "endOfSurvey", "general", "validation", "lookAndFeel", "emailSubject", "smsInvite",
}

// Limits of a message of a library.
const (
	LibraryMessageMaxName  = 200 // characters
	LibraryMessageMaxTexts = 50  // languages
	LibraryMessageMaxText  = 60_000
)
