package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"surveyflow/internal/account"
	"surveyflow/internal/clock"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// asProgram is the variable that makes the test binary the program itself: tests that kill a process need one, and so no
// second binary has to be built.
const asProgram = "SURVEYFLOW_TEST_AS_PROGRAM"

func init() {
	if os.Getenv(asProgram) == "1" {
		main()
	}
}

// patience bounds every wait: nobody waits so long unless a test fails.
const patience = 2 * time.Minute

// process is a server in a process of its own, which a test may kill and start again.
type process struct {
	t     *testing.T
	d     storetest.Database
	url   string
	env   []string
	flags []string // of serve
	cmd   *exec.Cmd
	log   *output
}

// output keeps what a process prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

var testKey = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))

// ports counts up from where this process of tests begins: two of them at the same time hardly ever meet.
var ports atomic.Int64

func init() { ports.Store(int64(os.Getpid() * 37)) }

// portOfItsOwn gives a port for a server that comes and goes. It lies below those that a system gives to whoever asks for any,
// and to connections: nobody takes it while the server is away.
func portOfItsOwn(t *testing.T) string {
	t.Helper()
	for range 1000 {
		port := strconv.FormatInt(12000+ports.Add(1)%18000, 10)
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("there is no free port")
	return ""
}

// newProcess prepares a server on that database and a port of its own.
func newProcess(t *testing.T, d storetest.Database, settings ...string) *process {
	t.Helper()
	port := portOfItsOwn(t)
	p := &process{t: t, d: d, url: "http://127.0.0.1:" + port, log: &output{}}
	p.env = append([]string{
		asProgram + "=1", "DATABASE_URL=" + d.URL(), "HOST=127.0.0.1", "PORT=" + port, "BASE_URL=" + p.url, "SECRET_KEY=" + testKey,
		"OUTBOUND_ALLOW=127.0.0.1", "LOG_LEVEL=warn", "HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"),
	}, settings...)
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			text := p.log.String()
			t.Logf("the last that the program said:\n%s", text[max(0, len(text)-4000):])
		}
	})
	return p
}

// command prepares the program with these arguments.
func (p *process) command(ctx context.Context, args ...string) *exec.Cmd {
	p.t.Helper()
	program, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env, cmd.Dir = p.env, p.t.TempDir()
	return cmd
}

// start starts the server and waits until it is ready.
func (p *process) start() {
	p.t.Helper()
	p.cmd = p.command(context.Background(), append([]string{"serve"}, p.flags...)...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	storetest.Eventually(p.t, patience, "the server is ready", func() bool { return p.ready() == http.StatusOK })
}

// work starts the workers alone, waits until they have joined, and gives their node.
func (p *process) work() (node string) {
	p.t.Helper()
	db := p.d.SQL(p.t)
	defer db.Close()
	list := func() (ids string) {
		if err := db.QueryRowContext(p.t.Context(), "SELECT COALESCE(string_agg(id, ' '), '') FROM nodes").Scan(&ids); err != nil {
			p.t.Fatal(err)
		}
		return ids
	}
	before := list()
	p.cmd = p.command(context.Background(), "work")
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	storetest.Eventually(p.t, patience, "the workers join", func() bool {
		for id := range strings.FieldsSeq(list()) {
			if !strings.Contains(before, id) {
				node = id
			}
		}
		return node != ""
	})
	return node
}

// ready gives the status of the address that says whether the server can work.
func (p *process) ready() int {
	r, err := http.Get(p.url + "/readyz")
	if err != nil {
		return 0
	}
	r.Body.Close()
	return r.StatusCode
}

// kill ends the server as a power cut would.
func (p *process) kill() {
	if p.cmd == nil {
		return
	}
	p.cmd.Process.Kill() //nolint:errcheck // it may have ended
	p.cmd.Wait()         //nolint:errcheck // killed
	p.cmd = nil
}

// forget makes dead nodes of the database ones that were not seen for long, as they will be half a minute after a kill;
// without a name all of them.
func (p *process) forget(node string) {
	p.t.Helper()
	p.change("UPDATE nodes SET seen_at = 0 WHERE id = '" + node + "' OR '" + node + "' = ''")
}

// change changes the database past the program.
func (p *process) change(statement string) {
	p.t.Helper()
	db := p.d.SQL(p.t)
	defer db.Close()
	if _, err := db.ExecContext(p.t.Context(), statement); err != nil {
		p.t.Fatal(err)
	}
}

// terminate asks the server to stop and gives how it ended.
func (p *process) terminate() error {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.cmd.Wait() }()
	defer func() { p.cmd = nil }()
	select {
	case err := <-ended:
		return err
	case <-time.After(patience):
		p.cmd.Process.Kill() //nolint:errcheck // it may have ended
		return fmt.Errorf("still there after %s: %w", patience, <-ended)
	}
}

