package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/curl"
	"surveyflow/internal/i18n"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/frame"
	"surveyflow/views/workflowpages"
)

// pasteCurl fills the form of a web service task from a curl command. A command that cannot be read leaves the task as
// it is.
func (h *workflows) pasteCurl(c echo.Context) error {
	f, err := readDraft(c)
	if err != nil {
		return err
	}
	e, err := h.open(c)
	if err != nil {
		return err
	}
	def := e.workflow.Draft.V
	i := taskIndex(def.Tasks, c.Param("taskID"))
	if i < 0 || def.Tasks[i].Type != models.TaskWebService {
		return models.NotFound("error.not_found")
	}
	edit := frame.EditTask + c.Param("taskID")
	request, err := curl.Parse(f.Get("curl"))
	if refused, ok := errors.AsType[*curl.Error](err); ok {
		p, err := h.props(c, e, edit)
		if err != nil {
			return err
		}
		p.Task.Curl = f.Get("curl")
		p.Task.CurlError = i18n.TMap(c.Request().Context(), refused.Key, refused.Args)
		return h.answer(c, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	typed, seconds := curlForm(request)
	def.Tasks = slices.Clone(def.Tasks)
	def.Tasks[i].Config = webServiceConfig(def.Tasks[i].Config, typed, seconds)
	if err := h.save(c, e, def, f.revision); err != nil {
		return h.conflict(c, e, f, edit, err, nil)
	}
	web.Flash(c, curlFlash(c.Request().Context(), request))
	return web.Redirect(c, frame.EditorPath(e.workflow.ID, edit))
}

// curlFlash says that the command was taken over, and what of it was not.
func curlFlash(ctx context.Context, r *curl.Request) components.Flash {
	f := components.Flash{Tone: components.ToneOK, Text: i18n.T(ctx, "curl.done")}
	if len(r.Left) > 0 {
		f.Tone = components.ToneWarn
		f.Text += " " + i18n.T(ctx, "curl.left", "Options", cutRunes(strings.Join(r.Left, ", "), 300))
	}
	for _, n := range r.Notes {
		f.Tone = components.ToneWarn
		if name, ok := n.Args["Name"].(string); ok {
			n.Args["Name"] = cutRunes(name, 100)
		}
		f.Text += " " + i18n.TMap(ctx, n.Key, n.Args)
	}
	return f
}

// curlForm turns a request into the form of a task: a flat JSON object and a form become keys and values, everything
// else a free text.
func curlForm(r *curl.Request) (workflowpages.WebServiceForm, int) {
	f := workflowpages.WebServiceForm{Method: r.Method, URL: r.URL, Mode: models.BodyFreeText}
	kind := ""
	for _, h := range r.Headers {
		if strings.EqualFold(h.Name, "Content-Type") {
			kind, _, _ = strings.Cut(h.Value, ";")
			kind = strings.ToLower(strings.TrimSpace(kind))
		}
	}
	if r.HasBody {
		f.Text = r.Body
		switch {
		case kind == "application/json":
			f.Format = models.BodyJSON
			if pairs := jsonPairs(r.Body); pairs != nil {
				f.Mode, f.Pairs, f.Text = models.BodyKeyValue, pairs, ""
			}
		case kind == "application/x-www-form-urlencoded":
			f.Format = models.BodyURLEncoded
			if pairs := formPairs(r.Body); pairs != nil {
				f.Mode, f.Pairs, f.Text = models.BodyKeyValue, pairs, ""
			}
		case kind == "application/xml" || kind == "text/xml":
			f.Format = models.BodyXML
		default:
			f.Format = models.BodyPlainText
		}
	}
	own := map[models.BodyFormat]string{models.BodyJSON: "application/json", models.BodyURLEncoded: "application/x-www-form-urlencoded"}[f.Format]
	for _, h := range r.Headers {
		if own != "" && strings.EqualFold(h.Name, "Content-Type") {
			continue // the format sends it
		}
		f.Headers = append(f.Headers, models.HeaderSpec{Key: h.Name, Value: h.Value})
	}
	seconds := 0
	if n, err := strconv.ParseFloat(r.Timeout, 64); err == nil && n > 0 {
		seconds = int(math.Ceil(min(n, 30)))
	}
	return f, seconds
}

// jsonPairs reads an object whose members are no objects or lists, in their order; nil for anything else.
func jsonPairs(text string) []models.PairSpec {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil
	}
	pairs := []models.PairSpec{}
	for d.More() {
		key, err := d.Token()
		name, ok := key.(string)
		if err != nil || !ok || name == "" || slices.ContainsFunc(pairs, func(p models.PairSpec) bool { return p.Key == name }) {
			return nil
		}
		value, err := d.Token()
		if err != nil {
			return nil
		}
		p := models.PairSpec{Key: name, DataType: models.DataString, OnCastFailure: models.CastError}
		switch v := value.(type) {
		case string:
			p.Value = v
		case json.Number:
			p.Value, p.DataType = v.String(), models.DataNumber
		case bool:
			p.Value, p.DataType = strconv.FormatBool(v), models.DataBoolean
		default: // null, an object, a list
			return nil
		}
		pairs = append(pairs, p)
	}
	if _, err := d.Token(); err != nil || d.More() || len(pairs) == 0 {
		return nil
	}
	return pairs
}

// formPairs reads a form in its order; nil when the text is none.
func formPairs(text string) []models.PairSpec {
	var pairs []models.PairSpec
	for part := range strings.SplitSeq(text, "&") {
		name, value, ok := strings.Cut(part, "=")
		key, err1 := url.QueryUnescape(name)
		plain, err2 := url.QueryUnescape(value)
		if !ok || key == "" || err1 != nil || err2 != nil || len(pairs) >= rowsLimit {
			return nil
		}
		pairs = append(pairs, models.PairSpec{Key: key, Value: plain, DataType: models.DataSystemDefault, OnCastFailure: models.CastError})
	}
	return pairs
}
