package handlers

import (
	"context"
	"math"
	"strconv"
	"strings"

	"surveyflow/internal/i18n"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/workflowpages"
)

// begin fills a new definition as its starter says. All of it is an ordinary draft, with tokens of the chosen survey.
func begin(ctx context.Context, def *models.WorkflowDefinition, starter, url string, survey *models.SurveyDefinition, owner *models.User) {
	switch starter {
	case workflowpages.StarterTeam, workflowpages.StarterThanks, workflowpages.StarterNotify:
		tell(ctx, def, starter, survey, owner)
		return
	}
	body := models.BodySpec{Format: models.BodyJSON, Mode: models.BodyKeyValue}
	switch starter {
	case workflowpages.StarterSend, workflowpages.StarterSheet:
		body.Pairs = answerPairs(survey)
	case workflowpages.StarterChat:
		def.Condition = lowScore(survey)
		body.Mode, body.Text = models.BodyFreeText, chatMessage(ctx, survey)
	case workflowpages.StarterTicket:
		def.Condition = lowScore(survey)
		body.Pairs = ticketPairs(ctx, survey)
	default:
		return
	}
	summary := ""
	if starter != workflowpages.StarterSend { // which is named by where it sends to
		summary = i18n.T(ctx, "workflow.starter."+starter+".name")
	}
	config, err := models.MarshalJSON(models.WebServiceConfig{Method: "POST", URL: url, Body: &body})
	if err != nil { // strings alone
		config = []byte("{}")
	}
	def.Tasks = []models.TaskSpec{{Type: models.TaskWebService, Summary: summary, OnFailure: models.FailureContinue, Config: config}}
}

// beginSending fills a new definition that sends a survey when something happens elsewhere.
func beginSending(ctx context.Context, def *models.WorkflowDefinition, starter, surveyID string) {
	c := models.SendSurveyConfig{SurveyID: surveyID, To: "${m://Email}", FirstName: "${m://FirstName}", LastName: "${m://LastName}", Delay: "P30D", Reminders: []string{"P7D"}}
	if starter == workflowpages.StarterPurchase {
		def.Event.Fields = []models.EventField{
			{Name: "email", Path: "$.customer.email"},
			{Name: "firstName", Path: "$.customer.firstName"},
			{Name: "lastName", Path: "$.customer.lastName"},
			{Name: "order", Path: "$.order.number"},
		}
		c = models.SendSurveyConfig{
			SurveyID: surveyID, To: "~{aedj://email}", FirstName: "~{aedj://firstName}", LastName: "~{aedj://lastName}",
			Fields: map[string]string{"referrer": "purchase", "custom1": "~{aedj://order}"},
		}
	}
	config, err := models.MarshalJSON(c)
	if err != nil { // strings alone
		config = []byte("{}")
	}
	def.Tasks = []models.TaskSpec{{Type: models.TaskSendSurvey, Summary: i18n.T(ctx, "workflow.starter."+starter+".name"), OnFailure: models.FailureContinue, Config: config}}
}

// mondayMorning is when a weekly mail leaves until its owner says otherwise.
const mondayMorning = "0 8 * * 1"

// beginWeekly fills a new definition that mails the way to the results of a survey every week.
func beginWeekly(ctx context.Context, def *models.WorkflowDefinition, survey *models.Survey, results string, owner *models.User) {
	def.Event.Cron = mondayMorning
	say := func(part string) string {
		return i18n.T(ctx, "workflow.starter.weekly."+part, "Survey", survey.Name, "Results", results)
	}
	config, err := models.MarshalJSON(models.EmailConfig{To: owner.Email, Subject: say("subject"), Body: say("body")})
	if err != nil { // strings alone
		config = []byte("{}")
	}
	def.Tasks = []models.TaskSpec{{Type: models.TaskEmail, Summary: i18n.T(ctx, "workflow.starter.weekly.name"), OnFailure: models.FailureContinue, Config: config}}
}

