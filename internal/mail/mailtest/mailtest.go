// Package mailtest runs a real mail server for tests, which takes mail, refuses it, or misbehaves.
package mailtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Security says how the server encrypts.
type Security int

// The kinds of encryption.
const (
	Plain    Security = iota
	StartTLS          // offered
	TLS               // from the start
)

// Stage is a step of a mail at which the server can do something else than take it.
type Stage string

// The stages.
const (
	StageConnect Stage = "connect" // after the connection stands, before the greeting
	StageAuth    Stage = "auth"
	StageMail    Stage = "mail"
	StageRcpt    Stage = "rcpt"
	StageData    Stage = "data" // after the last byte of the mail, before the answer
)

// ErrDrop as the answer of a stage drops the connection without a word.
var ErrDrop = errors.New("drop the connection")

// Refuse is an answer with a code, such as 550 or 451.
func Refuse(code int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCodeNotSet, Message: text}
}

// Options say how the server behaves.
type Options struct {
	Security       Security
	User, Password string // asked for when set
	InsecureAuth   bool   // takes the password without TLS, too
	// At is called at each stage; nil, or a nil error, takes the mail.
	At func(Stage) error
	// Forget keeps nothing of what happens, for tests of many mails.
	Forget bool
}

// Received is a mail that the server took.
type Received struct {
	From string
	To   []string
	Data string
	TLS  bool
	User string
}

// Server is a running mail server.
type Server struct {
	Roots *x509.CertPool // trusts its certificate
	Cert  []byte         // its certificate in DER
	opt   Options
	addr  string

	mu       sync.Mutex
	received []Received
	stages   []Stage
}

// New starts a server on a port of its own; it stops with the test.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{opt: o}
	backend := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: c}, s.at(StageConnect, c)
	}))
	backend.Domain, backend.AllowInsecureAuth, backend.EnableSMTPUTF8 = "localhost", o.InsecureAuth, true
	backend.ErrorLog = log.New(io.Discard, "", 0)
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	if o.Security != Plain {
		cert := s.certificate(t)
		backend.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
		if o.Security == TLS {
			l = tls.NewListener(l, backend.TLSConfig)
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		backend.Serve(l) //nolint:errcheck // ends with the test
	}()
	t.Cleanup(func() {
		backend.Close()
		l.Close() // itself, too: the server does not know it before Serve has begun, which a short test does not wait for
		<-done
	})
	return s
}

// certificate makes one for localhost, signed by itself.
func (s *Server) certificate(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if s.Cert, err = x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key); err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(s.Cert)
	if err != nil {
		t.Fatal(err)
	}
	s.Roots = x509.NewCertPool()
	s.Roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{s.Cert}, PrivateKey: key}
}

// URL gives the server as SMTP_URL names it, with the user and password that it asks for.
func (s *Server) URL() *url.URL {
	u := &url.URL{Scheme: "smtp", Host: s.addr}
	if s.opt.Security == TLS {
		u.Scheme = "smtps"
	}
	if s.opt.User != "" {
		u.User = url.UserPassword(s.opt.User, s.opt.Password)
	}
	return u
}

// Received gives the mails that the server took so far.
func (s *Server) Received() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Received(nil), s.received...)
}

// Stages gives the stages that were reached so far.
func (s *Server) Stages() []Stage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Stage(nil), s.stages...)
}

func (s *Server) at(stage Stage, c *smtp.Conn) error {
	if !s.opt.Forget {
		s.mu.Lock()
		s.stages = append(s.stages, stage)
		s.mu.Unlock()
	}
	if s.opt.At == nil {
		return nil
	}
	err := s.opt.At(stage)
	if errors.Is(err, ErrDrop) {
		c.Conn().Close() //nolint:errcheck // that is the point
	}
	return err
}

// session is one conversation.
type session struct {
	server *Server
	conn   *smtp.Conn
	mail   Received
}

func (s *session) Reset()        { s.mail = Received{User: s.mail.User} }
func (s *session) Logout() error { return nil }

// AuthMechanisms says how one can sign in.
func (s *session) AuthMechanisms() []string {
	if s.server.opt.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth signs in.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if err := s.server.at(StageAuth, s.conn); err != nil {
			return err
		}
		if user != s.server.opt.User || password != s.server.opt.Password {
			return smtp.ErrAuthFailed
		}
		s.mail.User = user
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.opt.User != "" && s.mail.User == "" {
		return smtp.ErrAuthRequired
	}
	s.mail.From = from
	return s.server.at(StageMail, s.conn)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.To = append(s.mail.To, to)
	return s.server.at(StageRcpt, s.conn)
}

func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.server.at(StageData, s.conn); err != nil {
		return err
	}
	if s.server.opt.Forget {
		return nil
	}
	_, encrypted := s.conn.TLSConnectionState()
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.mail.Data, s.mail.TLS = string(data), encrypted
	s.server.received = append(s.server.received, s.mail)
	return nil
}
