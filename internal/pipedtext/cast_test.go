package pipedtext_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"surveyflow/internal/pipedtext"
	"surveyflow/models"
)

func TestCast(t *testing.T) {
	t.Parallel()
	const fails = "!"
	object := pipedtext.JSON([]byte(`{"a": 1}`))
	for _, tc := range []struct {
		value                            pipedtext.Value
		def, str, num, boolean, jsonType string
	}{
		{pipedtext.Value{}, "null", `""`, "null", "null", "null"},
		{pipedtext.Text(""), `""`, `""`, fails, fails, fails},
		{pipedtext.Text("gold"), `"gold"`, `"gold"`, fails, fails, fails},
		{pipedtext.Text(`a"b`), `"a\"b"`, `"a\"b"`, fails, fails, fails},
		{pipedtext.Text("9"), `"9"`, `"9"`, "9", fails, "9"},
		{pipedtext.Text("1"), `"1"`, `"1"`, "1", "true", "1"},
		{pipedtext.Text(" -0.50 "), `" -0.50 "`, `" -0.50 "`, "-0.50", fails, " -0.50 "},
		{pipedtext.Text("007"), `"007"`, `"007"`, "7", fails, fails},
		{pipedtext.Text("+.5"), `"+.5"`, `"+.5"`, "0.5", fails, fails},
		{pipedtext.Text("5."), `"5."`, `"5."`, "5", fails, fails},
		{pipedtext.Text("-00"), `"-00"`, `"-00"`, "-0", fails, fails},
		{pipedtext.Text("1e3"), `"1e3"`, `"1e3"`, "1e3", fails, "1e3"},
		{pipedtext.Text("1,5"), `"1,5"`, `"1,5"`, fails, fails, fails},
		{pipedtext.Text("1.2.3"), `"1.2.3"`, `"1.2.3"`, fails, fails, fails},
		{pipedtext.Text("."), `"."`, `"."`, fails, fails, fails},
		{pipedtext.Text("--1"), `"--1"`, `"--1"`, fails, fails, fails},
		{pipedtext.Text("0x1F"), `"0x1F"`, `"0x1F"`, fails, fails, fails},
		{pipedtext.Text("NaN"), `"NaN"`, `"NaN"`, fails, fails, fails},
		{pipedtext.Text("١"), `"١"`, `"١"`, fails, fails, fails},
		{pipedtext.Text(strings.Repeat("9", 60)), `"` + strings.Repeat("9", 60) + `"`, `"` + strings.Repeat("9", 60) + `"`, strings.Repeat("9", 60), fails, strings.Repeat("9", 60)},
		{pipedtext.Text("YES"), `"YES"`, `"YES"`, fails, "true", fails},
		{pipedtext.Text("no "), `"no "`, `"no "`, fails, "false", fails},
		{pipedtext.Text("True"), `"True"`, `"True"`, fails, "true", fails},
		{pipedtext.Text("false"), `"false"`, `"false"`, fails, "false", "false"},
		{pipedtext.Text("on"), `"on"`, `"on"`, fails, fails, fails},
		{pipedtext.Text(`[1,2]`), `"[1,2]"`, `"[1,2]"`, fails, fails, "[1,2]"},
		{pipedtext.Text(`null`), `"null"`, `"null"`, fails, fails, "null"},
		{pipedtext.Number("0"), "0", `"0"`, "0", "false", "0"},
		{pipedtext.Number("2.0"), "2.0", `"2.0"`, "2.0", fails, "2.0"},
		{pipedtext.Number("12345678901234567890"), "12345678901234567890", `"12345678901234567890"`, "12345678901234567890", fails, "12345678901234567890"},
		{pipedtext.Bool(true), "true", `"true"`, fails, "true", "true"},
		{object, `{"a":1}`, `"{\"a\":1}"`, fails, fails, `{"a":1}`},
	} {
		for to, want := range map[models.DataType]string{
			models.DataSystemDefault: tc.def, "": tc.def, models.DataString: tc.str, models.DataNumber: tc.num,
			models.DataBoolean: tc.boolean, models.DataJSON: tc.jsonType,
		} {
			got, err := pipedtext.Cast(tc.value, to, models.CastError)
			if e, failed := errors.AsType[*pipedtext.CastError](err); failed != (want == fails) || failed && (e.Type != to || got != nil) {
				t.Errorf("%q as %s: got %s, %v", tc.value, to, got, err)
			} else if !failed && (string(got) != want || !json.Valid(got)) {
				t.Errorf("%q as %s is %s, want %s", tc.value, to, got, want)
			}
			if want == fails {
				want = tc.def
			}
			if got, err := pipedtext.Cast(tc.value, to, models.CastSystemDefault); err != nil || string(got) != want {
				t.Errorf("%q as %s or default: got %s, %v, want %s", tc.value, to, got, err, want)
			}
		}
	}
}

