package apiv3

import (
	"surveyflow/internal/qsf"
	"surveyflow/models"
)

// whoami is who the token belongs to (reference §4.9).
type whoami struct {
	UserID                string  `json:"userId"`
	BrandID               string  `json:"brandId"`
	UserName              string  `json:"userName"`
	FirstName             string  `json:"firstName"`
	LastName              string  `json:"lastName"`
	Email                 string  `json:"email"`
	AccountType           string  `json:"accountType"`
	AccountStatus         string  `json:"accountStatus"`
	Language              string  `json:"language"`
	TimeZone              string  `json:"timeZone"`
	DivisionID            *string `json:"divisionId"`
	GroupID               *string `json:"groupId"`
	AccountCreationDate   string  `json:"accountCreationDate"`
	AccountExpirationDate *string `json:"accountExpirationDate"`
}

// accountTypes are our roles in the names that the field has for them.
var accountTypes = map[models.Role]string{models.RoleBrandAdmin: "UT_BRANDADMIN", models.RoleMember: "UT_STANDARD"}

// accountType gives the type of an account; one of a program has a name of its own.
func accountType(u *models.User) string {
	if u.Service {
		return "UT_SERVICE"
	}
	return accountTypes[u.Role]
}

func (a *API) whoami(c *call) (any, error) {
	u := &c.caller.User
	zone := u.TimeZone
	if zone == "" {
		org, err := a.store.Organisation(c.Request().Context(), c.actor)
		if err != nil {
			return nil, err
		}
		zone = org.TimeZone
	}
	return whoami{
		UserID: u.ID, BrandID: u.OrgID, UserName: u.Email, FirstName: u.FirstName, LastName: u.LastName, Email: u.Mailbox(),
		AccountType: accountType(u), AccountStatus: "active", Language: qsf.LanguageCode(u.Language), TimeZone: zone,
		AccountCreationDate: seconds(u.CreatedAt),
	}, nil
}
