package apiv3

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/store"
	"surveyflow/models"
)

// workExports does what workers would: it takes the steps of all exports that wait.
func (b *bench) workExports() {
	b.Helper()
	for {
		c, err := b.store.ClaimJob(b.Context(), "ND_jobs")
		b.check(err)
		if c == nil {
			return
		}
		for state := store.JobGoesOn; state == store.JobGoesOn; {
			state, err = b.store.StepJob(b.Context(), c, b.reports.Step)
			b.check(err)
		}
	}
}

// file fetches what is no envelope.
func (b *bench) file(token, path string) (*http.Response, []byte) {
	b.Helper()
	r := httptest.NewRequestWithContext(b.Context(), "GET", path, nil)
	r.Host = "survey.example.com"
	r.Header.Set("X-API-TOKEN", token)
	w := httptest.NewRecorder()
	b.server.ServeHTTP(w, r)
	return w.Result(), w.Body.Bytes()
}

// exported makes an export and gives the one file in its ZIP file.
func (b *bench) exported(token, surveyID, body string) (name string, content []byte) {
	b.Helper()
	b.clock.Advance(time.Second)
	progress := b.post(token, "/surveys/"+surveyID+"/export-responses", body).text("progressId")
	b.workExports()
	file := b.get(token, "/surveys/"+surveyID+"/export-responses/"+progress).text("fileId")
	_, zipped := b.file(token, "/API/v3/surveys/"+surveyID+"/export-responses/"+file+"/file")
	z, err := zip.NewReader(bytes.NewReader(zipped), int64(len(zipped)))
	b.check(err)
	if len(z.File) != 1 {
		b.Fatalf("%d files in %q", len(z.File), zipped)
	}
	r, err := z.File[0].Open()
	b.check(err)
	content, err = io.ReadAll(r)
	b.check(err)
	return z.File[0].Name, content
}

// table reads a CSV file with its three headers.
func (b *bench) table(content []byte) (names, texts, ids []string, rows []map[string]string) {
	b.Helper()
	all, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	b.check(err)
	for _, line := range all[3:] {
		row := map[string]string{}
		for i, cell := range line {
			row[all[0][i]] = cell
		}
		rows = append(rows, row)
	}
	return all[0], all[1], all[2], rows
}

const rBody = `{"format":"csv","useLabels":true,"startDate":"2015-01-01T00:00:00-07:00","endDate":"2036-06-02T18:40:53-06:00","timeZone":"America/Denver","limit":15,` +
	`"includeDisplayOrder":true,"breakoutSets":true}`

