package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// story tells what happened in an instance, moment by moment: it sets the clock and does what people and respondents did
// then, while server and workers run as always. So all that a demo shows was made by the program itself.
type story struct {
	*app
	clk   *demoClock
	now   time.Time // when the story is told: its end
	scene *demoScene
	plan  []moment
}

// moment is one thing that happened.
type moment struct {
	ago time.Duration // before the end of the story
	do  func(context.Context) error
}

// then adds a moment to the plan.
func (s *story) then(ago time.Duration, do func(context.Context) error) {
	s.plan = append(s.plan, moment{ago, do})
}

// tell lets all moments happen in their order, and ends in the present.
func (s *story) tell(ctx context.Context) error {
	slices.SortStableFunc(s.plan, func(a, b moment) int { return int(b.ago - a.ago) })
	for _, m := range s.plan {
		if err := s.advance(ctx, s.now.Add(-m.ago)); err != nil {
			return err
		}
		if err := m.do(ctx); err != nil {
			return err
		}
		if err := s.rest(ctx); err != nil {
			return err
		}
	}
	if err := s.advance(ctx, s.now); err != nil {
		return err
	}
	s.clk.present()
	return nil
}

// advance lets time pass up to t; what falls due on the way is done at its time.
func (s *story) advance(ctx context.Context, t time.Time) error {
	for {
		moved, next, err := s.store.PromoteDue(ctx)
		if err != nil {
			return err
		}
		if moved > 0 { // they may wait again, for less than next
			if err := s.rest(ctx); err != nil {
				return err
			}
			continue
		}
		if next.IsZero() || next.After(t) {
			break
		}
		if next.After(s.clk.Now()) {
			s.clk.set(next)
		}
	}
	if t.After(s.clk.Now()) { // the work itself takes time, too
		s.clk.set(t)
	}
	return nil
}

const (
	restEvery  = time.Millisecond
	restWithin = 20 * time.Second
)

// rest waits until nobody works on a run and none is ready.
func (s *story) rest(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, restWithin, errors.New("the sample runs do not come to an end"))
	defer cancel()
	tick := time.NewTicker(restEvery)
	defer tick.Stop()
	for {
		depths, err := s.store.QueueDepths(ctx)
		if err != nil || depths[models.QueueReady]+depths[models.QueueRunning] == 0 {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// answer makes a response, as a program that asks people by itself would.
func (s *story) answer(ctx context.Context, surveyID string, took time.Duration, values map[string]any) (*models.Response, error) {
	values["startDate"] = s.clk.Now().Add(-took).Format(time.RFC3339Nano)
	values["distributionChannel"] = string(models.ChannelLink)
	raw := make(map[string]json.RawMessage, len(values))
	for name, value := range values {
		text, err := models.MarshalJSON(value)
		if err != nil {
			return nil, err
		}
		raw[name] = text
	}
	r, err := s.surveys.Create(ctx, survey.Creation{SurveyID: surveyID, Values: raw})
	if err != nil {
		return nil, fmt.Errorf("answer survey %s: %w", surveyID, err)
	}
	return r, nil
}

// set changes what a receiver answers from now on.
func (s *story) set(ctx context.Context, r *models.Receiver, status int, body string) error {
	r.Status, r.Body = status, body
	return s.store.SaveReceiver(ctx, s.scene.admin, r)
}

// runOf finds the run of a workflow for a response.
func (s *story) runOf(ctx context.Context, workflowID string, r *models.Response) (string, error) {
	runs, _, err := s.store.Runs(ctx, s.scene.admin, store.RunFilter{WorkflowID: workflowID, ResponseID: r.ID})
	if err != nil || len(runs) != 1 {
		return "", errors.Join(fmt.Errorf("find the run of workflow %s for response %s: there are %d", workflowID, r.ID, len(runs)), err)
	}
	return runs[0].ID, nil
}

// moments gives n times before the end of the story, the last one first: a few hours apart, more in the day than at
// night, and the same in every demo.
func moments(end time.Time, n int, first, last time.Duration, random *rand.Rand) []time.Duration {
	all := make([]time.Duration, 0, n)
	for len(all) < n {
		ago := last + time.Duration(random.Int64N(int64(first-last)))
		if hour := end.Add(-ago).Hour(); hour < 6 && random.IntN(8) > 0 {
			continue
		}
		all = append(all, ago)
	}
	slices.Sort(all)
	return all
}
