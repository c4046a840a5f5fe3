package respond_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"surveyflow/internal/browsertest"
	"surveyflow/internal/link"
	"surveyflow/models"
)

// spoken is threePages in English, German and Arabic; not all of it is translated.
func spoken() models.SurveyDefinition {
	def := threePages()
	def.Languages = []string{"de", "ar"}
	def.Block(pageTwo).Questions[0].Text = "You found us ${q://QID2/ChoiceGroup/SelectedChoices}. What do you use?"
	def.Block(pageTwo).Questions[1].Display = &models.Condition{Left: "${q://QID2/ChoiceGroup/SelectedChoices}", Operator: models.OpEqualTo, Right: "By search"}
	texts := map[string]map[string]string{
		"de": {
			models.PartSurveyName: "Rückmeldung", "QID1_QuestionText": "Empfehlen Sie uns?", "QID2_QuestionText": "Wie haben Sie uns gefunden?", "QID2_Choice1": "Durch Suche",
			"QID3_QuestionText": "Sie fanden uns ${q://QID2/ChoiceGroup/SelectedChoices}. Was nutzen Sie?", models.PartNext: "Los",
		},
		"ar": {models.PartSurveyName: "رأيك", "QID1_QuestionText": "هل توصي بنا؟", "QID2_QuestionText": "كيف وجدتنا؟", "QID2_Choice1": "عن طريق البحث"},
	}
	for _, t := range def.Texts("Customer <feedback>") {
		for tag := range texts {
			t.Translate(tag, texts[tag][t.Name])
		}
	}
	return def
}

// accepting makes the visitor's browser prefer languages.
func (p *person) accepting(languages string) *person {
	p.client.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		r.Header.Set("Accept-Language", languages)
		return http.DefaultTransport.RoundTrip(r)
	})
	return p
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (p *person) speaks(tag, dir string) *person {
	p.t.Helper()
	html := p.page.Find("html")
	if html.AttrOr("lang", "") != tag || html.AttrOr("dir", "") != dir {
		p.t.Errorf("the page is in %q, %q, not %q", html.AttrOr("lang", ""), html.AttrOr("dir", ""), tag)
	}
	return p
}

func TestThePageIsReadInALanguageThatTheSurveyHas(t *testing.T) {
	t.Parallel()
	st := newSite(t, spoken())
	at := link.Respond(st.slug)
	for _, c := range []struct{ name, path, accept, tag, dir, says string }{
		{"its own", at, "", "en", "ltr", "Would you recommend us?"},
		{"what the browser prefers", at, "fr, de-AT;q=0.9, ar;q=0.8", "de", "ltr", "Empfehlen Sie uns?"},
		{"what the link asks for", at + "?Q_Language=AR", "de", "ar", "rtl", "هل توصي بنا؟"},
		{"in other words", at + "?language=de", "ar", "de", "ltr", "Empfehlen Sie uns?"},
		{"in its path", at + "/Q_Language/DE", "ar", "de", "ltr", "Empfehlen Sie uns?"},
		{"one that it does not have", at + "?Q_Language=fr", "pl", "en", "ltr", "Would you recommend us?"},
		{"nonsense", at + "?Q_Language=%00%22%3E&language=" + url.QueryEscape("x-"), ",;q=", "en", "ltr", "Would you recommend us?"},
		{"what is not translated is its own", at, "de", "de", "ltr", "By a friend"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := st.visitor(t, true).accepting(c.accept).open(c.path).sees(200, c.says).speaks(c.tag, c.dir)
			if n := p.page.Find("nav.languages button[name=speak]").Length(); n != 2 {
				t.Errorf("%d other languages are offered", n)
			}
		})
	}
}

func TestWhatIsNotTranslatedRunsItsOwnWay(t *testing.T) {
	t.Parallel()
	def := spoken()
	def.Block(pageOne).Questions[0].Scale.Low = "Never ever"
	st := newSite(t, def)
	p := st.visitor(t, true).open(link.Respond(st.slug)+"?Q_Language=AR").sees(200, "By a friend").speaks("ar", "rtl")
	for selector, want := range map[string]string{"h2[lang=en][dir=ltr]": "About us", ".scale-ends [lang=en][dir=ltr]": "Never ever"} {
		if got := p.page.Find(selector).Text(); !strings.Contains(got, want) || strings.Contains(got, "10") {
			t.Errorf("%s is %q; want %q", selector, got, want)
		}
	}
	if _, marked := p.page.Find("h1").Attr("lang"); marked {
		t.Error("the title is marked although it is translated")
	}
	if own := p.page.Find("form [lang=en][dir=ltr]").Text(); !strings.Contains(own, "By a friend") || strings.Contains(own, "هل") || strings.Contains(own, "عن") {
		t.Errorf("in English are marked: %q", own)
	}
	if n := st.visitor(t, true).open(link.Respond(st.slug)).speaks("en", "ltr").page.Find("form [lang]").Length(); n != 0 {
		t.Errorf("%d texts of the survey's own page are marked", n)
	}
}

