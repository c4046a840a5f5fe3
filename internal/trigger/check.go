package trigger

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what older senders sign with; as a keyed hash it is not broken
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"surveyflow/internal/account"
	"surveyflow/internal/secret"
	"surveyflow/models"
)

// maxDepth is how deep an event may be nested.
const maxDepth = 64

// dedupe names an event by its workflow and the key that its sender gave it. Keys come in any length and any bytes.
func dedupe(workflowID, key string) *string {
	sum := sha256.Sum256([]byte(key))
	text := workflowID + "#" + base64.RawURLEncoding.EncodeToString(sum[:])
	return &text
}

// KeyOf gives the key by which a sender tells a repeated event; empty when it gives none.
func KeyOf(h http.Header) string {
	for _, name := range []string{"Idempotency-Key", "Webhook-Id"} {
		if key := strings.TrimSpace(h.Get(name)); key != "" {
			return name[:1] + key
		}
	}
	return ""
}

// Authorize checks who sends an event: a token of a person who may edit the workflow, in a header or as the password beside
// their e-mail address. It does nothing where the workflow's owner switched that off. Other errors are of the database.
func (s *Service) Authorize(ctx context.Context, l *Live, h http.Header) error {
	if !l.Event.Authenticated() {
		return nil
	}
	token, email, basic := credentials(h)
	if token == "" {
		return refuse(models.RefusedAuth, &models.Error{Code: models.CodeInvalid, Key: "api.error.no_authorization"})
	}
	caller, err := s.Tokens.Authenticate(ctx, token)
	switch {
	case models.ErrorCode(err) == models.CodeUnauthorized:
		return refuse(models.RefusedAuth, err)
	case err != nil:
		return err
	case basic && !strings.EqualFold(strings.TrimSpace(email), caller.User.Email):
		return refuse(models.RefusedAuth, account.ErrTokenUnknown)
	case caller.User.OrgID != l.OrgID, caller.Token.Scope != models.TokenScopeAll && caller.Token.Scope != l.ID:
		return refuse(models.RefusedAuth, errUnknown())
	}
	if err := s.mayEdit(ctx, l, caller); err != nil {
		return err
	}
	if err := s.Tokens.Limit(caller, 0, 0); err != nil {
		return refuse(models.RefusedRate, err)
	}
	return nil
}

// credentials gives the token of a request, and the user name when it comes as a password.
func credentials(h http.Header) (token, email string, basic bool) {
	if token := strings.TrimSpace(h.Get("X-Api-Token")); token != "" {
		return token, "", false
	}
	scheme, rest, _ := strings.Cut(strings.TrimSpace(h.Get("Authorization")), " ")
	rest = strings.TrimSpace(rest)
	switch {
	case strings.EqualFold(scheme, "Bearer"):
		return rest, "", false
	case strings.EqualFold(scheme, "Basic"):
		text, err := base64.StdEncoding.DecodeString(rest)
		if err != nil {
			return "-", "", true // none, and not missing either
		}
		email, token, _ := strings.Cut(string(text), ":")
		if token == "" {
			token = "-"
		}
		return token, email, true
	}
	return "", "", false
}

// mayEdit checks that the token's person may edit the workflow; brand admins may edit all.
func (s *Service) mayEdit(ctx context.Context, l *Live, caller *account.Caller) error {
	key, now := accessKey{caller.User.ID, l.ID}, s.Clock.Now()
	s.mu.Lock()
	at, ok := s.allowed[key]
	s.mu.Unlock()
	if ok && now.Sub(at).Abs() < accessValid {
		return nil
	}
	a := caller.Actor()
	a.Wide = a.Role == models.RoleBrandAdmin
	err := s.Store.CheckAccess(ctx, a, l.ID, models.AccessEdit)
	switch models.ErrorCode(err) {
	case models.CodeNotFound, models.CodeForbidden:
		return refuse(models.RefusedAuth, errUnknown())
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.allowed) >= mostKept {
		clear(s.allowed)
	}
	s.allowed[key] = now
	return nil
}

// ErrSignature says that a signature is missing, or wrong.
var ErrSignature = &models.Error{Code: models.CodeUnauthorized, Key: "event.error.signature"}

// tolerance is how far the time in a signature may be from ours (Standard Webhooks).
const tolerance = 5 * time.Minute

// Verify checks the signature of an event where the workflow's owner asks for one: what cannot be checked is refused.
func (s *Service) Verify(l *Live, h http.Header, body []byte) error {
	spec := l.Event.HMAC
	if spec == nil {
		return nil
	}
	now := s.Clock.Now()
	for _, key := range l.secrets.At(now) {
		if signed(spec, key, h, body, now) {
			return nil
		}
	}
	return refuse(models.RefusedAuth, ErrSignature)
}

func signed(spec *models.HMACSpec, key string, h http.Header, body []byte, now time.Time) bool {
	if key == "" {
		return false
	}
	switch spec.Scheme {
	case models.HMACStandard:
		return signedStandard(key, h, body, now)
	case models.HMACOwn:
		return signedOwn(spec, key, h, body)
	}
	return false
}

// signedStandard checks a signature by the rules of Standard Webhooks.
func signedStandard(key string, h http.Header, body []byte, now time.Time) bool {
	id, stamp := h.Get("Webhook-Id"), h.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if id == "" || err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	want := mac(sha256.New, standardKey(key), []byte(id+"."+stamp+"."), body)
	for part := range strings.FieldsSeq(h.Get("Webhook-Signature")) {
		version, text, _ := strings.Cut(part, ",")
		got, err := base64.StdEncoding.DecodeString(text)
		if version == "v1" && err == nil && hmac.Equal(got, want) {
			return true
		}
	}
	return false
}

