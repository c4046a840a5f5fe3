package workflow

import (
	"strings"

	"surveyflow/models"
)

// respondentNames are the names of embedded data that say who a respondent is, in lower case and without _ and -: those of
// links and contacts, and those that the field's exports use.
var respondentNames = map[string]func(*models.Person) *string{
	"firstname":          func(p *models.Person) *string { return &p.FirstName },
	"recipientfirstname": func(p *models.Person) *string { return &p.FirstName },
	"lastname":           func(p *models.Person) *string { return &p.LastName },
	"recipientlastname":  func(p *models.Person) *string { return &p.LastName },
	"email":              func(p *models.Person) *string { return &p.Email },
	"emailaddress":       func(p *models.Person) *string { return &p.Email },
	"recipientemail":     func(p *models.Person) *string { return &p.Email },
}

// unjoin takes what joins words out of a name.
var unjoin = strings.NewReplacer("_", "", "-", "")

// Respondent gives who an event is about, as it was then: the contact, or what the response carries under names such as
// firstName, lastName and email. It is nil when nothing is known, and for a response to an anonymous survey.
func Respondent(s *models.Snapshot) *models.Person {
	if s.Contact != nil {
		return s.Contact
	}
	if s.Response == nil || s.Response.ID == "" {
		return nil
	}
	var p models.Person
	for name, value := range s.Fields {
		field, known := respondentNames[unjoin.Replace(strings.ToLower(name))]
		if !known {
			continue
		}
		// Of two names for the same thing the smaller value is taken, so that it is the same at every look.
		if to := field(&p); *to == "" || value != "" && value < *to {
			*to = strings.TrimSpace(value)
		}
	}
	if p.FirstName == "" && p.LastName == "" && p.Email == "" {
		return nil
	}
	return &p
}
