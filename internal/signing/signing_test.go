package signing_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"surveyflow/internal/clock"
	"surveyflow/internal/secret"
	"surveyflow/internal/signing"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// The vector that the authors of Standard Webhooks test their libraries with.
const (
	vectorSecret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" //nolint:gosec // public
	vectorID        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	vectorBody      = `{"test": 2432232314}`
	vectorSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	vectorTime      = 1614265330
)

func TestSignaturesAreThoseOfStandardWebhooks(t *testing.T) {
	t.Parallel()
	h := signing.Header(vectorID, time.Unix(vectorTime, 999), []byte(vectorBody), vectorSecret)
	if got := h.Get("webhook-signature"); got != vectorSignature {
		t.Errorf("the signature is %s; want %s", got, vectorSignature)
	}
	if h.Get("webhook-id") != vectorID || h.Get("webhook-timestamp") != "1614265330" {
		t.Errorf("the headers are %v", h)
	}
}

func TestSecretsHaveTheFormOfStandardWebhooks(t *testing.T) {
	t.Parallel()
	a, b := signing.NewSecret(), signing.NewSecret()
	if a == b || !signing.Valid(a) {
		t.Errorf("secrets are %s and %s", a, b)
	}
	of := func(n int) string { return "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, n)) }
	for secret, want := range map[string]bool{
		vectorSecret: true, of(24): true, of(64): true, of(23): false, of(65): false, "": false, "whsec_": false, "whsec_%%%": false,
		strings.TrimPrefix(vectorSecret, "whsec_"): false, "whsec_••••": false,
	} {
		if signing.Valid(secret) != want {
			t.Errorf("%q is valid: %v", secret, !want)
		}
	}
}

// verify checks a message with the public Go library.
func verify(t *testing.T, secret string, body []byte, h http.Header) error {
	t.Helper()
	wh, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return wh.Verify(body, h)
}

func TestReceiversVerifyWithThePublicGoLibrary(t *testing.T) {
	t.Parallel()
	old, current, other := signing.NewSecret(), signing.NewSecret(), signing.NewSecret()
	body := []byte(`{"type":"survey.response.completed","data":{"näme":"Ünï \u2028 <b>&"}}`)
	h := signing.Header("RN_1_OCAC_1", time.Now(), body, current, old)
	for _, s := range []string{old, current} { // while a rotation lasts, both verify
		if err := verify(t, s, body, h); err != nil {
			t.Errorf("%s does not verify: %v", s, err)
		}
	}
	for title, err := range map[string]error{
		"another secret": verify(t, other, body, h),
		"another body":   verify(t, current, append(body, ' '), h),
		"an old message": verify(t, current, body, signing.Header("RN_1_OCAC_1", time.Now().Add(-time.Hour), body, current)),
	} {
		if err == nil {
			t.Errorf("%s verifies", title)
		}
	}
}

// receiver is what a receiver in JavaScript does: it prints whether each of the messages verifies.
const receiver = `
const { Webhook } = await import(process.argv[2]);
for (const m of JSON.parse(process.argv[3])) {
  try { new Webhook(m.secret).verify(m.body, m.headers); console.log("yes"); } catch (e) { console.log("no: " + e.message); }
}
`

func TestReceiversVerifyWithThePublicJavaScriptLibrary(t *testing.T) {
	t.Parallel()
	dir, err := filepath.Abs("../../.ci/npm/node_modules/standardwebhooks")
	if err != nil {
		t.Fatal(err)
	}
	node, missing := exec.LookPath("node")
	if _, err := os.Stat(dir); err != nil || missing != nil {
		t.Skip("node or .ci/npm/node_modules is missing: run make assets")
	}
	type message struct {
		Secret  string            `json:"secret"`
		Body    string            `json:"body"`
		Headers map[string]string `json:"headers"`
	}
	old, current := signing.NewSecret(), signing.NewSecret()
	body := `{"data":{"näme":"Ünï <b>&"}}`
	h := signing.Header("RN_1_OCAC_1", time.Now(), []byte(body), current, old)
	headers := map[string]string{}
	for name := range h {
		headers[strings.ToLower(name)] = h.Get(name)
	}
	messages, err := json.Marshal([]message{{current, body, headers}, {old, body, headers}, {signing.NewSecret(), body, headers}, {current, body + " ", headers}})
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "receiver.mjs")
	if err := os.WriteFile(script, []byte(receiver), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), node, script, filepath.Join(dir, "dist/index.js"), string(messages)).CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err != nil || len(lines) != 4 || lines[0] != "yes" || lines[1] != "yes" || lines[2] == "yes" || lines[3] == "yes" {
		t.Errorf("%v:\n%s", err, out)
	}
}

