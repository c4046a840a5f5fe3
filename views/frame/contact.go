package frame

// ContactField is one of a contact's further fields.
type ContactField struct {
	Name  string
	Value string
}