// fetch_survey() of the R client: start, look until percentComplete is 100, fetch the ZIP file, read the first entry.
func TestTheExportOfTheRClient(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	b.post(b.ada, "/surveys/"+s.id+"/responses", `{"values":{"QID1":3,"QID1_3_TEXT":"=cmd","QID2":["1","2"],"QID3_TEXT":"Ada, \"the\" first","QID5_TEXT":36,"QID6":9,"segment":"gold","custom1":"-x"}}`)
	b.clock.Advance(time.Second)
	start := b.do(b.ada, "POST", "/surveys/"+s.id+"/export-responses/", rBody).ok()
	var progress struct {
		ProgressID      string
		PercentComplete float64
		Status          string
		FileID          *string
	}
	start.into(&progress)
	if !models.ValidID(models.PrefixExport, progress.ProgressID) || progress.PercentComplete != 0 || progress.Status != "inProgress" {
		t.Errorf("it begins as %s", start.Result)
	}
	path := "/surveys/" + s.id + "/export-responses/" + progress.ProgressID
	r := b.get(b.ada, path)
	if r.into(&progress); progress.FileID != nil || progress.PercentComplete >= 100 || !strings.Contains(string(r.Result), `"fileId":null`) {
		t.Errorf("before it is made it is %s", r.Result)
	}
	b.workExports()
	if b.get(b.ada, path).into(&progress); progress.FileID == nil || progress.PercentComplete != 100 || progress.Status != "complete" {
		t.Fatalf("when it is made it is %+v", progress)
	}
	answer, zipped := b.file(b.ada, "/API/v3/surveys/"+s.id+"/export-responses/"+*progress.FileID+"/file")
	if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "application/zip" || !strings.Contains(answer.Header.Get("Content-Disposition"), "attachment; filename=") {
		t.Errorf("the file comes as %v", answer.Header)
	}
	if !bytes.HasPrefix(zipped, []byte("PK")) {
		t.Fatalf("the file is %q", zipped)
	}
	name, content := b.exported(b.ada, s.id, rBody)
	if !strings.HasSuffix(name, ".csv") || bytes.HasPrefix(content, []byte("\xef\xbb\xbf")) {
		t.Errorf("the file is %s: %q", name, content[:20])
	}
	names, texts, ids, rows := b.table(content)
	head := map[string]string{}
	for i, n := range names {
		head[n] = texts[i] + " " + ids[i]
	}
	for n, want := range map[string]string{
		"StartDate":           `Start Date {"ImportId":"startDate","timeZone":"America/Denver"}`,
		"ResponseId":          `Response ID {"ImportId":"_recordId"}`,
		"satisfaction":        `How satisfied are you? {"ImportId":"QID1"}`,
		"satisfaction_3_TEXT": `How satisfied are you? - Other - Text {"ImportId":"QID1_3_TEXT"}`,
		"Q2_1":                `Which channels? - Web {"ImportId":"QID2","choiceId":"1"}`,
		"Q3":                  `Your name {"ImportId":"QID3_TEXT"}`,
		"Q6_NPS_GROUP":        `Would you recommend us? - Group {"ImportId":"QID6_NPS_GROUP"}`,
		"segment":             `segment {"ImportId":"segment"}`,
	} {
		if head[n] != want {
			t.Errorf("column %s is %q, want %q", n, head[n], want)
		}
	}
	if !slices.Equal(names[:17], []string{
		"StartDate", "EndDate", "Status", "IPAddress", "Progress", "Duration (in seconds)", "Finished", "RecordedDate", "ResponseId", "RecipientLastName", "RecipientFirstName", "RecipientEmail",
		"ExternalReference", "LocationLatitude", "LocationLongitude", "DistributionChannel", "UserLanguage",
	}) {
		t.Errorf("the metadata are %v", names[:17])
	}
	row := rows[0]
	for n, want := range map[string]string{
		"Status": "IP Address", "Finished": "True", "RecordedDate": "2026-11-22 05:00:00", "satisfaction": "Other", "satisfaction_3_TEXT": "=cmd", "Q2_1": "Web", "Q2_2": "Phone", "Q2_3": "",
		"Q3": `Ada, "the" first`, "Q5": "36", "Q6": "9", "Q6_NPS_GROUP": "Promoter", "segment": "gold", "custom1": "-x", "UserLanguage": "EN",
	} {
		if row[n] != want {
			t.Errorf("%s is %q, want %q", n, row[n], want)
		}
	}
}

