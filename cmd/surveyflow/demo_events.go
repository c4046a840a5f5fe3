package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"surveyflow/internal/trigger"
	"surveyflow/models"
)

// makePurchases is a workflow without a survey, which the shop starts by JSON events: it brings who buys for the first time
// into the list of subscribers, and tells the CRM.
func (s *story) makePurchases(ctx context.Context) (*models.Workflow, error) {
	add, err := models.MarshalJSON(models.AddContactConfig{MailingListID: s.scene.subscribers.ID, Merge: models.MergeEmail, Fields: map[string]string{
		"email": "~{aedj://email}", "firstName": "~{aedj://firstName}", "lastName": "~{aedj://lastName}", "language": "~{aedj://language}",
		"externalReference": "~{aedj://$._harbour['loyalty-id']}", "plan": "silver",
	}})
	if err != nil {
		return nil, err
	}
	tell, err := calls(namedCall{"Tell the CRM", models.WebServiceConfig{
		Method: "POST", URL: s.address(s.scene.crm, "/orders"),
		Body: &models.BodySpec{Format: models.BodyJSON, Mode: models.BodyKeyValue, Pairs: []models.PairSpec{
			{Key: "order", Value: "~{aedj://order}", DataType: models.DataString},
			{Key: "total", Value: "~{aedj://total}", DataType: models.DataNumber},
			{Key: "items", Value: "~{aedj://$.productListItems}", DataType: models.DataJSON},
		}},
	}})
	if err != nil {
		return nil, err
	}
	w, err := s.turnOn(ctx, "Welcome a new customer", nil, models.WorkflowDefinition{
		Event: models.EventSpec{Type: models.EventJSON, Fields: []models.EventField{
			{Name: "email", Path: "$.personalEmail.address"},
			{Name: "firstName", Path: "$.person.name.firstName"},
			{Name: "lastName", Path: "$.person.name.lastName"},
			{Name: "language", Path: "$.preferredLanguage"},
			{Name: "order", Path: "$.commerce.order.purchaseID"},
			{Name: "total", Path: "$.commerce.order.priceTotal"},
		}},
		Condition: where("~{aedj://total}", models.OpGreaterThan, "0"),
		Tasks: append([]models.TaskSpec{
			{Type: models.TaskAddContact, Summary: "Add to the subscribers", OnFailure: models.FailureStop, Config: add},
		}, tell...),
	})
	if err != nil {
		return nil, err
	}
	return w, s.store.UpdateTrigger(ctx, s.scene.admin, w.ID, func(t *models.Trigger) error {
		at := s.clk.Now()
		t.Sample, t.SampleAt = purchases[0].event(), &at
		return nil
	})
}

// purchase is an order in the shop of somebody who had not bought before.
type purchase struct {
	ago                                 time.Duration
	email, first, last, language, order string
	total, item                         string
}

// purchases are what the shop told of. Who orders a free sample is no customer yet, and one gave a broken address.
var purchases = []purchase{
	{9*24*time.Hour + 3*time.Hour, "olav.berg@example.com", "Olav", "Berg", "nb", "P-70112", "27.5", "Espresso, dark roast"},
	{6*24*time.Hour + 5*time.Hour, "nadia.haddad@example.com", "Nadia", "Haddad", "en", "P-70145", "14.9", "Filter coffee, light roast"},
	{4*24*time.Hour + 2*time.Hour, "wojtek@example.com", "Wojciech", "Kowal", "pl", "P-70181", "0", "Free sample"},
	{2*24*time.Hour + 7*time.Hour, "emma.lund", "Emma", "Lund", "sv", "P-70196", "31", "Espresso, dark roast"},
	{26 * time.Hour, "felix.brandt@example.com", "Felix", "Brandt", "de", "P-70211", "18.4", "Decaf"},
	{4 * time.Hour, "ines.costa@example.com", "Inês", "Costa", "pt", "P-70230", "22.8", "Harbour blend"},
}

