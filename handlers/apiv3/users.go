package apiv3

import (
	"slices"
	"strconv"

	"surveyflow/internal/qsf"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// userRow is a person in lists (reference §4.9).
type userRow struct {
	ID            string  `json:"id"`
	DivisionID    *string `json:"divisionId"`
	Username      string  `json:"username"`
	FirstName     string  `json:"firstName"`
	LastName      string  `json:"lastName"`
	UserType      string  `json:"userType"`
	Email         string  `json:"email"`
	AccountStatus string  `json:"accountStatus"`
}

func rowOfUser(u *models.User) userRow {
	status := "active"
	if u.DisabledAt != nil {
		status = "disabled"
	}
	return userRow{ID: u.ID, Username: u.Email, FirstName: u.FirstName, LastName: u.LastName, UserType: accountType(u), Email: u.Mailbox(), AccountStatus: status}
}

// sees reports whether the caller may know of a person: of who can sign in everybody does, since surveys are shared with
// them; of disabled people administrators alone.
func sees(c *call, u *models.User) bool {
	return u.Email != "" && (u.DisabledAt == nil || c.actor.Role == models.RoleBrandAdmin)
}

// listUsers lists the people of the organisation by address. It pages by the number of those passed over, as clients of that
// list do.
func (a *API) listUsers(c *call) (any, error) {
	size, err := c.whole("pageSize", defaultPage, 1, store.MaxPage)
	if err != nil {
		return nil, err
	}
	offset, err := c.whole("offset", 0, 0, maxOffset)
	if err != nil {
		return nil, err
	}
	people, err := a.store.Users(c.Request().Context(), c.actor)
	if err != nil {
		return nil, err
	}
	people = slices.DeleteFunc(people, func(u models.User) bool { return !sees(c, &u) })
	rows := []userRow{}
	for i := offset; i < min(offset+size, len(people)); i++ {
		rows = append(rows, rowOfUser(&people[i]))
	}
	if offset+size >= len(people) {
		return listOf(rows, nil), nil
	}
	next := strconv.Itoa(offset + size)
	return listOf(rows, a.nextPage(c, next, "offset", next)), nil
}

// userDetail is a person. What is nobody else's business is null to other members.
type userDetail struct {
	userRow
	OrganizationID        string  `json:"organizationId"`
	Language              *string `json:"language"`
	TimeZone              *string `json:"timeZone"`
	AccountCreationDate   *string `json:"accountCreationDate"`
	AccountExpirationDate *string `json:"accountExpirationDate"`
	LastLoginDate         *string `json:"lastLoginDate"`
}

func (a *API) showUser(c *call) (any, error) {
	u, err := a.store.User(c.Request().Context(), c.actor, c.Param("userId"))
	if err == nil && !sees(c, u) {
		err = models.NotFound("error.not_found")
	}
	if err != nil {
		return nil, missing(err, "api.error.no_user")
	}
	out := userDetail{userRow: rowOfUser(u), OrganizationID: u.OrgID}
	if u.ID != c.actor.UserID && c.actor.Role != models.RoleBrandAdmin {
		return out, nil
	}
	language, created := qsf.LanguageCode(u.Language), seconds(u.CreatedAt)
	out.Language, out.TimeZone, out.AccountCreationDate = &language, &u.TimeZone, &created
	if u.LastLoginAt != nil {
		last := seconds(*u.LastLoginAt)
		out.LastLoginDate = &last
	}
	return out, nil
}