func TestSecretsAreKeptSealedAndRotateWithAnOverlap(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		c := clock.NewFake(time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC))
		s := d.Open(t, storetest.Options{Clock: c})
		i := storetest.NewInstance(t, s, c)
		sealer, err := secret.Open(t.Context(), s, [][]byte{[]byte("0123456789abcdef0123456789abcdef")}, c)
		i.Check(err)
		k, ctx := signing.NewKeeper(s, sealer, c), t.Context()
		w := i.Workflow(models.TaskSpec{Type: models.TaskOutboundWebhook, Config: []byte(`{}`)})
		task := "OCAC_000000000000001"

		if none, err := k.Kept(ctx, w.ID, task); err != nil || none != (signing.Secrets{}) {
			t.Errorf("who only looks gets %+v, %v", none, err)
		}
		if _, err := s.WebhookSecret(ctx, models.WebhookSecretID(w.ID, task)); models.ErrorCode(err) != models.CodeNotFound {
			t.Errorf("who only looked made a secret: %v", err)
		}
		first, err := k.Of(ctx, w.ID, task)
		i.Check(err)
		again, err := k.Of(ctx, w.ID, task)
		i.Check(err)
		if !signing.Valid(first.Current) || first != again || len(first.All()) != 1 {
			t.Fatalf("the first secret is %+v, then %+v", first, again)
		}
		neighbour := i.Workflow(models.TaskSpec{Type: models.TaskOutboundWebhook, Config: []byte(`{}`)})
		if other, err := k.Of(ctx, neighbour.ID, task); err != nil || other.Current == first.Current {
			t.Errorf("a task of another workflow has the same id, and the secret %+v, %v", other, err)
		}
		rotated, err := k.Rotate(ctx, i.Actor, w.ID, task)
		i.Check(err)
		if rotated.Previous != first.Current || rotated.Current == first.Current || !rotated.Until.Equal(c.Now().Add(24*time.Hour)) {
			t.Errorf("rotated: %+v", rotated)
		}
		c.Advance(24*time.Hour - time.Second)
		if now, err := k.Of(ctx, w.ID, task); err != nil || len(now.All()) != 2 {
			t.Errorf("within a day %+v, %v sign; want both", now, err)
		}
		c.Advance(time.Second)
		if now, err := k.Of(ctx, w.ID, task); err != nil || len(now.All()) != 1 || now.Current != rotated.Current {
			t.Errorf("after a day %+v, %v sign", now, err)
		}
		// One that somebody brings takes its place likewise; the same one changes nothing.
		set, err := k.Set(ctx, i.Actor, w.ID, task, vectorSecret)
		i.Check(err)
		c.Advance(time.Hour)
		same, err := k.Set(ctx, i.Actor, w.ID, task, vectorSecret)
		i.Check(err)
		if set.Current != vectorSecret || set.Previous != rotated.Current || same != set {
			t.Errorf("set: %+v, again: %+v", set, same)
		}
		if _, err := k.Set(ctx, i.Actor, w.ID, task, "whsec_short"); models.ErrorCode(err) != models.CodeInvalid {
			t.Errorf("what is no secret: %v", err)
		}
		stranger := i.User("eve@example.com", models.RoleMember)
		if _, err := k.Rotate(ctx, stranger, w.ID, task); models.ErrorCode(err) != models.CodeNotFound {
			t.Errorf("a stranger rotates: %v", err)
		}
		for _, c := range []store.Column{{Table: "webhook_secrets", Key: "id", Name: "secret_sealed"}, {Table: "webhook_secrets", Key: "id", Name: "previous_sealed"}} {
			values, err := s.SealedValues(ctx, c, "", 100)
			i.Check(err)
			for _, v := range values {
				if strings.Contains(v.Sealed, "whsec_") || strings.Contains(v.Sealed, strings.TrimPrefix(vectorSecret, "whsec_")) {
					t.Errorf("%s is in the clear: %s", c.Name, v.Sealed)
				}
			}
		}
		if n, err := sealer.Rotate(ctx); err != nil || n < 3 {
			t.Errorf("%d values were sealed anew, %v", n, err)
		}
		if now, err := k.Of(ctx, w.ID, task); err != nil || now != same {
			t.Errorf("after the keys were rotated: %+v, %v", now, err)
		}
		if kept, err := k.Kept(ctx, w.ID, task); err != nil || kept != same {
			t.Errorf("who looks sees %+v, %v", kept, err)
		}
		// They go with the workflow, and its last run does not bring them back.
		_, err = s.DeleteWorkflow(ctx, i.Actor, w.ID)
		i.Check(err)
		if kept, err := k.Kept(ctx, w.ID, task); err != nil || kept != (signing.Secrets{}) {
			t.Errorf("of a deleted workflow there is %+v, %v", kept, err)
		}
		if _, err := k.Of(ctx, w.ID, task); models.ErrorCode(err) != models.CodeNotFound {
			t.Errorf("a deleted workflow gets a secret: %v", err)
		}
		if kept, err := k.Kept(ctx, neighbour.ID, task); err != nil || kept.Current == "" {
			t.Errorf("the secret of another workflow is %+v, %v", kept, err)
		}
	})
}
