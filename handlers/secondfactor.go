package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/accountpages"
)

// secondFactor is about codes of an authenticator app: setting it up, and showing one while signing in.
type secondFactor struct {
	web    *web.Web
	people *account.People
	store  *store.Store
}

// secondFactorRoutes are the rows about second factors.
func secondFactorRoutes(d Deps) []web.Route {
	h := &secondFactor{web: d.Web, people: d.People, store: d.Store}
	return []web.Route{
		{Method: get, Pattern: link.PatternSignInCode, Handler: h.ask, Guard: web.GuardVisitor, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSignInCode, Handler: h.finish, Guard: web.GuardVisitor, Origin: web.OriginApp},
		{Method: get, Pattern: link.PatternSecondFactor, Handler: h.show, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSecondFactor, Handler: h.confirm, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSecondFactorStart, Handler: h.start, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSecondFactorOff, Handler: h.off, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSecondFactorRecovery, Handler: h.recovery, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternUserFactorOff, Handler: h.remove, Guard: web.GuardAdmin, Origin: web.OriginApp},
	}
}

// codeForm is every form that asks for a code.
type codeForm struct {
	Code string `form:"code"`
	Next string `form:"next"`
}

// ask asks for the code, or to set the app up first.
func (h *secondFactor) ask(c echo.Context) error {
	u, session, err := h.web.Pending(c)
	if err != nil {
		return err
	}
	if u == nil {
		return web.Redirect(c, link.SignIn())
	}
	return h.renderAsk(c, http.StatusOK, u, session, accountpages.SignInCodeProps{Next: link.Local(web.Query(c, "next"), "")})
}

func (h *secondFactor) renderAsk(c echo.Context, status int, u *models.User, session *models.Session, p accountpages.SignInCodeProps) error {
	p.Email = u.Email
	if session.Stage == models.StageEnroll {
		pending, err := h.people.PendingSecondFactor(c.Request().Context(), u)
		if err != nil {
			return err
		}
		if pending == nil { // set up in another browser meanwhile: sign in anew, with it
			if err := h.web.End(c); err != nil {
				return err
			}
			return web.Redirect(c, link.SignIn())
		}
		p.Enroll = &accountpages.EnrollProps{Secret: pending.Secret, Address: pending.Address}
	}
	return web.Render(c, status, accountpages.SignInCode(p))
}

// finish signs in by the code.
func (h *secondFactor) finish(c echo.Context) error {
	var form codeForm
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	u, session, err := h.web.Pending(c)
	if err != nil {
		return err
	}
	if u == nil {
		return web.Redirect(c, link.SignIn())
	}
	client, err := h.web.Client(c)
	if err != nil {
		return err
	}
	ctx, next := c.Request().Context(), link.Local(form.Next, link.Home())
	var secret string
	var codes []string
	if session.Stage == models.StageEnroll {
		codes, err = h.people.ConfirmSecondFactor(ctx, h.actor(c, u), u, form.Code, session.ID, client)
		if err == nil {
			secret, err = h.people.FinishEnrolment(ctx, u, client)
		}
	} else {
		secret, err = h.people.FinishSignIn(ctx, u, form.Code, client)
	}
	if fields, status, refused := web.Refused(c, err); refused {
		return h.renderAsk(c, status, u, session, accountpages.SignInCodeProps{Next: link.Local(form.Next, ""), Errors: fields})
	}
	if err != nil {
		return err
	}
	if err := h.web.Begin(c, secret); err != nil {
		return err
	}
	if codes != nil {
		return web.Render(c, http.StatusOK, accountpages.RecoveryCodes(accountpages.RecoveryCodesProps{Codes: codes, Next: next}))
	}
	return web.Redirect(c, next)
}

// actor is who signs in, for the audit log.
func (h *secondFactor) actor(c echo.Context, u *models.User) models.Actor {
	a := u.Actor(models.ViaWeb)
	a.IP = c.RealIP()
	return a
}

// show shows the state of one's own second factor, or what is to be scanned.
func (h *secondFactor) show(c echo.Context) error {
	return h.render(c, http.StatusOK, accountpages.SecondFactorProps{})
}

func (h *secondFactor) render(c echo.Context, status int, p accountpages.SecondFactorProps) error {
	ctx, u := c.Request().Context(), web.User(c)
	pending, err := h.people.PendingSecondFactor(ctx, u)
	if err != nil {
		return err
	}
	if pending != nil {
		p.Enroll = &accountpages.EnrollProps{Secret: pending.Secret, Address: pending.Address}
	}
	if p.Left, err = h.store.RecoveryCodesLeft(ctx, web.Actor(c)); err != nil {
		return err
	}
	p.OnAt, p.Required = u.TOTPOnAt, web.Organisation(c).RequireSecondFactor
	return web.Render(c, status, accountpages.SecondFactor(p))
}

// start makes a secret for an authenticator app.
func (h *secondFactor) start(c echo.Context) error {
	if err := h.people.StartSecondFactor(c.Request().Context(), web.User(c)); err != nil {
		return err
	}
	return web.Redirect(c, link.SecondFactor())
}

// confirm turns the second factor on and shows the recovery codes, this once.
func (h *secondFactor) confirm(c echo.Context) error {
	var form codeForm
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	client, err := h.web.Client(c)
	if err != nil {
		return err
	}
	codes, err := h.people.ConfirmSecondFactor(c.Request().Context(), web.Actor(c), web.User(c), form.Code, web.Session(c).ID, client)
	if fields, status, refused := web.Refused(c, err); refused {
		return h.render(c, status, accountpages.SecondFactorProps{Errors: fields})
	}
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, accountpages.RecoveryCodes(accountpages.RecoveryCodesProps{Codes: codes, Next: link.SecondFactor()}))
}

// off turns the second factor off.
func (h *secondFactor) off(c echo.Context) error {
	var form codeForm
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx := c.Request().Context()
	err := h.people.TurnSecondFactorOff(ctx, web.Actor(c), web.User(c), web.Organisation(c), form.Code)
	if fields, status, refused := web.Refused(c, err); refused {
		return h.render(c, status, accountpages.SecondFactorProps{OffErrors: fields})
	}
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "totp.off.done"))
	return web.Redirect(c, link.SecondFactor())
}

// recovery gives new recovery codes for old ones.
func (h *secondFactor) recovery(c echo.Context) error {
	var form codeForm
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	codes, err := h.people.RenewRecoveryCodes(c.Request().Context(), web.Actor(c), web.User(c), form.Code)
	if fields, status, refused := web.Refused(c, err); refused {
		return h.render(c, status, accountpages.SecondFactorProps{RecoveryErrors: fields})
	}
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, accountpages.RecoveryCodes(accountpages.RecoveryCodesProps{Codes: codes, Next: link.SecondFactor()}))
}

// remove takes somebody's second factor away who has lost it.
func (h *secondFactor) remove(c echo.Context) error {
	ctx := c.Request().Context()
	if err := h.people.RemoveSecondFactor(ctx, web.Actor(c), c.Param("userID")); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "totp.removed"))
	return web.Redirect(c, link.SettingsUser(c.Param("userID")))
}
