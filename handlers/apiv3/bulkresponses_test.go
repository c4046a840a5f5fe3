package apiv3

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// work takes the steps of the one job that is ready, and gives how far it is then.
func (b *bench) work(path string) bulkStatus {
	b.Helper()
	surveys := survey.New(b.store, b.clock)
	steps := map[models.JobKind]store.JobStep{
		models.JobUpdateResponses: surveys.ChangeStep, models.JobDeleteResponses: surveys.ChangeStep,
		models.JobImportResponses: b.reports.ImportStep, models.JobExportResponses: b.reports.Step,
	}
	c, err := b.store.ClaimJob(b.Context(), "ND_jobs")
	b.check(err)
	if c == nil {
		b.Fatal("no job is ready")
	}
	for state := store.JobGoesOn; state == store.JobGoesOn; {
		state, err = b.store.StepJob(b.Context(), c, steps[c.Kind])
		b.check(err)
	}
	var out bulkStatus
	b.get(b.ada, path).into(&out)
	return out
}

// importFile sends a file of responses and gives the path of its progress.
func (b *bench) importFile(surveyID, file string, headers ...string) *reply {
	b.Helper()
	r := httptest.NewRequestWithContext(b.Context(), "POST", "/API/v3/surveys/"+surveyID+"/import-responses", strings.NewReader(file))
	r.Header.Set("X-API-TOKEN", b.ada)
	r.Header.Set("Content-Type", "text/csv")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return b.send(r)
}

func TestManyResponsesAreChangedAndDeleted(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		b := newBenchOn(t, d)
		s := b.liveSurvey(b.ada)
		ids := make([]string, 3)
		for i := range ids {
			ids[i] = b.post(b.ada, "/surveys/"+s.id+"/responses", someValues).text("responseId")
		}
		var updated workflowBody
		b.newWorkflow(b.ada, s.id, `,"event":{"type":"surveyResponse","on":["updated"]}`).into(&updated)
		path := "/surveys/" + s.id + "/update-responses"
		for body, field := range map[string]string{
			`{}`:                                     "updates",
			`{"updates":[]}`:                         "updates",
			`{"updates":[{"embeddedData":{"a":1}}]}`: "updates[0].responseId",
			`{"updates":[{"responseId":"R_1","embeddedData":{"a":1}},{"responseId":"R_1","embeddedData":{}}]}`: "updates[1].embeddedData",
		} {
			b.do(b.ada, "POST", path, body).invalid(field)
		}
		b.do(b.bob, "POST", path, `{}`).fails(404, "404 - Not Found", "GSI_2", "")
		var before survey.Export
		b.get(b.ada, "/surveys/"+s.id+"/responses/"+ids[0]).into(&before)
		b.clock.Advance(time.Hour)
		started := b.post(b.ada, path, fmt.Sprintf(`{"updates":[
			{"responseId":%q,"embeddedData":{"segment":"silver","points":7},"resetRecordedDate":false},
			{"responseId":%q,"embeddedData":{"segment":null}},
			{"responseId":"R_0123456789abcde","embeddedData":{"segment":"x"}},
			{"responseId":%q,"embeddedData":{"QID1":1}},
			{"responseId":%q,"embeddedData":{"again":"yes"},"resetRecordedDate":false}]}`, ids[0], ids[1], ids[2], ids[0]))
		got := b.work(path + "/" + started.text("progressId"))
		if got.Status != jobComplete || got.Percent != 100 || got.Total != 5 || got.Done != 5 || got.Failed != 2 || len(got.Failures) != 2 || got.Failures[0].ID != "R_0123456789abcde" || got.Failures[1].ID != ids[2] {
			t.Errorf("the work ends as %+v", got)
		}
		var first, second survey.Export
		b.get(b.ada, "/surveys/"+s.id+"/responses/"+ids[0]).into(&first)
		b.get(b.ada, "/surveys/"+s.id+"/responses/"+ids[1]).into(&second)
		if v := first.Values; v["segment"] != "silver" || v["points"] != "7" || v["again"] != "yes" || v["recordedDate"] != before.Values["recordedDate"] {
			t.Errorf("the first one is %v", v)
		}
		if v := second.Values; v["segment"] != nil || v["recordedDate"] == before.Values["recordedDate"] {
			t.Errorf("the second one is %v", v)
		}
		if n := len(b.runIDs("?workflowId=" + updated.ID)); n != 3 {
			t.Errorf("three changes start %d runs", n)
		}
		b.do(b.bob, "GET", path+"/"+started.text("progressId"), "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "")

		path = "/surveys/" + s.id + "/delete-responses"
		b.do(b.ada, "POST", path, `{"deletes":[{}]}`).invalid("deletes[0].responseId")
		deletes := b.post(b.ada, path, fmt.Sprintf(`{"deletes":[{"responseId":%q,"decrementQuotas":true},{"responseId":"R_0123456789abcde"},{"responseId":%q}],"ignoreMissingResponses":true}`, ids[0], ids[1]))
		if got := b.work(path + "/" + deletes.text("progressId")); got.Status != jobComplete || got.Done != 3 || got.Failed != 0 {
			t.Errorf("the deletion ends as %+v", got)
		}
		var shown struct{ ResponseCounts map[string]int }
		b.get(b.ada, "/surveys/"+s.id).into(&shown)
		if shown.ResponseCounts["auditable"] != 1 {
			t.Errorf("the counts are %v", shown.ResponseCounts)
		}
	})
}

