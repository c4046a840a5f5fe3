package apiv3

import (
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/internal/link"
)

// fold brings the spellings of the API's paths that clients use into the one that is routed: any case of "API/v3", double and
// trailing slashes (reference §4.1). A redirect would lose the body of a POST. Nothing is changed outside /API.
func fold(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		u := c.Request().URL
		if path := foldPath(u.Path); path != u.Path {
			u.Path = path
			if u.RawPath != "" {
				u.RawPath = foldPath(u.RawPath)
			}
		}
		return next(c)
	}
}

// foldPath gives the routed spelling of a path; a path outside /API as it is.
func foldPath(path string) string {
	if strings.HasPrefix(path, link.APIPrefix+"/") && !strings.Contains(path, "//") && !strings.HasSuffix(path, "/") {
		return path
	}
	segments := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	if !strings.HasPrefix(path, "/") || len(segments) == 0 || !strings.EqualFold(segments[0], "API") {
		return path
	}
	segments[0] = "API"
	if len(segments) > 1 && strings.EqualFold(segments[1], "v3") {
		segments[1] = "v3"
	}
	return "/" + strings.Join(segments, "/")
}