func TestTheExportOfThePythonClient(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	made := b.post(b.ada, "/surveys/"+s.id+"/responses", someValues).text("responseId")
	b.clock.Advance(time.Second)
	id := b.do(b.ada, "POST", "/responseexports/", `{"format":"json","surveyId":"`+s.id+`"}`).ok().text("id")
	b.workExports()
	file := b.get(b.ada, "/responseexports/"+id).text("file")
	if want := "https://survey.example.com/API/v3/responseexports/" + id + "/file"; file != want {
		t.Errorf("the file is at %q, want %q", file, want)
	}
	answer, zipped := b.file(b.ada, "/API/v3/responseexports/"+id+"/file")
	if answer.StatusCode != 200 || !bytes.HasPrefix(zipped, []byte("PK")) {
		t.Errorf("the file is %d %q", answer.StatusCode, zipped)
	}
	// Responses have the shape that the single call gives them.
	_, content := b.exported(b.ada, s.id, `{"format":"json"}`)
	var all struct{ Responses []json.RawMessage }
	b.check(json.Unmarshal(content, &all))
	single := b.get(b.ada, "/surveys/"+s.id+"/responses/"+made)
	var got, want any
	b.check(json.Unmarshal(all.Responses[0], &got))
	single.into(&want)
	if len(all.Responses) != 1 || !equalJSON(got, want) {
		t.Errorf("exported it is %s, alone %s", all.Responses[0], single.Result)
	}
	_, content = b.exported(b.ada, s.id, `{"format":"ndjson","surveyMetadataIds":[],"questionIds":["QID3"]}`)
	if got := string(content); !strings.Contains(got, `"values":{"QID3_TEXT":"Ada","segment":"gold"}`) || strings.Count(got, "\n") != 1 {
		t.Errorf("of one question it is %s", got)
	}
	b.do(b.ada, "POST", "/responseexports", `{"format":"csv"}`).invalid("surveyId")
}

func equalJSON(a, b any) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && bytes.Equal(x, y)
}