// answers gives the values of all responses of a survey, by a text that each has.
func (b *bench) answers(surveyID, by string) map[string]map[string]any {
	b.Helper()
	b.clock.Advance(time.Second) // an export ends before the moment at which it is asked for
	started := b.post(b.ada, "/surveys/"+surveyID+"/export-responses", `{"format":"json","compress":false}`).text("progressId")
	b.work("/surveys/" + surveyID + "/export-responses/" + started)
	var done exportStatus
	b.get(b.ada, "/surveys/"+surveyID+"/export-responses/"+started).into(&done)
	_, text := b.raw(b.ada, "GET", "/API/v3/surveys/"+surveyID+"/export-responses/"+*done.FileID+"/file", "")
	var file struct{ Responses []survey.Export }
	b.check(json.Unmarshal([]byte(text), &file))
	all := map[string]map[string]any{}
	for _, r := range file.Responses {
		all[fmt.Sprint(r.Values[by])] = r.Values
	}
	if len(all) != len(file.Responses) {
		b.Errorf("%d responses, and %d of them differ", len(file.Responses), len(all))
	}
	return all
}

func TestResponsesAreImportedFromAFile(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		b := newBenchOn(t, d)
		s := b.liveSurvey(b.ada)
		var plain, including workflowBody
		b.newWorkflow(b.ada, s.id, "").into(&plain)
		b.newWorkflow(b.ada, s.id, `,"event":{"type":"surveyResponse","includeImported":true}`).into(&including)
		b.importFile(s.id, "").invalid("file")
		b.importFile(s.id, "satisfaction\n").invalid("file")
		b.importFile(s.id, "QID77\n1\n").invalid("file")
		b.importFile(s.id, "Q3\nx\n", "Content-Type", "text/csv; charset=klingon").invalid("charset")
		b.do(b.ada, "POST", "/surveys/"+s.id+"/import-responses", `{"format":"xlsx","fileUrl":"https://example.com/a.xlsx"}`).invalid("format")
		b.do(b.ada, "POST", "/surveys/"+s.id+"/import-responses", `{"format":"csv"}`).invalid("fileUrl")
		b.do(b.ada, "POST", "/surveys/"+s.id+"/import-responses", `{"fileUrl":"http://127.0.0.1/a.csv"}`).invalid("fileUrl")

		file := "\ufeffStartDate,RecordedDate,Finished,satisfaction,satisfaction_3_TEXT,QID2,Q3,Q5,QID6,segment,ResponseId\r\n" +
			"2026-11-01 10:00:00,2026-11-01 10:05:00,True,5,,\"1,2\",Ada,36,9,gold,R_old\r\n" +
			"\r\n" +
			",,0,Other,\"new, \"\"here\"\"\",3,Grüße,,0,,\r\n" +
			",,,99,,,Nobody,,,,\r\n" +
			",,,,,,Nobody,old,,,\r\n"
		started := b.importFile(s.id, file, "Idempotency-Key", "batch-1").ok()
		path := "/surveys/" + s.id + "/import-responses/" + started.text("progressId")
		got := b.work(path)
		lines := []string{}
		for _, f := range got.Failures {
			lines = append(lines, f.ID)
		}
		if got.Status != jobComplete || got.Total != 4 || got.Done != 4 || got.Failed != 2 || !slices.Equal(lines, []string{"5", "6"}) {
			t.Errorf("the import ends as %+v", got)
		}
		// The file of what was refused can be mended, and imported again.
		if got.RefusedFile == nil {
			t.Fatal("there is no file of the lines that were refused")
		}
		address := strings.TrimPrefix(*got.RefusedFile, "https://survey.example.com")
		_, refused := b.raw(b.ada, "GET", address, "")
		want := "\ufeffStartDate,RecordedDate,Finished,satisfaction,satisfaction_3_TEXT,QID2,Q3,Q5,QID6,segment,ResponseId,Refused line,Refused because\r\n" +
			",,,99,,,Nobody,,,,,5,“99” is neither the recode value nor the id of a choice of QID1.\r\n"
		if !strings.HasPrefix(refused, want) || strings.Count(refused, "\r\n") != 3 || !strings.Contains(refused, "Nobody,old,,,,6,") {
			t.Errorf("the file of what was refused is %q", refused)
		}
		if status, _ := b.raw(b.bob, "GET", address, ""); status != 404 {
			t.Errorf("to others it is %d", status)
		}
		mended := b.liveSurvey(b.ada)
		again2 := b.importFile(mended.id, strings.NewReplacer(",99,", ",5,", ",old,", ",40,").Replace(refused)).ok()
		if got := b.work("/surveys/" + mended.id + "/import-responses/" + again2.text("progressId")); got.Done != 2 || got.Failed != 0 || got.RefusedFile != nil {
			t.Errorf("mended it ends as %+v", got)
		}
		for _, values := range b.answers(mended.id, "_recordId") {
			if values["Refused line"] != nil || values["Refused because"] != nil || values["QID3_TEXT"] != "Nobody" {
				t.Errorf("a mended line becomes %v", values)
			}
		}
		all := b.answers(s.id, "QID3_TEXT")
		ada, other := all["Ada"], all["Grüße"]
		if len(all) != 2 || ada["startDate"] != "2026-11-01T10:00:00Z" || ada["duration"] != 300.0 || ada["status"] != 4.0 || ada["QID1"] != 5.0 || fmt.Sprint(ada["QID2"]) != "[1 2]" ||
			ada["QID5_TEXT"] != "36" || ada["QID6"] != 9.0 || ada["segment"] != "gold" || ada["_recordId"] == "R_old" {
			t.Errorf("the first line becomes %v", ada)
		}
		if other["finished"] != 0.0 || other["QID1"] != 3.0 || other["QID1_3_TEXT"] != `new, "here"` || other["QID6"] != 0.0 {
			t.Errorf("the second line becomes %v", other)
		}
		if a, c := len(b.runIDs("?workflowId="+plain.ID)), len(b.runIDs("?workflowId="+including.ID)); a != 0 || c != 1 {
			t.Errorf("%d runs start of workflows that wait for respondents, %d of those that include imported responses", a, c)
		}
		// The same file again, as a client sends it whose connection broke: nothing comes twice.
		again := b.importFile(s.id, file, "Idempotency-Key", "batch-1").ok()
		b.work("/surveys/" + s.id + "/import-responses/" + again.text("progressId"))
		if n := len(b.answers(s.id, "QID3_TEXT")); n != 2 {
			t.Errorf("there are %d responses then", n)
		}

		// What an export writes can be imported: with its three lines, one column for each choice, in the time of a zone.
		other2 := b.liveSurvey(b.ada)
		export := b.post(b.ada, "/surveys/"+s.id+"/export-responses", `{"format":"tsv","compress":false,"timeZone":"America/Denver","includeLabelColumns":true}`).text("progressId")
		b.work("/surveys/" + s.id + "/export-responses/" + export)
		var done exportStatus
		b.get(b.ada, "/surveys/"+s.id+"/export-responses/"+export).into(&done)
		_, tsv := b.raw(b.ada, "GET", "/API/v3/surveys/"+s.id+"/export-responses/"+*done.FileID+"/file", "")
		moved := b.importFile(other2.id, tsv, "Content-Type", "text/tsv").ok()
		if got := b.work("/surveys/" + other2.id + "/import-responses/" + moved.text("progressId")); got.Done != 2 || got.Failed != 0 {
			t.Errorf("the import of an export ends as %+v", got)
		}
		for name, values := range b.answers(other2.id, "QID3_TEXT") {
			for _, key := range []string{"startDate", "recordedDate", "finished", "QID1", "QID1_3_TEXT", "QID2", "QID5_TEXT", "QID6", "segment", "userLanguage"} {
				if fmt.Sprint(values[key]) != fmt.Sprint(all[name][key]) {
					t.Errorf("%s of %s was %v and is %v", key, name, all[name][key], values[key])
				}
			}
		}
	})
}

func TestAnImportThatDiesGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		b := newBenchOn(t, d)
		s := b.liveSurvey(b.ada)
		var file strings.Builder
		file.WriteString("Q3\n")
		for i := range 1200 {
			fmt.Fprintf(&file, "person %d\n", i)
		}
		path := "/surveys/" + s.id + "/import-responses/" + b.importFile(s.id, file.String()).ok().text("progressId")
		c, err := b.store.ClaimJob(t.Context(), "ND_dies")
		b.check(err)
		if _, err := b.store.StepJob(t.Context(), c, b.reports.ImportStep); err != nil {
			t.Fatal(err)
		}
		var half bulkStatus
		b.get(b.ada, path).into(&half)
		if half.Status != jobInProgress || half.Done != 500 {
			t.Errorf("after a step it is %+v", half)
		}
		// The next step writes its part, and dies before it is durable.
		died := fmt.Errorf("killed")
		_, err = b.store.StepJob(t.Context(), c, func(ctx context.Context, tx *store.Store, j *models.Job) (store.JobNext, error) {
			if _, err := b.reports.ImportStep(ctx, tx, j); err != nil {
				return store.JobNext{}, err
			}
			return store.JobNext{}, died
		})
		if !errors.Is(err, died) {
			t.Fatalf("it dies of %v", err)
		}
		b.check(b.store.ReleaseJob(t.Context(), c, 0))
		if got := b.work(path); got.Status != jobComplete || got.Done != 1200 || got.Failed != 0 {
			t.Errorf("it ends as %+v", got)
		}
		if n := len(b.answers(s.id, "QID3_TEXT")); n != 1200 {
			t.Errorf("there are %d responses", n)
		}
	})
}

