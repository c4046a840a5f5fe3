package apiv3

import (
	"context"
	"encoding/json"
	"mime"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/link"
	"surveyflow/internal/report"
	"surveyflow/models"
)

// responseExport is the body of POST /surveys/{surveyId}/export-responses (reference §4.7). Of pointers to lists nil means all,
// and an empty list none.
type responseExport struct {
	Format              string    `json:"format"`
	BreakoutSets        *bool     `json:"breakoutSets"`
	Compress            *bool     `json:"compress"`
	StartDate           string    `json:"startDate"`
	EndDate             string    `json:"endDate"`
	Limit               *int64    `json:"limit"`
	UseLabels           bool      `json:"useLabels"`
	LabelColumns        bool      `json:"includeLabelColumns"`
	Unanswered          *loose    `json:"seenUnansweredRecode"`
	UnansweredMulti     *loose    `json:"multiselectSeenUnansweredRecode"`
	DisplayOrder        bool      `json:"includeDisplayOrder"`
	DecimalComma        bool      `json:"formatDecimalAsComma"`
	TimeZone            string    `json:"timeZone"`
	Newline             *string   `json:"newlineReplacement"`
	QuestionIDs         *[]string `json:"questionIds"`
	EmbeddedDataIDs     *[]string `json:"embeddedDataIds"`
	MetadataIDs         *[]string `json:"surveyMetadataIds"`
	FilterID            string    `json:"filterId"`
	InProgress          bool      `json:"exportResponsesInProgress"`
	AllowContinuation   bool      `json:"allowContinuation"`
	ContinuationToken   string    `json:"continuationToken"`
	SortByLastModified  bool      `json:"sortByLastModifiedDate"`
	IncludedQuestionIDs *[]string `json:"includedQuestionIds,omitempty"` // what the older calls have for questionIds
	SurveyID            string    `json:"surveyId,omitempty"`            // of the older calls
}

// loose is a value that clients send as a text or as a number.
type loose string

// UnmarshalJSON reads either.
func (l *loose) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		var s string
		err := json.Unmarshal(text, &s)
		*l = loose(s)
		return err
	}
	var n json.Number
	if err := json.Unmarshal(text, &n); err != nil {
		return err
	}
	*l = loose(n)
	return nil
}

var looseSchema = schema{"type": []string{"integer", "string"}}

var exportSchema = schema{
	"type": "object", "required": []string{"format"},
	"properties": schema{
		"format":                          schema{"type": "string", "enum": report.APIFormats},
		"breakoutSets":                    schema{"type": "boolean", "default": true, "description": "A column for each choice where several can be chosen."},
		"compress":                        schema{"type": "boolean", "default": true, "description": "A ZIP file with one file in it; false gives that file itself."},
		"startDate":                       schema{"type": "string", "format": "date-time", "description": "Only responses recorded at this time or later."},
		"endDate":                         schema{"type": "string", "format": "date-time", "description": "Only responses recorded before this time."},
		"limit":                           schema{"type": "integer", "minimum": 1},
		"useLabels":                       schema{"type": "boolean", "description": "Labels of choices instead of their values."},
		"includeLabelColumns":             schema{"type": "boolean", "description": "Both, in columns of their own. Not with useLabels."},
		"seenUnansweredRecode":            looseSchema,
		"multiselectSeenUnansweredRecode": looseSchema,
		"includeDisplayOrder":             truth,
		"formatDecimalAsComma":            truth,
		"timeZone":                        schema{"type": "string", "default": "UTC", "examples": []string{"America/Denver"}},
		"newlineReplacement":              text,
		"questionIds":                     schema{"type": "array", "items": text, "description": "Only these questions; an empty list leaves out all."},
		"embeddedDataIds":                 schema{"type": "array", "items": text, "description": "Only this embedded data; an empty list leaves out all."},
		"surveyMetadataIds":               schema{"type": "array", "items": text, "description": "Only this metadata; an empty list leaves out all."},
		"exportResponsesInProgress":       schema{"type": "boolean", "description": "Those that nobody has finished yet, instead of the recorded ones."},
		"allowContinuation":               schema{"type": "boolean", "description": "When it is complete, the answer has a continuationToken, good for a week."},
		"continuationToken":               schema{"type": "string", "description": "Only what was recorded after the export that gave it."},
		"sortByLastModifiedDate":          schema{"type": "boolean", "description": "In the order of their last changes, of which startDate and endDate are then; adds the column LastModifiedDate."},
	},
}

