package apiv3

import (
	"encoding/json"
	"strconv"
	"strings"

	"surveyflow/internal/qsf"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// newSession is the body of POST /surveys/{surveyId}/sessions.
type newSession struct {
	Language     string                     `json:"language,omitempty"`
	EmbeddedData map[string]json.RawMessage `json:"embeddedData,omitempty"`
	// RecipientID is the contact who answers, by either of their ids, and DistributionID what invited them; without it their last
	// invitation to the survey counts.
	RecipientID    string `json:"recipientId,omitempty"`
	DistributionID string `json:"distributionId,omitempty"`
}

// sessionChange is the body of POST /surveys/{surveyId}/sessions/{sessionId}.
type sessionChange struct {
	Advance      bool                       `json:"advance,omitempty"`
	Close        bool                       `json:"close,omitempty"`
	EmbeddedData map[string]json.RawMessage `json:"embeddedData,omitempty"`
	Responses    map[string]json.RawMessage `json:"responses,omitempty"`
}

// shownSession answers all calls of sessions.
type shownSession struct {
	SessionID    string            `json:"sessionId"`
	Language     string            `json:"language"`
	EmbeddedData map[string]string `json:"embeddedData"`
	Questions    []sessionQuestion `json:"questions"` // of the page that is shown; none when the session is over
	Done         bool              `json:"done"`
	// QuotaMet is how a full quota has ended the session; nil else.
	QuotaMet *sessionQuota `json:"quotaMet,omitempty"`
}

// sessionQuota is what respondents hear of a full quota.
type sessionQuota struct {
	QuotaID     string `json:"quotaId"`
	Message     string `json:"message"`     // may be formatted; empty for the product's own
	RedirectURL string `json:"redirectUrl"` // where they can go on; empty for nowhere
}

// sessionQuestion is one question as it would be shown, with its piped text put in.
type sessionQuestion struct {
	QuestionID string          `json:"questionId"`
	Type       string          `json:"type"`    // that of survey definitions in lower case; "nps" for itself
	Display    string          `json:"display"` // may be formatted
	Required   bool            `json:"required"`
	Options    sessionOptions  `json:"options"`
	Choices    []sessionChoice `json:"choices"` // of a matrix and of sliders the rows
}

type sessionOptions struct {
	MultiSelect  bool            `json:"multiSelect"`
	ColumnLabels []sessionChoice `json:"columnLabels"`
}

type sessionChoice struct {
	ChoiceID  string `json:"choiceId"`
	Display   string `json:"display"`
	TextEntry bool   `json:"textEntry"`
	Exclusive bool   `json:"exclusive"`
}

func (a *API) startSession(c *call) (any, error) {
	var in newSession
	if err := c.body(&in); err != nil {
		return nil, err
	}
	s, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	inv, err := a.sessionInvitation(c, s, &in)
	if err != nil {
		return nil, err
	}
	id, v, err := a.surveys.StartSession(c.Request().Context(), survey.SessionStart{
		SurveyID: s.ID, Language: models.CleanText(in.Language), EmbeddedData: in.EmbeddedData, Invitation: inv,
	})
	if err != nil {
		return nil, err
	}
	return sessionOf(id, v), nil
}

// sessionInvitation finds the invitation of the person whom a session is of; nil when none is named.
func (a *API) sessionInvitation(c *call, s *models.Survey, in *newSession) (*models.Invitation, error) {
	ctx := c.Request().Context()
	if in.RecipientID == "" {
		if in.DistributionID != "" {
			return nil, invalid("recipientId", "session.error.recipient_unnamed")
		}
		return nil, nil
	}
	contactID := in.RecipientID
	if rest, ok := strings.CutPrefix(contactID, string(models.PrefixLookup)); ok {
		contactID = string(models.PrefixContact) + rest
	}
	if !models.ValidID(models.PrefixContact, contactID) {
		return nil, invalid("recipientId", "session.error.recipient")
	}
	distributionID := in.DistributionID
	if distributionID != "" {
		d, err := a.store.Distribution(ctx, c.actor, distributionID)
		if err == nil && d.SurveyID != s.ID {
			err = models.NotFound("error.not_found")
		}
		if err != nil {
			return nil, missing(err, "api.error.no_distribution")
		}
		if d.LinkType == models.LinkAnonymous {
			return nil, invalid("distributionId", "session.error.public_distribution")
		}
		if d.ParentID != nil { // a reminder leads to what it reminds of
			distributionID = *d.ParentID
		}
	}
	inv, err := a.store.ContactInvitation(ctx, s.ID, contactID, distributionID)
	return inv, missing(err, "session.error.not_invited")
}

func (a *API) showSession(c *call) (any, error) {
	v, err := a.session(c)
	if err != nil {
		return nil, err
	}
	return sessionOf(c.Param("sessionId"), v), nil
}

func (a *API) updateSession(c *call) (any, error) {
	var in sessionChange
	if err := c.body(&in); err != nil {
		return nil, err
	}
	if in.Advance && in.Close {
		return nil, invalid("close", "session.error.both")
	}
	v, err := a.session(c)
	if err != nil {
		return nil, err
	}
	v, err = a.surveys.UpdateSession(c.Request().Context(), v, survey.SessionUpdate{
		Responses: in.Responses, EmbeddedData: in.EmbeddedData, Advance: in.Advance, Close: in.Close,
	})
	if err != nil {
		return nil, err
	}
	return sessionOf(c.Param("sessionId"), v), nil
}

// session finds the session that the path names, for who may edit its survey, or to look at it see it.
func (a *API) session(c *call) (*survey.Visit, error) {
	s, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	return a.surveys.Session(c.Request().Context(), s.ID, c.Param("sessionId"))
}

func sessionOf(id string, v *survey.Visit) shownSession {
	out := shownSession{SessionID: id, Language: qsf.LanguageCode(v.Definition.Language), EmbeddedData: v.Response.Fields.V, Questions: []sessionQuestion{}}
	if out.EmbeddedData == nil {
		out.EmbeddedData = map[string]string{}
	}
	if out.Done = v.State != survey.StateAnswering; out.Done {
		if v.Full() {
			end, piped := v.End(), v.Piped()
			out.QuotaMet = &sessionQuota{QuotaID: v.FullQuota(), Message: piped.Rich(end.Message), RedirectURL: piped.Redirect(end)}
		}
		return out
	}
	piped := v.Piped()
	for _, q := range v.Questions() {
		q = piped.Question(q)
		shown := sessionQuestion{QuestionID: q.ID, Type: sessionType(&q), Display: q.Text, Required: q.Required, Choices: sessionChoices(q.Choices)}
		shown.Options = sessionOptions{MultiSelect: q.Type == models.QuestionMultipleChoice || q.Type == models.QuestionMatrixMultiple, ColumnLabels: []sessionChoice{}}
		if len(q.Rows) > 0 {
			shown.Choices, shown.Options.ColumnLabels = sessionChoices(q.Rows), shown.Choices
		}
		out.Questions = append(out.Questions, shown)
	}
	return out
}

func sessionChoices(all []models.Choice) []sessionChoice {
	out := make([]sessionChoice, len(all))
	for i, c := range all {
		out[i] = sessionChoice{ChoiceID: strconv.Itoa(c.ID), Display: c.Text, TextEntry: c.TextEntry, Exclusive: c.Exclusive}
	}
	return out
}

func sessionType(q *models.Question) string {
	if q.Type == models.QuestionNPS {
		return "nps"
	}
	return strings.ToLower(qsf.Kind(q.Type))
}
