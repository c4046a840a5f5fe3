package survey

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"surveyflow/internal/i18n"
	"surveyflow/internal/qsf"
	"surveyflow/internal/richtext"
	"surveyflow/models"
)

// Changes tells what is different in a definition, in the order of its pages: what respondents would notice, and what
// exports and workflows would. Each is a sentence of the catalogue, under "survey.change."; its field is the question's or
// page's id that it is about, empty when that is the survey as a whole or is gone.
func Changes(was, is *models.SurveyDefinition) []models.FieldError {
	c := changeList{was: was, is: is}
	c.options()
	c.pages()
	c.questions()
	c.fields()
	c.quotas()
	c.translations()
	return c.all
}

type changeList struct {
	was, is *models.SurveyDefinition
	all     []models.FieldError
}

func (c *changeList) add(part, key string, pairs ...any) {
	c.all = append(c.all, models.Field(part, "survey.change."+key, pairs...))
}

// turned adds a sentence about something that was switched: key.on or key.off.
func (c *changeList) turned(was, is bool, part, key string, pairs ...any) {
	switch {
	case is && !was:
		c.add(part, key+".on", pairs...)
	case was && !is:
		c.add(part, key+".off", pairs...)
	}
}

func (c *changeList) options() {
	was, is := c.was, c.is
	if was.Language != is.Language {
		c.add("", "language", "Was", was.Language, "Is", is.Language)
	}
	if was.Description != is.Description {
		c.add("", "description")
	}
	c.turned(was.Anonymous, is.Anonymous, "", "anonymous")
	c.turned(!was.NoBack, !is.NoBack, "", "back")
	c.turned(!was.NoProgress, !is.NoProgress, "", "progress")
	if was.PartialAfter() != is.PartialAfter() {
		c.add("", "partial", "Days", int(is.PartialAfter().Hours()/24))
	}
	if was.End != is.End {
		c.add("", "end")
	}
	if was.Buttons != is.Buttons {
		c.add("", "buttons")
	}
}

func (c *changeList) pages() {
	for i := range c.was.Blocks {
		if b := &c.was.Blocks[i]; c.is.Block(b.ID) == nil {
			c.add("", "page.removed", "Page", b.Title, "Number", i+1)
		}
	}
	var before, after []string // of the pages that both have
	for i := range c.is.Blocks {
		b := &c.is.Blocks[i]
		old := c.was.Block(b.ID)
		if old == nil {
			c.add(b.ID, "page.added", "Page", b.Title, "Number", i+1)
			continue
		}
		after = append(after, b.ID)
		if old.Title != b.Title {
			c.add(b.ID, "page.title", "Was", old.Title, "Is", b.Title, "Number", i+1)
		}
		if !reflect.DeepEqual(old.Display, b.Display) {
			c.add(b.ID, "page.logic", "Page", b.Title, "Number", i+1)
		}
	}
	for i := range c.was.Blocks {
		if c.is.Block(c.was.Blocks[i].ID) != nil {
			before = append(before, c.was.Blocks[i].ID)
		}
	}
	if !slices.Equal(before, after) {
		c.add("", "page.order")
	}
}

func (c *changeList) questions() {
	for _, q := range c.was.Questions() {
		if c.is.Question(q.ID) == nil {
			c.add("", "question.removed", "Question", ShortText(q.Text))
		}
	}
	for _, b := range c.is.Blocks {
		for i := range b.Questions {
			q := &b.Questions[i]
			if old := c.was.Question(q.ID); old != nil {
				c.question(old, q)
			} else {
				c.add(q.ID, "question.added", "Question", ShortText(q.Text))
			}
		}
	}
	c.order()
}

// order tells which questions stand on another page, and whether those that stayed have another order.
func (c *changeList) order() {
	moved := false
	for i := range c.is.Blocks {
		b := &c.is.Blocks[i]
		var kept []string
		for j := range b.Questions {
			q := &b.Questions[j]
			switch was := pageOf(c.was, q.ID); {
			case was == nil:
			case was.ID != b.ID:
				c.add(q.ID, "question.page", "Question", ShortText(q.Text), "Page", b.Title, "Number", i+1)
			default:
				kept = append(kept, q.ID)
			}
		}
		old := c.was.Block(b.ID)
		if old == nil {
			continue
		}
		var before []string
		for j := range old.Questions {
			if slices.Contains(kept, old.Questions[j].ID) {
				before = append(before, old.Questions[j].ID)
			}
		}
		moved = moved || !slices.Equal(before, kept)
	}
	if moved {
		c.add("", "question.order")
	}
}

func pageOf(d *models.SurveyDefinition, id string) *models.Block {
	for i := range d.Blocks {
		if slices.ContainsFunc(d.Blocks[i].Questions, func(q models.Question) bool { return q.ID == id }) {
			return &d.Blocks[i]
		}
	}
	return nil
}

func (c *changeList) question(was, is *models.Question) {
	name := []any{"Question", ShortText(is.Text)}
	add := func(key string, pairs ...any) { c.add(is.ID, "question."+key, append(slices.Clone(name), pairs...)...) }
	if was.Text != is.Text {
		if plain, before := ShortText(is.Text), ShortText(was.Text); plain != before {
			add("text", "Was", before)
		} else {
			add("look")
		}
	}
	if was.Type != is.Type {
		add("type")
	}
	if was.Help != is.Help {
		add("help")
	}
	if was.ExportTag() != is.ExportTag() {
		add("tag", "Was", was.ExportTag(), "Is", is.ExportTag())
	}
	c.turned(was.Required, is.Required, is.ID, "question.required", name...)
	c.choices("choice", was.Choices, is.Choices, is)
	c.choices("row", was.Rows, is.Rows, is)
	if !reflect.DeepEqual(was.Display, is.Display) {
		add("logic")
	}
	if !reflect.DeepEqual(was.Rules, is.Rules) {
		add("rules")
	}
	if !c.sameRest(was, is) {
		add("settings")
	}
}

