package addcontact_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"surveyflow/internal/clock"
	"surveyflow/internal/contact"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/task"
	"surveyflow/internal/task/addcontact"
	"surveyflow/internal/task/tasktest"
	"surveyflow/models"
)

// bench is an instance with a contact list and the service that fills it.
type bench struct {
	*storetest.Instance
	contacts *contact.Service
	list     *models.ContactList
	typ      *addcontact.Type
}

func newBench(t *testing.T, s *store.Store) *bench {
	t.Helper()
	b := &bench{Instance: storetest.NewInstance(t, s, clock.System{}), contacts: contact.New(s, clock.System{})}
	b.list = &models.ContactList{ID: models.NewID(models.PrefixList), Name: "Customers"}
	b.Check(s.CreateContactList(t.Context(), b.Actor, b.list))
	b.typ = addcontact.New(b.contacts)
	return b
}

func (b *bench) config(rest string) string {
	return `{"mailingListId":"` + b.list.ID + `",` + rest + `}`
}

var values = pipedtext.SourceFunc(func(r pipedtext.Ref) pipedtext.Value {
	switch r.Name {
	case "Email":
		return pipedtext.Text("Ada@Example.com")
	case "FirstName":
		return pipedtext.Text("Ada")
	}
	return pipedtext.Value{}
})

func TestAddContactIsATask(t *testing.T) {
	b := newBench(t, storetest.SQLite(t, storetest.Options{}))
	tasktest.Exercise(t, tasktest.Subject{
		Type:   b.typ,
		Works:  b.config(`"collectorId":null,"fields":{"email":"${m://Email}","firstName":"${m://FirstName}","custom1":"a ${e://Field/x}"}`),
		Fails:  b.config(`"fields":{"email":"no address"}`),
		Names:  []pipedtext.Ref{{Scheme: "m", Name: "Email"}},
		Values: values,
		Input:  func(in *task.Input) { in.Actor = b.Actor },
		Broken: map[string]string{
			`{"mailingListId":"","fields":{"email":"a@b.example"}}`: "mailingListId",
			b.config(`"fields":{}`):                                 "fields",
			b.config(`"fields":{"email":"${m://Email"}`):            "fields.email",
			b.config(`"fields":{"email":"x"},"merge":"maybe"`):      "merge",
		},
	})
}

func (b *bench) run(config string, in task.Input) task.Outcome {
	b.Helper()
	compiled, err := b.typ.Compile(json.RawMessage(config))
	b.Check(err)
	in.Values = values
	return compiled.Run(b.Context(), in)
}

func (b *bench) count() int64 {
	b.Helper()
	l, err := b.Store.ContactList(b.Context(), b.Actor, b.list.ID)
	b.Check(err)
	return l.Contacts
}

func TestATaskThatIsTriedAgainAddsNobodyTwice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(t, s)
		config := b.config(`"fields":{"email":"${m://Email}"},"merge":"none"`)
		in := task.Input{Actor: b.Actor, RunID: "RN_1", TaskID: "OCAC_1"}
		first, again := b.run(config, in), b.run(config, in)
		if first.Result != task.Done || string(again.Outputs["contactId"]) != string(first.Outputs["contactId"]) || b.count() != 1 {
			t.Errorf("%+v, %+v, %d contacts", first, again, b.count())
		}
		in.RunID = "RN_2"
		if b.run(config, in); b.count() != 2 {
			t.Errorf("%d contacts after another run; want 2", b.count())
		}
	})
}

func TestATaskReachesOnlyListsOfItsOwner(t *testing.T) {
	b := newBench(t, storetest.SQLite(t, storetest.Options{}))
	config := b.config(`"fields":{"email":"${m://Email}"}`)
	stranger := b.User("bob@example.com", models.RoleMember)
	if out := b.run(config, task.Input{Actor: stranger, RunID: "RN_1", TaskID: "OCAC_1"}); out.Result != task.Failed || out.Error.Key != "addcontact.error.list_gone" {
		t.Errorf("a stranger: %+v", out)
	}
	if out := b.run(config, task.Input{RunID: "RN_1", TaskID: "OCAC_1"}); out.Result != task.Failed || out.Error.Key != "addcontact.error.owner" {
		t.Errorf("nobody: %+v", out)
	}
}

