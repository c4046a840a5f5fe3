// Package static holds what browsers load beside pages: stylesheets, scripts and images. Every file is embedded and has
// a URL that contains a hash of its content, so that browsers keep it for ever and a new version is a new address.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed css/app.css css/respond.css js/*.js img/*
var files embed.FS

// Prefix starts the path of every file.
const Prefix = "/static/"

// hashLength is how many hexadecimal digits of a file's SHA-256 its URL carries.
const hashLength = 12

// types are the content types of the kinds of file we have; the machine's own table (mime.types) must not decide.
var types = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".png":   "image/png",
	".ico":   "image/x-icon",
	".woff2": "font/woff2",
}

// file is one embedded file, ready to be sent.
type file struct {
	url         string // with hash
	hash        string
	contentType string
	body        []byte
	gzipped     []byte // nil when compression saves nothing
}

// all reads, hashes and compresses every file once, on first use.
var all = sync.OnceValue(func() map[string]*file {
	out := map[string]*file{}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		out[name] = newFile(name, body)
		return nil
	})
	if err != nil {
		panic("static: the embedded files cannot be read: " + err.Error())
	}
	return out
})

// newFile prepares one file.
func newFile(name string, body []byte) *file {
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])[:hashLength]
	ext := path.Ext(name)
	return &file{
		url:         Prefix + strings.TrimSuffix(name, ext) + "." + hash + ext,
		hash:        hash,
		contentType: types[ext],
		body:        body,
		gzipped:     compress(body),
	}
}

// compress returns body in gzip, or nil when that is not smaller.
func compress(body []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := w.Write(body); err != nil || w.Close() != nil || out.Len() >= len(body) {
		return nil
	}
	return out.Bytes()
}

// URL returns the address of a file with the hash of its content: URL("css/app.css") is
// "/static/css/app.0123456789ab.css". It panics when there is no such file: names are literals in our own templates.
func URL(name string) string {
	f, ok := all()[name]
	if !ok {
		panic("static: there is no file " + name)
	}
	return f.url
}

// find returns the file at a path below Prefix. exact tells whether the path carries the hash of what is here now; a
// path without hash or with an older one gets today's file.
func find(p string) (f *file, exact bool) {
	if f, ok := all()[p]; ok {
		return f, false
	}
	ext := path.Ext(p)
	stem := strings.TrimSuffix(p, ext)
	dot := strings.LastIndexByte(stem, '.')
	if dot < 0 || len(stem)-dot-1 != hashLength {
		return nil, false
	}
	f, ok := all()[stem[:dot]+ext]
	if !ok {
		return nil, false
	}
	return f, stem[dot+1:] == f.hash
}

// Handler serves the files under Prefix. An address with the present hash may be kept for a year without asking;
// others are asked for again each time, and answered 304 when nothing changed.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, exact := find(strings.TrimPrefix(r.URL.Path, Prefix))
		if f == nil {
			http.NotFound(w, r)
			return
		}
		serve(w, r, f, exact)
	})
}

// serve answers with one file.
func serve(w http.ResponseWriter, r *http.Request, f *file, exact bool) {
	header := w.Header()
	header.Set("Cache-Control", "no-cache")
	if exact {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	tag, body := `"`+f.hash+`"`, f.body
	header.Add("Vary", "Accept-Encoding")
	header.Set("X-Content-Type-Options", "nosniff")
	if f.gzipped != nil && acceptsGzip(r.Header.Get("Accept-Encoding")) {
		tag, body = `"`+f.hash+`-gzip"`, f.gzipped
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("ETag", tag)
	if match := r.Header.Get("If-None-Match"); match == "*" || strings.Contains(match, tag) {
		header.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", f.contentType)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	// A browser that went away is no fault worth telling.
	_, _ = w.Write(body)
}

// acceptsGzip reads an Accept-Encoding header (RFC 9110 §12.5.3); gzip with weight zero is a refusal.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		value, found := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
		q, err := strconv.ParseFloat(value, 64)
		return !found || err != nil || q > 0
	}
	return false
}
