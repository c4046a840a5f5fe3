package inbound_test

import (
	"strings"
	"testing"

	"surveyflow/models"
)

// adobe is what the destination of Adobe's platform sends: nested objects, lists, keys with dashes, and ids that look like
// UUIDs and are none.
const adobe = `{
  "person": {"name": {"firstName": "Dave"}},
  "mobilePhone": {"number": "0123456789"},
  "identityMap": {"Email": [{"id": "Email-2Sf6C"}], "ECID": [{"id": "18446744073709551616123"}]},
  "segmentMembership": {"ups": {
    "046456e3b-18e1-48a6-9bda-d68547861283": {"lastQualificationTime": "2023-09-05T10:43:55.602687Z", "status": "realized"},
    "007844dd1-9e5d-4531-a4ee-05470doe759dd": {"lastQualificationTime": "2023-09-05T10:43:55.602689Z", "status": "exited"}
  }}
}`

// adobeFields are the fields that an owner would name.
var adobeFields = []models.EventField{
	{Name: "firstName", Path: "$.person.name.firstName"},
	{Name: "phone", Path: "$.mobilePhone.number"},
	{Name: "email", Path: "$.identityMap.Email[0].id"},
	{Name: "ecid", Path: "$.identityMap.ECID[0].id"},
	{Name: "statuses", Path: "$.segmentMembership.ups.*.status"},
	{Name: "status of one", Path: "$.segmentMembership.ups['046456e3b-18e1-48a6-9bda-d68547861283'].status"},
}

func TestEveryVariationOfTheDestinationsEventIsTaken(t *testing.T) {
	t.Parallel()
	b := newEventBench(t, models.EventSpec{Fields: adobeFields})
	attribute := func(json string) string { return strings.Replace(adobe, `"person":`, json+`,"person":`, 1) }
	instead := func(old, replacement string) string { return strings.Replace(adobe, old, replacement, 1) }
	for _, c := range []struct{ name, body, text, want string }{
		{"the sample", adobe, "~{aedj://firstName} ~{aedj://phone} ~{aedj://email}", "Dave 0123456789 Email-2Sf6C"},
		{"all of it", adobe, "~{aedj://$.person.name.firstName}", "Dave"},
		{"a key with dashes", adobe, "~{aedj://status of one}", "realized"},
		{"an id that is no UUID", adobe, "~{aedj://$.segmentMembership.ups['007844dd1-9e5d-4531-a4ee-05470doe759dd'].status}", "exited"},
		{"several values", adobe, "~{aedj://statuses}", `["realized","exited"]`},
		{"a long number as text", adobe, "~{aedj://ecid}", "18446744073709551616123"},
		{"a long number", attribute(`"orderId": 18446744073709551616123`), "~{aedj://$.orderId}", "18446744073709551616123"},
		{"a leading zero stays", adobe, "~{aedj://phone}", "0123456789"},
		{"no phone", instead(`"mobilePhone": {"number": "0123456789"},`, ""), "[~{aedj://phone}]", "[]"},
		{"a phone that is null", instead(`"0123456789"`, "null"), "[~{aedj://phone}]", "[]"},
		{"no segments", instead(`"ups": {`, `"other": {`), "[~{aedj://statuses}]", "[]"},
		{"an empty list", instead(`[{"id": "Email-2Sf6C"}]`, "[]"), "[~{aedj://email}]", "[]"},
		{"two identities", instead(`[{"id": "Email-2Sf6C"}]`, `[{"id": "a@example.com"}, {"id": "b@example.com"}]`), "~{aedj://$.identityMap.Email[*].id}", `["a@example.com","b@example.com"]`},
		{"a custom attribute", attribute(`"loyaltyTier": "gold"`), "~{aedj://$.loyaltyTier}", "gold"},
		{"a truth value", attribute(`"optIn": true`), "~{aedj://$.optIn}", "true"},
		{"a decimal number", attribute(`"total": 42.50`), "~{aedj://$.total}", "42.50"},
		{"an object", attribute(`"cart": {"items": [1, 2], "note": "<b>"}`), "~{aedj://$.cart}", `{"items":[1,2],"note":"<b>"}`},
		{"letters of the world", instead("Dave", "Zoë Ωμέγα 李"), "~{aedj://firstName}", "Zoë Ωμέγα 李"},
		{"escaped letters", instead("Dave", `Zo\u00eb \ud83d\ude00`), "~{aedj://firstName}", "Zoë 😀"},
		{"half an escaped letter", instead("Dave", `x\ud83d`), "~{aedj://firstName}", "x\ufffd"},
		{"an escaped zero", instead("Dave", `x\u0000y`), "~{aedj://$.mobilePhone.number}", "0123456789"},
		{"a tenancy with a dash and an at", attribute(`"_my-tenant": {"@id": {"a.b": "deep"}}`), "~{aedj://$['_my-tenant']['@id']['a.b']}", "deep"},
		{"a key twice", attribute(`"n": 1, "n": 2`), "[~{aedj://firstName}]", "[Dave]"},
		{"a byte order mark", "\ufeff" + adobe, "~{aedj://firstName}", "Dave"},
		{"a list of profiles", "[" + adobe + "," + adobe + "]", "~{aedj://$[1].person.name.firstName}", "Dave"},
		{"a token in a value stays a text", instead("Dave", "~{aedj://phone}"), "~{aedj://firstName}", "~{aedj://phone}"},
	} {
		before := len(b.runs())
		if a := b.post(b.url, c.body); a.status != 200 {
			t.Errorf("%s is answered %d %s", c.name, a.status, a.text)
			continue
		}
		if n := len(b.runs()) - before; n != 1 {
			t.Errorf("%s starts %d runs; want one", c.name, n)
		}
		if got := b.piped(c.text); got != c.want {
			t.Errorf("%s: %s is %q; want %q", c.name, c.text, got, c.want)
		}
	}
}
