package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/internal/store"
	"surveyflow/models"
)

// Values gives what a form sent in its body, cleaned for the database (see [models.CleanText]) and with plain line
// breaks. What the address says is not part of it.
func Values(c echo.Context) (url.Values, error) {
	r := c.Request()
	if err := r.ParseForm(); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, err
		}
		return nil, &models.Error{Code: models.CodeInvalid, Key: "error.bad_request", Cause: err}
	}
	clean := make(url.Values, len(r.PostForm))
	for name, all := range r.PostForm {
		texts := make([]string, len(all))
		for i, text := range all {
			texts[i] = cleanField(text)
		}
		clean[cleanField(name)] = texts
	}
	return clean, nil
}

// cleanField makes a field safe to keep; browsers send line breaks as CR LF.
func cleanField(s string) string {
	return strings.ReplaceAll(models.CleanText(s), "\r\n", "\n")
}

// Bind fills a request struct from the body of a form. A field is bound when it has a tag:
//
//	Name     string   `form:"name"`          // without space around it
//	Password string   `form:"password,raw"`  // as typed
//	Tags     []string `form:"tag"`
//	Required bool     `form:"required"`      // a box that is ticked
//	Revision int64    `form:"revision"`      // empty is 0; something else than a number is models.CodeInvalid
func Bind(c echo.Context, to any) error {
	values, err := Values(c)
	if err != nil {
		return err
	}
	target := reflect.ValueOf(to).Elem()
	var wrong []models.FieldError
	for i := range target.NumField() {
		name, option, _ := strings.Cut(target.Type().Field(i).Tag.Get("form"), ",")
		if name == "" || name == "-" {
			continue
		}
		if !bindField(target.Field(i), values[name], option == "raw") {
			wrong = append(wrong, models.Field(name, "error.whole_number"))
		}
	}
	return models.Invalid(wrong...)
}

// bindField puts the values of a form's field into a struct's. It reports whether they fit.
func bindField(field reflect.Value, values []string, raw bool) bool {
	trimmed := make([]string, len(values))
	for i, v := range values {
		trimmed[i] = v
		if !raw {
			trimmed[i] = strings.TrimSpace(v)
		}
	}
	first := ""
	if len(trimmed) > 0 {
		first = trimmed[0]
	}
	switch field.Kind() {
	case reflect.String:
		field.SetString(first)
	case reflect.Bool:
		field.SetBool(first != "")
	case reflect.Int, reflect.Int64:
		if first == "" {
			return true
		}
		n, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return false
		}
		field.SetInt(n)
	case reflect.Slice:
		field.Set(reflect.ValueOf(trimmed))
	default:
		panic(fmt.Sprintf("web: a form cannot be bound to %s", field.Type()))
	}
	return true
}

// PageOf gives the place in a list that the address names with its parameter "after".
func PageOf(c echo.Context) store.Page {
	return store.Page{Before: models.CleanText(c.QueryParam("after"))}
}

// Query gives a parameter of the address, cleaned and without space around it.
func Query(c echo.Context, name string) string {
	return strings.TrimSpace(models.CleanText(c.QueryParam(name)))
}

// Refused gives what a form shows when its input was not taken: the errors of its fields, or the error as a whole as one
// without a field. Errors that a form cannot answer for (nothing there, a fault of ours) are no refusal.
func Refused(c echo.Context, err error) (fields []models.FieldError, status int, refused bool) {
	e, ok := errors.AsType[*models.Error](err)
	if !ok {
		return nil, 0, false
	}
	p := problemOf(err)
	switch e.Code {
	case models.CodeInvalid, models.CodeConflict:
	case models.CodeThrottled:
		c.Response().Header().Set("Retry-After", strconv.Itoa(p.RetryAfter))
	default:
		return nil, 0, false
	}
	if len(e.Fields) > 0 {
		return e.Fields, p.Status, true
	}
	return []models.FieldError{{Key: e.Key, Args: e.Args}}, p.Status, true
}