// tell fills a new definition of a starter that writes to people.
func tell(ctx context.Context, def *models.WorkflowDefinition, starter string, survey *models.SurveyDefinition, owner *models.User) {
	say := func(part string) string { return i18n.T(ctx, "workflow.starter."+starter+"."+part) }
	task := models.TaskSpec{Type: models.TaskEmail, OnFailure: models.FailureContinue}
	var config any
	switch starter {
	case workflowpages.StarterTeam:
		config = models.EmailConfig{To: owner.Email, Subject: say("subject"), Body: say("body"), ListAnswers: true}
	case workflowpages.StarterThanks:
		to := respondentToken(survey)
		def.Condition = &models.Condition{All: []models.Condition{{Left: to, Operator: models.OpNotEmpty}}}
		config = models.EmailConfig{To: to, ReplyTo: owner.Email, Subject: say("subject"), Body: say("body")}
	default:
		task.Type = models.TaskNotification
		def.Condition = lowScore(survey)
		lines := []string{say("low")}
		if def.Condition == nil {
			lines[0] = say("new")
		}
		for _, q := range told(survey) {
			lines = append(lines, "${q://"+q.ID+"/QuestionText} "+answerToken(q))
		}
		config = models.NotificationConfig{UserIDs: []string{owner.ID}, Text: strings.Join(lines, "\n")}
	}
	text, err := models.MarshalJSON(config)
	if err != nil { // strings alone
		text = []byte("{}")
	}
	task.Config = text
	def.Tasks = []models.TaskSpec{task}
}

// respondentToken pipes the respondent's address: what they answered to a question for it, else that of their contact.
func respondentToken(def *models.SurveyDefinition) string {
	for _, q := range def.Questions() {
		if q.Type == models.QuestionEmail {
			return answerToken(q)
		}
	}
	return "${m://Email}"
}

// startName names a workflow whose owner did not.
func startName(ctx context.Context, starter, url string) string {
	switch starter {
	case workflowpages.StarterSend:
		if strings.Contains(url, "://") && !strings.Contains(components.Host(url), "{") {
			return cutRunes(i18n.T(ctx, "workflow.name.send_to", "Host", components.Host(url)), 200)
		}
	case workflowpages.StarterChat, workflowpages.StarterTicket, workflowpages.StarterSheet, workflowpages.StarterTeam, workflowpages.StarterThanks, workflowpages.StarterNotify, workflowpages.StarterPurchase, workflowpages.StarterEmployee, workflowpages.StarterWeekly:
		return i18n.T(ctx, "workflow.starter."+starter)
	}
	return i18n.T(ctx, "workflow.name.untitled")
}

// scoreQuestion gives the question whose answer is a score: the first NPS or rating, else the first number; nil without any.
func scoreQuestion(def *models.SurveyDefinition) *models.Question {
	var number *models.Question
	for _, q := range def.Questions() {
		switch {
		case q.Type == models.QuestionNPS, q.Type == models.QuestionRating:
			return q
		case q.Type == models.QuestionNumber && number == nil:
			number = q
		}
	}
	return number
}

// detractor is the greatest score of a net promoter question that counts as unhappy.
const detractor = 6

// lowest gives the greatest answer to a question that still counts as a low score: the lower two fifths of its range.
func lowest(q *models.Question) float64 {
	low, high := 1.0, 0.0
	switch {
	case q.Type == models.QuestionRating:
		high = float64(q.Scale.RatingPoints())
	case q.Type == models.QuestionNumber && q.Rules.Min != nil && q.Rules.Max != nil:
		low, high = *q.Rules.Min, *q.Rules.Max
	default:
		return detractor
	}
	return math.Floor(low + (high-low)*2/5)
}

// lowScore is the condition that the survey's score is low; nil, which is always true, when it asks for none.
func lowScore(def *models.SurveyDefinition) *models.Condition {
	q := scoreQuestion(def)
	if q == nil {
		return nil
	}
	return &models.Condition{All: []models.Condition{
		{Left: answerToken(q), Operator: models.OpNotEmpty},
		{Left: answerToken(q), Operator: models.OpLessThanOrEqual, Right: strconv.FormatFloat(lowest(q), 'f', -1, 64)},
	}}
}