// options reads what the body asks for.
func (in *responseExport) options() (report.Options, error) {
	o := report.Options{
		API: true, Format: report.Format(strings.ToLower(in.Format)), Headers: report.HeaderAPI, Show: report.ShowValues, Split: in.BreakoutSets == nil || *in.BreakoutSets,
		Compress: in.Compress == nil || *in.Compress, Zone: in.TimeZone, DecimalComma: in.DecimalComma, Newline: in.Newline, DisplayOrder: in.DisplayOrder,
		Modified: in.SortByLastModified, Continue: in.AllowContinuation || in.ContinuationToken != "", After: in.ContinuationToken,
		Unanswered: (*string)(in.Unanswered), UnansweredMulti: (*string)(in.UnansweredMulti),
	}
	switch {
	case in.Format == "":
		return o, invalid("format", "report.error.api_format_missing")
	case !slices.Contains(report.APIFormats, o.Format):
		return o, invalid("format", "report.error.api_format", "Value", in.Format)
	case in.UseLabels && in.LabelColumns:
		return o, invalid("includeLabelColumns", "report.error.api_labels")
	case in.FilterID != "" && (o.Continue || in.SortByLastModified):
		return o, invalid("filterId", "report.error.api_filter_with")
	case in.FilterID != "":
		return o, invalid("filterId", "report.error.api_filter", "Value", in.FilterID)
	case in.Limit != nil && *in.Limit < 1:
		return o, invalid("limit", "report.error.api_limit")
	}
	if in.UseLabels {
		o.Show = report.ShowLabels
	}
	if in.LabelColumns {
		o.Show = report.ShowBoth
	}
	if in.Limit != nil {
		o.Limit = *in.Limit
	}
	if in.InProgress {
		o.States = []models.ResponseState{models.ResponseInProgress}
	}
	for name, text := range map[string]string{"startDate": in.StartDate, "endDate": in.EndDate} {
		if text == "" {
			continue
		}
		t, ok := parseTime(text)
		if !ok {
			return o, invalid(name, "api.error.time", "Value", text)
		}
		if name == "startDate" {
			o.From = t
		} else {
			o.To = t
		}
	}
	o.QuestionIDs, o.FieldNames, o.MetadataIDs = names(in.QuestionIDs), names(in.EmbeddedDataIDs), names(in.MetadataIDs)
	return o, nil
}

// names gives a list that may be empty; nil stays nil, and means something else.
func names(list *[]string) []string {
	if list == nil {
		return nil
	}
	return append([]string{}, *list...)
}

// exportStatus is how far an export is.
type exportStatus struct {
	FileID       *string   `json:"fileId"` // null until it is complete
	Percent      float64   `json:"percentComplete"`
	Status       jobStatus `json:"status"`
	Continuation string    `json:"continuationToken,omitempty"`
}

// startedExport answers what starts one.
type startedExport struct {
	ProgressID string    `json:"progressId"`
	Percent    float64   `json:"percentComplete"`
	Status     jobStatus `json:"status"`
}

// exportID gives the id of an export as the API has it (contract §2), and jobID is the way back.
func exportID(job string) string {
	return string(models.PrefixExport) + strings.TrimPrefix(job, string(models.PrefixJob))
}

func jobID(export string) string {
	if id, ok := strings.CutPrefix(export, string(models.PrefixExport)); ok {
		return string(models.PrefixJob) + id
	}
	return export
}

