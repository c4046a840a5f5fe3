package handlers_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/models"
)

// contactList makes a list through the pages and gives its id.
func (b *browser) contactList(name string) string {
	b.app.t.Helper()
	at := b.post(link.Contacts(), "name", name).to("")
	return strings.TrimPrefix(at, link.Contacts()+"/")
}

func TestContactsAreAddedSearchedChangedAndDeleted(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	b.get(link.Contacts()).is(http.StatusOK).says("main", "No contact lists yet")
	b.post(link.Contacts(), "name", " ").is(http.StatusUnprocessableEntity).says(".error-summary", "Give the list a name")
	list := b.contactList("Customers")
	b.get(link.ContactList(list)).is(http.StatusOK).says("main", "Nobody is on this list yet")
	b.post(link.ContactList(list), "email", "no address", "firstName", "Bob").is(http.StatusUnprocessableEntity).says(".error-summary", "Enter an e-mail address")
	b.post(link.ContactList(list), "email", "5d41402abc4b2a76b9719d911017c592").is(http.StatusUnprocessableEntity).says(".error-summary", "hash of an e-mail address")
	at := b.post(link.ContactList(list), "email", "Bob@example.com", "firstName", "Bob", "lastName", "<b>Stone</b>", "language", "PT_br", "tags", "vip, new;vip", "fieldName", "custom1", "fieldValue", "=1+1", "fieldName", "plan", "fieldValue", "gold").to("")
	p := b.get(at).is(http.StatusOK).says("h1", "Bob <b>Stone</b>").says("main", "Subscribed")
	if p.Find("[name=language]").AttrOr("value", "") != "pt-BR" {
		t.Errorf("the language is %q", p.Find("[name=language]").AttrOr("value", ""))
	}
	if again := b.post(link.ContactList(list), "email", "bob@EXAMPLE.com", "phone", "+47 1").to(""); again != at {
		t.Errorf("the same address is another contact: %s", again)
	}
	b.get(link.With(link.ContactList(list), "q", "stone")).says("main", "Nobody fits")
	b.get(link.With(link.ContactList(list), "q", "BOB <")).says("tbody", "Bob")
	b.get(link.With(link.ContactList(list), "tag", "vip")).says("tbody", "Bob")
	b.get(link.With(link.ContactList(list), "tag", "none")).says("main", "Nobody fits")

	b.post(at+"/opt-out", "do", "listOut").to(at)
	b.get(link.With(link.ContactList(list), "out", "1")).says("tbody", "Opted out")
	b.post(at+"/opt-out", "do", "orgOut").to(at)
	b.get(at).says("main", "Opted out of everything")

	file := b.post(link.ListExport(list)).is(http.StatusOK)
	lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.text, "\ufeff"))).ReadAll()
	if err != nil || len(lines) != 2 || lines[0][11] != "custom1" || lines[1][11] != "'=1+1" || lines[1][8] != "true" {
		t.Errorf("the file is %q, %v", lines, err)
	}

	b.post(at, "email", "bob@example.com", "firstName", "Robert").to(at)
	b.get(at).says("h1", "Robert")
	b.post(at + "/delete").to(link.ContactList(list))
	b.get(at).is(http.StatusNotFound)
	b.post(link.ListDelete(list), "confirm", "wrong").to(link.ListSettings(list))
	b.post(link.ListDelete(list), "confirm", "Customers").to(link.Contacts())
	b.get(link.ContactList(list)).is(http.StatusNotFound)
}

func TestAContactOfAnotherListIsNotReachedThroughOnesOwn(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	admin := a.person(ada)
	first, second := admin.contactList("One"), admin.contactList("Two")
	at := admin.post(link.ContactList(first), "email", "x@example.com").to("")
	id := at[strings.LastIndex(at, "/")+1:]
	admin.get(link.Contact(second, id)).is(http.StatusNotFound)
	admin.post(link.Contact(second, id), "email", "y@example.com").is(http.StatusNotFound)
	admin.post(link.ListBulk(second), "do", "delete", "contact", id).to(link.ContactList(second))
	admin.get(at).is(http.StatusOK)
	admin.post(link.ListBulk(first), "do", "delete", "contact", id).to(link.ContactList(first))
	admin.get(at).is(http.StatusNotFound)
}

func TestAPersonIsHandedOutAndErased(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	list := b.contactList("Customers")
	b.post(link.ContactList(list), "email", "bob@example.com", "firstName", "Bob").to("")
	b.get(link.Person()).is(http.StatusOK)
	b.get(link.With(link.Person(), "email", "nobody")).says("main", "nobody")
	b.get(link.With(link.Person(), "email", "BOB@example.com")).says("main", "Bob (CID_")
	if file := b.post(link.PersonFile(), "email", "bob@example.com").is(http.StatusOK); !strings.Contains(file.text, `"firstName": "Bob"`) {
		t.Errorf("the file is %s", file.text)
	}
	b.post(link.PersonErase(), "email", "bob@example.com", "confirm", "rob@example.com").is(http.StatusUnprocessableEntity).says(".error-summary", "Nothing was erased")
	b.post(link.PersonErase(), "email", "bob@example.com", "confirm", "bob@example.com").to(link.Person())
	b.get(link.With(link.ContactList(list), "q", "bob")).says("main", "Nobody")
	if l, err := a.store.ContactList(t.Context(), a.actor(ada), list); err != nil || l.Contacts != 0 || l.Access != models.AccessOwn {
		t.Errorf("%+v, %v", l, err)
	}
}
