package apiv3

import (
	"slices"
	"time"

	"surveyflow/internal/store"
	"surveyflow/models"
)

// historyRow is what became of a distribution for one person.
type historyRow struct {
	ContactID      *string       `json:"contactId"`
	LookupID       *string       `json:"contactLookupId"`
	DistributionID string        `json:"distributionId"`
	Status         historyStatus `json:"status"`
	SurveyLink     *string       `json:"surveyLink"`
	FrequencyRule  *string       `json:"contactFrequencyRuleId"`
	ResponseID     *string       `json:"responseId"`
	CompletedAt    *string       `json:"responseCompletedAt"`
	SentAt         *string       `json:"sentAt"`
	OpenedAt       *string       `json:"openedAt"`
	StartedAt      *string       `json:"responseStartedAt"`
	SessionID      *string       `json:"surveySessionId"`
}

// historyStatus says how far somebody is, in the words of the field's API.
type historyStatus string

// The statuses that there are of those of the field's API.
const (
	historyPending   historyStatus = "Pending"
	historySuccess   historyStatus = "Success"
	historyOpened    historyStatus = "Opened"
	historySkipped   historyStatus = "Skipped"
	historyBlocked   historyStatus = "Blocked"
	historyFailure   historyStatus = "Failure"
	historyBounce    historyStatus = "HardBounce"
	historyComplaint historyStatus = "Complaint"
	historyStarted   historyStatus = "SurveyStarted"
	historyFinished  historyStatus = "SurveyFinished"
)

var historyStatuses = []historyStatus{
	historyPending, historySuccess, historyOpened, historySkipped, historyBlocked, historyFailure, historyBounce, historyComplaint, historyStarted, historyFinished,
}

// historyOf tells how far somebody is with the mail of a distribution.
func historyOf(d *models.Distribution, r *store.Recipient) historyStatus {
	if d.ParentID == nil {
		return invitedStatus(&r.Invitation)
	}
	by := func(at *time.Time, mail *string) bool { return at != nil && mail != nil && *mail == d.ID }
	switch {
	case *r.MailStatus == models.InvitationQueued:
		return historyPending
	case *r.MailStatus == models.InvitationFailed:
		return historyFailure
	case *r.MailStatus == models.InvitationBounced:
		return historyBounce
	case by(r.FinishedAt, r.FinishedBy):
		return historyFinished
	case by(r.StartedAt, r.StartedBy):
		return historyStarted
	case by(r.ComplainedAt, r.FollowedBy):
		return historyComplaint
	case by(r.OpenedAt, r.OpenedBy):
		return historyOpened
	}
	return historySuccess
}

// invitedStatus tells how far an invitation is.
func invitedStatus(i *models.Invitation) historyStatus {
	switch i.Status {
	case models.InvitationSent:
		return historySuccess
	case models.InvitationOpened:
		return historyOpened
	case models.InvitationStarted:
		return historyStarted
	case models.InvitationFinished:
		return historyFinished
	case models.InvitationFailed:
		return historyFailure
	case models.InvitationBounced:
		return historyBounce
	case models.InvitationOptedOut:
		if i.ComplainedAt != nil && i.FollowedBy == nil {
			return historyComplaint
		}
		if i.SentAt != nil {
			return historySuccess
		}
		return historySkipped
	case models.InvitationHeld:
		switch {
		case blocked(i):
			return historyBlocked
		case i.Reason != models.HeldNoServer && !slices.Contains(models.WaitReasons, i.Reason):
			return historySkipped
		}
	}
	return historyPending
}

func blocked(i *models.Invitation) bool {
	return i.Status == models.InvitationHeld && (i.Reason == models.HeldSurveyRule || i.Reason == models.HeldOrgRule)
}

// lookup gives the contact's id within their list.
func lookup(contactID *string) *string {
	if contactID == nil {
		return nil
	}
	id := (&models.Contact{ID: *contactID}).LookupID()
	return &id
}

