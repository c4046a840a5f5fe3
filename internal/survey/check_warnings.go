package survey

import (
	"strconv"
	"strings"

	"surveyflow/internal/pipedtext"
	"surveyflow/models"
)

// Before gives the part of a definition that the display logic of a part may ask about: everything on earlier pages and,
// for a question, the questions before it on its own page. An unknown id gives the whole definition.
func Before(def *models.SurveyDefinition, id string) *models.SurveyDefinition {
	out := *def
	out.Blocks = nil
	for _, b := range def.Blocks {
		if b.ID == id {
			return &out
		}
		for i := range b.Questions {
			if b.Questions[i].ID == id {
				b.Questions = b.Questions[:i:i]
				out.Blocks = append(out.Blocks, b)
				return &out
			}
		}
		out.Blocks = append(out.Blocks, b)
	}
	return &out
}

// EarlierPages gives the part of a definition whose answers are known when the page of a question, or the page of that
// id, is shown. An unknown id gives the whole definition.
func EarlierPages(def *models.SurveyDefinition, id string) *models.SurveyDefinition {
	out := *def
	out.Blocks = nil
	for _, b := range def.Blocks {
		if b.ID == id || findIn(b.Questions, id) {
			return &out
		}
		out.Blocks = append(out.Blocks, b)
	}
	return &out
}

func findIn(questions []models.Question, id string) bool {
	for i := range questions {
		if questions[i].ID == id {
			return true
		}
	}
	return false
}

// Warnings tells what keeps nobody from putting the definition of a survey live, but may not be meant. The fields are as Check has
// them.
func Warnings(name string, def *models.SurveyDefinition) []models.FieldError {
	var p problems
	warnPiped("description", &models.SurveyDefinition{}, []string{def.Description}, &p)
	texts := map[string]string{}
	for i := range def.Blocks {
		b := &def.Blocks[i]
		if len(b.Questions) == 0 {
			p.add(b.ID, "survey.warning.empty_page", "Number", i+1)
		}
		warnLogic(def, b.ID, b.Display, &p)
		for j := range b.Questions {
			q := &b.Questions[j]
			text := strings.ToLower(ShortText(q.Text))
			if texts[text] != "" && text != "" {
				p.add(q.ID, "survey.warning.twice")
			}
			texts[text] = q.ID
			warnChoices(q, &p)
			warnLogic(def, q.ID, q.Display, &p)
			warnPiped(q.ID, EarlierPages(def, q.ID), []string{q.Text, q.Help}, &p)
		}
	}
	for i, f := range def.EmbeddedData {
		if f.Default == "" && !f.FromLink {
			p.add("embeddedData["+strconv.Itoa(i)+"].name", "survey.warning.always_empty", "Field", f.Name)
		}
	}
	if def.End.Redirect != "" && def.End.Message != "" {
		p.add("end.message", "survey.warning.message_unseen")
	}
	warnQuotas(def, &p)
	warnTranslations(name, def, &p)
	return p
}

func warnChoices(q *models.Question, p *problems) {
	seen, recodes := map[string]bool{}, map[string]bool{}
	for _, c := range q.Choices {
		if text := strings.ToLower(ShortText(c.Text)); text != "" && seen[text] {
			p.add(q.ID, "survey.warning.choice_twice", "Choice", ShortText(c.Text))
		} else {
			seen[text] = true
		}
		if recodes[c.RecodeValue()] {
			p.add(q.ID, "survey.warning.recode_twice", "Value", c.RecodeValue())
		}
		recodes[c.RecodeValue()] = true
	}
}

// warnLogic tells about comparisons of the display logic of a part that hardly ever hold. What it names that is not there is an error:
// see checkDisplay.
func warnLogic(def *models.SurveyDefinition, id string, c *models.Condition, p *problems) {
	for _, d := range doubts(def, c, "") {
		if d.kind == doubtNothing || d.kind == doubtChoice {
			p.add(id, "survey.warning.logic_"+d.kind, d.args...)
		}
	}
}

// warnPiped tells about texts of a part that put in an answer which is not there yet, or never will be.
func warnPiped(part string, earlier *models.SurveyDefinition, texts []string, p *problems) {
	for _, text := range texts {
		t, err := pipedtext.Parse(text)
		if err != nil {
			continue
		}
		for _, ref := range t.Refs() {
			if ref.Scheme == "q" && earlier.Question(ref.Name) == nil {
				p.add(part, "survey.warning.piped_later")
				return
			}
		}
	}
}
