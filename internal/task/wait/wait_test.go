package wait_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"surveyflow/internal/pipedtext"
	"surveyflow/internal/task"
	"surveyflow/internal/task/tasktest"
	"surveyflow/internal/task/wait"
)

func TestWaitIsATask(t *testing.T) {
	t.Parallel()
	tasktest.Exercise(t, tasktest.Subject{
		Type: wait.New(berlin), Works: `{"until":"2020-01-01"}`, Fails: `{"until":"${e://Field/when}"}`, Values: none{},
		Broken: map[string]string{
			`{}`: "for", `{"for":"soon"}`: "for", `{"until":"soon"}`: "until", `{"for":"PT1H","until":"2030-01-01"}`: "for", `{"until":"2030-01-01","timeZone":"x"}`: "timeZone",
			`{"for":"PT8H","workingHours":{}}`: "workingHours.from", `{"for":"PT8H","workingHours":{"from":"9:00","to":"25:00"}}`: "workingHours.to", `{"for":"PT8H","workingHours":{"from":"17:00","to":"09:00"}}`: "workingHours.to",
			`{"for":"PT8H","workingHours":{"from":"09:00","to":"17:00","days":["noday"]}}`: "workingHours.days", `{"for":"P1000D","workingHours":{"from":"09:00","to":"09:01"}}`: "for",
			`{"until":"2030-01-01","workingHours":{"from":"09:00","to":"17:00"}}`: "workingHours",
		},
	})
}

type none struct{}

func berlin(context.Context, string) (string, error) { return "Europe/Berlin", nil }

// Working time is counted by the clock on the wall of the organisation, or of the zone that is named.
func TestWorkingHoursAloneCount(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, config, from, until string }{
		{"within a day", `{"for":"PT2H","workingHours":{"from":"09:00","to":"17:00"}}`, "2026-11-23T10:00:00+01:00", "2026-11-23T12:00:00+01:00"},
		{"to the end of a day", `{"for":"PT8H","workingHours":{"from":"09:00","to":"17:00"}}`, "2026-11-23T08:00:00+01:00", "2026-11-23T17:00:00+01:00"},
		{"over night", `{"for":"PT8H","workingHours":{"from":"09:00","to":"17:00"}}`, "2026-11-23T16:30:00+01:00", "2026-11-24T16:30:00+01:00"},
		{"over a weekend", `{"for":"PT2H","workingHours":{"from":"09:00","to":"17:00"}}`, "2026-11-20T16:00:00+01:00", "2026-11-23T10:00:00+01:00"},
		{"from a Sunday", `{"for":"PT1S","workingHours":{"from":"09:00","to":"17:00"}}`, "2026-11-22T16:00:00+01:00", "2026-11-23T09:00:01+01:00"},
		{"on days of one's own", `{"for":"PT3H","workingHours":{"from":"22:00","to":"24:00","days":["Saturday"]}}`, "2026-11-22T16:00:00+01:00", "2026-12-05T23:00:00+01:00"},
		{"in a zone of one's own", `{"for":"PT1H","workingHours":{"from":"09:00","to":"17:00","timeZone":"America/New_York"}}`, "2026-11-23T10:00:00+01:00", "2026-11-23T10:00:00-05:00"},
		{"where clocks go back", `{"for":"PT24H","workingHours":{"from":"00:00","to":"24:00","days":["sunday"]}}`, "2026-10-25T00:00:00+02:00", "2026-10-25T23:00:00+01:00"},
	} {
		compiled, err := wait.New(berlin).Compile(json.RawMessage(c.config))
		if err != nil {
			t.Fatal(err)
		}
		from, _ := time.Parse(time.RFC3339, c.from)
		until, _ := time.Parse(time.RFC3339, c.until)
		for _, now := range []time.Time{from, from.Add(time.Millisecond)} { // woken too early, it waits for the same moment
			if out := compiled.Run(t.Context(), task.Input{Now: now, First: from, Values: none{}, Woken: now != from}); out.Result != task.Wait || !out.Until.Equal(until) {
				t.Errorf("%s: %d until %v; want %v", c.name, out.Result, out.Until, until)
			}
		}
		if out := compiled.Run(t.Context(), task.Input{Now: until, First: from, Values: none{}, Woken: true}); out.Result != task.Done {
			t.Errorf("%s: %d when it is over", c.name, out.Result)
		}
	}
}

func (none) Value(pipedtext.Ref) pipedtext.Value { return pipedtext.Value{} }

func TestAWaitEndsAtItsTimeWhenItWasPlayedAndNotBefore(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, config string
		in           task.Input
		result       task.Result
		until        time.Time
	}{
		{"begins", `{"for":"PT1H"}`, task.Input{Now: now, First: now}, task.Wait, now.Add(time.Hour)},
		{"is woken too early", `{"for":"PT1H"}`, task.Input{Now: now.Add(time.Minute), First: now, Woken: true}, task.Wait, now.Add(time.Hour)},
		{"is over", `{"for":"PT1H"}`, task.Input{Now: now.Add(time.Hour), First: now, Woken: true}, task.Done, time.Time{}},
		{"is played", `{"for":"PT1H"}`, task.Input{Now: now, First: now, Played: true}, task.Done, time.Time{}},
		{"of an anonymous survey begins", `{"for":"PT1H"}`, task.Input{Now: now}, task.Wait, now.Add(time.Hour)},
		{"of an anonymous survey is over", `{"for":"PT1H"}`, task.Input{Now: now.Add(time.Hour), Woken: true}, task.Done, time.Time{}},
		{"until a day in its zone", `{"until":"2026-11-23","timeZone":"Europe/Berlin"}`, task.Input{Now: now, First: now}, task.Wait, time.Date(2026, 11, 22, 23, 0, 0, 0, time.UTC)},
	} {
		compiled, err := wait.New(berlin).Compile(json.RawMessage(c.config))
		if err != nil {
			t.Fatal(err)
		}
		c.in.Values = none{}
		if out := compiled.Run(t.Context(), c.in); out.Result != c.result || !out.Until.Equal(c.until) {
			t.Errorf("it %s: %d until %v; want %d until %v", c.name, out.Result, out.Until, c.result, c.until)
		}
	}
}
