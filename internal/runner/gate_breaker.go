package runner

import (
	"time"

	"surveyflow/models"
)

// What follows asks and tells the breakers of a gate, each under its lock.

// stale reports whether the row of the receiver should be read again; who asks is the one who reads it.
func (g *gate) stale(host string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	b, now := &g.of(host).breaker, time.Now() //nolint:forbidigo // paces this node only
	if now.Sub(b.read) < hostStale {
		return false
	}
	b.read = now
	return true
}

// failing tells whether calls to the receiver are held, and when a probe may be made.
func (g *gate) failing(host string) (open bool, due time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.hosts[host]
	if h == nil {
		return false, due
	}
	return h.breaker.open, h.breaker.retryAt
}

// adopt takes over what a row says; nil says that there is none.
func (g *gate) adopt(host string, row *models.Host) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.of(host)
	was := h.breaker.open
	if row != nil {
		h.org = row.OrgID
	}
	h.breaker.adopt(row)
	if was && !h.breaker.open {
		h.turned = true
		g.offer(host)
	}
	g.forget(host, h)
}

// adoptAll takes over the rows of all receivers that are in trouble; what has none is in none.
func (g *gate) adoptAll(rows []models.Host) {
	there := make(map[string]bool, len(rows))
	for i := range rows {
		there[rows[i].Host] = true
		g.adopt(rows[i].Host, &rows[i])
	}
	g.mu.Lock()
	var well []string
	for host, h := range g.hosts {
		if h.breaker.open && !there[host] {
			well = append(well, host)
		}
	}
	g.mu.Unlock()
	for _, host := range well {
		g.adopt(host, nil)
	}
}

// unsaved gives the receivers with failures, or an end of them, that no row says yet, and whose they are.
func (g *gate) unsaved() map[string]string {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := map[string]string{}
	for host, h := range g.hosts {
		if h.org != "" && (h.breaker.unsaved > 0 || h.breaker.anew) {
			all[host] = h.org
		}
	}
	return all
}

// saved takes what is about to be written.
func (g *gate) saved(host string) (n int, anew bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	b := &g.of(host).breaker
	n, anew = b.unsaved, b.anew
	b.unsaved, b.anew = 0, false
	return n, anew
}

func (g *gate) why(host string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.of(host).breaker.why
}

// probes gives the failing receivers whose probe is due, each once for a probe: a held run is to be released for it.
func (g *gate) probes(now time.Time) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var due []string
	for host, h := range g.hosts {
		if b := &h.breaker; b.open && !now.Before(b.retryAt) && !b.offered.Equal(b.retryAt) {
			b.offered = b.retryAt
			due = append(due, host)
		}
	}
	return due
}

// remind notes that runs are held for the receiver, whoever held them.
func (g *gate) remind(host string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.of(host)
	h.turned = true
	if !h.breaker.open && h.inside < g.places(h) {
		g.offer(host)
	}
}

// paced lets f see the pace of a receiver.
func (g *gate) paced(host string, f func(*pace)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f(&g.of(host).pace)
}

func (g *gate) tidy(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for host, h := range g.hosts {
		h.pace.tidy(now)
		g.forget(host, h)
	}
}
