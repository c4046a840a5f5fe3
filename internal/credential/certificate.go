package credential

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"time"

	"surveyflow/models"
)

// maxPEM bounds each of the pasted texts, in bytes.
const maxPEM = 100 << 10

// ClientCert is a client certificate as it is pasted: all in PEM, with the BEGIN and END lines.
type ClientCert struct {
	PrivateKey  string `json:"privateKey,omitempty"`
	Passphrase  string `json:"passphrase,omitempty"` // opens the key, and is not kept
	Certificate string `json:"certificate,omitempty"`
	CA          string `json:"ca,omitempty"` // own authorities that the server's certificate is checked with
}

// Identity is a checked client certificate.
type Identity struct {
	PEM     ClientCert // the key in PKCS#8, the chain with the client's own certificate first
	Leaf    *x509.Certificate
	TLS     tls.Certificate
	Roots   *x509.CertPool // nil means the system's
	Subject string
}

// ParseClientCert checks a client certificate: do its parts parse, do they belong together, is it good now. The private key
// may be PKCS#8, PKCS#1 or SEC 1 (EC), plain or encrypted, and is converted to PKCS#8. It fails with models.CodeInvalid;
// the fields are mtls.privateKey, mtls.passphrase, mtls.certificate and mtls.ca.
func ParseClientCert(in ClientCert, now time.Time) (*Identity, error) {
	var f []models.FieldError
	key, problem := parseKey(in.PrivateKey, in.Passphrase)
	if problem != nil {
		f = append(f, *problem)
	}
	chain, problem := parseChain("mtls.certificate", in.Certificate)
	if problem != nil {
		f = append(f, *problem)
	}
	id := &Identity{}
	if strings.TrimSpace(in.CA) != "" {
		authorities, problem := parseChain("mtls.ca", in.CA)
		if problem != nil {
			f = append(f, *problem)
		}
		id.Roots = x509.NewCertPool()
		for _, a := range authorities {
			id.Roots.AddCert(a)
		}
		id.PEM.CA = encodeChain(authorities)
	}
	if key == nil || len(chain) == 0 || len(f) > 0 {
		return nil, models.Invalid(f...)
	}
	own := slices.IndexFunc(chain, func(c *x509.Certificate) bool { return belongs(key, c) })
	if own < 0 {
		return nil, models.Invalid(models.Field("mtls.certificate", "credential.error.pair"))
	}
	leaf := chain[own]
	switch {
	case now.After(leaf.NotAfter):
		return nil, models.Invalid(models.Field("mtls.certificate", "credential.error.expired", "At", leaf.NotAfter.UTC().Format(time.DateOnly)))
	case now.Before(leaf.NotBefore):
		return nil, models.Invalid(models.Field("mtls.certificate", "credential.error.not_yet", "At", leaf.NotBefore.UTC().Format(time.DateOnly)))
	case len(leaf.ExtKeyUsage) > 0 && !slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageClientAuth) && !slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageAny):
		return nil, models.Invalid(models.Field("mtls.certificate", "credential.error.usage"))
	}
	chain = append([]*x509.Certificate{leaf}, slices.Delete(slices.Clone(chain), own, own+1)...) // the client's own comes first (RFC 8446 §4.4.2)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, models.Invalid(models.Field("mtls.privateKey", "credential.error.key_kind"))
	}
	id.Leaf, id.Subject = leaf, subjectOf(leaf)
	id.PEM.PrivateKey = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	id.PEM.Certificate = encodeChain(chain)
	id.TLS = tls.Certificate{PrivateKey: key, Leaf: leaf}
	for _, c := range chain {
		id.TLS.Certificate = append(id.TLS.Certificate, c.Raw)
	}
	return id, nil
}

// stored opens a client certificate that was checked when it was saved, whatever the time is now: the service says that it
// has ended, and the page does.
func stored(in ClientCert) (*Identity, error) {
	chain, problem := parseChain("", in.Certificate)
	if problem != nil {
		return nil, errors.New("a stored certificate does not parse")
	}
	return ParseClientCert(in, chain[0].NotAfter)
}

