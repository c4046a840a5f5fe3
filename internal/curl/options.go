package curl

// actions are the options that change the request.
var actions = map[string]func(*reader, string){
	"--request":        func(r *reader, v string) { r.method = v },
	"--url":            (*reader).address,
	"--header":         (*reader).header,
	"--data":           (*reader).add,
	"--data-ascii":     (*reader).add,
	"--data-binary":    (*reader).add,
	"--data-raw":       func(r *reader, v string) { r.data = append(r.data, v) },
	"--data-urlencode": (*reader).addEncoded,
	"--json":           func(r *reader, v string) { r.json = true; r.add(v) },
	"--get":            func(r *reader, _ string) { r.get = true },
	"--head":           func(r *reader, _ string) { r.head = true },
	"--user":           (*reader).user,
	"--oauth2-bearer":  func(r *reader, v string) { r.set("Authorization", "Bearer "+v) },
	"--cookie":         (*reader).cookie,
	"--user-agent":     func(r *reader, v string) { r.set("User-Agent", v) },
	"--referer":        func(r *reader, v string) { r.set("Referer", v) },
	"--range":          func(r *reader, v string) { r.set("Range", "bytes="+v) },
	"--max-time":       func(r *reader, v string) { r.out.Timeout = v },
	"--url-query": func(r *reader, v string) {
		text, file := encodeData(v)
		if file != "" {
			r.out.note("file", "Name", file)
			return
		}
		r.query = append(r.query, text)
	},
	"--next": func(r *reader, _ string) { r.ended = true; r.out.note("more_urls") },
}

// harmless are options about what curl shows and keeps: leaving them out changes nothing and is not worth a word.
var harmless = set(
	"--silent", "--show-error", "--verbose", "--include", "--fail", "--fail-with-body", "--no-buffer", "--compressed", "--globoff", "--output",
	"--remote-name", "--write-out", "--progress-bar", "--no-progress-meter", "--dump-header", "--disable", "--basic", "--styled-output", "--no-styled-output",
	"--http1.1", "--http2", "--http3", "--tlsv1.2", "--tlsv1.3", "--no-keepalive", "--stderr", "--trace", "--trace-ascii", "--create-dirs", "--path-as-is",
)

// takes are the options that take a value (curl 8); all others are switches.
var takes = set(
	"--request", "--url", "--header", "--data", "--data-ascii", "--data-binary", "--data-raw", "--data-urlencode", "--json", "--user", "--oauth2-bearer",
	"--cookie", "--user-agent", "--referer", "--range", "--max-time", "--url-query", "--form", "--form-string", "--upload-file", "--output", "--write-out",
	"--dump-header", "--stderr", "--trace", "--trace-ascii", "--abstract-unix-socket", "--alt-svc", "--aws-sigv4", "--cacert", "--capath", "--cert",
	"--cert-type", "--ciphers", "--config", "--connect-timeout", "--connect-to", "--continue-at", "--cookie-jar", "--crlfile", "--curves", "--delegation",
	"--dns-interface", "--dns-ipv4-addr", "--dns-ipv6-addr", "--dns-servers", "--doh-url", "--egd-file", "--engine", "--etag-compare", "--etag-save",
	"--expect100-timeout", "--happy-eyeballs-timeout-ms", "--haproxy-clientip", "--hsts", "--interface", "--ipfs-gateway", "--keepalive-time", "--key",
	"--key-type", "--limit-rate", "--local-port", "--login-options", "--max-filesize", "--max-redirs", "--netrc-file", "--noproxy", "--output-dir",
	"--parallel-max", "--pass", "--pinnedpubkey", "--preproxy", "--proto", "--proto-default", "--proto-redir", "--proxy", "--proxy-cacert", "--proxy-cert",
	"--proxy-header", "--proxy-key", "--proxy-pass", "--proxy-user", "--proxy1.0", "--random-file", "--rate", "--request-target", "--resolve", "--retry",
	"--retry-delay", "--retry-max-time", "--service-name", "--socks4", "--socks4a", "--socks5", "--socks5-hostname", "--speed-limit", "--speed-time",
	"--time-cond", "--tls-max", "--tls13-ciphers", "--trace-config", "--unix-socket", "--variable",
)

// shortOptions are the long names of the short options.
var shortOptions = map[rune]string{
	'X': "--request", 'H': "--header", 'd': "--data", 'u': "--user", 'F': "--form", 'G': "--get", 'I': "--head", 'b': "--cookie", 'A': "--user-agent",
	'e': "--referer", 'r': "--range", 'm': "--max-time", 'T': "--upload-file", 's': "--silent", 'S': "--show-error", 'v': "--verbose", 'i': "--include",
	'f': "--fail", 'N': "--no-buffer", 'g': "--globoff", 'o': "--output", 'O': "--remote-name", 'w': "--write-out", '#': "--progress-bar",
	'D': "--dump-header", 'q': "--disable", 'L': "--location", 'k': "--insecure", 'x': "--proxy", 'U': "--proxy-user", 'E': "--cert", 'c': "--cookie-jar",
	'K': "--config", 'C': "--continue-at", 'Y': "--speed-limit", 'y': "--speed-time", 'z': "--time-cond", 'P': "--ftp-port", 'Q': "--quote",
	't': "--telnet-option", 'n': "--netrc", 'p': "--proxytunnel", 'Z': "--parallel", 'J': "--remote-header-name", 'a': "--append", 'B': "--use-ascii",
	'j': "--junk-session-cookies", 'l': "--list-only", 'M': "--manual", 'R': "--remote-time", 'V': "--version", '0': "--http1.0", '1': "--tlsv1",
	'2': "--sslv2", '3': "--sslv3", '4': "--ipv4", '6': "--ipv6", ':': "--next",
}

func set(names ...string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, n := range names {
		out[n] = true
	}
	return out
}
