package runner

import "time"

// paceKept bounds how many runs a node remembers to have sent into the line of one receiver.
const paceKept = 50_000

// pace hands out the times at which runs that found a receiver's rate used up try again. The line is this node's own; that
// no more calls are made than the rate allows is the row's matter (store.TakeRate).
type pace struct {
	next time.Time            // where the line ends
	line map[string]time.Time // runs that wait in it, with their times
}

// slot gives the time for a run, when the next place is free at that time. A run that stood in the line already and came too
// early takes that place.
func (p *pace) slot(run string, free time.Time, interval time.Duration) time.Time {
	if _, known := p.line[run]; known {
		p.line[run] = free
		return free
	}
	at := free
	if p.next.After(at) {
		at = p.next
	}
	p.next = at.Add(interval)
	if p.line == nil {
		p.line = map[string]time.Time{}
	}
	if len(p.line) < paceKept {
		p.line[run] = at
	}
	return at
}

// went takes a run out of the line.
func (p *pace) went(run string) { delete(p.line, run) }

// tidy forgets runs whose time has passed long ago: they were canceled, or another node had them.
func (p *pace) tidy(now time.Time) {
	for run, at := range p.line {
		if now.Sub(at) > time.Minute {
			delete(p.line, run)
		}
	}
}

func (p *pace) idle() bool { return len(p.line) == 0 }
