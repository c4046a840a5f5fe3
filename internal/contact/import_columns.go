package contact

import (
	"slices"
	"strings"
	"unicode"

	"surveyflow/models"
)

// headings are what columns are called in the files of other programs, in the languages that pages will have, by what they are.
var headings = map[string][]string{
	"email":             {"email", "mail", "emailaddress", "mailaddress", "epost", "epostadresse", "epostadress", "emailadresse", "mailadresse", "adresemail", "primaryemail", "recipientemail", "emailadress", "youremail", "电子邮件", "邮箱"},
	"firstName":         {"firstname", "givenname", "forename", "first", "name", "fullname", "fornavn", "förnamn", "vorname", "imię", "imie", "navn", "namn", "recipientfirstname", "名"},
	"lastName":          {"lastname", "surname", "familyname", "last", "etternavn", "efternamn", "nachname", "familienname", "nazwisko", "recipientlastname", "姓"},
	"phone":             {"phone", "phonenumber", "telephone", "tel", "mobile", "mobilephone", "cell", "telefon", "telefonnummer", "mobil", "mobilnummer", "handy", "numertelefonu", "电话", "手机"},
	"language":          {"language", "lang", "locale", "languagecode", "språk", "sprache", "język", "jezyk", "语言"},
	"externalReference": {"externalreference", "externaldatareference", "externalref", "extref", "externalid", "customerid", "customernumber", "employeeid", "employeenumber", "crmid", "kundenummer", "kundnummer", "kundennummer"},
	"tags":              {"tags", "tag", "labels", "etiketter", "etiketten", "tagi"},
	"unsubscribed":      {"unsubscribed", "optedout", "optout", "unsubscribe"},
}

// notImported are columns of an export that say nothing which an import could write.
var notImported = []string{"contactid", "unsubscribedeverywhere", "createdat"}

// plain writes a heading so that spellings of it are one.
func plain(heading string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}

// target gives what a heading says of its column; empty when nothing.
func target(heading string) string {
	name := plain(heading)
	if models.IsCustomField(name) {
		return name
	}
	for to, names := range headings {
		if slices.Contains(names, name) {
			return to
		}
	}
	return ""
}

// guessHeading reports whether the first line of a file names its columns: one of them is called what columns are called, or
// none of its cells is an address while those below are.
func guessHeading(first []string) bool {
	known := false
	for _, cell := range first {
		if models.ValidEmail(cell) {
			return false
		}
		known = known || target(cell) != ""
	}
	return known || len(first) > 1
}

// guessColumns gives the columns of a file a meaning: by their headings, by what looks like addresses, and a field of their own
// to what is left.
func guessColumns(width int, heading []string, lines [][]string) []models.ImportColumn {
	columns := make([]models.ImportColumn, width)
	taken := map[string]bool{}
	for i := range columns {
		c := &columns[i]
		if i < len(heading) {
			c.Heading = cutRunes(heading[i], models.ContactMaxFieldName)
		}
		to := target(c.Heading)
		switch {
		case to != "" && !taken[to]:
			c.To, taken[to] = to, true
		case c.Heading != "" && !slices.Contains(notImported, plain(c.Heading)) && !taken["field "+strings.ToLower(c.Heading)]:
			c.To, c.Field = models.ImportField, c.Heading
			taken["field "+strings.ToLower(c.Heading)] = true
		}
	}
	if taken["email"] {
		return columns
	}
	for i := range columns {
		for _, line := range lines {
			if i < len(line) && models.ValidEmail(line[i]) {
				columns[i].To, columns[i].Field = "email", ""
				return columns
			}
		}
	}
	return columns
}

func cutRunes(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most])
	}
	return text
}

// CheckColumns says what is wrong with the meaning of columns: fields "columns.0" and so on.
func CheckColumns(columns []models.ImportColumn, merge models.MergeRule) []models.FieldError {
	var wrong []models.FieldError
	taken := map[string]bool{}
	for i := range columns {
		c := &columns[i]
		field := ColumnField(i)
		if c.To != models.ImportField {
			c.Field = ""
		}
		key := c.To
		switch {
		case c.To == "":
			continue
		case c.To == models.ImportField:
			c.Field = strings.TrimSpace(models.CleanText(c.Field))
			if c.Field == "" || len([]rune(c.Field)) > models.ContactMaxFieldName || strings.ContainsAny(c.Field, "\r\n\t") {
				wrong = append(wrong, models.Field(field, "contact.error.field_name", "Max", models.ContactMaxFieldName))
			}
			key = c.Field
		case !slices.Contains(models.ImportTargets, c.To) && !models.IsCustomField(c.To):
			wrong = append(wrong, models.Field(field, "import.error.target"))
		}
		if taken[key] {
			wrong = append(wrong, models.Field(field, "import.error.twice"))
		}
		taken[key] = true
	}
	needs := map[models.MergeRule]string{models.MergeEmail: "email", models.MergeExternal: "externalReference"}
	switch need, asks := needs[merge]; {
	case !slices.Contains(models.MergeRules, merge):
		wrong = append(wrong, models.Field("merge", "contact.error.merge"))
	case asks && !taken[need]:
		wrong = append(wrong, models.Field("merge", "import.error.merge_column"))
	case !taken["email"] && !taken["externalReference"] && !taken["phone"] && !taken["firstName"] && !taken["lastName"]:
		wrong = append(wrong, models.Field(ColumnField(0), "import.error.nobody"))
	}
	return wrong
}

// ColumnField names the form field of a column.
func ColumnField(i int) string { return "columns." + itoa(i) }

// contactOf makes a contact of a line.
func contactOf(columns []models.ImportColumn, cells []string) models.Contact {
	var c models.Contact
	c.Fields.V = map[string]string{}
	for i, column := range columns {
		if i >= len(cells) || cells[i] == "" || column.To == "" {
			continue
		}
		switch column.To {
		case models.ImportField:
			c.Fields.V[column.Field] = cells[i] // also one that is called like a field of every contact
		case "unsubscribed": // see saysYes
		default:
			c.Set(column.To, cells[i])
		}
	}
	return c
}

// saysYes reports whether the column of a line that has a meaning says yes.
func saysYes(columns []models.ImportColumn, cells []string, to string) bool {
	i := slices.IndexFunc(columns, func(c models.ImportColumn) bool { return c.To == to })
	return i >= 0 && i < len(cells) && slices.Contains([]string{"true", "1", "yes", "y", "x", "ja", "tak", "是"}, strings.ToLower(cells[i]))
}
