package link

import (
	"net/url"
	"strings"
)

// Patterns of the pages about what other systems pass on.
const (
	PatternCollectorWebhook      = "/surveys/:surveyID/collectors/:collectorID/webhook"
	PatternCollectorWebhookToken = "/surveys/:surveyID/collectors/:collectorID/webhook/token"
	PatternCollectorData         = "/surveys/:surveyID/collectors/:collectorID/data"
)

// CollectorWebhook returns the path of the page about a collector's webhook (POST tries it).
func CollectorWebhook(surveyID, collectorID string) string {
	return fill(PatternCollectorWebhook, surveyID, collectorID)
}

// CollectorWebhookToken returns the path that makes a token for a collector alone (POST).
func CollectorWebhookToken(surveyID, collectorID string) string {
	return fill(PatternCollectorWebhookToken, surveyID, collectorID)
}

// CollectorData returns the path of the page that puts data into a collector's link.
func CollectorData(surveyID, collectorID string) string {
	return fill(PatternCollectorData, surveyID, collectorID)
}

// WithPairs adds pairs of a name and a value to a link, as segments of its path.
func WithPairs(to string, pairs ...[2]string) string {
	var b strings.Builder
	b.WriteString(to)
	for _, p := range pairs {
		b.WriteString("/" + url.PathEscape(p[0]) + "/" + url.PathEscape(p[1]))
	}
	return b.String()
}

// WithQuery adds them as parameters of its query.
func WithQuery(to string, pairs ...[2]string) string {
	for i, p := range pairs {
		to += map[bool]string{true: "?", false: "&"}[i == 0] + url.QueryEscape(p[0]) + "=" + url.QueryEscape(p[1])
	}
	return to
}
