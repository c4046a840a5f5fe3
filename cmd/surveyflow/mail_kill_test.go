package main

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"surveyflow/internal/mail/mailtest"
	"surveyflow/internal/store/storetest"
)

// The server is killed while the mail server has not said a word yet: the mail goes out after the next start, once. It is
// killed after the whole mail was handed over and before the answer: the mail may have arrived, and is not sent again.
func TestKillingTheServerSendsNoMailTwice(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		for stage, want := range map[mailtest.Stage]struct {
			status string
			got    int
		}{mailtest.StageConnect: {"sent", 1}, mailtest.StageMail: {"unsure", 0}, mailtest.StageData: {"unsure", 0}} {
			reached, release := make(chan struct{}, 1), make(chan struct{})
			var hang atomic.Bool
			hang.Store(true)
			server := mailtest.New(t, mailtest.Options{At: func(s mailtest.Stage) error {
				if s == stage && hang.Load() {
					reached <- struct{}{}
					<-release
					return mailtest.ErrDrop
				}
				return nil
			}})
			p := newProcess(t, d, "SMTP_URL="+server.URL().String(), "MAIL_FROM=surveys@example.com")
			p.addPerson()
			p.change("DELETE FROM mails")
			p.start()
			r, err := http.PostForm(p.url+"/forgot-password", url.Values{"email": {"ada@example.com"}})
			if err != nil || r.StatusCode != http.StatusOK {
				t.Fatalf("%v, %v", r, err)
			}
			r.Body.Close()
			select {
			case <-reached:
			case <-time.After(patience):
				t.Fatalf("nothing came to the stage %s", stage)
			}
			p.kill()
			hang.Store(false)
			close(release)
			p.forget("")
			p.start()
			storetest.Eventually(t, patience, string(stage)+": the mail is "+want.status, func() bool {
				return p.count("SELECT COUNT(*) FROM mails WHERE status = '"+want.status+"'") == 1
			})
			if got := len(server.Received()); got != want.got {
				t.Errorf("%s: %d mails arrived; want %d", stage, got, want.got)
			}
			if said := p.log.String(); strings.Contains(said, "/reset-password/") {
				t.Errorf("the log holds the link:\n%s", said)
			}
			p.kill()
			p.forget("")
		}
	})
}

// addPerson makes an instance with ada@example.com, once.
func (p *process) addPerson() {
	p.t.Helper()
	s := p.d.Open(p.t, storetest.Options{})
	if there, err := s.HasUsers(p.t.Context()); err != nil {
		p.t.Fatal(err)
	} else if !there {
		storetest.NewInstance(p.t, s, nil)
	}
	if err := s.Close(); err != nil {
		p.t.Fatal(err)
	}
}
