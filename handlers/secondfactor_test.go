package handlers_test

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/link"
	"surveyflow/models"
)

// appCode is what an authenticator app shows for the key on a page, some steps from now. It is written anew here, as the app
// of somebody else is. The clock of such an app must stand: the one before this is none any more when this one ends.
func (a *app) appCode(p *page, steps int64) string {
	t := a.t
	t.Helper()
	key := strings.ReplaceAll(p.Find("#totp-secret").AttrOr("value", ""), " ", "")
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(key)
	if err != nil || len(secret) != 20 {
		t.Fatalf("the key is %q: %v", key, err)
	}
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(a.signIn.Now().Unix()/30+steps))
	mac := hmac.New(sha1.New, secret)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	at := sum[19] & 15
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at:at+4])&0x7fffffff)%1000000)
}

// enrolled sets somebody's second factor up and gives a page with the key and the recovery codes.
func (b *browser) enrolled() (key *page, codes []string) {
	b.app.t.Helper()
	b.post(link.SecondFactorStart()).to(link.SecondFactor())
	key = b.get(link.SecondFactor()).is(http.StatusOK)
	shown := b.post(link.SecondFactor(), "code", b.app.appCode(key, -1)).is(http.StatusOK)
	return key, strings.Fields(shown.Find("#recovery-codes").Text())
}

func TestASecondFactorIsAskedForAndOpensNothingBefore(t *testing.T) {
	t.Parallel()
	a := newAppOf(t, nil, clock.NewFake(time.Now()))
	ada := a.person("ada@example.com")
	other := a.browser()
	other.post(link.SignIn(), "email", "ada@example.com", "password", password).to(link.Home())
	ada.post(link.SecondFactorStart()).to(link.SecondFactor())
	key := ada.get(link.SecondFactor()).is(http.StatusOK)
	if key.Find("svg[role=img] path").Length() != 1 {
		t.Error("there is no picture to scan")
	}
	ada.post(link.SecondFactor(), "code", "000000").is(http.StatusUnprocessableEntity).says(".error-summary", "not right")
	shown := ada.post(link.SecondFactor(), "code", a.appCode(key, -1)).is(http.StatusOK)
	codes := strings.Fields(shown.Find("#recovery-codes").Text())
	if len(codes) != 10 {
		t.Fatalf("the recovery codes are %v", codes)
	}
	if p := ada.get(link.SecondFactor()).is(http.StatusOK).says("main", "10 are left"); p.Find("#totp-secret").Length() > 0 {
		t.Error("the key is shown again")
	}
	other.get(link.Surveys()).to(link.With(link.SignIn(), "next", link.Surveys())) // other browsers were signed out

	b := a.browser()
	b.post(link.SignIn(), "email", "ada@example.com", "password", password, "next", link.Runs()).to(link.Runs())
	for _, r := range a.routes {
		if r.Guard != "user" && r.Guard != "admin" {
			continue
		}
		answer := b.send(r.Method, address(r.Pattern), map[string][]string{})
		if at := answer.header.Get("Location"); answer.status != http.StatusSeeOther || !strings.HasPrefix(at, link.SignIn()) {
			t.Errorf("half signed in, %s %s answers %d to %q", r.Method, r.Pattern, answer.status, at)
		}
	}
	at := b.get(link.With(link.SignIn(), "next", link.Runs())).to(link.With(link.SignInCode(), "next", link.Runs()))
	p := b.get(at).is(http.StatusOK).says("main", "ada@example.com")
	if strings.Contains(p.text, "sf-sidebar") {
		t.Error("the page has a navigation")
	}
	b.post(link.SignInCode(), "code", "").is(http.StatusUnprocessableEntity)
	b.post(link.SignInCode(), "code", a.appCode(key, -1)).is(http.StatusUnprocessableEntity) // was used to set it up
	code := a.appCode(key, 0)
	b.post(link.SignInCode(), "code", code[:3]+" "+code[3:], "next", link.Runs()).to(link.Runs())
	b.get(link.Runs()).is(http.StatusOK)

	again := a.browser()
	again.post(link.SignIn(), "email", "ada@example.com", "password", password).to(link.Home())
	again.post(link.SignInCode(), "code", code).is(http.StatusUnprocessableEntity) // a code counts once
	again.post(link.SignInCode(), "code", strings.ToUpper(codes[0])).to(link.Home())
	again.get(link.SecondFactor()).says("main", "9 are left")
	third := a.browser()
	third.post(link.SignIn(), "email", "ada@example.com", "password", password).to(link.Home())
	third.post(link.SignInCode(), "code", codes[0]).is(http.StatusUnprocessableEntity) // and so does a recovery code
	for i := range 12 {
		p := third.post(link.SignInCode(), "code", "123456")
		if p.status == http.StatusTooManyRequests {
			break
		}
		if i == 11 {
			t.Error("guessing is not held back")
		}
	}
	if log := a.log.String(); strings.Contains(log, code) || strings.Contains(log, codes[0]) {
		t.Error("the log holds codes")
	}
}

