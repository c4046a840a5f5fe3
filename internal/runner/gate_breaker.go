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

// moment names the present: what is read of a row from here on is older than what this node learns by itself meanwhile.
func (g *gate) moment() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.changes
}

// changed notes that this node learned something by itself. The gate is locked.
func (g *gate) changed(b *breaker) {
	g.changes++
	b.changed = g.changes
}

// adopt takes over the row that this node has just written.
func (g *gate) adopt(host string, row *models.Host) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.of(host)
	g.changed(&h.breaker)
	g.take(host, h, row)
}

// learn takes over a row that was read after that moment; nil says that there is none. It is no news when this node has written
// another one since: a receiver that has just come back would be held again.
func (g *gate) learn(host string, row *models.Host, since int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	own := g.forgotten
	if h := g.hosts[host]; h != nil {
		own = h.breaker.changed
	}
	if own <= since {
		g.take(host, g.of(host), row)
	}
}

// take takes over a row. The gate is locked.
func (g *gate) take(host string, h *receiver, row *models.Host) {
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

// learnAll takes over the rows of all receivers that are in trouble, as they were read after that moment; what has none is in
// none.
func (g *gate) learnAll(rows []models.Host, since int64) {
	there := make(map[string]bool, len(rows))
	for i := range rows {
		there[rows[i].Host] = true
		g.learn(rows[i].Host, &rows[i], since)
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
		g.learn(host, nil, since)
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
	g.changed(b)
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