// answerToken pipes the answer to a question, in words where it has choices.
func answerToken(q *models.Question) string {
	if len(q.Choices) > 0 {
		return "${q://" + q.ID + "/ChoiceGroup/SelectedChoices}"
	}
	return "${q://" + q.ID + "/ChoiceTextEntryValue}"
}

// told are the questions that a message is about: the score and the first comment, else the first question that is answered.
func told(def *models.SurveyDefinition) []*models.Question {
	var all []*models.Question
	if q := scoreQuestion(def); q != nil {
		all = append(all, q)
	}
	if q := commentQuestion(def); q != nil {
		all = append(all, q)
	}
	if len(all) > 0 {
		return all
	}
	for _, q := range def.Questions() {
		if q.Type.Answered() {
			return []*models.Question{q}
		}
	}
	return nil
}

// commentQuestion gives the question for a comment: the first long text, else the first short one; nil without any.
func commentQuestion(def *models.SurveyDefinition) *models.Question {
	var short *models.Question
	for _, q := range def.Questions() {
		switch {
		case q.Type == models.QuestionLongText:
			return q
		case q.Type == models.QuestionShortText && short == nil:
			short = q
		}
	}
	return short
}

// chatMessage is the body that incoming webhooks of chats take: one text, with a line for each question.
func chatMessage(ctx context.Context, def *models.SurveyDefinition) string {
	lines := []string{i18n.T(ctx, "workflow.starter.chat.new")}
	if scoreQuestion(def) != nil {
		lines[0] = i18n.T(ctx, "workflow.starter.chat.low")
	}
	for _, q := range told(def) {
		lines = append(lines, "${q://"+q.ID+"/QuestionText} "+answerToken(q))
	}
	lines = append(lines, "${rm://Field/ResponseID}")
	text, err := models.MarshalJSON(map[string]string{"text": strings.Join(lines, "\n")})
	if err != nil { // strings alone
		return `{"text": ""}`
	}
	return string(text)
}

// ticketPairs is what help desks ask for, and then every answer.
func ticketPairs(ctx context.Context, def *models.SurveyDefinition) []models.PairSpec {
	pairs := []models.PairSpec{pair("title", i18n.T(ctx, "workflow.starter.ticket.title", "Token", "${rm://Field/ResponseID}"))}
	if q := commentQuestion(def); q != nil {
		pairs = append(pairs, pair("description", answerToken(q)))
	}
	if q := scoreQuestion(def); q != nil {
		pairs = append(pairs, pair("score", answerToken(q)))
	}
	if !def.Anonymous {
		pairs = append(pairs, pair("email", "${m://Email}"))
	}
	return oncePerKey(append(pairs, answerPairs(def)...))
}

func pair(key, value string) models.PairSpec {
	return models.PairSpec{Key: key, Value: value, DataType: models.DataSystemDefault, OnCastFailure: models.CastError}
}

// answerPairs are the response's id and time, every answer by its export tag, and the embedded data.
func answerPairs(def *models.SurveyDefinition) []models.PairSpec {
	pairs := []models.PairSpec{pair("responseId", "${rm://Field/ResponseID}"), pair("recordedAt", "${rm://Field/RecordedDate}")}
	for _, q := range def.Questions() {
		if q.Type.Answered() {
			pairs = append(pairs, pair(q.ExportTag(), answerToken(q)))
		}
	}
	for _, t := range workflow.Tokens(def) {
		if t.Group == "embedded" {
			pairs = append(pairs, pair(t.Label, t.Text))
		}
	}
	return oncePerKey(pairs)
}

// oncePerKey leaves out pairs whose key is there already: an object has each key once.
func oncePerKey(pairs []models.PairSpec) []models.PairSpec {
	seen := map[string]bool{}
	out := pairs[:0]
	for _, p := range pairs {
		if !seen[p.Key] {
			seen[p.Key] = true
			out = append(out, p)
		}
	}
	return out
}