// percent tells how far a job is. It says 100 when all is done and not before: clients look for nothing else.
func percent(j *models.Job) float64 {
	switch {
	case j.Status == models.JobSucceeded:
		return 100
	case j.Total == 0:
		return 0
	}
	return min(float64(j.Done*1000/j.Total)/10, 99)
}

func exportState(j *models.Job) jobStatus {
	if j.Status == models.JobCanceled { // the field knows three
		return jobFailed
	}
	return jobStatuses[j.Status]
}

func (a *API) startExport(c *call) (any, error) {
	var in responseExport
	if err := c.body(&in); err != nil {
		return nil, err
	}
	j, err := a.beginExport(c, c.Param("surveyId"), &in)
	if err != nil {
		return nil, err
	}
	return startedExport{ProgressID: exportID(j.ID), Percent: percent(j), Status: exportState(j)}, nil
}

func (a *API) beginExport(c *call, surveyID string, in *responseExport) (*models.Job, error) {
	ctx := c.Request().Context()
	s, err := a.store.Survey(ctx, c.actor, surveyID)
	if err != nil {
		return nil, missing(err, "api.error.no_survey")
	}
	o, err := in.options()
	if err != nil {
		return nil, err
	}
	if err := a.checkNames(ctx, s, &o); err != nil {
		return nil, err
	}
	return a.reports.Start(ctx, c.actor, s.ID, o)
}

// checkNames tells of questions and metadata that there are none of. What embedded data responses carry is known when they are
// read alone.
func (a *API) checkNames(ctx context.Context, s *models.Survey, o *report.Options) error {
	l, err := a.reports.Layout(ctx, s)
	if err != nil {
		return err
	}
	for _, id := range o.QuestionIDs {
		if !slices.ContainsFunc(l.Questions, func(q *models.Question) bool { return q.ID == id }) {
			return invalid("questionIds", "report.error.api_question", "Value", id)
		}
	}
	known := l.Columns(report.Shape{API: true}, nil)
	for _, id := range o.MetadataIDs {
		if !slices.ContainsFunc(known, func(c report.Column) bool {
			return c.Key == id && (c.Group == report.GroupMetadata || c.Group == report.GroupContact)
		}) {
			return invalid("surveyMetadataIds", "report.error.api_metadata", "Value", id)
		}
	}
	return nil
}

// export gives the export that the path names, of a survey that the caller still sees.
func (a *API) export(c *call, surveyID, id string) (*models.Job, error) {
	j, err := a.store.ExportJob(c.Request().Context(), c.actor, surveyID, models.JobExportResponses, jobID(id))
	if err != nil {
		return nil, missing(err, "report.error.no_export")
	}
	if err := a.store.CheckAccess(c.Request().Context(), c.actor, j.Subject, models.AccessView); err != nil {
		return nil, missing(err, "api.error.no_survey")
	}
	return j, nil
}

func (a *API) showExport(c *call) (any, error) {
	j, err := a.export(c, c.Param("surveyId"), c.Param("exportId"))
	if err != nil {
		return nil, err
	}
	out := exportStatus{Percent: percent(j), Status: exportState(j)}
	if j.Status == models.JobSucceeded {
		out.FileID, out.Continuation = &j.FileID, a.reports.Cursor(j)
	}
	return out, nil
}

func (a *API) sendExport(c *call) (any, error) {
	j, err := a.export(c, c.Param("surveyId"), c.Param("exportId"))
	if err != nil {
		return nil, err
	}
	return nil, a.sendFile(c, j)
}

