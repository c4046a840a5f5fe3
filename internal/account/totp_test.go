package account

import (
	"strings"
	"testing"
	"time"
)

// The vectors of RFC 6238, appendix B (SHA-1), cut to six digits.
func TestCodesAreThoseOfRFC6238(t *testing.T) {
	t.Parallel()
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := totpCode(secret, at/30); got != want {
			t.Errorf("at %d: %s; want %s", at, got, want)
		}
		now := time.Unix(at, 0)
		for away, ok := range map[time.Duration]bool{0: true, -30 * time.Second: true, 30 * time.Second: true, 61 * time.Second: false, -61 * time.Second: false} {
			if now.Add(away).Unix() < 0 {
				continue
			}
			if got := totpMatch(secret, want, now.Add(away), 0) != 0; got != ok {
				t.Errorf("at %d, %s away: %v", at, away, got)
			}
		}
		if totpMatch(secret, want, now, at/30) != 0 {
			t.Errorf("at %d: the code counts twice", at)
		}
	}
	if totpMatch(secret, "", time.Unix(59, 0), 0) != 0 {
		t.Error("no code counts")
	}
}

func TestTheAddressForAppsHasNoPlus(t *testing.T) {
	t.Parallel()
	got := totpAddress([]byte("12345678901234567890"), "Survey flow", "a+b@example.com")
	if !strings.HasPrefix(got, "otpauth://totp/Survey%20flow:a+b@example.com?") || !strings.Contains(got, "issuer=Survey%20flow") || !strings.Contains(got, "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ") {
		t.Error(got)
	}
}

func TestRecoveryCodesAreReadAsTheyAreTyped(t *testing.T) {
	t.Parallel()
	code := newRecoveryCode()
	if len(code) != 19 || cleanCode(" "+strings.ToUpper(code)+" ") != strings.ReplaceAll(code, "-", "") {
		t.Error(code)
	}
}
