package main

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// marker stands before the number of an event in every body, on its way in and on its way out.
const (
	marker       = "event-"
	markerDigits = 9
)

// ledger knows of every event when it was accepted and when it arrived. Events are numbered from 0.
type ledger struct {
	epoch    time.Time
	sent     []int64 // when the request went out, in nanoseconds since epoch; 0 means not
	accepted []int64 // when the answer was there
	arrived  []atomic.Int64
	calls    []atomic.Int32

	missing atomic.Int64 // of those that are expected, how many did not arrive yet
	all     chan struct{}
}

func newLedger(n int) *ledger {
	return &ledger{
		epoch: time.Now(), sent: make([]int64, n), accepted: make([]int64, n), arrived: make([]atomic.Int64, n), calls: make([]atomic.Int32, n),
		all: make(chan struct{}, 1),
	}
}

func (l *ledger) now() int64 { return int64(time.Since(l.epoch)) }

// expect says how many events will arrive from now on.
func (l *ledger) expect(n int) {
	l.missing.Store(int64(n))
	select {
	case <-l.all:
	default:
	}
}

// arrive notes a call for an event.
func (l *ledger) arrive(n int) {
	if n < 0 || n >= len(l.calls) || l.calls[n].Add(1) > 1 {
		return
	}
	l.arrived[n].Store(l.now())
	if l.missing.Add(-1) == 0 {
		l.all <- struct{}{}
	}
}

// duplicates counts the calls beyond the first of every event in [from, to).
func (l *ledger) duplicates(from, to int) int {
	n := 0
	for i := from; i < to; i++ {
		n += max(int(l.calls[i].Load())-1, 0)
	}
	return n
}

// sink is the service that the workflow calls. Like the generator it is written by hand, to cost little.
type sink struct {
	listener net.Listener
	ledger   atomic.Pointer[ledger]
	conns    sync.WaitGroup
	opened   atomic.Int64 // connections
	strays   atomic.Int64 // calls without a number
	mu       sync.Mutex
	open     map[net.Conn]bool
}

func startSink() (*sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{listener: l, open: map[net.Conn]bool{}}
	s.conns.Go(s.accept)
	return s, nil
}

func (s *sink) address() string { return s.listener.Addr().String() }

func (s *sink) close() {
	_ = s.listener.Close()
	s.mu.Lock()
	for c := range s.open {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.conns.Wait()
}

func (s *sink) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.open[c] = true
		s.mu.Unlock()
		s.opened.Add(1)
		s.conns.Go(func() {
			s.serve(c)
			s.mu.Lock()
			delete(s.open, c)
			s.mu.Unlock()
			_ = c.Close()
		})
	}
}

var sinkAnswer = []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"ok\":true}")

// serve answers the requests of one connection until it ends.
func (s *sink) serve(c net.Conn) {
	r := bufio.NewReader(c)
	var body []byte
	for {
		if _, err := r.ReadSlice('\n'); err != nil {
			return
		}
		length, err := readHeader(r)
		if err != nil {
			return
		}
		if cap(body) < length {
			body = make([]byte, length)
		}
		body = body[:length]
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		if n, ok := eventNumber(body); ok {
			if l := s.ledger.Load(); l != nil {
				l.arrive(n)
			}
		} else {
			s.strays.Add(1)
		}
		if _, err := c.Write(sinkAnswer); err != nil {
			return
		}
	}
}

// eventNumber finds the number of the event that a body is about.
func eventNumber(body []byte) (int, bool) {
	i := bytes.Index(body, []byte(marker))
	if i < 0 || len(body) < i+len(marker)+markerDigits {
		return 0, false
	}
	n := 0
	for _, d := range body[i+len(marker):][:markerDigits] {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = n*10 + int(d-'0')
	}
	return n, true
}
