package handlers

import (
	"sync"
	"time"

	"surveyflow/internal/extract"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/runpages"
)

// maxTrials is how many results of tried tasks are kept. An answer has at most a megabyte.
const maxTrials = 40

// trials remembers, in this process, what came of the last time that a person tried a task: so that outputs can be chosen from
// the answer without calling again. What is forgotten is found in the last run, or comes with the next try.
type trials struct {
	mu    sync.Mutex
	kept  map[trialKey]*trial
	order []trialKey // oldest first
}

type trialKey struct{ user, task string }

type trial struct {
	at      time.Time
	attempt runpages.RunAttempt
	answer  answer
	outputs *string // JSON, masked
}

// answer is the body that a service answered with, and how secrets in it are hidden.
type answer struct {
	body        []byte
	contentType string
	mask        func(string) string // nil hides nothing
}

// document makes the answer ready to be searched; nil when there is none.
func (a answer) document() *extract.Document {
	if a.body == nil {
		return nil
	}
	return extract.Read(a.body, a.contentType)
}

// show gives a value for people.
func (a answer) show(raw []byte) string {
	if a.mask == nil {
		return string(raw)
	}
	return a.mask(string(raw))
}

func (t *trials) keep(actor models.Actor, taskID string, attempt runpages.RunAttempt, tried *workflow.Tried, now time.Time) {
	kept := &trial{at: now, attempt: attempt, outputs: tried.Outputs}
	if tried.Answer != nil {
		kept.answer = answer{tried.Answer.Body, tried.Answer.ContentType, tried.Mask}
	}
	key := trialKey{actor.UserID, taskID}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kept == nil {
		t.kept = map[trialKey]*trial{}
	}
	if t.kept[key] == nil {
		t.order = append(t.order, key)
	}
	t.kept[key] = kept
	if len(t.order) > maxTrials {
		delete(t.kept, t.order[0])
		t.order = t.order[1:]
	}
}

func (t *trials) of(actor models.Actor, taskID string) *trial {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.kept[trialKey{actor.UserID, taskID}]
}
