package credential

import (
	"context"
	"strings"
	"sync"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/outbound"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// domainsFor is how long a node may go on with a list of domains that another one has changed.
const domainsFor = 2 * time.Second

// Domains reads the organisation's list of allowed domains for the client of outbound calls, and keeps it for a moment.
type Domains struct {
	store *store.Store
	clock clock.Clock

	mu   sync.Mutex
	list outbound.Hosts
	text string
	at   time.Time
}

// NewDomains makes it.
func NewDomains(s *store.Store, c clock.Clock) *Domains { return &Domains{store: s, clock: c} }

// Hosts gives the list; nil when every host may be called.
func (d *Domains) Hosts(ctx context.Context) (outbound.Hosts, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.clock.Now()
	if !d.at.IsZero() && now.Sub(d.at) < domainsFor && now.Sub(d.at) >= 0 {
		return d.list, nil
	}
	org, err := d.store.TheOrganisation(ctx)
	if models.ErrorCode(err) == models.CodeNotFound { // before the set-up
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if org.AllowedDomains != d.text || d.at.IsZero() {
		list, err := outbound.ParseHosts(strings.Split(org.AllowedDomains, "\n"))
		if err != nil {
			return nil, err
		}
		d.list, d.text = list, org.AllowedDomains
	}
	d.at = now
	return d.list, nil
}

// Changed makes the next call read the list anew.
func (d *Domains) Changed() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = time.Time{}
}
