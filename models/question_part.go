package models

import (
	"encoding/json"
	"strconv"
	"strings"
)

// SplitPart splits the name of a part of a question, such as QID4_2, into the question's id and the part's; false when it is
// none.
func SplitPart(name string) (question string, part int, ok bool) {
	id, number, cut := strings.Cut(name, "_")
	n, err := strconv.Atoi(number)
	return id, n, cut && err == nil && n > 0
}

// Names reports whether the definition has a question of that id, or the part of one that it names: a row of a matrix, a
// slider, a choice of a ranking.
func (d *SurveyDefinition) Names(name string) bool {
	if d.Question(name) != nil {
		return true
	}
	id, part, ok := SplitPart(name)
	q := d.Question(id)
	return ok && q != nil && q.Part(part) != nil
}

// Part finds what has an answer of its own within the question: a row, or a choice of a ranking; nil when there is none of
// that id.
func (q *Question) Part(id int) *Choice {
	if q.Type == QuestionRanking {
		return q.Choice(id)
	}
	return q.Row(id)
}

// PartAnswer gives the answer to a part of the question: of a row what was answered there, of a ranked choice its place.
func (q *Question) PartAnswer(a Answer, id int) Answer {
	if q.Type != QuestionRanking {
		return a.Rows[id]
	}
	for i, choice := range a.Choices {
		if choice == id {
			return Answer{Number: json.Number(strconv.Itoa(i + 1))}
		}
	}
	return Answer{}
}

// Described finds what Qualtrics calls choice so and so of a question: a row where there are some, else a choice.
func (q *Question) Described(id int) *Choice {
	if len(q.Rows) > 0 {
		return q.Row(id)
	}
	return q.Choice(id)
}
