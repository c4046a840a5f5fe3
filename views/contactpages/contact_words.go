package contactpages

import (
	"context"
	"strconv"
	"strings"
	"time"

	"surveyflow/internal/i18n"
	"surveyflow/models"
	"surveyflow/views/components"
)

// contactFieldID names the control of a row of a contact's further fields.
func contactFieldID(part string, row int) string { return "field-" + part + "-" + strconv.Itoa(row) }

// importColumnField names the form field of a column of an import, as its errors do.
func importColumnField(column int) string { return "columns." + strconv.Itoa(column) }

// importColumnID names the control that says what a column becomes.
func importColumnID(column int) string { return components.FieldID(importColumnField(column)) }

// bounceReason says why mail to a contact comes back.
func bounceReason(ctx context.Context, c *models.Contact) string {
	text := i18n.T(ctx, "contact.bounce.text")
	if why := models.DecodeRunError(c.BounceReason); why != nil {
		text = strings.TrimSpace(i18n.TMap(ctx, why.Key, why.Args)+" "+why.Detail) + " " + text
	}
	return text
}

// contactHistoryWords sums a contact's history up.
func contactHistoryWords(ctx context.Context, p ContactProps) string {
	if len(p.History) == 0 {
		return i18n.T(ctx, "contact.history.none")
	}
	var invited, opened, started, finished int
	for i := range p.History {
		h := &p.History[i]
		for n, at := range map[*int]*time.Time{&invited: h.SentAt, &opened: h.OpenedAt, &started: h.StartedAt, &finished: h.FinishedAt} {
			if at != nil {
				*n++
			}
		}
	}
	return i18n.T(ctx, "contact.history.summary", "Invited", invited, "Opened", opened, "Started", started, "Finished", finished)
}

// invitationBadge shows how an invitation stands.
func invitationBadge(ctx context.Context, h *ContactInvitation) components.BadgeProps {
	b := components.BadgeProps{Label: i18n.T(ctx, "contact.invitation."+string(h.Status)), Icon: components.IconMail}
	switch h.Status {
	case models.InvitationFinished:
		b.Tone, b.Icon = components.ToneOK, components.IconCircleCheck
	case models.InvitationFailed, models.InvitationBounced:
		b.Tone, b.Icon = components.ToneBad, components.IconCircleX
	case models.InvitationHeld, models.InvitationOptedOut:
		b.Tone, b.Icon = components.ToneWarn, components.IconBan
	}
	return b
}
