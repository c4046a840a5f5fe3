package store_test

import (
	"testing"

	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// What fails while people are being told of what failed before is told, too, also when the clock says the same time.
func TestNewsThatComeWhileOthersAreToldAreNotLost(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		fail := func() {
			t.Helper()
			b.Accept(b.w, 1)
			f := storetest.Finish(b.one(store.ClaimOptions{}), store.Next{State: store.NextDone, Status: models.RunFailed, Error: `{"key":"x"}`})
			f.OrgID = b.Actor.OrgID
			b.Check(b.Store.Finish(f))
		}
		untold := func() []models.WorkflowHealth {
			t.Helper()
			all, err := b.Store.HealthToTell(t.Context(), 10)
			b.Check(err)
			return all
		}
		fail()
		read := untold()
		if len(read) != 1 || read[0].FailedN != 1 {
			t.Fatalf("to be told: %+v; want one failure", read)
		}
		fail()
		if won, err := b.Store.TellHealth(t.Context(), &read[0], store.HealthNews{Failed: 1}); !won || err != nil {
			t.Fatalf("told: %v, %v", won, err)
		}
		read = untold()
		if len(read) != 1 || read[0].FailedN != 1 {
			t.Fatalf("still to be told: %+v; want the second failure", read)
		}
		if won, err := b.Store.TellHealth(t.Context(), &read[0], store.HealthNews{Failed: 1}); !won || err != nil || len(untold()) != 0 {
			t.Errorf("told: %v, %v, and then %+v; want nothing left", won, err, untold())
		}
	})
}

func TestMailsLeaveInTheOrderInWhichTheyWereTold(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		var told []models.Mail
		for range 8 { // at the same time by the clock, with ids by chance
			told = append(told, models.Mail{
				ID: models.NewOrderedID(models.PrefixMail, b.clock.Now()), OrgID: b.Actor.OrgID, Kind: models.MailTest, To: "ada@example.com", Status: models.MailQueued,
			})
		}
		b.Check(b.Store.Tell(t.Context(), &models.Notices{Mails: told}))
		claimed, err := b.Store.ClaimMails(t.Context(), "ND_1", len(told))
		b.Check(err)
		for i := range told {
			if len(claimed) != len(told) || claimed[i].ID != told[i].ID {
				t.Fatalf("claimed %d, the one at %d is another", len(claimed), i)
			}
		}
	})
}
