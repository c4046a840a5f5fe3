package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/config"
	"surveyflow/internal/secret"
	"surveyflow/internal/store"
)

// rootKeys gives the keys of SECRET_KEY or, without it, those of the file beside the SQLite database, which is made when
// there is none.
func rootKeys(c config.Config) (config.Keys, error) {
	if len(c.SecretKeys) > 0 {
		return c.SecretKeys, nil
	}
	return secret.LoadOrCreateFile(c.SecretKeyFile())
}

// keysCommand is "surveyflow keys status" and "surveyflow keys rotate" (contract §1).
func keysCommand(ctx context.Context, e environment, args []string) error {
	verb, args, err := subcommand("keys", args, "status", "rotate")
	if err != nil {
		return err
	}
	if help, err := e.parse(flag.NewFlagSet("surveyflow keys "+verb, flag.ContinueOnError), args); help || err != nil {
		return err
	}
	keks, err := e.keys()
	if err != nil {
		return err
	}
	return e.withStore(ctx, func(s *store.Store) error {
		sealer, err := secret.Open(ctx, s, keks, clock.System{})
		if err != nil {
			return err
		}
		if verb == "rotate" {
			n, err := sealer.Rotate(ctx)
			if err != nil {
				return fmt.Errorf("rotate keys: %w; what was done stays, run it again", err)
			}
			fmt.Fprintf(e.out, "There is a new data key; %d sealed values were sealed anew. Running servers use it within a minute.\n", n)
		}
		status, err := sealer.Status(ctx)
		if err != nil {
			return err
		}
		return printKeys(e.out, status)
	})
}

func printKeys(out io.Writer, st secret.Status) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ROOT KEY\tWRAPS DATA KEYS\t")
	for i, r := range st.Roots {
		note := ""
		switch {
		case i == 0:
			note = "newest"
		case r.DataKeys == 0:
			note = "can be taken out of SECRET_KEY"
		}
		fmt.Fprintf(w, "%s\t%d\t%s\n", r.ID, r.DataKeys, note)
	}
	fmt.Fprintln(w, "\t\t")
	fmt.Fprintln(w, "DATA KEY\tROOT KEY\tMADE\tSEALED VALUES\t")
	for _, k := range st.Keys {
		note := ""
		if k.Current {
			note = "in use"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\n", k.ID, k.Root, k.CreatedAt.Format(time.RFC3339), k.Values, note)
	}
	return w.Flush()
}
