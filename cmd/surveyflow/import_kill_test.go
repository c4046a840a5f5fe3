package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/contact"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// Kill -9 at random moments of an import: every line of the file is a contact, once, and who was refused is reported once.
func TestKillingTheServerLeavesAnImportWhole(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		lines := 4000 * killRounds() // each kill meets it in the middle
		p := newProcess(t, d)
		s := d.Open(t, storetest.Options{})
		i := storetest.NewInstance(t, s, nil)
		list := &models.ContactList{ID: models.NewID(models.PrefixList), Name: "Customers"}
		i.Check(s.CreateContactList(t.Context(), i.Actor, list))
		var text strings.Builder
		text.WriteString("email,customerId,tags\n")
		for n := range lines {
			at := "@"
			if n%1000 == 999 {
				at = " at "
			}
			fmt.Fprintf(&text, "p%d%sexample.com,%d,fair\n", n, at, n)
		}
		contacts := contact.New(s, clock.System{})
		file := strings.NewReader(text.String())
		brought, err := contacts.Upload(t.Context(), i.Actor, list.ID, "people.csv", file, file.Size())
		i.Check(err)
		brought.Merge = models.MergeNone // a line that came twice would be two contacts
		j, err := contacts.Begin(t.Context(), i.Actor, brought)
		i.Check(err)
		i.Check(s.Close())
		is := func(status models.JobStatus) bool {
			return p.count("SELECT COUNT(*) FROM jobs WHERE id = '"+j.ID+"' AND status = '"+string(status)+"'") == 1
		}
		under := 0
		for range killRounds() {
			p.start()
			before := p.count("SELECT done FROM jobs WHERE id = '" + j.ID + "'")
			storetest.Eventually(t, patience, "the import goes on", func() bool {
				return p.count("SELECT done FROM jobs WHERE id = '"+j.ID+"'") > before || !is(models.JobOpen)
			})
			select { // somewhere within a step
			case <-time.After(time.Duration(rand.Int64N(int64(20 * time.Millisecond)))):
			case <-t.Context().Done():
			}
			p.kill()
			if is(models.JobOpen) {
				under++
			}
			p.forget("")
		}
		p.start()
		storetest.Eventually(t, patience, "the import ends", func() bool { return !is(models.JobOpen) })
		if !is(models.JobSucceeded) {
			t.Error("the import did not succeed")
		}
		want := lines - lines/1000
		for what, query := range map[string]string{
			"contacts":       "SELECT COUNT(*) FROM contacts",
			"references":     "SELECT COUNT(DISTINCT external_ref) FROM contacts",
			"tags":           "SELECT COUNT(*) FROM contact_tags",
			"counted":        "SELECT SUM(n) FROM contact_counts",
			"handled":        "SELECT done - failed FROM jobs",
			"not refused":    fmt.Sprintf("SELECT %d - failed FROM jobs", lines),
			"kept of upload": fmt.Sprintf("SELECT COUNT(*) + %d FROM files WHERE name <> 'refused-people.csv'", want),
		} {
			if n := p.count(query); n != want {
				t.Errorf("%s: %d; want %d", what, n, want)
			}
		}
		t.Logf("%d kills, %d of them in the middle", killRounds(), under)
	})
}
