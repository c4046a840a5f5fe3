package main

import (
	"context"
	"time"

	"surveyflow/internal/contact"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// makeCalls is a collector whose webhook the chat of the shop calls, with some calls in its log, and the two workflows of the
// starters that send a survey; they are drafts.
func (s *story) makeCalls(ctx context.Context) error {
	a, v := s.scene.admin, s.scene.customers
	c := &models.Collector{Type: models.CollectorEmail, Name: "After a chat"}
	if err := s.store.CreateCollector(ctx, a, v.ID, c); err != nil {
		return err
	}
	if err := s.makeSenders(ctx); err != nil {
		return err
	}
	const done = `{"status":true,"notification":"Action processed correctly"}`
	now := s.clk.Now()
	var calls []models.CollectorCall
	for i, one := range []struct {
		email, crk, first, topic, answer string
		status                           int
	}{
		{"olav.berg@example.com", "chat-4702", "Olav", "delivery", done, 200},
		{"nadia.haddad@example.com", "chat-4705", "Nadia", "invoice", done, 200},
		{"felix.brandt", "chat-4711", "Felix", "delivery", `{"status":false,"notification":"Action failed","error":"email: This is no e-mail address."}`, 400},
		{"felix.brandt@example.com", "chat-4711", "Felix", "delivery", done, 200},
	} {
		at := now.Add(-time.Duration(9-2*i) * time.Hour)
		row := models.CollectorCall{
			ID: models.NewOrderedID(models.PrefixCall, at), OrgID: a.OrgID, CollectorID: c.ID, Method: "POST", Status: one.status, Answer: one.answer,
			EmailHash: models.HashEmail(one.email), At: at,
		}
		row.Params.V = map[string]string{"email": one.email, "crk": one.crk, "firstName": one.first, "referrer": "chat", "custom1": one.topic}
		if one.status == 200 {
			out, err := s.app.contacts.PutCalls(ctx, a.OrgID, c.ID, contact.Cause{}, []contact.Call{{
				Contact: models.Contact{Email: one.email, FirstName: one.first}, Crk: one.crk, Fields: map[string]string{"referrer": "chat", "custom1": one.topic},
			}})
			if err != nil {
				return err
			}
			row.InvitationID = &out[0].Invitation.ID
		}
		calls = append(calls, row)
	}
	return s.store.RecordCalls(ctx, calls)
}

// makeSenders makes the workflows that send a survey.
func (s *story) makeSenders(ctx context.Context) error {
	for _, one := range []struct {
		name  string
		event models.EventSpec
		task  models.SendSurveyConfig
	}{
		{"Invite the customer after a purchase", models.EventSpec{Type: models.EventJSON, Fields: []models.EventField{
			{Name: "email", Path: "$.customer.email"}, {Name: "firstName", Path: "$.customer.firstName"}, {Name: "order", Path: "$.order.number"},
		}}, models.SendSurveyConfig{To: "~{aedj://email}", FirstName: "~{aedj://firstName}", Fields: map[string]string{"custom1": "~{aedj://order}"}}},
		{
			"Survey a new employee after 30 days",
			models.EventSpec{Type: models.EventContactList},
			models.SendSurveyConfig{To: "${m://Email}", FirstName: "${m://FirstName}", LastName: "${m://LastName}", Delay: "P30D", Reminders: []string{"P7D"}},
		},
	} {
		one.task.SurveyID = s.scene.customers.ID
		config, err := models.MarshalJSON(one.task)
		if err != nil {
			return err
		}
		w := &models.Workflow{ID: models.NewID(models.PrefixWorkflow), OwnerID: s.scene.admin.UserID, Name: one.name, EventType: one.event.Type}
		w.Draft.V = models.WorkflowDefinition{Event: one.event, Tasks: []models.TaskSpec{{Type: models.TaskSendSurvey, OnFailure: models.FailureContinue, Config: config}}}
		workflow.Normalize(&w.Draft.V)
		if err := s.store.CreateWorkflow(ctx, s.scene.admin, w); err != nil {
			return err
		}
	}
	return nil
}
