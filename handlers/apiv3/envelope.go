package apiv3

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/models"
)

// envelope is what every answer is wrapped in (reference §4.0).
type envelope struct {
	Result any  `json:"result,omitempty"`
	Meta   meta `json:"meta"`
}

type meta struct {
	HTTPStatus string   `json:"httpStatus"`
	RequestID  string   `json:"requestId"`
	Notice     string   `json:"notice,omitempty"`
	Error      *failure `json:"error,omitempty"`
}

// failure is what went wrong, in words and as a code.
type failure struct {
	Message string         `json:"errorMessage"`
	Code    string         `json:"errorCode,omitempty"`
	Fields  []failureField `json:"fields,omitempty"`
}

// failureField says what is wrong with one parameter or member of the body.
type failureField struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

const statusOK = "200 - OK"

// httpStatus spells a status as clients compare it (reference §4.0).
func httpStatus(status int) string {
	if status == http.StatusServiceUnavailable {
		return "503 - Temporary Internal Server Error"
	}
	return strconv.Itoa(status) + " - " + http.StatusText(status)
}

// answer writes a success: always a plain 200, because clients take 201 and 202 for failures.
func answer(c *call, result any) error {
	if c.Response().Committed { // the handler answered by itself
		return nil
	}
	e := envelope{Result: result, Meta: meta{HTTPStatus: statusOK, RequestID: web.RequestID(c), Notice: strings.Join(c.notice, " ")}}
	return write(c, http.StatusOK, e)
}

func write(c echo.Context, status int, e any) error {
	body, err := models.MarshalJSON(e)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Blob(status, echo.MIMEApplicationJSON, body)
}

const codeCertificate = "SF_CERTIFICATE"

// errorCodes are the codes of the field's API for what it says as well (reference §4.0), by message key.
var errorCodes = map[string]string{
	"api.error.no_authorization": "ATP_2",
	"api.error.no_survey":        "GSI_2",
	"api.error.no_list":          "PACC_6",
	"api.error.no_distribution":  "GED_3",
	"api.error.no_mailing_list":  "GP_0",
	"api.error.no_subscription":  "ESSG_2",
	"event.error.signature":      "SF_SIGNATURE",

	"certificate.refused.missing":    codeCertificate,
	"certificate.refused.unreadable": codeCertificate,
	"certificate.refused.foreign":    codeCertificate,
	"certificate.refused.revoked":    codeCertificate,
	"certificate.refused.expired":    codeCertificate,

	"api.error.no_route": "", // the one answer that has no code there
}

// ownCodes are the codes for everything else.
var ownCodes = map[int]string{
	http.StatusBadRequest:            "SF_INVALID",
	http.StatusUnauthorized:          "DCD_7",
	http.StatusForbidden:             "SF_FORBIDDEN",
	http.StatusNotFound:              "SF_NOT_FOUND",
	http.StatusMethodNotAllowed:      "SF_METHOD",
	http.StatusConflict:              "SF_CONFLICT",
	http.StatusRequestEntityTooLarge: "SF_TOO_LARGE",
	http.StatusUnsupportedMediaType:  "SF_MEDIA_TYPE",
	http.StatusTooManyRequests:       "SF_THROTTLED",
	http.StatusServiceUnavailable:    "SF_UNAVAILABLE",
	http.StatusInternalServerError:   "SF_INTERNAL",
}

// Problem answers with an error in the form of the API, for addresses beside it that answer alike.
func (a *API) Problem(c echo.Context, p web.Problem) error { return a.problem(c, p) }

// problem answers with an error. It is the ErrorWriter of all routes.
func (a *API) problem(c echo.Context, p web.Problem) error {
	p.Status = statusOf(p)
	if len(p.RequestID) != uuidLength { // it failed before it got its name
		p.RequestID = nameRequest(c)
	}
	ctx := c.Request().Context()
	f := &failure{Message: p.Sentence(ctx)}
	switch {
	case p.Status == http.StatusUnauthorized && c.Request().Header.Get(headerToken) == "" && strings.HasPrefix(strings.ToLower(c.Request().Header.Get("Authorization")), "bearer "):
		f.Message = i18n.T(ctx, "api.error.bearer")
		c.Response().Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`) // RFC 6750 §3.1
	case p.Status == http.StatusUnauthorized && p.Error.Key != "event.error.signature":
		f.Message = i18n.T(ctx, "api.error.token")
	case p.Status == http.StatusUnsupportedMediaType:
		f.Message = i18n.T(ctx, "api.error.media_type")
	case len(p.Error.Fields) > 0:
		f.Message = tellFields(ctx, p.Error.Fields, f)
	}
	code, known := errorCodes[p.Error.Key]
	if !known {
		code = ownCodes[p.Status]
	}
	f.Code = code
	return write(c, p.Status, envelope{Meta: meta{HTTPStatus: httpStatus(p.Status), RequestID: p.RequestID, Error: f}})
}

// statusOf gives the status of an error as the API answers it.
func statusOf(p web.Problem) int {
	if p.Status == http.StatusUnprocessableEntity { // a page's; here it is 400
		return http.StatusBadRequest
	}
	return p.Status
}

// maxFields is how many fields an error tells of.
const maxFields = 20

// tellFields adds what is wrong field by field and gives all of it as one text.
func tellFields(ctx context.Context, fields []models.FieldError, f *failure) string {
	var b strings.Builder
	for i, field := range fields {
		if i == maxFields {
			b.WriteString(" …")
			break
		}
		sentence, name := i18n.TMap(ctx, field.Key, toldArgs(field.Args)), toldText(field.Field)
		f.Fields = append(f.Fields, failureField{Field: name, Message: sentence})
		if i > 0 {
			b.WriteByte(' ')
		}
		if name == "" {
			name = "body"
		}
		b.WriteString("Invalid " + name + ": " + sentence)
	}
	return b.String()
}

// maxTold is how many characters of what was sent an error tells.
const maxTold = 300

func toldText(text string) string {
	if utf8.RuneCountInString(text) <= maxTold {
		return text
	}
	return string([]rune(text)[:maxTold]) + "…"
}

// toldArgs shortens what was sent among the arguments of a sentence.
func toldArgs(args map[string]any) map[string]any {
	args = maps.Clone(args)
	for name, value := range args {
		if text, ok := value.(string); ok {
			args[name] = toldText(text)
		}
	}
	return args
}

const uuidLength = 36

var utf8BOM = []byte("\xef\xbb\xbf")

// withoutBOM drops the mark that some programs begin UTF-8 with.
func withoutBOM(b []byte) []byte { return bytes.TrimPrefix(b, utf8BOM) }