func TestAnImportLosesNoLineWithoutAWord(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		b := newBenchOn(t, d)
		s := b.liveSurvey(b.ada)
		for _, one := range []struct{ file, kind, says string }{
			{"Q3,nm\n1,\"open quote\n1,lost\n1,lost2\n", "text/csv", "A quotation mark in line 2 is not closed"},
			{"Q3,nm,Q3\nAda,x,Bob\n", "text/csv", "Columns 1 and 3 are the same, “Q3”"},
			{"Q3,QID3_TEXT\nAda,Bob\n", "text/csv", "Columns 1 and 2 are the same, “QID3_TEXT”"},
			{"nm,x,nm\nAda,,Bob\n", "text/csv", "Columns 1 and 3 are the same, “nm”"},
			{"Q3,nm\nAda,x\nGr\xfc\xdfe,y\n", "text/csv", "Line 3 is not written in UTF-8"},
			{"Q3,nm\nGr\xfc\xdfe,y\n", "text/csv; charset=utf-8", "Line 2 is not written in UTF-8"},
			{"\xff\xfeQ\x003\x00\n\x00A\x00\n\x00", "text/csv; charset=utf-8", "Line 1 is not written in UTF-8"},
			{"Q3\tnm\nAda\tx\n", "text/csv", "tabs between those of text/tsv"},
			{"Q3,nm\nAda,x\n", "text/tsv", "Commas stand between the columns of text/csv"},
		} {
			r := b.importFile(s.id, one.file, "Content-Type", one.kind)
			if r.invalid("file"); !strings.Contains(string(r.body), one.says) {
				t.Errorf("%q is refused with %s", one.file, r.body)
			}
		}
		b.do(b.ada, "POST", "/surveys/"+s.id+"/import-responses", `{"format":" CSV","fileUrl":"http://127.0.0.1/a"}`).invalid("fileUrl")
		path := "/surveys/" + s.id + "/import-responses/"
		r := b.importFile(s.id, "Q3,nm\nAda,x,extra\nBob,\"say \"\"hi\"\"\nagain\"\nCara,99,,\nDan,7,8,9\n").ok()
		got := b.work(path + r.text("progressId"))
		if got.Total != 4 || got.Done != 4 || got.Failed != 2 || got.Failures[0].ID != "2" || got.Failures[1].ID != "6" ||
			got.Failures[0].Error != "This line has 3 cells, and the file 2 columns. A text with the separator in it stands in quotation marks." {
			t.Errorf("lines with more cells than columns end as %+v", got)
		}
		_, refused := b.raw(b.ada, "GET", strings.TrimPrefix(*got.RefusedFile, "https://survey.example.com"), "")
		if !strings.Contains(refused, "\r\nAda,x,extra,2,\"This line") || !strings.Contains(refused, "\r\nDan,7,8,9,6,\"This line") {
			t.Errorf("the file of what was refused is %q", refused)
		}
		// What is written in UTF-16 says so by its first bytes.
		r = b.importFile(s.id, "\xff\xfeQ\x003\x00\n\x00\xc5\x00\n\x00").ok()
		if got := b.work(path + r.text("progressId")); got.Done != 1 || got.Failed != 0 {
			t.Errorf("a file in UTF-16 ends as %+v", got)
		}
		all := b.answers(s.id, "QID3_TEXT")
		if len(all) != 3 || all["Å"] == nil || all["Bob"]["nm"] != "say \"hi\"\nagain" || all["Cara"]["nm"] != "99" {
			t.Errorf("the responses are %v", all)
		}
	})
}
