package apiv3

import (
	"slices"

	"surveyflow/models"
)

// newCollaboration is the body of POST …/permissions/collaborations (reference §4.4): who gets access, and what they may do,
// as groups of switches.
type newCollaboration struct {
	RecipientID string                     `json:"recipientId"`
	Permissions map[string]map[string]bool `json:"permissions"`
}

// editing are the switches of which one is enough to let somebody change the survey. Here people either look at a survey or
// change it, so that finer switches become the nearest of the two.
var editing = map[string][]string{
	"surveyDefinitionManipulation": {"copySurveyQuestions", "editSurveyFlow", "setSurveyOptions", "editQuestions", "deleteSurveyQuestions", "useBlocks", "useSkipLogic"},
	"surveyManagement":             {"editSurveys", "activateSurveys", "deactivateSurveys", "distributeSurveys", "translateSurveys"},
	"response":                     {"editSurveyResponses"},
}

func (in *newCollaboration) access() models.Access {
	for group, names := range editing {
		for name, on := range in.Permissions[group] {
			if on && slices.Contains(names, name) {
				return models.AccessEdit
			}
		}
	}
	return models.AccessView
}

// collaboration is what somebody may do with a survey.
type collaboration struct {
	RecipientID string                     `json:"recipientId"`
	Access      models.Access              `json:"access"`
	Permissions map[string]map[string]bool `json:"permissions"`
}

// collaborationOf says an access in the switches that clients know.
func collaborationOf(userID string, access models.Access) collaboration {
	edits := access.Allows(models.AccessEdit)
	permissions := map[string]map[string]bool{"result": {"viewSurveyResults": true}}
	for group, names := range editing {
		permissions[group] = map[string]bool{}
		for _, name := range names {
			permissions[group][name] = edits
		}
	}
	return collaboration{RecipientID: userID, Access: access, Permissions: permissions}
}

func (a *API) listCollaborations(c *call) (any, error) {
	rows, err := a.store.SurveyShares(c.Request().Context(), c.actor, c.Param("surveyId"))
	if err != nil {
		return nil, missing(err, "api.error.no_survey")
	}
	all := make([]collaboration, len(rows))
	for i := range rows {
		all[i] = collaborationOf(rows[i].UserID, rows[i].Access)
	}
	return listOf(all, nil), nil
}

func (a *API) createCollaboration(c *call) (any, error) {
	var in newCollaboration
	if err := c.body(&in); err != nil {
		return nil, err
	}
	ctx := c.Request().Context()
	s, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	in.RecipientID = models.CleanText(in.RecipientID)
	access := in.access()
	err = a.sharing.Share(ctx, c.actor, s.ID, in.RecipientID, access)
	if models.ErrorCode(err) == models.CodeNotFound { // the survey is there: it was read before
		return nil, invalid("recipientId", "api.error.recipient")
	}
	if err != nil {
		return nil, err
	}
	return collaborationOf(in.RecipientID, access), nil
}

// deleteCollaboration takes access back, also from oneself.
func (a *API) deleteCollaboration(c *call) (any, error) {
	err := a.store.ShareSurvey(c.Request().Context(), c.actor, c.Param("surveyId"), c.Param("recipientId"), models.AccessNone)
	return nil, missing(err, "api.error.no_collaboration")
}
