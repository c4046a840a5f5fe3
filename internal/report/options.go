package report

import (
	"slices"
	"strings"
	"time"

	"surveyflow/models"
)

// Format is how responses are written as a file.
type Format string

// The formats.
const (
	FormatCSV    Format = "csv"
	FormatTSV    Format = "tsv"
	FormatXLSX   Format = "xlsx"
	FormatJSON   Format = "json"
	FormatNDJSON Format = "ndjson"
	FormatXML    Format = "xml"
	FormatPDF    Format = "pdf"
	FormatSPSS   Format = "spss" // a system file: .sav
)

// Formats lists the formats that people are offered, in their order; APIFormats those of the field's API.
var (
	Formats    = []Format{FormatXLSX, FormatCSV, FormatTSV, FormatJSON, FormatNDJSON, FormatXML, FormatSPSS, FormatPDF}
	APIFormats = []Format{FormatCSV, FormatTSV, FormatJSON, FormatNDJSON, FormatSPSS, FormatXML}
)

// contentTypes are the media types of files that are not packed.
var contentTypes = map[Format]string{
	FormatCSV: "text/csv; charset=utf-8", FormatTSV: "text/tab-separated-values; charset=utf-8", FormatJSON: "application/json",
	FormatXLSX:   "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	FormatSPSS:   "application/x-spss-sav",
	FormatNDJSON: "application/x-ndjson", FormatXML: "application/xml; charset=utf-8", FormatPDF: "application/pdf",
}

// Show says what stands for an answer that has a value and a label.
type Show string

// What stands for a coded answer.
const (
	ShowLabels Show = "labels"
	ShowValues Show = "values"
	ShowBoth   Show = "both" // two columns
)

// Shows lists what can stand for a coded answer.
var Shows = []Show{ShowLabels, ShowValues, ShowBoth}

// Headers says what stands above the rows of CSV, TSV and XLSX.
type Headers string

// What stands above the rows.
const (
	HeaderNames Headers = "names" // one line: the names of the columns
	HeaderTexts Headers = "texts" // and a second one: what they are of
	HeaderAPI   Headers = "api"   // and a third one: what the API calls them
	HeaderNone  Headers = "none"
)

// HeaderChoices lists what people can choose from.
var HeaderChoices = []Headers{HeaderNames, HeaderTexts, HeaderNone}

// Options say which responses and columns a file has, and how they are written.
type Options struct {
	Format   Format
	Show     Show
	Headers  Headers
	Split    bool                   // a column for each choice where several can be chosen
	BOM      bool                   // CSV and TSV begin with the mark of UTF-8, by which Excel knows it
	Defuse   bool                   // for people: see models.DefuseCell; programs get values unchanged
	Zone     string                 // IANA name; empty means UTC
	Columns  []string               // keys of the columns; nil means all, empty none
	States   []models.ResponseState // see store.ResponseScan
	From, To time.Time

	// Of the API alone.
	API             bool
	Compress        bool     // packed as a ZIP file
	Limit           int64    // responses; 0 means all
	DecimalComma    bool     // numbers have a comma
	Newline         *string  // stands for line breaks in CSV and TSV; nil leaves them
	Unanswered      *string  // stands for questions that were seen and not answered
	UnansweredMulti *string  // the same where several choices are possible, in a column each
	DisplayOrder    bool     // see Shape
	Modified        bool     // see Shape
	QuestionIDs     []string // only these questions; nil means all
	FieldNames      []string // only this embedded data; nil means all
	MetadataIDs     []string // only this metadata; nil means all
	Continue        bool     // the end of this file is a place to go on from
	After           string   // the place to go on from: see Cursor
}

// Check tells what is wrong with options, field by field.
func (o *Options) Check() error {
	var wrong []models.FieldError
	if !slices.Contains(Formats, o.Format) {
		wrong = append(wrong, models.Field("format", "report.error.format"))
	}
	if o.Show == "" {
		o.Show = ShowLabels
	}
	if !slices.Contains(Shows, o.Show) {
		wrong = append(wrong, models.Field("show", "report.error.show"))
	}
	if o.Headers == "" {
		o.Headers = HeaderNames
	}
	if !slices.Contains(append([]Headers{HeaderAPI}, HeaderChoices...), o.Headers) {
		wrong = append(wrong, models.Field("headers", "report.error.headers"))
	}
	if _, err := time.LoadLocation(o.Zone); err != nil || o.Zone == "Local" {
		wrong = append(wrong, models.Field("timeZone", "report.error.zone", "Zone", o.Zone))
	}
	if !o.From.IsZero() && !o.To.IsZero() && !o.From.Before(o.To) {
		wrong = append(wrong, models.Field("endDate", "report.error.period"))
	}
	return models.Invalid(wrong...)
}

func (o *Options) shape() Shape {
	return Shape{Split: o.Split, API: o.API, DisplayOrder: o.DisplayOrder, Modified: o.Modified}
}

// chosen gives the columns that the options leave.
func (o *Options) chosen(all []Column) []Column {
	keep := func(list []string, name string) bool { return list == nil || slices.Contains(list, name) }
	var out []Column
	for _, c := range all {
		ok := keep(o.Columns, c.Key)
		switch c.Group {
		case GroupQuestion:
			ok = ok && keep(o.QuestionIDs, c.Question)
		case GroupPassed:
			ok = ok && keep(o.FieldNames, c.Name)
		default:
			ok = ok && (keep(o.MetadataIDs, c.Key) || c.Key == "lastModifiedDate")
		}
		if ok {
			out = append(out, c)
		}
	}
	return out
}

// ending gives how the names of files of the format end.
func (f Format) ending() string {
	if f == FormatSPSS {
		return "sav"
	}
	return string(f)
}

// fileName makes a name for a file of what a survey is called: what no file system takes is left out.
func fileName(survey, ending string) string {
	name := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, strings.TrimSpace(survey))
	if runes := []rune(name); len(runes) > 80 {
		name = strings.TrimSpace(string(runes[:80]))
	}
	if name = strings.Trim(name, ". "); name == "" {
		name = "responses"
	}
	return name + "." + ending
}
