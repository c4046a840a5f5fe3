package store_test

import (
	"fmt"
	"sync"
	"testing"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// aList makes a contact list of somebody.
func aList(t *testing.T, s *store.Store, owner models.Actor) *models.ContactList {
	t.Helper()
	l := &models.ContactList{ID: models.NewID(models.PrefixList), Name: "Customers"}
	if err := s.CreateContactList(t.Context(), owner, l); err != nil {
		t.Fatal(err)
	}
	return l
}

func named(email, first, last string, tags ...string) store.ContactWrite {
	c := models.Contact{Email: email, FirstName: first, LastName: last}
	c.Tags.V = tags
	return store.ContactWrite{Contact: c, Merge: models.MergeEmail}
}

func put(t *testing.T, s *store.Store, a models.Actor, list string, writes ...store.ContactWrite) []store.ContactOutcome {
	t.Helper()
	out, err := s.PutContacts(t.Context(), a, list, writes)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAContactIsMergedByItsRule(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		owner := storetest.NewInstance(t, s, clock.System{}).Actor
		l := aList(t, s, owner)
		first := named("Ada@Example.com", "Ada", "", "vip")
		first.Contact.Fields.V = map[string]string{"plan": "gold", "custom1": "a"}
		first.Contact.ExternalRef = "crm-1"
		second := named("ada@example.com", "", "Lovelace", "london")
		second.Contact.Fields.V = map[string]string{"plan": "silver"}
		byRef := named("new@example.com", "", "", "vip")
		byRef.Contact.ExternalRef, byRef.Merge = "crm-1", models.MergeExternal
		another := named("ada@example.com", "Ada", "Other")
		another.Merge = models.MergeNone
		out := put(t, s, owner, l.ID, first, second, second, another)
		for i, want := range []models.ContactResult{models.ContactAdded, models.ContactUpdated, models.ContactUnchanged, models.ContactAdded} {
			if out[i].Result != want {
				t.Errorf("write %d is %s; want %s", i, out[i].Result, want)
			}
		}
		again := put(t, s, owner, l.ID, byRef)[0]
		if again.Result != models.ContactUpdated || again.Contact.ID != out[0].Contact.ID {
			t.Fatalf("by reference: %+v", again)
		}
		c, err := s.Contact(t.Context(), owner, again.Contact.ID)
		if err != nil {
			t.Fatal(err)
		}
		if c.Email != "new@example.com" || c.FirstName != "Ada" || c.LastName != "Lovelace" || c.Fields.V["plan"] != "silver" || c.Fields.V["custom1"] != "a" || fmt.Sprint(c.Tags.V) != "[london vip]" {
			t.Errorf("merged: %+v", c)
		}
		if tags, err := s.ContactTags(t.Context(), owner, l.ID, 10); err != nil || fmt.Sprint(tags) != "[london vip]" {
			t.Errorf("tags %v, %v", tags, err)
		}
		if l, err := s.ContactList(t.Context(), owner, l.ID); err != nil || l.Contacts != 2 {
			t.Errorf("%+v, %v; want 2 contacts", l, err)
		}
	})
}

func TestTheSameFactMakesOneContact(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		owner := storetest.NewInstance(t, s, clock.System{}).Actor
		l := aList(t, s, owner)
		key := "RN_1.OCAC_1"
		w := named("ada@example.com", "Ada", "")
		w.Merge, w.Contact.Dedupe = models.MergeNone, &key
		a, b := put(t, s, owner, l.ID, w)[0], put(t, s, owner, l.ID, w)[0]
		if a.Result != models.ContactAdded || b.Result != models.ContactUnchanged || a.Contact.ID != b.Contact.ID {
			t.Errorf("%+v\n%+v", a, b)
		}
	})
}

func TestContactsThatComeAtTheSameTimeAreOne(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		owner := storetest.NewInstance(t, s, clock.System{}).Actor
		l := aList(t, s, owner)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if _, err := s.PutContacts(t.Context(), owner, l.ID, []store.ContactWrite{named("a@example.com", "A", ""), named("b@example.com", "B", "")}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if l, err := s.ContactList(t.Context(), owner, l.ID); err != nil || l.Contacts != 2 {
			t.Errorf("%d contacts, %v; want 2", l.Contacts, err)
		}
	})
}

func TestASearchFindsBeginningsAndPagesThroughThemOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		owner := storetest.NewInstance(t, s, clock.System{}).Actor
		l, other := aList(t, s, owner), aList(t, s, owner)
		writes := []store.ContactWrite{
			named("anna@example.com", "Zoë", "Quist"), named("x1@example.com", "Anna", "Berg"), named("x2@example.com", "Lisa", "Annas"),
			named("anne@example.com", "Anna", "Annas"), named("x3@example.com", "Hanna", "Joanna"), named("x4@example.com", "ÅNNA", "Öst"),
		}
		ref := named("x5@example.com", "R", "")
		ref.Contact.ExternalRef = "ann-7"
		put(t, s, owner, l.ID, append(writes, ref)...)
		put(t, s, owner, other.ID, named("anna@other.example", "Anna", ""))
		for search, want := range map[string]int{"ann": 5, "ANN": 4, "anna b": 1, "ånn": 1, "zzz": 0, "x": 5, "ann-": 1, "%": 0} {
			seen := map[string]int{}
			f := store.ContactFilter{Search: search, Page: store.Page{Limit: 2}}
			for pages := 0; ; pages++ {
				all, next, err := s.Contacts(t.Context(), owner, l.ID, f)
				if err != nil || pages > 10 {
					t.Fatal(err, pages)
				}
				for _, c := range all {
					seen[c.ID]++
				}
				if f.Before = next; next == "" {
					break
				}
			}
			if len(seen) != want {
				t.Errorf("%q finds %d; want %d", search, len(seen), want)
			}
			for id, n := range seen {
				if n != 1 {
					t.Errorf("%q finds %s %d times", search, id, n)
				}
			}
		}
	})
}

