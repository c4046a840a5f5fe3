package distribution_test

import (
	"testing"

	"surveyflow/internal/distribution"
	"surveyflow/models"
)

func TestAMailIsInALanguageThatTheSurveyHasAndSomebodyWrote(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		collector string   // its language
		written   []string // in which somebody wrote its texts
		person    string
		want      string
	}{
		{name: "the person's, in the default texts", person: "de", want: "de"},
		{name: "the person's, of a region", person: "de-AT", want: "de"},
		{name: "the person's, in any case", person: "DE", want: "de"},
		{name: "a person without one", want: "en"},
		{name: "a person whose language the survey does not have", person: "pl", want: "en"},
		{name: "a person without one, at a collector with one", collector: "ar", want: "ar"},
		{name: "a person whose language the survey does not have, at a collector with one", collector: "ar", person: "pl", want: "ar"},
		{name: "the person's before the collector's", collector: "ar", person: "de", want: "de"},
		{name: "the person's, though only the survey's was written", written: []string{"en"}, person: "de", want: "en"},
		{name: "the collector's, where the person's was not written", collector: "ar", written: []string{"en", "ar"}, person: "de", want: "ar"},
		{name: "the person's, which was written", written: []string{"en", "de"}, person: "de", want: "de"},
		{name: "one that no default text speaks", person: "hi", want: "en"},
		{name: "one that no default text speaks, but somebody wrote", written: []string{"hi"}, person: "hi", want: "hi"},
		{name: "nonsense", person: "<b>", want: "en"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			def := &models.SurveyDefinition{Language: "en", Languages: []string{"de", "ar", "hi"}}
			at := &models.Collector{}
			at.Settings.V = models.CollectorSettings{Language: c.collector, Messages: map[string]models.CollectorMails{}}
			for _, tag := range c.written {
				at.Settings.V.Messages[tag] = models.CollectorMails{Invitation: models.Message{Subject: tag}}
			}
			if got := distribution.Language(def, at, c.person); got != c.want {
				t.Errorf("the mail is in %q, want %q", got, c.want)
			}
		})
	}
}
