package task

import "surveyflow/models"

// Previewer is a task that can show what it would send, without sending it.
type Previewer interface {
	// Preview renders the request, secrets masked. Values that do not fit are errors of the fields that hold them, as
	// paths within the config; what could be rendered is given all the same.
	Preview(in Input) (models.ExchangeRequest, []models.FieldError)
}
