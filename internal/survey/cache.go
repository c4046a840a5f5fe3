package survey

import (
	"sync"
	"time"
)

// cache keeps a bounded number of values; when it is full, the one that was not asked for the longest goes.
// It is safe for concurrent use.
type cache[K comparable, V any] struct {
	mu      sync.Mutex
	most    int
	entries map[K]*cached[V]
	tick    uint64
}

type cached[V any] struct {
	value   V
	used    uint64    // the tick of the last use
	checked time.Time // when the value was last known to be right
}

func newCache[K comparable, V any](most int) *cache[K, V] {
	return &cache[K, V]{most: most, entries: make(map[K]*cached[V])}
}

// get gives the value of a key.
func (c *cache[K, V]) get(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok {
		var none V
		return none, false
	}
	c.tick++
	e.used = c.tick
	return e.value, true
}

// due reports whether the value was last checked that long ago. Of several callers only the first hears so.
func (c *cache[K, V]) due(key K, now time.Time, after time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok || now.Sub(e.checked) < after {
		return false
	}
	e.checked = now
	return true
}

// put keeps a value that is right at that time.
func (c *cache[K, V]) put(key K, value V, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tick++
	if e, ok := c.entries[key]; ok {
		e.value, e.used, e.checked = value, c.tick, now
		return
	}
	if len(c.entries) >= c.most {
		c.evict()
	}
	c.entries[key] = &cached[V]{value, c.tick, now}
}

func (c *cache[K, V]) drop(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, key)
}

func (c *cache[K, V]) evict() {
	var oldest K
	var used uint64
	first := true
	for key, e := range c.entries {
		if first || e.used < used {
			oldest, used, first = key, e.used, false
		}
	}
	delete(c.entries, oldest)
}