// listens makes a workflow that is on and waits for new contacts of a list; empty for all lists.
func (b *bench) listens(owner models.Actor, list string, condition *models.Condition) *models.Workflow {
	b.Helper()
	w := &models.Workflow{ID: models.NewID(models.PrefixWorkflow), OwnerID: owner.UserID, Name: "Hear", EventType: models.EventContactList}
	w.Draft.V = models.WorkflowDefinition{
		Event: models.EventSpec{Type: models.EventContactList, On: []string{models.OnAdded}, MailingListID: list}, Condition: condition,
		Tasks: []models.TaskSpec{{ID: models.NewID(models.PrefixTask), Type: models.TaskAddContact, OnFailure: models.FailureContinue}},
	}
	b.Check(b.Store.CreateWorkflow(b.Context(), owner, w))
	_, err := b.Store.PutWorkflowLive(b.Context(), owner, w.ID, 0)
	b.Check(err)
	b.Check(b.Store.SetWorkflowEnabled(b.Context(), owner, w.ID, true))
	return w
}

func (b *bench) runsOf(w *models.Workflow) int {
	b.Helper()
	runs, _, err := b.Store.Runs(b.Context(), b.Actor, store.RunFilter{WorkflowID: w.ID})
	b.Check(err)
	return len(runs)
}

func TestANewContactStartsTheWorkflowsThatMayHearOfIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(t, s)
		add := func(email string, cause contact.Cause) {
			_, err := b.contacts.Put(t.Context(), b.Actor, b.list.ID, cause, store.ContactWrite{Contact: models.Contact{Email: email, FirstName: "Ada"}, Merge: models.MergeEmail})
			b.Check(err)
		}
		add("before@example.com", contact.Cause{})
		stranger := b.User("bob@example.com", models.RoleMember)
		mine, foreign := b.listens(b.Actor, b.list.ID, nil), b.listens(stranger, "", nil)
		only := b.listens(b.Actor, "", &models.Condition{Left: "${m://Email}", Operator: models.OpContains, Right: "vip"})
		add("a@example.com", contact.Cause{})
		add("a@example.com", contact.Cause{}) // is there
		add("vip@example.com", contact.Cause{})
		for w, want := range map[*models.Workflow]int{mine: 2, foreign: 0, only: 1} {
			if got := b.runsOf(w); got != want {
				t.Errorf("%s has %d runs; want %d", w.Name, got, want)
			}
		}
		b.list.Shared = true
		b.Check(s.SaveContactList(t.Context(), b.Actor, b.list))
		add("b@example.com", contact.Cause{})
		if got := b.runsOf(foreign); got != 1 {
			t.Errorf("of a shared list the workflow has %d runs; want 1", got)
		}
		b.Check(s.SetWorkflowEnabled(context.WithoutCancel(t.Context()), b.Actor, mine.ID, false))
		add("c@example.com", contact.Cause{})
		deep := "RN_deep"
		add("d@example.com", contact.Cause{Run: &deep, Depth: models.MaxChainDepth + 1})
		if got := b.runsOf(mine); got != 3 {
			t.Errorf("a workflow that is off has %d runs; want 3", got)
		}
		if got := b.runsOf(foreign); got != 2 {
			t.Errorf("%d runs; want 2: a chain that is too deep starts nothing", got)
		}
		refused, err := s.Refusals(t.Context(), stranger, store.RefusalFilter{WorkflowID: foreign.ID}, 10)
		if err != nil || len(refused) != 1 || refused[0].Reason != models.RefusedDepth || refused[0].N != 1 || refused[0].Sample.V.Cause != deep {
			t.Errorf("its owner is told %+v, %v; want the depth of the chain and the run that caused it", refused, err)
		}
	})
}

func TestTagsThatAreRefusedWhateverIsPipedAreTold(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long ", 10) + "tag"
	for tags, wrong := range map[string]bool{
		"vip, ${e://Field/plan}":                       false,
		"${e://Field/plan}":                            false,
		strings.Repeat("short ${e://Field/plan} ", 20): false,
		strings.Repeat("a tag, ", 50):                  false, // the same one
		"vip, " + long:                                 true,
		long + "-${e://Field/plan}":                    true,
		strings.Join(strings.Split("abcdefghijklmnopqrstuvwxyz123456789", ""), ","): true,
	} {
		config, _ := json.Marshal(models.AddContactConfig{MailingListID: models.NewID(models.PrefixList), Fields: map[string]string{"email": "a@example.com", "tags": tags}})
		_, err := addcontact.New(nil).Compile(config)
		e, ok := errors.AsType[*models.Error](err)
		if ok != wrong || wrong && e.Fields[0].Field != "fields.tags" {
			t.Errorf("%q is told as %v", tags, err)
		}
	}
}
