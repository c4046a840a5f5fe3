package respond_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// invites adds an open e-mail collector to the site.
func (st *site) invites(t testing.TB, settings models.CollectorSettings) *models.Collector {
	t.Helper()
	c := &models.Collector{Type: models.CollectorEmail, Name: "Mail", Open: true}
	c.Settings.V = settings
	if err := st.store.CreateCollector(t.Context(), st.actor, st.survey.ID, c); err != nil {
		t.Fatal(err)
	}
	st.clock.Advance(time.Second)
	return c
}

func (st *site) invite(t testing.TB, c *models.Collector, k store.InvitationAsk) *models.Invitation {
	t.Helper()
	out, err := st.store.Invite(t.Context(), st.actor, c.ID, k)
	if err != nil {
		t.Fatal(err)
	}
	return &out[0].Invitation
}

func (st *site) invitation(t testing.TB, id string) *models.Invitation {
	t.Helper()
	inv, err := st.store.InvitationOf(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func adas(crk string) store.InvitationAsk {
	return store.InvitationAsk{
		Crk: crk, Person: &models.Person{Email: "ada@example.com", FirstName: "Ada", LastName: "Lovelace"},
		Fields: map[string]string{"referrer": "shop", "custom1": "17", "segment": "gold", "secret": "x"},
	}
}

func TestAPersonalLinkGoesOnOnEveryDevice(t *testing.T) {
	t.Parallel()
	def := threePages()
	def.EmbeddedData = []models.EmbeddedField{{Name: "segment"}}
	def.Blocks[1].Title = "For ${m://FirstName} of ${e://Field/segment}"
	st := newSite(t, def)
	c := st.invites(t, models.CollectorSettings{})
	inv := st.invite(t, c, adas("k 1&"))
	personal := link.Personal(c.Slug, inv.Crk, inv.Token)
	for _, cookies := range []bool{true, false} {
		st.visitor(t, cookies).open(personal+"&custom1=forged&custom2=more").sees(200, "Page 1 of 3")
	}
	if got := st.invitation(t, inv.ID); got.Status != models.InvitationQueued || len(st.responses(t, models.ResponseInProgress)) != 0 {
		t.Errorf("looking at the link made it %s", got.Status)
	}
	p := st.visitor(t, true).open(personal+"&custom1=forged&custom2=more").send("QID1=9&QID2=1").sees(200, "Page 2 of 3", "For Ada of gold")
	if got := st.invitation(t, inv.ID); got.Status != models.InvitationStarted || got.StartedAt == nil {
		t.Errorf("begun: %+v", got)
	}
	st.visitor(t, false).open(personal).sees(200, "Page 2 of 3").send("QID3=1").sees(200, "Page 3 of 3").send("QID5=x").sees(200, "Thank you")
	p.send("QID3=2").sees(200, "You have already answered") // the first device hears of it
	all := st.responses(t, models.ResponseCompleted)
	if len(all) != 1 {
		t.Fatalf("%d responses", len(all))
	}
	r := all[0]
	if r.Channel != models.ChannelEmail || r.CollectorID != c.ID || *r.Crk != "k 1&" || *r.InvitationID != inv.ID {
		t.Errorf("%+v", r)
	}
	for name, want := range map[string]string{"referrer": "shop", "custom1": "17", "custom2": "more", "segment": "gold", "secret": ""} {
		if got := r.Fields.V[name]; got != want {
			t.Errorf("%s is %q; want %q", name, got, want)
		}
	}
	got := st.invitation(t, inv.ID)
	if got.Status != models.InvitationFinished || got.FinishedAt == nil || got.ResponseID == nil || *got.ResponseID != r.ID || got.DueAt != nil {
		t.Errorf("finished: %+v", got)
	}
	st.clock.Advance(2 * time.Hour)
	q := st.visitor(t, true).open(personal).sees(200, "You have already answered")
	if q.page.Find("a.button").Length() != 0 || strings.Contains(q.text(), "start anew") {
		t.Error("the page offers to answer once more")
	}
	q.open(personal+"&again=1").sees(200, "You have already answered")
}

func TestAKeyWithoutItsUnguessablePartOpensNothing(t *testing.T) {
	t.Parallel()
	st := newSite(t, threePages())
	c := st.invites(t, models.CollectorSettings{ExpiryDays: 1})
	inv := st.invite(t, c, adas("k1"))
	personal := link.Personal(c.Slug, inv.Crk, inv.Token)
	st.visitor(t, true).open(personal).send("QID1=9&QID2=1").sees(200, "Page 2 of 3")
	other := st.invite(t, c, adas("k2"))
	for _, address := range []string{
		link.Respond(c.Slug), link.Respond(c.Slug) + "?crk=k1", link.Personal(c.Slug, "k1", other.Token), link.Personal(c.Slug, "k3", inv.Token),
		link.Personal(c.Slug, "K1", inv.Token), link.Respond(c.Slug) + "?t=" + inv.Token, link.Personal(c.Slug, strings.Repeat("k", 3000), "x"),
	} {
		p := st.visitor(t, true).open(address).sees(403, "This survey is by invitation")
		p.post(address, url.Values{"page": {pageOne}, "QID1": {"1"}, "QID2": {"1"}}).sees(403, "This survey is by invitation")
	}
	st.visitor(t, true).open(link.Personal(st.slug, "k1", inv.Token)).sees(200, "Page 1 of 3") // a link collector knows no keys
	if n := len(st.responses(t, models.ResponseInProgress)); n != 1 {
		t.Errorf("%d responses", n)
	}
}

func TestAnAnonymousSurveyKnowsThatSomebodyAnsweredAndNotWhat(t *testing.T) {
	t.Parallel()
	def := threePages()
	def.Anonymous = true
	def.Blocks[1].Title = "For <${m://FirstName}${e://Field/custom1}>"
	st := newSite(t, def)
	c := st.invites(t, models.CollectorSettings{TrackOpens: true})
	inv := st.invite(t, c, adas("k1"))
	personal := link.Personal(c.Slug, inv.Crk, inv.Token)
	p := st.visitor(t, true).open(personal).send("QID1=9&QID2=1").sees(200, "For <>")
	second := st.visitor(t, true).open(personal).sees(200, "Page 1 of 3").send("QID1=1&QID2=1").sees(200, "Page 2 of 3") // nobody can know
	p.send("QID3=1").send("QID5=x").sees(200, "Thank you")
	p.open(personal).sees(200, "Thank you")
	st.visitor(t, true).open(personal).sees(200, "You have already answered")
	second.send("QID3=1").sees(200, "You have already answered")
	all := st.responses(t, models.ResponseCompleted)
	if len(all) != 1 {
		t.Fatalf("%d responses", len(all))
	}
	r := all[0]
	if r.Crk != nil || r.InvitationID != nil || len(r.Fields.V) != 0 || r.IP != "" || r.Channel != models.ChannelEmail {
		t.Errorf("the response says whose it is: %+v", r)
	}
	got := st.invitation(t, inv.ID)
	day := start.Truncate(24 * time.Hour)
	if got.Status != models.InvitationFinished || got.ResponseID != nil || !got.FinishedAt.Equal(day) || !got.StartedAt.Equal(day) || !got.StatusAt.Equal(day) {
		t.Errorf("the invitation says which one: %+v", got)
	}
}

func TestOneKeyIsAnsweredOnceByManyAtOnce(t *testing.T) {
	t.Parallel()
	for _, anonymous := range []bool{false, true} {
		def := onePage()
		def.Anonymous = anonymous
		st := newSite(t, def)
		c := st.invites(t, models.CollectorSettings{})
		inv := st.invite(t, c, adas("k1"))
		personal := link.Personal(c.Slug, inv.Crk, inv.Token)
		var people []*person
		for range 6 {
			people = append(people, st.visitor(t, false).open(personal))
		}
		var all sync.WaitGroup
		for _, p := range people {
			form := p.values()
			form.Set("QID1", "7")
			all.Go(func() {
				r, err := p.client.PostForm(st.URL+personal, form)
				if err != nil {
					t.Error(err)
					return
				}
				r.Body.Close()
				if r.StatusCode != http.StatusOK {
					t.Errorf("answered %d", r.StatusCode)
				}
			})
		}
		all.Wait()
		if n := len(st.responses(t, models.ResponseCompleted)); n != 1 {
			t.Errorf("anonymous %v: %d responses; want 1", anonymous, n)
		}
	}
}

func TestACollectorTakesSoManyAndNoMore(t *testing.T) {
	t.Parallel()
	st := newSite(t, onePage())
	c, err := st.store.DefaultCollector(t.Context(), st.survey.ID)
	if err != nil {
		t.Fatal(err)
	}
	st.visitor(t, true).open(link.Respond(st.slug)).send("QID1=1").sees(200, "Thank you") // before there was a maximum
	c.MaxResponses = 3
	c.Settings.V.OnePerBrowser = true
	if err := st.store.SaveCollector(t.Context(), st.actor, c); err != nil {
		t.Fatal(err)
	}
	st.clock.Advance(time.Second)
	var people []*person
	for range 6 {
		people = append(people, st.visitor(t, false).open(link.Respond(st.slug)))
	}
	var all sync.WaitGroup
	said := make(chan int, len(people))
	for _, p := range people {
		form := p.values()
		form.Set("QID1", "7")
		all.Go(func() {
			r, err := p.client.PostForm(st.URL+link.Respond(st.slug), form)
			if err != nil {
				t.Error(err)
				return
			}
			r.Body.Close()
			said <- r.StatusCode
		})
	}
	all.Wait()
	close(said)
	counts := map[int]int{}
	for status := range said {
		counts[status]++
	}
	if done := st.responses(t, models.ResponseCompleted); len(done) != 3 || counts[200] != 2 || counts[403] != 4 {
		t.Errorf("%d responses, answers %v; want 3 responses", len(done), counts)
	}
	st.clock.Advance(time.Second)
	st.visitor(t, true).open(link.Respond(st.slug)).sees(403, "This survey has enough answers")
	done := st.responses(t, models.ResponseCompleted)
	if err := st.store.DeleteResponse(t.Context(), st.actor, st.survey.ID, done[0].ID); err != nil {
		t.Fatal(err)
	}
	st.clock.Advance(time.Second)
	p := st.visitor(t, true).open(link.Respond(st.slug)).send("QID1=1").sees(200, "Thank you")
	st.clock.Advance(time.Second)
	p.open(link.Respond(st.slug)+"?again=1").sees(200, "Thank you") // one answer for each browser
	st.visitor(t, true).open(link.Respond(st.slug)).sees(403, "This survey has enough answers")
}

func TestACollectorAsksForItsPassword(t *testing.T) {
	t.Parallel()
	st := newSite(t, threePages())
	c, err := st.store.DefaultCollector(t.Context(), st.survey.ID)
	if err != nil {
		t.Fatal(err)
	}
	if c.PasswordHash, err = st.service.HashPassword(t.Context(), "Grüße 7"); err != nil {
		t.Fatal(err)
	}
	if err := st.store.SaveCollector(t.Context(), st.actor, c); err != nil {
		t.Fatal(err)
	}
	st.clock.Advance(time.Second)
	for _, cookies := range []bool{true, false} {
		p := st.visitor(t, cookies).open(link.Respond(st.slug)+"?custom1=a").sees(200, "asks for a password")
		p.post(link.Respond(st.slug), url.Values{"page": {pageOne}, "QID1": {"9"}, "QID2": {"1"}}).sees(200, "asks for a password")
		p.open(link.Respond(st.slug)+"?custom1=a").send("password=wrong").sees(422, "This is not the password")
		p.send("password=Gr%C3%BC%C3%9Fe+7").sees(200, "Page 1 of 3").send("QID1=11").sees(422).send("QID1=9&QID2=1").sees(200, "Page 2 of 3")
		p.send("QID3=1").sees(200, "Page 3 of 3").send("QID5=x").sees(200, "Thank you")
	}
	for _, r := range st.responses(t, models.ResponseCompleted) {
		if r.Fields.V["custom1"] != "a" {
			t.Errorf("what the link passed is lost: %v", r.Fields.V)
		}
	}
	p := st.visitor(t, true).open(link.Respond(st.slug))
	for range 10 {
		p.send("password=guess")
	}
	p.send("password=Gr%C3%BC%C3%9Fe+7").sees(429, "Please wait")
	if n := len(st.responses(t, models.ResponseCompleted)); n != 2 {
		t.Errorf("%d responses", n)
	}
}

func TestACollectorHasDatesOfItsOwn(t *testing.T) {
	t.Parallel()
	def := onePage()
	def.Language = "de"
	st := newSite(t, def)
	c, err := st.store.DefaultCollector(t.Context(), st.survey.ID)
	if err != nil {
		t.Fatal(err)
	}
	opens, closes := start.Add(24*time.Hour), start.Add(48*time.Hour)
	c.OpensAt, c.ClosesAt = &opens, &closes
	if err := st.store.SaveCollector(t.Context(), st.actor, c); err != nil {
		t.Fatal(err)
	}
	st.clock.Advance(time.Second)
	p := st.visitor(t, true).open(link.Respond(st.slug)).sees(403, "noch nicht offen")
	st.clock.Set(opens)
	p.open(link.Respond(st.slug)).sees(200, "Would you recommend us?")
	st.clock.Set(closes)
	p.send("QID1=9").sees(403, "beendet")

	mail := st.invites(t, models.CollectorSettings{})
	inv := st.invite(t, mail, adas("k1"))
	expires := st.clock.Now().Add(time.Hour)
	if err := st.store.SetInvitationExpiry(t.Context(), inv.ID, &expires); err != nil {
		t.Fatal(err)
	}
	personal := link.Personal(mail.Slug, inv.Crk, inv.Token)
	p = st.visitor(t, true).open(personal).sees(200, "Would you recommend us?")
	st.clock.Advance(time.Hour)
	p.send("QID1=9").sees(403, "Dieser Link gilt nicht mehr")
}

func TestOnlyAButtonUnsubscribes(t *testing.T) {
	t.Parallel()
	st := newSite(t, onePage())
	c := st.invites(t, models.CollectorSettings{})
	out, err := st.store.PutContacts(t.Context(), st.actor, *c.ListID, []store.ContactWrite{{Contact: models.Contact{Email: "ada@example.com", Language: "pl"}, Merge: models.MergeEmail}})
	if err != nil {
		t.Fatal(err)
	}
	contact := out[0].Contact
	inv := st.invite(t, c, store.InvitationAsk{Contact: &contact})
	address := link.Unsubscribe(inv.ID, inv.Token)
	opted := func() (list, all bool) {
		t.Helper()
		c, err := st.store.Contact(t.Context(), st.actor, contact.ID)
		if err != nil {
			t.Fatal(err)
		}
		return c.OptedOutAt != nil, c.OptedOutOrg != nil
	}
	p := st.visitor(t, false).open(address).sees(200, "Rezygnacja", "Acme", "ada@example.com")
	st.visitor(t, false).open(link.Unsubscribe(inv.ID, "x")).sees(404, "This link leads nowhere")
	if list, all := opted(); list || all || st.invitation(t, inv.ID).Status != models.InvitationQueued {
		t.Error("a look has unsubscribed")
	}
	if n := p.page.Find("button[name=out]").Length(); n != 2 {
		t.Errorf("%d buttons", n)
	}
	// As mail programs do it (RFC 8058).
	p.post(address, url.Values{"List-Unsubscribe": {"One-Click"}}).sees(200, "Rezygnacja przyjęta")
	if list, all := opted(); !list || all || st.invitation(t, inv.ID).Status != models.InvitationOptedOut {
		t.Errorf("one click: list %v, all %v", list, all)
	}
	p.post(address, url.Values{"out": {"all"}}).sees(200, "Acme")
	if _, all := opted(); !all {
		t.Error("not out of everything")
	}
}
