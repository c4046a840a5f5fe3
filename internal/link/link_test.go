package link_test

import (
	"testing"

	"surveyflow/internal/link"
)

func TestPathsFillTheirPatterns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, got, want string }{
		{"no parameter", link.Surveys(), "/surveys"},
		{"one parameter", link.SurveyBuild("SV_1"), "/surveys/SV_1/build"},
		{"two parameters in order", link.Response("SV_1", "R_2"), "/surveys/SV_1/responses/R_2"},
		{"a verb", link.RunReplay("RN_1"), "/runs/RN_1/replay"},
		{"a value is escaped", link.Workflow("a/b?c"), "/workflows/a%2Fb%3Fc"},
		{"respondent link", link.Respond("team-mood"), "/s/team-mood"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, c.got, c.want)
		}
	}
}

func TestWithLeavesEmptyParametersOut(t *testing.T) {
	t.Parallel()
	if got := link.With("/runs", "status", "", "q", ""); got != "/runs" {
		t.Errorf("got %s", got)
	}
	if got := link.With("/runs", "status", "failed", "q", "a b"); got != "/runs?q=a+b&status=failed" {
		t.Errorf("got %s", got)
	}
	if got := link.With("/runs?status=failed", "after", "x"); got != "/runs?status=failed&after=x" {
		t.Errorf("got %s", got)
	}
}

func TestLocalRefusesOtherSites(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)"} {
		if got := link.Local(bad, "/surveys"); got != "/surveys" {
			t.Errorf("%q: got %s", bad, got)
		}
	}
	if got := link.Local("/runs?status=failed", "/surveys"); got != "/runs?status=failed" {
		t.Errorf("got %s", got)
	}
}

func TestBaseMakesAbsoluteURLs(t *testing.T) {
	t.Parallel()
	b, err := link.NewBase("https://app.example.com/", "https://answers.example.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ got, want string }{
		{b.App(link.Run("RN_1")), "https://app.example.com/runs/RN_1"},
		{b.API("/workflows"), "https://app.example.com/API/v3/workflows"},
		{b.Respond("abc"), "https://answers.example.com/s/abc"},
		{b.JFE("SV_1"), "https://answers.example.com/jfe/form/SV_1"},
		{b.ReceiverURL("tok"), "https://answers.example.com/receiver/tok"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
	if !b.Secure() || len(b.Origins()) != 2 {
		t.Errorf("secure %v, origins %v", b.Secure(), b.Origins())
	}
}

func TestBaseRefusesWhatIsNoOrigin(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "localhost:8080", "ftp://a.example", "https://", "https://u:p@a.example", "https://a.example?x=1"} {
		if _, err := link.NewBase(bad, ""); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
