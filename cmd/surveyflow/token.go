package main

import (
	"context"
	"flag"
	"fmt"

	"surveyflow/internal/account"
	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// cliToken is the name of the token that the command makes and replaces (contract §1).
const cliToken = "cli"

// tokenCommand is "surveyflow token create": it prints the token alone.
func tokenCommand(ctx context.Context, e environment, args []string) error {
	_, args, err := subcommand("token", args, "create")
	if err != nil {
		return err
	}
	flags := flag.NewFlagSet("surveyflow token create", flag.ContinueOnError)
	email := flags.String("email", "", "the e-mail `address` of the person for whom the token acts")
	if help, err := e.parse(flags, args); help || err != nil {
		return err
	}
	if *email == "" {
		return usagef("surveyflow token create: --email is missing")
	}
	return e.withStore(ctx, func(s *store.Store) error {
		u, err := findUser(ctx, s, *email)
		if err != nil {
			return err
		}
		token, _, err := account.New(s, clock.System{}, e.log).ReplaceToken(ctx, u.Actor(models.ViaSystem), cliToken)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(e.out, token)
		return err
	})
}

func findUser(ctx context.Context, s *store.Store, email string) (*models.User, error) {
	o, err := s.TheOrganisation(ctx)
	var u *models.User
	if err == nil {
		u, err = s.UserByEmail(ctx, models.SystemActor(o.ID), email)
	}
	switch {
	case models.ErrorCode(err) == models.CodeNotFound:
		return nil, fmt.Errorf("nobody has the e-mail address %q", email)
	case err != nil:
		return nil, err
	case u.DisabledAt != nil:
		return nil, fmt.Errorf("%s is disabled", u.Email)
	}
	return u, nil
}
