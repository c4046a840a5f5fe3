// Package outbound is the only way by which the program calls HTTP services of others: web service tasks, outbound
// webhooks, OAuth endpoints.
//
// A [Client] reaches public addresses only. The guard looks at the resolved address at the moment of the connect, so
// that neither a name that resolves differently the second time nor a redirect gets around it; what the operator names
// in OUTBOUND_ALLOW is excepted, and so are the instance's own addresses (contract §7 "Own addresses"), which have a
// connection pool of their own. Environment proxies are never followed: behind one the guard would see the proxy only.
//
// [Client.Do] never fails by itself: it returns an [Exchange], the record of the one call, whatever became of it. What
// went wrong is its [Error]: a [Fault] class for the program, a message key for people, a text for the log. Whether
// the call is worth another try is [Exchange.Retryable] (contract §7 "Success and retry").
package outbound

import "time"

// AllowSetting is the setting that names the private addresses which outbound calls may reach (contract §1).
const AllowSetting = "OUTBOUND_ALLOW"

// The limits of one call. A receiver that breaks them costs its own call and nothing else.
const (
	// DefaultTimeout bounds a call whose request names no timeout (contract §7 "Defaults").
	DefaultTimeout = 10 * time.Second
	// MaxTimeout is the longest timeout a request may ask for (contract §7 "Defaults").
	MaxTimeout = 30 * time.Second
	// MaxBody is how many bytes of a response body are read.
	MaxBody = 1 << 20
	// MaxRetryAfter is the longest pause a receiver may ask for (contract §7 "Success and retry").
	MaxRetryAfter = 24 * time.Hour

	maxResponseHeader = 64 << 10 // all header lines together, 1xx answers included
	maxIdlePerHost    = 64       // as many as one node delivers at once: fewer means a new connection per call
	maxIdle           = 1024
	idleTimeout       = 60 * time.Second // below the keep-alive time of the usual servers
	handshakeTimeout  = 10 * time.Second
	smallBuffer       = 16 << 10 // what is allocated on the word of a Content-Length, or drained after a redirect
)
