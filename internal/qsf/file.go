package qsf

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"surveyflow/internal/richtext"
	"surveyflow/models"
)

// Where a definition keeps what a file has beside questions, blocks, flow and options.
const (
	elementsKey   = "elements" // elements of the file that are given back as they came
	entryKey      = "entry"    // of the file's head
	quotasKey     = models.ExtraQuotas
	quotaGroupKey = "quotaGroups"
)

// MaxFile is how many bytes a file may have.
const MaxFile = 20 << 20

// File is what a QSF file says.
type File struct {
	Name       string // of the survey; may be empty
	Definition models.SurveyDefinition
	NextQID    int
	Report     models.ImportReport
}

// element is one element of a file.
type element struct {
	SurveyID           string          `json:"SurveyID"`
	Element            string          `json:"Element"`
	PrimaryAttribute   any             `json:"PrimaryAttribute"`
	SecondaryAttribute any             `json:"SecondaryAttribute"`
	TertiaryAttribute  any             `json:"TertiaryAttribute"`
	Payload            json.RawMessage `json:"Payload"`
}

// primary gives the first attribute as a text.
func (e *element) primary() string {
	text, _ := textOf(raw(e.PrimaryAttribute))
	return text
}

// fileReader reads a file.
type fileReader struct {
	File
	entry     map[string]json.RawMessage
	elements  []element
	structure Structure
	parts     Parts
	order     []string          // ids of the questions as they come
	renamed   map[string]string // ids that are none here
	tags      map[string]bool
	quotas    []json.RawMessage
	groups    []json.RawMessage
	kept      []element
}

// DecodeFile reads a QSF file (reference §6) and tells line by line what became of it. Whatever is a file of that kind can be
// read: parts that cannot be used are kept and named.
//
// It fails with models.CodeInvalid when it is no such file.
func DecodeFile(data []byte) (*File, error) {
	r := fileReader{parts: Parts{Questions: map[string]models.Question{}}, renamed: map[string]string{}, tags: map[string]bool{}}
	if err := r.open(data); err != nil {
		return nil, err
	}
	r.File.Definition = models.SurveyDefinition{Language: "en", Extra: models.RawFields{}}
	def := &r.File.Definition
	r.Name = strings.TrimSpace(r.textOfEntry("SurveyName"))
	if language := r.textOfEntry("SurveyLanguage"); language != "" && !readLanguage(def, language) {
		r.note(models.ImportAttention, "", "", "survey.import.line.language", "Value", language)
	}
	r.options()
	r.questions()
	r.pages()
	r.limits()
	r.translations()
	r.rest()
	return &r.File, nil
}

// translations takes over the languages of the survey, also those that only its questions name, and tells what is translated.
func (r *fileReader) translations() {
	def := &r.File.Definition
	for _, q := range def.Questions() {
		for _, tag := range slices.Sorted(maps.Keys(q.Translations)) {
			if !slices.Contains(def.AllLanguages(), tag) {
				def.Languages = append(def.Languages, tag)
			}
		}
	}
	applyOwnTexts(def, r.Name)
	for _, tag := range def.Languages {
		n := 0
		for _, t := range def.Texts(r.Name) {
			if t.Translation(tag).Text != "" {
				n++
			}
		}
		r.note(models.ImportTaken, "", "", "survey.import.line.translations", "Language", LanguageCode(tag), "Count", n)
	}
}

func (r *fileReader) note(kind models.ImportKind, item, name, key string, args ...any) {
	f := models.Field("", key, args...)
	r.Report.Lines = append(r.Report.Lines, models.ImportLine{Kind: kind, Item: item, Name: name, Key: key, Args: f.Args})
}

func (r *fileReader) textOfEntry(name string) string {
	text, _ := textOf(r.entry[name])
	return text
}

