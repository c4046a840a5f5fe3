package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const benchUser = "bench@example.com"

// product makes and starts servers of the real program.
type product struct {
	name    string
	binary  string
	dir     string
	sink    *sink
	log     string // LOG_LEVEL
	load    kind
	profile string // folder for profiles; empty for none
}

// build compiles the program from the checkout that we run in.
func build(ctx context.Context, dir, profile string) (*product, error) {
	p := &product{name: "surveyflow", binary: filepath.Join(dir, "surveyflow"), dir: dir, profile: profile}
	args := []string{"build", "-o", p.binary}
	if profile != "" {
		overlay, err := profileOverlay(ctx, dir)
		if err != nil {
			return nil, err
		}
		args = append(args, "-overlay", overlay)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "surveyflow/cmd/surveyflow")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return p, nil
}

// instance is a database of the product, set up: a user with a token, a survey, a workflow.
type instance struct {
	*product
	database *database
	env      []string
	token    string
	password string
	survey   string
	workflow string
	path     string // where it takes JSON events
	opened   string // a collector that is called
	log      string

	workflows []string // that a varied history belongs to; empty for none
}

// setUp makes an instance on a fresh database.
func (p *product) setUp(ctx context.Context, d *database) (*instance, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	i := &instance{product: p, database: d, log: filepath.Join(p.dir, "server.log"), env: append(plainEnv(),
		"DATABASE_URL="+d.url, "HOST=127.0.0.1", "SECRET_KEY="+base64.StdEncoding.EncodeToString(key),
		"OUTBOUND_ALLOW="+p.sink.address(), "LOG_LEVEL="+p.log)}
	if p.profile != "" {
		folder, err := filepath.Abs(filepath.Join(p.profile, string(d.dialect)))
		if err != nil {
			return nil, err
		}
		i.env = append(i.env, "BENCH_PROFILE="+folder)
	}
	i.password = rand.Text()
	if _, err := i.command(ctx, i.password, "user", "add", "--email", benchUser, "--name", "Bench", "--password-file", "-"); err != nil {
		return nil, err
	}
	token, err := i.command(ctx, "", "token", "create", "--email", benchUser)
	if err != nil {
		return nil, err
	}
	i.token = strings.TrimSpace(token)
	server, err := i.server(ctx)
	if err != nil {
		return nil, err
	}
	err = errors.Join(i.define(ctx, server.address), server.stop())
	if err == nil && p.load == calls {
		err = i.open(ctx)
	}
	return i, err
}

// open makes the collector that is called, and lifts the limit of the token.
func (i *instance) open(ctx context.Context) error {
	db, err := i.database.open()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	i.opened = "CO_" + rand.Text()[:15]
	for _, q := range []string{
		`INSERT INTO contact_lists (id, org_id, owner_id, name, shared, created_at, updated_at)
			SELECT 'CG_000000000000000', org_id, owner_id, 'Customers', FALSE, updated_at, updated_at FROM surveys`,
		`INSERT INTO collectors (id, org_id, survey_id, type, name, slug, open, is_default, list_id, created_at)
			SELECT '` + i.opened + `', org_id, id, 'email', 'Customers', 'bench', TRUE, FALSE, 'CG_000000000000000', updated_at FROM surveys`,
		`UPDATE api_tokens SET rate_per_second = 100000, burst = 100000`,
	} {
		if _, err := db.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// command runs a command of the program and returns what it prints.
func (i *instance) command(ctx context.Context, input string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, i.binary, args...)
	cmd.Env, cmd.Stdin = i.env, strings.NewReader(input)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("surveyflow %s: %w: %s", strings.Join(args, " "), err, complaint.String())
	}
	return string(out), nil
}

// server starts a server of the instance.
func (i *instance) server(ctx context.Context, args ...string) (*process, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	_, port, _ := strings.Cut(address, ":")
	return launch(ctx, i.binary, append([]string{"serve"}, args...), append(i.env, "PORT="+port), address, "/readyz", i.log)
}

// start starts so many servers of the instance, ready for load.
func (i *instance) start(ctx context.Context, nodes int) (*running, error) {
	r := &running{name: i.name, database: i.database}
	for range nodes {
		server, err := i.server(ctx)
		if err != nil {
			return nil, errors.Join(err, r.stop())
		}
		r.procs = append(r.procs, server)
		r.started = max(r.started, server.started)
		r.targets = append(r.targets, i.target(server.address))
	}
	var err error
	if r.db, err = i.database.open(); err != nil {
		return nil, errors.Join(err, r.stop())
	}
	r.succeeded = func(ctx context.Context) (int64, error) {
		return number(ctx, r.db, "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM run_counts WHERE status = 'succeeded'")
	}
	r.check = func(ctx context.Context) error { return i.check(ctx, r) }
	if i.load == calls { // the mails leave later, at their own pace
		r.succeeded = func(ctx context.Context) (int64, error) {
			return number(ctx, r.db, "SELECT COUNT(*) FROM invitations")
		}
		r.check = func(ctx context.Context) error {
			return errors.Join(
				expectNone(ctx, r.db, "invitations that lack their contact", "SELECT COUNT(*) FROM invitations i LEFT JOIN contacts c ON c.id = i.contact_id WHERE c.email IS NULL OR c.email <> i.email"),
				expectNone(ctx, r.db, "invitations without what was passed", "SELECT COUNT(*) FROM invitations WHERE fields NOT LIKE '%invoice came twice%'"))
		}
	}
	return r, nil
}

