package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"
)

// Fault classifies what went wrong with a call. The values are stable: they are stored and counted.
type Fault string

// The fault classes. An answer with a status other than 2xx is no fault: the service was reached and spoke.
const (
	FaultNone        Fault = ""
	FaultURL         Fault = "url"         // the URL cannot be called
	FaultRequest     Fault = "request"     // the method or a header cannot be sent
	FaultRefused     Fault = "refused"     // the guard or a list of hosts refused; the cause is a [*RefusedError] or [*OutsideError]
	FaultDNS         Fault = "dns"         // the host name did not resolve
	FaultConnection  Fault = "connection"  // no connection, or it broke
	FaultTLS         Fault = "tls"         // the handshake failed for another reason than the certificate
	FaultCertificate Fault = "certificate" // the server's certificate is not good
	FaultTimeout     Fault = "timeout"     // the time of the call was up
	FaultCanceled    Fault = "canceled"    // the caller stopped the call: our shutdown, nobody's failure
	FaultProtocol    Fault = "protocol"    // the answer is no HTTP, or its headers have no end
	FaultTooLarge    Fault = "too_large"   // the answer's body is over [MaxBody]; status and beginning are there
	FaultRedirect    Fault = "redirect"    // a redirect that was not followed; status and Location are there
)

// maxErrorText caps the text of an [Error]: a garbage answer is quoted in it.
const maxErrorText = 500

// Error says why a call failed: a class for the program, a message key with its values for people, a text for logs.
// Args hold strings and integers only.
type Error struct {
	Fault Fault
	Key   string
	Args  map[string]any
	cause error
}

// Error gives the text for logs. It never holds the URL, but may hold what the service said: mask it before storing.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %v", e.Fault, e.cause)
	if len(text) > maxErrorText {
		text = strings.ToValidUTF8(text[:maxErrorText], "") + "…"
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// Retryable reports whether the same call may succeed later (contract §7 "Success and retry"): connection errors and
// timeouts are worth another try. What is wrong with the request, a refused address, a bad certificate and an
// unfollowed redirect stay wrong. A canceled call was not tried at all: the caller puts it back without counting it.
func (f Fault) Retryable() bool {
	switch f {
	case FaultDNS, FaultConnection, FaultTLS, FaultTimeout, FaultProtocol:
		return true
	default:
		return false
	}
}

// fail makes an [Error]; args are name and value in turn.
func fail(fault Fault, key string, cause error, args ...any) *Error {
	e := &Error{Fault: fault, Key: key, cause: cause}
	for i := 0; i+1 < len(args); i += 2 {
		if e.Args == nil {
			e.Args = make(map[string]any, len(args)/2)
		}
		e.Args[args[i].(string)] = args[i+1]
	}
	return e
}

// handshakeError marks an error as one of the TLS handshake: most of crypto/tls's have no type of their own.
type handshakeError struct{ err error }

func (e *handshakeError) Error() string { return "TLS handshake: " + e.err.Error() }
func (e *handshakeError) Unwrap() error { return e.err }

// classify turns the error of a call to host into an [Error]. parent is the caller's context, ctx that of the call.
func classify(parent, ctx context.Context, host string, limit time.Duration, err error) *Error {
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		return refusal(refused)
	}
	if e, ok := errors.AsType[*OutsideError](err); ok {
		return outside(e)
	}
	if errors.Is(parent.Err(), context.Canceled) {
		return fail(FaultCanceled, "outbound.canceled", err, "Host", host)
	}
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		return fail(FaultTimeout, "outbound.timeout", err, "Host", host, "Seconds", int(limit.Seconds()))
	}
	if unresolved, ok := errors.AsType[*net.DNSError](err); ok {
		key := "outbound.dns.failed"
		if unresolved.IsNotFound {
			key = "outbound.dns.not_found"
		}
		return fail(FaultDNS, key, err, "Host", unresolved.Name)
	}
	if bad, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fail(FaultCertificate, certificateKey(bad), err, "Host", host)
	}
	return broken(host, limit, err)
}

// refusal turns the guard's verdict into an [Error]; every rule has a sentence of its own.
func refusal(e *RefusedError) *Error {
	return fail(FaultRefused, "outbound.refused."+string(e.Rule), e,
		"Host", e.Host, "Address", e.Address.String(), "Setting", AllowSetting)
}

// broken classifies what the network or the other side did to the connection.
func broken(host string, limit time.Duration, err error) *Error {
	var (
		timeout   interface{ Timeout() bool }
		number    syscall.Errno
		operation *net.OpError
		handshake *handshakeError
	)
	switch {
	case errors.As(err, &timeout) && timeout.Timeout(): // the system's own, shorter than the call's
		return fail(FaultTimeout, "outbound.timeout", err, "Host", host, "Seconds", int(limit.Seconds()))
	case errors.Is(err, syscall.ECONNREFUSED):
		return fail(FaultConnection, "outbound.connection.refused", err, "Host", host)
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fail(FaultConnection, "outbound.connection.closed", err, "Host", host)
	case errors.As(err, &number), errors.Is(err, errNoneAnswered):
		return fail(FaultConnection, "outbound.connection.failed", err, "Host", host)
	case errors.As(err, &handshake):
		return fail(FaultTLS, "outbound.tls", err, "Host", host)
	case errors.As(err, &operation):
		return fail(FaultConnection, "outbound.connection.failed", err, "Host", host)
	default: // net/http gives its complaints about an answer no type
		return fail(FaultProtocol, "outbound.protocol", err, "Host", host)
	}
}

// certificateKey tells the three usual reasons apart: they have different cures.
func certificateKey(err error) string {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "outbound.certificate.host"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "outbound.certificate.authority"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return "outbound.certificate.expired"
	}
	return "outbound.certificate.invalid"
}
