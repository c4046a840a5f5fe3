package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"surveyflow/internal/account"
	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// maxPasswordFile is how many bytes of a password file are read: more than any password may have.
const maxPasswordFile = 4096

// userCommand is "surveyflow user add" (contract §1): it prints the new person's id alone.
func userCommand(ctx context.Context, e environment, args []string) error {
	_, args, err := subcommand("user", args, "add")
	if err != nil {
		return err
	}
	flags := flag.NewFlagSet("surveyflow user add", flag.ContinueOnError)
	email := flags.String("email", "", "the person's e-mail `address`, with which they sign in")
	name := flags.String("name", "", "first and last `name`")
	role := flags.String("role", "", "brand_admin or member (the default); the first person is a brand admin")
	file := flags.String("password-file", "", "a `file` with the password, or - for standard input; otherwise a terminal is asked")
	if help, err := e.parse(flags, args); help || err != nil {
		return err
	}
	switch {
	case *email == "":
		return usagef("surveyflow user add: --email is missing")
	case *role != "" && *role != string(models.RoleBrandAdmin) && *role != string(models.RoleMember):
		return usagef("surveyflow user add: --role must be %s or %s, not %q", models.RoleBrandAdmin, models.RoleMember, *role)
	}
	password, err := e.password(ctx, *file)
	if err != nil {
		return err
	}
	first, last, _ := strings.Cut(strings.TrimSpace(*name), " ")
	person := account.Person{Email: *email, FirstName: first, LastName: last, Password: password, Role: models.Role(*role)}
	return e.withStore(ctx, func(s *store.Store) error {
		u, err := account.New(s, clock.System{}, e.log).AddUser(ctx, person)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(e.out, u.ID)
		return err
	})
}

// password gives a new password: from a file, from standard input ("-"), or, with no file, from a terminal, twice.
func (e environment) password(ctx context.Context, file string) (string, error) {
	if file != "" {
		return e.filePassword(file)
	}
	tty, ok := e.in.(*os.File)
	if !ok || !term.IsTerminal(int(tty.Fd())) {
		return "", usagef("surveyflow user add: --password-file is missing, and there is no terminal to ask for the password")
	}
	password, err := e.ask(ctx, tty, "Password: ")
	if err != nil {
		return "", err
	}
	again, err := e.ask(ctx, tty, "The same again: ")
	if err != nil {
		return "", err
	}
	if password != again {
		return "", errors.New("the two passwords differ")
	}
	return password, nil
}

// filePassword reads a password from a file without the line break that editors and echo leave at its end.
func (e environment) filePassword(file string) (string, error) {
	in := e.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxPasswordFile))
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
	return string(text), nil
}

// ask asks a terminal for a password without showing it. The end of ctx (Ctrl-C) gives the terminal back as it was.
func (e environment) ask(ctx context.Context, tty *os.File, prompt string) (string, error) {
	fd := int(tty.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("ask for the password: %w", err)
	}
	fmt.Fprint(e.err, prompt)
	type answer struct {
		text []byte
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		answers <- answer{text, err}
	}()
	select {
	case a := <-answers:
		fmt.Fprintln(e.err)
		if a.err != nil {
			return "", fmt.Errorf("ask for the password: %w", a.err)
		}
		return string(a.text), nil
	case <-ctx.Done():
		fmt.Fprintln(e.err)
		return "", cmp.Or(term.Restore(fd, before), errors.New("no password was given"))
	}
}