// open reads the frame of a file.
func (r *fileReader) open(data []byte) error {
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	if len(data) > MaxFile {
		return models.Invalid(models.Field("file", "survey.import.error.too_large", "MB", MaxFile>>20))
	}
	if len(data) == 0 {
		return models.Invalid(models.Field("file", "survey.import.error.empty"))
	}
	data = []byte(models.CleanText(string(data)))
	var file struct {
		SurveyEntry    json.RawMessage   `json:"SurveyEntry"`
		SurveyElements []json.RawMessage `json:"SurveyElements"`
	}
	err := json.Unmarshal(data, &file)
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		before := data[:min(int(e.Offset), len(data))]
		return models.Invalid(models.Field("file", "survey.import.error.syntax", "Line", bytes.Count(before, []byte("\n"))+1, "Column", len(before)-bytes.LastIndexByte(before, '\n')))
	}
	if err != nil || file.SurveyElements == nil {
		return models.Invalid(models.Field("file", "survey.import.error.no_qsf"))
	}
	r.entry, _, _ = mapOf(file.SurveyEntry)
	for i, text := range file.SurveyElements {
		var e element
		if json.Unmarshal(text, &e) != nil || e.Element == "" {
			r.note(models.ImportChanged, "", "", "survey.import.line.broken_element", "Number", i+1)
			continue
		}
		r.elements = append(r.elements, e)
	}
	if len(r.elements) == 0 {
		return models.Invalid(models.Field("file", "survey.import.error.no_qsf"))
	}
	return nil
}

// of gives the elements of one kind.
func (r *fileReader) of(kind string) []element {
	var all []element
	for _, e := range r.elements {
		if e.Element == kind {
			all = append(all, e)
		}
	}
	return all
}

func (r *fileReader) options() {
	def := &r.Definition
	for _, e := range r.of("SO") {
		if SetOptions(def, e.Payload) != nil {
			r.note(models.ImportChanged, "", "", "survey.import.line.broken_element", "Number", "SO")
		}
	}
	def.End.Message = r.clean("", "", def.End.Message)
	def.Description = r.clean("", "", def.Description)
	if names := UnusedOptions(def); len(names) > 0 {
		r.note(models.ImportKept, "", "", "survey.import.line.options", "Parts", strings.Join(names, ", "))
	}
	for _, name := range []string{"SurveyStartDate", "SurveyExpirationDate"} {
		if date := r.textOfEntry(name); date != "" && !strings.HasPrefix(date, "0000") {
			r.note(models.ImportChanged, "", "", "survey.import.line.date", "Name", name, "Date", date)
		}
	}
}

var questionID = regexp.MustCompile(`^QID[1-9][0-9]{0,8}$`)

// questions reads all questions, wherever they belong.
func (r *fileReader) questions() {
	all := r.of("SQ")
	for i := range all {
		members, _, _ := mapOf(all[i].Payload)
		id, _ := textOf(members["QuestionID"])
		if id == "" {
			id = all[i].primary()
		}
		if n, err := strconv.Atoi(strings.TrimPrefix(id, "QID")); err == nil && questionID.MatchString(id) {
			r.NextQID = max(r.NextQID, n+1)
		}
	}
	r.NextQID = max(r.NextQID, 1)
	for i := range all {
		r.question(&all[i])
	}
}

func (r *fileReader) question(e *element) {
	members, _, ok := mapOf(e.Payload)
	if !ok || len(members) == 0 {
		r.note(models.ImportChanged, e.primary(), "", "survey.import.line.empty_question")
		return
	}
	q, err := DecodeQuestion(e.Payload)
	broken, _ := errors.AsType[*models.Error](err)
	if err != nil {
		q = models.Question{Extra: models.RawFields(members)}
		q.Text, _ = textOf(members["QuestionText"])
		q.Tag, _ = textOf(members["DataExportTag"])
		q.ID, _ = textOf(members["QuestionID"])
	}
	if q.ID == "" {
		q.ID = e.primary()
	}
	name := cutText(Plain(q.Text))
	if _, twice := r.parts.Questions[q.ID]; twice || !questionID.MatchString(q.ID) {
		id := models.QuestionID(r.NextQID)
		r.NextQID++
		if !twice {
			r.renamed[q.ID] = id
		}
		r.note(models.ImportChanged, q.ID, name, "survey.import.line.question_id", "Old", q.ID, "New", id)
		q.ID = id
	}
	r.tell(&q, name, broken)
	r.tag(&q, name)
	if q.Type != "" {
		r.cleanQuestion(&q, name)
	}
	r.parts.Questions[q.ID] = q
	r.order = append(r.order, q.ID)
}

