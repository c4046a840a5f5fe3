package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// tablesWith lists the tables in which a text stands, in any column and in any spelling.
func tablesWith(t *testing.T, db *sql.DB, shared bool, text string) []string {
	t.Helper()
	query := "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1, 2"
	if shared {
		query = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
	}
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var places [][2]string
	for rows.Next() {
		var p [2]string
		if err := rows.Scan(&p[0], &p[1]); err != nil {
			t.Fatal(err)
		}
		places = append(places, p)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, p := range places {
		column := `CAST("` + p[1] + `" AS TEXT)`
		if shared && p[1] == "bytes" {
			column = `encode("bytes", 'escape')`
		}
		var n int
		if err := db.QueryRowContext(t.Context(), fmt.Sprintf(`SELECT COUNT(*) FROM %q WHERE lower(%s) LIKE '%%%s%%'`, p[0], column, text)).Scan(&n); err != nil {
			t.Fatalf("%v: %v", p, err)
		}
		if n > 0 {
			found = append(found, p[0]+"."+p[1])
		}
	}
	return found
}

// A person stands in every place that can name them; once they were erased, their address is in none.
func TestNothingNamesAPersonWhoWasErased(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		const canary = "canary.person@example.com"
		s := d.Open(t, storetest.Options{})
		i := storetest.NewInstance(t, s, clock.System{})
		ctx, now := t.Context(), time.Now()
		db := d.SQL(t)
		exec := func(query string, args ...any) {
			t.Helper()
			if d.Shared() {
				for n := range args {
					query = strings.Replace(query, "?", fmt.Sprintf("$%d", n+1), 1)
				}
			}
			if _, err := db.ExecContext(ctx, query, args...); err != nil {
				t.Fatalf("%s: %v", query, err)
			}
		}
		l := aList(t, s, i.Actor)
		person := named("Canary.Person@example.com", "Canary", "Person")
		person.Contact.Fields.V = map[string]string{"work": "canary.person@example.com"}
		made := put(t, s, i.Actor, l.ID, person, named("bob@example.com", "Bob", ""))

		w := i.Workflow()
		done := i.Completed(w)
		i.Check(s.Accept(done))
		run := done.Runs[0].ID
		exec("UPDATE runs SET person_email = ?, person_name = 'canary person', person_last = 'person of canary', status = 'succeeded', error = ? WHERE id = ?", canary, `{"key":"x","detail":"`+canary+`"}`, run)
		exec("UPDATE events SET payload = ? WHERE id = ?", `{"v":1,"contact":{"email":"`+canary+`"}}`, done.Runs[0].EventID)
		exec("DELETE FROM queue WHERE id = ?", run)
		exec("INSERT INTO attempts (run_id, task_id, number, result, charged, started_at, duration_us, exchange) VALUES (?, 'OCAC_1', 1, 'done', TRUE, ?, 1, ?)", run, now, `{"to":"`+canary+`"}`)
		exec("UPDATE responses SET answers = ?, fields = ?, ip = '192.0.2.1' WHERE id = ?", `{"QID1":{"text":"write to Canary.Person@example.com please"}}`, `{"email":"`+canary+`"}`, done.Response.ID)
		for n, status := range []models.InvitationStatus{models.InvitationFinished, models.InvitationQueued} {
			inv := models.Invitation{
				ID: models.NewOrderedID(models.PrefixInvitation, now), OrgID: i.Actor.OrgID, SurveyID: i.Survey.ID, CollectorID: i.Collector.ID, ContactID: &made[0].Contact.ID,
				Crk: fmt.Sprint(canary, n), Token: models.NewCapability(), Email: canary, EmailKey: canary, EmailHash: models.HashEmail(canary), FirstName: "Canary", Status: status, StatusAt: now, CreatedAt: now,
			}
			inv.Fields.V = map[string]string{"referrer": canary}
			if status == models.InvitationFinished {
				inv.Mails, inv.ResponseID = 1, &done.Response.ID
			}
			i.Check(s.InTx(ctx, func(ctx context.Context, tx *store.Store) error { return tx.AddInvitationForTest(ctx, &inv) }))
		}
		team := models.Mail{ID: models.NewOrderedID(models.PrefixMail, now), OrgID: i.Actor.OrgID, Kind: models.MailWorkflow, Dedupe: "team", To: "team@example.com", Subject: "New", HTML: canary, Text: "From " + canary}
		own := team
		own.ID, own.Dedupe, own.To = models.NewOrderedID(models.PrefixMail, now), "own", "Canary.Person@example.com"
		other := team
		other.ID, other.Dedupe, other.HTML, other.Text = models.NewOrderedID(models.PrefixMail, now), "other", "x", "x"
		note := models.Notification{ID: models.NewOrderedID(models.PrefixNotice, now), OrgID: i.Actor.OrgID, UserID: i.Actor.UserID, Kind: models.NotifyRunFailed, N: 1, CreatedAt: now, LastAt: now}
		note.Args.V = map[string]any{"Text": canary}
		i.Check(s.Tell(ctx, &models.Notices{Mails: []models.Mail{team, own, other}, Notifications: []models.Notification{note}}))
		exec("INSERT INTO refusal_counts (workflow_id, hour, reason, org_id, n, last_at, sample) VALUES (?, 1, 'x', ?, 1, ?, ?)", w.ID, i.Actor.OrgID, now, `{"body":"`+canary+`"}`)

		for _, kind := range []models.JobKind{models.JobImportContacts, models.JobExportContacts, models.JobExportResponses, models.JobImportResponses, models.JobExportRuns} {
			j := &models.Job{Kind: kind, Params: `{"q":"` + canary + `"}`, Total: 1}
			i.Check(s.CreateJob(ctx, i.Actor, j))
			if _, err := s.ErasePerson(ctx, i.Actor, canary); models.ErrorCode(err) != models.CodeConflict {
				t.Errorf("erased beside an open job: %v", err)
			}
			c, err := s.ClaimJob(ctx, "ND_1")
			i.Check(err)
			_, err = s.StepJob(ctx, c, func(ctx context.Context, tx *store.Store, j *models.Job) (store.JobNext, error) {
				f := &models.File{Name: "report.csv", ExpiresAt: now.Add(time.Hour)}
				if err := tx.CreateFile(ctx, i.Actor, f); err != nil {
					return store.JobNext{}, err
				}
				j.FileID = f.ID
				return store.JobNext{Done: true}, tx.AddToFile(ctx, f.ID, []byte("email\n"+canary))
			})
			i.Check(err)
		}
		raw := &models.File{Name: "people.csv", ExpiresAt: now.Add(time.Hour)}
		i.Check(s.CreateFile(ctx, i.Actor, raw))
		i.Check(s.AddToFile(ctx, raw.ID, []byte(canary)))
		i.Check(s.CreateContactImport(ctx, i.Actor, &models.ContactImport{ListID: l.ID, Name: "people.csv", Format: models.ImportCSV, RawID: raw.ID, Merge: models.MergeEmail}))

		if before := tablesWith(t, db, d.Shared(), canary); len(before) < 12 {
			t.Errorf("before, the person stands in %v alone; the test looks past it", before)
		}
		data, err := s.PersonData(ctx, i.Actor, canary)
		i.Check(err)
		if len(data.Contacts) != 1 || len(data.Invitations) != 2 || len(data.Responses) != 1 || len(data.Runs) != 1 || len(data.Mails) != 1 {
			t.Errorf("kept are %d contacts, %d invitations, %d responses, %d runs, %d mails", len(data.Contacts), len(data.Invitations), len(data.Responses), len(data.Runs), len(data.Mails))
		}
		_, err = s.ErasePerson(ctx, i.Actor, "CANARY.person@example.com")
		i.Check(err)
		if left := tablesWith(t, db, d.Shared(), canary); len(left) > 0 {
			t.Errorf("the address still stands in %v", left)
		}
		if left := tablesWith(t, db, d.Shared(), "canary"); len(left) > 0 {
			t.Errorf("the name still stands in %v", left)
		}
		for what, n := range map[string]int{"SELECT COUNT(*) FROM responses": 1, "SELECT COUNT(*) FROM runs": 1, "SELECT COUNT(*) FROM invitations": 1, "SELECT COUNT(*) FROM contacts": 1, "SELECT COUNT(*) FROM mails": 1} {
			var got int
			i.Check(db.QueryRowContext(ctx, what).Scan(&got))
			if got != n {
				t.Errorf("%s: %d; want %d", what, got, n)
			}
		}
	})
}

