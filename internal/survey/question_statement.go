package survey

import (
	"net/url"

	"surveyflow/models"
)

// statement is a text between questions. It is read and not answered.
type statement struct{}

func (statement) name() models.QuestionType { return models.QuestionStatement }

func (statement) check(*models.Question, *problems) {}

func (statement) parse(*models.Question, url.Values, *problems) models.Answer { return models.Answer{} }

func (statement) fill(*models.Question, models.Answer, url.Values) {}

func (statement) validate(*models.Question, models.Answer, *problems) {}

func (statement) fromAPI(*models.Question, *apiInput) models.Answer { return models.Answer{} }

func (statement) export(*models.Question, models.Answer, *Export) {}

func (statement) describe(*models.Question, *ResponseSchema) {}
