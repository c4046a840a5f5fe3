package apiv3

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/outbound"
	"surveyflow/internal/report"
	"surveyflow/internal/sheet"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// updatesLimit is the largest body with changes of many responses; fetchLimit the largest file of responses that is fetched from an
// address, which is read as a whole.
const (
	updatesLimit = 20 << 20
	fetchLimit   = 20 << 20
)

// responseUpdates is the body of POST …/update-responses (reference §4.3).
type responseUpdates struct {
	Updates       []oneUpdate `json:"updates"`
	IgnoreMissing bool        `json:"ignoreMissingResponses"`
}

type oneUpdate struct {
	ResponseID        string                     `json:"responseId"`
	EmbeddedData      map[string]json.RawMessage `json:"embeddedData"`
	ResetRecordedDate *bool                      `json:"resetRecordedDate"` // nil means true
}

// responseDeletes is the body of POST …/delete-responses.
type responseDeletes struct {
	Deletes       []oneDelete `json:"deletes"`
	IgnoreMissing bool        `json:"ignoreMissingResponses"`
}

type oneDelete struct {
	ResponseID      string `json:"responseId"`
	DecrementQuotas bool   `json:"decrementQuotas"`
}

// responseFile is the body of POST …/import-responses that names a file.
type responseFile struct {
	Format  string `json:"format"`
	FileURL string `json:"fileUrl"`
	Charset string `json:"charset"`
}

// bulkStatus is how far work with many responses is.
type bulkStatus struct {
	ProgressID string       `json:"progressId"`
	Percent    float64      `json:"percentComplete"`
	Status     jobStatus    `json:"status"`
	Total      int64        `json:"total"`
	Done       int64        `json:"done"` // of total, with those that failed
	Failed     int64        `json:"failed"`
	Failures   []jobFailure `json:"failures"` // of the first: their ids, or their lines in the file
	JobID      string       `json:"jobId"`
	// RefusedFile is the address of a file with all lines that an import refused, and why, for a day after its end; null for none.
	RefusedFile *string `json:"refusedFile"`
}

// editable gives the survey that the path names to somebody who may change its responses.
func (a *API) editable(c *call) (*models.Survey, error) {
	s, err := a.store.SurveyToEdit(c.Request().Context(), c.actor, c.Param("surveyId"))
	return s, missing(err, "api.error.no_survey")
}

func (a *API) startUpdates(c *call) (any, error) {
	var in responseUpdates
	s, err := a.editable(c)
	if err != nil {
		return nil, err
	}
	if err := c.body(&in); err != nil {
		return nil, err
	}
	if n := len(in.Updates); n == 0 || n > survey.MaxUpdates {
		return nil, invalid("updates", "api.error.bulk_count", "Max", survey.MaxUpdates)
	}
	changes := survey.ResponseChanges{SurveyID: s.ID, IgnoreMissing: in.IgnoreMissing, All: make([]survey.ResponseChange, len(in.Updates))}
	for i, u := range in.Updates {
		at := "updates[" + strconv.Itoa(i) + "]."
		if u.ResponseID = models.CleanText(u.ResponseID); u.ResponseID == "" {
			return nil, invalid(at+"responseId", "api.error.bulk_response")
		}
		if len(u.EmbeddedData) == 0 {
			return nil, invalid(at+"embeddedData", "api.error.update_nothing")
		}
		changes.All[i] = survey.ResponseChange{ResponseID: u.ResponseID, EmbeddedData: u.EmbeddedData, Kept: u.ResetRecordedDate != nil && !*u.ResetRecordedDate}
	}
	return a.startChanges(c, changes)
}

func (a *API) startDeletes(c *call) (any, error) {
	var in responseDeletes
	s, err := a.editable(c)
	if err != nil {
		return nil, err
	}
	if err := c.body(&in); err != nil {
		return nil, err
	}
	if n := len(in.Deletes); n == 0 || n > survey.MaxUpdates {
		return nil, invalid("deletes", "api.error.bulk_count", "Max", survey.MaxUpdates)
	}
	changes := survey.ResponseChanges{SurveyID: s.ID, Delete: true, IgnoreMissing: in.IgnoreMissing, All: make([]survey.ResponseChange, len(in.Deletes))}
	for i, d := range in.Deletes {
		if d.ResponseID = models.CleanText(d.ResponseID); d.ResponseID == "" {
			return nil, invalid("deletes["+strconv.Itoa(i)+"].responseId", "api.error.bulk_response")
		}
		changes.All[i].ResponseID, changes.All[i].Uncounted = d.ResponseID, d.DecrementQuotas
	}
	return a.startChanges(c, changes)
}

