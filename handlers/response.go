package handlers

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/richtext"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views/reportpages"
)

// responses are what respondents answered.
type responses struct {
	store   *store.Store
	surveys *survey.Service
	base    link.Base
}

// shownAnswers is how many questions the list shows the answers of.
const shownAnswers = 3

// list lists the responses of a survey.
func (h *responses) list(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	s, err := h.store.Survey(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return err
	}
	p := reportpages.ResponsesProps{Survey: *s, State: responseState(web.Query(c, "state"))}
	filter := store.ResponseFilter{Page: web.PageOf(c)}
	if p.State != "" {
		filter.States = []models.ResponseState{p.State}
	}
	found, next, err := h.store.Responses(ctx, actor, s.ID, filter)
	if err != nil {
		return err
	}
	counts, err := h.store.ResponseCounts(ctx, s.ID)
	if err != nil {
		return err
	}
	p.Counts, p.Pager = counts[s.ID], pager(c, next)
	if filter.Before == "" {
		seen := newest(found, p.Counts)
		if web.IsFragment(c) && web.Query(c, "seen") == seen {
			return c.NoContent(http.StatusNoContent) // nothing new: the page stays as it is
		}
		p.Refresh = link.With(link.Responses(s.ID), "state", string(p.State), "seen", seen)
	}
	if collector, err := h.store.DefaultCollector(ctx, s.ID); err == nil {
		p.PublicURL = h.base.Respond(collector.Slug)
	}
	if err := h.addRows(ctx, &p, found); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, reportpages.Responses(p))
}

// newest sums up what a list shows, so that a page can ask whether there is more.
func newest(found []models.Response, counts map[models.ResponseState]int64) string {
	first := ""
	if len(found) > 0 {
		first = found[0].ID + "." + strconv.FormatInt(found[0].Rev, 10)
	}
	return fmt.Sprintf("%d.%d.%d.%s", counts[models.ResponseCompleted], counts[models.ResponsePartial], counts[models.ResponseInProgress], first)
}

// responseState reads a filter; "" is all recorded responses.
func responseState(text string) models.ResponseState {
	state := models.ResponseState(text)
	if state == models.ResponseCompleted || state == models.ResponsePartial || state == models.ResponseInProgress {
		return state
	}
	return ""
}

// addRows puts responses into the list, with the answers to the first questions of the live version. Each answer is read
// by the version that it was given to.
func (h *responses) addRows(ctx context.Context, p *reportpages.ResponsesProps, found []models.Response) error {
	if p.Survey.Version == 0 {
		return nil
	}
	live, err := h.surveys.Definition(ctx, p.Survey.ID, p.Survey.Version)
	if err != nil {
		return err
	}
	for _, q := range live.Questions()[:min(shownAnswers, len(live.Questions()))] {
		p.Questions = append(p.Questions, reportpages.ResponseColumn{ID: q.ID, Text: richtext.Line(q.Text)})
	}
	for i := range found {
		def, err := h.surveys.Definition(ctx, p.Survey.ID, found[i].SurveyVersion)
		if err != nil {
			return err
		}
		row := reportpages.ResponseRow{Response: found[i], Anonymous: def.Anonymous}
		for _, column := range p.Questions {
			text := ""
			if q := def.Question(column.ID); q != nil {
				text = strings.Join(survey.AnswerLines(q, found[i].Answers.V[q.ID]), ", ")
			}
			row.Answers = append(row.Answers, text)
		}
		p.Rows = append(p.Rows, row)
	}
	return nil
}

// show shows one response with all its answers.
func (h *responses) show(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	s, err := h.store.Survey(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return err
	}
	r, err := h.store.Response(ctx, actor, s.ID, c.Param("responseID"))
	if err != nil {
		return err
	}
	def, err := h.surveys.Definition(ctx, s.ID, r.SurveyVersion)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, reportpages.Response(reportpages.ResponseProps{
		Survey: *s, Response: *r, Anonymous: def.Anonymous, Progress: survey.Progress(def, r),
		Pages: answerPages(def, r), Fields: responseFields(def, r),
	}))
}

// answerPages gives the questions of a response with their answers in words, page by page.
func answerPages(def *models.SurveyDefinition, r *models.Response) []reportpages.ResponsePage {
	var pages []reportpages.ResponsePage
	number := 0
	for _, b := range survey.Pages(def) {
		page := reportpages.ResponsePage{Title: b.Title}
		for i := range b.Questions {
			q := &b.Questions[i]
			number++
			page.Answers = append(page.Answers, reportpages.ResponseAnswer{
				Number: number, Text: richtext.Line(q.Text), Tag: q.ExportTag(), Lines: survey.AnswerLines(q, r.Answers.V[q.ID]),
			})
		}
		pages = append(pages, page)
	}
	return pages
}

// responseFields gives the embedded data in the survey's order, then what else the link passed, by name.
func responseFields(def *models.SurveyDefinition, r *models.Response) []reportpages.ResponseField {
	var out []reportpages.ResponseField
	for _, f := range def.EmbeddedData {
		out = append(out, reportpages.ResponseField{Name: f.Name, Value: r.Fields.V[f.Name]})
	}
	var others []string
	for name := range r.Fields.V {
		if def.Field(name) == nil {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	for _, name := range others {
		out = append(out, reportpages.ResponseField{Name: name, Value: r.Fields.V[name]})
	}
	return out
}

// delete removes a response.
func (h *responses) delete(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("surveyID")
	if err := h.store.DeleteResponse(ctx, web.Actor(c), id, c.Param("responseID")); err != nil {
		return err
	}
	web.FlashOK(c, i18n.T(ctx, "response.deleted"))
	return web.Redirect(c, link.Responses(id))
}