// choices tells about the choices or rows of a question; kind is "choice" or "row".
func (c *changeList) choices(kind string, was, is []models.Choice, q *models.Question) {
	name := ShortText(q.Text)
	find := func(all []models.Choice, id int) *models.Choice {
		if i := slices.IndexFunc(all, func(c models.Choice) bool { return c.ID == id }); i >= 0 {
			return &all[i]
		}
		return nil
	}
	var before, after []int
	for i := range was {
		if find(is, was[i].ID) == nil {
			c.add(q.ID, kind+".removed", "Question", name, "Choice", ShortText(was[i].Text))
		} else {
			before = append(before, was[i].ID)
		}
	}
	for i := range is {
		old := find(was, is[i].ID)
		if old == nil {
			c.add(q.ID, kind+".added", "Question", name, "Choice", ShortText(is[i].Text))
			continue
		}
		after = append(after, is[i].ID)
		switch {
		case old.Text != is[i].Text:
			c.add(q.ID, kind+".text", "Question", name, "Was", ShortText(old.Text), "Is", ShortText(is[i].Text))
		case old.RecodeValue() != is[i].RecodeValue():
			c.add(q.ID, kind+".recode", "Question", name, "Choice", ShortText(is[i].Text), "Was", old.RecodeValue(), "Is", is[i].RecodeValue())
		case *old != is[i]:
			c.add(q.ID, kind+".settings", "Question", name, "Choice", ShortText(is[i].Text))
		}
	}
	if !slices.Equal(before, after) {
		c.add(q.ID, kind+".order", "Question", name)
	}
}

// sameRest compares what no sentence of its own is about.
func (c *changeList) sameRest(was, is *models.Question) bool {
	rest := func(q models.Question) string {
		q.Type, q.Text, q.Help, q.Tag, q.Required, q.Display, q.Rules = "", "", "", "", false, nil, models.Rules{}
		q.Choices, q.Rows, q.NextChoiceID, q.Translations = nil, nil, 0, nil
		text, err := json.Marshal(q)
		if err != nil {
			return err.Error()
		}
		return string(text)
	}
	return rest(*was) == rest(*is)
}

// translations tells in which languages something is said otherwise.
func (c *changeList) translations() {
	for _, language := range c.was.Languages {
		if !slices.Contains(c.is.Languages, language) {
			c.add("", "language.removed", "Language", i18n.OwnLanguageName(language))
		}
	}
	before := c.was.Texts("")
	for _, language := range c.is.Languages {
		if !slices.Contains(c.was.Languages, language) {
			c.add("", "language.added", "Language", i18n.OwnLanguageName(language))
			continue
		}
		was := map[string]string{}
		for i := range before {
			was[before[i].Name] = before[i].Translation(language).Text
		}
		is := c.is.Texts("")
		n := 0
		for i := range is {
			if text := is[i].Translation(language).Text; text != was[is[i].Name] {
				n++
			}
		}
		if c.was.Title("", language) != c.is.Title("", language) {
			n++
		}
		if n > 0 {
			c.add("", "translation", "Language", i18n.OwnLanguageName(language), "Count", n)
		}
	}
}

func (c *changeList) fields() {
	for _, f := range c.was.EmbeddedData {
		if c.is.Field(f.Name) == nil {
			c.add("", "field.removed", "Field", f.Name)
		}
	}
	for _, f := range c.is.EmbeddedData {
		switch old := c.was.Field(f.Name); {
		case old == nil:
			c.add("", "field.added", "Field", f.Name)
		case *old != f:
			c.add("", "field.changed", "Field", f.Name)
		}
	}
}

// quotas tells which quotas were made, changed and deleted.
func (c *changeList) quotas() {
	was, is := qsf.QuotasOf(c.was), qsf.QuotasOf(c.is)
	find := func(all []json.RawMessage, id string) json.RawMessage {
		if i := slices.IndexFunc(all, func(q json.RawMessage) bool { return qsf.MemberText(q, "ID") == id }); i >= 0 {
			return all[i]
		}
		return nil
	}
	for _, q := range was {
		if find(is, qsf.MemberText(q, "ID")) == nil {
			c.add("", "quota.removed", "Quota", ShortText(qsf.MemberText(q, "Name")))
		}
	}
	for _, q := range is {
		id, name := qsf.MemberText(q, "ID"), ShortText(qsf.MemberText(q, "Name"))
		switch old := find(was, id); {
		case old == nil:
			c.add(id, "quota.added", "Quota", name)
		case !sameJSON(old, q):
			c.add(id, "quota.changed", "Quota", name)
		}
	}
}

// sameJSON compares what two texts say, however they are spelt.
func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

// maxShortText is how many characters of a text a sentence about it says.
const maxShortText = 80

// ShortText gives a text as a sentence can say it: without formatting, on one line and not too long.
func ShortText(text string) string {
	line := richtext.Line(text)
	if runes := []rune(line); len(runes) > maxShortText {
		return strings.TrimSpace(string(runes[:maxShortText-1])) + "…"
	}
	return line
}
