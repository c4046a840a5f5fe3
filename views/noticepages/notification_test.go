package noticepages

import (
	"encoding/json"
	"testing"

	"surveyflow/models"
)

func TestTheEndOfAJobIsToldInWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind          models.NotificationKind
		total, failed json.Number
		want          string
	}{
		{models.NotifyJobDone, "12", "0", "A job of yours is done: Replay 12 runs."},
		{models.NotifyJobDone, "1", "1", "A job of yours is done: Replay 1 run. 1 could not be handled."},
		{models.NotifyJobFailed, "12", "2", "A job of yours failed: Replay 12 runs."},
	} {
		n := models.Notification{Kind: c.kind, N: 1}
		n.Args.V = map[string]any{"Job": string(models.JobReplayRuns), "Total": c.total, "Failed": c.failed}
		if got := notificationText(t.Context(), n); got != c.want {
			t.Errorf("%s of %s with %s failed: %q, want %q", c.kind, c.total, c.failed, got, c.want)
		}
	}
}
