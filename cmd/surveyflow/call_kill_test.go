package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"surveyflow/internal/account"
	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// prepareCollector sets the database up and gives an open e-mail collector, with a token that opens it alone.
func (p *process) prepareCollector() (collectorID, token string) {
	p.t.Helper()
	s := p.d.Open(p.t, storetest.Options{})
	i := storetest.NewInstance(p.t, s, nil)
	c := &models.Collector{Type: models.CollectorEmail, Name: "Customers", Open: true}
	i.Check(s.CreateCollector(p.t.Context(), i.Actor, i.Survey.ID, c))
	token, _, err := account.New(s, clock.System{}, nil).CreateTokenWith(p.t.Context(), i.Actor, account.TokenSettings{
		Name: "webhook", Scope: c.ID, TokenLimits: models.TokenLimits{RatePerSecond: models.MaxTokenRate},
	})
	i.Check(err)
	closeStore(p.t, s)
	return c.ID, token
}

func closeStore(t *testing.T, s *store.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// Kill -9 under calls of a collector's webhook: who was answered 200 is invited, and the same calls again invite nobody twice.
func TestKillingTheServerForgetsNobodyWhoWasCalledFor(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		p := newProcess(t, d)
		collector, token := p.prepareCollector()
		var next, taken atomic.Int64
		call := func(n int) (ok, answered bool) {
			v := url.Values{"apiToken": {token}, "cId": {collector}, "email": {fmt.Sprintf("p%d@example.com", n)}, "crk": {"k" + strconv.Itoa(n)}, "custom1": {strconv.Itoa(n)}}
			res, err := http.PostForm(p.url+"/api.php", v) //nolint:noctx // ends with the server
			if err != nil {
				return false, false
			}
			defer res.Body.Close()
			text, err := io.ReadAll(res.Body)
			if err == nil && res.StatusCode != http.StatusOK && res.StatusCode != http.StatusInternalServerError {
				t.Errorf("answered %d %s", res.StatusCode, text)
			}
			return err == nil && res.StatusCode == http.StatusOK, err == nil
		}
		var mu sync.Mutex
		known := map[int]bool{} // who was answered 200
		for range 2 {
			p.start()
			before := taken.Load()
			var callers sync.WaitGroup
			for range 8 {
				callers.Go(func() {
					for {
						n := int(next.Add(1))
						ok, answered := call(n)
						if !answered { // the server is gone
							return
						}
						if !ok {
							continue
						}
						mu.Lock()
						known[n] = true
						mu.Unlock()
						taken.Add(1)
					}
				})
			}
			storetest.Eventually(t, patience, "enough calls are taken", func() bool { return taken.Load()-before > 150 })
			p.kill()
			callers.Wait()
			p.forget("")
		}
		there := map[string]bool{}
		rows, err := d.SQL(t).QueryContext(t.Context(), "SELECT crk FROM invitations")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var crk string
			if err := rows.Scan(&crk); err != nil {
				t.Fatal(err)
			}
			if there[crk] {
				t.Errorf("%s is there twice", crk)
			}
			there[crk] = true
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		var missing []string
		for n := range known {
			if crk := "k" + strconv.Itoa(n); !there[crk] {
				missing = append(missing, crk)
			}
		}
		if len(missing) > 0 {
			t.Errorf("%d of %d who were answered 200 are not invited: %s", len(missing), len(known), strings.Join(missing[:min(len(missing), 10)], " "))
		}
		p.start()
		for n := 1; n <= int(next.Load()); n++ {
			if ok, _ := call(n); !ok {
				t.Errorf("the call %d again is refused", n)
			}
		}
		if n := p.count("SELECT COUNT(*) FROM invitations"); n != int(next.Load()) {
			t.Errorf("%d invitations for %d calls, each made twice", n, next.Load())
		}
		if n := p.count("SELECT COUNT(*) FROM contacts"); n != int(next.Load()) {
			t.Errorf("%d contacts for %d calls, each made twice", n, next.Load())
		}
	})
}
