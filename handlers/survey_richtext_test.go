package handlers_test

import (
	"net/http"
	"testing"

	"surveyflow/internal/link"
)

func TestFormattedTextsAreStoredClean(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	id := b.survey("Lunch")
	const hostile = `<p style="position:fixed" onclick="x()">How <b>was</b> <a href="javascript:alert(1)">it</a>?</p><script>alert(1)</script><img src=x onerror=alert(1)><iframe src="//evil.example"></iframe>`
	const clean = `<p>How <strong>was</strong> it?</p>`
	b.post(link.Question(id, "QID1"), "revision", b.revision(id), "text", hostile, "help", hostile, "choices[0].id", "1", "choices[0].text", "Good", "choices[1].text", "Bad").to("")
	b.post(link.SurveySettings(id), "section", "end", "revision", b.revision(id), "end.message", hostile).to("")
	b.post(link.SurveySettings(id), "section", "introduction", "revision", b.revision(id), "description", hostile).to(link.SurveyBuild(id) + "#introduction")
	draft := a.draft(id)
	q := draft.Question("QID1")
	for field, got := range map[string]string{"text": q.Text, "help": q.Help, "end": draft.End.Message, "introduction": draft.Description} {
		if got != clean {
			t.Errorf("%s is stored as %s", field, got)
		}
	}
	p := b.get(link.With(link.SurveyBuild(id), "edit", "QID1")).is(http.StatusOK)
	if got := p.value("text"); got != clean {
		t.Errorf("the form holds %s", got)
	}
}
