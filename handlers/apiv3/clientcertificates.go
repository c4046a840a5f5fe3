package apiv3

import (
	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
)

// newCertificate is what POST …/clientcertificates takes (reference §4.9).
type newCertificate struct {
	Request string `json:"certificateRequest"`
}

// madeCertificate is what it answers.
type madeCertificate struct {
	ID          string `json:"id"`
	Certificate string `json:"certificate"`
}

// certificateRow is a client certificate in lists.
type certificateRow struct {
	ID             string                   `json:"id"`
	Subject        string                   `json:"subject"`
	SerialNumber   string                   `json:"serialNumber"`
	Fingerprint    string                   `json:"fingerprint"`
	Status         models.CertificateStatus `json:"status"`
	CreatedBy      string                   `json:"createdBy"`
	CreationDate   string                   `json:"creationDate"`
	ExpirationDate string                   `json:"expirationDate"`
	RevocationDate *string                  `json:"revocationDate"`
	LastUsed       *string                  `json:"lastUsed"`
}

// certificateDetail is one client certificate.
type certificateDetail struct {
	certificateRow
	Certificate string `json:"certificate"`
}

func (a *API) rowOfCertificate(c *models.ClientCertificate) certificateRow {
	return certificateRow{
		ID: c.ID, Subject: c.Subject, SerialNumber: c.Serial, Fingerprint: c.Fingerprint, Status: c.Status(a.clock.Now()), CreatedBy: c.UserID,
		CreationDate: seconds(c.CreatedAt), ExpirationDate: seconds(c.ExpiresAt), RevocationDate: millis(c.RevokedAt), LastUsed: millis(c.LastUsedAt),
	}
}

// certificateAdmin lets brand admins of the organisation in the path pass.
func certificateAdmin(c *call) error {
	switch {
	case c.Param("organizationId") != c.actor.OrgID:
		return models.NotFound("api.error.no_organization")
	case c.actor.Role != models.RoleBrandAdmin:
		return &models.Error{Code: models.CodeForbidden, Key: "error.forbidden"}
	}
	return nil
}

func (a *API) createCertificate(c *call) (any, error) {
	if err := certificateAdmin(c); err != nil {
		return nil, err
	}
	var in newCertificate
	if err := c.body(&in); err != nil {
		return nil, err
	}
	made, err := a.certificates.Issue(c.Request().Context(), c.actor, in.Request)
	if err != nil {
		return nil, err
	}
	return madeCertificate{ID: made.ID, Certificate: made.Certificate}, nil
}

func (a *API) listCertificates(c *call) (any, error) {
	if err := certificateAdmin(c); err != nil {
		return nil, err
	}
	page, err := c.page()
	if err != nil {
		return nil, err
	}
	all, next, err := a.store.ClientCertificates(c.Request().Context(), c.actor, page)
	if err != nil {
		return nil, err
	}
	rows := make([]certificateRow, len(all))
	for i := range all {
		rows[i] = a.rowOfCertificate(&all[i])
	}
	return listOf(rows, a.nextPage(c, next)), nil
}

func (a *API) showCertificate(c *call) (any, error) {
	if err := certificateAdmin(c); err != nil {
		return nil, err
	}
	row, err := a.store.ClientCertificate(c.Request().Context(), c.actor, c.Param("certificateId"))
	if err != nil {
		return nil, missing(err, "api.error.no_certificate")
	}
	return certificateDetail{certificateRow: a.rowOfCertificate(row), Certificate: row.Certificate}, nil
}

// deleteCertificate revokes one, and says when no program can call any more.
func (a *API) deleteCertificate(c *call) (any, error) {
	if err := certificateAdmin(c); err != nil {
		return nil, err
	}
	ctx := c.Request().Context()
	if err := a.store.RevokeClientCertificate(ctx, c.actor, c.Param("certificateId")); err != nil {
		return nil, missing(err, "api.error.no_certificate")
	}
	if !c.caller.CertificateRequired {
		return nil, nil
	}
	left, err := a.store.ActiveClientCertificates(ctx, c.actor.OrgID)
	if err != nil {
		return nil, err
	}
	if len(left) == 0 {
		c.notice = append(c.notice, i18n.T(ctx, "certificate.last_revoked"))
	}
	return nil, nil
}

// checkCertificate refuses a call without a client certificate where the organisation requires one. Where it does not, one that comes
// along is noted, so that people see which programs have one before they require them.
func (a *API) checkCertificate(c *call) error {
	given := web.ClientCertificate(c)
	if given == "" && !c.caller.CertificateRequired {
		return nil
	}
	err := a.certificates.Check(c.Request().Context(), c.caller.Token.OrgID, given)
	if !c.caller.CertificateRequired {
		return nil
	}
	return err
}

func (a *API) certificateEndpoints() []endpoint {
	return []endpoint{
		{
			method: get, pattern: link.PatternAPICertificates, handler: a.serve(a.listCertificates), name: "listClientCertificates", tag: tagAccount,
			summary: "The client certificates of the organisation, the newest first; for administrators", result: list[certificateRow]{}, params: paging,
		},
		{
			method: post, pattern: link.PatternAPICertificates, handler: a.serve(a.createCertificate), name: "createClientCertificate", tag: tagAccount,
			summary: "Issue a client certificate for a request (PKCS #10, PEM); for administrators",
			more:    "It is good for a year. Of the request, the key and the common name are taken. At most 10 count at a time.",
			body:    newCertificate{}, result: madeCertificate{},
		},
		{
			method: get, pattern: link.PatternAPICertificate, handler: a.serve(a.showCertificate), name: "getClientCertificate", tag: tagAccount,
			summary: "One client certificate; for administrators", result: certificateDetail{},
		},
		{
			method: del, pattern: link.PatternAPICertificate, handler: a.serve(a.deleteCertificate), name: "deleteClientCertificate", tag: tagAccount,
			summary: "Revoke a client certificate; calls with it are refused within a second", more: "It stays in the list, as revoked.",
		},
	}
}