// tell says whether a question is asked, and which parts of it are not used yet.
func (r *fileReader) tell(q *models.Question, name string, broken *models.Error) {
	switch {
	case broken != nil:
		where := ""
		if len(broken.Fields) > 0 {
			where = broken.Fields[0].Field
		}
		r.note(models.ImportKept, q.ID, name, "survey.import.line.question_broken", "Where", where)
	case q.Type == "":
		r.note(models.ImportKept, q.ID, name, "survey.import.line.question_kept", "Type", strings.TrimPrefix(Unused(q)[0], "QuestionType "))
	default:
		r.note(models.ImportTaken, q.ID, name, "survey.import.line.question", "Type", string(q.Type))
		parts := slices.DeleteFunc(Unused(q), func(part string) bool { return part == displayLogic }) // told by themselves
		if len(parts) > 0 {
			r.note(models.ImportKept, q.ID, name, "survey.import.line.parts", "Parts", strings.Join(parts, ", "))
		}
	}
}

// tag makes a short name one that can be had here.
func (r *fileReader) tag(q *models.Question, name string) {
	was := q.Tag
	q.Tag = strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c) || strings.ContainsRune("_-.", c) {
			return c
		}
		return '_'
	}, strings.TrimSpace(q.Tag))
	if utf8.RuneCountInString(q.Tag) > 100 {
		q.Tag = string([]rune(q.Tag)[:100])
	}
	for n, base := 2, q.ExportTag(); r.tags[strings.ToLower(q.ExportTag())]; n++ {
		q.Tag = base + "_" + strconv.Itoa(n)
	}
	r.tags[strings.ToLower(q.ExportTag())] = true
	if q.Tag != was {
		r.note(models.ImportChanged, q.ID, name, "survey.import.line.tag", "Old", was, "New", q.ExportTag())
	}
}

// cleanQuestion keeps of all texts the formatting that texts may have here.
func (r *fileReader) cleanQuestion(q *models.Question, name string) {
	var lost []string
	clean := func(text *string) {
		var left []string
		*text, left = cleaned(*text)
		for _, l := range left {
			if !slices.Contains(lost, l) {
				lost = append(lost, l)
			}
		}
	}
	clean(&q.Text)
	clean(&q.Help)
	clean(&q.Scale.Low)
	clean(&q.Scale.High)
	for i := range q.Choices {
		clean(&q.Choices[i].Text)
	}
	for i := range q.Rows {
		clean(&q.Rows[i].Text)
	}
	for _, texts := range q.Translations {
		for part, is := range texts {
			clean(&is.Text)
			texts[part] = is
		}
	}
	if len(lost) > 0 {
		r.note(models.ImportChanged, q.ID, name, "survey.import.line.formatting", "Parts", strings.Join(lost, ", "))
	}
}

func (r *fileReader) clean(item, name, text string) string {
	out, lost := cleaned(text)
	if len(lost) > 0 {
		r.note(models.ImportChanged, item, name, "survey.import.line.formatting", "Parts", strings.Join(lost, ", "))
	}
	return out
}

// sameTags are elements that become others, and those whose place others take.
var sameTags = []string{"b", "i", "div", "span", "font", "strike", "big", "small", "center", "h1", "h2", "h3", "h4", "h5", "h6", "html", "body", "head", "p", "br", "tbody"}

