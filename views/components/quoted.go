package components

import "strings"

// Quoted lists names as a sentence can hold them.
func Quoted(names []string) string {
	return "“" + strings.Join(names, "”, “") + "”"
}
