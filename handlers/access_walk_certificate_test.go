package handlers_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"maps"

	"surveyflow/models"
)

func init() {
	may["api admin"] = may["admin"] // it is about the organisation: nobody has to ask for that
	maps.Copy(classes, map[string]string{
		"GET /settings/api/certificates":                                "admin",
		"POST /settings/api/certificates":                               "admin",
		"POST /settings/api/certificates/required":                      "admin",
		"GET /settings/api/certificates/authority.pem":                  "admin",
		"GET /settings/api/certificates/:certificateID/certificate.pem": "admin",
		"POST /settings/api/certificates/:certificateID/revoke":         "admin",

		"GET /API/v3/organizations/:organizationId/clientcertificates":                   "api admin",
		"POST /API/v3/organizations/:organizationId/clientcertificates":                  "api admin",
		"GET /API/v3/organizations/:organizationId/clientcertificates/:certificateId":    "api admin",
		"DELETE /API/v3/organizations/:organizationId/clientcertificates/:certificateId": "api admin",
	})
}

// certificateRequest makes a request for a client certificate.
func (a *app) certificateRequest(subject string) string {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: subject}}, key)
	if err != nil {
		a.t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

// certified adds a client certificate to the things, in the place of the one before: there may not be many.
func (w *walk) certified(things map[string]string) {
	w.Helper()
	if w.certificate != "" {
		if err := w.app.store.RevokeClientCertificate(w.Context(), w.Actor, w.certificate); models.ErrorCode(err) != models.CodeConflict {
			w.Check(err)
		}
	}
	made, err := w.certificates.Issue(w.Context(), w.Actor, w.certificateRequest("walk"))
	w.Check(err)
	w.certificate = made.ID
	things["certificateID"], things["certificateId"], things["organizationId"] = made.ID, made.ID, w.Actor.OrgID
}
