package runner

import (
	"context"
	"sync"

	"surveyflow/internal/store"
	"surveyflow/internal/task"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// programsKept bounds the compiled versions in memory. Versions never change, so that any may be thrown away.
const programsKept = 1000

// programs keeps compiled versions of workflows, and versions of surveys.
type programs struct {
	store   *store.Store
	types   *task.Registry
	mu      sync.Mutex
	byRef   map[versionRef]*workflow.Program
	surveys map[versionRef]*models.SurveyDefinition
	named   map[versionRef]*models.DataLabels // by their revision
}

type versionRef struct {
	id      string
	version int
}

func newPrograms(s *store.Store, types *task.Registry) *programs {
	return &programs{store: s, types: types, byRef: map[versionRef]*workflow.Program{}, surveys: map[versionRef]*models.SurveyDefinition{}, named: map[versionRef]*models.DataLabels{}}
}

// of gives the compiled version of a workflow.
func (p *programs) of(ctx context.Context, id string, version int) (*workflow.Program, error) {
	return cached(p, p.byRef, versionRef{id, version}, func() (*workflow.Program, error) {
		v, err := p.store.WorkflowVersion(ctx, id, version)
		if err != nil {
			return nil, err
		}
		return workflow.NewProgram(p.types, &v.Definition.V)
	})
}

// survey gives a version of a survey.
func (p *programs) survey(ctx context.Context, id string, version int) (*models.SurveyDefinition, error) {
	return cached(p, p.surveys, versionRef{id, version}, func() (*models.SurveyDefinition, error) {
		v, err := p.store.SurveyVersion(ctx, id, version)
		if err != nil {
			return nil, err
		}
		return &v.Definition.V, nil
	})
}

func cached[V any](p *programs, m map[versionRef]*V, ref versionRef, load func() (*V, error)) (*V, error) {
	p.mu.Lock()
	v := m[ref]
	p.mu.Unlock()
	if v != nil {
		return v, nil
	}
	v, err := load()
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(m) >= programsKept {
		clear(m)
	}
	m[ref] = v
	return v, nil
}
