package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
)

// version is set when a release is built: -ldflags "-X main.version=1.2.3".
var version = "dev"

// commit gives the version control revision that the program was built from.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, modified := "unknown", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = "+changes"
		}
	}
	return revision + modified
}

func versionCommand(out io.Writer) error {
	_, err := fmt.Fprintf(out, "surveyflow %s (commit %s, %s)\n", version, commit(), runtime.Version())
	return err
}