func TestAppendCast_leavesTheSliceAloneOnFailure(t *testing.T) {
	t.Parallel()
	dst, err := pipedtext.AppendCast([]byte("x"), pipedtext.Text("word"), models.DataNumber, models.CastError)
	if err == nil || string(dst) != "x" {
		t.Errorf("got %s, %v", dst, err)
	}
}

func TestCastError_showsOnlyTheBeginningOfTheValue(t *testing.T) {
	t.Parallel()
	_, err := pipedtext.Cast(pipedtext.Text(strings.Repeat("ä", 100)), models.DataNumber, models.CastError)
	e, ok := errors.AsType[*pipedtext.CastError](err)
	if !ok || e.Value != strings.Repeat("ä", 40)+"…" {
		t.Fatalf("got %v", err)
	}
	e.Key = "score"
	if want := `cast "score" to number: "` + e.Value + `" does not fit`; e.Error() != want {
		t.Errorf("got %s, want %s", e, want)
	}
}

func TestValue_fromJSON(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]struct {
		kind pipedtext.Kind
		text string
		json string
	}{
		`null`:            {pipedtext.KindMissing, "", "null"},
		` "a\u0022b" `:    {pipedtext.KindText, `a"b`, `"a\"b"`},
		`true`:            {pipedtext.KindBool, "true", "true"},
		`1.50`:            {pipedtext.KindNumber, "1.50", "1.50"},
		`{"b": 1, "a":2}`: {pipedtext.KindJSON, `{"b":1,"a":2}`, `{"b":1,"a":2}`},
		`[ ]`:             {pipedtext.KindJSON, "[]", "[]"},
		`{`:               {pipedtext.KindText, "{", `"{"`},
		``:                {pipedtext.KindText, "", `""`},
		"[\"\xff\"]":      {pipedtext.KindJSON, "[\"\uFFFD\"]", "[\"\uFFFD\"]"},
	} {
		v := pipedtext.JSON([]byte(raw))
		data, err := json.Marshal(v)
		if v.Kind() != want.kind || v.String() != want.text || string(data) != want.json || err != nil {
			t.Errorf("%s is %q of kind %d, in JSON %s (%v)", raw, v, v.Kind(), data, err)
		}
		if back := pipedtext.JSON(data); back != v {
			t.Errorf("%s comes back as %v", raw, back)
		}
		if v.Missing() != (want.kind == pipedtext.KindMissing) {
			t.Errorf("%s missing: %v", raw, v.Missing())
		}
	}
	if v := pipedtext.List(); !v.Missing() {
		t.Errorf("no nodes are %v", v)
	}
	if v := pipedtext.List(json.RawMessage("7")); v != pipedtext.Number("7") {
		t.Errorf("one node is %v", v)
	}
	if v := pipedtext.Number("007"); v != pipedtext.Text("007") {
		t.Errorf("007 is of kind %d", v.Kind())
	}
}
