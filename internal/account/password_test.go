package account

import (
	"context"
	"strings"
	"testing"

	"surveyflow/models"
)

func TestNewPasswordsFollowTheRule(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]string{
		"correct horse battery":    "",
		"        leading spaces":   "",
		"šesť slov ä":              "",
		"12 chars ok!":             "",
		"short12":                  "people.error.password_short",
		"ääääää":                   "people.error.password_short", // characters count, not bytes
		strings.Repeat("ab", 100):  "",
		strings.Repeat("ab", 101):  "people.error.password_long",
		"Ada.Lovelace@Example.com": "people.error.password_email",
		"ada.lovelace":             "people.error.password_email",
		"PassWord1":                "people.error.password_common",
		"12345678":                 "people.error.password_common",
		"Surveyflow":               "people.error.password_common",
		"aaaaaaaaaaaa":             "people.error.password_common",
		"          ":               "people.error.password_common",
	} {
		var fields []models.FieldError
		checkPassword(&fields, "password", password, "Ada.Lovelace@example.com")
		got := ""
		if len(fields) > 0 {
			got = fields[0].Key
		}
		if got != want {
			t.Errorf("%q: %q, want %q", password, got, want)
		}
	}
	for _, p := range commonPasswords {
		if len(p) < MinPassword || p != strings.ToLower(p) {
			t.Errorf("%q can never match", p)
		}
	}
}

func TestAPasswordMatchesItsHashInEveryUnicodeForm(t *testing.T) {
	t.Parallel()
	h := newHasher()
	hash, err := h.hash(t.Context(), "cafe\u0301 au lait") // as macOS writes it
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("hash = %q, %v", hash, err)
	}
	for password, want := range map[string]bool{"caf\u00e9 au lait": true, "cafe au lait": false} {
		if ok, err := h.matches(t.Context(), password, hash); ok != want || err != nil {
			t.Errorf("%q matches = %v, %v; want %v", password, ok, err, want)
		}
	}
	if ok, err := h.matches(t.Context(), "", h.dummy); ok || err != nil {
		t.Errorf("the dummy matches = %v, %v; want false without an error", ok, err)
	}
	if _, err := h.matches(t.Context(), "x", "not a hash"); err == nil {
		t.Error("a broken hash is taken")
	}
}

func TestNoMoreThanTwoPasswordsAreHashedAtOnce(t *testing.T) {
	t.Parallel()
	h := newHasher()
	for range hashesAtOnce {
		if err := h.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.hash(ctx, "correct horse battery"); models.ErrorCode(err) != models.CodeUnavailable {
		t.Errorf("the third one: %v, want to wait until its context ends", err)
	}
	h.leave()
	if _, err := h.hash(t.Context(), "correct horse battery"); err != nil {
		t.Errorf("with a free slot: %v", err)
	}
}
