package components_test

import (
	"context"
	"io"
	"time"

	"github.com/a-h/templ"

	c "surveyflow/views/components"
	"surveyflow/views/layout"
)

// parts renders components one after another.
func parts(children ...templ.Component) templ.Component { return templ.Join(children...) }

// with renders a component around children.
func with(outer templ.Component, children ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return outer.Render(templ.WithChildren(ctx, parts(children...)), w)
	})
}

// tag renders an element with a class around children.
func tag(name, class string, children ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if _, err := io.WriteString(w, "<"+name+` class="`+class+`">`); err != nil {
			return err
		}
		if err := parts(children...).Render(templ.ClearChildren(ctx), w); err != nil {
			return err
		}
		_, err := io.WriteString(w, "</"+name+">")
		return err
	})
}

func galleryList() templ.Component {
	columns := []c.Column{{Label: "Workflow"}, {Label: "Status"}, {Label: "Respondent"}, {Label: "Created"}, {Label: "Duration", End: true}, {Label: "Actions", Hidden: true}}
	row := func(status, name, who string, ago time.Duration, took string) templ.Component {
		return with(c.Row(c.RowProps{}),
			c.Cell(c.CellProps{Main: true, Href: "/runs/RN_1", Text: name}),
			with(c.Cell(c.CellProps{Label: "Status"}), c.StatusBadge(c.StatusBadgeProps{Status: status})),
			c.Cell(c.CellProps{Label: "Respondent", Text: who, Quiet: who == "Anonymous"}),
			with(c.Cell(c.CellProps{Label: "Created", Quiet: true}), c.Time(c.TimeProps{At: galleryNow.Add(-ago)})),
			c.Cell(c.CellProps{Label: "Duration", Text: took, End: true}),
			with(c.Cell(c.CellProps{Actions: true}), with(c.Menu(c.MenuProps{}),
				c.MenuButton(c.MenuItemProps{Label: "Replay", Icon: c.IconRotateCcw, Action: "/runs/RN_1/replay"}),
				c.MenuLink(c.MenuItemProps{Label: "Open workflow", Icon: c.IconWorkflow, Href: "/workflows/WF_1"}),
				c.MenuButton(c.MenuItemProps{Label: "Cancel run…", Icon: c.IconBan, Dialog: "cancel", Danger: true}))),
		)
	}
	return with(layout.App(layout.AppProps{
		Title: "Runs", Lead: "What your workflows did, the newest first.", Section: layout.SectionRuns,
		Actions: parts(
			c.OpenDialog(c.OpenDialogProps{Dialog: "cancel", Label: "Cancel scheduled", Icon: c.IconBan}),
			c.LinkButton(c.LinkButtonProps{Label: "New workflow", Href: "/workflows/new", Kind: c.Primary, Icon: c.IconPlus})),
	}),
		c.Chips(c.ChipsProps{Label: "Status", Items: []c.Chip{
			{Label: "All", Href: "/runs", Count: "1,204"},
			{Label: "Failed", Href: "/runs?status=failed", Current: true, Icon: c.IconCircleX, Count: "12"},
			{Label: "Scheduled", Href: "/runs?status=scheduled", Icon: c.IconClock, Count: "3"},
			{Label: "Succeeded", Href: "/runs?status=succeeded", Icon: c.IconCircleCheck, Count: "1,189"},
		}}),
		with(c.Card(c.CardProps{Flush: true}), with(c.Table(c.TableProps{Caption: "Runs", Columns: columns}),
			row("failed", "Tell the CRM", "Grace Hopper", 3*time.Minute, "1.3 s"),
			row("running", "Tell the CRM", "Anonymous", 40*time.Second, ""),
			row("scheduled", "Create a ticket when somebody is very unhappy with the support", "Barbara Liskov", 2*time.Hour, ""),
			row("succeeded", "Create a ticket", "Katherine Johnson", 26*time.Hour, "132 ms"),
			row("canceled", "Weekly digest", "Anonymous", 50*24*time.Hour, "0 ms"),
			row("skipped", "Weekly digest", "Anonymous", 50*24*time.Hour, "0 ms"),
			row("changed", "Weekly digest", "Anonymous", 50*24*time.Hour, "0 ms"),
			row("draft", "Weekly digest", "Anonymous", 50*24*time.Hour, "0 ms"),
		)),
		c.Pager(c.PagerProps{First: "/runs", Newer: "/runs?before=1", Older: "/runs?after=1", Text: "Showing 50 of 1,204"}),
		with(c.Card(c.CardProps{Flush: true}), with(c.EmptyState(c.EmptyStateProps{Icon: c.IconWorkflow, Title: "No workflows yet", Text: "A workflow does something with each response: send it to a URL, invite somebody, write an e-mail."}),
			c.LinkButton(c.LinkButtonProps{Label: "Send responses to a URL", Href: "/workflows/new", Icon: c.IconWebhook}), c.LinkButton(c.LinkButtonProps{Label: "Start from nothing", Href: "/workflows/new", Kind: c.Ghost}))),
		c.Confirm(c.ConfirmProps{ID: "cancel", Title: "Cancel 3 scheduled runs?", Text: "They will not be tried again. What they already sent stays sent.", Action: "/runs/cancel", Submit: "Cancel runs"}),
	)
}

