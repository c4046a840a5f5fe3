package apiv3

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"strings"
	"testing"

	"surveyflow/internal/outbound"
	"surveyflow/internal/qsf"
)

// qsfFile reads one of the files that package qsf is tested with.
func (b *bench) qsfFile(name string) []byte {
	b.Helper()
	data, err := os.ReadFile("../../internal/qsf/testdata/" + name)
	b.check(err)
	return data
}

// upload sends a file as clients do: a part with a name and a part with the file.
func (b *bench) upload(token, name, kind string, data []byte) *reply {
	b.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	b.check(form.WriteField("name", name))
	part, err := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="mine.qsf"`}, "Content-Type": {kind}})
	b.check(err)
	_, err = part.Write(data)
	b.check(err)
	b.check(form.Close())
	r := httptest.NewRequestWithContext(b.Context(), "POST", "/API/v3/surveys", &body)
	r.Header.Set("X-Api-Token", token)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return b.send(r)
}

// reported are the counts of an import report.
type reported struct {
	ID     string
	Report struct {
		FileName                           string
		Imported, Kept, Changed, Attention int
		Lines                              []struct{ Kind, Item, Name, Text string }
	} `json:"importReport"`
}

func TestASurveyIsMadeOfAFileAndGivenBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var made reported
	b.upload(b.ada, "From a file", qsf.ContentType, b.qsfFile("everything.qsf")).ok().into(&made)
	if made.Report.FileName != "mine.qsf" || made.Report.Imported < 11 || made.Report.Kept < 15 || made.Report.Changed < 6 || made.Report.Attention != 0 {
		t.Errorf("the report counts %+v", made.Report)
	}
	for _, l := range made.Report.Lines {
		if l.Text == "" || strings.HasPrefix(l.Text, "survey.import.") || strings.Contains(l.Text, "<no value>") {
			t.Errorf("line %+v", l)
		}
	}
	path := "/survey-definitions/" + made.ID
	var report struct{ Kept int }
	b.get(b.ada, path+"/import-report").into(&report)
	if report.Kept != made.Report.Kept {
		t.Errorf("later it counts %d", report.Kept)
	}
	b.do(b.bob, "GET", path+"/import-report", "").fails(404, "404 - Not Found", "GSI_2", "Survey not found.")
	other := b.newSurvey(b.ada)
	b.do(b.ada, "GET", "/survey-definitions/"+other.id+"/import-report", "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "not made of a file")

	definition := b.get(b.ada, path)
	for _, part := range []string{`"SkipToDestination":"QID4"`, `"Type":"BlockRandomizer"`, `"DisplayLogic"`, `"PT-BR"`, `"Page Break"`} {
		if !strings.Contains(strings.ReplaceAll(string(definition.body), ": ", ":"), part) {
			t.Errorf("the definition lacks %s", part)
		}
	}
	if got := definition.text("SurveyName"); got != "From a file" || !strings.Contains(definition.Meta.Notice, "FL_4.WebService") {
		t.Errorf("it is called %q, notice %s", got, definition.Meta.Notice)
	}
	legacy := string(b.get(b.ada, "/surveys/"+made.ID).body)
	for _, part := range []string{`{"type":"PageBreak"}`, `{"type":"Group","flow":[{"id":"BL_0eeeeeeeeeeeeeE","type":"Block"}]}`, `"randomizationOptions":{"randomSubset":1,"evenPresentation":true}`} {
		if !strings.Contains(legacy, part) {
			t.Errorf("the older shape lacks %s", part)
		}
	}

	_, file := b.raw(b.ada, "GET", "/API/v3"+path+"?format=qsf", "")
	var parts struct{ SurveyElements []json.RawMessage }
	b.check(json.Unmarshal([]byte(file), &parts))
	var again reported
	b.upload(b.bob, "", "application/octet-stream", []byte(file)).ok().into(&again)
	if again.Report.Kept != made.Report.Kept || again.Report.Changed >= made.Report.Changed {
		t.Errorf("of its own file it counts %+v", again.Report)
	}
	b.do(b.ada, "GET", path+"?format=doc", "").invalid("format")
	b.post(b.ada, path+"/versions", `{"Published":true}`)
}

func TestAFileIsReadFromAnAddressThatTheGuardAllows(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	data := b.qsfFile("spellings.qsf")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/survey.qsf" {
			http.Error(w, "secret words", http.StatusTeapot)
			return
		}
		_, _ = w.Write(append(data, bytes.Repeat([]byte(" "), outbound.MaxBody)...)) // larger than other answers may be
	}))
	t.Cleanup(server.Close)
	body := `{"name":"By address","fileUrl":"` + server.URL + `/survey.qsf","contentType":"application/vnd.qualtrics.survey.qsf"}`
	b.do(b.ada, "POST", "/surveys", body).invalid("fileUrl") // loopback
	b.do(b.ada, "POST", "/surveys", `{"name":"x","fileUrl":"http://169.254.169.254/latest/meta-data"}`).invalid("fileUrl")
	b.do(b.ada, "POST", "/surveys", `{"name":"x","fileUrl":"file:///etc/passwd"}`).invalid("fileUrl")

	allow, err := outbound.ParseAllow("127.0.0.0/8")
	b.check(err)
	b.api.outbound = outbound.New(outbound.Options{Version: "test", Allow: allow})
	var made reported
	b.post(b.ada, "/surveys", body).into(&made)
	if made.Report.FileName != "survey.qsf" || b.get(b.ada, "/survey-definitions/"+made.ID).text("SurveyName") != "By address" {
		t.Errorf("it is %+v", made)
	}
	r := b.do(b.ada, "POST", "/surveys", strings.Replace(body, "survey.qsf", "other", 1))
	r.invalid("fileUrl")
	if strings.Contains(string(r.body), "secret") || !strings.Contains(string(r.body), "418") {
		t.Errorf("the answer is %s", r.body)
	}
}

func TestWhatIsNoFileIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.upload(b.ada, "x", qsf.ContentType, []byte("Q1. How are you?")).invalid("file")
	b.upload(b.ada, "x", "application/msword", []byte("{}")).invalid("contentType")
	b.upload(b.ada, strings.Repeat("x", 201), qsf.ContentType, b.qsfFile("spellings.qsf")).invalid("name")
	b.do(b.ada, "POST", "/surveys", `{"name":"nothing"}`).invalid("fileUrl")
	b.do(b.ada, "POST", "/surveys", `{}`).invalid(headerCopySource)
	r := httptest.NewRequestWithContext(b.Context(), "POST", "/API/v3/surveys", strings.NewReader("--x\r\nbroken"))
	r.Header.Set("X-Api-Token", b.ada)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	b.send(r).invalid("")
}
