package surveypages

import (
	"context"

	"surveyflow/internal/i18n"
)

// onOff says whether something is on.
func onOff(ctx context.Context, on bool) string {
	if on {
		return i18n.T(ctx, "status.on")
	}
	return i18n.T(ctx, "status.off")
}