func TestTheHistoryOfAContactShowsWhatOneMaySee(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		i := storetest.NewInstance(t, s, clock.System{})
		bob := i.User("bob@example.com", models.RoleMember)
		theirs, through := i.NewSurvey(bob)
		l := &models.ContactList{ID: models.NewID(models.PrefixList), Name: "All", Shared: true}
		i.Check(s.CreateContactList(t.Context(), i.Actor, l))
		made := put(t, s, i.Actor, l.ID, named("ada@example.com", "Ada", ""))[0].Contact
		now := time.Now()
		for n, to := range []*models.Collector{i.Collector, through} {
			inv := &models.Invitation{
				ID: models.NewOrderedID(models.PrefixInvitation, now.Add(time.Duration(n)*time.Second)), OrgID: i.Actor.OrgID, SurveyID: to.SurveyID, CollectorID: to.ID, Crk: "k", Token: "t",
				Email: made.Email, EmailKey: made.EmailKey, EmailHash: made.EmailHash, Status: models.InvitationSent, SentAt: &now, StatusAt: now, CreatedAt: now,
			}
			i.Check(s.AddInvitationForTest(t.Context(), inv))
		}
		for _, c := range []struct {
			who  models.Actor
			sees int
		}{{i.Actor, 2}, {bob, 1}} {
			all, err := s.ContactHistory(t.Context(), c.who, &made)
			if err != nil || len(all) != c.sees || all[0].SurveyID != theirs.ID || all[0].SurveyName == "" {
				t.Errorf("%s sees %+v, %v", c.who.UserID, all, err)
			}
		}
		if n, err := s.MarkBounced(t.Context(), i.Actor.OrgID, "ADA@example.com", `{"key":"x"}`); err != nil || n != 2 {
			t.Errorf("%d bounced, %v", n, err)
		}
		c, err := s.Contact(t.Context(), bob, made.ID)
		if err != nil || c.BouncedAt == nil {
			t.Errorf("%+v, %v", c, err)
		}
		i.Check(s.ClearBounce(t.Context(), bob, made.ID))
		if c, err = s.Contact(t.Context(), bob, made.ID); err != nil || c.BouncedAt != nil || c.BounceReason != "" {
			t.Errorf("%+v, %v", c, err)
		}
	})
}
