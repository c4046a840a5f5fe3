package store_test

import (
	"slices"
	"testing"
	"time"

	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

func TestOpenSurveysAreThoseThatTakeAnswersTheFirstToCloseOnTop(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		in := newInviter(t, d, true)
		now := in.clock.Now()
		dated := func(opens, closes time.Duration) *models.Survey {
			t.Helper()
			v, _ := in.NewSurvey(in.Actor)
			at := func(in time.Duration) *time.Time {
				if in == 0 {
					return nil
				}
				t := now.Add(in)
				return &t
			}
			in.Check(in.Store.SetSurveyDates(t.Context(), in.Actor, v.ID, at(opens), at(closes)))
			return v
		}
		late, soon := dated(0, 9*time.Hour), dated(-time.Hour, time.Hour)
		dated(time.Hour, 0)
		dated(0, -time.Hour)
		closed, _ := in.NewSurvey(in.Actor)
		in.Check(in.Store.SetSurveyState(t.Context(), in.Actor, closed.ID, models.SurveyClosed))
		viewer := in.User("viewer@example.com", models.RoleMember)
		in.Check(in.Store.ShareSurvey(t.Context(), in.Actor, late.ID, viewer.UserID, models.AccessView))
		in.Check(in.Store.SetSubscribed(t.Context(), in.Actor, late.ID, true))
		in.Check(in.Store.Accept(in.Completed()))

		list := func(a models.Actor, f store.OpenSurveyFilter) (ids []string) {
			t.Helper()
			for {
				found, next, err := in.Store.OpenSurveys(t.Context(), a, f)
				in.Check(err)
				for _, v := range found {
					ids = append(ids, v.ID)
				}
				if f.Before = next; next == "" {
					return ids
				}
			}
		}
		want := []string{soon.ID, late.ID, in.Survey.ID}
		same := func(what string, got, want []string) {
			t.Helper()
			if !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", what, got, want)
			}
		}
		same("open", list(in.Actor, store.OpenSurveyFilter{}), want)
		same("open, one by one", list(in.Actor, store.OpenSurveyFilter{Page: store.Page{Limit: 1}}), want)
		same("subscribed", list(in.Actor, store.OpenSurveyFilter{Subscribed: true}), []string{late.ID})
		same("shared", list(viewer, store.OpenSurveyFilter{}), []string{late.ID})
		same("found", list(in.Actor, store.OpenSurveyFilter{Search: "FEED_"}), nil)
		found, _, err := in.Store.OpenSurveys(t.Context(), in.Actor, store.OpenSurveyFilter{})
		if err != nil || !found[1].Subscribed || found[2].Subscribed || found[2].Completed != 1 || found[2].Owner != "ada@example.com" {
			t.Errorf("%+v, %v", found, err)
		}
		if _, _, err := in.Store.OpenSurveys(t.Context(), in.Actor, store.OpenSurveyFilter{Page: store.Page{Before: "x"}}); models.ErrorCode(err) != models.CodeInvalid {
			t.Errorf("a cursor that is none: %v", err)
		}
	})
}

func TestTheResponseRateIsOfThoseWhomAnInvitationReached(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		in := newInviter(t, d, true)
		var all []models.Invitation
		for _, status := range []models.InvitationStatus{
			models.InvitationFinished, models.InvitationStarted, models.InvitationSent, models.InvitationOptedOut, models.InvitationBounced, models.InvitationFailed,
			models.InvitationQueued, models.InvitationHeld,
		} {
			all = append(all, models.Invitation{
				ID: models.NewOrderedID(models.PrefixInvitation, in.clock.Now()), OrgID: in.Actor.OrgID, SurveyID: in.Survey.ID, CollectorID: in.email.ID,
				Crk: models.NewCapability(), Token: models.NewCapability(), Status: status, StatusAt: in.clock.Now(), CreatedAt: in.clock.Now(),
			})
		}
		in.Check(in.Store.AddInvitations(t.Context(), all))
		other, _ := in.NewSurvey(in.Actor)
		figures, err := in.Store.SurveyFigures(t.Context(), in.Survey.ID, other.ID)
		f, none := figures[in.Survey.ID], figures[other.ID]
		if rate, known := f.ResponseRate(); err != nil || !known || rate != 0.25 {
			t.Errorf("the response rate is %v, %v, %v; want one of four", rate, known, err)
		}
		if _, known := none.ResponseRate(); known {
			t.Error("there is a response rate although nobody was invited")
		}
	})
}
