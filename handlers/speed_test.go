package handlers_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"surveyflow/internal/link"
	"surveyflow/models"
	"surveyflow/views/frame"
)

// The sizes that the builder and the editor must be quick with, and what is left of "under 50 ms" on a slow machine. The time
// is the processor's: what other programs do meanwhile does not count. `go test ./handlers -run Quick -v` tells what was
// measured.
const (
	manyQuestions = 100
	manyTasks     = 30
	quick         = 50 * time.Millisecond
	patience      = 10 // times quick: a slow machine, or the race detector
)

// watch is an app of which is known how long it was at each request. Its tests run alone, so that the time is theirs.
type watch struct {
	*app
	took atomic.Int64 // the last request, in nanoseconds
}

func newWatch(t *testing.T) *watch {
	t.Helper()
	w := &watch{app: newApp(t)}
	inner := w.server.Config.Handler
	w.server.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		began := worked(t)
		inner.ServeHTTP(rw, r)
		w.took.Store(int64(worked(t) - began))
	})
	return w
}

// worked gives how long the processor has worked for this process.
func worked(t *testing.T) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Error(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// times measures an action, by its last request, and fails when its middle is far from quick.
func (w *watch) times(name string, act func()) {
	t := w.t
	t.Helper()
	act()
	took := make([]time.Duration, 5)
	for i := range took {
		act()
		took[i] = time.Duration(w.took.Load())
	}
	slices.Sort(took)
	t.Logf("%-28s %6.1f ms (%.1f to %.1f)", name, milli(took[len(took)/2]), milli(took[0]), milli(took[len(took)-1]))
	if took[len(took)/2] > patience*quick {
		t.Errorf("%s takes %v", name, took[len(took)/2])
	}
}

func milli(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func TestTheBuilderIsQuickWithManyQuestions(t *testing.T) {
	a := newWatch(t)
	b := a.person(ada)
	id := b.survey("Long")
	s, err := a.store.Survey(t.Context(), a.actor(ada), id)
	if err != nil {
		t.Fatal(err)
	}
	s.Draft.V.Blocks = nil
	for i := range manyQuestions {
		if i%10 == 0 {
			s.Draft.V.Blocks = append(s.Draft.V.Blocks, models.Block{ID: fmt.Sprintf("BL_%015d", i)})
		}
		page := &s.Draft.V.Blocks[len(s.Draft.V.Blocks)-1]
		q := models.Question{ID: models.QuestionID(i + 1), Type: models.QuestionSingleChoice, Text: fmt.Sprintf("How <b>happy</b> are you with part %d of what we do?", i)}
		for c := range 7 {
			q.Choices = append(q.Choices, models.Choice{ID: c + 1, Text: fmt.Sprintf("Answer %d", c)})
		}
		if i > 0 {
			q.Display = &models.Condition{All: []models.Condition{{Left: "${q://" + models.QuestionID(i) + "/SelectedChoicesRecode}", Operator: models.OpLessThan, Right: "4"}}}
		}
		page.Questions = append(page.Questions, q)
	}
	s.NextQID = manyQuestions + 1
	if _, err := a.store.SaveSurveyDraft(t.Context(), a.actor(ada), s, s.DraftRev); err != nil {
		t.Fatal(err)
	}
	a.times("builder", func() { b.get(link.SurveyBuild(id)).is(http.StatusOK) })
	a.times("check", func() { b.get(link.SurveyCheck(id)).is(http.StatusOK) })
	b.header.Set("HX-Request", "true")
	last := models.QuestionID(manyQuestions)
	a.times("open the last question", func() { b.get(link.With(link.SurveyBuild(id), "edit", last)).is(http.StatusOK) })
	a.times("move a question", func() { b.post(link.QuestionMove(id, "QID50"), "to", "up").is(http.StatusOK) })
	a.times("save while typing", func() {
		b.post(link.Question(id, last), "do", "autosave", "type", "singleChoice", "text", "Anything else?", "choices[0].id", "1", "choices[0].text", "Yes", "choices[1].id", "2", "choices[1].text", "No").is(http.StatusOK)
	})
}

func TestTheEditorIsQuickWithManyTasks(t *testing.T) {
	a := newWatch(t)
	b := a.person(ada)
	surveyID, _ := a.sample(t, b)
	id, first := b.workflow(surveyID, "https://a.example/")
	w, err := a.store.WorkflowToEdit(t.Context(), a.actor(ada), id)
	if err != nil {
		t.Fatal(err)
	}
	def := &w.Draft.V
	for len(def.Tasks) < manyTasks {
		again := def.Tasks[0]
		again.ID = models.NewID(models.PrefixTask)
		again.Condition = &models.Condition{All: []models.Condition{{Left: "${q://QID3/ChoiceTextEntryValue}", Operator: models.OpLessThan, Right: "4"}}}
		def.Tasks = append(def.Tasks, again)
	}
	if _, err := a.store.SaveWorkflowDraft(t.Context(), a.actor(ada), w, w.DraftRev); err != nil {
		t.Fatal(err)
	}
	last := def.Tasks[manyTasks-1].ID
	edit := link.With(link.Workflow(id), "edit", frame.EditTask+last)
	a.times("editor", func() { b.get(link.Workflow(id)).is(http.StatusOK) })
	a.times("open the last task", func() { b.get(edit).is(http.StatusOK) })
	a.times("preview while typing", func() {
		b.post(link.TaskPreview(id, last), "config.method", "POST", "config.url", "https://a.example/?r=${rm://Field/ResponseID}").is(http.StatusOK)
	})
	revision := b.get(edit).value("revision")
	a.times("move a task", func() {
		at := b.post(link.TaskMove(id, first), "revision", revision, "to", "down").to("")
		revision = b.get(at).value("revision") // which people wait for, too
	})
	a.times("save while typing", func() {
		b.post(link.Task(id, last), "autosave", "1", "revision", revision, "summary", time.Now().String(), "config.method", "POST", "config.url", "https://a.example/")
		took := a.took.Load()
		revision = b.get(edit).value("revision")
		a.took.Store(took)
	})
}
