package config

import "strings"

// Table returns the settings as the Markdown table that README shows, made from the tags of Config.
func Table() string {
	var b strings.Builder
	b.WriteString("| variable | default | meaning |\n| --- | --- | --- |\n")
	for _, f := range fields() {
		name := "`" + f.name + "`"
		if f.secret {
			name += " or `" + f.name + "_FILE`"
		}
		preset := code(f.shown)
		if preset == "" {
			preset = "`" + f.preset + "`"
		}
		b.WriteString("| " + name + " | " + preset + " | " + code(f.help) + " |\n")
	}
	return b.String()
}

// code turns the quotes of a tag, which cannot hold a backquote, into Markdown's.
func code(text string) string { return strings.ReplaceAll(text, "'", "`") }
