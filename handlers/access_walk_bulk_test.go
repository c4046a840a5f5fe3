package handlers_test

import "maps"

func init() {
	maps.Copy(classes, map[string]string{
		"POST /API/v3/runs/cancel":                "api user",
		"POST /API/v3/runs/play":                  "api user",
		"POST /API/v3/runs/export":                "api user",
		"POST /API/v3/workflows/:workflowId/runs": "api edit",
		"POST /API/v3/jobs/:jobId/cancel":         "secret",
		"PUT /API/v3/responses/:responseId":       "api edit",
		"GET /API/v3/jobs/:jobId/file":            "secret",
	})
}