// count asks the database past the program.
func (p *process) count(query string) (n int) {
	p.t.Helper()
	db := p.d.SQL(p.t)
	defer db.Close()
	if err := db.QueryRowContext(p.t.Context(), query).Scan(&n); err != nil {
		p.t.Fatal(err)
	}
	return n
}

// prepare makes an instance with a workflow that calls that address with the answer, and gives the survey and a token.
func (p *process) prepare(address string) (surveyID, token string) {
	p.t.Helper()
	s := p.d.Open(p.t, storetest.Options{})
	i := storetest.NewInstance(p.t, s, nil)
	config, err := models.MarshalJSON(models.WebServiceConfig{Method: "POST", URL: address, TimeoutSeconds: 30, Body: &models.BodySpec{
		Format: models.BodyPlainText, Mode: models.BodyFreeText, Text: "${q://QID1/ChoiceTextEntryValue}",
	}})
	i.Check(err)
	i.Workflow(models.TaskSpec{Type: models.TaskWebService, Config: config})
	token, _, err = account.New(s, clock.System{}, nil).ReplaceToken(p.t.Context(), i.Actor, "load")
	i.Check(err)
	i.Check(s.Close())
	return i.Survey.ID, token
}

// fails runs the program, which must end by itself with status 1 and one line on stderr, and gives that.
func (p *process) fails(args ...string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	cmd := p.command(ctx, args...)
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	err := cmd.Run()
	line := strings.TrimSuffix(errOut.String(), "\n")
	if cmd.ProcessState.ExitCode() != 1 || strings.Contains(line, "\n") || line == "" {
		p.t.Errorf("the program ended with %v and said %q; want status 1 and one line", err, line)
	}
	return line
}

func TestASecondServerOnOneSQLiteFileIsRefused(t *testing.T) {
	t.Parallel()
	d := storetest.NewSQLite(t)
	newProcess(t, d).start()
	for _, command := range []string{"serve", "work"} {
		said := newProcess(t, d).fails(command)
		if !strings.Contains(said, "another surveyflow process already works on "+d.SQLite) {
			t.Errorf("%s says %q; want which file another process works on", command, said)
		}
	}
	// Commands take no lock: they work beside the server.
	p := newProcess(t, d)
	if out, err := p.command(t.Context(), "migrate", "status").CombinedOutput(); err != nil {
		t.Errorf("migrate status beside the server: %v\n%s", err, out)
	}
}

func TestAWrongKeyStopsTheStart(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		p := newProcess(t, d)
		p.start()
		if err := p.terminate(); err != nil {
			t.Error(err)
		}
		other := newProcess(t, d, "SECRET_KEY="+base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{8}, 32)))
		if said := other.fails("serve"); !strings.Contains(said, "SECRET_KEY") || strings.Contains(said, testKey) {
			t.Errorf("the program says %q; want a sentence about SECRET_KEY without the key", said)
		}
		short := newProcess(t, d, "SECRET_KEY=c2hvcnQ=")
		if said := short.fails("serve"); !strings.Contains(said, "SECRET_KEY must be 32 bytes") {
			t.Errorf("the program says %q; want what SECRET_KEY must be", said)
		}
	})
}

func TestADatabaseThatIsNotThereStopsTheStart(t *testing.T) {
	t.Parallel()
	nobody := storetest.Database{Postgres: "postgres:///surveyflow?sslmode=disable&host=" + filepath.Join(t.TempDir(), "nobody")}
	if said := newProcess(t, nobody).fails("serve"); !strings.Contains(said, "database") {
		t.Errorf("the program says %q; want that the database cannot be reached", said)
	}
}