// linkTo gives the link of somebody: their own, or the survey's.
func (a *API) linkTo(d *models.Distribution, r *store.Recipient) string {
	if d.LinkType == models.LinkAnonymous {
		return a.base.JFE(d.SurveyID)
	}
	return a.base.Personal(r.Slug, r.Crk, r.Token)
}

// recipientsOf gives a page of the people of the distribution that the path names.
func (a *API) recipientsOf(c *call, d *models.Distribution) ([]store.Recipient, *string, error) {
	page, err := c.page()
	if err != nil {
		return nil, nil, err
	}
	all, next, err := a.store.Recipients(c.Request().Context(), d, page)
	return all, a.nextPage(c, next), err
}

func (a *API) distributionHistory(c *call) (any, error) {
	d, err := a.distribution(c)
	if err != nil {
		return nil, err
	}
	all, next, err := a.recipientsOf(c, d)
	if err != nil {
		return nil, err
	}
	_, err = a.store.SurveyToEdit(c.Request().Context(), c.actor, d.SurveyID)
	edits := err == nil
	rows := make([]historyRow, len(all))
	for i := range all {
		r := &all[i]
		sent := r.SentAt
		if d.ParentID != nil {
			sent = r.MailSentAt
		}
		rows[i] = historyRow{
			ContactID: r.ContactID, LookupID: lookup(r.ContactID), DistributionID: d.ID, Status: historyOf(d, r), ResponseID: r.ResponseID,
			CompletedAt: millis(r.FinishedAt), SentAt: millis(sent), OpenedAt: millis(r.OpenedAt), StartedAt: millis(r.StartedAt),
		}
		if edits { // who follows a personal link answers as that person
			address := a.linkTo(d, r)
			rows[i].SurveyLink = &address
		}
	}
	return listOf(rows, next), nil
}

// linkRow is the personal link of one person.
type linkRow struct {
	ContactID    *string `json:"contactId"`
	Transaction  *string `json:"transactionId"`
	Link         string  `json:"link"`
	Exceeded     bool    `json:"exceededContactFrequency"`
	Expiration   *string `json:"linkExpiration"`
	Status       string  `json:"status"`
	LastName     *string `json:"lastName"`
	FirstName    *string `json:"firstName"`
	ExternalRef  *string `json:"externalDataReference"`
	Email        *string `json:"email"`
	Unsubscribed bool    `json:"unsubscribed"`
}

// linkStatus says how far the person of a link is, in words.
func linkStatus(i *models.Invitation) string {
	switch invitedStatus(i) {
	case historyFinished:
		return "Survey Finished"
	case historyStarted:
		return "Survey Started"
	case historyOpened:
		return "Email opened"
	case historySuccess, historyComplaint:
		return "Email sent"
	case historyBounce:
		return "Email bounced"
	case historyFailure:
		return "Email failed"
	}
	return "Email not sent"
}

func (a *API) distributionLinks(c *call) (any, error) {
	d, err := a.distribution(c)
	if err != nil {
		return nil, err
	}
	if _, err := a.store.SurveyToEdit(c.Request().Context(), c.actor, d.SurveyID); err != nil {
		return nil, err
	}
	all, next, err := a.recipientsOf(c, d)
	if err != nil {
		return nil, err
	}
	rows := make([]linkRow, len(all))
	for i := range all {
		r := &all[i]
		rows[i] = linkRow{
			ContactID: r.ContactID, Link: a.linkTo(d, r), Exceeded: blocked(&r.Invitation), Expiration: maybeSeconds(r.ExpiresAt), Status: linkStatus(&r.Invitation),
			LastName: said(r.LastName), FirstName: said(r.FirstName), ExternalRef: said(r.ExternalRef), Email: said(r.Email), Unsubscribed: r.Unsubscribed,
		}
	}
	return listOf(rows, next), nil
}
