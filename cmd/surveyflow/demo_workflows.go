package main

import (
	"context"
	"fmt"

	"surveyflow/internal/link"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// receiver makes a receiver that answers 200 with a JSON body.
func (s *story) receiver(ctx context.Context, name, body string) (*models.Receiver, error) {
	r := &models.Receiver{
		ID: models.NewID(models.PrefixReceiver), Name: name, Token: models.NewCapability(), Status: 200,
		ContentType: "application/json", Body: body,
	}
	if err := s.store.CreateReceiver(ctx, s.scene.admin, r); err != nil {
		return nil, fmt.Errorf("create receiver %q: %w", name, err)
	}
	return r, nil
}

// address gives the address below a receiver that a task calls.
func (s *story) address(r *models.Receiver, path string) string {
	return s.base.Public(link.ReceiverURL(r.Token)) + path
}

// workflow makes a workflow of the customer survey, puts it live and turns it on, with the checks of the pages that do so.
func (s *story) workflow(ctx context.Context, name string, condition *models.Condition, tasks ...models.TaskSpec) (*models.Workflow, error) {
	return s.turnOn(ctx, name, s.scene.customers, models.WorkflowDefinition{
		Event: models.EventSpec{Type: models.EventSurveyResponse}, Condition: condition, Tasks: tasks,
	})
}

// turnOn makes a workflow, puts it live and turns it on. The survey is nil for one that belongs to none.
func (s *story) turnOn(ctx context.Context, name string, v *models.Survey, def models.WorkflowDefinition) (*models.Workflow, error) {
	w := &models.Workflow{ID: models.NewID(models.PrefixWorkflow), OwnerID: s.scene.admin.UserID, Name: name, EventType: def.Event.Type}
	var asked *models.SurveyDefinition
	if v != nil {
		w.SurveyID, asked = &v.ID, &v.Draft.V
	}
	workflow.Normalize(&def)
	w.Draft.V = def
	err := workflow.Check(s.types, &w.Draft.V, asked)
	if err == nil {
		err = s.store.CreateWorkflow(ctx, s.scene.admin, w)
	}
	if err == nil {
		_, err = s.store.PutWorkflowLive(ctx, s.scene.admin, w.ID, 0)
	}
	if err == nil {
		err = s.store.SetWorkflowEnabled(ctx, s.scene.admin, w.ID, true)
	}
	if err != nil {
		return nil, fmt.Errorf("make workflow %q: %w", name, err)
	}
	return w, nil
}

// calls makes web service tasks whose run stops at the first that fails.
func calls(configs ...namedCall) ([]models.TaskSpec, error) {
	tasks := make([]models.TaskSpec, len(configs))
	for i, c := range configs {
		config, err := models.MarshalJSON(c.config)
		if err != nil {
			return nil, err
		}
		tasks[i] = models.TaskSpec{Type: models.TaskWebService, Summary: c.summary, OnFailure: models.FailureStop, Config: config}
	}
	return tasks, nil
}

type namedCall struct {
	summary string
	config  models.WebServiceConfig
}

// where is a comparison.
func where(left string, operator models.Operator, right string) *models.Condition {
	return &models.Condition{Left: left, Operator: operator, Right: right}
}

// Piped text of the customer survey.
const (
	pipeSatisfied = "${q://" + qSatisfied + "/SelectedChoicesRecode}"
	pipeRecommend = "${q://" + qRecommend + "/ChoiceTextEntryValue}"
	pipeChannels  = "${q://" + qChannels + "/ChoiceGroup/SelectedChoicesTextEntry}"
	pipeBags      = "${q://" + qBags + "/ChoiceTextEntryValue}"
	pipeReason    = "${q://" + qReason + "/ChoiceTextEntryValue}"
	pipeName      = "${q://" + qName + "/ChoiceTextEntryValue}"
	pipeSegment   = "${e://Field/segment}"
	pipeOrder     = "${e://Field/order}"
	pipeResponse  = "${rm://Field/ResponseID}"
)

// makeReceivers makes the services that the sample workflows call.
func (s *story) makeReceivers(ctx context.Context) (err error) {
	for _, r := range []struct {
		to         **models.Receiver
		name, body string
	}{
		{&s.scene.slow, "Slow service", `{"card": "ordered"}`},
		{&s.scene.strict, "Strict service", `{"points": "added"}`},
		{&s.scene.flaky, "Flaky service", `{"ticket": "opened"}`},
		{&s.scene.chat, "Team chat", `{"ok": true}`},
		{&s.scene.signIn, "Sign-in of the CRM", answerToken},
		{&s.scene.crm, "CRM", answerStored},
		{&s.scene.warehouse, "Data warehouse", `{"received": true}`},
	} {
		if *r.to, err = s.receiver(ctx, r.name, r.body); err != nil {
			return err
		}
	}
	return nil
}

// makeWorkflows makes the sample workflows; the last made is the first in the list.
func (s *story) makeWorkflows(ctx context.Context) error {
	for _, one := range []struct {
		to **models.Workflow
		by func(context.Context) (*models.Workflow, error)
	}{
		{&s.scene.off, s.makeNewsletter},
		{&s.scene.dashboard, s.makeDashboard},
		{&s.scene.warehoused, s.makeWarehouse},
		{&s.scene.card, s.makeCard},
		{&s.scene.points, s.makePoints},
		{&s.scene.ticket, s.makeTicket},
		{&s.scene.alert, s.makeAlert},
		{&s.scene.record, s.makeRecord},
		{&s.scene.purchases, s.makePurchases},
		{&s.scene.morning, s.makeMorning},
	} {
		w, err := one.by(ctx)
		if err != nil {
			return err
		}
		*one.to = w
	}
	return nil
}

// answerStored is what the CRM answers.
const answerStored = `{"status": "stored", "customer": {"id": "C-2041", "orders": [{"total": 42.5}, {"total": 18}, {"total": 7.9}]}}`

// workOutPoints is the source of the sample code task.
const workOutPoints = `function codeTask(inputs) {
  const spent = [].concat(inputs.totals ?? []).reduce((sum, total) => sum + total, 0);
  const points = Math.round(spent) + (inputs.recommend >= 9 ? 25 : 0);
  console.log("spent", spent, "points", points);
  return { points, tier: points >= 80 ? "gold" : "silver" };
}
`

// makePointsTask works out in code what the first task found.
func makePointsTask(first string) (models.TaskSpec, error) {
	config, err := models.MarshalJSON(models.CodeConfig{Source: workOutPoints, Inputs: []models.InputSpec{
		{Name: "totals", Value: "~{ch://" + first + "/$.customer.orders[*].total}", DataType: models.DataJSON},
		{Name: "recommend", Value: pipeRecommend, DataType: models.DataNumber},
	}})
	return models.TaskSpec{ID: models.NewID(models.PrefixTask), Type: models.TaskCode, Summary: "Work out the points", OnFailure: models.FailureStop, Config: config}, err
}

// makeRecord has three tasks: a call whose answer is used, code that computes with it, and a call with a free text.
func (s *story) makeRecord(ctx context.Context) (*models.Workflow, error) {
	first := models.NewID(models.PrefixTask)
	second, err := makePointsTask(first)
	if err != nil {
		return nil, err
	}
	tasks, err := calls(
		namedCall{"Update the customer", models.WebServiceConfig{
			Method: "PUT", URL: s.address(s.scene.crm, "/feedback/"+pipeResponse), CredentialID: s.scene.keys.crm,
			Headers: []models.HeaderSpec{{Key: "X-Source", Value: "survey"}},
			Body: &models.BodySpec{Format: models.BodyJSON, Mode: models.BodyKeyValue, Pairs: []models.PairSpec{
				{Key: "satisfaction", Value: pipeSatisfied, DataType: models.DataNumber},
				{Key: "recommend", Value: pipeRecommend, DataType: models.DataNumber},
				{Key: "channels", Value: pipeChannels, DataType: models.DataString},
				{Key: "bagsPerMonth", Value: pipeBags, DataType: models.DataNumber},
				{Key: "segment", Value: pipeSegment, DataType: models.DataString},
				{Key: "order", Value: pipeOrder, DataType: models.DataString},
			}},
			Outputs: []models.OutputSpec{{Name: "customerId", Path: "$.customer.id"}, {Name: "orders", Path: "$.customer.orders[*].total"}},
		}},
		namedCall{"Add a note with the comment", models.WebServiceConfig{
			Method: "POST", URL: s.address(s.scene.crm, "/notes"), CredentialID: s.scene.keys.crm,
			Body: &models.BodySpec{
				Format: models.BodyJSON, Mode: models.BodyFreeText,
				Text: "{\n  \"feedback\": \"" + pipeResponse + "\",\n  \"author\": " + pipeName + ",\n  \"text\": " + pipeReason +
					",\n  \"customer\": ~{ch://" + first + "/customerId},\n  \"points\": ~{ch://" + second.ID + "/points}\n}",
			},
		}},
	)
	if err != nil {
		return nil, err
	}
	tasks[0].ID = first
	return s.workflow(ctx, "Tell the CRM", nil, tasks[0], second, tasks[1])
}

// makeAlert has a condition.
func (s *story) makeAlert(ctx context.Context) (*models.Workflow, error) {
	tasks, err := calls(namedCall{"Post to #customer-care", models.WebServiceConfig{
		Method: "POST", URL: s.address(s.scene.chat, ""), CredentialID: s.scene.keys.chat,
		Body: &models.BodySpec{
			Format: models.BodyJSON, Mode: models.BodyFreeText,
			Text: "{\n  \"channel\": \"#customer-care\",\n  \"text\": \"A customer gave us " + pipeRecommend + " of 10: " + pipeReason + "\"\n}",
		},
	}})
	if err != nil {
		return nil, err
	}
	return s.workflow(ctx, "Alert the team", where(pipeRecommend, models.OpLessThanOrEqual, "6"), tasks...)
}

// makeTicket calls the service that is down: its runs are tried again and again.
func (s *story) makeTicket(ctx context.Context) (*models.Workflow, error) {
	tasks, err := calls(namedCall{"Create the ticket", models.WebServiceConfig{
		Method: "POST", URL: s.address(s.scene.flaky, "/tickets"), CredentialID: s.scene.keys.desk,
		Body: &models.BodySpec{Format: models.BodyURLEncoded, Mode: models.BodyKeyValue, Pairs: []models.PairSpec{
			{Key: "subject", Value: "Unhappy customer: " + pipeRecommend + " of 10"},
			{Key: "from", Value: pipeName},
			{Key: "comment", Value: pipeReason},
		}},
	}})
	if err != nil {
		return nil, err
	}
	unhappy := &models.Condition{Any: []models.Condition{
		*where(pipeSatisfied, models.OpLessThanOrEqual, "2"),
		*where(pipeReason, models.OpContains, "refund"),
	}}
	return s.workflow(ctx, "Open a ticket", unhappy, tasks...)
}

// makePoints calls the service that refuses.
func (s *story) makePoints(ctx context.Context) (*models.Workflow, error) {
	tasks, err := calls(namedCall{"Add 50 points", models.WebServiceConfig{
		Method: "POST", URL: s.address(s.scene.strict, "/points"),
		Body: &models.BodySpec{Format: models.BodyJSON, Mode: models.BodyKeyValue, Pairs: []models.PairSpec{
			{Key: "order", Value: pipeOrder, DataType: models.DataString},
			{Key: "points", Value: "50", DataType: models.DataString},
		}},
	}})
	if err != nil {
		return nil, err
	}
	return s.workflow(ctx, "Add gold points", where(pipeSegment, models.OpEqualTo, "gold"), tasks...)
}

// slowTimeout is longer than the slow service takes, in seconds.
const slowTimeout = 30

// makeCard calls the slow service three times, so that one of its runs can be watched for a while.
func (s *story) makeCard(ctx context.Context) (*models.Workflow, error) {
	address, pair := s.scene.slow, models.PairSpec{Key: "name", Value: pipeName}
	body := &models.BodySpec{Format: models.BodyJSON, Mode: models.BodyKeyValue, Pairs: []models.PairSpec{pair}}
	tasks, err := calls(
		namedCall{"Look up the address", models.WebServiceConfig{
			Method: "GET", URL: s.address(address, "/addresses?order="+pipeOrder), TimeoutSeconds: slowTimeout,
		}},
		namedCall{"Order the card", models.WebServiceConfig{
			Method: "POST", URL: s.address(address, "/cards"), Body: body, TimeoutSeconds: slowTimeout,
		}},
		namedCall{"Book the postage", models.WebServiceConfig{
			Method: "POST", URL: s.address(address, "/postage"), Body: body, TimeoutSeconds: slowTimeout, CredentialID: s.scene.keys.postage,
			Headers: []models.HeaderSpec{{Key: "X-Postage-Token", Value: "~{cr://" + s.scene.keys.postage + "/token}"}},
		}},
	)
	if err != nil {
		return nil, err
	}
	delighted := &models.Condition{All: []models.Condition{
		*where(pipeRecommend, models.OpEqualTo, "10"),
		*where(pipeName, models.OpNotEmpty, ""),
	}}
	return s.workflow(ctx, "Send a thank-you card", delighted, tasks...)
}

// makeDashboard is turned off in the end, while one of its runs waits.
func (s *story) makeDashboard(ctx context.Context) (*models.Workflow, error) {
	tasks, err := calls(namedCall{"Count a large household", models.WebServiceConfig{
		Method: "GET", URL: s.address(s.scene.flaky, "/count?bags="+pipeBags+"&segment="+pipeSegment),
	}})
	if err != nil {
		return nil, err
	}
	return s.workflow(ctx, "Feed the old dashboard", where(pipeBags, models.OpGreaterThanOrEqual, "8"), tasks...)
}

// label names the questions as the data warehouse calls its columns.
func (s *story) label(ctx context.Context) error {
	changes := map[string]*string{}
	for key, label := range map[string]string{
		qSatisfied: "satisfaction", qRecommend: "score", qChannels: "channels", qBags: "bags_per_month", qReason: "comment", "segment": "customerSegment",
	} {
		changes[key] = &label
	}
	return s.surveys.Relabel(ctx, s.scene.admin, s.scene.customers.ID, changes)
}

// makeWarehouse sends the responses of loyal customers as they are, signed and under data labels.
func (s *story) makeWarehouse(ctx context.Context) (*models.Workflow, error) {
	config, err := models.MarshalJSON(models.OutboundWebhookConfig{
		URL: s.address(s.scene.warehouse, "/responses"), Labels: models.LabelsData, Choices: models.ChoiceLabels, RatePerSecond: 20,
	})
	if err != nil {
		return nil, err
	}
	return s.workflow(ctx, "Send to the data warehouse", where(pipeSegment, models.OpEqualTo, "gold"), models.TaskSpec{
		Type: models.TaskOutboundWebhook, OnFailure: models.FailureContinue, Config: config,
	})
}

// changeAlert is a change that is not live yet.
func (s *story) changeAlert(ctx context.Context) error {
	w := s.scene.alert
	w.Draft.V.Condition = where(pipeRecommend, models.OpLessThanOrEqual, "7")
	_, err := s.store.SaveWorkflowDraft(ctx, s.scene.admin, w, 0)
	return err
}