// target is where a server of the instance takes the load.
func (i *instance) target(address string) *target {
	t := &target{address: address, path: "/API/v3/surveys/" + i.survey + "/responses", token: i.token, body: responseBody()}
	if i.load == events {
		t.path, t.body = i.path, eventBody()
	}
	if i.load == calls {
		t.path, t.body, t.silent = "/api.php", callBody(i.opened), true
	}
	return t
}

// check holds the history to its promises: nothing is unfinished, every run succeeded with an attempt that says so, and every
// response has its run.
func (i *instance) check(ctx context.Context, r *running) error {
	counted, err := r.succeeded(ctx)
	if err != nil {
		return err
	}
	there, err := number(ctx, r.db, "SELECT COUNT(*) FROM runs WHERE status = 'succeeded'")
	if err == nil && there != counted {
		err = fmt.Errorf("%d runs succeeded, and %d were counted", there, counted)
	}
	return errors.Join(err,
		expectNone(ctx, r.db, "queue rows left", "SELECT COUNT(*) FROM queue"),
		expectNone(ctx, r.db, "runs that did not succeed", "SELECT COUNT(*) FROM runs WHERE status <> 'succeeded'"),
		expectNone(ctx, r.db, "responses without a run", `SELECT COUNT(*) FROM responses r WHERE NOT EXISTS (
			SELECT 1 FROM events e JOIN runs n ON n.event_id = e.id WHERE e.response_id = r.id)`),
	)
}

// define makes survey and workflow through the API.
func (i *instance) define(ctx context.Context, address string) error {
	api := &client{base: "http://" + address + "/API/v3", token: i.token}
	var made struct{ SurveyID string }
	if err := api.call(ctx, http.MethodPost, "/survey-definitions", surveySpec, &made); err != nil {
		return err
	}
	i.survey = made.SurveyID
	for _, q := range questionSpecs {
		if err := api.call(ctx, http.MethodPost, "/survey-definitions/"+i.survey+"/questions", q, nil); err != nil {
			return err
		}
	}
	if err := api.call(ctx, http.MethodPost, "/survey-definitions/"+i.survey+"/versions", `{"Published":true,"Description":"bench"}`, nil); err != nil {
		return err
	}
	if err := api.call(ctx, http.MethodPut, "/surveys/"+i.survey, `{"isActive":true}`, nil); err != nil {
		return err
	}
	var workflow struct {
		ID    string `json:"id"`
		Event struct{ URL string }
	}
	text := workflowSpec
	if i.load == events {
		text = eventWorkflowSpec
	}
	spec := strings.NewReplacer("$SURVEY", i.survey, "$SINK", i.sink.address()).Replace(text)
	if err := api.call(ctx, http.MethodPost, "/workflows", spec, &workflow); err != nil {
		return err
	}
	i.workflow = workflow.ID
	if i.load == events {
		_, path, _ := strings.Cut(strings.TrimPrefix(workflow.Event.URL, "http://"), "/")
		i.path = "/" + path
	}
	return nil
}

const surveySpec = `{"SurveyName":"Customer feedback","Language":"EN","ProjectCategory":"CORE"}`

var questionSpecs = []string{
	`{"QuestionText":"How satisfied are you?","DataExportTag":"Q1","QuestionType":"MC","Selector":"SAVR","SubSelector":"TX",
		"Choices":{"1":{"Display":"Very satisfied"},"2":{"Display":"Satisfied"},"3":{"Display":"Neither"},"4":{"Display":"Dissatisfied"},"5":{"Display":"Very dissatisfied"}},
		"ChoiceOrder":["1","2","3","4","5"],"Validation":{"Settings":{"ForceResponse":"ON","Type":"None"}},"Language":[]}`,
	`{"QuestionText":"How do you reach us?","DataExportTag":"Q2","QuestionType":"MC","Selector":"MAVR","SubSelector":"TX",
		"Choices":{"1":{"Display":"Web"},"2":{"Display":"Mail"},"3":{"Display":"Phone"},"4":{"Display":"Shop"}},
		"ChoiceOrder":["1","2","3","4"],"Validation":{"Settings":{"ForceResponse":"OFF","Type":"None"}},"Language":[]}`,
	`{"QuestionText":"How likely are you to recommend us?","DataExportTag":"Q3","QuestionType":"MC","Selector":"NPS",
		"Choices":[{"Display":"0"},{"Display":"1"},{"Display":"2"},{"Display":"3"},{"Display":"4"},{"Display":"5"},{"Display":"6"},{"Display":"7"},{"Display":"8"},{"Display":"9"},{"Display":"10"}],
		"Validation":{"Settings":{"ForceResponse":"OFF","Type":"None"}},"Language":[]}`,
	`{"QuestionText":"Order number","DataExportTag":"Q4","QuestionType":"TE","Selector":"SL","Validation":{"Settings":{"ForceResponse":"OFF","Type":"None"}},"Language":[]}`,
	`{"QuestionText":"What should we know?","DataExportTag":"Q5","QuestionType":"TE","Selector":"ML","Validation":{"Settings":{"ForceResponse":"OFF","Type":"None"}},"Language":[]}`,
}