func galleryForm() templ.Component {
	ctx := context.Background()
	options := []c.Option{{Value: "POST", Label: "POST"}, {Value: "GET", Label: "GET"}, {Value: "PUT", Label: "PUT"}}
	return with(layout.App(layout.AppProps{
		Title: "Tell the CRM", Section: layout.SectionWorkflows, HasError: true,
		Breadcrumb: []c.Crumb{{Label: "Workflows", Href: "/workflows"}, {Label: "Customer satisfaction 2026", Href: "/surveys/SV_1"}},
		Status:     c.StatusBadge(c.StatusBadgeProps{Status: "changed"}),
		Actions: parts(c.Saved(c.SavedProps{At: galleryNow}), c.Button(c.ButtonProps{Label: "Test workflow", Icon: c.IconFlaskConical}),
			c.Button(c.ButtonProps{Label: "Put live", Kind: c.Primary, Icon: c.IconRocket})),
		Tabs: layout.WorkflowTabs(ctx, "WF_1", layout.WorkflowTabEditor),
	}),
		with(c.Form(c.FormProps{Action: "/workflows/WF_1", Errors: c.ErrorItems(ctx, galleryErrors)}),
			with(c.Card(c.CardProps{Title: "Web service", Lead: "Calls a URL with what the respondent answered.", Icon: c.IconGlobe, Actions: c.Button(c.ButtonProps{Label: "Run test", Small: true, Icon: c.IconPlay})}),
				with(c.Fields(),
					with(c.Fields(),
						c.Field(c.FieldProps{Name: "method", Label: "Method", Options: options, Value: "POST"}),
						c.Field(c.FieldProps{Name: "url", Label: "URL", Required: true, Mono: true, Value: "http://localhost:9000/tickets", Hint: "It may contain piped text.", Error: "This address is private. Name it in OUTBOUND_ALLOW to let calls reach it."})),
					c.Field(c.FieldProps{Name: "body", Label: "Body", Rows: 5, Mono: true, Value: "{\n  \"score\": ${q://QID1/SelectedChoicesRecode}\n}"}),
					c.Field(c.FieldProps{Name: "timeout", Label: "Timeout", Type: "number", Width: "short", Unit: "seconds", Value: "10"}),
					c.Field(c.FieldProps{Name: "email", Label: "Tell", Type: "email", Width: "half", Placeholder: "owner@example.com"}),
					c.Field(c.FieldProps{Name: "ro", Label: "Address", ReadOnly: true, Width: "half", Value: "read only"}))),
			with(c.Card(c.CardProps{Title: "When something fails"}),
				with(c.Fields(),
					c.RadioGroup(c.ChoiceGroupProps{Name: "retry", Legend: "When the call fails", Values: []string{"continue"}, Error: "Choose one.", Options: []c.Option{
						{Value: "continue", Label: "Go on with the next task", Hint: "The run is failed all the same."}, {Value: "stop", Label: "Stop here"},
					}}),
					c.CheckboxGroup(c.ChoiceGroupProps{Name: "on", Legend: "Starts when a response is", Inline: true, Values: []string{"created"}, Options: []c.Option{{Value: "created", Label: "Created"}, {Value: "updated", Label: "Updated"}}}),
					c.Switch(c.CheckboxProps{Name: "enabled", Label: "Enabled", Hint: "Off: matching responses do nothing.", Checked: true}),
					c.Switch(c.CheckboxProps{Name: "enabled2", Label: "Include incomplete responses"}),
					c.Checkbox(c.CheckboxProps{Name: "test", Label: "Send a test first"}))),
			with(c.FormActions(), c.Button(c.ButtonProps{Label: "Save", Kind: c.Primary}), c.Button(c.ButtonProps{Label: "Discard changes"}), c.Button(c.ButtonProps{Label: "Delete task", Kind: c.Danger, Icon: c.IconTrash2}), c.Button(c.ButtonProps{Label: "More", Kind: c.Ghost, Icon: c.IconEllipsis, IconOnly: true})),
		))
}