func TestListsAreTheirOwnersUnlessTheyAreShared(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		i := storetest.NewInstance(t, s, clock.System{})
		owner, stranger := i.User("o@example.com", models.RoleMember), i.User("s@example.com", models.RoleMember)
		l := aList(t, s, owner)
		c := put(t, s, owner, l.ID, named("ada@example.com", "Ada", ""))[0].Contact
		for what, err := range map[string]error{
			"list":   second(s.ContactList(t.Context(), stranger, l.ID)),
			"one":    second(s.Contact(t.Context(), stranger, c.ID)),
			"put":    second(s.PutContacts(t.Context(), stranger, l.ID, []store.ContactWrite{named("b@example.com", "B", "")})),
			"delete": second(s.DeleteContacts(t.Context(), stranger, l.ID, c.ID)),
			"out":    s.SetOptOut(t.Context(), stranger, c.ID, true),
			"save":   s.SaveContact(t.Context(), stranger, &c),
			"person": second(s.PersonData(t.Context(), stranger, "ada@example.com")),
		} {
			if code := models.ErrorCode(err); code != models.CodeNotFound && code != models.CodeForbidden {
				t.Errorf("%s: %v", what, err)
			}
		}
		l.Shared = true
		i.Check(s.SaveContactList(t.Context(), owner, l))
		put(t, s, stranger, l.ID, named("b@example.com", "B", ""))
		if err := s.DeleteContactList(t.Context(), stranger, l.ID); models.ErrorCode(err) != models.CodeForbidden {
			t.Errorf("a guest deletes the list: %v", err)
		}
		i.Check(s.DeleteContactList(t.Context(), owner, l.ID))
		for n, err := s.PurgeContacts(t.Context()); n > 0 || err != nil; n, err = s.PurgeContacts(t.Context()) {
			i.Check(err)
		}
		if _, err := s.Contact(t.Context(), i.Actor, c.ID); models.ErrorCode(err) != models.CodeNotFound {
			t.Errorf("a contact of a deleted list is there: %v", err)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestAnErasedPersonIsNowhereAndStaysOptedOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		i := storetest.NewInstance(t, s, clock.System{})
		l, m := aList(t, s, i.Actor), aList(t, s, i.Actor)
		put(t, s, i.Actor, l.ID, named("Ada@example.com", "Ada", "Lovelace", "vip"), named("bob@example.com", "Bob", ""))
		put(t, s, i.Actor, m.ID, named("ada@example.com", "Ada", ""))
		i.Check(s.SetOptOutOrg(t.Context(), i.Actor, "ADA@example.com", models.OptOutLink, true))
		flow := i.Workflow(models.TaskSpec{Type: models.TaskWebService})
		done := i.Completed(flow)
		email, name := "ada@example.com", "ada lovelace"
		done.Response.IP, done.Response.Fields.V = "192.0.2.1", map[string]string{"custom1": "Ada"}
		done.Event.Payload = `{"v":1,"fields":{"custom1":"Ada"},"contact":{"email":"ada@example.com"}}`
		done.Runs[0].PersonEmail, done.Runs[0].PersonName = &email, &name
		i.Check(s.Accept(done))
		if _, err := s.ErasePerson(t.Context(), i.Actor, email); models.ErrorCode(err) != models.CodeConflict {
			t.Fatalf("with an open run: %v", err)
		}
		i.Check(s.CancelRun(t.Context(), i.Actor, done.Runs[0].ID))
		got, err := s.ErasePerson(t.Context(), i.Actor, email)
		i.Check(err)
		if want := (store.Erased{Contacts: 2, Responses: 1, Runs: 1}); got != want {
			t.Errorf("erased %+v; want %+v", got, want)
		}
		d, err := s.PersonData(t.Context(), i.Actor, email)
		i.Check(err)
		if len(d.Contacts)+len(d.Runs)+len(d.Mails) > 0 || d.OptedOut == nil {
			t.Errorf("left: %+v", d)
		}
		r, err := s.Response(t.Context(), i.Actor, i.Survey.ID, done.Response.ID)
		i.Check(err)
		if r.IP != "" || len(r.Fields.V) > 0 || r.Answers.V["QID1"].Text == "" {
			t.Errorf("the response is %+v", r)
		}
		again := put(t, s, i.Actor, l.ID, named("ada@example.com", "Ada", ""))[0].Contact
		c, err := s.Contact(t.Context(), i.Actor, again.ID)
		if err != nil || c.OptedOutOrg == nil {
			t.Errorf("%+v, %v; want opted out of everything", c, err)
		}
		if l, err := s.ContactList(t.Context(), i.Actor, l.ID); err != nil || l.Contacts != 2 {
			t.Errorf("%+v, %v", l, err)
		}
	})
}
