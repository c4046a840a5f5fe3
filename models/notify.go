package models

// Notices are what a fact tells people: they are written in the transaction of the fact.
type Notices struct {
	Mails         []Mail
	Notifications []Notification
}

// Empty reports whether nobody is told anything.
func (n *Notices) Empty() bool { return n == nil || len(n.Mails)+len(n.Notifications) == 0 }
