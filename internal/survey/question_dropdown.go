package survey

import "surveyflow/models"

// dropdown is one of several choices, as a single choice is; it takes less room.
type dropdown struct{ singleChoice }

func (dropdown) name() models.QuestionType { return models.QuestionDropdown }
