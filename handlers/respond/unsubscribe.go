package respond

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/respondpages"
)

// fieldOut says what somebody does not want any more; mail programs send none (RFC 8058) and mean mails like this one.
const (
	fieldOut = "out"
	outAll   = "all"
)

// askUnsubscribe shows what somebody may unsubscribe from. It changes nothing: link scanners open everything (contract §7).
func (r *Room) askUnsubscribe(c echo.Context) error {
	inv, org, err := r.unsubscribing(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	props := respondpages.RespondUnsubscribeProps{
		Heading: i18n.T(ctx, "unsubscribe.title"), Text: i18n.T(ctx, "unsubscribe.text", "Organisation", org, "Email", inv.Email),
		Action: link.Unsubscribe(inv.ID, inv.Token), All: i18n.T(ctx, "unsubscribe.all", "Organisation", org),
	}
	if inv.ContactID != nil {
		props.List = i18n.T(ctx, "unsubscribe.list")
	}
	return web.Render(c, http.StatusOK, respondpages.RespondUnsubscribe(props))
}

// unsubscribe takes somebody out: by the button of the page, or by that of a mail program.
func (r *Room) unsubscribe(c echo.Context) error {
	inv, org, err := r.unsubscribing(c)
	if err != nil {
		return err
	}
	form, err := readForm(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	all, err := r.store.Unsubscribe(ctx, inv.ID, inv.Token, form.Get(fieldOut) == outAll)
	if err != nil {
		return err
	}
	props := respondpages.RespondMessageProps{Icon: components.IconCircleCheck, Heading: i18n.T(ctx, "unsubscribe.done.title")}
	props.Text = i18n.T(ctx, "unsubscribe.done.list", "Email", inv.Email)
	if all {
		props.Text = i18n.T(ctx, "unsubscribe.done.all", "Email", inv.Email, "Organisation", org)
	}
	return web.Render(c, http.StatusOK, respondpages.RespondMessage(props))
}

// unsubscribing finds the invitation that the address names, and the name of who asks; the page speaks its language.
func (r *Room) unsubscribing(c echo.Context) (*models.Invitation, string, error) {
	ctx := c.Request().Context()
	inv, err := r.store.InvitedBy(ctx, c.Param("invitationID"), c.Param("token"))
	if models.ErrorCode(err) == models.CodeNotFound {
		return nil, "", models.NotFound("unsubscribe.unknown.title")
	}
	if err != nil {
		return nil, "", err
	}
	org, err := r.store.Organisation(ctx, models.SystemActor(inv.OrgID))
	if err != nil {
		return nil, "", err
	}
	language := inv.Language
	if language == "" {
		if live, err := r.survey.Live(ctx, inv.SurveyID); err == nil {
			language = live.Definition.Language
		}
	}
	speak(c, language)
	return inv, org.Name, nil
}