// workflowSpec has a condition that holds and a call whose body is about as large as the response's.
const workflowSpec = `{"name":"Tell the CRM","surveyId":"$SURVEY","enabled":true,
	"event":{"type":"surveyResponse","on":["created"]},
	"condition":{"all":[{"left":"${q://QID1/SelectedChoicesRecode}","operator":"lessThan","right":"4"},
		{"any":[{"left":"${e://Field/segment}","operator":"equalTo","right":"gold"},{"left":"${m://Email}","operator":"notEmpty"}]}]},
	"tasks":[{"type":"webService","summary":"Create ticket","onFailure":"stop","config":{"method":"POST",
		"url":"http://$SINK/tickets?lang=${e://Field/Q_Language}","headers":[{"key":"X-Source","value":"survey"}],
		"body":{"format":"json","mode":"keyValue","pairs":[
			{"key":"score","value":"${q://QID1/SelectedChoicesRecode}","dataType":"number"},
			{"key":"satisfaction","value":"${q://QID1/ChoiceGroup/SelectedChoices}"},
			{"key":"channels","value":"${q://QID2/ChoiceGroup/SelectedChoices}"},
			{"key":"recommend","value":"${q://QID3/ChoiceGroup/SelectedChoices}","dataType":"number"},
			{"key":"order","value":"${q://QID4/ChoiceTextEntryValue}"},
			{"key":"comment","value":"${q://QID5/ChoiceTextEntryValue}"},
			{"key":"segment","value":"${e://Field/segment}"},
			{"key":"customer","value":"${e://Field/customerId}"},
			{"key":"title","value":"Feedback of a ${e://Field/segment} customer"}]}}}]}`

// eventWorkflowSpec is the same for JSON events.
const eventWorkflowSpec = `{"name":"Tell the CRM","enabled":true,
	"event":{"type":"jsonEvent","fields":[{"name":"order","path":"$.order.number"},{"name":"email","path":"$.customer.email"},{"name":"segment","path":"$.customer.segment"}]},
	"condition":{"all":[{"left":"~{aedj://$.order.total}","operator":"greaterThan","right":"4"},
		{"any":[{"left":"~{aedj://segment}","operator":"equalTo","right":"gold"},{"left":"~{aedj://email}","operator":"notEmpty"}]}]},
	"tasks":[{"type":"webService","summary":"Create ticket","onFailure":"stop","config":{"method":"POST",
		"url":"http://$SINK/tickets?currency=~{aedj://$.order.currency}","headers":[{"key":"X-Source","value":"shop"}],
		"body":{"format":"json","mode":"keyValue","pairs":[
			{"key":"order","value":"~{aedj://order}"},
			{"key":"total","value":"~{aedj://$.order.total}","dataType":"number"},
			{"key":"currency","value":"~{aedj://$.order.currency}"},
			{"key":"email","value":"~{aedj://email}"},
			{"key":"name","value":"~{aedj://$.customer.firstName}"},
			{"key":"note","value":"~{aedj://$.note}"},
			{"key":"segment","value":"~{aedj://segment}"},
			{"key":"customer","value":"~{aedj://$.customer.id}"},
			{"key":"title","value":"A purchase of a ~{aedj://segment} customer"}]}}}]}`

// client calls the API to set an instance up.
type client struct{ base, token string }

// call makes one request and reads the member result of its envelope.
func (c *client) call(ctx context.Context, method, path, body string, result any) error {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-API-TOKEN", c.token)
	resp, err := (&http.Client{Timeout: 10 * time.Second}).Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s was answered %d: %s", method, path, resp.StatusCode, text)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(text, &struct{ Result any }{result})
}

// profileOverlay writes the file that the program is built with for a profile, and the overlay that adds it. The program
// itself has no setting for that.
func profileOverlay(ctx context.Context, dir string) (string, error) {
	root, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", "surveyflow/cmd/surveyflow").Output()
	if err != nil {
		return "", err
	}
	source := filepath.Join(dir, "profile.go")
	if err := os.WriteFile(source, []byte(profileSource), 0o600); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{
		filepath.Join(strings.TrimSpace(string(root)), "bench_profile.go"): source,
	}})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "overlay.json")
	return file, os.WriteFile(file, overlay, 0o600)
}
