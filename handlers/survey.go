package handlers

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/clock"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/surveypages"
)

// maxSurveyName is the longest name of a survey, in characters.
const maxSurveyName = 200

// surveys are the list of surveys, their settings, and what is done with a survey as a whole.
type surveys struct {
	store *store.Store
	base  link.Base
	clock clock.Clock
}

// list lists surveys.
func (h *surveys) list(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	p := surveypages.SurveysProps{
		Search: web.Query(c, "q"), State: models.SurveyState(web.Query(c, "state")), Sort: web.Query(c, "sort"),
		Shared: web.Query(c, "shared") != "", Mine: web.Query(c, "mine") != "",
	}
	if p.State != models.SurveyOpen && p.State != models.SurveyDraft && p.State != models.SurveyClosed {
		p.State = ""
	}
	filter := store.SurveyFilter{Search: p.Search, State: p.State, Shared: p.Shared, Sort: store.SurveySort(p.Sort), Page: web.PageOf(c)}
	if filter.Sort != store.SortName && filter.Sort != store.SortCreated {
		p.Sort, filter.Sort = "", ""
	}
	if p.Mine {
		filter.Owner = actor.UserID
	}
	found, next, err := h.store.Surveys(ctx, actor, filter)
	if err != nil {
		return err
	}
	p.Surveys = found
	if p.Counts, err = h.store.ResponseCounts(ctx, surveyIDs(found)...); err != nil {
		return err
	}
	if p.Owners, err = h.owners(ctx, actor, found); err != nil {
		return err
	}
	p.Pager = pager(c, next)
	return web.Render(c, http.StatusOK, surveypages.Surveys(p))
}

// owners gives the people who own the surveys that are not the actor's own.
func (h *surveys) owners(ctx context.Context, actor models.Actor, all []models.Survey) (map[string]models.User, error) {
	var ids []string
	for i := range all {
		if all[i].OwnerID != actor.UserID {
			ids = append(ids, all[i].OwnerID)
		}
	}
	return h.store.People(ctx, actor, ids...)
}

func surveyIDs(all []models.Survey) []string {
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].ID
	}
	return ids
}

func checkSurveyName(name string) error {
	switch {
	case name == "":
		return models.Invalid(models.Field("name", "survey.name.missing"))
	case utf8.RuneCountInString(name) > maxSurveyName:
		return models.Invalid(models.Field("name", "survey.name.long", "Max", maxSurveyName))
	}
	return nil
}

// show leads to the builder.
func (h *surveys) show(c echo.Context) error {
	return web.Redirect(c, link.SurveyBuild(c.Param("surveyID")))
}

// close stops taking answers.
func (h *surveys) close(c echo.Context) error {
	return h.setState(c, models.SurveyClosed, "survey.closed")
}

// reopen takes answers again.
func (h *surveys) reopen(c echo.Context) error {
	return h.setState(c, models.SurveyOpen, "survey.reopened")
}

func (h *surveys) setState(c echo.Context, state models.SurveyState, said string) error {
	ctx, id := c.Request().Context(), c.Param("surveyID")
	if err := survey.SetState(ctx, h.store, survey.Change{Actor: web.Actor(c), SurveyID: id}, state); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, said))
	return web.Redirect(c, sameSurvey(c, id))
}

// sameSurvey is the page of the survey that a button was pressed on, which stands in the top of all of them.
func sameSurvey(c echo.Context, id string) string {
	_, path, found := strings.Cut(c.Request().Referer(), link.Survey(id)+"/")
	if tab, _, _ := strings.Cut(path, "?"); found {
		for _, known := range []string{link.SurveySettings(id), link.SurveyCollectors(id), link.Responses(id)} {
			if known == link.Survey(id)+"/"+tab {
				return known
			}
		}
	}
	return link.SurveyBuild(id)
}

// settings shows the settings.
func (h *surveys) settings(c echo.Context) error {
	s, err := h.store.Survey(c.Request().Context(), web.Actor(c), c.Param("surveyID"))
	if err != nil {
		return err
	}
	return h.renderSettings(c, http.StatusOK, settingsOf(c.Request().Context(), *s))
}

