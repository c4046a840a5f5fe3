package email_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/mail"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/store"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// TestAReportGoesWithAMailAsItsOwnerWants looks at what is attached and listed, and that an anonymous one says nothing of who it was.
func TestAReportGoesWithAMailAsItsOwnerWants(t *testing.T) {
	t.Parallel()
	kind, s, actor := newType(t)
	subject := func(survey *models.SurveyDefinition) *task.Subject {
		return &task.Subject{SurveyName: "Café: how <was> it?", Survey: survey, Snapshot: &models.Snapshot{Response: &models.ResponseSnapshot{
			ID: "R_1", Language: "el", RecordedAt: time.Date(2026, 11, 27, 23, 30, 0, 0, time.UTC),
		}}}
	}
	asks := func(anonymous bool) *models.SurveyDefinition {
		return &models.SurveyDefinition{
			Anonymous: anonymous, EmbeddedData: []models.EmbeddedField{{Name: "segment"}},
			Blocks: []models.Block{{Questions: []models.Question{{ID: "QID1", Type: models.QuestionLongText}, {ID: "QID2", Type: models.QuestionStatement}, {ID: "QID3", Type: models.QuestionShortText}}}},
		}
	}
	said := pipedtext.SourceFunc(func(r pipedtext.Ref) pipedtext.Value {
		switch r.Scheme + " " + r.Name + " " + r.Path {
		case "q QID1 QuestionText":
			return pipedtext.Text("Πώς ήταν;")
		case "q QID1 ChoiceTextEntryValue":
			return pipedtext.Text("Очень вкусно")
		case "q QID3 QuestionText":
			return pipedtext.Text("Else?")
		case "e segment ":
			return pipedtext.Text("gold")
		case "m FirstName ":
			return pipedtext.Text("Ada")
		}
		return pipedtext.Value{}
	})
	for n, c := range []struct {
		name, config string
		anonymous    bool
		about        string // terms, as attached
		lists        bool
	}{
		{"neither", `{}`, false, "", false},
		{"listed", `{"listAnswers":true}`, false, "", true},
		{"attached", `{"includeReport":true}`, false, "Recorded, Response id, Language, Name, segment", false},
		{"both, anonymous", `{"includeReport":true,"listAnswers":true}`, true, "Recorded, Language, segment", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := strings.Replace(c.config, "{", `{"to":"a@example.com","subject":"x","body":"y",`, 1)
			compiled, err := kind.Compile(json.RawMessage(strings.Replace(config, ",}", "}", 1)))
			if err != nil {
				t.Fatal(err)
			}
			in := task.Input{Values: said, Actor: actor, RunID: "RN_" + string(rune('a'+n)), TaskID: "OCAC_1", Now: time.Now(), Subject: subject(asks(c.anonymous))}
			if out := compiled.Run(t.Context(), in); out.Result != task.Done {
				t.Fatalf("%d, %+v", out.Result, out.Error)
			}
			mails, _, err := s.Mails(t.Context(), actor, store.MailFilter{}, store.Page{})
			if err != nil {
				t.Fatal(err)
			}
			m, _, err := s.Mail(t.Context(), actor, mails[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			if lists := strings.Contains(m.Text, "Очень вкусно"); lists != c.lists {
				t.Errorf("the mail says %s", m.Text)
			}
			r := m.Heading.V.Report
			if c.about == "" {
				if r != nil {
					t.Fatalf("%+v is attached", r)
				}
				return
			}
			var terms []string
			for _, f := range r.About {
				terms = append(terms, f.Term)
			}
			if got := strings.Join(terms, ", "); got != c.about || len(r.Answers) != 2 || r.Answers[0] != (models.MailFact{Term: "Πώς ήταν;", Value: "Очень вкусно"}) {
				t.Errorf("it says %s of the response, and %+v", got, r.Answers)
			}
			made := time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)
			file, err := mail.Report(t.Context(), r, made)
			if err != nil || file.ContentType != "application/pdf" || file.Name != "Café how was it.pdf" || !bytes.HasPrefix(file.Bytes, []byte("%PDF-")) {
				t.Fatalf("%+v, %v", file.Name, err)
			}
			if again, err := mail.Report(t.Context(), r, made); err != nil || !bytes.Equal(again.Bytes, file.Bytes) {
				t.Errorf("made again it is another: %v", err)
			}
			r.Answers[0].Value = "<b>很好</b> جيد"
			file, err = mail.Report(t.Context(), r, made)
			if err != nil || file.Name != "Café how was it.html" || !strings.Contains(string(file.Bytes), `<dd dir="auto">&lt;b&gt;很好&lt;/b&gt; جيد</dd>`) {
				t.Errorf("other scripts: %s, %v\n%s", file.Name, err, file.Bytes)
			}
		})
	}
}