func TestASecondFactorIsTurnedOffByACode(t *testing.T) {
	t.Parallel()
	a := newAppOf(t, nil, clock.NewFake(time.Now()))
	ada := a.person("ada@example.com")
	key, codes := ada.enrolled()
	ada.post(link.SecondFactorOff(), "code", "000000").is(http.StatusUnprocessableEntity)
	renewed := ada.post(link.SecondFactorRecovery(), "code", codes[0]).is(http.StatusOK)
	if fresh := strings.Fields(renewed.Find("#recovery-codes").Text()); len(fresh) != 10 || fresh[0] == codes[0] {
		t.Errorf("the new codes are %v", fresh)
	}
	ada.post(link.SecondFactorOff(), "code", codes[1]).is(http.StatusUnprocessableEntity) // an old one
	ada.post(link.SecondFactorOff(), "code", a.appCode(key, 0)).to(link.SecondFactor())
	a.browser().post(link.SignIn(), "email", "ada@example.com", "password", password).to(link.Home())
	ada.get(link.Notifications()).says("main", "no longer needs a code")
}

func TestARequiredSecondFactorIsSetUpAtTheNextSignIn(t *testing.T) {
	t.Parallel()
	a := newAppOf(t, nil, clock.NewFake(time.Now()))
	admin, bob := a.person("ada@example.com"), a.person("bob@example.com")
	bob.post(link.SecurityFactor(), "required", "on").is(http.StatusForbidden)
	admin.post(link.SecurityFactor(), "required", "on").to(link.SettingsSecurity())
	bob.get(link.Surveys()).is(http.StatusOK) // who is signed in stays so
	b := a.browser()
	b.post(link.SignIn(), "email", "bob@example.com", "password", password, "next", link.Account()).to(link.Account())
	b.get(link.Account()).to(link.With(link.SignIn(), "next", link.Account()))
	p := b.get(link.SignInCode()).is(http.StatusOK).says("main", "requires one")
	b.post(link.SignInCode(), "code", "000000").is(http.StatusUnprocessableEntity)
	shown := b.post(link.SignInCode(), "code", a.appCode(p, 0), "next", link.Account()).is(http.StatusOK)
	if len(strings.Fields(shown.Find("#recovery-codes").Text())) != 10 {
		t.Error("there are no recovery codes")
	}
	b.get(link.Account()).is(http.StatusOK).says("#second-factor", "On")
	b.post(link.SecondFactorOff(), "code", a.appCode(p, 1)).is(http.StatusConflict)

	// A brand admin helps who has lost the app; the next sign-in sets it up anew.
	id := a.actor("bob@example.com").UserID
	bob = b
	bob.post(link.UserFactorOff(id)).is(http.StatusForbidden)
	admin.get(link.SettingsUser(id)).is(http.StatusOK).says("#access", "Take the second factor away")
	admin.post(link.UserFactorOff(id)).to(link.SettingsUser(id))
	admin.post(link.UserFactorOff("UR_000000000000000")).is(http.StatusNotFound)
	again := a.browser()
	again.post(link.SignIn(), "email", "bob@example.com", "password", password).to(link.Home())
	again.get(link.SignInCode()).is(http.StatusOK).says("main", "requires one")
	u, err := a.store.User(t.Context(), a.actor("ada@example.com"), id)
	if err != nil || u.TOTPOnAt != nil || u.TOTPSealed == "" || models.ErrorCode(err) != "" {
		t.Errorf("%+v, %v", u, err)
	}
}
