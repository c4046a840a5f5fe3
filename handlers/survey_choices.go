package handlers

import (
	"context"

	"surveyflow/internal/store"
	"surveyflow/models"
	"surveyflow/views/components"
)

// surveyChoices offers every survey that the actor may edit, the last changed first, and the one named keep, where they
// may see it: what a form holds already stays in it.
func surveyChoices(ctx context.Context, s *store.Store, actor models.Actor, keep string) ([]components.Option, error) {
	var out []components.Option
	page := store.Page{Limit: store.MaxPage}
	for {
		some, next, err := s.Surveys(ctx, actor, store.SurveyFilter{Page: page})
		if err != nil {
			return nil, err
		}
		for _, v := range some {
			if v.ID == keep || v.Access.Allows(models.AccessEdit) {
				out = append(out, components.Option{Value: v.ID, Label: v.Name})
			}
		}
		if next == "" {
			return out, nil
		}
		page.Before = next
	}
}