func TestTheSwitchKeepsWhatWasAnswered(t *testing.T) {
	t.Parallel()
	for name, cookies := range map[string]bool{"with cookies": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := newSite(t, spoken())
			p := st.visitor(t, cookies).open(link.Respond(st.slug)).speaks("en", "ltr")
			// Before anything was sent nothing is stored.
			p.send("QID1=9&QID2=1&speak=de").sees(200, "Empfehlen Sie uns?").speaks("de", "ltr")
			if p.title() != "Rückmeldung – Seite 1 von 3" || p.page.Find("form .actions button").First().Text() != "Los" {
				t.Errorf("the title is %q, the button says %q", p.title(), p.page.Find("form .actions button").First().Text())
			}
			if v := p.values(); v.Get("QID1") != "9" || v.Get("QID2") != "1" {
				t.Errorf("what was answered is lost: %v", v)
			}
			if n := len(st.responses(t, models.ResponseInProgress)); n != 0 {
				t.Errorf("%d responses begun", n)
			}
			// Texts that were put in speak it too; conditions compare the survey's own words.
			p.send("").sees(200, "Sie fanden uns Durch Suche. Was nutzen Sie?", "How many people are you?").speaks("de", "ltr")
			p.send("QID3=1&QID4=nonsense&speak=ar").sees(200, "You found us عن طريق البحث.").speaks("ar", "rtl")
			if v := p.values(); v.Get("QID3") != "1" {
				t.Errorf("what was answered is lost: %v", v)
			}
			p.send("QID4=3").sees(200, "In one word?").speaks("ar", "rtl")
			p.send("QID5=x").sees(200).speaks("ar", "rtl")
			all := st.responses(t, models.ResponseCompleted)
			if len(all) != 1 || all[0].Language != "ar" || all[0].Answers.V["QID2"].Choices[0] != 1 {
				t.Errorf("got %+v", all)
			}
		})
	}
}

func TestALookInAnotherLanguageChangesNothing(t *testing.T) {
	t.Parallel()
	st := newSite(t, spoken())
	p := st.visitor(t, true).open(link.Respond(st.slug))
	p.send("QID1=9&QID2=1").sees(200, "You found us By search.")
	p.open(link.Respond(st.slug)+"?Q_Language=de").sees(200, "Sie fanden uns Durch Suche.").speaks("de", "ltr")
	if r := st.responses(t, models.ResponseInProgress); len(r) != 1 || r[0].Language != "en" || r[0].Rev != 1 {
		t.Errorf("got %+v", r)
	}
	p.open(link.Respond(st.slug)).speaks("en", "ltr")
}

func TestAnInvitedPersonReadsTheirLanguage(t *testing.T) {
	t.Parallel()
	st := newSite(t, spoken())
	c := st.invites(t, models.CollectorSettings{Language: "ar"})
	ask := adas("crk-1")
	ask.Person.Language = "de-CH"
	inv := st.invite(t, c, ask)
	st.visitor(t, true).accepting("ar").open(link.Personal(c.Slug, inv.Crk, inv.Token)).sees(200, "Empfehlen Sie uns?").speaks("de", "ltr")
	other := adas("crk-2")
	other.Person.Email, other.Person.Language = "eve@example.com", "fr"
	inv = st.invite(t, c, other)
	st.visitor(t, true).accepting("de").open(link.Personal(c.Slug, inv.Crk, inv.Token)).sees(200).speaks("ar", "rtl")
}

func TestASurveyOfOneLanguageOffersNone(t *testing.T) {
	t.Parallel()
	st := newSite(t, threePages())
	p := st.visitor(t, true).open(link.Respond(st.slug)+"?Q_Language=de").speaks("en", "ltr")
	if p.page.Find(".languages, [name=language]").Length() != 0 {
		t.Error("a language is offered")
	}
}

func TestPagesWithoutQuestionsOfferLanguagesAsLinks(t *testing.T) {
	t.Parallel()
	st := newSite(t, spoken())
	if err := st.store.SetSurveyState(t.Context(), st.actor, st.survey.ID, models.SurveyClosed); err != nil {
		t.Fatal(err)
	}
	st.clock.Advance(1e9)
	p := st.visitor(t, true).open(link.Respond(st.slug)).sees(403).speaks("en", "ltr")
	var to string
	p.page.Find(".languages a").Each(func(_ int, s *goquery.Selection) {
		if s.AttrOr("lang", "") == "de" {
			to = s.AttrOr("href", "")
		}
	})
	p.open(to).sees(403).speaks("de", "ltr")
}

func TestTheSwitchInARealBrowser(t *testing.T) {
	t.Parallel()
	chromium := browsertest.New(t)
	for _, view := range []browsertest.View{{Width: 1280}, {Width: 375, Dark: true}, {Width: 375, NoScript: true}} {
		st := newSite(t, spoken()) // one for each: the browser remembers the language of a link
		p := chromium.Open(st.URL+link.Respond(st.slug), view)
		p.Click("#f-QID1-9, [name=QID1][value='9']")
		p.Click(".languages summary")
		p.CheckAccessibility()
		p.CheckFits()
		p.Screenshot("respond-languages")
		p.Click(".languages [value=ar]")
		p.Wait("html[dir=rtl]")
		if !browsertest.Eval[bool](p, `document.querySelector("[name=QID1][value='9']").checked`) {
			t.Errorf("%s: the answer is lost", view)
		}
		p.Click(".languages summary")
		p.CheckAccessibility()
		p.CheckFits()
		p.Screenshot("respond-languages-rtl")
		for _, complaint := range p.Complaints() {
			t.Errorf("%s: %s", view, complaint)
		}
	}
}
