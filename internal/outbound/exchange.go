package outbound

import (
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// Exchange is the record of one call: what was sent, what came back, how long it took and what went wrong. Nothing in
// it is masked.
type Exchange struct {
	Request Sent
	Hops    []Hop // the redirects that were followed, one at most

	Status    int // of the last answer; 0 when none came
	Header    http.Header
	Body      []byte // up to [MaxBody], or what the request says
	Truncated bool   // the body was longer, or broke off
	Location  string // where an unfollowed redirect leads, as the service wrote it

	Timing Timing
	Err    *Error // nil when the service answered, with whatever status
}

// Sent is the request as it went out, before any redirect.
type Sent struct {
	Method string
	URL    string // without user, password and fragment; as given when it could not be read
	Header http.Header
	Body   []byte
}

// Hop is a redirect that was followed.
type Hop struct {
	Status  int      // of the answer that redirected
	URL     string   // where to
	Dropped []string // the headers that this host did not get
}

// Timing is where the time of a call went. DNS, Connect and TLS are those of the connection if this call was the first
// to use it, and zero otherwise; after a redirect they are the last connection's.
type Timing struct {
	DNS       time.Duration
	Connect   time.Duration
	TLS       time.Duration
	FirstByte time.Duration // from the start of the call to the first byte of the last answer
	Total     time.Duration
}

// Fault returns the class of what went wrong, [FaultNone] when the service answered.
func (x *Exchange) Fault() Fault {
	if x.Err == nil {
		return FaultNone
	}
	return x.Err.Fault
}

// Succeeded reports whether the call is done: a whole answer with a 2xx status (contract §7 "Success and retry").
func (x *Exchange) Succeeded() bool {
	return x.Err == nil && x.Status >= 200 && x.Status <= 299
}

// Retryable reports whether the call failed in a way that is worth another try: by its fault, or by its status when
// the answer came. The status also decides about an answer that is too large.
func (x *Exchange) Retryable() bool {
	switch x.Fault() {
	case FaultNone, FaultTooLarge:
		return RetryableStatus(x.Status)
	default:
		return x.Err.Fault.Retryable()
	}
}

// RetryableStatus reports whether an answer with this status is worth another try: 408, 425, 429 and 5xx (contract §7).
func RetryableStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	default:
		return status >= 500 && status <= 599
	}
}

// trace takes the times that only the transport knows.
type trace struct {
	hooks     httptrace.ClientTrace
	conn      *conn        // the connection, when it is a new one
	firstByte atomic.Int64 // since start; set by the connection's reader, which may outlive the call
	start     time.Time
}

func newTrace(start time.Time) *trace {
	t := &trace{start: start}
	t.hooks.GotConn = func(info httptrace.GotConnInfo) {
		t.conn = nil
		if c, ok := info.Conn.(*conn); ok && !info.Reused {
			t.conn = c
		}
	}
	t.hooks.GotFirstResponseByte = func() { t.firstByte.Store(int64(time.Since(t.start))) }
	return t
}

// timing returns what was measured so far.
func (t *trace) timing() Timing {
	taken := Timing{FirstByte: time.Duration(t.firstByte.Load())}
	if t.conn != nil {
		taken.DNS, taken.Connect, taken.TLS = t.conn.dns, t.conn.connect, t.conn.tls
	}
	return taken
}

// readBody reads at most so many bytes and reports whether there was more. A body that breaks off comes back as far
// as it came, with the error.
func readBody(resp *http.Response, most int) (body []byte, truncated bool, err error) {
	if resp.Body == http.NoBody {
		return nil, false, nil
	}
	size := int64(512)
	if resp.ContentLength > 0 {
		size = min(resp.ContentLength, smallBuffer) // a promise of a megabyte is not a megabyte
	}
	body = make([]byte, 0, size)
	for {
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
		n, err := resp.Body.Read(body[len(body):min(cap(body), most+1)])
		body = body[:len(body)+n]
		switch {
		case len(body) > most:
			return body[:most], true, nil
		case err == io.EOF:
			return body, false, nil
		case err != nil:
			return body, true, err
		}
	}
}