func galleryDetail() templ.Component {
	body := c.Pretty(`{"score":9,"comment":"Quick and friendly","segment":"gold"}`)
	meta := parts(c.StatusBadge(c.StatusBadgeProps{Status: "failed"}), c.Time(c.TimeProps{At: galleryNow.Add(-3 * time.Minute)}))
	return with(layout.App(layout.AppProps{
		Title: "Run of 22 Nov 2026, 10:39", Section: layout.SectionRuns, Status: c.StatusBadge(c.StatusBadgeProps{Status: "failed"}),
		Breadcrumb: []c.Crumb{{Label: "Runs", Href: "/runs"}}, Actions: c.Button(c.ButtonProps{Label: "Replay", Kind: c.Primary, Icon: c.IconRotateCcw}),
		Tabs: layout.SurveyTabs(context.Background(), "SV_1", layout.SurveyTabResponses),
	}),
		c.Notice(c.NoticeProps{Tone: c.ToneBad, Title: "The call was refused", Text: "http://169.254.169.254/ is a link-local address. OUTBOUND_ALLOW names no address of that kind."}),
		c.Notice(c.NoticeProps{Tone: c.ToneWarn, Text: "Nobody is told of failures: no mail server is set."}),
		c.Notice(c.NoticeProps{Tone: c.ToneInfo, Text: "This page refreshes by itself while the run goes on."}),
		c.Notice(c.NoticeProps{Tone: c.ToneCalm, Text: "A plain fact."}),
		with(c.Card(c.CardProps{Title: "Event"}), with(c.DescriptionList(c.DescriptionListProps{Columns: 3}),
			c.DescriptionItem(c.DescriptionItemProps{Term: "Respondent", Value: "Grace Hopper"}),
			with(c.DescriptionItem(c.DescriptionItemProps{Term: "Workflow"}), c.Link(c.LinkProps{Label: "Tell the CRM", Href: "/workflows/WF_1"})),
			c.DescriptionItem(c.DescriptionItemProps{Term: "Collector", Empty: true}),
			with(c.DescriptionItem(c.DescriptionItemProps{Term: "Created"}), c.Time(c.TimeProps{At: galleryNow, Exact: true})),
			with(c.DescriptionItem(c.DescriptionItemProps{Term: "Respondent link"}), c.Link(c.LinkProps{Label: "Open survey", Href: "/s/x", NewTab: true})))),
		with(c.Card(c.CardProps{Title: "Tasks"}), with(c.Timeline(),
			c.TimelineItem(c.TimelineItemProps{Status: "succeeded", Title: "Response completed"}),
			with(c.TimelineItem(c.TimelineItemProps{Status: "failed", Title: "POST to crm.example.com", Meta: meta}),
				tag("div", "grid gap-3 mt-2 lg:grid-cols-2",
					c.CodeBlock(c.CodeBlockProps{ID: "req", Label: "Request body", Code: body}), c.CodeBlock(c.CodeBlockProps{ID: "res", Label: "Response body", Empty: "The receiver sent no body."}))),
			c.TimelineItem(c.TimelineItemProps{Status: "scheduled", Title: "Try again"}))),
		with(c.Card(c.CardProps{Title: "Link"}), with(c.Fields(),
			c.CopyField(c.CopyFieldProps{ID: "link", Label: "Public link", Value: "https://surveys.example.com/s/team-mood", Hint: "Anybody who has it can answer."}),
			c.Progress(c.ProgressProps{Label: "Replaying", Done: 132, Total: 1204}), layout.ThemeSwitch())),
	)
}

func gallerySignIn() templ.Component {
	return with(layout.Plain(layout.PlainProps{Title: "Sign in", Lead: "Welcome back."}),
		with(c.Form(c.FormProps{Action: "/sign-in"}),
			c.Field(c.FieldProps{Name: "email", Label: "E-mail", Type: "email", Autocomplete: "username", Value: "ada@example.com"}),
			c.Field(c.FieldProps{Name: "password", Label: "Password", Type: "password", Autocomplete: "current-password", Error: "The e-mail address or the password is wrong."}),
			c.Button(c.ButtonProps{Label: "Sign in", Kind: c.Primary, Class: "w-full"})))
}