func (a *API) startChanges(c *call, changes survey.ResponseChanges) (any, error) {
	changes.Depth, changes.CauseRun = causeOf(c.Request().Header)
	j, err := a.surveys.ChangeMany(c.Request().Context(), c.actor, changes)
	if err != nil {
		return nil, err
	}
	return a.bulkStatusOf(c, j), nil
}

// startResponseImport takes a file of responses: as the body, or from an address.
func (a *API) startResponseImport(c *call) (any, error) {
	ctx, r := c.Request().Context(), c.Request()
	s, err := a.editable(c)
	if err != nil {
		return nil, err
	}
	in := report.Import{Key: r.Header.Get(headerIdempotency)}
	if len(in.Key) > maxKey {
		return nil, invalid(headerIdempotency, "api.error.key", "Max", maxKey)
	}
	in.Depth, in.CauseRun = causeOf(r.Header)
	kind, params, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	format, charset := map[string]string{"text/csv": "csv", "text/tsv": "tsv", "text/tab-separated-values": "tsv"}[kind], ""
	from := io.Reader(r.Body)
	if err == nil && format != "" {
		charset = cmp.Or(params["charset"], r.Header.Get("charset"))
		connection := http.NewResponseController(c.Response())
		_ = connection.SetReadDeadline(time.Now().Add(peopleTimeout))  //nolint:forbidigo // of a connection
		_ = connection.SetWriteDeadline(time.Now().Add(peopleTimeout)) //nolint:forbidigo // of a connection
	} else {
		var file responseFile
		if err := c.body(&file); err != nil {
			return nil, err
		}
		format, charset = file.Format, file.Charset
		if format == "" {
			format = strings.TrimPrefix(path.Ext(strings.Split(file.FileURL, "?")[0]), ".")
		}
		format = strings.ToLower(strings.TrimSpace(format))
		if format != "csv" && format != "tsv" {
			return nil, invalid("format", "api.error.bulk_format", "Value", format)
		}
		if file.FileURL == "" {
			return nil, invalid("fileUrl", "api.error.bulk_file")
		}
		x := a.outbound.Do(ctx, outbound.Request{Method: http.MethodGet, URL: file.FileURL, Timeout: outbound.MaxTimeout, FollowRedirect: true, MaxBody: fetchLimit})
		switch {
		case x.Err != nil:
			return nil, invalid("fileUrl", "survey.import.error.url", "Why", i18n.TMap(ctx, x.Err.Key, x.Err.Args))
		case !x.Succeeded():
			return nil, invalid("fileUrl", "survey.import.error.status", "Status", x.Status)
		}
		from = bytes.NewReader(x.Body)
	}
	in.Separator = map[string]string{"csv": ",", "tsv": "\t"}[format]
	if in.Encoding = encodings[strings.ToLower(charset)]; in.Encoding == "" {
		return nil, invalid("charset", "api.error.bulk_charset", "Value", charset)
	}
	text := bufio.NewReader(from)
	if head, _ := text.Peek(3); charset == "" || strings.EqualFold(charset, "utf-16") { // a body that breaks off is told below
		in.Encoding = cmp.Or(sheet.Marked(head), in.Encoding)
	}
	j, err := a.reports.StartImport(ctx, c.actor, s, text, in)
	if err != nil {
		return nil, err
	}
	return a.bulkStatusOf(c, j), nil
}

// encodings are the names under which programs know what files can be written in.
var encodings = map[string]string{
	"": "utf-8", "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "utf-8", "utf-16le": "utf-16le", "utf-16be": "utf-16be", "utf-16": "utf-16le",
	"windows-1252": "windows-1252", "iso-8859-1": "windows-1252", "latin1": "windows-1252",
}

