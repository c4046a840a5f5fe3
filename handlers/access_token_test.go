package handlers_test

import "maps"

// Who may come to the routes about API tokens. The walk's token is of who may least.
func init() { //nolint:gochecknoinits // the table is one, in parts
	maps.Copy(classes, map[string]string{
		"GET /account/tokens":                    "user",
		"POST /account/tokens":                   "user",
		"GET /account/tokens/:tokenID":           "user",
		"POST /account/tokens/:tokenID":          "user",
		"POST /account/tokens/:tokenID/delete":   "user",
		"GET /account/clients":                   "user",
		"POST /account/clients":                  "user",
		"GET /account/clients/:clientID":         "user",
		"POST /account/clients/:clientID":        "user",
		"POST /account/clients/:clientID/log":    "user",
		"POST /account/clients/:clientID/revoke": "user",
		"* /oauth2/token":                        "everybody", // who has a client's secret gets a token; handlers/apiv3 looks at it
	})
}
