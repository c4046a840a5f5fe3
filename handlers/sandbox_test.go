package handlers_test

import (
	"os"
	"testing"

	"surveyflow/internal/script"
)

// TestMain lets the test's program be its own sandbox for code tasks, as the real one is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == script.Argument {
		if err := script.Serve(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}
