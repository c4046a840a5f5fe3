package main

import (
	"fmt"

	"surveyflow/internal/survey"
	"surveyflow/models"
)

// tastingGerman and tastingArabic are what the tasting survey says in its other languages, by the names of its texts.
var (
	tastingGerman = map[string]string{
		models.PartSurveyName: "Herbstverkostung: Anmeldung",
		"QID1_QuestionText":   "Ihr Name",
		"QID2_QuestionText":   "Welcher Abend passt Ihnen?",
		"QID2_Choice1":        "Donnerstag, 18 Uhr",
		"QID2_Choice2":        "Freitag, 18 Uhr",
		"QID2_Choice3":        "Samstag, 16 Uhr",
		"QID3_QuestionText":   "Wie viele Gäste bringen Sie mit?",
		models.PartEnd:        "Danke! Wir freuen uns auf Sie.",
		models.PartSubmit:     "Anmelden",
	}
	tastingArabic = map[string]string{
		models.PartSurveyName: "تذوّق الخريف: التسجيل",
		"QID1_QuestionText":   "اسمك",
		"QID2_QuestionText":   "أيّ مساء يناسبك؟",
		"QID2_Choice1":        "الخميس، السادسة مساءً",
		"QID2_Choice2":        "الجمعة، السادسة مساءً",
		"QID2_Choice3":        "السبت، الرابعة بعد الظهر",
		"QID3_QuestionText":   "كم ضيفًا ستصطحب معك؟",
		models.PartEnd:        "شكرًا لك! نتطلّع إلى لقائك.",
		models.PartSubmit:     "سجّل",
	}
)

// translate gives a survey another language with these texts.
func translate(v *models.Survey, tag string, texts map[string]string) error {
	if _, err := survey.AddLanguage(v, tag); err != nil {
		return fmt.Errorf("translate survey %q: %w", v.Name, err)
	}
	for name, text := range texts {
		if err := survey.SetTranslation(v, tag, name, text); err != nil {
			return fmt.Errorf("translate %s of survey %q: %w", name, v.Name, err)
		}
	}
	return nil
}