// parseKey reads the private key.
func parseKey(text, passphrase string) (crypto.Signer, *models.FieldError) {
	fail := func(field, key string) (crypto.Signer, *models.FieldError) {
		f := models.Field(field, key)
		return nil, &f
	}
	if len(text) > maxPEM {
		return fail("mtls.privateKey", "credential.error.pem_long")
	}
	for rest := []byte(normalPEM(text)); ; {
		block, more := pem.Decode(rest)
		switch {
		case block == nil && strings.TrimSpace(text) == "":
			return fail("mtls.privateKey", "credential.error.key_empty")
		case block == nil:
			return fail("mtls.privateKey", "credential.error.key_pem")
		}
		rest = more
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") { // EC PARAMETERS, or a certificate pasted along
			continue
		}
		der, err := openKey(block, passphrase)
		switch {
		case errors.Is(err, errPassphrase) && passphrase == "":
			return fail("mtls.passphrase", "credential.error.passphrase_needed")
		case errors.Is(err, errPassphrase):
			return fail("mtls.passphrase", "credential.error.passphrase")
		case err != nil:
			return fail("mtls.privateKey", "credential.error.key_encryption")
		}
		if key := anyKey(der); key != nil {
			return key, nil
		}
		if encrypted(block) { // a wrong passphrase that left a good padding
			return fail("mtls.passphrase", "credential.error.passphrase")
		}
		return fail("mtls.privateKey", "credential.error.key_kind")
	}
}

func encrypted(b *pem.Block) bool {
	return b.Type == "ENCRYPTED PRIVATE KEY" || b.Headers["DEK-Info"] != ""
}

// openKey gives the DER of a key, decrypted where it is encrypted.
func openKey(b *pem.Block, passphrase string) ([]byte, error) {
	switch {
	case !encrypted(b):
		return b.Bytes, nil
	case passphrase == "":
		return nil, errPassphrase
	case b.Type == "ENCRYPTED PRIVATE KEY":
		return decryptPKCS8(b.Bytes, passphrase)
	}
	//nolint:staticcheck // OpenSSL's old format is weak, but keys come in it; ours is kept under AES-256-GCM
	der, err := x509.DecryptPEMBlock(b, []byte(passphrase))
	if errors.Is(err, x509.IncorrectPasswordError) {
		return nil, errPassphrase
	}
	return der, err
}

// anyKey reads a key in whichever structure it is; nil when it is in none that signs.
func anyKey(der []byte) crypto.Signer {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		if signer, ok := key.(crypto.Signer); ok {
			return signer
		}
		return nil
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key
	}
	return nil
}

func parseChain(field, text string) ([]*x509.Certificate, *models.FieldError) {
	fail := func(key string) ([]*x509.Certificate, *models.FieldError) {
		f := models.Field(field, key)
		return nil, &f
	}
	if len(text) > maxPEM {
		return fail("credential.error.pem_long")
	}
	if strings.TrimSpace(text) == "" {
		return fail("credential.error.certificate_empty")
	}
	var chain []*x509.Certificate
	for rest := []byte(normalPEM(text)); ; {
		block, more := pem.Decode(rest)
		if block == nil {
			break
		}
		rest = more
		if block.Type != "CERTIFICATE" && block.Type != "X509 CERTIFICATE" && block.Type != "TRUSTED CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return fail("credential.error.certificate_x509")
		}
		chain = append(chain, c)
	}
	if len(chain) == 0 {
		return fail("credential.error.certificate_pem")
	}
	return chain, nil
}

// normalPEM repairs what pasting does to PEM: spaces around lines.
func normalPEM(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r", "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n") + "\n"
}

func encodeChain(chain []*x509.Certificate) string {
	var out strings.Builder
	for _, c := range chain {
		out.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
	}
	return out.String()
}

// belongs reports whether the certificate is that of the key.
func belongs(key crypto.Signer, c *x509.Certificate) bool {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(c.PublicKey)
}

// subjectOf names a certificate for people.
func subjectOf(c *x509.Certificate) string {
	if c.Subject.CommonName != "" {
		return c.Subject.CommonName
	}
	if len(c.DNSNames) > 0 {
		return c.DNSNames[0]
	}
	return c.Subject.String()
}
