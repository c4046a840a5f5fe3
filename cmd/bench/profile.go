package main

import (
	"context"
	_ "embed"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// profileSource becomes a file of the program when it is built for a profile: SIGUSR1 starts one, SIGUSR2 ends it and writes
// it, with the allocations and the waits, into the folder that BENCH_PROFILE names.
//
//go:embed profile.go.txt
var profileSource string

// startProfile makes a server that was built for it begin a profile.
func (b *bench) startProfile(r *running) error {
	if err := os.MkdirAll(b.profileFolder(r), 0o700); err != nil {
		return err
	}
	return r.procs[0].cmd.Process.Signal(syscall.SIGUSR1)
}

// endProfile ends the profile and waits until it is written.
func (b *bench) endProfile(ctx context.Context, r *running) error {
	written := filepath.Join(b.profileFolder(r), "done")
	if err := os.Remove(written); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := r.procs[0].cmd.Process.Signal(syscall.SIGUSR2); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		if _, err := os.Stat(written); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.New("no profile was written")
		case <-look.C:
		}
	}
}

// profileFolder is where the profiles of a database's server go.
func (b *bench) profileFolder(r *running) string {
	return filepath.Join(b.profile, string(r.database.dialect))
}
