package handlers

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
	"surveyflow/views/workflowpages"
)

// saveNotify changes who is told how a workflow does: it adds or removes one address, or turns all of it on or off. It counts
// at once, and is no part of what is put live.
func (h *workflows) saveNotify(c echo.Context) error {
	var in struct {
		Add     string `form:"add"`
		Remove  string `form:"remove"`
		Enabled string `form:"enabled"`
		What    string `form:"what"`
	}
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	ctx, id := c.Request().Context(), c.Param("workflowID")
	said := "workflow.notify.saved"
	err := h.store.ChangeNotifications(ctx, web.Actor(c), id, func(n *models.Notifications) error {
		switch in.What {
		case workflowpages.NotifyAdd:
			said = "workflow.notify.added"
			return addRecipient(n, in.Add)
		case workflowpages.NotifyRemove:
			said = "workflow.notify.removed"
			n.Recipients = slices.DeleteFunc(n.Recipients, func(r string) bool { return models.EmailKey(r) == models.EmailKey(in.Remove) })
		default:
			n.Enabled = in.Enabled != ""
		}
		return nil
	})
	if problem, ok := errors.AsType[*models.Error](err); ok && problem.Code == models.CodeInvalid {
		e, err := h.open(c)
		if err != nil {
			return err
		}
		return h.renderSettings(c, http.StatusUnprocessableEntity, e, func(p *workflowpages.WorkflowNotify) {
			p.Add, p.Errors = cutRunes(in.Add, 300), problem.Fields
		})
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, said, "Email", strings.TrimSpace(in.Add+in.Remove)))
	return web.Redirect(c, link.WorkflowSettings(id))
}

// addRecipient adds one address, unless it is there; the first one turns the mails on.
func addRecipient(n *models.Notifications, typed string) error {
	email := strings.TrimSpace(typed)
	if !models.ValidEmail(email) {
		return models.Invalid(models.Field("add", "workflow.notify.error.email", "Email", cutRunes(email, 100)))
	}
	if slices.ContainsFunc(n.Recipients, func(r string) bool { return models.EmailKey(r) == models.EmailKey(email) }) {
		return nil
	}
	if len(n.Recipients) >= models.MaxNotified {
		return models.Invalid(models.Field("add", "workflow.notify.error.many", "Max", models.MaxNotified))
	}
	n.Recipients = append(slices.Clone(n.Recipients), email)
	return nil
}

// notifyOf tells the settings who is told how a workflow does.
func (h *workflows) notifyOf(e *editor) workflowpages.WorkflowNotify {
	n := e.workflow.Draft.V.Notifications
	return workflowpages.WorkflowNotify{Enabled: n.Enabled, Recipients: n.Recipients, NoMail: !h.mails}
}
