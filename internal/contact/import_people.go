package contact

import (
	"context"
	"maps"
	"slices"
	"strings"

	"surveyflow/internal/store"
	"surveyflow/models"
)

// fixed are the first columns of what programs bring.
var fixed = []models.ImportColumn{
	{To: "email"}, {To: "firstName"}, {To: "lastName"}, {To: "phone"}, {To: "language"}, {To: "externalReference"}, {To: "tags"}, {To: "unsubscribed"},
}

// People is what a program brings into a list at once.
type People struct {
	Name   string // of the import, as people see it
	Merge  models.MergeRule
	Follow bool // new contacts start workflows
	// Each calls add for one contact after the other; what it gives ends the reading. Their number counts from 1.
	Each func(add func(models.Contact) error) error
}

// BringPeople imports contacts of a program as [Service.Begin] imports a file: by a job, which it gives with the import.
func (s *Service) BringPeople(ctx context.Context, a models.Actor, listID string, p People) (*models.ContactImport, *models.Job, error) {
	if _, err := s.store.ContactList(ctx, a, listID); err != nil {
		return nil, nil, err
	}
	if !slices.Contains(models.MergeRules, p.Merge) {
		return nil, nil, models.Invalid(models.Field("merge", "contact.error.merge"))
	}
	w, err := s.newLines(ctx, a)
	if err != nil {
		return nil, nil, err
	}
	i := &models.ContactImport{ListID: listID, Name: fileName(p.Name), Format: models.ImportJSON, RowsID: w.parts.ID, Merge: p.Merge, Follow: p.Follow}
	i.Columns.V = slices.Clone(fixed)
	places := map[string]int{}
	number := 0
	err = p.Each(func(c models.Contact) error {
		number++
		cells, err := cellsOf(i, places, &c)
		if err != nil {
			return err
		}
		return w.add(number, cells)
	})
	if err == nil {
		err = w.parts.Flush()
	}
	if err == nil && w.lines == 0 {
		err = models.Invalid(models.Field("contacts", "import.error.empty"))
	}
	if err != nil {
		return nil, nil, s.drop(ctx, i, err)
	}
	i.Lines, i.Width = w.lines, len(i.Columns.V)
	var j *models.Job
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		if err := tx.CreateContactImport(ctx, a, i); err != nil {
			return err
		}
		j, err = s.beginIn(ctx, tx, a, i)
		return err
	})
	return i, j, err
}

// cellsOf makes a line of a contact. A field that no contact before had becomes a column.
func cellsOf(i *models.ContactImport, places map[string]int, c *models.Contact) ([]string, error) {
	unsubscribed := ""
	if c.OptedOutAt != nil {
		unsubscribed = truth(true)
	}
	tags := make([]string, len(c.Tags.V))
	for n, tag := range c.Tags.V { // they stand in one cell
		tags[n] = strings.NewReplacer(",", " ", ";", " ", "|", " ").Replace(tag)
	}
	cells := make([]string, len(i.Columns.V))
	copy(cells, []string{c.Email, c.FirstName, c.LastName, c.Phone, c.Language, c.ExternalRef, strings.Join(tags, ";"), unsubscribed})
	for _, name := range slices.Sorted(maps.Keys(c.Fields.V)) {
		place, known := places[name]
		if !known {
			if len(i.Columns.V) >= mostFields {
				return nil, models.Invalid(models.Field("contacts", "contact.export.fields", "Max", mostFields))
			}
			column := models.ImportColumn{Heading: name, To: models.ImportField, Field: name}
			if models.IsCustomField(name) {
				column.To, column.Field = name, ""
			}
			place = len(i.Columns.V)
			places[name] = place
			i.Columns.V, cells = append(i.Columns.V, column), append(cells, "")
		}
		cells[place] = c.Fields.V[name]
	}
	for n := range cells {
		cells[n] = models.CleanText(cells[n])
	}
	return cells, nil
}
