package components_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	c "surveyflow/views/components"
)

func TestRichText_prints_formatting_and_nothing_unsafe(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		props c.RichTextProps
		want  string
	}{
		{"plain text keeps its signs", c.RichTextProps{Text: "3 < 5 & <name>"}, `<span class="statement">3 &lt; 5 &amp; &lt;name&gt;</span>`},
		{"a plain paragraph", c.RichTextProps{Text: "a\nb", Block: true, ID: "x", Class: "hint"}, "<p id=\"x\" class=\"statement hint\">a\nb</p>"},
		{"formatted", c.RichTextProps{Text: "<b>a</b><script>alert(1)</script>", ID: "x"}, `<div id="x" class="rich"><strong>a</strong></div>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			if err := c.RichText(tt.props).Render(t.Context(), &b); err != nil {
				t.Fatal(err)
			}
			if b.String() != tt.want {
				t.Errorf("got  %s\nwant %s", b.String(), tt.want)
			}
		})
	}
}

// TestRaw_is_used_where_it_is_safe finds every place that prints HTML as it is.
func TestRaw_is_used_where_it_is_safe(t *testing.T) {
	t.Parallel()
	allowed := map[string]bool{"views/components/richtext.templ": true, "views/mail/letter.templ": true, "views/components/icon.templ": true} // sanitised, twice; compiled in
	root := os.DirFS(filepath.Join("..", ".."))
	for _, dir := range []string{"views", "handlers", "internal", "cmd"} {
		err := fs.WalkDir(root, dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_templ.go") || strings.HasSuffix(path, "_test.go") ||
				!strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".templ") {
				return err
			}
			source, err := fs.ReadFile(root, path)
			if err == nil && (strings.Contains(string(source), "templ.Raw(") || strings.Contains(string(source), "template.HTML(")) && !allowed[path] {
				t.Errorf("%s prints HTML as it is: use components.RichText", path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
