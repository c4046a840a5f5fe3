package handlers

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views/surveypages"
)

// localTime is how fields of the type datetime-local write a time (HTML §2.3.5).
const localTime = "2006-01-02T15:04"

// datesOf gives the form of the dates of a survey, in its zone.
func datesOf(s *models.Survey, orgZone string) surveypages.SurveyDatesForm {
	f := surveypages.SurveyDatesForm{Zone: s.TimeZone}
	zone, err := time.LoadLocation(cmp.Or(s.TimeZone, orgZone))
	if err != nil {
		zone = time.UTC
	}
	if s.OpensAt != nil {
		f.Opens = s.OpensAt.In(zone).Format(localTime)
	}
	if s.ClosesAt != nil {
		f.Closes = s.ClosesAt.In(zone).Format(localTime)
	}
	return f
}

// saveDates sets from when until when respondents get in; it shows at once.
func (h *surveySettings) saveDates(c echo.Context) error {
	var form struct {
		Opens  string `form:"opensAt"`
		Closes string `form:"closesAt"`
		Zone   string `form:"timeZone"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx, actor, id := c.Request().Context(), web.Actor(c), c.Param("surveyID")
	s, err := h.surveys.store.Survey(ctx, actor, id)
	if err != nil {
		return err
	}
	typed := surveypages.SurveyDatesForm{Opens: form.Opens, Closes: form.Closes, Zone: form.Zone}
	opens, closes, wrong := readDates(typed, s.TimeZone, web.Organisation(c).TimeZone)
	if len(wrong) > 0 {
		p := settingsOf(c.Request().Context(), *s)
		p.Dates, p.DateErrors = typed, wrong
		return h.surveys.renderSettings(c, http.StatusUnprocessableEntity, p)
	}
	err = h.surveys.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		if err := tx.SetSurveyTimeZone(ctx, actor, id, form.Zone); err != nil {
			return err
		}
		return survey.SetDates(ctx, tx, survey.Change{Actor: actor, SurveyID: id}, opens, closes)
	})
	if err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "survey.dates.saved"))
	return web.Redirect(c, link.SurveySettings(id))
}

// readDates reads the form of dates. The zone is one that forms offer, or the one that the survey has already.
func readDates(f surveypages.SurveyDatesForm, hasZone, orgZone string) (opens, closes *time.Time, wrong []models.FieldError) {
	zone, err := time.LoadLocation(cmp.Or(f.Zone, orgZone, "UTC"))
	if err != nil || f.Zone != "" && f.Zone != hasZone && !slices.Contains(zones(), f.Zone) {
		return nil, nil, []models.FieldError{models.Field("timeZone", "survey.dates.error.zone")}
	}
	read := func(field, text string) *time.Time {
		if text == "" {
			return nil
		}
		at, err := time.ParseInLocation(localTime, text, zone)
		if err != nil {
			if at, err = time.ParseInLocation(localTime+":05", text, zone); err != nil {
				wrong = append(wrong, models.Field(field, "survey.dates.error.time"))
			}
		}
		at = at.UTC()
		return &at
	}
	opens, closes = read("opensAt", f.Opens), read("closesAt", f.Closes)
	if len(wrong) == 0 && opens != nil && closes != nil && !closes.After(*opens) {
		wrong = append(wrong, models.Field("closesAt", "survey.dates.error.order"))
	}
	return opens, closes, wrong
}
