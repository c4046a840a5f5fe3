package qsf

import (
	"encoding/json"
	"slices"
	"strconv"

	"surveyflow/models"
)

// partMembers are the names of the members in which a list of choices or rows stands.
type partMembers struct{ parts, order, next string }

// In Qualtrics' words the rows of a matrix, and sliders, are choices, and the columns of a matrix are answers.
var (
	choiceMembers = partMembers{"Choices", "ChoiceOrder", "NextChoiceId"}
	answerMembers = partMembers{"Answers", "AnswerOrder", "NextAnswerId"}
)

// parts reads the choices and rows of a question.
func (d *decoder) parts(q *models.Question, members map[string]json.RawMessage) {
	if q.Type.HasRows() {
		q.Rows, q.NextRowID = d.list(q, members, choiceMembers, nil)
	}
	if !q.Type.HasChoices() {
		return
	}
	names := choiceMembers
	if q.Type.HasRows() {
		names = answerMembers
		for _, name := range []string{names.parts, names.order, names.next} {
			delete(q.Extra, name)
		}
	}
	recodes, _, ok := mapOf(members["RecodeValues"])
	if !ok {
		d.fail("RecodeValues", "qsf.error.map", "Name", "RecodeValues")
	}
	q.Choices, q.NextChoiceID = d.list(q, members, names, recodes)
}

// list reads choices or rows, in their order, and the id of the next one.
func (d *decoder) list(q *models.Question, members map[string]json.RawMessage, names partMembers, recodes map[string]json.RawMessage) (all []models.Choice, next int) {
	byID, list, ok := mapOf(members[names.parts])
	if !ok {
		d.fail(names.parts, "qsf.error.map", "Name", names.parts)
		return nil, 0
	}
	kept := map[string]models.RawFields{}
	for _, name := range sortedNames(byID) {
		id, valid := choiceID(name)
		if list { // an array's choices have no ids: they count from 1
			id, _ = strconv.Atoi(name)
			id, valid = id+1, true
		}
		if !valid {
			d.fail(names.parts+"."+name, "qsf.error.choice_id", "Name", name)
			continue
		}
		c, extra := d.choice(names.parts+"."+name, byID[name])
		c.ID = id
		d.recode(&c, recodes)
		all = append(all, c)
		next = max(next, id+1)
		if len(extra) > 0 {
			kept[strconv.Itoa(id)] = extra
		}
	}
	if len(kept) > 0 {
		q.Extra[names.parts] = raw(kept)
	}
	if text, _ := textOf(members[names.next]); text != "" {
		if n, valid := choiceID(text); valid {
			next = max(next, n)
		}
	}
	if !list {
		d.order(all, names.order, members[names.order])
	}
	return all, next
}

// recode gives a choice its value for exports, unless that is its id.
func (d *decoder) recode(c *models.Choice, recodes map[string]json.RawMessage) {
	id := strconv.Itoa(c.ID)
	value, ok := textOf(recodes[id])
	if !ok {
		d.fail("RecodeValues."+id, "qsf.error.text", "Name", "RecodeValues."+id)
	}
	if value != id {
		c.Recode = value
	}
}

// choice reads one choice and what of it is not used.
func (d *decoder) choice(at string, value json.RawMessage) (models.Choice, models.RawFields) {
	members, _, ok := mapOf(value)
	if !ok {
		text, scalar := textOf(value) // some clients send the text alone
		if !scalar {
			d.fail(at, "qsf.error.map", "Name", at)
		}
		return models.Choice{Text: text}, nil
	}
	var c models.Choice
	extra := models.RawFields{}
	for member, v := range members {
		text, ok := textOf(v)
		switch member {
		case "Display":
			c.Text = text
			if !ok {
				d.fail(at+".Display", "qsf.error.text", "Name", at+".Display")
			}
		case "TextEntry": // "true" on choices, "on" in forms
			c.TextEntry = ok && !blank(v)
		case "ExclusiveAnswer":
			c.Exclusive = ok && !blank(v)
		default:
			extra[member] = v
		}
	}
	return c, extra
}

// order sorts choices as ChoiceOrder says, in which numbers and texts are mixed; those that it leaves out come last.
func (d *decoder) order(all []models.Choice, member string, value json.RawMessage) {
	order, _, ok := mapOf(value)
	if !ok {
		d.fail(member, "qsf.error.list", "Name", member)
		return
	}
	place := map[int]int{}
	for i, name := range sortedNames(order) {
		text, _ := textOf(order[name])
		id, valid := choiceID(text)
		if !valid || !slices.ContainsFunc(all, func(c models.Choice) bool { return c.ID == id }) {
			d.fail(member, "qsf.error.order", "Choice", text)
			return
		}
		place[id] = i + 1
	}
	slices.SortStableFunc(all, func(a, b models.Choice) int {
		return rankOf(place, a.ID) - rankOf(place, b.ID)
	})
}

func rankOf(place map[int]int, id int) int {
	if at, ok := place[id]; ok {
		return at
	}
	return len(place) + 1
}

// encodeChoices adds the choices and rows of a question, if it has any, and gives the id of the next of Qualtrics' choices.
func encodeChoices(q *models.Question, o *Object) int {
	switch {
	case q.Type == models.QuestionNPS || q.Type == models.QuestionRating:
		return encodePoints(q, o)
	case q.Type.HasRows():
		next := encodeList(q, o, choiceMembers, q.Rows, q.NextRowID)
		if q.Type.HasChoices() {
			encodeList(q, o, answerMembers, q.Choices, q.NextChoiceID)
			encodeRecodes(q, o)
		}
		return next
	case q.Type.HasChoices():
		next := encodeList(q, o, choiceMembers, q.Choices, q.NextChoiceID)
		encodeRecodes(q, o)
		return next
	}
	return 1
}

func encodeList(q *models.Question, o *Object, names partMembers, parts []models.Choice, next int) int {
	kept, _, _ := mapOf(q.Extra[names.parts])
	choices, order := Object{}, make([]int, 0, len(parts))
	for i := range parts {
		id := strconv.Itoa(parts[i].ID)
		choices.add(id, encodeChoice(&parts[i], kept[id]))
		order = append(order, parts[i].ID)
		next = max(next, parts[i].ID+1)
	}
	o.add(names.parts, choices, names.order, order)
	return max(next, 1)
}

func encodeRecodes(q *models.Question, o *Object) {
	recodes, recoded := Object{}, false
	for i := range q.Choices {
		recodes.add(strconv.Itoa(q.Choices[i].ID), q.Choices[i].RecodeValue())
		recoded = recoded || q.Choices[i].Recode != ""
	}
	if recoded {
		o.add("RecodeValues", recodes)
	}
}

// nextAnswer gives the id of the next column of a matrix; for others what was kept.
func nextAnswer(q *models.Question) any {
	if !q.Type.HasRows() || !q.Type.HasChoices() {
		return orElse(q.Extra, "NextAnswerId", "1")
	}
	next := max(q.NextChoiceID, 1)
	for _, c := range q.Choices {
		next = max(next, c.ID+1)
	}
	return next
}

func encodeChoice(c *models.Choice, kept json.RawMessage) Object {
	o := Object{{"Display", c.Text}}
	if c.TextEntry {
		o.add("TextEntry", "true")
	}
	if c.Exclusive {
		o.add("ExclusiveAnswer", true)
	}
	extra, _, _ := mapOf(kept)
	o.addExtra(extra)
	return o
}
