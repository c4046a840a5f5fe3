package models

import (
	"slices"
	"time"
)

// Job is long work that somebody asked for: it is done step by step on any node, goes on after a crash where it was, and can
// be looked at and canceled meanwhile.
type Job struct {
	ID         string `gorm:"primaryKey"` // ordered
	OrgID      string
	OwnerID    string // who asked for it, and whose access it has
	Wide       bool   // they asked with everything of the organisation in reach
	Kind       JobKind
	Subject    string // id of the workflow or survey that it is about; empty for none
	Params     string // JSON of the kind's own
	Status     JobStatus
	Cursor     string // how far it is, in the kind's own words
	Done       int64  // things that were handled, of Total
	Failed     int64  // of Done, how many could not be
	Total      int64  // as counted when it was asked for
	Report     JSON[JobReport]
	Error      string // a RunError as JSON: why all of it failed
	FileID     string // what it made; empty for none
	CreatedAt  time.Time
	FinishedAt *time.Time
}

// JobKind says what a job does.
type JobKind string

// The kinds of jobs. Each has messages "job.kind.…" and, in the program, the step that does its work.
const (
	JobReplayRuns   JobKind = "replayRuns"
	JobCancelRuns   JobKind = "cancelRuns"
	JobPlayRuns     JobKind = "playRuns"
	JobRunResponses JobKind = "runResponses" // starts a workflow for responses that are there
	JobExportRuns   JobKind = "exportRuns"
	JobInvite       JobKind = "invite" // lets what waits of an e-mail collector through, and invites its list
	// JobExportResponses writes the responses of a survey into a file.
	JobExportResponses JobKind = "exportResponses"

	JobImportContacts JobKind = "importContacts"
	JobExportContacts JobKind = "exportContacts"

	JobImportResponses JobKind = "importResponses"
	JobUpdateResponses JobKind = "updateResponses"
	JobDeleteResponses JobKind = "deleteResponses"
)

// JobKinds lists all kinds.
var JobKinds = []JobKind{
	JobReplayRuns, JobCancelRuns, JobPlayRuns, JobRunResponses, JobExportRuns, JobInvite, JobExportResponses, JobImportContacts, JobExportContacts,
	JobImportResponses, JobUpdateResponses, JobDeleteResponses,
}

// ShowsRuns reports whether what a job of the kind did can be seen among the runs.
func (k JobKind) ShowsRuns() bool {
	return slices.Contains([]JobKind{JobReplayRuns, JobCancelRuns, JobPlayRuns, JobRunResponses}, k)
}

// JobStatus says how a job stands.
type JobStatus string

// The statuses of a job. All but open are final.
const (
	JobOpen      JobStatus = "open"
	JobSucceeded JobStatus = "succeeded" // it went through everything, also when some things could not be handled
	JobFailed    JobStatus = "failed"
	JobCanceled  JobStatus = "canceled"
)

// JobReport says what became of single things.
type JobReport struct {
	Lines []JobLine        `json:"lines,omitempty"` // of the first that could not be handled
	Notes map[string]int64 `json:"notes,omitempty"` // how many things of which there is something to say: messages "job.note.…"
}

// JobLine is one thing that could not be handled, and why.
type JobLine struct {
	Item  string   `json:"item"` // its id, or where it stood
	Error RunError `json:"error"`
}

// JobRetention is how long a job can be looked at after its end.
const JobRetention = 30 * 24 * time.Hour

// MaxJobLines is how many lines a report has at most; the job counts the rest.
const MaxJobLines = 200

// Fail counts a thing that could not be handled and reports it while there is room.
func (j *Job) Fail(item string, e RunError) {
	j.Done++
	j.Failed++
	if len(j.Report.V.Lines) < MaxJobLines {
		j.Report.V.Lines = append(j.Report.V.Lines, JobLine{Item: item, Error: e})
	}
}

// Note counts a thing that was handled in a way that is worth a word.
func (j *Job) Note(key string) { j.NoteMany(key, 1) }

// NoteMany counts n things as Note does.
func (j *Job) NoteMany(key string, n int64) {
	if j.Report.V.Notes == nil {
		j.Report.V.Notes = map[string]int64{}
	}
	if n > 0 {
		j.Report.V.Notes[key] += n
	}
}

// Actor gives who the job acts as, from the person that its owner is now.
func (j *Job) Actor(owner *User) Actor {
	a := owner.Actor(ViaAPI)
	a.Wide = j.Wide
	return a
}
