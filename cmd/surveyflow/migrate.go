package main

import (
	"context"
	"flag"
	"fmt"
	"path"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/config"
	"surveyflow/internal/store"
)

// migrateCommand is "surveyflow migrate" and "surveyflow migrate status" (contract §1).
func migrateCommand(ctx context.Context, e environment, c config.Config, args []string) error {
	status := len(args) > 0 && args[0] == "status"
	if status {
		args = args[1:]
	}
	if help, err := e.parse(flag.NewFlagSet("surveyflow migrate", flag.ContinueOnError), args); help || err != nil {
		return err
	}
	if status {
		e.open = func(ctx context.Context) (*store.Store, error) { return openStore(ctx, c, clock.System{}, e.log) }
	}
	return e.withStore(ctx, func(s *store.Store) error {
		all, err := s.Migrations(ctx)
		if err != nil {
			return err
		}
		for _, m := range all {
			when := "pending"
			if !m.AppliedAt.IsZero() {
				when = m.AppliedAt.UTC().Format(time.RFC3339)
			}
			if _, err := fmt.Fprintf(e.out, "%-20s  %s\n", when, path.Base(m.Name)); err != nil {
				return err
			}
		}
		return nil
	})
}
