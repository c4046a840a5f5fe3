package views

import (
	"context"
	"strings"

	"surveyflow/internal/i18n"
)

// onOff says whether something is on.
func onOff(ctx context.Context, on bool) string {
	if on {
		return i18n.T(ctx, "status.on")
	}
	return i18n.T(ctx, "status.off")
}

// quoted lists names as a sentence can hold them.
func quoted(names []string) string {
	return "“" + strings.Join(names, "”, “") + "”"
}

// collectorName names a collector; the first one of a survey has no name of its own.
func collectorName(ctx context.Context, c CollectorLink) string {
	if c.Name == "" {
		return i18n.T(ctx, "collector.default")
	}
	return c.Name
}
