package extract

import (
	"regexp"
	"strings"
)

// expandedName is a name with the URI of its namespace, as XPath 3.1 writes it (§2.1 "EQName"): Q{urn:x}ticket, or Q{urn:x}* for
// every name of the namespace.
var expandedName = regexp.MustCompile(`^Q\{([^{}"]*)\}([\pL_][\pL\pN_.\-]*|\*)`)

// expandNames writes those names so that XPath 1.0 knows them. It leaves texts in quotation marks alone. A document may
// change its prefixes; names like these find the same all the same.
func expandNames(path string) string {
	if !strings.Contains(path, "Q{") {
		return path
	}
	var b strings.Builder
	for len(path) > 0 {
		if path[0] == '"' || path[0] == '\'' {
			end := strings.IndexByte(path[1:], path[0])
			if end < 0 {
				break
			}
			b.WriteString(path[:end+2])
			path = path[end+2:]
			continue
		}
		if m := expandedName.FindStringSubmatch(path); m != nil {
			b.WriteString(`*[`)
			if m[2] != "*" {
				b.WriteString(`local-name()="` + m[2] + `" and `)
			}
			b.WriteString(`namespace-uri()="` + strings.TrimSpace(m[1]) + `"]`)
			path = path[len(m[0]):]
			continue
		}
		b.WriteByte(path[0])
		path = path[1:]
	}
	return b.String() + path
}