// standardKey gives the bytes of a secret such as whsec_MfKQ9r8GKYqr…; another text is its own bytes.
func standardKey(key string) []byte {
	if rest, ok := strings.CutPrefix(key, "whsec_"); ok {
		if raw, err := base64.StdEncoding.DecodeString(rest); err == nil {
			return raw
		}
	}
	return []byte(key)
}

func signedOwn(spec *models.HMACSpec, key string, h http.Header, body []byte) bool {
	text, ok := strings.CutPrefix(strings.TrimSpace(h.Get(spec.Header)), spec.Prefix)
	if !ok || text == "" {
		return false
	}
	hashes := map[models.HMACAlgorithm]func() hash.Hash{"sha256": sha256.New, "sha512": sha512.New, "sha384": sha512.New384, "sha1": sha1.New}
	newHash := hashes[spec.Algorithm]
	if newHash == nil {
		return false
	}
	got, err := decodeSignature(spec.Encoding, text)
	return err == nil && hmac.Equal(got, mac(newHash, []byte(key), body))
}

func decodeSignature(encoding models.HMACEncoding, text string) ([]byte, error) {
	switch encoding {
	case "hex":
		return hex.DecodeString(text)
	case "base64":
		text = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(text), "=")
		return base64.RawStdEncoding.DecodeString(text)
	}
	return nil, errors.New("no such encoding")
}

func mac(newHash func() hash.Hash, key []byte, parts ...[]byte) []byte {
	m := hmac.New(newHash, key)
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}

// OpenSecrets reads the secrets of a trigger.
func OpenSecrets(ctx context.Context, sealer *secret.Sealer, t *models.Trigger) (models.TriggerSecrets, error) {
	var secrets models.TriggerSecrets
	if t.HMACSealed == "" {
		return secrets, nil
	}
	text, err := sealer.Open(ctx, secretPlace(t.WorkflowID), t.HMACSealed)
	if err != nil {
		return secrets, err
	}
	return secrets, json.Unmarshal(text, &secrets)
}

// SealSecret makes another secret the one that counts; the one before still does for a while.
func SealSecret(ctx context.Context, sealer *secret.Sealer, t *models.Trigger, key string, now time.Time) error {
	old, err := OpenSecrets(ctx, sealer, t)
	if err != nil {
		return err
	}
	if old.Current == key {
		return nil
	}
	secrets := models.TriggerSecrets{Current: key}
	if old.Current != "" {
		secrets.Previous, secrets.Until = old.Current, now.Add(models.SecretOverlap)
	}
	text, err := json.Marshal(secrets)
	if err != nil {
		return err
	}
	t.HMACSealed, err = sealer.Seal(ctx, secretPlace(t.WorkflowID), text)
	return err
}

func secretPlace(workflowID string) string {
	return secret.Assoc("triggers", workflowID, "hmac_sealed")
}

// MediaType reports whether a content type is JSON in UTF-8 (contract §7, JSON events).
func MediaType(contentType string) bool {
	kind, params, _ := strings.Cut(contentType, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	if kind != "application/json" && (!strings.HasPrefix(kind, "application/") || !strings.HasSuffix(kind, "+json")) {
		return false
	}
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "charset") {
			continue
		}
		switch strings.ToLower(strings.Trim(strings.TrimSpace(value), `"`)) {
		case "utf-8", "utf8", "us-ascii":
		default:
			return false
		}
	}
	return true
}

var utf8BOM = []byte("\xef\xbb\xbf")

// Parse checks that a body is one JSON object or array, in UTF-8 and not nested too deep, and gives it without what stands
// around it. models.CodeInvalid says where it is not.
func Parse(body []byte) ([]byte, error) {
	lead := len(body)
	text := bytes.TrimPrefix(body, utf8BOM)
	text = bytes.TrimLeft(text, " \t\r\n")
	lead -= len(text)
	text = bytes.TrimRight(text, " \t\r\n")
	if len(text) == 0 {
		return nil, invalid("event.error.body_empty")
	}
	if at := brokenUTF8(text); at >= 0 {
		return nil, position(body, lead+at, "event.error.body_utf8")
	}
	if at := tooDeep(text); at >= 0 {
		return nil, position(body, lead+at, "event.error.body_depth")
	}
	var v json.RawMessage
	if err := json.Unmarshal(text, &v); err != nil {
		offset := len(text)
		if e, ok := errors.AsType[*json.SyntaxError](err); ok {
			offset = max(int(e.Offset)-1, 0)
		}
		return nil, position(body, lead+offset, "event.error.body_syntax")
	}
	if text[0] != '{' && text[0] != '[' {
		return nil, invalid("event.error.body_object")
	}
	return text, nil
}

func invalid(key string) error { return &models.Error{Code: models.CodeInvalid, Key: key} }

// position says what is wrong and where: the position in bytes, line and column, all from 1.
func position(body []byte, offset int, key string) error {
	before := body[:min(offset, len(body))]
	return &models.Error{Code: models.CodeInvalid, Key: key, Args: map[string]any{
		"Position": len(before) + 1, "Line": bytes.Count(before, []byte("\n")) + 1, "Column": len(before) - bytes.LastIndexByte(before, '\n'), "Max": maxDepth,
	}}
}

func brokenUTF8(text []byte) int {
	if utf8.Valid(text) {
		return -1
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// tooDeep gives where objects and arrays are nested deeper than maxDepth; -1 when nowhere.
func tooDeep(text []byte) int {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			if depth++; depth > maxDepth {
				return i
			}
		case b == '}' || b == ']':
			depth--
		}
	}
	return -1
}
