package store_test

import (
	"testing"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

func TestAServiceAccountHasOneTokenOfAName(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		s, ctx := d.Open(t, storetest.Options{}), t.Context()
		i := storetest.NewInstance(t, s, clock.System{})
		member := i.User("bob@example.com", models.RoleMember)
		token := func(hash string) *models.APIToken {
			return &models.APIToken{ID: models.NewID(models.PrefixToken), Name: "service", Hash: hash, Scope: models.TokenScopeAll}
		}
		u := &models.User{ID: models.NewID(models.PrefixUser), Email: "hr" + models.ServiceDomain, FirstName: "HR", Role: models.RoleMember, Language: "en", Service: true}
		if err := s.CreateServiceAccount(ctx, member, u, token("0")); models.ErrorCode(err) != models.CodeForbidden {
			t.Errorf("a member makes one: %v", err)
		}
		i.Check(s.CreateServiceAccount(ctx, i.Actor, u, token("1")))
		i.Check(s.ReplaceServiceToken(ctx, i.Actor, u.ID, token("2")))
		for who, err := range map[string]error{
			"a member":   s.ReplaceServiceToken(ctx, member, u.ID, token("3")),
			"for person": s.ReplaceServiceToken(ctx, i.Actor, member.UserID, token("4")),
			"a role":     s.SetUserRole(ctx, i.Actor, u.ID, models.RoleBrandAdmin),
		} {
			if err == nil {
				t.Errorf("%s: it was done", who)
			}
		}
		all, err := s.UserAPITokens(ctx, i.Actor, u.ID)
		i.Check(err)
		if len(all) != 1 || all[0].Hash != "2" {
			t.Errorf("its tokens are %+v", all)
		}
		got, person, err := s.APITokenByHash(ctx, "1")
		i.Check(err)
		if got.RevokedAt == nil || !person.Service {
			t.Errorf("the first token is %+v of %+v", got, person)
		}

		// No mail is written to it, whatever else is told.
		mail := func(to string) models.Mail {
			return models.Mail{ID: models.NewOrderedID(models.PrefixMail, s.Now()), OrgID: u.OrgID, Kind: "test", To: to, Status: models.MailQueued}
		}
		i.Check(s.Tell(ctx, &models.Notices{Mails: []models.Mail{mail("HR@service.invalid"), mail("bob@example.com")}}))
		i.Check(s.Tell(ctx, &models.Notices{Mails: []models.Mail{mail(u.Email)}}))
		mails, _, err := s.Mails(ctx, i.Actor, store.MailFilter{}, store.Page{})
		i.Check(err)
		if len(mails) != 1 || mails[0].To != "bob@example.com" {
			t.Errorf("the mails are %+v", mails)
		}
	})
}