func settingsOf(ctx context.Context, s models.Survey) surveypages.SurveySettingsProps {
	d := &s.Draft.V
	p := surveypages.SurveySettingsProps{Survey: s, Name: s.Name, Options: surveypages.SurveyOptionsForm{
		Back: !d.NoBack, Progress: !d.NoProgress, Anonymous: d.Anonymous, Language: surveypages.LanguageLabel(ctx, d.Language), Buttons: d.Buttons,
	}}
	if s.ContactUserID != nil {
		p.Contact = *s.ContactUserID
	}
	if d.PartialDays > 0 {
		p.Options.PartialDays = strconv.Itoa(d.PartialDays)
	}
	return p
}

// renderSettings adds what deleting would take along.
func (h *surveys) renderSettings(c echo.Context, status int, p surveypages.SurveySettingsProps) error {
	ctx, id := c.Request().Context(), p.Survey.ID
	p.Zones, p.OrgZone = zones(), web.Organisation(c).TimeZone
	if len(p.DateErrors) == 0 {
		p.Dates = datesOf(&p.Survey, p.OrgZone)
	}
	counts, err := h.store.ResponseCounts(ctx, id)
	if err != nil {
		return err
	}
	for _, n := range counts[id] {
		p.Responses += n
	}
	if p.Readers, err = h.store.SurveyReaders(ctx, web.Actor(c), &p.Survey); err != nil {
		return err
	}
	_, err = h.store.SurveyImport(ctx, web.Actor(c), id)
	if err != nil && models.ErrorCode(err) != models.CodeNotFound {
		return err
	}
	p.Imported = err == nil
	workflows, _, err := h.store.Workflows(ctx, web.Actor(c), store.WorkflowFilter{SurveyID: id, Page: store.Page{Limit: store.MaxPage}})
	if err != nil {
		return err
	}
	for i := range workflows {
		waiting, err := h.store.WaitingRuns(ctx, workflows[i].ID)
		if err != nil {
			return err
		}
		p.Workflows = append(p.Workflows, workflows[i].Name)
		p.Waiting += waiting
	}
	return web.Render(c, status, surveypages.SurveySettings(p))
}

// delete removes a survey whose name was typed to confirm.
func (h *surveys) delete(c echo.Context) error {
	var form struct {
		Confirm string `form:"confirm"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx, actor := c.Request().Context(), web.Actor(c)
	s, err := h.store.Survey(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return err
	}
	if form.Confirm != strings.TrimSpace(s.Name) {
		p := settingsOf(ctx, *s)
		p.DeleteError = []models.FieldError{models.Field("confirm", "survey.delete.confirm", "Name", s.Name)}
		return h.renderSettings(c, http.StatusUnprocessableEntity, p)
	}
	canceled, err := h.store.DeleteSurvey(ctx, actor, s.ID)
	if err != nil {
		return err
	}
	said := i18n.T(ctx, "survey.deleted", "Name", s.Name)
	if canceled > 0 {
		said += " " + i18n.T(ctx, "survey.deleted.runs", "Count", canceled)
	}
	web.FlashOK(c, said)
	return web.Redirect(c, link.Surveys())
}

// mostTrail is how many pages back the address of a list remembers.
const mostTrail = 20

// pager makes the ways to older and newer pages of a list. A cursor only leads on to older ones, so that the address
// keeps the cursors of the pages before, in its parameter "trail".
func pager(c echo.Context, next string) components.PagerProps {
	query := c.Request().URL.Query()
	here := query.Get("after")
	var trail []string
	if t := query.Get("trail"); t != "" {
		trail = strings.Split(t, ",")
	}
	at := func(after string, trail []string) string {
		q := c.Request().URL.Query()
		q.Del("after")
		q.Del("trail")
		q.Del("seen") // what a refreshed list had, see responses.list
		path := c.Request().URL.Path
		if len(q) > 0 {
			path += "?" + q.Encode()
		}
		return link.With(path, "after", after, "trail", strings.Join(trail, ","))
	}
	var p components.PagerProps
	if here != "" {
		p.First = at("", nil)
		switch len(trail) {
		case 0:
			p.Newer = p.First
		default:
			p.Newer = at(trail[len(trail)-1], trail[:len(trail)-1])
		}
	}
	if next != "" {
		if here == "" {
			trail = nil
		} else {
			trail = append(trail, here)
		}
		p.Older = at(next, trail[max(0, len(trail)-mostTrail):])
	}
	return p
}
