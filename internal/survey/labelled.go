package survey

import (
	"context"

	"surveyflow/models"
)

// Labelled is a survey with its variables and their data labels.
type Labelled struct {
	Survey    *models.Survey
	Variables []Variable        // those of the draft, then those that only the live version has
	Labels    models.DataLabels // those that the owner chose
	rev       int
}

// Find gives a variable by its key; nil when the survey has none.
func (l *Labelled) Find(key string) *Variable { return find(l.Variables, key) }

// Gone reports whether the draft no longer has a variable, which respondents still meet.
func (l *Labelled) Gone(key string) bool {
	return l.Survey.Draft.V.Question(key) == nil && l.Survey.Draft.V.Field(key) == nil
}

// Labels gives the variables and data labels of a survey that the actor may see.
func (s *Service) Labels(ctx context.Context, a models.Actor, surveyID string) (*Labelled, error) {
	v, err := s.store.Survey(ctx, a, surveyID)
	if err != nil {
		return nil, err
	}
	l := &Labelled{Survey: v, rev: v.LabelsRev}
	if l.Labels, err = s.store.LabelsAt(ctx, surveyID, v.LabelsRev); err != nil {
		return nil, err
	}
	var live *models.SurveyDefinition
	if v.Version > 0 {
		if live, err = s.Definition(ctx, surveyID, v.Version); err != nil {
			return nil, err
		}
	}
	l.Variables = EveryVariable(&v.Draft.V, live, l.Labels)
	return l, nil
}

// Relabel changes data labels: those that changes names, where nil means automatic, all or nothing. They hold from the next
// event on. It fails with models.CodeInvalid, whose fields are keys of changes; see the function [Relabel].
func (s *Service) Relabel(ctx context.Context, a models.Actor, surveyID string, changes map[string]*string) error {
	err := s.store.CheckAccess(ctx, a, surveyID, models.AccessEdit)
	if err != nil {
		return err
	}
	for range maxRetries { // whoever saves another label at the same moment does not make this one fail
		l, readErr := s.Labels(ctx, a, surveyID)
		if readErr != nil {
			return readErr
		}
		next, refused := Relabel(l.Variables, l.Labels, changes)
		if refused != nil {
			return refused
		}
		if sameLabels(next, l.Labels) {
			return nil
		}
		if _, err = s.store.SaveSurveyLabels(ctx, a, surveyID, l.rev, next); models.ErrorCode(err) != models.CodeConflict {
			return err
		}
	}
	return err
}

func sameLabels(a, b models.DataLabels) bool {
	if len(a) != len(b) {
		return false
	}
	for key, label := range a {
		if other, ok := b[key]; !ok || other != label {
			return false
		}
	}
	return true
}
