package apiv3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/clientcert"
	"surveyflow/internal/clock"
	"surveyflow/internal/contact"
	"surveyflow/internal/credential"
	"surveyflow/internal/link"
	"surveyflow/internal/outbound"
	"surveyflow/internal/report"
	"surveyflow/internal/secret"
	"surveyflow/internal/signing"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/survey"
	"surveyflow/internal/task"
	"surveyflow/internal/task/outboundwebhook"
	"surveyflow/internal/task/webservice"
	"surveyflow/models"
)

var update = flag.Bool("update", false, "write the golden files")

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// bench is an instance with a brand admin, two members and a token of each.
type bench struct {
	signing *signing.Keeper
	reports *report.Service
	testing.TB
	store  *store.Store
	clock  *clock.Fake
	tokens *account.Tokens
	api    *API
	server http.Handler

	admin, ada, bob string // tokens
	users           map[string]*models.User

	once sync.Once
	doc  map[string]any // the description
}

func newBench(t testing.TB) *bench {
	t.Helper()
	return newBenchOn(t, storetest.NewSQLite(t))
}

func newBenchOn(t testing.TB, d storetest.Database) *bench {
	t.Helper()
	b := &bench{TB: t, clock: clock.NewFake(noon), users: map[string]*models.User{}}
	b.store = d.Open(t, storetest.Options{Clock: b.clock})
	log := slog.New(slog.DiscardHandler)
	b.tokens = account.NewTokens(b.store, b.clock, log)
	people := account.New(b.store, b.clock, log)
	base, err := link.NewBase("https://survey.example.com", "https://answers.example.com")
	b.check(err)
	frame, err := web.New(web.Options{Base: base, People: people, Store: b.store, CookieKey: make([]byte, 32), Clock: b.clock, Log: log, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.9/32")}, CertHeader: certHeader})
	b.check(err)
	sealer, err := secret.Open(t.Context(), b.store, [][]byte{bytes.Repeat([]byte("k"), 32)}, b.clock)
	b.check(err)
	client := outbound.New(outbound.Options{Version: "test"})
	lender := credential.New(credential.Options{Store: b.store, Sealer: sealer, Client: client, Clock: b.clock})
	b.signing = signing.NewKeeper(b.store, sealer, b.clock)
	calls := webservice.New(client, lender)
	surveys := survey.New(b.store, b.clock)
	b.reports = report.New(b.store, surveys, b.clock)
	b.api = New(Deps{
		Store: b.store, Surveys: surveys, Reports: b.reports, Tokens: b.tokens, Base: base, Clock: b.clock,
		Tasks: task.NewRegistry(calls, outboundwebhook.New(calls, b.signing, b.clock)), Credentials: lender, Sealer: sealer, Signing: b.signing, Contacts: contact.New(b.store, b.clock), Certificates: clientcert.New(clientcert.Options{Store: b.store, Sealer: sealer, Clock: b.clock}), Outbound: client,
	})
	e := frame.Echo(b.api.Routes())
	Register(e)
	b.server = e
	b.admin, b.ada, b.bob = b.person("admin"), b.person("ada"), b.person("bob")
	return b
}

func (b *bench) check(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// person adds somebody, the first one as brand admin, and gives their token.
func (b *bench) person(name string) string {
	b.Helper()
	u := &models.User{
		ID: models.NewID(models.PrefixUser), Email: name + "@example.com", FirstName: name, Role: models.RoleMember, PasswordHash: "none", Language: "en",
	}
	b.check(b.store.AddUser(b.Context(), &models.Organisation{ID: "acme", Name: "Acme", TimeZone: "Europe/Berlin"}, u))
	b.users[name] = u
	secret, _, err := account.New(b.store, b.clock, slog.New(slog.DiscardHandler)).CreateToken(b.Context(), u.Actor(models.ViaWeb), "test")
	b.check(err)
	return secret
}

// reply is an answer of the API.
type reply struct {
	b      *bench
	status int
	header http.Header
	body   []byte
	Result json.RawMessage `json:"result"`
	Meta   struct {
		HTTPStatus string `json:"httpStatus"`
		RequestID  string `json:"requestId"`
		Notice     string `json:"notice"`
		Error      struct {
			Message string `json:"errorMessage"`
			Code    string `json:"errorCode"`
			Fields  []struct{ Field, Message string }
		} `json:"error"`
	} `json:"meta"`
}

// send makes a request and checks that the answer is an envelope as the description has it.
func (b *bench) send(r *http.Request) *reply {
	b.Helper()
	if r.Host == "example.com" { // as httptest makes it
		r.Host = "survey.example.com"
	}
	w := httptest.NewRecorder()
	method, path := r.Method, foldPath(r.URL.Path)
	b.server.ServeHTTP(w, r)
	out := &reply{b: b, status: w.Code, header: w.Header(), body: w.Body.Bytes()}
	if err := json.Unmarshal(out.body, out); err != nil {
		b.Fatalf("%s %s: the answer is no JSON: %v\n%s", method, path, err, out.body)
	}
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		b.Errorf("%s %s: content type %q", method, path, got)
	}
	b.obeys(method, path, out)
	return out
}

// do makes a request with a token and, when it is not "", a JSON body.
func (b *bench) do(token, method, path, body string, headers ...string) *reply {
	b.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequestWithContext(b.Context(), method, "/API/v3"+path, reader)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("X-API-TOKEN", token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return b.send(r)
}

func (b *bench) get(token, path string) *reply { b.Helper(); return b.do(token, "GET", path, "").ok() }

func (b *bench) post(token, path, body string) *reply {
	b.Helper()
	return b.do(token, "POST", path, body).ok()
}

// ok fails the test unless the answer is a plain success.
func (r *reply) ok() *reply {
	r.b.Helper()
	if r.status != 200 || r.Meta.HTTPStatus != "200 - OK" || !isUUID.MatchString(r.Meta.RequestID) {
		r.b.Fatalf("answer %d: %s", r.status, r.body)
	}
	return r
}

var isUUID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// fails fails the test unless the answer is that failure; part must stand in its message.
func (r *reply) fails(status int, httpStatus, code, part string) *reply {
	r.b.Helper()
	e := r.Meta.Error
	if r.status != status || r.Meta.HTTPStatus != httpStatus || e.Code != code || !strings.Contains(e.Message, part) || !isUUID.MatchString(r.Meta.RequestID) {
		r.b.Errorf("answer %d %s\nwant %d %q %q with %q", r.status, r.body, status, httpStatus, code, part)
	}
	if r.Result != nil {
		r.b.Errorf("a failure has a result: %s", r.body)
	}
	return r
}

func (r *reply) invalid(field string) *reply {
	r.b.Helper()
	r.fails(400, "400 - Bad Request", "SF_INVALID", field)
	for _, f := range r.Meta.Error.Fields {
		if f.Field == field {
			return r
		}
	}
	r.b.Errorf("no field %q in %s", field, r.body)
	return r
}

// into reads the result.
func (r *reply) into(to any) {
	r.b.Helper()
	if err := json.Unmarshal(r.Result, to); err != nil {
		r.b.Fatalf("read %s: %v", r.Result, err)
	}
}

// text reads one member of the result.
func (r *reply) text(name string) string {
	r.b.Helper()
	var all map[string]any
	r.into(&all)
	s, ok := all[name].(string)
	if !ok {
		r.b.Fatalf("no text %s in %s", name, r.Result)
	}
	return s
}

var (
	anyID   = regexp.MustCompile(`\b(SV|BL|R|UR|CO|WF|OCAC|EV|RN|RS|TK|CG|CID|CGC|EMD|MS|SUB)_[0-9A-Za-z]{15}|\bFS_[0-9A-Za-z]{22}`)
	anyUUID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)
)

// golden compares the answer with a file; ids are numbered in the order in which they come.
func (r *reply) golden(name string) *reply {
	r.b.Helper()
	seen, counts := map[string]string{}, map[string]int{}
	text := anyID.ReplaceAllStringFunc(string(r.body), func(id string) string {
		if seen[id] == "" {
			prefix, _, _ := strings.Cut(id, "_")
			counts[prefix]++
			seen[id] = prefix + "_" + strconv.Itoa(counts[prefix])
		}
		return seen[id]
	})
	text = anyUUID.ReplaceAllString(text, "UUID")
	var pretty bytes.Buffer
	r.b.check(json.Indent(&pretty, []byte(text), "", "  "))
	pretty.WriteByte('\n')
	path := filepath.Join("testdata", name+".json")
	if *update {
		r.b.check(os.MkdirAll("testdata", 0o755))
		r.b.check(os.WriteFile(path, pretty.Bytes(), 0o644))
		return r
	}
	want, err := os.ReadFile(path)
	r.b.check(err)
	if diff := cmp.Diff(string(want), pretty.String()); diff != "" {
		r.b.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
	return r
}

// made is a survey made through the API.
type made struct{ id, block string }

// newSurvey makes a survey without questions.
func (b *bench) newSurvey(token string) made {
	b.Helper()
	var out struct{ SurveyID, DefaultBlockID string }
	b.post(token, "/survey-definitions", `{"SurveyName":"Customer feedback","Language":"EN","ProjectCategory":"CORE"}`).into(&out)
	return made{out.SurveyID, out.DefaultBlockID}
}

// liveSurvey makes a survey with a question of every type and publishes it.
func (b *bench) liveSurvey(token string) made {
	b.Helper()
	s := b.newSurvey(token)
	for _, q := range everyType {
		b.post(token, "/survey-definitions/"+s.id+"/questions", q)
	}
	b.post(token, "/survey-definitions/"+s.id+"/versions", `{"Description":"first","Published":true}`)
	return s
}

// everyType has a question of each type, as clients send them.
var everyType = []string{
	`{"QuestionText":"How satisfied are you?","DataExportTag":"satisfaction","QuestionType":"MC","Selector":"SAVR","SubSelector":"TX",
	  "Choices":{"1":{"Display":"Very"},"2":{"Display":"Not"},"3":{"Display":"Other","TextEntry":"true"}},"ChoiceOrder":["2",1,"3"],
	  "RecodeValues":{"1":"5","2":1,"3":"3"},"Validation":{"Settings":{"ForceResponse":"ON","ForceResponseType":"ON","Type":"None"}},"Language":[]}`,
	`{"QuestionText":"Which <b>channels</b>?","QuestionType":"MC","Selector":"MAVR","SubSelector":"TX",
	  "Choices":[{"Display":"Web"},{"Display":"Phone"},{"Display":"None","ExclusiveAnswer":true}],
	  "Validation":{"Settings":{"ForceResponse":"OFF","Type":"ChoiceRange","MinChoices":"1","MaxChoices":"2"}}}`,
	`{"QuestionText":"Your name","QuestionType":"TE","Selector":"SL","Choices":[],"Validation":{"Settings":{"Type":"None"}}}`,
	`{"QuestionText":"Tell us more","QuestionType":"TE","Selector":"ML","Validation":{"Settings":{"ForceResponse":"OFF","Type":"MinChar","MinChars":"3"}}}`,
	`{"QuestionText":"Your age","QuestionType":"TE","Selector":"SL",
	  "Validation":{"Settings":{"ForceResponse":"ON","Type":"ContentType","ContentType":"ValidNumber","ValidNumber":{"Min":"0","Max":"120","NumDecimals":"0"}}}}`,
	`{"QuestionText":"Would you recommend us?","QuestionType":"MC","Selector":"NPS","Choices":[{"Display":"0"},{"Display":"1"}],"ChoiceOrder":["0","1"]}`,
}

const someValues = `{"values":{"QID1":5,"QID2":["1","2"],"QID3_TEXT":"Ada","QID5_TEXT":36,"QID6":9,"finished":1,"userLanguage":"de","segment":"gold"}}`

// newWorkflow makes a workflow of the survey that is on.
func (b *bench) newWorkflow(token, surveyID, more string) *reply {
	b.Helper()
	return b.post(token, "/workflows", `{"name":"Tell the CRM","surveyId":"`+surveyID+`","enabled":true,"event":{"type":"surveyResponse"},
		"tasks":[{"type":"webService","summary":"Create ticket","config":{"method":"POST","url":"https://crm.example.com/tickets"}}]`+more+`}`)
}

// finishRun does what a worker would: it ends the one run that is ready with one attempt of its first task.
func (b *bench) finishRun(status models.RunStatus) string {
	b.Helper()
	claimed, err := b.store.Claim(b.Context(), store.ClaimOptions{Node: "ND_test", Limit: 1})
	b.check(err)
	if len(claimed) != 1 {
		b.Fatalf("%d runs are ready", len(claimed))
	}
	c := claimed[0]
	v, err := b.store.WorkflowVersion(b.Context(), c.Run.WorkflowID, c.Run.WorkflowVersion)
	b.check(err)
	exchange := `{"request":{"method":"POST","url":"https://crm.example.com/tickets","headers":[{"name":"X-Token","value":"••••"}],"body":"{}"},` +
		`"response":{"status":200,"headers":[],"body":"{\"ticket\":7}"},"timing":{"total":1500}}`
	outputs := `{"ticket":7}`
	a := models.Attempt{
		RunID: c.Run.ID, TaskID: v.Definition.V.Tasks[0].ID, Number: 1, Result: models.AttemptSucceeded, Charged: true, StartedAt: b.clock.Now(), DurationUS: 1500,
		Exchange: &exchange, Outputs: &outputs,
	}
	next := store.Next{State: store.NextDone, Status: status}
	if status == models.RunFailed {
		next.Error = (&models.RunError{Key: "run.error.unrecorded"}).Encode()
		a.Result, a.Error, a.Outputs = models.AttemptFailed, &next.Error, nil
	}
	b.check(b.store.Finish(&store.Finish{
		RunID: c.Run.ID, WorkflowID: c.Run.WorkflowID, CreatedAt: c.Run.CreatedAt, Claim: c.Claim, Attempts: []models.Attempt{a}, Charged: 1, Next: next,
	}))
	return c.Run.ID
}

// hashOf gives what the database keeps of a token.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// raw makes a request without looking at the answer, for benchmarks and fuzzing.
func (b *bench) raw(token, method, path, body string) (int, string) {
	r := httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
	r.Host = "survey.example.com"
	r.Header["X-Api-Token"] = []string{token}
	r.Header["Content-Type"] = []string{"application/json"}
	w := httptest.NewRecorder()
	b.server.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}
