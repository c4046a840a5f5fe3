package models

import "time"

// ContactImport is a file of contacts on its way into a list: first it is looked at and its columns are given a meaning, then
// a job reads it.
type ContactImport struct {
	ID        string `gorm:"primaryKey"`
	OrgID     string
	OwnerID   string
	ListID    string
	Name      string // of the file, as it was uploaded
	Format    ImportFormat
	RawID     string         // file as it was uploaded; empty when it need not be read again
	RowsID    string         // file of its lines as cells
	Encoding  string         // of a CSV file: one of ImportEncodings
	Separator string         // of a CSV file: one of ImportSeparators
	Sheet     string         // of an XLSX file: the sheet that is read
	Sheets    JSON[[]string] // of an XLSX file
	Heading   bool           // the first line names the columns
	Lines     int64          // with something in them, the heading among them
	Width     int            // most cells of a line
	Columns   JSON[[]ImportColumn]
	Merge     MergeRule
	Tags      JSON[[]string] // that every contact gets besides those of its line
	Follow    bool           // new contacts start workflows that wait for some
	Quiet     bool           // new contacts are not invited through the collectors of the list that are open
	JobID     *string        // that reads it; nil until it was started
	CreatedAt time.Time      `gorm:"autoCreateTime:false"`
}

// ImportColumn says what a column of a file is.
type ImportColumn struct {
	Heading string `json:"heading,omitempty"` // as the file has it
	To      string `json:"to"`                // one of ImportTargets, a custom field, ImportField, or empty: left out
	Field   string `json:"field,omitempty"`   // name of the field, for ImportField
}

// ImportField is the target of a column that becomes a field with a name of its own.
const ImportField = "field"

// ImportTargets are what a column can be, besides custom1 … custom8 and ImportField. The names are those of an export.
var ImportTargets = []string{"email", "firstName", "lastName", "phone", "language", "externalReference", "tags", "unsubscribed"}

// ImportFormat is what kind of file contacts come in.
type ImportFormat string

// The formats.
const (
	ImportCSV  ImportFormat = "csv"
	ImportXLSX ImportFormat = "xlsx"
	ImportJSON ImportFormat = "json" // from the API
)

// ImportEncodings are the encodings of CSV files that can be read.
var ImportEncodings = []string{"utf-8", "utf-16le", "utf-16be", "windows-1252"}

// ImportSeparators are what may stand between the cells of a CSV file.
var ImportSeparators = []string{",", ";", "\t"}

// Limits of a file of contacts.
const (
	ImportMaxBytes   = 100 << 20 // as uploaded
	ImportMaxXLSX    = 60 << 20  // as uploaded: it is read as a whole
	ImportMaxInside  = 1 << 30   // of an XLSX file, once it is unpacked
	ImportMaxLines   = 1_000_001 // a million contacts and their heading
	ImportMaxColumns = 200
	ImportMaxLine    = 1 << 20 // bytes of one line
)

// Contacts gives how many lines are meant to be contacts.
func (i *ContactImport) Contacts() int64 {
	if i.Heading && i.Lines > 0 {
		return i.Lines - 1
	}
	return i.Lines
}