// sendFile sends what an export made, as long as that is kept.
func (a *API) sendFile(c *call, j *models.Job) error {
	ctx := c.Request().Context()
	f, err := a.store.File(ctx, c.actor, j.FileID)
	if err != nil {
		return missing(err, "report.error.no_file")
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, f.ContentType)
	h.Set(echo.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	h.Set("Cache-Control", "no-store")
	return a.store.WriteFile(ctx, f, web.Sending(c))
}

// legacyExport answers the older calls.
type legacyExport struct {
	ID string `json:"id"`
}

// legacyExportStatus is how far such an export is.
type legacyExportStatus struct {
	Percent float64   `json:"percentComplete"`
	File    *string   `json:"file"` // where it can be fetched; null until it is complete
	Status  jobStatus `json:"status"`
}

func (a *API) startLegacyExport(c *call) (any, error) {
	var in responseExport
	if err := c.body(&in); err != nil {
		return nil, err
	}
	if in.QuestionIDs == nil {
		in.QuestionIDs = in.IncludedQuestionIDs
	}
	if in.SurveyID == "" {
		return nil, invalid("surveyId", "report.error.api_survey")
	}
	j, err := a.beginExport(c, models.CleanText(in.SurveyID), &in)
	if err != nil {
		return nil, err
	}
	return legacyExport{ID: exportID(j.ID)}, nil
}

func (a *API) showLegacyExport(c *call) (any, error) {
	j, err := a.export(c, "", c.Param("exportId"))
	if err != nil {
		return nil, err
	}
	out := legacyExportStatus{Percent: percent(j), Status: exportState(j)}
	if j.Status == models.JobSucceeded {
		file := a.base.App(strings.Replace(link.PatternAPILegacyExportFile, ":exportId", url.PathEscape(exportID(j.ID)), 1))
		out.File = &file
	}
	return out, nil
}

func (a *API) sendLegacyExport(c *call) (any, error) {
	j, err := a.export(c, "", c.Param("exportId"))
	if err != nil {
		return nil, err
	}
	return nil, a.sendFile(c, j)
}

var legacyExportSchema = func() schema {
	properties := schema{"surveyId": text, "includedQuestionIds": listOfText}
	for name, s := range exportSchema["properties"].(schema) {
		properties[name] = s
	}
	return schema{"type": "object", "required": []string{"format", "surveyId"}, "properties": properties}
}()

func (a *API) exportEndpoints() []endpoint {
	return []endpoint{
		{
			method: post, pattern: link.PatternAPIExports, handler: a.serve(a.startExport), name: "startExport", tag: tagResponses,
			summary: "Write the responses of a survey into a file", body: exportSchema, result: startedExport{},
			more: "The answer names the progress to look at. CSV and TSV have three lines above the responses: names, texts, and what the API calls each column. Anonymous surveys leave empty what tells who answered, and have days for times.",
		},
		{
			method: get, pattern: link.PatternAPIExport, handler: a.serve(a.showExport), name: "getExport", tag: tagResponses,
			summary: "How far an export is; fileId names the file once it is complete", result: exportStatus{},
		},
		{
			method: get, pattern: link.PatternAPIExportFile, handler: a.serve(a.sendExport), name: "getExportFile", tag: tagResponses, timeout: web.SendTimeout,
			summary: "The file of an export, kept for a day", more: "exportId is the fileId. The answer is the file itself, without an envelope.", file: true,
		},
		{
			method: post, pattern: link.PatternAPILegacyExports, handler: a.serve(a.startLegacyExport), name: "startLegacyExport", tag: tagResponses,
			summary: "The same as startExport, as older clients call it", body: legacyExportSchema, result: legacyExport{},
		},
		{
			method: get, pattern: link.PatternAPILegacyExport, handler: a.serve(a.showLegacyExport), name: "getLegacyExport", tag: tagResponses,
			summary: "How far such an export is; file is where to fetch it", result: legacyExportStatus{},
		},
		{
			method: get, pattern: link.PatternAPILegacyExportFile, handler: a.serve(a.sendLegacyExport), name: "getLegacyExportFile", tag: tagResponses, timeout: web.SendTimeout,
			summary: "The file of such an export", more: "The answer is the file itself, without an envelope.", file: true,
		},
	}
}
