package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"surveyflow/models"
)

// measures gives the numbers of runs and queue to Prometheus; they are read when it asks.
type measures struct {
	app     *app
	queue   *prometheus.Desc
	runs    *prometheus.Desc
	flights *prometheus.Desc
}

func (a *app) measures() prometheus.Collector {
	return &measures{
		app:     a,
		queue:   prometheus.NewDesc("surveyflow_queue", "Unfinished work by state, over all nodes.", []string{"state"}, nil),
		runs:    prometheus.NewDesc("surveyflow_runs_total", "What this node did with runs since its start.", []string{"outcome"}, nil),
		flights: prometheus.NewDesc("surveyflow_runs_in_flight", "Runs that this node works on.", nil, nil),
	}
}

// Describe names the numbers.
func (m *measures) Describe(ch chan<- *prometheus.Desc) {
	ch <- m.queue
	ch <- m.runs
	ch <- m.flights
}

// Collect reads the numbers. Without a database the queue is left out.
func (m *measures) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	depths, err := m.app.store.QueueDepths(ctx)
	if err != nil {
		m.app.log.Warn("reading the queue for the metrics failed", "error", err)
	} else {
		for _, state := range []models.QueueState{models.QueueReady, models.QueueWaiting, models.QueueHeld, models.QueueRunning} {
			ch <- prometheus.MustNewConstMetric(m.queue, prometheus.GaugeValue, float64(depths[state]), string(state))
		}
	}
	if m.app.runner == nil {
		return
	}
	s := m.app.runner.Stats()
	ch <- prometheus.MustNewConstMetric(m.flights, prometheus.GaugeValue, float64(s.InFlight.Load()))
	for outcome, n := range map[string]int64{
		"claimed": s.Claimed.Load(), "succeeded": s.Succeeded.Load(), "failed": s.Failed.Load(), "canceled": s.Canceled.Load(),
		"retried": s.Retried.Load(), "held": s.Held.Load(),
	} {
		ch <- prometheus.MustNewConstMetric(m.runs, prometheus.CounterValue, float64(n), outcome)
	}
}
