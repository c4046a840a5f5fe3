package main

import (
	"context"
	"strings"

	"surveyflow/internal/contact"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// subscribers are on the list of who has a subscription; members taste new coffee.
var (
	subscribers = []store.ContactWrite{
		subscriber("ingrid@example.com", "Ingrid", "Dahl", "nb", "HC-2001", "gold", "tasting"),
		subscriber("marcus@example.com", "Marcus", "Webb", "en", "HC-2002", "silver"),
		subscriber("priya@example.com", "Priya", "Raman", "en", "HC-2003", "gold", "tasting", "office"),
		subscriber("chen.wei@example.com", "Wei", "Chen", "zh-Hans", "HC-2004", "silver"),
		subscriber("agnieszka@example.com", "Agnieszka", "Mazur", "pl", "HC-2005", "silver", "tasting"),
		subscriber("lars@example.com", "Lars", "Holm", "sv", "HC-2006", "gold", "office"),
		subscriber("sofia@example.com", "Sofía", "Reyes", "es", "HC-2007", "silver"),
		subscriber("hannah@example.com", "Hannah", "Vogt", "de", "HC-2008", "silver"),
		subscriber("elena@example.com", "Elena", "Petrova", "en", "HC-2009", "gold", "market"),
		subscriber("mateusz@example.com", "Mateusz", "Wilk", "pl", "HC-2010", "gold"),
		subscriber("aisha@example.com", "Aisha", "Bello", "en", "HC-2011", "gold", "tasting"),
		subscriber("karin@example.com", "Karin", "Ek", "sv", "HC-2012", "silver", "market"),
	}
	suppliers = []store.ContactWrite{
		subscriber("harbour.mill@example.com", "Petter", "Moen", "nb", "S-11", ""),
		subscriber("paper.cups@example.com", "Julia", "Braun", "de", "S-12", ""),
	}
)

func subscriber(email, first, last, language, ref, plan string, tags ...string) store.ContactWrite {
	c := models.Contact{Email: email, FirstName: first, LastName: last, Language: language, ExternalRef: ref}
	c.Fields.V = map[string]string{"plan": plan}
	c.Tags.V = tags
	return store.ContactWrite{Contact: c, Merge: models.MergeEmail}
}

// Files of contacts: one was imported, of which two lines were refused; the other waits for somebody to say what its columns mean.
const (
	fairVisitors = "E-mail;First name;Last name;Language;Stand\n" +
		"olivia@example.com;Olivia;Grant;en;Roastery\n" +
		"per.as@example;Per;Ås;nb;Roastery\n" +
		"tomasz@example.com;Tomasz;Nowak;pl;Brewing bar\n" +
		"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08;Sam;Ortiz;es;Brewing bar\n" +
		"ingrid@example.com;;;;Brewing bar\n"
	courseGuests = "E-post;Fornavn;Etternavn;Telefon;Kurs\n" +
		"nora@example.com;Nora;Lie;'+47 400 00 000;Latte art\n" +
		"ikke en adresse;Per;Ås;;Latte art\n" +
		"kofi@example.com;Kofi;Mensah;;Roasting at home\n"
)

// bringFiles brings the files.
func (s *story) bringFiles(ctx context.Context, owner models.Actor, list string) error {
	fair := strings.NewReader(fairVisitors)
	i, err := s.app.contacts.Upload(ctx, owner, list, "coffee-fair.csv", fair, fair.Size())
	if err != nil {
		return err
	}
	i.Tags.V = []string{"coffee fair"}
	if _, err := s.app.contacts.Begin(ctx, owner, i); err != nil {
		return err
	}
	guests := strings.NewReader(courseGuests)
	_, err = s.app.contacts.Upload(ctx, owner, list, "course-guests.csv", guests, guests.Size())
	return err
}

// makeContacts makes two lists, one of them shared. One of the people wants no more mail.
func (s *story) makeContacts(ctx context.Context) error {
	for _, l := range []struct {
		owner  models.Actor
		name   string
		shared bool
		people []store.ContactWrite
	}{{s.scene.admin, "Subscribers", true, subscribers}, {s.scene.member, "Suppliers", false, suppliers}} {
		list := &models.ContactList{ID: models.NewID(models.PrefixList), Name: l.name, Shared: l.shared}
		if err := s.store.CreateContactList(ctx, l.owner, list); err != nil {
			return err
		}
		put, err := s.app.contacts.Put(ctx, l.owner, list.ID, contact.Cause{}, l.people...)
		if err != nil {
			return err
		}
		if !l.shared {
			continue
		}
		s.scene.subscribers = list
		if err := s.bringFiles(ctx, l.owner, list.ID); err != nil {
			return err
		}
		if err := s.store.SetOptOut(ctx, l.owner, put[3].Contact.ID, true); err != nil {
			return err
		}
		if err := s.store.SetOptOutOrg(ctx, l.owner, "hannah@example.com", models.OptOutStaff, true); err != nil {
			return err
		}
	}
	return nil
}
