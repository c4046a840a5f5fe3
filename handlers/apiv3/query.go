package apiv3

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"surveyflow/internal/link"
	"surveyflow/internal/store"
)

// defaultPage is how many elements a page has when the caller does not say (reference §4.0).
const defaultPage = 100

// page reads pageSize and skipToken.
func (c *call) page() (store.Page, error) {
	size, err := c.whole("pageSize", defaultPage, 1, store.MaxPage)
	return store.Page{Limit: size, Before: c.QueryParam("skipToken")}, err
}

// whole reads a whole number from the query.
func (c *call) whole(name string, fallback, least, most int) (int, error) {
	text := c.QueryParam(name)
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, invalid(name, "api.error.whole", "Min", least, "Max", most)
	}
	return n, nil
}

// instant reads a time from the query: RFC 3339, or a day in UTC.
func (c *call) instant(name string) (time.Time, error) {
	text := c.QueryParam(name)
	if text == "" {
		return time.Time{}, nil
	}
	t, ok := parseTime(text)
	if !ok {
		return time.Time{}, invalid(name, "api.error.time", "Value", text)
	}
	return t, nil
}

// parseTime reads the spellings of times that clients send; one without a zone is UTC.
func parseTime(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly} {
		// In a query a plus sign that was not escaped arrives as a space.
		for _, spelling := range []string{text, strings.Replace(text, " ", "+", 1)} {
			if t, err := time.Parse(layout, spelling); err == nil && t.Year() >= 1970 && t.Year() < 3000 {
				return t.UTC().Truncate(time.Microsecond), true
			}
		}
	}
	return time.Time{}, false
}

// list is a page of a list.
type list[E any] struct {
	Elements []E     `json:"elements"`
	NextPage *string `json:"nextPage"`
}

// listOf makes a page: never null, and with the absolute address of the next one when there is one.
func listOf[E any](elements []E, next *string) list[E] {
	if elements == nil {
		elements = []E{}
	}
	return list[E]{Elements: elements, NextPage: next}
}

// nextPage gives the address of the next page: this one with other parameters, named in turn with their values; nil without
// a token.
func (a *API) nextPage(c *call, token string, more ...string) *string {
	if token == "" {
		return nil
	}
	query := c.QueryParams()
	next := make(url.Values, len(query)+1)
	for name, values := range query {
		next[name] = values
	}
	next.Set("skipToken", token)
	for i := 0; i+1 < len(more); i += 2 {
		next.Set(more[i], more[i+1])
	}
	address := a.base.API(strings.TrimPrefix(c.Request().URL.Path, link.APIPrefix)) + "?" + next.Encode()
	return &address
}

// seconds writes a time as the API does: ISO 8601 in UTC, whole seconds.
func seconds(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// millis writes a time with milliseconds; null for none.
func millis(t *time.Time) *string {
	if t == nil || t.IsZero() {
		return nil
	}
	text := t.UTC().Format("2006-01-02T15:04:05.000Z")
	return &text
}
