package apiv3

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

const (
	headerIdempotency = "Idempotency-Key"
	// maxKey is how long an idempotency key may be, in bytes.
	maxKey = 255
)

// createResponse stores a response in one commit with the runs that it starts. It is the busiest call by far: it writes its
// answer by hand and reads its body into a buffer that is used again.
func (a *API) createResponse(c *call) (any, error) {
	ctx := c.Request().Context()
	live, err := a.surveys.Live(ctx, c.Param("surveyId"))
	if err != nil {
		return nil, missing(err, "api.error.no_survey")
	}
	switch access := live.Access(c.actor); {
	case access == models.AccessNone:
		return nil, models.NotFound("api.error.no_survey")
	case !access.Allows(models.AccessEdit):
		return nil, &models.Error{Code: models.CodeForbidden, Key: "access.error.view"}
	}
	in := survey.Creation{SurveyID: live.Survey.ID, Key: c.Request().Header.Get(headerIdempotency)}
	if len(in.Key) > maxKey {
		return nil, invalid(headerIdempotency, "api.error.key", "Max", maxKey)
	}
	in.Depth, in.CauseRun = causeOf(c.Request().Header)
	body := buffers.Get().(*bytes.Buffer)
	defer giveBack(body)
	if err := c.readTo(body); err != nil {
		return nil, err
	}
	if in.Values, err = valuesOf(body.Bytes()); err != nil {
		return nil, err
	}
	r, err := a.surveys.Create(ctx, in)
	if err != nil {
		return nil, missing(err, "api.error.no_survey")
	}
	return nil, answerResponse(c, r.ID)
}

// answerResponse writes {"result":{"responseId":…},"meta":{…}}.
func answerResponse(c *call, id string) error {
	b := make([]byte, 0, 160)
	b = append(b, `{"result":{"responseId":"`...)
	b = append(b, id...)
	b = append(b, `"},"meta":{"httpStatus":"`+statusOK+`","requestId":"`...)
	b = append(b, web.RequestID(c)...)
	b = append(b, `"}}`...)
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, b)
}

// causeOf tells which run of ours makes the call, and how many runs of ours have led to it: what goes in circles ends
// (contract §7, Own addresses). For a call from outside that is none.
func causeOf(h http.Header) (depth int, run *string) {
	depth, err := strconv.Atoi(h.Get(models.HeaderDepth))
	if err != nil || depth < 1 {
		return 0, nil
	}
	if id := h.Get(models.HeaderRun); models.ValidID(models.PrefixRun, id) {
		run = &id
	}
	return depth, run
}

// newResponse is the body of POST /surveys/{surveyId}/responses.
type newResponse struct {
	Values map[string]json.RawMessage `json:"values"`
}

// madeResponse answers it.
type madeResponse struct {
	ResponseID string `json:"responseId"`
}

// valuesOf reads the body. What needs no care is cut out of the text as it stands; everything else, and everything that is
// wrong, is left to the decoder.
func valuesOf(body []byte) (map[string]json.RawMessage, error) {
	text := bytes.TrimSpace(withoutBOM(body))
	if values, ok := cutValues(text); ok {
		return values, nil
	}
	var in newResponse
	if err := decode(text, &in); err != nil {
		return nil, err
	}
	if in.Values == nil {
		return nil, invalid("values", "api.error.values")
	}
	return in.Values, nil
}

// responseUpdate is the body of PUT /responses/{responseId}.
type responseUpdate struct {
	SurveyID          string                     `json:"surveyId"`
	EmbeddedData      map[string]json.RawMessage `json:"embeddedData"`
	ResetRecordedDate *bool                      `json:"resetRecordedDate,omitempty"` // nil means true
}

func (a *API) updateResponse(c *call) (any, error) {
	ctx := c.Request().Context()
	var in responseUpdate
	if err := c.body(&in); err != nil {
		return nil, err
	}
	if in.SurveyID == "" {
		return nil, invalid("surveyId", "api.error.update_survey")
	}
	if len(in.EmbeddedData) == 0 {
		return nil, invalid("embeddedData", "api.error.update_nothing")
	}
	live, err := a.surveys.Live(ctx, models.CleanText(in.SurveyID))
	if err != nil {
		return nil, missing(err, "api.error.no_survey")
	}
	switch access := live.Access(c.actor); {
	case access == models.AccessNone || live.Survey.DeletedAt != nil:
		return nil, models.NotFound("api.error.no_survey")
	case !access.Allows(models.AccessEdit):
		return nil, &models.Error{Code: models.CodeForbidden, Key: "access.error.view"}
	}
	u := survey.Update{
		SurveyID: live.Survey.ID, ResponseID: c.Param("responseId"), EmbeddedData: in.EmbeddedData, Recorded: in.ResetRecordedDate == nil || *in.ResetRecordedDate,
	}
	u.Depth, u.CauseRun = causeOf(c.Request().Header)
	return nil, missing(a.surveys.Update(ctx, u), "api.error.no_response")
}

func (a *API) showResponse(c *call) (any, error) {
	ctx := c.Request().Context()
	s, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	r, err := a.store.RespondentResponse(ctx, s.ID, c.Param("responseId"))
	if err != nil {
		return nil, missing(err, "api.error.no_response")
	}
	def, err := a.surveys.Definition(ctx, s.ID, r.SurveyVersion)
	if err != nil {
		return nil, err
	}
	return survey.ExportResponse(def, r), nil
}

func (a *API) deleteResponse(c *call) (any, error) {
	s, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	remove := a.store.DeleteResponse
	if c.QueryParam("decrementQuotas") == "true" {
		remove = a.store.DeleteCountedResponse
	}
	return nil, missing(remove(c.Request().Context(), c.actor, s.ID, c.Param("responseId")), "api.error.no_response")
}

// showSchema describes the responses to what is live of a survey; to its draft while nothing is.
func (a *API) showSchema(c *call) (any, error) {
	s, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	def := &s.Draft.V
	if s.Version > 0 {
		if def, err = a.surveys.Definition(c.Request().Context(), s.ID, s.Version); err != nil {
			return nil, err
		}
	}
	return survey.DescribeResponses(def, s.Name, a.base.API("/surveys/"+s.ID+"/response-schema")), nil
}

var responseSchemaSchema = required(schema{"$schema": text, "$id": text, "title": text, "description": text, "type": text, "required": listOfText, "properties": anyObject})
