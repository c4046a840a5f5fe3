package respondpages

import (
	"testing"

	"surveyflow/models"
)

func TestEveryTypeOfQuestionHasAControl(t *testing.T) {
	t.Parallel()
	for _, kind := range models.QuestionTypes {
		if respondControls[kind] == nil {
			t.Errorf("there is no control for %s", kind)
		}
	}
}
