package webservice

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"surveyflow/internal/pipedtext"
	"surveyflow/models"
)

// body is a compiled body: either pairs or one text, in one format.
type body struct {
	contentType string
	format      models.BodyFormat
	text        pipedtext.Template // of free text
	pairs       []pair             // nil for free text
	raw         []byte             // sent as it is, when there is one
}

type pair struct {
	at        string // its path within the config
	key       string
	keyJSON   []byte // the key as JSON, with the colon
	value     pipedtext.Template
	dataType  models.DataType
	onFailure models.OnCastFailure
}

var contentTypes = map[models.BodyFormat]string{
	models.BodyJSON:       "application/json",
	models.BodyURLEncoded: "application/x-www-form-urlencoded",
	models.BodyXML:        "application/xml",
	models.BodyPlainText:  "text/plain; charset=utf-8",
}

func (k *compiler) body(w *webService, s *models.BodySpec) {
	contentType, ok := contentTypes[s.Format]
	if !ok {
		k.fail("body.format", "task.error.body_format", "Format", string(s.Format))
		return
	}
	b := &body{contentType: contentType, format: s.Format}
	w.body = b
	switch {
	case s.Mode == models.BodyFreeText:
		k.freeText(b, s.Text)
	case s.Mode != models.BodyKeyValue:
		k.fail("body.mode", "task.error.body_mode", "Mode", string(s.Mode))
	case s.Format == models.BodyPlainText:
		k.fail("body.mode", "task.error.plain_text_pairs")
	default:
		k.pairs(b, s.Pairs)
	}
}

func (k *compiler) freeText(b *body, text string) {
	parse, check := pipedtext.Parse, pipedtext.Check
	switch b.format {
	case models.BodyJSON:
		parse, check = pipedtext.ParseJSON, pipedtext.CheckJSON
	case models.BodyURLEncoded:
		parse = pipedtext.ParseForm
	case models.BodyXML:
		parse = pipedtext.ParseXML
	}
	if strings.TrimSpace(text) == "" {
		return // an empty body is sent as such
	}
	var err error
	b.text, err = parse(text)
	k.syntax("body.text", err, check(text))
}

func (k *compiler) pairs(b *body, specs []models.PairSpec) {
	if len(specs) > maxPairs {
		k.fail("body.pairs", "task.error.too_many_pairs", "Max", maxPairs)
		return
	}
	b.pairs = []pair{}
	seen := map[string]bool{}
	for i, s := range specs {
		at := fmt.Sprintf("body.pairs[%d]", i)
		if s.Key == "" && s.Value == "" {
			continue // a row that was left empty
		}
		switch {
		case s.Key == "":
			k.fail(at+".key", "task.error.key_empty")
		case seen[s.Key] && b.format == models.BodyJSON:
			k.fail(at+".key", "task.error.key_twice", "Key", s.Key)
		case b.format == models.BodyXML && !xmlName(s.Key):
			k.fail(at+".key", "task.error.key_xml", "Key", s.Key)
		}
		seen[s.Key] = true
		p := pair{at: at, key: s.Key, dataType: s.DataType, onFailure: s.OnCastFailure}
		if p.dataType == "" {
			p.dataType = models.DataSystemDefault
		}
		if p.onFailure == "" {
			p.onFailure = models.CastError
		}
		name, err := models.MarshalJSON(s.Key)
		if err == nil {
			p.keyJSON = append(name, ':')
		}
		p.value, err = pipedtext.Parse(s.Value)
		k.syntax(at+".value", err, pipedtext.Check(s.Value))
		if !knownType(p.dataType) {
			k.fail(at+".dataType", "task.error.data_type", "Type", string(p.dataType))
		}
		if p.onFailure != models.CastError && p.onFailure != models.CastSystemDefault {
			k.fail(at+".onCastFailure", "task.error.on_cast_failure", "Value", string(p.onFailure))
		}
		b.pairs = append(b.pairs, p)
	}
}

func knownType(t models.DataType) bool {
	for _, known := range models.DataTypes {
		if t == known {
			return true
		}
	}
	return false
}

// render gives the bytes to send. It fails with a *pipedtext.CastError.
func (b *body) render(src pipedtext.Source) ([]byte, error) {
	switch {
	case b.raw != nil:
		return b.raw, nil
	case b.pairs == nil:
		return b.text.Append(nil, src), nil
	}
	switch b.format {
	case models.BodyJSON:
		return b.renderJSON(src)
	case models.BodyXML:
		return b.renderXML(src)
	}
	return b.renderForm(src), nil
}

func (b *body) renderJSON(src pipedtext.Source) ([]byte, error) {
	out := make([]byte, 0, 512)
	out = append(out, '{')
	var err error
	for i, p := range b.pairs {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, p.keyJSON...)
		if out, err = pipedtext.AppendCast(out, p.value.Value(src), p.dataType, p.onFailure); err != nil {
			if e, ok := errors.AsType[*pipedtext.CastError](err); ok {
				e.Key = p.key
			}
			return nil, err
		}
	}
	return append(out, '}'), nil
}

// renderForm keeps the order of the pairs, which url.Values would not.
func (b *body) renderForm(src pipedtext.Source) []byte {
	var out strings.Builder
	for i, p := range b.pairs {
		if i > 0 {
			out.WriteByte('&')
		}
		out.WriteString(url.QueryEscape(p.key))
		out.WriteByte('=')
		out.WriteString(url.QueryEscape(p.value.Text(src)))
	}
	return []byte(out.String())
}

// renderXML makes the pairs child elements of <root> (contract §7).
func (b *body) renderXML(src pipedtext.Source) ([]byte, error) {
	var out strings.Builder
	out.WriteString("<root>")
	for _, p := range b.pairs {
		out.WriteString("<" + p.key + ">")
		if err := xml.EscapeText(&out, []byte(p.value.Text(src))); err != nil {
			return nil, fmt.Errorf("write XML: %w", err)
		}
		out.WriteString("</" + p.key + ">")
	}
	out.WriteString("</root>")
	return []byte(out.String()), nil
}

// xmlName reports whether a key can be an element's name: letters, digits, and after the first also - and dot.
func xmlName(s string) bool {
	for i, r := range s {
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r >= 0xC0
		if !letter && (i == 0 || r != '-' && r != '.' && (r < '0' || r > '9')) {
			return false
		}
	}
	return s != ""
}
