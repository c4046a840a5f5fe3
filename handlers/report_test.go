package handlers_test

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/internal/report"
	"surveyflow/internal/store"
	"surveyflow/models"
)

func TestTheDetailedReportShowsEveryResponseWithEverything(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id, response := a.sample(t, b)
	details := link.SurveyReportDetails(id)
	p := b.get(details).is(http.StatusOK).says("thead", "How did you like the exhibition?").says("tbody", "Something else").
		says("tbody", "I fell asleep").says("tbody", "Painting, Photography, Café").says("tbody", "newsletter")
	if n := p.Find("tbody tr").Length(); n != 50 {
		t.Errorf("the first page has %d rows", n)
	}
	if n := b.get(p.Find("a[rel=next]").AttrOr("href", "")).is(http.StatusOK).Find("tbody tr").Length(); n != 4 {
		t.Errorf("the second page has %d rows", n)
	}
	if n := b.get(link.With(details, "state", "partial")).is(http.StatusOK).Find("tbody tr").Length(); n != 6 {
		t.Errorf("%d are partial", n)
	}
	narrow := b.get(details + "?col=_recordId&col=QID1&order=oldest").is(http.StatusOK)
	if n := narrow.Find("thead th").Length(); n != 2 || !strings.Contains(narrow.Find("tbody").Text(), "R_") {
		t.Errorf("%d columns are shown", n)
	}
	if href := narrow.Find(`nav[aria-label=Reports] a[href*="export"]`).AttrOr("href", ""); !strings.Contains(href, "col=QID1") {
		t.Errorf("export goes to %q and forgets the columns", href)
	}
	for _, query := range []string{"?from=2026-99-01", "?state=nonsense", "?from=2026-05-02&to=2026-05-01"} {
		b.get(details + query).is(http.StatusOK)
	}
	b.get(details+"?from=2000-01-01&to=2000-01-02").is(http.StatusOK).says("main", "No response matches")
	b.get(details + "?after=nonsense").is(http.StatusUnprocessableEntity)
	_ = response
}

func TestResponsesAreSavedAsAFile(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id, _ := a.sample(t, b)
	export := link.SurveyReportExport(id)
	b.get(export+"?col=QID1&state=partial").is(http.StatusOK).says("main", "Only the 1 column chosen in the report")
	p := b.post(export, "format", "csv", "timeZone", "Europe/Oslo", "state", "completed", "show", "both", "headers", "names").is(http.StatusOK)
	if got := p.header.Get("Content-Disposition"); !strings.Contains(got, "How was your visit to the museum-") || !strings.HasSuffix(got, `.csv"`) {
		t.Errorf("the file is called %q", got)
	}
	rows, err := csv.NewReader(strings.NewReader(p.text)).ReadAll()
	if err != nil || len(rows) != 49 || !slices.Contains(rows[0], "Q1 - Label") {
		t.Errorf("%d rows, %v, head %v", len(rows), err, rows[0])
	}
	b.post(export, "format", "csv", "timeZone", "Europe/Oslo", "from", "2000-01-01", "to", "2000-01-02").to(export)
	for _, wrong := range [][]string{{"format", "sav"}, {"format", "csv", "timeZone", "Mars/Base"}, {"format", "csv", "state", "x"}, {"format", "csv", "from", "x"}, {"format", "csv", "show", "x"}} {
		b.post(export, wrong...).is(http.StatusUnprocessableEntity)
	}
}

func TestWhoLosesTheSurveyLosesItsFiles(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	ada := a.person("ada@example.com")
	id, _ := a.sample(t, ada)
	bob := a.person("bob@example.com")
	if err := a.store.ShareSurvey(t.Context(), a.actor("ada@example.com"), id, a.actor("bob@example.com").UserID, models.AccessView); err != nil {
		t.Fatal(err)
	}
	j, err := a.reports.Start(t.Context(), a.actor("bob@example.com"), id, report.Options{Format: report.FormatXLSX})
	if err != nil {
		t.Fatal(err)
	}
	bob.get(link.Job(j.ID)).is(http.StatusOK).says("h1", "Export 54 responses")
	c, err := a.store.ClaimJob(t.Context(), "ND_test")
	if err != nil {
		t.Fatal(err)
	}
	for state := store.JobGoesOn; state == store.JobGoesOn; {
		if state, err = a.store.StepJob(t.Context(), c, a.reports.Step); err != nil {
			t.Fatal(err)
		}
	}
	bob.get(link.Job(j.ID)).is(http.StatusOK).says("main", "Download")
	if f := bob.get(link.JobFile(j.ID)).is(http.StatusOK); !strings.HasPrefix(f.text, "PK") {
		t.Error("the file is no spreadsheet")
	}
	if err := a.store.ShareSurvey(t.Context(), a.actor("ada@example.com"), id, a.actor("bob@example.com").UserID, models.AccessNone); err != nil {
		t.Fatal(err)
	}
	bob.get(link.JobFile(j.ID)).is(http.StatusNotFound)
	bob.get(link.SurveyReportDetails(id)).is(http.StatusNotFound)
}