// cleaned gives a text in the form that is stored, and names the elements and attributes that it lost.
func cleaned(text string) (string, []string) {
	clean := richtext.Clean(text)
	if clean == text || !strings.Contains(text, "<") {
		return clean, nil
	}
	was, is := markupOf(text), markupOf(clean)
	var lost []string
	for _, name := range was {
		if !slices.Contains(is, name) && !slices.Contains(sameTags, name) && !slices.Contains(lost, name) {
			lost = append(lost, name)
		}
	}
	slices.Sort(lost)
	return clean, lost[:min(len(lost), 12)]
}

// markupOf lists the elements and attributes that stand in a text.
func markupOf(text string) []string {
	var names []string
	z := html.NewTokenizer(strings.NewReader(text))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return names
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		t := z.Token()
		names = append(names, cutText(t.Data))
		for _, a := range t.Attr {
			names = append(names, cutText(a.Key))
		}
	}
}

// pages reads blocks and flow, and then the logic of the questions in them.
func (r *fileReader) pages() {
	for _, e := range r.of("BL") {
		list, _, _ := mapOf(e.Payload)
		for _, name := range sortedNames(list) {
			r.block(list[name])
		}
	}
	for _, e := range r.of("FL") {
		r.structure.Flow = e.Payload
	}
	r.rename()
	def := &r.Definition
	if len(r.structure.Blocks) == 0 {
		r.structure.Blocks = []json.RawMessage{raw(r.oneBlock())}
		r.note(models.ImportChanged, "", "", "survey.import.line.no_blocks")
	}
	notes := SetStructure(def, r.structure, r.parts)
	r.leftOver()
	r.apart()
	for _, q := range def.Questions() {
		r.logic(def, q)
	}
	r.Report.Lines = append(r.Report.Lines, notes...)
}

// block takes a block over; one whose id is none here gets another.
func (r *fileReader) block(value json.RawMessage) {
	members, _, ok := mapOf(value)
	if !ok || len(members) == 0 {
		return
	}
	id, _ := textOf(members["ID"])
	title, _ := textOf(members["Description"])
	if !models.ValidID(models.PrefixBlock, id) {
		made := madeID(models.PrefixBlock, "block "+id+" "+strconv.Itoa(len(r.structure.Blocks)))
		r.note(models.ImportChanged, id, title, "survey.import.line.block_id", "Old", id, "New", made)
		r.renamed[id] = made
		members["ID"] = raw(made)
		value = raw(members)
	}
	r.structure.Blocks = append(r.structure.Blocks, value)
}

// oneBlock makes a block of all questions, for a file that has none.
func (r *fileReader) oneBlock() Object {
	list := []Object{}
	for _, id := range r.order {
		list = append(list, Object{{"Type", "Question"}, {"QuestionID", id}})
	}
	return Object{{"Type", "Default"}, {"ID", madeID(models.PrefixBlock, r.Name)}, {"BlockElements", list}}
}

// rename puts new ids in the place of those that blocks and flow name.
func (r *fileReader) rename() {
	if len(r.renamed) == 0 {
		return
	}
	for i, value := range r.structure.Blocks {
		b := blockOf(value)
		for _, e := range b.elements {
			if id, _ := textOf(e["QuestionID"]); r.renamed[id] != "" {
				e["QuestionID"] = raw(r.renamed[id])
			}
		}
		b.members["BlockElements"] = raw(b.elements)
		r.structure.Blocks[i] = raw(b.members)
	}
	r.structure.Flow = r.renameFlow(r.structure.Flow, 0)
}

func (r *fileReader) renameFlow(value json.RawMessage, depth int) json.RawMessage {
	members, _, ok := mapOf(value)
	if !ok || members == nil || depth > maxFlowDepth {
		return value
	}
	if id, _ := textOf(members["ID"]); r.renamed[id] != "" {
		members["ID"] = raw(r.renamed[id])
	}
	if list, _, ok := mapOf(members["Flow"]); ok && list != nil {
		items := make([]json.RawMessage, 0, len(list))
		for _, name := range sortedNames(list) {
			items = append(items, r.renameFlow(list[name], depth+1))
		}
		members["Flow"] = raw(items)
	}
	return raw(members)
}

