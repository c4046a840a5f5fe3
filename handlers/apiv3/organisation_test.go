package apiv3

import (
	"strings"
	"testing"
)

func TestOneOrganisationAnswersLikeMany(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if o := b.get(b.ada, "/organizations/acme"); o.text("id") != "acme" || o.text("name") != "Acme" || o.text("status") != "Active" {
		t.Errorf("it is %s", o.Result)
	}
	b.do(b.ada, "GET", "/organizations/other", "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "Organization not found.")
	for _, path := range []string{"/groups", "/divisions"} {
		if got := string(b.get(b.ada, path).Result); got != `{"elements":[],"nextPage":null}` {
			t.Errorf("%s is %s", path, got)
		}
	}
	if got := string(b.get(b.ada, "/libraries").Result); !strings.Contains(got, b.users["ada"].ID) {
		t.Errorf("the libraries are %s", got)
	}
}

func TestATokenIsMadeThroughTheAPIForOneselfAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	own := "/users/" + b.users["ada"].ID + "/apitoken"
	b.do(b.ada, "GET", own, "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "once")
	made := b.post(b.ada, own, "{}").text("apiToken")
	if len(made) != 40 || b.get(made, "/whoami").text("userId") != b.users["ada"].ID {
		t.Errorf("the token %d characters long opens nothing", len(made))
	}
	again := b.post(b.ada, own, "").text("apiToken")
	if again == made || b.get(b.ada, "/whoami").text("userId") != b.users["ada"].ID {
		t.Error("the other token ended, or the same one came again")
	}
	for _, token := range []string{b.bob, b.admin} {
		b.do(token, "POST", own, "{}").fails(404, "404 - Not Found", "SF_NOT_FOUND", "User not found.")
	}
}
