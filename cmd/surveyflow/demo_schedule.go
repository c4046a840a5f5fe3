package main

import (
	"context"

	"surveyflow/internal/cron"
	"surveyflow/internal/schedule"
	"surveyflow/models"
)

// morning is when the team is told what day it is: every working day, by the clock of the shop.
var morning = models.EventSpec{Type: models.EventSchedule, Cron: "30 8 * * 1-5", TimeZone: "Europe/Oslo"}

// makeMorning is a workflow that the clock starts.
func (s *story) makeMorning(ctx context.Context) (*models.Workflow, error) {
	tasks, err := calls(namedCall{"Say good morning", models.WebServiceConfig{
		Method: "POST", URL: s.address(s.scene.chat, "/morning"),
		Body: &models.BodySpec{Format: models.BodyJSON, Mode: models.BodyKeyValue, Pairs: []models.PairSpec{
			{Key: "text", Value: "Good morning! It is ~{aedj://date}: have a look at yesterday's answers.", DataType: models.DataString},
		}},
	}})
	if err != nil {
		return nil, err
	}
	return s.turnOn(ctx, "Good morning", nil, models.WorkflowDefinition{Event: morning, Tasks: tasks})
}

// planMornings has the story stop at the times of that workflow, so that none of them is missed.
func (s *story) planMornings() error {
	times, err := cron.Parse(morning.Cron, morning.TimeZone)
	if err != nil {
		return err
	}
	looks := schedule.New(s.store, s.clk, s.log)
	for at := times.After(s.now.Add(-demoPast)); at.Before(s.now); at = times.After(at) {
		s.then(s.now.Sub(at), func(ctx context.Context) error {
			_, err := looks.Look(ctx)
			return err
		})
	}
	return nil
}
