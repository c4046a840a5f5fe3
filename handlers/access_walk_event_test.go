package handlers_test

import "maps"

func init() {
	maps.Copy(classes, map[string]string{
		"* /inbound-event/v1/events/:format/triggers": "everybody",
		"GET /workflows/:workflowID/event/sample":     "edit",
		"POST /workflows/:workflowID/event/token":     "edit",
	})
}
