package survey

import (
	"sync"

	"surveyflow/internal/i18n"
	"surveyflow/models"
)

// spoken is a definition with its translations, each made when the first respondent asks for it. It is shared.
type spoken struct {
	base *models.SurveyDefinition
	mu   sync.Mutex
	in   map[string]*models.SurveyDefinition
}

func newSpoken(base *models.SurveyDefinition) *spoken { return &spoken{base: base} }

// of gives the definition in one of its languages. Nobody may change it.
func (s *spoken) of(language string) *models.SurveyDefinition {
	if language == s.base.Language {
		return s.base
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if def, made := s.in[language]; made {
		return def
	}
	if s.in == nil {
		s.in = map[string]*models.SurveyDefinition{}
	}
	def := s.base.In(language)
	s.in[language] = def
	return def
}

// Wishes are the languages that a respondent's request asks for, in any spelling.
type Wishes struct {
	Asked    []string // by the address or a button; the first that the survey has counts
	Remember string   // what the browser chose at this link before
	Accept   string   // the header Accept-Language
}

// speak chooses the language of the pages: what is asked for, then that of the response, then what the browser chose, the
// invitation's, the link's, and what the browser prefers; the survey's own when it has none of them.
func (v *Visit) speak() {
	base := v.spoken.base
	v.Definition = base
	if len(base.Languages) == 0 {
		return
	}
	some := base.AllLanguages()
	for _, wish := range v.wishes() {
		if language, ok := i18n.Among(some, wish); ok {
			v.Definition = v.spoken.of(language)
			return
		}
	}
}

func (v *Visit) wishes() []string {
	w := v.way.Wishes
	all := append(make([]string, 0, len(w.Asked)+5), w.Asked...)
	if v.Response != nil {
		all = append(all, v.Response.Language)
	}
	all = append(all, w.Remember)
	if v.Invitation != nil {
		all = append(all, v.Invitation.Language)
	}
	if v.Collector != nil {
		all = append(all, v.Collector.Settings.V.Language)
	}
	return append(all, w.Accept)
}

// Title gives the name of the survey in the language of the visit.
func (v *Visit) Title() string {
	return v.spoken.base.Title(v.Live.Survey.Name, v.Definition.Language)
}

// Languages lists the languages that the respondent may choose among (BCP 47), the survey's own first; none when there is no choice.
func (v *Visit) Languages() []string {
	if len(v.spoken.base.Languages) == 0 {
		return nil
	}
	return v.spoken.base.AllLanguages()
}

// Reread gives the visit with what a form of the page says so far, for the page in another language: nothing is stored before
// the first page was answered.
func (v *Visit) Reread(page string, form map[string][]string) *Visit {
	block := v.Definition.Block(page)
	if block == nil || v.State != StateAnswering {
		return v
	}
	next := *v
	next.arrange(v.withForm(block, form))
	next.Page = next.placeOf(page)
	return &next
}
