package models

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
	"time"
)

// Prefix begins an identifier and says what it names (contract §2).
type Prefix string

// The prefixes of identifiers.
const (
	PrefixSurvey       Prefix = "SV_"
	PrefixBlock        Prefix = "BL_"
	PrefixQuota        Prefix = "QO_"
	PrefixQuotaGroup   Prefix = "QG_"
	PrefixAPIRequest   Prefix = "LQ_"
	PrefixResponse     Prefix = "R_"
	PrefixSession      Prefix = "FS_" // a response that a program answers page by page: the rest is its secret
	PrefixUser         Prefix = "UR_"
	PrefixCollector    Prefix = "CO_"
	PrefixWorkflow     Prefix = "WF_"
	PrefixTask         Prefix = "OCAC_"
	PrefixEvent        Prefix = "EV_"
	PrefixRun          Prefix = "RN_"
	PrefixReceiver     Prefix = "RC_"
	PrefixRequest      Prefix = "RQ_" // one request that a receiver recorded
	PrefixNode         Prefix = "ND_"
	PrefixMail         Prefix = "ML_"
	PrefixNotice       Prefix = "NT_" // a notification
	PrefixRemoval      Prefix = "RM_" // what was removed from a survey's draft
	PrefixAudit        Prefix = "AU_" // a line of the audit log
	PrefixCredential   Prefix = "CR_"
	PrefixJob          Prefix = "JB_" // long work that somebody asked for
	PrefixFile         Prefix = "FILE_"
	PrefixExport       Prefix = "ES_" // an export as the API calls its job: the rest is that of the job's id
	PrefixToken        Prefix = "TK_" // an API token's row; the token itself is a secret of 40 characters
	PrefixAPIClient    Prefix = "AC_" // a program that gets tokens by OAuth
	PrefixDirectory    Prefix = "POOL_"
	PrefixList         Prefix = "CG_" // a contact list
	PrefixContact      Prefix = "CID_"
	PrefixLookup       Prefix = "CGC_" // a contact within their list
	PrefixDistribution Prefix = "EMD_"
	PrefixMessage      Prefix = "MS_"   // a message of a library
	PrefixInvitation   Prefix = "IV_"   // what asks one person to answer a survey
	PrefixImport       Prefix = "PGRS_" // a file of contacts on its way into a list
	PrefixSubscription Prefix = "SUB_"  // to events, of the API
	PrefixCall         Prefix = "CC_"   // of a collector's webhook, in its log
	PrefixCertificate  Prefix = "CERT_" // a client certificate
)

const (
	idLength       = 15 // characters after the prefix
	idTimeLength   = 8  // of them, in an ordered id, milliseconds since 1970
	alphabet       = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	slugCharacters = 22 // 22 of 62 characters are 130 bits
)

// NewID makes a random identifier: the prefix and 15 characters of [0-9A-Za-z] (contract §2).
// It tells nothing about when it was made, as ids of responses, contacts and surveys must not.
func NewID(p Prefix) string {
	var buf [32]byte
	b := append(buf[:0], p...)
	return string(appendRandom(b, idLength))
}

// NewOrderedID makes an identifier that sorts by its time in milliseconds: 8 characters of time and 7 random ones.
// Events, runs, mails, jobs and recorded requests have such ids, so that lists, periods and purges need no other index.
func NewOrderedID(p Prefix, at time.Time) string {
	var buf [32]byte
	b := append(buf[:0], p...)
	b = appendTime(b, at)
	return string(appendRandom(b, idLength-idTimeLength))
}

// IDAt gives the smallest ordered identifier of that time: ids made before it are smaller, later ones larger.
func IDAt(p Prefix, at time.Time) string {
	return string(appendTime([]byte(p), at)) + strings.Repeat("0", idLength-idTimeLength)
}

// NewCapability makes an unguessable word of 22 characters (130 bits) for public addresses:
// collector slugs, receiver tokens, resume and invite links.
func NewCapability() string { return string(appendRandom(nil, slugCharacters)) }

// NewAPIToken makes an API token: 40 characters of [0-9A-Za-z] (contract §2).
func NewAPIToken() string { return string(appendRandom(nil, 40)) }

// NewUUID makes a random UUID (RFC 9562 §5.4).
func NewUUID() string {
	var raw [16]byte
	rand.Read(raw[:]) // never fails (crypto/rand)
	raw[6] = raw[6]&0x0f | 0x40
	raw[8] = raw[8]&0x3f | 0x80
	var b [36]byte
	hex.Encode(b[:8], raw[:4])
	hex.Encode(b[9:13], raw[4:6])
	hex.Encode(b[14:18], raw[6:8])
	hex.Encode(b[19:23], raw[8:10])
	hex.Encode(b[24:], raw[10:])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

// ValidID reports whether id has the prefix and the shape of an identifier.
func ValidID(p Prefix, id string) bool {
	rest, ok := strings.CutPrefix(id, string(p))
	if !ok || len(rest) != idLength {
		return false
	}
	for _, c := range []byte(rest) {
		if strings.IndexByte(alphabet, c) < 0 {
			return false
		}
	}
	return true
}

func appendTime(b []byte, at time.Time) []byte {
	ms := max(at.UnixMilli(), 0)
	var t [idTimeLength]byte
	for i := idTimeLength - 1; i >= 0; i-- {
		t[i] = alphabet[ms%62]
		ms /= 62
	}
	return append(b, t[:]...)
}

// appendRandom adds n characters of the alphabet, each equally likely: bytes of 248 and more, which would
// favour the first characters, are thrown away.
func appendRandom(b []byte, n int) []byte {
	var raw [64]byte
	for n > 0 {
		rand.Read(raw[:]) // never fails (crypto/rand)
		for _, r := range raw {
			if r >= 248 {
				continue
			}
			b = append(b, alphabet[r%62])
			if n--; n == 0 {
				break
			}
		}
	}
	return b
}
