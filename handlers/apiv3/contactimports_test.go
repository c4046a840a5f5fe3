package apiv3

import (
	"bytes"
	"mime/multipart"
	"net/http/httptest"
	"strings"
	"testing"

	"surveyflow/internal/store"
	"surveyflow/models"
)

// imports does the work of the one job that waits.
func (b *bench) imports() {
	b.Helper()
	c, err := b.store.ClaimJob(b.Context(), "ND_jobs")
	b.check(err)
	for state := store.JobGoesOn; state == store.JobGoesOn; {
		state, err = b.store.StepJob(b.Context(), c, b.api.contacts.ImportStep)
		b.check(err)
	}
}

func TestManyContactsAreImportedWithOneRequest(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.post(b.ada, "/mailinglists", `{"name":"Customers"}`).text("id")
	people := `[{"email":"ada@example.com","firstName":"Ada","embeddedData":{"plan":"gold","n":12345678901234567890},"tags":["vip"]},{"email":"no address"},` +
		`{"email":"bob@example.com","unsubscribed":true,"externalDataReference":"=1"},{"email":"ADA@example.com","embeddedData":{"custom1":"x"}}]`
	var made peopleBody
	b.post(b.ada, "/mailinglists/"+id+"/contactimports", `{"merge":"email","transactionMeta":{"batchId":"x"},"contacts":`+people+`}`).into(&made)
	if !strings.HasPrefix(made.ID, "PGRS_") || made.Status != jobInProgress || made.Percent != 0 || !strings.HasSuffix(made.Tracking.URL, "/contactimports/"+made.ID) {
		t.Errorf("%+v", made)
	}
	b.imports()
	b.get(b.ada, "/mailinglists/"+id+"/contactimports/"+made.ID).into(&made)
	if made.Status != jobComplete || made.Percent != 100 || made.Contacts.Count != (importCount{Added: 2, Updated: 1, Failed: 1}) || made.Failures[0].ID != "2" {
		t.Errorf("%+v", made)
	}
	all := string(b.get(b.ada, "/mailinglists/"+id+"/contacts").body)
	for _, part := range []string{`"n":"12345678901234567890"`, `"custom1":"x"`, `"plan":"gold"`, `"=1"`} {
		if !strings.Contains(all, part) {
			t.Errorf("%s lacks %s", all, part)
		}
	}

	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	file, err := w.CreateFormFile("contacts", "contacts.json")
	b.check(err)
	_, err = file.Write([]byte(people))
	b.check(err)
	b.check(w.Close())
	r := httptest.NewRequest("POST", "/API/v3/directories/"+DirectoryID(b.users["ada"].Actor(models.ViaAPI).OrgID)+"/mailinglists/"+id+"/transactioncontacts", &form)
	r.Header.Set("X-API-TOKEN", b.ada)
	r.Header.Set("Content-Type", w.FormDataContentType())
	b.send(r).ok().into(&made)
	b.imports()
	b.get(b.ada, "/mailinglists/"+id+"/contactimports/"+made.ID).into(&made)
	if made.Contacts.Count != (importCount{Unchanged: 3, Failed: 1}) {
		t.Errorf("once more: %+v", made)
	}
	b.do(b.bob, "POST", "/mailinglists/"+id+"/contactimports", people).fails(404, "404 - Not Found", "PACC_6", "")
	b.do(b.ada, "GET", "/mailinglists/"+id+"/contactimports/PGRS_000000000000000", "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "no import")
	for body, field := range map[string]string{
		`7`: "contacts", `{}`: "contacts", `[]`: "contacts", `{"contacts":{}}`: "contacts", `[{"email":7}]`: "contacts[0].email", `[{},{"embeddedData":{"x":[]}}]`: "contacts[1].embeddedData.x", `{"merge":"maybe","contacts":[{}]}`: "merge",
	} {
		b.do(b.ada, "POST", "/mailinglists/"+id+"/contactimports", body).invalid(field)
	}
	b.do(b.ada, "POST", "/mailinglists/"+id+"/contactimports", `[{"email":"a@example.com"}`).fails(400, "400 - Bad Request", "SF_INVALID", "position")
	if l, err := b.store.ContactList(t.Context(), b.users["ada"].Actor(models.ViaAPI), id); err != nil || l.Contacts != 2 {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestABounceIsReported(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.post(b.ada, "/mailinglists", `{"name":"Customers"}`).text("id")
	c := b.post(b.ada, "/mailinglists/"+id+"/contacts", `{"email":"ada@example.com"}`).text("id")
	for _, address := range []string{"ADA@example.com", "nobody@example.com"} { // whether somebody has it is not told
		if said := b.post(b.bob, "/bounces", `{"email":"`+address+`","reason":"550 5.1.1\u0000 <b>no such user"}`).text("email"); said != address {
			t.Errorf("answered %s", said)
		}
	}
	p, err := b.store.Contact(t.Context(), b.users["ada"].Actor(models.ViaAPI), c)
	if err != nil || p.BouncedAt == nil || !strings.Contains(models.DecodeRunError(p.BounceReason).Detail, "550 5.1.1 <b>no such user") {
		t.Errorf("%+v, %v", p, err)
	}
	b.do(b.ada, "POST", "/bounces", `{"email":"nobody"}`).invalid("email")
	b.do("", "POST", "/bounces", `{"email":"ada@example.com"}`).fails(400, "400 - Bad Request", "ATP_2", "")
}
