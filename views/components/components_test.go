package components_test

import (
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"surveyflow/models"
	c "surveyflow/views/components"
)

// render returns what a component draws, for a reader in the gallery's time.
func render(t *testing.T, component templ.Component) *goquery.Document {
	t.Helper()
	var out strings.Builder
	if err := component.Render(galleryContext(t.Context(), ""), &out); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(out.String()))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// attr returns an attribute of the first element that matches, which must exist.
func attr(t *testing.T, doc *goquery.Document, selector, name string) string {
	t.Helper()
	found := doc.Find(selector)
	if found.Length() == 0 {
		t.Fatalf("there is no %s", selector)
	}
	return found.AttrOr(name, "")
}

func TestFieldIDsAreSafeAndTell(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"email":                 "f-email",
		"tasks[0].config.url":   "f-tasks-0-config-url",
		"QID1_TEXT":             "f-QID1_TEXT",
		"~{weird}":              "f-weird",
		"OCAC_0123456789abcde/": "f-OCAC_0123456789abcde",
	} {
		if got := c.FieldID(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestAFieldIsTiedToItsLabelHintAndError(t *testing.T) {
	t.Parallel()
	doc := render(t, c.Field(c.FieldProps{Name: "url", Label: "URL", Hint: "With scheme.", Error: "Enter a URL.", Required: true, Value: `a"b`}))
	if got := attr(t, doc, "label", "for"); got != "f-url" {
		t.Errorf("label is for %s", got)
	}
	if got := attr(t, doc, "input", "aria-describedby"); got != "f-url-hint f-url-error" {
		t.Errorf("described by %s", got)
	}
	if doc.Find("#f-url-hint").Length() != 1 || !strings.Contains(doc.Find("#f-url-error").Text(), "Enter a URL.") {
		t.Error("hint or error is missing")
	}
	if got := attr(t, doc, "input", "aria-invalid"); got != "true" {
		t.Errorf("aria-invalid is %q", got)
	}
	if !strings.Contains(doc.Find("label").Text(), "(required)") {
		t.Error("required is not said in words")
	}
	if got := attr(t, doc, "input", "value"); got != `a"b` {
		t.Errorf("the value is %q", got)
	}
}

func TestATextAreaKeepsALineBreakAtItsStart(t *testing.T) {
	t.Parallel()
	doc := render(t, c.Field(c.FieldProps{Name: "body", Rows: 3, Value: "\n{}"}))
	if got := doc.Find("textarea").Text(); got != "\n{}" {
		t.Errorf("got %q", got)
	}
}

func TestAnErrorSummaryLeadsToItsFields(t *testing.T) {
	t.Parallel()
	errs := []models.FieldError{models.Field("retry", "components.problem"), models.Field("", "components.problem")}
	items := c.ErrorItems(t.Context(), errs)
	doc := render(t, c.ErrorSummary(c.ErrorSummaryProps{Items: items}))
	if got := attr(t, doc, "a", "href"); got != "#f-retry" {
		t.Errorf("leads to %s", got)
	}
	if attr(t, doc, "[role=alert]", "tabindex") != "-1" || doc.Find("li").Length() != 2 {
		t.Error("the summary cannot take the focus, or lacks a line")
	}
	group := render(t, c.RadioGroup(c.ChoiceGroupProps{Name: "retry", Options: []c.Option{{Value: "a"}, {Value: "b"}}, Values: []string{"b"}}))
	if attr(t, group, "input[value=a]", "id") != "f-retry" || group.Find("input[value=b][checked]").Length() != 1 {
		t.Error("the first choice is not where the summary leads, or the chosen one is not")
	}
	if none := render(t, c.ErrorSummary(c.ErrorSummaryProps{})); none.Find("body").Children().Length() != 0 {
		t.Error("a summary without errors shows something")
	}
}

func TestErrorOfFindsTheSentenceOfAField(t *testing.T) {
	t.Parallel()
	errs := []models.FieldError{models.Field("name", "components.type_name", "Name", "x")}
	if got := c.ErrorOf(t.Context(), errs, "name"); got != "Type “x” to confirm" {
		t.Errorf("got %q", got)
	}
	if got := c.ErrorOf(t.Context(), errs, "other"); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestEveryStatusHasColourIconAndWord(t *testing.T) {
	t.Parallel()
	statuses := []string{string(models.WorkflowOn), string(models.WorkflowOff), string(models.WorkflowChanged), "skipped", "pending", "draft", "live", "closed"}
	for _, s := range models.RunStatuses {
		statuses = append(statuses, string(s))
	}
	for _, status := range statuses {
		doc := render(t, c.StatusBadge(c.StatusBadgeProps{Status: status}))
		word := strings.TrimSpace(doc.Find("span").Text())
		if word == "" || strings.Contains(word, "status.") || doc.Find("svg").Children().Length() == 0 {
			t.Errorf("%s: word %q, %d icons", status, word, doc.Find("svg").Length())
		}
	}
}

func TestAnAddressFromOutsideCannotRunAScript(t *testing.T) {
	t.Parallel()
	doc := render(t, c.Link(c.LinkProps{Label: "x", Href: "javascript:alert(1)"}))
	if got := attr(t, doc, "a", "href"); strings.Contains(got, "javascript") {
		t.Errorf("href is %s", got)
	}
}

func TestTimesAreRelativeWithTheExactOneOnHover(t *testing.T) {
	t.Parallel()
	doc := render(t, c.Time(c.TimeProps{At: galleryNow.Add(-5 * time.Minute)}))
	if got := strings.TrimSpace(doc.Find("time").Text()); got != "5 minutes ago" {
		t.Errorf("got %q", got)
	}
	if attr(t, doc, "time", "datetime") != "2026-11-22T10:37:07.000Z" || attr(t, doc, "time", "title") != "22 Nov 2026, 10:37:07.000 UTC" {
		t.Error("the exact time is missing")
	}
	if none := render(t, c.Time(c.TimeProps{})); none.Find("time").Length() != 0 {
		t.Error("a time that never was is shown")
	}
}

func TestPrettyIndentsJSONOnly(t *testing.T) {
	t.Parallel()
	if got := c.Pretty(`{"a":12345678901234567890}`); got != "{\n  \"a\": 12345678901234567890\n}" {
		t.Errorf("got %s", got)
	}
	if got := c.Pretty("a=1&b={}"); got != "a=1&b={}" {
		t.Errorf("got %s", got)
	}
}

func TestACodeBlockShowsTheBodyToTheByte(t *testing.T) {
	t.Parallel()
	body := "  <b>&amp;</b>\n\tend"
	doc := render(t, c.CodeBlock(c.CodeBlockProps{ID: "x", Label: "Body", Code: body}))
	if got := doc.Find("#x").Text(); got != body {
		t.Errorf("got %q", got)
	}
}
