package pipedtext

import (
	"strconv"
	"strings"
)

// Ref is what a token names. Two tokens that name the same thing have equal Refs, however they are encoded.
//
//	${q://QID1/ChoiceTextEntryValue/3}   q     QID1         ChoiceTextEntryValue/3
//	${e://Field/My%20Field}              e     My Field
//	${rm://Field/ResponseID}             rm    ResponseID
//	${m://Email}                         m     Email
//	${date://OtherDate/Y%2Fm/-1 day}     date  OtherDate    Y/m/-1 day
//	${rand://int/1:100}                  rand  int          1:100
//	${l://SurveyLink?d=Click}            l     SurveyLink   Click
//	~{ch://OCAC_x/$.ticket.id}           ch    OCAC_x       $.ticket.id
//	~{ch://OCAC_x/result}                ch    OCAC_x       result
//	~{aedj://emailAddress}               aedj  emailAddress
//	~{aedj://$.person.name}              aedj               $.person.name
//	~{cr://CR_x/token}                   cr    CR_x         token
type Ref struct {
	Scheme string
	Name   string // decoded
	Path   string // decoded; of a workflow token as it is written: it is a JSONPath exactly when it begins with "$"
	At     int    // of a random number where it stands in its text, in bytes, so that each token has its own; else 0
}

// String gives the token in its one canonical spelling, without a filter.
func (r Ref) String() string {
	f, ok := forms[r.Scheme]
	if !ok {
		return ""
	}
	return string(f.sign) + "{" + r.Scheme + "://" + f.write(r.Name, r.Path) + "}"
}

// tokenForm is how the tokens of one scheme are written.
type tokenForm struct {
	sign  byte // '$' for what a survey knows, '~' for what a workflow adds
	read  func(body string) (name, path string, ok bool)
	write func(name, path string) string
}

// forms are the schemes that are known (reference/qualtrics.md §1.5; cr is ours, contract §7).
var forms = map[string]tokenForm{
	"q":    {'$', readBoth, writeParts},  // question
	"gr":   {'$', readBoth, writeParts},  // scoring category
	"qo":   {'$', readBoth, writeParts},  // quota
	"lm":   {'$', readParts, writeParts}, // loop and merge
	"loc":  {'$', readParts, writeParts}, // place
	"se":   {'$', readParts, writeParts}, // survey
	"e":    {'$', readField, writeField}, // embedded data
	"rm":   {'$', readField, writeField}, // metadata of the response
	"m":    {'$', readName, writeName},   // contact
	"l":    {'$', readLink, writeLink},
	"date": {'$', readDate, writeDate},
	"rand": {'$', readRandom, writeParts},
	"ch":   {'~', readOutput, writeOutput}, // output of an earlier task
	"cr":   {'~', readOutput, writeOutput}, // part of a credential
	"aedj": {'~', readEvent, writeEvent},   // JSON event
}

// readParts reads NAME or NAME/PATH.
func readParts(body string) (name, path string, ok bool) {
	name, path, _ = strings.Cut(body, "/")
	return percentDecode(name), percentDecode(path), name != ""
}

// readBoth reads NAME/PATH.
func readBoth(body string) (name, path string, ok bool) {
	name, path, ok = readParts(body)
	return name, path, ok && path != ""
}

func writeParts(name, path string) string {
	if path == "" {
		return percentEncode(name, "/?")
	}
	return percentEncode(name, "/?") + "/" + percentEncode(path, "")
}

func readName(body string) (name, path string, ok bool) {
	return percentDecode(body), "", body != ""
}

func writeName(name, _ string) string { return percentEncode(name, "") }

func readField(body string) (name, path string, ok bool) {
	field, ok := strings.CutPrefix(body, "Field/")
	return percentDecode(field), "", ok && field != ""
}

func writeField(name, _ string) string { return "Field/" + percentEncode(name, "") }

// readLink reads the name of a link and the text to show for it.
func readLink(body string) (name, path string, ok bool) {
	name, shown, found := strings.Cut(body, "?")
	shown, isText := strings.CutPrefix(shown, "d=")
	return percentDecode(name), percentDecode(shown), name != "" && found == isText
}

func writeLink(name, shown string) string {
	if shown == "" {
		return percentEncode(name, "/?")
	}
	return percentEncode(name, "/?") + "?d=" + percentEncode(shown, "")
}

// readDate reads CurrentDate/FORMAT or OtherDate/FORMAT/OFFSET. Slashes in the format are encoded, but need not be.
func readDate(body string) (name, path string, ok bool) {
	name, path, ok = readBoth(body)
	switch name {
	case "CurrentDate", "CurrentTime", "OtherDate":
	default:
		ok = false
	}
	if tail := path[strings.LastIndexByte(path, '/')+1:]; tail != "" && strings.ContainsRune("+-", rune(tail[0])) {
		_, valid := parseOffset(tail)
		ok = ok && valid
	}
	return name, path, ok
}

func writeDate(name, path string) string {
	format, off := path, ""
	if slash := strings.LastIndexByte(path, '/'); slash >= 0 {
		if _, ok := parseOffset(path[slash+1:]); ok {
			format, off = path[:slash], path[slash:]
		}
	}
	return percentEncode(name, "/?") + "/" + percentEncode(format, "/") + percentEncode(off, "")
}

// readRandom reads int/LOWEST:HIGHEST.
func readRandom(body string) (name, path string, ok bool) {
	name, path, _ = strings.Cut(body, "/")
	_, _, ok = randomRange(path)
	return name, path, ok && name == "int"
}

// randomRange reads LOWEST:HIGHEST; both are possible results.
func randomRange(s string) (low, high int64, ok bool) {
	l, h, _ := strings.Cut(s, ":")
	low, err1 := strconv.ParseInt(l, 10, 64)
	high, err2 := strconv.ParseInt(h, 10, 64)
	return low, high, err1 == nil && err2 == nil && low <= high
}

// readOutput reads NAME/PATH without decoding: a JSONPath may hold a percent sign.
func readOutput(body string) (name, path string, ok bool) {
	name, path, _ = strings.Cut(body, "/")
	return name, path, name != "" && path != ""
}

func writeOutput(name, path string) string { return name + "/" + path }

// readEvent reads the name of an event's field, or a JSONPath into the event.
func readEvent(body string) (name, path string, ok bool) {
	if strings.HasPrefix(body, "$") {
		return "", body, true
	}
	return body, "", body != ""
}

func writeEvent(name, path string) string { return name + path }

// percentDecode decodes %XX and leaves a percent sign that begins no such triple.
func percentDecode(s string) string {
	at := strings.IndexByte(s, '%')
	if at < 0 {
		return s
	}
	b := append(make([]byte, 0, len(s)), s[:at]...)
	for i := at; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(c))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

// percentEncode encodes what a token cannot hold as it is, and the characters of also.
func percentEncode(s, also string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if isControl(c) || strings.IndexByte(`%{}|"`, c) >= 0 || strings.IndexByte(also, c) >= 0 {
			b.WriteByte('%')
			b.WriteByte(upperHex[c>>4])
			b.WriteByte(upperHex[c&15])
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

const upperHex = "0123456789ABCDEF"
