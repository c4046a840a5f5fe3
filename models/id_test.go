package models_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"surveyflow/models"
)

func TestOrderedIDsSortByTheirTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	var ids []string
	for i := range 100 {
		ids = append(ids, models.NewOrderedID(models.PrefixRun, at.Add(time.Duration(i)*time.Millisecond)))
	}
	if !slices.IsSorted(ids) {
		t.Errorf("ids made one after the other do not sort so: %v", ids)
	}
	for i, id := range ids {
		moment := at.Add(time.Duration(i) * time.Millisecond)
		if id < models.IDAt(models.PrefixRun, moment) || id >= models.IDAt(models.PrefixRun, moment.Add(time.Millisecond)) {
			t.Errorf("%s is not between the bounds of its millisecond", id)
		}
	}
}

func TestIDsHaveThePublishedShape(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		id := models.NewID(models.PrefixSurvey)
		if !models.ValidID(models.PrefixSurvey, id) || len(id) != len("SV_")+15 || seen[id] {
			t.Fatalf("%q is no survey id, or was there before", id)
		}
		seen[id] = true
	}
	for _, wrong := range []string{"", "SV_", "SV_0123456789abcd", "SV_0123456789abcdef", "SV_0123456789abc-e", "R_0123456789abcde"} {
		if models.ValidID(models.PrefixSurvey, wrong) {
			t.Errorf("%q counts as a survey id", wrong)
		}
	}
	if token := models.NewAPIToken(); len(token) != 40 || strings.Trim(token, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") != "" {
		t.Errorf("%q is no API token", token)
	}
}
