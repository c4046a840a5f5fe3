package credential

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" //nolint:gosec // old key files are encrypted with it; it protects nothing here
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // the default of PBKDF2 in old key files (RFC 8018 A.2)
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"hash"
)

// maxIterations bounds the work that a key file can ask for: PBKDF2 with SHA-512 takes some seconds for it.
const maxIterations = 5_000_000

var (
	errPassphrase  = errors.New("the passphrase does not open the key")
	errUnsupported = errors.New("the key is encrypted in a way that is not supported")
)

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
)

var pseudoRandom = map[string]func() hash.Hash{
	"":                    sha1.New,
	"1.2.840.113549.2.7":  sha1.New,
	"1.2.840.113549.2.9":  sha256.New,
	"1.2.840.113549.2.10": sha512.New384,
	"1.2.840.113549.2.11": sha512.New,
}

var blockCiphers = map[string]struct {
	length int
	make   func([]byte) (cipher.Block, error)
}{
	"2.16.840.1.101.3.4.1.2":  {16, aes.NewCipher},
	"2.16.840.1.101.3.4.1.22": {24, aes.NewCipher},
	"2.16.840.1.101.3.4.1.42": {32, aes.NewCipher},
	"1.2.840.113549.3.7":      {24, des.NewTripleDESCipher},
}

// decryptPKCS8 opens an ENCRYPTED PRIVATE KEY (RFC 5958 §3) that is encrypted by PBES2 (RFC 8018 §6.2), as OpenSSL does, and
// gives the PKCS#8 structure inside.
func decryptPKCS8(der []byte, passphrase string) ([]byte, error) {
	var outer struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	if rest, err := asn1.Unmarshal(der, &outer); err != nil || len(rest) > 0 {
		return nil, errors.New("the encrypted key is malformed")
	}
	if !outer.Algorithm.Algorithm.Equal(oidPBES2) {
		return nil, errUnsupported
	}
	var scheme struct{ KDF, Cipher pkix.AlgorithmIdentifier }
	if _, err := asn1.Unmarshal(outer.Algorithm.Parameters.FullBytes, &scheme); err != nil || !scheme.KDF.Algorithm.Equal(oidPBKDF2) {
		return nil, errUnsupported
	}
	var kdf struct {
		Salt       []byte
		Iterations int
		Length     int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
	if _, err := asn1.Unmarshal(scheme.KDF.Parameters.FullBytes, &kdf); err != nil {
		return nil, errUnsupported
	}
	prf, known := pseudoRandom[kdf.PRF.Algorithm.String()]
	block, ok := blockCiphers[scheme.Cipher.Algorithm.String()]
	if !known || !ok || kdf.Iterations < 1 || kdf.Iterations > maxIterations {
		return nil, errUnsupported
	}
	var iv []byte
	if _, err := asn1.Unmarshal(scheme.Cipher.Parameters.FullBytes, &iv); err != nil {
		return nil, errUnsupported
	}
	key, err := pbkdf2.Key(prf, passphrase, kdf.Salt, kdf.Iterations, block.length)
	if err != nil {
		return nil, errUnsupported
	}
	c, err := block.make(key)
	if err != nil {
		return nil, errUnsupported
	}
	return decryptCBC(c, iv, outer.Data)
}

// decryptCBC decrypts and takes the padding off (RFC 8018 §6.1.1 step 4). A wrong passphrase nearly always shows there; what
// gets through does not parse.
func decryptCBC(c cipher.Block, iv, data []byte) ([]byte, error) {
	size := c.BlockSize()
	if len(iv) != size || len(data) == 0 || len(data)%size != 0 {
		return nil, errUnsupported
	}
	plain := make([]byte, len(data))
	cipher.NewCBCDecrypter(c, iv).CryptBlocks(plain, data)
	pad := int(plain[len(plain)-1])
	if pad == 0 || pad > size {
		return nil, errPassphrase
	}
	for _, b := range plain[len(plain)-pad:] {
		if int(b) != pad {
			return nil, errPassphrase
		}
	}
	return plain[:len(plain)-pad], nil
}