// event is the purchase as the shop's data platform writes it.
func (p purchase) event() string {
	return fmt.Sprintf(`{
  "eventType": "commerce.purchases",
  "person": {"name": {"firstName": %q, "lastName": %q}},
  "personalEmail": {"address": %q},
  "preferredLanguage": %q,
  "_harbour": {"loyalty-id": "L-%s"},
  "commerce": {"order": {"purchaseID": %q, "priceTotal": %s, "currencyCode": "EUR"}},
  "productListItems": [{"name": %q, "quantity": 1}]
}`, p.first, p.last, p.email, p.language, strings.TrimPrefix(p.order, "P-"), p.order, p.total, p.item)
}

// planPurchases lets the shop send its events, one of them twice, and others be refused.
func (s *story) planPurchases() {
	for _, p := range purchases {
		s.then(p.ago, func(ctx context.Context) error { return s.send(ctx, s.scene.purchases, p) })
	}
	again := purchases[1]
	s.then(again.ago-time.Minute, func(ctx context.Context) error { return s.send(ctx, s.scene.purchases, again) })
	s.then(30*time.Hour, s.refusePurchases)
}

// send sends an event as the shop does, with the order's number as its key.
func (s *story) send(ctx context.Context, w *models.Workflow, p purchase) error {
	t, err := s.store.Trigger(ctx, s.scene.admin, w.ID)
	if err != nil {
		return err
	}
	live, err := s.triggers.Find(ctx, trigger.Address{Token: t.Token})
	if err != nil {
		return err
	}
	payload, err := trigger.Parse([]byte(p.event()))
	if err != nil {
		return fmt.Errorf("read purchase %s: %w", p.order, err)
	}
	_, err = s.triggers.Take(ctx, live, trigger.Sent{Payload: payload, Key: trigger.KeyOf(http.Header{"Idempotency-Key": {p.order}})})
	return err
}

// refusePurchases is what a test system sent that had no token yet, and then no whole JSON.
func (s *story) refusePurchases(ctx context.Context) error {
	w := s.scene.purchases
	headers := []models.Header{{Name: "Content-Type", Value: "application/json"}, {Name: "User-Agent", Value: "shop-staging/2.4"}}
	whole := purchases[0].event()
	broken := whole[:strings.Index(whole, `"priceTotal"`)]
	_, wrong := trigger.Parse([]byte(broken))
	address, err := url.Parse(s.base.JSONEventContext(w.ID, w.OwnerID, w.OrgID, w.ID))
	if err != nil {
		return err
	}
	live, err := s.triggers.Find(ctx, trigger.Address{ContextID: w.ID, UserID: w.OwnerID, BrandID: w.OrgID, WorkflowID: w.ID})
	if err != nil {
		return err
	}
	for _, refused := range []struct {
		body  string
		cause error
	}{
		{whole, s.triggers.Authorize(ctx, live, http.Header{})},
		{broken, trigger.Refuse(models.RefusedContent, wrong)},
	} {
		r := refusalOf(refused.cause)
		if r == nil {
			return fmt.Errorf("the event was not refused: %w", refused.cause)
		}
		r.OrgID, r.WorkflowID = w.OrgID, w.ID
		r.Sample.Method, r.Sample.URL, r.Sample.Headers, r.Sample.Body = http.MethodPost, address.RequestURI(), headers, refused.body
		if err := s.store.RecordRefusal(ctx, *r); err != nil {
			return err
		}
	}
	return nil
}

// refusalOf tells why an event was refused; nil when it was not.
func refusalOf(err error) *models.Refusal {
	refused, ok := errors.AsType[*trigger.RefusalError](err)
	if !ok {
		return nil
	}
	r := &models.Refusal{Reason: refused.Reason}
	if e, ok := errors.AsType[*models.Error](refused.Err); ok {
		r.Sample.Error = &models.RunError{Key: e.Key, Args: e.Args}
	}
	return r
}
