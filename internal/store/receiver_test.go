package store_test

import (
	"fmt"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// aReceiver makes a receiver of somebody.
func aReceiver(t *testing.T, s *store.Store, owner models.Actor) *models.Receiver {
	t.Helper()
	r := &models.Receiver{
		ID: models.NewID(models.PrefixReceiver), Name: "Try out", Token: models.NewCapability(), Status: 200, ContentType: "text/plain",
	}
	if err := s.CreateReceiver(t.Context(), owner, r); err != nil {
		t.Fatal(err)
	}
	return r
}

func received(r *models.Receiver, at time.Time, body string) models.ReceivedRequest {
	return models.ReceivedRequest{
		ID: models.NewOrderedID(models.PrefixRequest, at), ReceiverID: r.ID, Method: "POST", Path: "/x", Body: body, Size: int64(len(body)), At: at,
		Headers: models.JSON[[]models.Header]{V: []models.Header{{Name: "Host", Value: "localhost"}}},
	}
}

func TestAReceiverKeepsOnlyTheNewestRequests(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		owner := storetest.NewInstance(t, s, clock.System{}).User("mia@example.com", models.RoleMember)
		r, other := aReceiver(t, s, owner), aReceiver(t, s, owner)
		at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
		var batch []models.ReceivedRequest
		for i := range models.ReceiverMaxRequests + 150 {
			batch = append(batch, received(r, at.Add(time.Duration(i)*time.Millisecond), fmt.Sprint(i)))
		}
		if err := s.RecordRequests(t.Context(), []models.ReceivedRequest{received(other, at, "stays")}); err != nil {
			t.Fatal(err)
		}
		for len(batch) > 0 {
			n := min(100, len(batch))
			if err := s.RecordRequests(t.Context(), batch[:n]); err != nil {
				t.Fatal(err)
			}
			batch = batch[n:]
		}
		rows, err := s.Receivers(t.Context(), owner)
		if err != nil {
			t.Fatal(err)
		}
		counts := map[string]int64{}
		for _, row := range rows {
			counts[row.ID] = row.Requests
			if row.LastAt.IsZero() {
				t.Errorf("the list does not say when the last request came to %s", row.ID)
			}
		}
		if counts[r.ID] != models.ReceiverMaxRequests || counts[other.ID] != 1 {
			t.Errorf("kept %d and %d requests, want %d and 1", counts[r.ID], counts[other.ID], models.ReceiverMaxRequests)
		}
		page, next, err := s.ReceivedRequests(t.Context(), owner, r.ID, store.Page{Limit: 3})
		if err != nil || len(page) != 3 || next == "" {
			t.Fatalf("first page: %d rows, cursor %q, %v", len(page), next, err)
		}
		newest, err := s.ReceivedRequest(t.Context(), owner, r.ID, page[0].ID)
		if err != nil || newest.Body != fmt.Sprint(models.ReceiverMaxRequests+149) || newest.Headers.V[0].Name != "Host" {
			t.Errorf("the newest request is %+v, %v", newest, err)
		}
		if id, err := s.NewestRequest(t.Context(), owner, r.ID); err != nil || id != page[0].ID {
			t.Errorf("newest = %q, %v; want %q", id, err, page[0].ID)
		}
	})
}

func TestAReceiverIsItsOwnersAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := storetest.NewInstance(t, s, clock.System{})
		owner, other, admin := in.User("mia@example.com", models.RoleMember), in.User("bob@example.com", models.RoleMember), in.User("eve@example.com", models.RoleBrandAdmin)
		r := aReceiver(t, s, owner)
		request := received(r, time.Now().UTC(), "secret")
		if err := s.RecordRequests(t.Context(), []models.ReceivedRequest{request}); err != nil {
			t.Fatal(err)
		}
		for name, try := range map[string]func(models.Actor) error{
			"read": func(a models.Actor) error { _, err := s.Receiver(t.Context(), a, r.ID); return err },
			"list": func(a models.Actor) error {
				_, _, err := s.ReceivedRequests(t.Context(), a, r.ID, store.Page{})
				return err
			},
			"request": func(a models.Actor) error { _, err := s.ReceivedRequest(t.Context(), a, r.ID, request.ID); return err },
			"newest":  func(a models.Actor) error { _, err := s.NewestRequest(t.Context(), a, r.ID); return err },
			"save":    func(a models.Actor) error { return s.SaveReceiver(t.Context(), a, r) },
			"clear":   func(a models.Actor) error { return s.ClearReceiver(t.Context(), a, r.ID) },
			"delete":  func(a models.Actor) error { return s.DeleteReceiver(t.Context(), a, r.ID) },
		} {
			if err := try(other); models.ErrorCode(err) != models.CodeNotFound {
				t.Errorf("%s by somebody else: %v, want not found", name, err)
			}
			if name == "delete" {
				continue
			}
			if err := try(admin); err != nil && name != "request" {
				t.Errorf("%s by a brand admin: %v", name, err)
			}
		}
		if rows, err := s.Receivers(t.Context(), other); err != nil || len(rows) != 0 {
			t.Errorf("somebody else lists %d receivers, %v", len(rows), err)
		}
	})
}

func TestRequestsOfADeletedReceiverAreDropped(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		owner := storetest.NewInstance(t, s, clock.System{}).User("mia@example.com", models.RoleMember)
		gone, there := aReceiver(t, s, owner), aReceiver(t, s, owner)
		at := time.Now().UTC()
		if err := s.RecordRequests(t.Context(), []models.ReceivedRequest{received(gone, at, "x")}); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteReceiver(t.Context(), owner, gone.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ReceiverByToken(t.Context(), gone.Token); models.ErrorCode(err) != models.CodeNotFound {
			t.Errorf("the address of a deleted receiver: %v, want not found", err)
		}
		if err := s.RecordRequests(t.Context(), []models.ReceivedRequest{received(gone, at, "late"), received(there, at, "kept")}); err != nil {
			t.Fatalf("record for a deleted and a living receiver: %v", err)
		}
		if id, err := s.NewestRequest(t.Context(), owner, there.ID); err != nil || id == "" {
			t.Errorf("the living receiver's request was lost: %q, %v", id, err)
		}
	})
}