func TestEveryOptionOfAnExport(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	b.post(b.ada, "/surveys/"+s.id+"/responses", `{"values":{"QID1":5,"QID2":["1"],"QID3_TEXT":"a\nb"}}`)
	b.clock.Advance(time.Hour)
	b.post(b.ada, "/surveys/"+s.id+"/responses", `{"values":{"finished":false,"QID3_TEXT":"later"}}`)
	rows := func(body string) []map[string]string {
		t.Helper()
		_, content := b.exported(b.ada, s.id, body)
		_, _, _, rows := b.table(content)
		return rows
	}
	all := rows(`{"format":"csv"}`)
	if len(all) != 2 || all[0]["satisfaction"] != "5" || all[0]["Q2_1"] != "1" || all[0]["Q3"] != "a\nb" || all[1]["Finished"] != "0" {
		t.Errorf("without options: %v", all)
	}
	if got := rows(`{"format":"csv","breakoutSets":false,"includeLabelColumns":true,"newlineReplacement":" / ","seenUnansweredRecode":-99}`); got[0]["Q2"] != "1" || got[0]["Q2 - Label"] != "Web" ||
		got[0]["satisfaction - Label"] != "Very" || got[0]["Q3"] != "a / b" || got[0]["Q6"] != "-99" || got[1]["Q6"] != "" {
		t.Errorf("with labels beside: %v", got)
	}
	if got := rows(`{"format":"csv","multiselectSeenUnansweredRecode":"0","includeDisplayOrder":true,"sortByLastModifiedDate":true}`); got[0]["Q2_2"] != "0" || got[0]["satisfaction_DO_2"] != "1" || got[0]["LastModifiedDate"] == "" {
		t.Errorf("with recodes: %v", got)
	}
	defer func() { // by the time of the last change
		first := all[0]["ResponseId"]
		b.clock.Advance(time.Hour)
		b.do(b.ada, "PUT", "/responses/"+first, `{"surveyId":"`+s.id+`","embeddedData":{"segment":"gold"},"resetRecordedDate":false}`).ok()
		b.clock.Advance(time.Hour)
		if got := rows(`{"format":"csv","sortByLastModifiedDate":true}`); len(got) != 2 || got[1]["ResponseId"] != first || got[1]["LastModifiedDate"] <= got[0]["LastModifiedDate"] || got[1]["RecordedDate"] >= got[0]["RecordedDate"] {
			t.Errorf("by the last change: %v", got)
		}
		if got := rows(`{"format":"csv","sortByLastModifiedDate":true,"startDate":"2026-11-22T13:30:00Z"}`); len(got) != 1 || got[0]["ResponseId"] != first {
			t.Errorf("changed after half past one: %v", got)
		}
	}()
	if got := rows(`{"format":"csv","startDate":"2026-11-22T12:30:00Z"}`); len(got) != 1 || got[0]["Q3"] != "later" {
		t.Errorf("from half past twelve: %v", got)
	}
	if got := rows(`{"format":"csv","endDate":"2026-11-22T12:30:00Z","limit":1,"questionIds":[],"embeddedDataIds":[],"surveyMetadataIds":["startDate"]}`); len(got) != 1 || len(got[0]) != 1 {
		t.Errorf("of the start alone: %v", got)
	}
	// What follows an export with a place to go on from.
	progress := b.post(b.ada, "/surveys/"+s.id+"/export-responses", `{"format":"csv","limit":1,"allowContinuation":true}`).text("progressId")
	b.workExports()
	token := b.get(b.ada, "/surveys/"+s.id+"/export-responses/"+progress).text("continuationToken")
	if got := rows(`{"format":"csv","continuationToken":"` + token + `"}`); len(got) != 1 || got[0]["Q3"] != "later" {
		t.Errorf("after the first: %v", got)
	}
	// A file that is not packed.
	progress = b.post(b.ada, "/surveys/"+s.id+"/export-responses", `{"format":"tsv","compress":false,"exportResponsesInProgress":true}`).text("progressId")
	b.workExports()
	file := b.get(b.ada, "/surveys/"+s.id+"/export-responses/"+progress).text("fileId")
	answer, content := b.file(b.ada, "/API/v3/surveys/"+s.id+"/export-responses/"+file+"/file")
	if lines := strings.Count(string(content), "\n"); lines != 3 || !strings.HasPrefix(string(content), "StartDate\tEndDate\t") || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/tab-separated-values") {
		t.Errorf("not packed it is %v %q", answer.Header, content)
	}
	b.clock.Advance(25 * time.Hour)
	b.do(b.ada, "GET", "/surveys/"+s.id+"/export-responses/"+file+"/file", "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "removed after a day")

	for body, field := range map[string]string{
		`{}`: "format", `{"format":"sav"}`: "format", `{"format":"csv","timeZone":"Mars"}`: "timeZone", `{"format":"csv","startDate":"x"}`: "startDate",
		`{"format":"csv","limit":0}`: "limit", `{"format":"csv","useLabels":true,"includeLabelColumns":true}`: "includeLabelColumns", `{"format":"csv","filterId":"x"}`: "filterId",
		`{"format":"csv","questionIds":["QID99"]}`: "questionIds", `{"format":"csv","surveyMetadataIds":["x"]}`: "surveyMetadataIds", `{"format":"csv","continuationToken":"x"}`: "continuationToken",
		`{"format":"csv","useLabels":"x"}`: "useLabels", `{"format":"csv","startDate":"2026-01-02","endDate":"2026-01-01"}`: "endDate",
	} {
		b.do(b.ada, "POST", "/surveys/"+s.id+"/export-responses", body).invalid(field)
	}
}

func TestExportsAreTheirOwners(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s, other := b.liveSurvey(b.ada), b.liveSurvey(b.ada)
	progress := b.post(b.ada, "/surveys/"+s.id+"/export-responses", `{"format":"csv"}`).text("progressId")
	b.workExports()
	file := b.get(b.ada, "/surveys/"+s.id+"/export-responses/"+progress).text("fileId")
	for _, path := range []string{
		"/surveys/" + s.id + "/export-responses/" + progress, "/surveys/" + s.id + "/export-responses/" + file + "/file", "/responseexports/" + progress, "/responseexports/" + progress + "/file",
	} {
		b.do(b.bob, "GET", path, "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "not yours")
	}
	b.do(b.ada, "GET", "/surveys/"+other.id+"/export-responses/"+progress, "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "not yours")
	b.do(b.bob, "POST", "/surveys/"+s.id+"/export-responses", `{"format":"csv"}`).fails(404, "404 - Not Found", "GSI_2", "Survey not found.")
	b.do(b.bob, "POST", "/responseexports", `{"format":"csv","surveyId":"`+s.id+`"}`).fails(404, "404 - Not Found", "GSI_2", "Survey not found.")
}
