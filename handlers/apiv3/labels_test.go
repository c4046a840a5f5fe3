package apiv3

import "testing"

func TestDataLabelsAreReadAndChangedByTheAPI(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	path := "/surveys/" + s.id + "/data-labels"
	first := b.get(b.ada, path)
	if got := first.text("QID1"); got != "satisfaction" {
		t.Errorf("QID1 is sent as %q", got)
	}
	b.do(b.ada, "PUT", path, `{"QID1":"happy","QID2":null}`).ok()
	if got := b.get(b.ada, path); got.text("QID1") != "happy" || got.text("QID2") != "Q2" {
		t.Errorf("the labels are %s", got.Result)
	}
	// What was read can be sent back and changes nothing.
	b.do(b.ada, "PUT", path, string(b.get(b.ada, path).Result)).ok()
	for body, field := range map[string]string{
		`{"QID1":"other","QID2":"HAPPY"}`: "", // they change together: this is right
		`{"QID1":"a b"}`:                  "QID1",
		`{"QID1":7}`:                      "QID1",
		`{"QID1":""}`:                     "QID1",
		`{"QID99":"x"}`:                   "QID99",
		`{"QID1_1":"x"}`:                  "QID1_1",
		`{"QID1":"fine","QID2":"q3"}`:     "QID2",
	} {
		r := b.do(b.ada, "PUT", path, body)
		if field == "" {
			r.ok()
			b.do(b.ada, "PUT", path, `{"QID1":"happy","QID2":null}`).ok()
			continue
		}
		r.invalid(field)
	}
	if got := b.get(b.ada, path).text("QID1"); got != "happy" {
		t.Errorf("a part of a refused write was taken: %q", got)
	}
	b.do(b.ada, "PUT", path, `["x"]`).fails(400, "400 - Bad Request", "SF_INVALID", "object")
	b.do(b.ada, "GET", "/surveys/SV_000000000000000/data-labels", "").fails(404, "404 - Not Found", "GSI_2", "")
}
