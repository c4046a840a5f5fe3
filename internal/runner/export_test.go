package runner

import "fmt"

// Nodes tells how many nodes share the places of receivers, as this one knows.
func (r *Runner) Nodes() int {
	r.gate.mu.Lock()
	defer r.gate.mu.Unlock()
	return r.gate.nodes
}

// HurryMails has mails leave without a pause between them.
func (r *Runner) HurryMails() { r.mailsPause = 0 }

// Leftovers tells what a runner that has stopped has not given back: slots, places at receivers, claims.
func (r *Runner) Leftovers() []string {
	var left []string
	if len(r.free) != cap(r.free) {
		left = append(left, fmt.Sprintf("%d of %d slots are free", len(r.free), cap(r.free)))
	}
	for host, h := range r.gate.hosts {
		if h.inside != 0 || len(h.waiting) != 0 {
			left = append(left, fmt.Sprintf("%s has %d inside and %d waiting", host, h.inside, len(h.waiting)))
		}
	}
	if open := r.claims.list(); len(open) > 0 {
		left = append(left, fmt.Sprintf("%d claims are open", len(open)))
	}
	if n := r.stats.InFlight.Load(); n != 0 {
		left = append(left, fmt.Sprintf("%d runs are in flight", n))
	}
	return left
}
