package runner

import (
	"context"
	"sync"
	"time"

	"surveyflow/internal/store"
	"surveyflow/internal/task"
)

const (
	// hostCap is how many calls of all nodes go to one receiver at the same time, unless its owner wants fewer.
	hostCap = task.MaxConcurrency
	// hostPatience is how long a run waits with its slot for a busy receiver before it is held: a quick one frees a place
	// within it, and a slow one is found out soon.
	hostPatience = 50 * time.Millisecond
	// holdDeadline is when a run that is held for a busy receiver looks again by itself, should nobody release it.
	holdDeadline = time.Minute
	// failingDeadline is the same for a failing one: probes find out when it is back, so that this is a safety net alone.
	failingDeadline = time.Hour
)

// gate limits the calls per receiver. Who finds it full waits a moment, or is turned away when nobody came out for that
// long: a dead receiver then costs the others nothing.
type gate struct {
	mu        sync.Mutex
	hosts     map[string]*receiver
	held      chan string // receivers with a free place and runs that were turned away
	nodes     int         // that share the places of every receiver; 0 counts as 1
	turn      int         // of this node among them, from 0
	changes   int64       // counts what this node learned of receivers by itself
	forgotten int64       // the last of it that was about a receiver which is not remembered any more
}

type receiver struct {
	org     string
	inside  int
	most    int // how many may be inside, as the last one who came wanted
	waiting []chan entry
	stuck   bool // somebody waited in vain, and nobody has come out since
	turned  bool // runs were turned away and may be held
	held    int  // how many runs were held for it so far
	breaker breaker
	pace    pace
}

// places is how many of this node may be inside now: its share, and few while the receiver comes back. Where there are fewer
// places than nodes some have none, and hold their runs for the others. The gate is locked.
func (g *gate) places(h *receiver) int {
	all := h.most
	if h.breaker.cautious > 0 {
		all = min(all, store.BackAtOnce)
	}
	if g.nodes <= 1 {
		return all
	}
	share := all / g.nodes
	if g.turn < all%g.nodes {
		share++
	}
	return share
}

// sharedBy notes how many nodes work, and which of them this one is. It tells whether there are several.
func (g *gate) sharedBy(nodes, turn int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	grown := nodes < g.nodes
	g.nodes, g.turn = nodes, turn
	if grown { // others have left their places
		for host, h := range g.hosts {
			if h.turned && !h.breaker.open && h.inside < g.places(h) {
				g.offer(host)
			}
		}
	}
	return nodes > 1
}

// idle reports whether nothing is known of the receiver that would be missed.
func (h *receiver) idle() bool {
	return h.inside == 0 && len(h.waiting) == 0 && !h.turned && h.breaker.quiet() && h.pace.idle()
}

func newGate() *gate { return &gate{hosts: map[string]*receiver{}, held: make(chan string, 1024)} }

// of gives what is known of a receiver. The gate is locked.
func (g *gate) of(host string) *receiver {
	h := g.hosts[host]
	if h == nil {
		h = &receiver{most: hostCap}
		g.hosts[host] = h
	}
	return h
}

// forget removes what nobody would miss. The gate is locked.
func (g *gate) forget(host string, h *receiver) {
	if h.idle() {
		g.forgotten = max(g.forgotten, h.breaker.changed)
		delete(g.hosts, host)
	}
}

// entry is what who wants to call a receiver is told.
type entry int

const (
	entryIn   entry = iota // go ahead
	entryFull              // there is no place
	entryOpen              // the receiver is failing
)

// enter takes a place at the receiver, of at most so many; 0 means as many as usual. When there is none it says so, after
// hostPatience at the latest.
func (g *gate) enter(ctx context.Context, host string, most int) entry {
	g.mu.Lock()
	h := g.of(host)
	if h.most = most; most <= 0 {
		h.most = hostCap
	}
	switch {
	case h.breaker.open:
		g.mu.Unlock()
		return entryOpen
	case h.inside < g.places(h):
		h.inside++
		g.mu.Unlock()
		return entryIn
	case h.stuck:
		h.turned = true
		g.mu.Unlock()
		return entryFull
	}
	turn := make(chan entry, 1)
	h.waiting = append(h.waiting, turn)
	g.mu.Unlock()

	patience := time.NewTimer(hostPatience)
	defer patience.Stop()
	select {
	case in := <-turn:
		return in
	case <-patience.C:
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, w := range h.waiting {
		if w == turn {
			h.waiting = append(h.waiting[:i], h.waiting[i+1:]...)
			if ctx.Err() == nil {
				h.stuck, h.turned = true, true
			}
			return entryFull
		}
	}
	return <-turn // a place was handed over in the same moment
}

// enterForProbe takes a place beyond all limits: one call finds out whether the receiver is back.
func (g *gate) enterForProbe(host string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.of(host).inside++
}

// leave gives the place to the next who waits, or offers it to those that are held.
func (g *gate) leave(host string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.left(host, g.hosts[host])
}

// called is leave after a call: it takes in what the call said of the receiver, and tells what is to be written down.
func (g *gate) called(host string, c call, now time.Time) news {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.hosts[host]
	h.org = c.org
	n := h.breaker.called(c, now)
	if n != newsNone {
		g.changed(&h.breaker)
	}
	if n == newsWell {
		h.turned = true // others may hold runs for it
	}
	g.left(host, h)
	return n
}

func (g *gate) left(host string, h *receiver) {
	h.stuck = false
	if h.breaker.open { // nobody else may call it
		for _, w := range h.waiting {
			w <- entryOpen
		}
		h.waiting = nil
	}
	if len(h.waiting) > 0 && h.inside <= g.places(h) {
		h.waiting[0] <- entryIn
		h.waiting = h.waiting[1:]
		return
	}
	h.inside--
	if h.turned {
		g.offer(host)
	}
	g.forget(host, h)
}

// holds notes that a run that was turned away is held on disk now. When the last place became free before that, there was
// nobody to release yet: it is offered once more.
func (g *gate) holds(host string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.of(host)
	h.turned = true
	h.held++
	if h.inside < g.places(h) {
		g.offer(host)
	}
}

// offer says that the receiver has a free place for those that are held.
func (g *gate) offer(host string) {
	select {
	case g.held <- host:
	default: // many are waiting to be released already; the deadline finds the rest
	}
}

// room tells how many places the receiver has free for held runs, and how many were held for it so far.
func (g *gate) room(host string) (places, held int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.hosts[host]
	if h == nil || !h.turned || h.breaker.open {
		return 0, 0
	}
	return max(g.places(h)-h.inside, 0), h.held
}

// emptied notes that nothing is held for the receiver any more, unless another run was held since room was asked.
func (g *gate) emptied(host string, held int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if h := g.hosts[host]; h != nil && h.held == held {
		h.turned = false
		g.forget(host, h)
	}
}
