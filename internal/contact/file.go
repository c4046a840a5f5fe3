package contact

import (
	"strings"
	"time"

	"surveyflow/models"
)

// Columns are the first columns of a list as a file; the names of its fields follow. An import reads the same names.
var Columns = []string{
	"contactId", "email", "firstName", "lastName", "phone", "language", "externalReference", "tags", "unsubscribed", "unsubscribedEverywhere", "createdAt",
}

// Record gives a contact as a line of a file, with those fields after the columns.
func Record(c *models.Contact, fields []string) []string {
	line := []string{
		c.ID, c.Email, c.FirstName, c.LastName, c.Phone, c.Language, c.ExternalRef, strings.Join(c.Tags.V, "; "),
		truth(c.OptedOutAt != nil), truth(c.OptedOutOrg != nil), c.CreatedAt.UTC().Format(time.RFC3339),
	}
	for _, name := range fields {
		line = append(line, c.Fields.V[name])
	}
	return line
}

func truth(yes bool) string {
	if yes {
		return "true"
	}
	return "false"
}
