package config_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"surveyflow/internal/config"
)

var update = flag.Bool("update", false, "write the settings table into README.md")

const (
	readme     = "../../README.md"
	tableStart = "<!-- settings:start -->\n"
	tableEnd   = "<!-- settings:end -->"
)

func TestTable_is_what_the_readme_shows(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(content), tableStart)
	table, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatalf("README.md lacks the lines %q and %q", tableStart, tableEnd)
	}
	if table == config.Table() {
		return
	}
	if !*update {
		t.Fatalf("README.md shows another table: run `go test ./internal/config -update` and commit it.\n%s", config.Table())
	}
	if err := os.WriteFile(readme, []byte(before+tableStart+config.Table()+tableEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestTable_describes_every_setting(t *testing.T) {
	t.Parallel()
	for line := range strings.Lines(config.Table()) {
		cells := strings.Split(strings.Trim(line, "|\n"), "|")
		if len(cells) != 3 || strings.TrimSpace(cells[0]) == "" || strings.Trim(cells[1], " `") == "" || strings.TrimSpace(cells[2]) == "" {
			t.Errorf("incomplete row: %s", line)
		}
	}
}
