package apiv3

import (
	"net/http"
	"reflect"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/internal/link"
	"surveyflow/models"
)

// openAPI answers the description of the API, which never changes while the program runs. It needs no token: it says nothing
// of anybody's data.
func (a *API) openAPI(c echo.Context) error {
	nameRequest(c)
	text, err := a.description()
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, text)
}

// describe makes the OpenAPI 3.1 description out of the table of routes.
func (a *API) describe() schema {
	d := &describer{components: schema{}}
	paths := schema{}
	for _, e := range a.table {
		path := pathOf(e.pattern)
		if paths[path] == nil {
			paths[path] = schema{}
		}
		paths[path].(schema)[strings.ToLower(e.method)] = operation(d, e)
	}
	d.components["TaskWrite"] = taskWrite(d)
	d.components["Failure"] = d.object(reflect.TypeFor[failure]())
	groups := make([]schema, len(tags))
	for i, tag := range tags {
		groups[i] = schema{"name": tag}
	}
	version := a.version
	if version == "" {
		version = "dev"
	}
	return schema{
		"openapi": "3.1.0",
		"info": schema{
			"title": "Surveyflow API", "version": version,
			"description": "Paths, shapes and error codes of the Qualtrics API v3, and beyond it workflows and runs. Every answer is an envelope with result and meta; a success is always a plain 200.",
		},
		"servers": []schema{{"url": a.base.API("")}},
		"tags":    groups,
		"paths":   paths,
		"components": schema{
			"schemas": d.components,
			"securitySchemes": schema{
				"token":  schema{"type": "apiKey", "in": "header", "name": "X-API-TOKEN"},
				"bearer": schema{"type": "http", "scheme": "bearer"},
				"oauth2": schema{"type": "oauth2", "flows": schema{"clientCredentials": schema{"tokenUrl": a.base.App(link.PatternOAuthToken), "scopes": scopesSchema()}}},
			},
		},
	}
}

// scopesSchema says of each scope what it is for.
func scopesSchema() schema {
	scopes := schema{}
	for _, scope := range models.AllScopes() {
		level, resource, _ := strings.Cut(scope, ":")
		scopes[scope] = level + " " + strings.ReplaceAll(resource, "_", " ")
	}
	return scopes
}

// pathOf gives a pattern as OpenAPI writes it: below the server's address, with parameters in braces.
func pathOf(pattern string) string {
	segments := strings.Split(strings.TrimPrefix(pattern, link.APIPrefix), "/")
	for i, s := range segments {
		if name, ok := strings.CutPrefix(s, ":"); ok {
			segments[i] = "{" + name + "}"
		}
	}
	return strings.Join(segments, "/")
}

func operation(d *describer, e endpoint) schema {
	o := schema{"operationId": e.name, "tags": []string{e.tag}, "summary": e.summary, "responses": responses(d, e)}
	if e.more != "" {
		o["description"] = e.more
	}
	o["security"] = []schema{}
	if !e.open {
		scopes := []string{}
		if scope := scopeOf(e.method, e.pattern); scope != "" {
			scopes = append(scopes, scope)
		}
		o["security"] = []schema{{"token": []string{}}, {"bearer": []string{}}, {"oauth2": scopes}}
	}
	var params []schema
	for segment := range strings.SplitSeq(e.pattern, "/") {
		if name, ok := strings.CutPrefix(segment, ":"); ok {
			params = append(params, schema{"name": name, "in": "path", "required": true, "schema": text})
		}
	}
	all := e.params
	if !e.open {
		all = append([]param{scopeParam}, all...)
	}
	for _, p := range all {
		params = append(params, schema{"name": p.name, "in": p.in, "description": p.text, "schema": p.schema})
	}
	if len(params) > 0 {
		o["parameters"] = params
	}
	if e.body != nil {
		content := jsonContent(d.of(e.body))
		if e.form {
			content[echo.MIMEMultipartForm] = schema{"schema": d.of(e.body)}
		}
		o["requestBody"] = schema{"required": !e.noBody, "content": content}
	}
	return o
}

func jsonContent(s schema) schema { return schema{echo.MIMEApplicationJSON: schema{"schema": s}} }

var metaSchema = schema{
	"type": "object", "required": []string{"httpStatus", "requestId"},
	"properties": schema{"httpStatus": text, "requestId": schema{"type": "string", "format": "uuid"}, "notice": text},
}

// responses describes the success of a route, and failures, which all look alike.
func responses(d *describer, e endpoint) schema {
	success := schema{"type": "object", "properties": schema{"meta": metaSchema}, "required": []string{"meta"}}
	switch {
	case e.plain:
		success = d.of(e.result)
	case e.result != nil:
		success["properties"] = schema{"result": d.of(e.result), "meta": metaSchema}
		success["required"] = []string{"result", "meta"}
	}
	failed := schema{
		"type": "object", "required": []string{"meta"},
		"properties": schema{"meta": schema{
			"type": "object", "required": []string{"httpStatus", "requestId", "error"},
			"properties": schema{"httpStatus": text, "requestId": text, "error": reference("Failure")},
		}},
	}
	content := jsonContent(success)
	if e.file {
		content = schema{"*/*": schema{"schema": schema{"type": "string", "format": "binary"}}}
	}
	return schema{
		"200":     schema{"description": "200 - OK", "content": content},
		"default": schema{"description": "What went wrong", "content": jsonContent(failed)},
	}
}
