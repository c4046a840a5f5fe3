package report

import (
	"context"
	"sync"

	"surveyflow/models"
)

// layouts keeps what was made of versions of surveys, which never change. When it is full, it begins anew.
type layouts struct {
	mu       sync.Mutex
	layouts  map[versionKey]Layout // over all versions up to that one
	versions map[versionKey]*version
}

type versionKey struct {
	survey string
	number int
}

const maxLayouts = 500

func newLayouts() layouts {
	return layouts{layouts: map[versionKey]Layout{}, versions: map[versionKey]*version{}}
}

// Layout gives what the responses of a survey consist of.
func (s *Service) Layout(ctx context.Context, v *models.Survey) (Layout, error) {
	key := versionKey{v.ID, v.Version}
	s.layouts.mu.Lock()
	l, ok := s.layouts.layouts[key]
	s.layouts.mu.Unlock()
	if ok {
		return l, nil
	}
	var all []*models.SurveyDefinition
	for n := v.Version; n >= 1; n-- {
		def, err := s.surveys.Definition(ctx, v.ID, n)
		if err != nil {
			return Layout{}, err
		}
		all = append(all, def)
	}
	if len(all) == 0 { // it was never live: nobody has answered
		all = append(all, &v.Draft.V)
	}
	l = newLayout(all)
	if v.Version == 0 { // drafts change
		return l, nil
	}
	s.layouts.mu.Lock()
	defer s.layouts.mu.Unlock()
	if len(s.layouts.layouts) >= maxLayouts {
		clear(s.layouts.layouts)
	}
	s.layouts.layouts[key] = l
	return l, nil
}

// version gives a version of a survey, ready to read answers by.
func (s *Service) version(ctx context.Context, surveyID string, number int) (*version, error) {
	key := versionKey{surveyID, number}
	s.layouts.mu.Lock()
	v := s.layouts.versions[key]
	s.layouts.mu.Unlock()
	if v != nil {
		return v, nil
	}
	def, err := s.surveys.Definition(ctx, surveyID, number)
	if err != nil {
		return nil, err
	}
	v = newVersion(def)
	s.layouts.mu.Lock()
	defer s.layouts.mu.Unlock()
	if len(s.layouts.versions) >= maxLayouts {
		clear(s.layouts.versions)
	}
	s.layouts.versions[key] = v
	return v, nil
}