const respondForm = `<form method="post" novalidate>
<fieldset class="question invalid" aria-describedby="f-QID1-error"><legend>How do you feel about the support you received from us last week? <span class="required">(required)</span></legend>
<p class="hint">Choose one.</p><p class="field-error" id="f-QID1-error">Choose an answer.</p>
<div class="choices"><label class="choice"><input type="radio" name="QID1" id="f-QID1"><span>Very happy</span></label><label class="choice"><input type="radio" name="QID1" checked><span>It was fine, although it took longer than I had expected and I had to call twice before anybody could help me</span></label><label class="choice"><input type="radio" name="QID1"><span>Unhappy</span></label></div></fieldset>
<fieldset class="question"><legend>How likely are you to recommend us to a friend?</legend><div class="scale"><label class="score"><input type="radio" name="n"><span>0</span></label><label class="score"><input type="radio" name="n"><span>1</span></label><label class="score"><input type="radio" name="n"><span>2</span></label><label class="score"><input type="radio" name="n"><span>3</span></label><label class="score"><input type="radio" name="n"><span>4</span></label><label class="score"><input type="radio" name="n"><span>5</span></label><label class="score"><input type="radio" name="n"><span>6</span></label><label class="score"><input type="radio" name="n"><span>7</span></label><label class="score"><input type="radio" name="n"><span>8</span></label><label class="score"><input type="radio" name="n" checked><span>9</span></label><label class="score"><input type="radio" name="n"><span>10</span></label></div><p class="scale-ends"><span>Not at all likely</span><span>Extremely likely</span></p></fieldset>
<fieldset class="question"><legend>What do you use?</legend><div class="choices"><label class="choice"><input type="checkbox" checked><span>Surveys</span></label><label class="choice"><input type="checkbox"><span>Workflows</span></label></div></fieldset>
<div class="question"><label for="t">What should we do better?</label><p class="hint" id="th">A sentence is enough.</p><textarea id="t" aria-describedby="th"></textarea></div>
<div class="question"><label for="n">How many people work with you?</label><input id="n" type="number" inputmode="numeric"></div>
<div class="actions"><button name="to" value="next">Next</button><button class="back" name="to" value="back" formnovalidate>Back</button></div></form>`

func galleryRespond(language string) templ.Component {
	return with(layout.Respond(layout.RespondProps{Title: "Customer satisfaction 2026", Language: language, Page: 3, Pages: 7, HasError: true, Preview: "Preview: answers are not kept."}),
		c.ErrorSummary(c.ErrorSummaryProps{Items: []c.ErrorItem{{Text: "Choose how you feel about the support.", Href: "#f-QID1"}}}), templ.Raw(respondForm))
}

func galleryDone() templ.Component {
	return with(layout.Respond(layout.RespondProps{Title: "Customer satisfaction 2026", Done: true}),
		tag("section", "message", c.Icon(c.IconProps{Name: c.IconCircleCheck}), tag("h1", "", text("Thank you")), tag("p", "", text("Your answers have arrived. You can close this page.")), tag("p", "reference", text("Reference R_3kTMd8sN1qWx0Ab"))))
}

// scriptForm holds what app.js makes immediate, as pages write it.
const scriptForm = `<div id="headers" data-rows><div data-row="0"><input aria-label="Key" name="headers[0].key"><button name="remove" value="0" data-remove-row>Remove</button></div>
<template><div data-row><input aria-label="Key" name="headers[__N__].key"><button name="remove" value="__N__" data-remove-row>Remove</button></div></template></div>
<button name="add" value="headers" data-add-row="headers">Add header</button>
<select name="format" aria-label="Format"><option>plain</option><option value="json">JSON</option></select><p id="mode" data-shows="format=json urlEncoded">Pairs or text</p>`

func galleryScript() templ.Component {
	return with(layout.App(layout.AppProps{Title: "Script"}),
		with(c.Form(c.FormProps{Action: "/script"}), templ.Raw(scriptForm), c.CopyField(c.CopyFieldProps{ID: "link", Label: "Link", Value: "https://example.com/s/x"})))
}

// text renders a text.
func text(s string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, templ.EscapeString(s))
		return err
	})
}
