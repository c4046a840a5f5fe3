package main

import (
	"context"
	"io"
)

func demoCommand(ctx context.Context, args []string, getenv func(string) string, out, errOut io.Writer) error {
	return usagef("demo")
}
