package main

import (
	"context"
	"fmt"
	"strconv"

	"surveyflow/internal/survey"
	"surveyflow/models"
)

// Question ids of the customer survey, as workflows name them.
const (
	qSatisfied = "QID1"
	qRecommend = "QID2"
	qChannels  = "QID3"
	qBags      = "QID4"
	qReason    = "QID5"
	qName      = "QID6"
)

// ask is one question in the words of its author.
type ask struct {
	kind     models.QuestionType
	tag      string
	text     string
	help     string
	required bool
	choices  []models.Choice
	rules    models.Rules
}

// sheet is one page of questions.
type sheet struct {
	title string
	asks  []ask
}

// draft makes a survey out of pages, by the editor's own steps.
func draft(owner, name string, pages ...sheet) (*models.Survey, error) {
	v := &models.Survey{ID: models.NewID(models.PrefixSurvey), OwnerID: owner, Name: name, NextQID: 1}
	v.Draft.V = survey.NewDefinition("en")
	for i, page := range pages {
		block := &v.Draft.V.Blocks[0]
		if i > 0 {
			var err error
			if block, err = survey.AddBlock(v, ""); err != nil {
				return nil, err
			}
		}
		block.Title = page.title
		for _, a := range page.asks {
			if err := addQuestion(v, block.ID, a); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

func addQuestion(v *models.Survey, block string, a ask) error {
	q, err := survey.AddQuestion(v, block, a.kind)
	if err != nil {
		return err
	}
	q.Text, q.Help, q.Tag, q.Required, q.Rules = a.text, a.help, a.tag, a.required, a.rules
	for i := range min(len(q.Choices), len(a.choices)) { // the empty ones that every new question has are written over
		a.choices[i].ID = q.Choices[i].ID
	}
	if a.kind.HasChoices() {
		survey.SetChoices(q, a.choices)
	}
	return nil
}

// choices numbers texts. With recodes the first one has the highest value.
func choices(recoded bool, texts ...string) []models.Choice {
	all := make([]models.Choice, len(texts))
	for i, text := range texts {
		all[i].Text = text
		if recoded {
			all[i].Recode = strconv.Itoa(len(texts) - i)
		}
	}
	return all
}

// create stores a survey with its public link, as the page for a new one does.
func (s *story) create(ctx context.Context, a models.Actor, v *models.Survey) (*models.Collector, error) {
	c := &models.Collector{ID: models.NewID(models.PrefixCollector), Type: models.CollectorLink, Slug: models.NewCapability(), Open: true, IsDefault: true}
	if err := s.store.CreateSurvey(ctx, a, v, c); err != nil {
		return nil, fmt.Errorf("create survey %q: %w", v.Name, err)
	}
	return c, nil
}

// putLive puts a survey's draft live after the checks of the page that does so.
func (s *story) putLive(ctx context.Context, a models.Actor, v *models.Survey) error {
	if err := survey.Check(&v.Draft.V); err != nil {
		return fmt.Errorf("put survey %q live: %w", v.Name, err)
	}
	live, err := survey.PutLive(ctx, s.store, survey.Change{Actor: a, SurveyID: v.ID}, 0)
	if err != nil {
		return fmt.Errorf("put survey %q live: %w", v.Name, err)
	}
	v.Version = live.Version
	return nil
}

// customerSurvey is the one that most of the demo is about.
func customerSurvey(owner string) (*models.Survey, error) {
	v, err := draft(owner, "Customer feedback",
		sheet{"Your last order", []ask{
			{
				kind: models.QuestionSingleChoice, tag: "satisfaction", required: true,
				text:    "How satisfied are you with your last order?",
				choices: choices(true, "Very satisfied", "Satisfied", "Neither satisfied nor dissatisfied", "Dissatisfied", "Very dissatisfied"),
			},
			{
				kind: models.QuestionNPS, tag: "recommend", required: true,
				text: "How likely are you to recommend Harbour Coffee to a friend?",
				help: "There is no wrong answer.",
			},
		}},
		sheet{"How you get your coffee", []ask{
			{
				kind: models.QuestionMultipleChoice, tag: "channels",
				text: "Where did you buy from us in the last three months?",
				help: "Gifts for others count, too.",
				choices: []models.Choice{
					{Text: "Web shop"},
					{Text: "Subscription"},
					{Text: "Coffee bar"},
					{Text: "Farmers' market"},
					{Text: "Somewhere else", TextEntry: true},
					{Text: "None of these", Exclusive: true},
				},
			},
			{
				kind: models.QuestionNumber, tag: "bags_per_month",
				text:  "How many bags of coffee do you buy in a usual month?",
				help:  "From us and from others. A rough number is fine.",
				rules: models.Rules{Min: new(0.0), Max: new(200.0), Decimals: new(0)},
			},
		}},
		sheet{"In your own words", []ask{
			{
				kind: models.QuestionLongText, tag: "reason",
				text: "What is the main reason for your score?",
				help: "What went well, what did not, what you missed.",
			},
			{
				kind: models.QuestionShortText, tag: "first_name",
				text: "What is your first name?",
				help: "Leave it empty if you would rather stay unnamed.",
			},
		}},
	)
	if err != nil {
		return nil, err
	}
	d := &v.Draft.V
	d.Description = "Six questions, two minutes. Thank you for helping us to do better."
	d.EmbeddedData = []models.EmbeddedField{{Name: "segment", Default: "standard", FromLink: true}, {Name: "order", FromLink: true}}
	d.End.Message = "Your score of ${q://QID2/ChoiceTextEntryValue} goes straight to the people who roast and pack your coffee."
	return v, nil
}

// tastingSurvey is live in three languages, with a change that is not.
func tastingSurvey(owner string) (*models.Survey, error) {
	v, err := draft(owner, "Autumn tasting: sign up", sheet{"", []ask{
		{kind: models.QuestionShortText, tag: "name", required: true, text: "Your name"},
		{
			kind: models.QuestionSingleChoice, tag: "evening", required: true, text: "Which evening suits you?",
			choices: choices(false, "Thursday, 6 pm", "Friday, 6 pm", "Saturday, 4 pm"),
		},
		{
			kind: models.QuestionNumber, tag: "guests", text: "How many guests will you bring?",
			rules: models.Rules{Min: new(0.0), Max: new(4.0), Decimals: new(0)},
		},
	}})
	if err != nil {
		return nil, err
	}
	v.Draft.V.End.Message, v.Draft.V.Buttons.Submit = "Thank you! We look forward to seeing you.", "Sign up"
	if err := translate(v, "de", tastingGerman); err != nil {
		return nil, err
	}
	return v, translate(v, "ar", tastingArabic)
}

// changeTasting is what the author thought of later: a question that respondents do not see yet, and another time, which the
// translations do not say.
func changeTasting(v *models.Survey) error {
	v.Draft.V.Question("QID2").Choices[2].Text = "Saturday, 5 pm"
	return addQuestion(v, v.Draft.V.Blocks[0].ID, ask{
		kind: models.QuestionLongText, tag: "diet", text: "Is there anything you cannot eat or drink?",
		help: "We serve small cakes with milk, nuts and wheat.",
	})
}

// newsletterSurvey belongs to the member and is closed.
func newsletterSurvey(owner string) (*models.Survey, error) {
	return draft(owner, "What should our newsletter be about?", sheet{"", []ask{
		{
			kind: models.QuestionMultipleChoice, tag: "topics", required: true, text: "What would you like to read?",
			help:    "We can write about two of them well, not about all five.",
			choices: choices(false, "New coffees", "Brewing at home", "The farms we buy from", "Events", "Offers"),
			rules:   models.Rules{MaxChoices: 2},
		},
		{
			kind: models.QuestionSingleChoice, tag: "how_often", text: "How often should it come?",
			choices: choices(false, "Every week", "Every month", "When there is news"),
		},
	}})
}

// onboardingSurvey was never live.
func onboardingSurvey(owner string) (*models.Survey, error) {
	return draft(owner, "First week at Harbour Coffee",
		sheet{"Your first days", []ask{
			{
				kind: models.QuestionSingleChoice, tag: "welcome", required: true, text: "Did you feel welcome on your first day?",
				choices: choices(true, "Yes, very", "Mostly", "Not really", "No"),
			},
			{kind: models.QuestionLongText, tag: "missing", text: "What did you have to ask for that should have been ready?"},
		}},
		sheet{"Your colleagues", []ask{
			{kind: models.QuestionNPS, tag: "recommend", text: "How likely are you to recommend us as a place to work?"},
		}},
	)
}
