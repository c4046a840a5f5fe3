package collectorpages

import (
	"context"

	"surveyflow/internal/i18n"
)

// collectorName names a collector; the first one of a survey has no name of its own.
func collectorName(ctx context.Context, c CollectorLink) string {
	if c.Name == "" {
		return i18n.T(ctx, "collector.default")
	}
	return c.Name
}
