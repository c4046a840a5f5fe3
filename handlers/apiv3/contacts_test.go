package apiv3

import (
	"fmt"
	"strings"
	"testing"
)

func TestContactListsAreOneThingUnderBothOfTheirPaths(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var directories struct {
		Elements []directoryBody `json:"elements"`
	}
	b.get(b.ada, "/directories").into(&directories)
	dir := "/directories/" + directories.Elements[0].DirectoryID
	id := b.post(b.ada, dir+"//mailinglists", `{"name":"Customers"}`).text("id")
	if !strings.HasPrefix(id, "CG_") {
		t.Errorf("the id is %s", id)
	}
	c := b.post(b.ada, dir+"/mailinglists/"+id+"/contacts",
		`{"firstName":"Ada","email":"Ada@example.com","extRef":"crm-1","language":"NB","unsubscribed":false,"embeddedData":{"custom1":"a","n":12345678901234567890,"ok":true}}`).text("id")
	if again := b.post(b.ada, "/mailinglists/"+id+"/contacts", `{"email":"ada@EXAMPLE.com","lastName":"Lovelace"}`).text("id"); again != c {
		t.Errorf("the same address is %s; want %s", again, c)
	}
	b.get(b.ada, dir+"/mailinglists/"+id+"/contacts/"+c).golden("contact")
	b.get(b.ada, "/mailinglists/"+id+"/contacts/"+c).golden("contact_legacy")
	b.get(b.ada, dir+"/mailinglists").golden("mailinglists")
	b.get(b.ada, "/mailinglists/"+id).golden("mailinglist_legacy")
	b.do(b.ada, "PUT", dir+"/contacts/"+c, `{"firstName":null,"phone":"+47 1","embeddedData":{"custom1":null},"unsubscribed":true}`).ok()
	r := b.get(b.ada, dir+"/contacts/"+c)
	for _, part := range []string{`"firstName":"Ada"`, `"phone":"+47 1"`, `"unsubscribed":true`, `"n":"12345678901234567890"`} {
		if !strings.Contains(string(r.body), part) {
			t.Errorf("%s lacks %s", r.body, part)
		}
	}
	if strings.Contains(string(r.body), "custom1") {
		t.Errorf("%s has what was removed", r.body)
	}
	b.post(b.ada, "/mailinglists/"+id+"/contacts", `{"email":"ada@example.com","unsubscribed":false}`)
	if r := b.get(b.ada, dir+"/contacts/"+c); !strings.Contains(string(r.body), `"directoryUnsubscribed":true`) {
		t.Error("adding somebody again takes back that they opted out")
	}
	loose := b.post(b.ada, dir+"/contacts", `{"email":"bob@example.com"}`).text("id")
	if all := string(b.get(b.ada, dir+"/contacts?pageSize=1&useNewPaginationScheme=true").body); !strings.Contains(all, "skipToken") {
		t.Errorf("no second page: %s", all)
	}
	b.do(b.ada, "PUT", "/mailinglists/"+id, `{"name":"Clients"}`).ok()
	b.do(b.ada, "DELETE", dir+"/contacts/"+loose, "").ok()
	b.do(b.ada, "DELETE", dir+"/mailinglists/"+id, "").ok()
	b.do(b.ada, "GET", dir+"/contacts/"+c, "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "no contact")
}

func TestContactsOfOthersAreNotThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.post(b.ada, "/mailinglists", `{"name":"Mine"}`).text("id")
	c := b.post(b.ada, "/mailinglists/"+id+"/contacts", `{"email":"ada@example.com"}`).text("id")
	for _, token := range []string{b.bob, b.admin} {
		b.do(token, "GET", "/mailinglists/"+id, "").fails(404, "404 - Not Found", "PACC_6", "Mailing List not found")
		b.do(token, "POST", "/mailinglists/"+id+"/contacts", `{"email":"x@example.com"}`).fails(404, "404 - Not Found", "PACC_6", "")
		b.do(token, "DELETE", "/mailinglists/"+id+"/contacts/"+c, "").fails(404, "404 - Not Found", "PACC_6", "")
	}
	b.get(b.admin, "/mailinglists/"+id+"?scope=organization")
	b.do(b.ada, "GET", "/directories/POOL_000000000000000/contacts", "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "no directory")
}

func TestContactsThatAreNoneAreRefusedByName(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.post(b.ada, "/mailinglists", `{"name":"Mine"}`).text("id")
	for body, field := range map[string]string{
		`{}`: "email", `{"email":"x"}`: "email", `{"email":"5d41402abc4b2a76b9719d911017c592"}`: "email", `{"email":"` + strings.Repeat("a", 64) + `@example.com"}`: "email",
		`{"email":"a@b.example","embeddedData":{"x":{}}}`: "embeddedData.x", `{"email":"a@b.example","merge":"maybe"}`: "merge",
		`{"email":"a@b.example","firstName":"` + strings.Repeat("x", 201) + `"}`: "firstName", `{"email":7}`: "email",
		`{"email":"a@b.example","tags":["` + strings.Repeat("x", 51) + `"]}`: "tags",
	} {
		b.do(b.ada, "POST", "/mailinglists/"+id+"/contacts", body).invalid(field)
	}
	for i := range 3 {
		b.post(b.ada, "/mailinglists/"+id+"/contacts", fmt.Sprintf(`{"email":"p%d@example.com","tags":["vip"]}`, i))
	}
	if r := b.get(b.ada, "/mailinglists/"+id+"/contacts?q=p1"); strings.Count(string(r.body), `"id"`) != 1 {
		t.Errorf("%s", r.body)
	}
}