// apart tells of the questions that nobody is asked, because they stand in the trash or in no block of the flow.
func (r *fileReader) apart() {
	def := &r.Definition
	for _, o := range Others(def) {
		if def.Block(o.Block) != nil || o.Question.Type == "" {
			continue
		}
		for i := range r.Report.Lines {
			if l := &r.Report.Lines[i]; l.Item == o.Question.ID && l.Key == "survey.import.line.question" {
				l.Kind, l.Key = models.ImportKept, "survey.import.line.question_apart"
			}
		}
	}
}

// leftOver keeps questions that no block names.
func (r *fileReader) leftOver() {
	for _, id := range keepLoose(&r.Definition, r.parts, r.order) {
		q := r.parts.Questions[id]
		r.note(models.ImportKept, id, cutText(Plain(q.Text)), "survey.import.line.question_loose")
	}
}

func (r *fileReader) logic(def *models.SurveyDefinition, q *models.Question) {
	if blank(q.Extra[displayLogic]) && q.Display == nil {
		delete(q.Extra, displayLogic)
		return
	}
	ApplyLogic(q, def)
	name := cutText(Plain(q.Text))
	if q.Display != nil {
		r.note(models.ImportTaken, q.ID, name, "survey.import.line.logic")
	} else if _, kept := q.Extra[displayLogic]; kept {
		r.note(models.ImportKept, q.ID, name, "survey.import.line.logic_kept")
	}
}

// rest keeps everything else that a file has.
func (r *fileReader) rest() {
	def := &r.Definition
	var codes []string
	for _, e := range r.elements {
		switch e.Element {
		case "SQ", "BL", "FL", "SO":
		case "QO", "QG": // see limits
		case "SCO":
			if !blank(e.Payload) && e.Payload != nil {
				r.note(models.ImportKept, "", "", "survey.import.line.scoring")
			}
			r.kept = append(r.kept, e)
		case "QC": // counted again
		default:
			r.kept = append(r.kept, e)
			if !slices.Contains(codes, e.Element) {
				codes = append(codes, e.Element)
			}
		}
	}
	r.noteLimits()
	if len(r.kept) > 0 {
		def.Extra[elementsKey] = raw(r.kept)
	}
	if len(codes) > 0 {
		r.note(models.ImportKept, "", "", "survey.import.line.elements", "Parts", strings.Join(codes, ", "))
	}
	if len(r.entry) > 0 {
		def.Extra[entryKey] = raw(models.RawFields(r.entry))
	}
}

// manyOf gives the objects of a payload that is one, or a list of them.
func manyOf(payload json.RawMessage) []json.RawMessage {
	members, list, ok := mapOf(payload)
	switch {
	case !ok || len(members) == 0:
		return nil
	case !list:
		return []json.RawMessage{payload}
	}
	var all []json.RawMessage
	for _, name := range sortedNames(members) {
		all = append(all, members[name])
	}
	return all
}

// MemberText gives a member of a JSON object as a text; empty when it has none.
func MemberText(object json.RawMessage, name string) string {
	members, _, _ := mapOf(object)
	text, _ := textOf(members[name])
	return text
}

// MemberNumber gives a member of a JSON object as a whole number, which may be written as a text; 0 when it is none.
func MemberNumber(object json.RawMessage, name string) int {
	n, err := strconv.Atoi(MemberText(object, name))
	if err != nil {
		return 0
	}
	return n
}

// WithMember gives a JSON object with a member set, and without what says of which draft a write was made.
func WithMember(object json.RawMessage, name string, value any) json.RawMessage {
	members, _, _ := mapOf(object)
	out := models.RawFields{}
	for member, v := range members {
		out[member] = v
	}
	delete(out, "revision")
	out[name] = raw(value)
	return raw(out)
}
