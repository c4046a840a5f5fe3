package handlers

import (
	"encoding/json"
	"math"
	"net/url"
	"strconv"
	"strings"

	"surveyflow/models"
	"surveyflow/views/workflowpages"
)

// Fields of the limits that a task sets for its receiver.
const (
	fieldRate        = "ratePerSecond"
	fieldConcurrency = "concurrency"
)

// readLimits gives the limits as they were typed.
func readLimits(form url.Values) workflowpages.LimitsForm {
	return workflowpages.LimitsForm{Rate: strings.TrimSpace(form.Get("config." + fieldRate)), Concurrency: strings.TrimSpace(form.Get("config." + fieldConcurrency))}
}

// limitsForm gives the form of a config's limits.
func limitsForm(config json.RawMessage) workflowpages.LimitsForm {
	var c struct {
		RatePerSecond float64 `json:"ratePerSecond"`
		Concurrency   int     `json:"concurrency"`
	}
	_ = json.Unmarshal(config, &c) // what cannot be read is shown empty, and the check names it
	var f workflowpages.LimitsForm
	if c.RatePerSecond != 0 {
		f.Rate = strconv.FormatFloat(c.RatePerSecond, 'f', -1, 64)
	}
	if c.Concurrency != 0 {
		f.Concurrency = strconv.Itoa(c.Concurrency)
	}
	return f
}

// withLimits lays the limits that were typed over a config. A form without their fields leaves them as they are. The errors
// name fields whose text is no number at all; whether a number is in its bounds is for the task's check to say.
func withLimits(config json.RawMessage, form url.Values) (json.RawMessage, []models.FieldError) {
	var errs []models.FieldError
	for _, field := range []string{fieldConcurrency, fieldRate} {
		if !form.Has("config." + field) {
			continue
		}
		n, wrong := typedNumber(form, field, field == fieldConcurrency)
		if wrong != nil {
			errs = append(errs, *wrong)
			continue
		}
		config = withMember(config, field, n)
	}
	return config, errs
}

// typedNumber reads the number in a field of a task's config; 0 for nothing.
func typedNumber(form url.Values, field string, whole bool) (float64, *models.FieldError) { //nolint:revive // says what is allowed
	text := strings.TrimSpace(form.Get("config." + field))
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
	ok := err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
	key := "error.number"
	if whole {
		ok, key = ok && n == math.Trunc(n) && math.Abs(n) < 1<<31, "error.whole_number"
	}
	if !ok {
		wrong := models.Field("config."+field, key)
		return 0, &wrong
	}
	return n, nil
}

// withMember gives a config with that number; 0 takes it out.
func withMember(config json.RawMessage, name string, n float64) json.RawMessage {
	members := map[string]json.RawMessage{}
	if len(config) > 0 && json.Unmarshal(config, &members) != nil {
		return config
	}
	if members[name] == nil && n == 0 {
		return config
	}
	delete(members, name)
	if n != 0 {
		members[name] = json.RawMessage(strconv.FormatFloat(n, 'f', -1, 64))
	}
	text, err := models.MarshalJSON(members)
	if err != nil { // every member is JSON
		return config
	}
	return text
}
