package storetest

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Proxy stands between a store and PostgreSQL and lets connections break where a test wants them to.
type Proxy struct {
	network, address string // of the server
	listener         net.Listener
	running          sync.WaitGroup

	mu     sync.Mutex
	down   bool
	frozen chan struct{} // closed when bytes flow; nil while they do
	lose   int           // commits whose answer is still to be lost
	pairs  map[net.Conn]net.Conn
}

// NewProxy puts a proxy before a PostgreSQL database and gives the database as seen through it. It goes with the test.
func NewProxy(t testing.TB, d Database) (*Proxy, Database) {
	t.Helper()
	config, err := pgx.ParseConfig(d.Postgres)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{network: "tcp", address: net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port))), pairs: map[net.Conn]net.Conn{}}
	if filepath.IsAbs(config.Host) {
		p.network, p.address = "unix", fmt.Sprintf("%s/.s.PGSQL.%d", config.Host, config.Port)
	}
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	p.running.Go(p.serve)
	t.Cleanup(func() {
		p.listener.Close()
		p.Thaw()
		p.Cut()
		p.running.Wait()
	})
	user := url.User(config.User)
	if config.Password != "" {
		user = url.UserPassword(config.User, config.Password)
	}
	through := url.URL{Scheme: "postgres", User: user, Host: p.listener.Addr().String(), Path: "/" + config.Database, RawQuery: "sslmode=disable&connect_timeout=60"}
	return p, Database{Postgres: through.String()}
}

// Cut breaks all connections, and new ones until Mend.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = true
	for client, server := range p.pairs {
		client.Close()
		server.Close()
	}
}

// Mend lets new connections through again.
func (p *Proxy) Mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = false
}

// Freeze keeps all bytes back until Thaw, as a network that swallows them.
func (p *Proxy) Freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.frozen == nil {
		p.frozen = make(chan struct{})
	}
}

// Thaw lets bytes flow again.
func (p *Proxy) Thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.frozen != nil {
		close(p.frozen)
		p.frozen = nil
	}
}

// LoseCommit lets the next commit reach the server and breaks the connection instead of giving its answer.
func (p *Proxy) LoseCommit() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose++
}

func (p *Proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial(p.network, p.address)
		if err != nil {
			client.Close()
			continue
		}
		p.mu.Lock()
		if p.down {
			client.Close()
			server.Close()
			p.mu.Unlock()
			continue
		}
		p.pairs[client] = server
		p.mu.Unlock()
		lost := make(chan struct{})
		p.running.Go(func() { p.requests(client, server, lost) })
		p.running.Go(func() { p.answers(client, server, lost) })
	}
}

// commitMessage is the simple query that the driver commits with.
var commitMessage = []byte("Q\x00\x00\x00\x0bcommit\x00")

func (p *Proxy) requests(client, server net.Conn, lost chan struct{}) {
	defer p.end(client, server)
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		p.mu.Lock()
		if p.lose > 0 && bytes.Contains(buffer[:n], commitMessage) {
			p.lose--
			close(lost)
		}
		frozen := p.frozen
		p.mu.Unlock()
		if frozen != nil {
			<-frozen
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (p *Proxy) answers(client, server net.Conn, lost chan struct{}) {
	defer p.end(client, server)
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if err != nil {
			return
		}
		select {
		case <-lost: // the commit is done: this is its answer
			return
		default:
		}
		p.mu.Lock()
		frozen := p.frozen
		p.mu.Unlock()
		if frozen != nil {
			<-frozen
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (p *Proxy) end(client, server net.Conn) {
	client.Close()
	server.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.pairs, client)
}
