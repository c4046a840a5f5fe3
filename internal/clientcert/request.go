package clientcert

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"surveyflow/models"
)

// Limits of what is sent.
const (
	maxPEM     = 16 << 10 // bytes of a request or a certificate; the largest keys need half of it
	maxSubject = 64       // characters of a common name (RFC 5280, ub-common-name)
	leastRSA   = 2048     // bits
	mostRSA    = 8192     // more would cost the server seconds
	leastE     = 65537    // public exponent of RSA
)

// field is what the API and the form call the request.
const field = "certificateRequest"

// request is what counts of a certificate request: the key that it proves to hold, and a name. Everything else that it asks for is
// left behind.
type request struct {
	key     any
	subject string
}

func wrong(key string, args ...any) error { return models.Invalid(models.Field(field, key, args...)) }

// parseRequest reads a certificate request (PKCS #10) in PEM. models.CodeInvalid says what is wrong with it.
func parseRequest(text string) (*request, error) {
	der, err := requestDER(text)
	if err != nil {
		return nil, err
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		if kind := oddKey(der); kind != "" {
			return nil, wrong("certificate.error.key", "Key", kind)
		}
		return nil, wrong("certificate.error.request")
	}
	if kind := weakKey(csr, der); kind != "" { // before the signature: one of a huge key costs much
		return nil, wrong("certificate.error.key", "Key", kind)
	}
	if err := csr.CheckSignature(); err != nil {
		return nil, wrong("certificate.error.signature")
	}
	subject := cleanSubject(csr.Subject.CommonName)
	if subject == "" {
		return nil, wrong("certificate.error.subject")
	}
	return &request{key: csr.PublicKey, subject: subject}, nil
}

// requestDER finds the one certificate request of a text.
func requestDER(text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, wrong("certificate.error.empty")
	case len(text) > maxPEM:
		return nil, wrong("certificate.error.long", "Max", maxPEM>>10)
	case strings.Contains(text, "PRIVATE KEY-----"):
		return nil, wrong("certificate.error.private_key")
	}
	block, rest := pem.Decode([]byte(text + "\n"))
	switch {
	case block == nil:
		return nil, wrong("certificate.error.pem")
	case block.Type == "CERTIFICATE":
		return nil, wrong("certificate.error.certificate")
	case block.Type != "CERTIFICATE REQUEST" && block.Type != "NEW CERTIFICATE REQUEST":
		return nil, wrong("certificate.error.pem")
	case strings.TrimSpace(string(rest)) != "":
		return nil, wrong("certificate.error.several")
	}
	return block.Bytes, nil
}

// weakKey names a key that is not taken; empty when it is.
func weakKey(csr *x509.CertificateRequest, der []byte) string {
	switch key := csr.PublicKey.(type) {
	case *rsa.PublicKey:
		switch bits := key.N.BitLen(); {
		case bits < leastRSA || bits > mostRSA:
			return "RSA " + strconv.Itoa(bits)
		case key.E < leastE:
			return "RSA, e = " + strconv.Itoa(key.E)
		}
		return ""
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P256() || key.Curve == elliptic.P384() || key.Curve == elliptic.P521() {
			return ""
		}
		return key.Curve.Params().Name
	case ed25519.PublicKey:
		return ""
	}
	if kind := oddKey(der); kind != "" {
		return kind
	}
	return csr.PublicKeyAlgorithm.String()
}

// names of keys and curves that are not taken, by their object identifiers.
var oddNames = map[string]string{
	"1.2.840.10040.4.1": "DSA", "1.2.840.10045.3.1.1": "P-192", "1.3.132.0.33": "P-224", "1.3.132.0.10": "secp256k1",
	"1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1", "1.3.36.3.3.2.8.1.1.11": "brainpoolP384r1", "1.3.36.3.3.2.8.1.1.13": "brainpoolP512r1",
	"1.3.101.113": "Ed448", "1.3.101.110": "X25519", "1.2.840.113549.1.1.10": "RSA-PSS",
}

const oidECPublicKey = "1.2.840.10045.2.1"

// oddKey names the key of a request that Go does not read: its curve, or its algorithm; empty when it cannot be told.
func oddKey(der []byte) string {
	var csr struct {
		Info struct {
			Version int
			Subject asn1.RawValue
			Key     struct {
				Algorithm pkix.AlgorithmIdentifier
				Bits      asn1.BitString
			}
			Attributes []asn1.RawValue `asn1:"tag:0"`
		}
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &csr); err != nil {
		return ""
	}
	id := csr.Info.Key.Algorithm.Algorithm.String()
	if id == oidECPublicKey {
		var curve asn1.ObjectIdentifier
		if _, err := asn1.Unmarshal(csr.Info.Key.Algorithm.Parameters.FullBytes, &curve); err != nil {
			return "EC"
		}
		id = curve.String()
	}
	if name := oddNames[id]; name != "" {
		return name
	}
	return id
}

// cleanSubject keeps of a name what people can read in one line, and no more than a certificate may have.
func cleanSubject(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return -1
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r): // controls, and marks that turn the direction of text
			return -1
		}
		return r
	}, name)
	name = strings.Join(strings.Fields(name), " ")
	if runes := []rune(name); len(runes) > maxSubject {
		name = strings.TrimSpace(string(runes[:maxSubject]))
	}
	return name
}
