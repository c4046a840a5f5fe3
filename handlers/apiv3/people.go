package apiv3

import (
	"surveyflow/internal/account"
	"surveyflow/internal/link"
	"surveyflow/models"
)

// organisation is the organisation of the instance (reference §4.9).
type organisation struct {
	ID             string  `json:"id"`
	Name           string  `json:"name"`
	BaseURL        string  `json:"baseUrl"`
	Type           string  `json:"type"`
	Status         string  `json:"status"`
	CreationDate   *string `json:"creationDate"`
	ExpirationDate *string `json:"expirationDate"`
}

// showOrganisation gives the one organisation; others are not there.
func (a *API) showOrganisation(c *call) (any, error) {
	o, err := a.store.Organisation(c.Request().Context(), c.actor)
	if err != nil {
		return nil, err
	}
	if c.Param("organizationId") != o.ID {
		return nil, models.NotFound("api.error.no_organization")
	}
	return organisation{ID: o.ID, Name: o.Name, BaseURL: a.base.App(""), Type: "Brand", Status: "Active"}, nil
}

// group is a group or division of people. An instance has neither: people share with each other.
type group struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (a *API) listGroups(*call) (any, error) { return listOf[group](nil, nil), nil }

// library is where messages stand: each person has one of their own.
type library struct {
	LibraryID   string `json:"libraryId"`
	LibraryName string `json:"libraryName"`
}

func (a *API) listLibraries(c *call) (any, error) {
	u := &c.caller.User
	return listOf([]library{{LibraryID: u.ID, LibraryName: u.Name()}}, nil), nil
}

// madeToken answers POST …/apitoken.
type madeToken struct {
	APIToken string `json:"apiToken"`
}

// apiTokenName is what a token is called that was made through the API.
const apiTokenName = "api"

// createAPIToken makes a token for the caller, in the place of the one that was made so before.
func (a *API) createAPIToken(c *call) (any, error) {
	if c.Param("userId") != c.actor.UserID {
		return nil, missing(models.NotFound("error.not_found"), "api.error.no_user")
	}
	secret, _, err := account.New(a.store, a.clock, a.log).ReplaceToken(c.Request().Context(), c.actor, apiTokenName)
	if err != nil {
		return nil, err
	}
	return madeToken{APIToken: secret}, nil
}

// showAPIToken says that a token is shown once.
func (a *API) showAPIToken(c *call) (any, error) {
	if c.Param("userId") != c.actor.UserID {
		return nil, missing(models.NotFound("error.not_found"), "api.error.no_user")
	}
	return nil, models.NotFound("api.error.token_once")
}

func (a *API) peopleEndpoints() []endpoint {
	return []endpoint{
		{
			method: get, pattern: link.PatternAPIOrganization, handler: a.serve(a.showOrganisation), name: "getOrganization", tag: tagAccount,
			summary: "The organisation of the instance", result: organisation{},
		},
		{
			method: get, pattern: link.PatternAPIGroups, handler: a.serve(a.listGroups), name: "listGroups", tag: tagAccount,
			summary: "Groups of people, which an instance has none of", result: list[group]{},
		},
		{
			method: get, pattern: link.PatternAPIDivisions, handler: a.serve(a.listGroups), name: "listDivisions", tag: tagAccount,
			summary: "Divisions, which an instance has none of", result: list[group]{},
		},
		{
			method: get, pattern: link.PatternAPILibraries, handler: a.serve(a.listLibraries), name: "listLibraries", tag: tagAccount,
			summary: "The caller's library", result: list[library]{},
		},
		{
			method: post, pattern: link.PatternAPIUserToken, handler: a.serve(a.createAPIToken), name: "createApiToken", tag: tagAccount,
			summary: "Make a token for oneself", more: "It is shown this once, and takes the place of the one that was made so before; others stay.", body: anyObject, noBody: true, result: madeToken{},
		},
		{
			method: get, pattern: link.PatternAPIUserToken, handler: a.serve(a.showAPIToken), name: "getApiToken", tag: tagAccount,
			summary: "Tokens are kept as hashes and cannot be shown again: always 404",
		},
	}
}
