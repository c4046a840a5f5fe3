package qsf

import (
	"encoding/json"
	"slices"
	"strconv"

	"surveyflow/models"
)

// choices reads the choices of a question, in their order.
func (d *decoder) choices(q *models.Question, members map[string]json.RawMessage) {
	byID, list, ok := mapOf(members["Choices"])
	if !ok {
		d.fail("Choices", "qsf.error.map", "Name", "Choices")
		return
	}
	recodes, _, ok := mapOf(members["RecodeValues"])
	if !ok {
		d.fail("RecodeValues", "qsf.error.map", "Name", "RecodeValues")
	}
	kept := map[string]models.RawFields{}
	for _, name := range sortedNames(byID) {
		id, valid := choiceID(name)
		if list { // an array's choices have no ids: they count from 1
			id, _ = strconv.Atoi(name)
			id, valid = id+1, true
		}
		if !valid {
			d.fail("Choices."+name, "qsf.error.choice_id", "Name", name)
			continue
		}
		c, extra := d.choice(name, byID[name])
		c.ID = id
		recode, ok := textOf(recodes[strconv.Itoa(id)])
		if !ok {
			d.fail("RecodeValues."+name, "qsf.error.text", "Name", "RecodeValues."+name)
		}
		if recode != strconv.Itoa(id) {
			c.Recode = recode
		}
		q.Choices = append(q.Choices, c)
		q.NextChoiceID = max(q.NextChoiceID, id+1)
		if len(extra) > 0 {
			kept[strconv.Itoa(id)] = extra
		}
	}
	if len(kept) > 0 {
		q.Extra["Choices"] = raw(kept)
	}
	if next, _ := textOf(members["NextChoiceId"]); next != "" {
		if n, valid := choiceID(next); valid {
			q.NextChoiceID = max(q.NextChoiceID, n)
		}
	}
	if !list {
		d.order(q, members["ChoiceOrder"])
	}
}

// choice reads one choice and what of it is not used.
func (d *decoder) choice(name string, value json.RawMessage) (models.Choice, models.RawFields) {
	at := "Choices." + name
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

// order sorts the choices as ChoiceOrder says, in which numbers and texts are mixed; those that it leaves out come last.
func (d *decoder) order(q *models.Question, value json.RawMessage) {
	order, _, ok := mapOf(value)
	if !ok {
		d.fail("ChoiceOrder", "qsf.error.list", "Name", "ChoiceOrder")
		return
	}
	place := map[int]int{}
	for i, name := range sortedNames(order) {
		text, _ := textOf(order[name])
		id, valid := choiceID(text)
		if !valid || q.Choice(id) == nil {
			d.fail("ChoiceOrder", "qsf.error.order", "Choice", text)
			return
		}
		place[id] = i + 1
	}
	slices.SortStableFunc(q.Choices, func(a, b models.Choice) int {
		return rankOf(place, a.ID) - rankOf(place, b.ID)
	})
}

func rankOf(place map[int]int, id int) int {
	if at, ok := place[id]; ok {
		return at
	}
	return len(place) + 1
}

// maxScore is the best score of an NPS question.
const maxScore = 10

// encodeChoices adds the choices of a question, if it has any, and gives the id of the next one.
func encodeChoices(q *models.Question, o *Object) int {
	if q.Type == models.QuestionNPS {
		scores := make([]Object, maxScore+1)
		order := make([]int, maxScore+1)
		for i := range scores {
			scores[i], order[i] = Object{{"Display", strconv.Itoa(i)}}, i
		}
		o.add("Choices", scores, "ChoiceOrder", order)
		return maxScore + 1
	}
	if !q.Type.HasChoices() {
		return 1
	}
	kept, _, _ := mapOf(q.Extra["Choices"])
	choices, recodes, order, next := Object{}, Object{}, make([]int, 0, len(q.Choices)), max(q.NextChoiceID, 1)
	recoded := false
	for i := range q.Choices {
		c := &q.Choices[i]
		id := strconv.Itoa(c.ID)
		choices.add(id, encodeChoice(c, kept[id]))
		recodes.add(id, c.RecodeValue())
		order = append(order, c.ID)
		recoded = recoded || c.Recode != ""
		next = max(next, c.ID+1)
	}
	o.add("Choices", choices, "ChoiceOrder", order)
	if recoded {
		o.add("RecodeValues", recodes)
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
