package apiv3

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"surveyflow/internal/qsf"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// newVersion is the body of POST …/versions.
type newVersion struct {
	Description string `json:"Description"`
	Published   bool   `json:"Published"`
	Revision    int64  `json:"revision"`
}

// madeVersion answers it.
type madeVersion struct {
	SurveyID      string `json:"SurveyID"`
	VersionNumber int    `json:"VersionNumber"`
	Published     bool   `json:"Published"`
}

// createVersion publishes the draft. A survey that was closed stays so: publishing changes what is asked, isActive whether it
// is (contract §7, Writes). There are no versions that are not published.
func (a *API) createVersion(c *call) (any, error) {
	var in newVersion
	if err := c.body(&in); err != nil {
		return nil, err
	}
	if !in.Published {
		return nil, invalid("Published", "api.error.published")
	}
	in.Description = strings.TrimSpace(models.CleanText(in.Description))
	if utf8.RuneCountInString(in.Description) > maxVersionDescription {
		return nil, invalid("Description", "api.error.long", "Max", maxVersionDescription)
	}
	s, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	if err := checkRevision(in.Revision, s); err != nil {
		return nil, err
	}
	if err := survey.Check(&s.Draft.V); err != nil {
		return nil, err
	}
	change := c.change(s)
	change.Description = in.Description
	live, err := survey.PutLive(c.Request().Context(), a.store, change, s.DraftRev)
	if err != nil {
		return nil, err
	}
	c.tellUnused(qsf.UnusedOf(&s.Draft.V))
	return madeVersion{SurveyID: s.ID, VersionNumber: live.Version, Published: true}, nil
}

// maxVersionDescription is how many characters the description of a version may have.
const maxVersionDescription = 1000

// versionRow is a version in lists.
type versionRow struct {
	SurveyID      string `json:"SurveyID"`
	VersionNumber int    `json:"VersionNumber"`
	Description   string `json:"Description"`
	CreationDate  string `json:"CreationDate"`
	UserID        string `json:"UserID"`
	Published     bool   `json:"Published"` // it is the one that respondents get
}

func rowOfVersion(s *models.Survey, v *models.SurveyVersion) versionRow {
	return versionRow{
		SurveyID: v.SurveyID, VersionNumber: v.Version, Description: v.Description, CreationDate: seconds(v.CreatedAt), UserID: v.CreatedBy, Published: v.Version == s.Version,
	}
}

// listVersions lists what was published, the newest first. Its token is the number of the last version of a page.
func (a *API) listVersions(c *call) (any, error) {
	s, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	page, err := c.page()
	if err != nil {
		return nil, err
	}
	before := 0
	if page.Before != "" {
		if before, err = strconv.Atoi(page.Before); err != nil || before < 1 {
			return nil, invalid("skipToken", "api.error.whole", "Min", 1, "Max", s.Version)
		}
	}
	all, err := a.store.SurveyVersions(c.Request().Context(), c.actor, s.ID, before, page.Limit)
	if err != nil {
		return nil, err
	}
	rows, next := make([]versionRow, len(all)), ""
	for i := range all {
		rows[i] = rowOfVersion(s, &all[i])
	}
	if n := len(all); n == page.Limit && all[n-1].Version > 1 {
		next = strconv.Itoa(all[n-1].Version)
	}
	return listOf(rows, a.nextPage(c, next)), nil
}

// shownVersion is one version with all that it asks.
type shownVersion struct {
	versionRow
	Definition qsf.Object `json:"Definition"`
}

// showVersion gives one version with its definition, in the shape that the draft has.
func (a *API) showVersion(c *call) (any, error) {
	s, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(c.Param("version"))
	if err != nil {
		return nil, models.NotFound("api.error.no_version")
	}
	v, err := a.store.SurveyVersion(c.Request().Context(), s.ID, number)
	if err != nil {
		return nil, missing(err, "api.error.no_version")
	}
	c.tellUnused(qsf.UnusedOf(&v.Definition.V))
	return shownVersion{
		versionRow: rowOfVersion(s, v), Definition: qsf.EncodeSurvey(qsf.Survey{Survey: s, Definition: &v.Definition.V, BaseURL: a.base.App("")}),
	}, nil
}
