package main

import (
	"context"
	"encoding/json"
	"maps"
	"strconv"
	"time"

	"surveyflow/internal/qsf"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// courseSurvey has every type of question once: what somebody who tries the demo wants to see of the builder.
func courseSurvey(owner string) (*models.Survey, error) {
	v, err := draft(owner, "Barista course: how was it?", courseDay(), courseDetails(), courseTaste(), courseContact())
	if err != nil {
		return nil, err
	}
	d := &v.Draft.V
	d.Description = "Every type of question in one survey. It takes about four minutes."
	for id, scale := range map[string]models.Scale{
		"stars":  {Low: "Poor", High: "Excellent"},
		"milk":   {Low: "Not at all", High: "Every time", Step: 5},
		"friend": {High: "I have told somebody already"},
	} {
		for _, q := range d.Questions() {
			if q.Tag == id {
				q.Scale = scale
			}
		}
	}
	for _, q := range d.Questions() {
		switch q.Tag {
		case "again":
			qsf.SetQuotas(d, []json.RawMessage{json.RawMessage(`{"ID":"` + models.NewID(models.PrefixQuota) + `","Name":"Who comes again","Occurrences":"40","LogicType":"Simple",
				"QuotaAction":"EndCurrentSurvey","Surveyflow":{"message":"Thank you! We have heard from enough people who would come again."},
				"Logic":{"0":{"0":{"LogicType":"Question","LeftOperand":"q://` + q.ID + `/SelectableChoice/` + strconv.Itoa(models.ChoiceYes) + `","Operator":"Selected","Type":"Expression"},
				"Type":"If"},"Type":"BooleanExpression"}}`)})
		case "parts":
			survey.SetRows(q, numbered("The trainer", "The room", "The coffees", "The handout"))
		case "drinks":
			survey.SetRows(q, numbered("Espresso", "Filter coffee", "Cappuccino"))
		}
	}
	return v, nil
}

// numbered makes rows with the ids from 1 up, which write over the empty ones that a new matrix has.
func numbered(texts ...string) []models.Choice {
	rows := choices(false, texts...)
	for i := range rows {
		rows[i].ID = i + 1
	}
	return rows
}

func courseDay() sheet {
	return sheet{"The day", []ask{
		{kind: models.QuestionStatement, tag: "hello", text: "Thank you for spending a day with us. Skip whatever you have no opinion on."},
		{kind: models.QuestionRating, tag: "stars", required: true, text: "How good was the course?"},
		{
			kind: models.QuestionSingleChoice, tag: "level", text: "How was the level?",
			choices: []models.Choice{{Text: "Too easy", Recode: "-1"}, {Text: "Just right", Recode: "0"}, {Text: "Too hard", Recode: "1"}, {Text: "Something else", TextEntry: true}},
		},
		{
			kind: models.QuestionMatrix, tag: "parts", text: "How satisfied are you with each of these?",
			choices: choices(true, "Very satisfied", "Satisfied", "Dissatisfied", "Very dissatisfied"),
		},
		{kind: models.QuestionYesNo, tag: "again", text: "Would you come to a second day?", choices: []models.Choice{{Text: "Yes"}, {Text: "No", Recode: "0"}}},
	}}
}

func courseDetails() sheet {
	return sheet{"What you took home", []ask{
		{
			kind: models.QuestionMultipleChoice, tag: "learned", text: "What can you do now that you could not do before?", help: "Whatever comes to mind first.",
			choices: []models.Choice{{Text: "Pull an espresso"}, {Text: "Steam milk"}, {Text: "Pour a rosetta"}, {Text: "Set a grinder"}, {Text: "Something else", TextEntry: true}, {Text: "Nothing new", Exclusive: true}},
			rules:   models.Rules{MaxChoices: 3},
		},
		{
			kind: models.QuestionRanking, tag: "topics", text: "What should a second day be about?", help: "The most interesting first.",
			choices: choices(false, "Roasting", "Latte art", "Filter coffee", "Running a bar"), rules: models.Rules{MaxChoices: 3},
		},
		{
			kind: models.QuestionSlider, tag: "milk", text: "How often do you get the milk right now?", help: "In percent, roughly.",
			rules: models.Rules{Min: new(0.0), Max: new(100.0)},
		},
		{kind: models.QuestionLongText, tag: "better", text: "What should we do better next time?"},
	}}
}

func courseTaste() sheet {
	return sheet{"You and coffee", []ask{
		{
			kind: models.QuestionMatrixMultiple, tag: "drinks", text: "What do you drink, and when?",
			choices: choices(false, "In the morning", "In the afternoon", "In the evening", "Never"),
		},
		{kind: models.QuestionNumber, tag: "cups", text: "How many cups do you drink in a day?", rules: models.Rules{Min: new(0.0), Max: new(30.0), Decimals: new(0)}},
		{
			kind: models.QuestionDropdown, tag: "home", text: "Where do you live?",
			choices: choices(false, "Bergen", "Oslo", "Stavanger", "Tromsø", "Trondheim", "Somewhere else"),
		},
		{kind: models.QuestionNPS, tag: "friend", text: "How likely are you to recommend the course to a friend?"},
	}}
}

func courseContact() sheet {
	return sheet{"Your certificate", []ask{
		{kind: models.QuestionShortText, tag: "name", text: "The name on your certificate"},
		{kind: models.QuestionEmail, tag: "email", text: "Where should we send it?"},
		{kind: models.QuestionPhone, tag: "phone", text: "A number to call when a place in the second course is free"},
		{kind: models.QuestionURL, tag: "page", text: "Your café's website, if you have one"},
		{
			kind: models.QuestionDate, tag: "when", text: "From when could you come to a second day?",
			rules: models.Rules{Earliest: "2026-01-01", Latest: "2028-12-31"},
		},
		{
			kind: models.QuestionConsent, tag: "consent", required: true, text: "Your data",
			choices: []models.Choice{{Text: "I agree that Harbour Coffee keeps my answers for a year and writes to me about courses."}},
		},
	}}
}

// planCourse lets a few people answer the survey that has everything.
func (s *story) planCourse() {
	const day = 24 * time.Hour
	var course *models.Survey
	s.then(6*day, func(ctx context.Context) error {
		v, err := courseSurvey(s.scene.admin.UserID)
		if err != nil {
			return err
		}
		course = v
		if _, err := s.create(ctx, s.scene.admin, v); err != nil {
			return err
		}
		return s.putLive(ctx, s.scene.admin, v)
	})
	for i, answers := range courseAnswers {
		s.then(6*day-time.Duration(i+1)*9*time.Hour, func(ctx context.Context) error {
			values := maps.Clone(answers)
			for _, q := range course.Draft.V.Questions() {
				renameTag(values, q)
			}
			_, err := s.answer(ctx, course.ID, 4*time.Minute, values)
			return err
		})
	}
}

// renameTag puts the values of a question, which stand under its tag and that with a part, under the names of the API.
func renameTag(values map[string]any, q *models.Question) {
	for name, value := range maps.Clone(values) {
		if rest, found := cutTag(name, q.Tag); found {
			delete(values, name)
			values[q.ID+rest] = value
		}
	}
}

func cutTag(name, tag string) (rest string, found bool) {
	if len(name) < len(tag) || name[:len(tag)] != tag {
		return "", false
	}
	rest = name[len(tag):]
	return rest, rest == "" || rest[0] == '_'
}

// courseAnswers are the answers of the course's guests, by tag.
var courseAnswers = []map[string]any{
	{
		"stars": 5, "level": 0, "parts_1": 4, "parts_2": 3, "parts_3": 4, "parts_4": 3, "again": 1, "learned": []int{1, 2, 4}, "topics_2": 1, "topics_1": 2, "topics_3": 3,
		"milk_1": 70, "better_TEXT": "More time at the machine, less theory after lunch.", "drinks_1": []int{1}, "drinks_2": []int{2}, "drinks_3": []int{1, 2},
		"cups": 3, "home": 2, "friend": 10, "name_TEXT": "Ingrid Solheim", "email_TEXT": "ingrid@example.com", "phone_TEXT": "+47 400 00 017", "page_TEXT": "https://cafe-solheim.example",
		"when_TEXT": "2026-12-05", "consent": true,
	},
	{
		"stars": 4, "level_4_TEXT": "Easy in the morning, hard in the afternoon", "parts_1": 4, "parts_2": 2, "parts_3": 3, "again": 1, "learned": []int{5}, "learned_5_TEXT": "Clean a machine properly",
		"topics_3": 1, "milk_1": 45, "drinks_1": []int{1, 2}, "drinks_2": []int{4}, "cups": 5, "home": 1, "friend": 8, "name_TEXT": "Jonas Berg", "email_TEXT": "jonas@example.com", "consent": true,
	},
	{
		"stars": 2, "level": 1, "parts_1": 2, "parts_2": 1, "parts_3": 3, "parts_4": 1, "again": 0, "learned": []int{6}, "better_TEXT": "The room was so loud that I heard half of it.",
		"drinks_1": []int{4}, "cups": 1, "home": 6, "friend": 3, "consent": true,
	},
	{
		"stars": 5, "level": 0, "parts_1": 4, "parts_2": 4, "parts_3": 4, "parts_4": 4, "again": 1, "learned": []int{2, 3}, "topics_4": 1, "topics_1": 2, "milk_1": 85,
		"drinks_1": []int{1, 2, 3}, "drinks_3": []int{1}, "cups": 4, "home": 5, "friend": 9, "name_TEXT": "Amira Haddad", "email_TEXT": "amira@example.com", "when_TEXT": "2027-02-13", "consent": true,
	},
}
