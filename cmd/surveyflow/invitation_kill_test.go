package main

import (
	"fmt"
	"testing"

	"surveyflow/internal/mail/mailtest"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// The server is killed twice in the middle of sending invitations: nobody gets two mails, and nobody is forgotten. One whose mail
// was just handed over may have got it, and is not written to again.
func TestKillingTheServerInvitesNobodyTwiceAndForgetsNobody(t *testing.T) {
	t.Parallel()
	const people = 40
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		server := mailtest.New(t, mailtest.Options{})
		p := newProcess(t, d, "SMTP_URL="+server.URL().String(), "MAIL_FROM=surveys@example.com")
		s := d.Open(t, storetest.Options{})
		in := storetest.NewInstance(t, s, nil)
		c := &models.Collector{Type: models.CollectorEmail, Name: "Mail", Open: true}
		in.Check(s.CreateCollector(t.Context(), in.Actor, in.Survey.ID, c))
		var asks []store.InvitationAsk
		for i := range people {
			asks = append(asks, store.InvitationAsk{Person: &models.Person{Email: fmt.Sprintf("p%d@example.com", i)}})
		}
		_, err := s.Invite(t.Context(), in.Actor, c.ID, asks...)
		in.Check(err)
		in.Check(s.Close())
		for _, reached := range []int{8, 20} {
			p.start()
			storetest.Eventually(t, patience, "some mails arrive", func() bool { return len(server.Received()) >= reached })
			p.kill()
			p.forget("")
		}
		p.start()
		storetest.Eventually(t, patience, "all have left", func() bool {
			return p.count("SELECT COUNT(*) FROM invitations WHERE status IN ('sent', 'failed')") == people
		})
		times := map[string]int{}
		for _, m := range server.Received() {
			times[m.To[0]]++
		}
		for who, n := range times {
			if n != 1 {
				t.Errorf("%s got %d mails", who, n)
			}
		}
		sent, unsure := p.count("SELECT COUNT(*) FROM invitations WHERE status = 'sent'"), p.count("SELECT COUNT(*) FROM mails WHERE status = 'unsure'")
		if sent+unsure != people || unsure > 2 || len(times) < people-2 {
			t.Errorf("%d are sent, %d unsure, %d arrived; want %d", sent, unsure, len(times), people)
		}
		p.kill()
		p.forget("")
	})
}
