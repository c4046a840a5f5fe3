package survey

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"

	"surveyflow/models"
)

// maxRanked is how many choices a ranking may have. Each has a list with all places; nobody can order more.
const maxRanked = 50

// ranking puts choices into an order. Forms and the API name the place of each choice: "QID1_3" is the place of choice 3.
// The answer has the ranked choices, best first. How many have to be ranked is a rule (MinChoices, MaxChoices); without one
// it is all of them, or none when no answer is required.
type ranking struct{}

func (ranking) name() models.QuestionType { return models.QuestionRanking }

func (ranking) check(q *models.Question, p *problems) {
	checkChoices(q, p)
	if len(q.Choices) > maxRanked {
		p.add("choices", "question.error.too_many_choices", "Max", maxRanked)
	}
	checkNoText(q, p)
	checkChoiceRules(q, p)
}

// partField names the part of a question that has an id of its own: "QID1_3".
func partField(q *models.Question, id int) string { return q.ID + "_" + strconv.Itoa(id) }

// places gathers the places of choices, while they are read.
type places struct {
	of    map[int]int // choice to place
	taken map[int]int // how many choices have a place
}

func (s *places) put(choice, place int) {
	s.of[choice] = place
	s.taken[place]++
}

// twice tells a place that two choices have; 0 for none.
func (s *places) twice() int {
	found := 0
	for place, n := range s.taken {
		if n > 1 && (found == 0 || place < found) {
			found = place
		}
	}
	return found
}

// order gives the ranked choices, best first. Places that nothing has are passed over.
func (s *places) order(q *models.Question) models.Answer {
	var a models.Answer
	for _, c := range q.Choices {
		if s.of[c.ID] > 0 {
			a.Choices = append(a.Choices, c.ID)
		}
	}
	slices.SortStableFunc(a.Choices, func(x, y int) int { return cmp.Compare(s.of[x], s.of[y]) })
	return a
}

func newPlaces() *places { return &places{of: map[int]int{}, taken: map[int]int{}} }

func (ranking) parse(q *models.Question, form url.Values, p *problems) models.Answer {
	all := newPlaces()
	for _, c := range q.Choices {
		text := line(form.Get(partField(q, c.ID)))
		if text == "" {
			continue
		}
		place, err := strconv.Atoi(text)
		if err != nil || place < 1 || place > len(q.Choices) {
			p.add(q.ID, "answer.error.place", "Max", len(q.Choices))
			continue
		}
		all.put(c.ID, place)
	}
	if place := all.twice(); place > 0 {
		p.add(q.ID, "answer.error.place_twice", "Place", place)
	}
	return all.order(q)
}

func (ranking) fill(q *models.Question, a models.Answer, form url.Values) {
	for i, id := range a.Choices {
		form.Set(partField(q, id), strconv.Itoa(i+1))
	}
}

func (ranking) validate(q *models.Question, a models.Answer, p *problems) {
	least, most := rankedCount(q)
	n := len(a.Choices)
	switch {
	case n == 0 && !q.Required:
	case n < least && least == len(q.Choices):
		broken(q, p, "answer.error.rank_all")
	case n < least:
		broken(q, p, "answer.error.rank_least", "Count", least)
	case n > most:
		broken(q, p, "answer.error.rank_most", "Count", most)
	}
}

// rankedCount gives how many choices an answer has to rank, and how many it may.
func rankedCount(q *models.Question) (least, most int) {
	least, most = q.Rules.MinChoices, q.Rules.MaxChoices
	if most == 0 {
		most = len(q.Choices)
	}
	if least == 0 {
		least = most
		if q.Rules.MaxChoices > 0 { // "up to three"
			least = 1
		}
	}
	return least, most
}

func (ranking) fromAPI(q *models.Question, in *apiInput) models.Answer {
	all := newPlaces()
	for _, c := range q.Choices {
		field := partField(q, c.ID)
		text, _ := in.text(field, maxDigits)
		if text == "" {
			continue
		}
		place, err := strconv.Atoi(text)
		if err != nil || place < 1 || place > len(q.Choices) {
			in.problem(field, "response.error.place", "Value", text, "Max", len(q.Choices))
			continue
		}
		all.put(c.ID, place)
		if all.taken[place] > 1 {
			in.problem(field, "response.error.place_twice", "Value", text, "Question", q.ID)
		}
	}
	return all.order(q)
}

func (ranking) export(q *models.Question, a models.Answer, out *Export) {
	for _, c := range q.Choices {
		out.display(partField(q, c.ID), nil)
	}
	for i, id := range a.Choices {
		out.Values[partField(q, id)] = i + 1
	}
}

func (ranking) describe(q *models.Question, out *ResponseSchema) {
	for i := range q.Choices {
		part := partQuestion(q, &q.Choices[i])
		out.value(part, part.ID, Property{Type: "number"})
		out.display(part.ID, nil)
	}
}
