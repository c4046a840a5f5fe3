package handlers_test

import (
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"

	"surveyflow/internal/link"
)

func TestBrandAdminsIssueRevokeAndRequireClientCertificates(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	ada, bob := a.person("ada@example.com"), a.person("bob@example.com") // the first one is brand admin
	page := link.SettingsCertificates()
	bob.get(page).is(http.StatusForbidden)
	bob.post(page, "certificateRequest", a.certificateRequest("x")).is(http.StatusForbidden)
	if bob.get(link.SettingsAPI()).Find("a[href='"+page+"']").Length() != 0 || ada.get(link.SettingsAPI()).Find("a[href='"+page+"']").Length() != 1 {
		t.Error("the page is offered to the wrong people")
	}
	ada.get(page).is(http.StatusOK).says("#list", "No certificates yet").says("#required", "has not seen any")
	ada.get(link.SettingsAuthority()).is(http.StatusNotFound)

	ada.post(page, "certificateRequest", "hello").is(http.StatusUnprocessableEntity).says("#new .error-summary", "PEM").says("#new textarea", "hello")
	key := "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----"
	if refused := ada.post(page, "certificateRequest", key).is(http.StatusUnprocessableEntity).says("#new .error-summary", "private key"); strings.Contains(refused.text, "MIGHAgEA") {
		t.Error("a private key that was pasted by mistake is in the page")
	}
	if strings.Contains(a.log.String(), "MIGHAgEA") {
		t.Error("a private key that was pasted by mistake is in the log")
	}
	issued := ada.post(page, "certificateRequest", a.certificateRequest("warehouse"))
	to := issued.header.Get("Location")
	id := to[strings.LastIndex(to, "=")+1:]
	shown := ada.get(to).is(http.StatusOK).says("#issued", "warehouse").says("#issued", "BEGIN CERTIFICATE").says("#list tbody", "warehouse").says("#list tbody", "Active").says("#list tbody", "in 36").says("#list tbody", "days")
	if shown.Find("#list tbody").Text() == "" || strings.Contains(shown.text, "PRIVATE") {
		t.Error("the page is not what it should be")
	}
	parse := func(path string) *x509.Certificate {
		t.Helper()
		file := ada.get(path).is(http.StatusOK)
		block, _ := pem.Decode([]byte(file.text))
		if block == nil || !strings.HasPrefix(file.header.Get("Content-Disposition"), "attachment") {
			t.Fatalf("%s is %q", path, file.text)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	leaf := parse(link.SettingsCertificateFile(id))
	if err := leaf.CheckSignatureFrom(parse(link.SettingsAuthority())); err != nil {
		t.Errorf("the files do not belong together: %v", err)
	}

	required := link.SettingsCertificatesRequired()
	ada.post(required, "required", "1").is(http.StatusConflict)
	bob.post(required).is(http.StatusForbidden)
	one, err := a.store.ClientCertificate(t.Context(), a.actor("ada@example.com"), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.certificates.Check(t.Context(), one.OrgID, one.Certificate); err != nil {
		t.Fatal(err)
	}
	ada.get(page).says("#required", "also your own workflows").says("#list tbody", "now")
	ada.post(required, "required", "1").to(page + "#required")
	ada.get(page).is(http.StatusOK).says("#required", "On:").says("#list tbody", "last certificate that counts")
	ada.post(link.SettingsCertificateRevoke(id)).to(page + "#list")
	ada.post(link.SettingsCertificateRevoke(id)).is(http.StatusConflict)
	if left := ada.get(page).is(http.StatusOK).says("#list tbody", "Revoked"); left.Find("#list form").Length() != 0 {
		t.Error("one that is revoked can be revoked")
	}
	ada.post(required).to(page + "#required") // pages need no certificate
	ada.get(page).says("#required", "Off:")
}
