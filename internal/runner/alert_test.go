package runner

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"surveyflow/models"
)

// A day of a workflow, told by what happens when; each line says what people get for it.
func TestPeopleAreToldOnceAndAgainWhenItChanges(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	h := &models.WorkflowHealth{WorkflowID: "WF_1"}
	now := begin
	fails := func(n int) func() {
		return func() {
			h.ConsecutiveFailures += n
			h.FailedN += int64(n)
			at := now
			h.LastFailureAt = &at
		}
	}
	succeeds := func() {
		h.ConsecutiveFailures = 0
		at := now
		h.RecoveredAt = &at
	}
	for i, step := range []struct {
		at   time.Duration
		does func()
		want string // what is told, and when to look again
	}{
		{0, fails(1), "failed 1"},
		{time.Minute, fails(5), ""},
		{3 * time.Hour, fails(7), ""}, // not every hour
		{4 * time.Hour, succeeds, "recovered 13"},
		{4*time.Hour + 5*time.Minute, fails(2), "failed 2"},
		{4*time.Hour + 10*time.Minute, succeeds, "again 5h0m0s"},
		{5 * time.Hour, nil, "recovered 2"},
		{5*time.Hour + 1*time.Minute, fails(1), "again 5h5m0s"}, // the last mail about failures was at 4:05
		{5*time.Hour + 2*time.Minute, succeeds, "again 5h5m0s"},
		{5*time.Hour + 3*time.Minute, fails(2), "again 5h5m0s"},
		{5*time.Hour + 5*time.Minute, nil, "failed 3"},
		{5*time.Hour + 6*time.Minute, func() { h.OffN++; fails(3)() }, "off"},
		{5*time.Hour + 7*time.Minute, func() { h.RefusedN = 2 }, "refused 2"},
		{5*time.Hour + 8*time.Minute, func() { h.RefusedN = 40 }, "again 6h7m0s"},
		{6*time.Hour + 7*time.Minute, func() { h.RefusedN++ }, "refused 41"},
		{9 * time.Hour, func() { h.OffN++; h.Told.V.Failing = false; fails(1)() }, "off"},
	} {
		now = begin.Add(step.at)
		if step.does != nil {
			step.does()
		}
		before := h.Told.V.Failures
		a := decide(h, now)
		var got []string
		for _, kind := range a.news {
			switch kind {
			case models.NewsFailed:
				got = append(got, fmt.Sprint("failed ", a.failed))
			case models.NewsRecovered:
				got = append(got, fmt.Sprint("recovered ", max(a.told.Failures, before)))
			case models.NewsRefused:
				got = append(got, fmt.Sprint("refused ", a.refused))
			default:
				got = append(got, string(kind))
			}
		}
		if !a.next.IsZero() {
			got = append(got, "again "+a.next.Sub(begin).String())
		}
		if strings.Join(got, ", ") != step.want {
			t.Errorf("step %d at %s: %q; want %q", i, step.at, got, step.want)
		}
		h.Told.V = a.told
		h.FailedN, h.RefusedN, h.OffN = h.FailedN-a.failed, h.RefusedN-a.refused, h.OffN-a.off
	}
	if slices.Contains([]int64{h.FailedN, h.RefusedN, int64(h.OffN)}, -1) {
		t.Error("more was told than happened")
	}
}