// showBulk answers how far work of a kind is.
func (a *API) showBulk(kind models.JobKind) handler {
	return func(c *call) (any, error) {
		ctx := c.Request().Context()
		j, err := a.store.ExportJob(ctx, c.actor, c.Param("surveyId"), kind, jobID(c.Param("progressId")))
		if err != nil {
			return nil, missing(err, "api.error.no_progress")
		}
		if err := a.store.CheckAccess(ctx, c.actor, j.Subject, models.AccessView); err != nil {
			return nil, missing(err, "api.error.no_survey")
		}
		return a.bulkStatusOf(c, j), nil
	}
}

func (a *API) bulkStatusOf(c *call, j *models.Job) bulkStatus {
	var refused *string
	if j.Kind == models.JobImportResponses && j.FileID != "" && j.Status == models.JobSucceeded {
		address := a.base.App(strings.Replace(link.PatternAPIJobFile, ":jobId", url.PathEscape(j.ID), 1))
		refused = &address
	}
	return bulkStatus{
		RefusedFile: refused,
		ProgressID:  exportID(j.ID), Percent: percent(j), Status: exportState(j), Total: j.Total, Done: j.Done, Failed: j.Failed,
		Failures: jobOf(c.Request().Context(), j).Failures, JobID: j.ID,
	}
}

func (a *API) bulkResponseEndpoints() []endpoint {
	return []endpoint{
		{
			method: post, pattern: link.PatternAPIResponseUpdates, handler: a.serve(a.startUpdates), name: "updateResponses", tag: tagResponses, limit: updatesLimit,
			summary: "Change the embedded data of many responses, as updateResponse does",
			more:    "A job does it; the answer names its progress. Responses that are not there are failures, unless ignoreMissingResponses is true.",
			body:    responseUpdates{}, result: bulkStatus{},
		},
		{
			method: get, pattern: link.PatternAPIResponseUpdated, handler: a.serve(a.showBulk(models.JobUpdateResponses)), name: "getUpdateResponses", tag: tagResponses,
			summary: "How far such a change is, and which responses could not be changed", result: bulkStatus{},
		},
		{
			method: post, pattern: link.PatternAPIResponseDeletes, handler: a.serve(a.startDeletes), name: "deleteResponses", tag: tagResponses, limit: updatesLimit,
			summary: "Delete many responses", more: "A job does it; the answer names its progress.", body: responseDeletes{}, result: bulkStatus{},
		},
		{
			method: get, pattern: link.PatternAPIResponseDeleted, handler: a.serve(a.showBulk(models.JobDeleteResponses)), name: "getDeleteResponses", tag: tagResponses,
			summary: "How far such a deletion is", result: bulkStatus{},
		},
		{
			method: post, pattern: link.PatternAPIResponseImports, handler: a.serve(a.startResponseImport), name: "importResponses", tag: tagResponses,
			summary: "Import responses from a CSV or TSV file", limit: models.ImportMaxBytes, timeout: peopleTimeout,
			more: "The file is the body, with its type text/csv or text/tsv, or JSON names the address that it is fetched from. Its first line names the columns as an export does, by name or by id; " +
				"the two further lines of an export may follow. What the survey does not know is embedded data. Lines are checked as responses of createResponse are, and those that are wrong, or have more cells than there are columns, are told. " +
				"A file that is not in its charset, has a quotation mark that is not closed, or names a column twice is refused as a whole. " +
				"Workflows start only where they include imported responses.",
			body: optionalAll(schema{
				"format": schema{"type": "string", "enum": []string{"csv", "tsv"}}, "fileUrl": schema{"type": "string", "format": "uri"}, "charset": schema{"type": "string", "default": "UTF-8", "description": "UTF-8, UTF-16LE, UTF-16BE, UTF-16 or windows-1252. Without it a mark at the beginning of the file counts."},
			}),
			result: bulkStatus{},
			params: []param{{headerIdempotency, "header", "The same key again with the same lines makes no second responses.", schema{"type": "string", "maxLength": maxKey}}},
		},
		{
			method: get, pattern: link.PatternAPIResponseImport, handler: a.serve(a.showBulk(models.JobImportResponses)), name: "getImportResponses", tag: tagResponses,
			summary: "How far an import is, and which lines were refused", more: "Once it is complete, refusedFile is the address of a file with every line that was refused, as it was, and why: mended, it can be imported again.", result: bulkStatus{},
		},
	}
}
