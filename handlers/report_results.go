package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/report"
	"surveyflow/models"
	"surveyflow/views/reportpages"
)

const (
	latestTexts = 3  // that the results show of a question
	pageOfTexts = 50 // of the page with all of them
)

// results shows what was answered to a survey, summed up. While much has to be counted the page asks again by itself.
func (h *reports) results(c echo.Context) error {
	p, err := h.resultsOf(c)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, reportpages.Results(p))
}

// resultsOf sums up the survey of the request.
func (h *reports) resultsOf(c echo.Context) (reportpages.ResultsProps, error) {
	ctx, actor, none := c.Request().Context(), web.Actor(c), reportpages.ResultsProps{}
	s, err := h.store.Survey(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return none, err
	}
	r, err := h.reports.Results(ctx, s)
	if err != nil {
		return none, err
	}
	l, err := h.reports.Layout(ctx, s)
	if err != nil {
		return none, err
	}
	p := reportpages.ResultsProps{
		Survey: *s, Completed: r.Completed, Partial: r.Partial, InProgress: r.InProgress, Counted: r.Counted, Whole: r.Whole, Median: r.Median, Anonymous: l.Anonymous(),
	}
	if p.Subscribed, err = h.store.Subscribed(ctx, actor, s.ID); err != nil {
		return none, err
	}
	texts, err := h.reports.LatestTexts(ctx, s, latestTexts)
	if err != nil {
		return none, err
	}
	for i := range r.Questions {
		q := &r.Questions[i]
		out := reportpages.ResultQuestion{
			ID: q.Question.ID, Tag: q.Question.ExportTag(), Text: q.Question.Text, Type: q.Question.Type, Answered: q.Answered, Of: q.Answered, Bars: resultBars(q.Choices),
			Several: q.Question.Type.SeveralChoices(), Numbers: resultNumbers(q.Numbers), Texts: resultTexts(ctx, texts[q.Question.ID], l.Anonymous()),
		}
		out.Written = len(out.Texts) > 0
		if q.NPS != nil {
			out.NPS = &reportpages.ResultNPS{Score: q.NPS.Score, Promoters: q.NPS.Promoters, Passives: q.NPS.Passives, Detractors: q.NPS.Detractors}
		}
		for _, row := range q.Rows {
			out.Rows = append(out.Rows, reportpages.ResultRow{Text: row.Text, Answered: row.Answered, Bars: resultBars(row.Choices), Numbers: resultNumbers(row.Numbers)})
		}
		for _, place := range q.Places {
			out.Places = append(out.Places, reportpages.ResultPlace(place))
		}
		p.Questions = append(p.Questions, out)
	}
	return p, nil
}

func resultBars(all []report.ChoiceResults) []reportpages.ResultBar {
	var out []reportpages.ResultBar
	for _, c := range all {
		out = append(out, reportpages.ResultBar{Text: c.Text, Count: c.Count})
	}
	return out
}

func resultNumbers(n *report.Numbers) *reportpages.ResultNumbers {
	if n == nil {
		return nil
	}
	return &reportpages.ResultNumbers{Mean: n.Mean, Median: n.Median, Min: n.Min, Max: n.Max, Rough: n.Rough}
}

func resultTexts(ctx context.Context, texts []report.Text, anonymous bool) []reportpages.ResultText { //nolint:revive // how the time is told
	var out []reportpages.ResultText
	for _, t := range texts {
		when := i18n.Time(ctx, t.At)
		if anonymous {
			when = i18n.Date(i18n.WithZone(ctx, time.UTC), t.At)
		}
		out = append(out, reportpages.ResultText{ResponseID: t.ResponseID, When: when, Lines: t.Lines})
	}
	return out
}

// texts shows all that was written to a question.
func (h *reports) texts(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	s, err := h.store.Survey(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return err
	}
	l, err := h.reports.Layout(ctx, s)
	if err != nil {
		return err
	}
	id, text := models.CleanText(c.Param("questionID")), ""
	for _, q := range l.Questions {
		if q.ID == id {
			text = q.Text
		}
	}
	if text == "" {
		return models.NotFound("error.not_found")
	}
	texts, next, err := h.reports.Texts(ctx, s, id, web.PageOf(c).Before, pageOfTexts)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, reportpages.Texts(reportpages.TextsProps{Survey: *s, Text: text, Texts: resultTexts(ctx, texts, l.Anonymous()), Pager: pager(c, next)}))
}
