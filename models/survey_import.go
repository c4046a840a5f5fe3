package models

import "time"

// ImportKind says what became of a part of a file that a survey was made of.
type ImportKind string

// The kinds of lines of an import report.
const (
	ImportTaken     ImportKind = "imported"  // it is used
	ImportKept      ImportKind = "kept"      // it is kept and comes back in exports, but not used yet
	ImportChanged   ImportKind = "changed"   // it is used, but not as it was written
	ImportAttention ImportKind = "attention" // it has to be mended before the survey can be put live
)

// ImportKinds lists the kinds in the order in which people care for them.
var ImportKinds = []ImportKind{ImportAttention, ImportChanged, ImportKept, ImportTaken}

// ImportLine tells what became of one part of a file.
type ImportLine struct {
	Kind ImportKind     `json:"kind"`
	Item string         `json:"item"`           // the id that the part has in the file, such as QID3, FL_7 or BL_…; empty for the survey as a whole
	Name string         `json:"name,omitempty"` // in people's words: the beginning of the question, the title of the block
	Key  string         `json:"key"`            // of the sentence
	Args map[string]any `json:"args,omitempty"` // of the sentence
}

// ImportReport tells line by line what became of a file.
type ImportReport struct {
	Lines []ImportLine `json:"lines"`
}

// Count gives how many lines of a kind the report has.
func (r *ImportReport) Count(kind ImportKind) int {
	n := 0
	for i := range r.Lines {
		if r.Lines[i].Kind == kind {
			n++
		}
	}
	return n
}

// SurveyImport is the file that a survey was made of, with what became of it.
type SurveyImport struct {
	SurveyID   string `gorm:"primaryKey"`
	FileName   string // as it was called; empty when programs did not say
	Size       int64  // bytes
	Report     JSON[ImportReport]
	ImportedBy string
	ImportedAt time.Time
}
