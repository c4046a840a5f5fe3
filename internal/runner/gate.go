package runner

import (
	"context"
	"sync"
	"time"
)

const (
	// hostCap is how many calls of this node go to one receiver at the same time.
	hostCap = 32
	// hostPatience is how long a run waits with its slot for a busy receiver before it is held: a quick one frees a place
	// within it, and a slow one is found out soon.
	hostPatience = 50 * time.Millisecond
	// holdDeadline is when a held run looks again by itself.
	holdDeadline = time.Minute
)

// gate limits the calls per receiver. Who finds it full waits a moment, or is turned away when nobody came out for that
// long: a dead receiver then costs the others nothing.
type gate struct {
	mu    sync.Mutex
	hosts map[string]*receiver
	held  chan string // receivers with a free place and runs that were turned away
}

type receiver struct {
	inside  int
	waiting []chan bool
	stuck   bool // somebody waited in vain, and nobody has come out since
	turned  bool // runs were turned away and may be held
	held    int  // how many runs were held for it so far
}

func newGate() *gate { return &gate{hosts: map[string]*receiver{}, held: make(chan string, 1024)} }

// enter takes a place at the receiver. It returns false when there is none, after hostPatience at the latest.
func (g *gate) enter(ctx context.Context, host string) bool {
	g.mu.Lock()
	h := g.hosts[host]
	if h == nil {
		h = &receiver{}
		g.hosts[host] = h
	}
	if h.inside < hostCap {
		h.inside++
		g.mu.Unlock()
		return true
	}
	if h.stuck {
		h.turned = true
		g.mu.Unlock()
		return false
	}
	turn := make(chan bool, 1)
	h.waiting = append(h.waiting, turn)
	g.mu.Unlock()

	patience := time.NewTimer(hostPatience)
	defer patience.Stop()
	select {
	case ok := <-turn:
		return ok
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
			return false
		}
	}
	return <-turn // a place was handed over in the same moment
}

// leave gives the place to the next who waits, or offers it to those that are held.
func (g *gate) leave(host string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.hosts[host]
	h.stuck = false
	if len(h.waiting) > 0 {
		h.waiting[0] <- true
		h.waiting = h.waiting[1:]
		return
	}
	h.inside--
	switch {
	case h.turned:
		g.offer(host)
	case h.inside == 0:
		delete(g.hosts, host)
	}
}

// holds notes that a run that was turned away is held on disk now. When the last place became free before that, there was
// nobody to release yet: it is offered once more.
func (g *gate) holds(host string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.hosts[host]
	if h == nil {
		h = &receiver{}
		g.hosts[host] = h
	}
	h.turned = true
	h.held++
	if h.inside < hostCap {
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
	if h == nil || !h.turned {
		return 0, 0
	}
	return hostCap - h.inside, h.held
}

// emptied notes that nothing is held for the receiver any more, unless another run was held since room was asked.
func (g *gate) emptied(host string, held int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if h := g.hosts[host]; h != nil && h.held == held {
		h.turned = false
		if h.inside == 0 && len(h.waiting) == 0 {
			delete(g.hosts, host)
		}
	}
}
