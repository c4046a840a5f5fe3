package qsf

import (
	"crypto/sha256"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"surveyflow/models"
)

// Members of a definition's and a block's Extra that hold the structure of a survey as it came.
const (
	structureKey = "structure"
	partOfKey    = "surveyflow.partOf" // of a page: the id of the block in which it follows a page break
)

// Structure is how a survey is put together in Qualtrics' JSON: blocks, which hold questions and page breaks, and the flow,
// which says when each block comes.
type Structure struct {
	Blocks []json.RawMessage `json:"Blocks"`
	Flow   json.RawMessage   `json:"SurveyFlow"`
}

// Parts are the questions that a structure can name.
type Parts struct {
	Questions map[string]models.Question // by id, those of unknown types too
}

// PartsOf gathers the questions of a definition.
func PartsOf(def *models.SurveyDefinition) Parts {
	p := Parts{Questions: map[string]models.Question{}}
	for _, q := range AllQuestions(def) {
		p.Questions[q.ID] = *q
	}
	return p
}

// asked finds a question that can be asked.
func (p Parts) asked(id string) *models.Question {
	q, ok := p.Questions[id]
	if !ok || q.Type == "" {
		return nil
	}
	return &q
}

// SetStructure gives a definition the pages, logic and fields that a structure says, and tells what became of each part.
// The structure is kept: while the pages are those that were read of it, it is given back as it came.
func SetStructure(def *models.SurveyDefinition, s Structure, parts Parts) []models.ImportLine {
	r := readStructure(s, parts)
	for i := range r.pages {
		if old := def.Block(r.pages[i].ID); old != nil {
			r.pages[i].Translations = old.Translations
		}
	}
	def.Blocks, def.EmbeddedData = r.pages, r.fields
	SetOthers(def, r.others)
	if def.Extra == nil {
		def.Extra = models.RawFields{}
	}
	if len(r.missing) > 0 { // nobody could say again what they are
		s.Blocks = slices.Clone(s.Blocks)
		for i := range s.Blocks {
			s.Blocks[i] = withoutMissing(s.Blocks[i], parts)
		}
	}
	def.Extra[structureKey] = raw(s)
	return r.notes
}

// withoutMissing gives a block without the questions that nobody has.
func withoutMissing(value json.RawMessage, parts Parts) json.RawMessage {
	b := blockOf(value)
	n := len(b.elements)
	b.elements = slices.DeleteFunc(b.elements, func(e map[string]json.RawMessage) bool {
		id, _ := textOf(e["QuestionID"])
		_, there := parts.Questions[id]
		kind, _ := textOf(e["Type"])
		return kind == "Question" && !there
	})
	if len(b.elements) == n {
		return value
	}
	b.members["BlockElements"] = raw(b.elements)
	return raw(b.members)
}

// StructureOf gives the structure of a definition: the one that it came with while its pages are still those, else the same
// with the pages as they are now, else one that is made of the pages.
func StructureOf(def *models.SurveyDefinition) Structure {
	made := makeStructure(def)
	var came Structure
	if json.Unmarshal(orElse(def.Extra, structureKey, "{}"), &came) != nil || len(came.Blocks) == 0 {
		return made
	}
	parts := PartsOf(def)
	read := readStructure(came, parts)
	if len(read.missing) == 0 && read.says(def) {
		return came
	}
	patched := patchStructure(came, made, def, read, parts)
	if again := readStructure(patched, parts); again.says(def) {
		return patched
	}
	made.Blocks = append(made.Blocks, apart(came, read, parts)...)
	made.Flow = withKept(made.Flow, came.Flow)
	return made
}

// withKept gives a flow with those items of another one that are not used yet, each behind the block that it followed.
func withKept(made, came json.RawMessage) json.RawMessage {
	root, _, _ := mapOf(came)
	kept := map[string][]json.RawMessage{}
	last := ""
	keptItems(root["Flow"], &last, nil, kept, 0)
	flow, _, _ := mapOf(made)
	list, _, _ := mapOf(flow["Flow"])
	items := kept[""]
	for _, name := range sortedNames(list) {
		items = append(items, list[name])
		item, _, _ := mapOf(list[name])
		inner, _, _ := mapOf(item["Flow"])
		for _, m := range append([]map[string]json.RawMessage{item}, objects(inner)...) {
			if id, _ := textOf(m["ID"]); kept[id] != nil && id != "" {
				items = append(items, kept[id]...)
				delete(kept, id)
			}
		}
	}
	delete(kept, "")
	for _, id := range sortedNames(kept) {
		items = append(items, kept[id]...)
	}
	flow["Flow"] = raw(items)
	return raw(flow)
}

func objects(list map[string]json.RawMessage) []map[string]json.RawMessage {
	var all []map[string]json.RawMessage
	for _, name := range sortedNames(list) {
		m, _, _ := mapOf(list[name])
		all = append(all, m)
	}
	return all
}

// keptItems gathers the items of a flow that are not used yet by the block before them, each in the branches that it is in.
func keptItems(value json.RawMessage, last *string, branches []map[string]json.RawMessage, kept map[string][]json.RawMessage, depth int) {
	list, _, _ := mapOf(value)
	for _, name := range sortedNames(list) {
		item, _, ok := mapOf(list[name])
		if !ok || item == nil || depth > maxFlowDepth {
			continue
		}
		kind, _ := textOf(item["Type"])
		switch kind {
		case "Block", "Standard":
			*last, _ = textOf(item["ID"])
		case "EmbeddedData", "EndSurvey":
		case "Branch":
			keptItems(item["Flow"], last, append(slices.Clone(branches), item), kept, depth+1)
		case "Group", "BlockRandomizer":
			keptItems(item["Flow"], last, branches, kept, depth+1)
		default:
			delete(item, "Flow")
			for i := len(branches) - 1; i >= 0; i-- {
				outer := map[string]json.RawMessage{}
				for member, v := range branches[i] {
					outer[member] = v
				}
				outer["Flow"] = raw([]any{item})
				item = outer
			}
			kept[*last] = append(kept[*last], raw(item))
		}
	}
}

// UnusedStructure names the parts of a definition's structure that are kept but not used yet.
func UnusedStructure(def *models.SurveyDefinition) []string {
	if _, came := def.Extra[structureKey]; !came {
		return nil
	}
	var names []string
	for _, l := range readStructure(StructureOf(def), PartsOf(def)).notes {
		if l.Kind == models.ImportKept {
			if what, _ := l.Args["What"].(string); what != "" {
				names = append(names, strings.TrimPrefix(l.Item+"."+what, "."))
			}
		}
	}
	return names
}

// LastPage gives the last page of the block that begins with a page, where what is added to the block belongs.
func LastPage(def *models.SurveyDefinition, head *models.Block) *models.Block {
	last := head
	for i := range def.Blocks {
		if partOf(&def.Blocks[i]) == head.ID {
			last = &def.Blocks[i]
		}
	}
	return last
}

// AddTo puts a question at the end of a block; false when there is no such block.
func (s *Structure) AddTo(blockID, questionID string) bool {
	for i := range s.Blocks {
		b := blockOf(s.Blocks[i])
		if b.id == blockID {
			b.members["BlockElements"] = raw(append(b.elements, map[string]json.RawMessage{"Type": raw("Question"), "QuestionID": raw(questionID)}))
			s.Blocks = slices.Clone(s.Blocks)
			s.Blocks[i] = raw(b.members)
			return true
		}
	}
	return false
}

// FlowIDOf gives the id of the item of the flow that leads to a block; empty when none does.
func (s *Structure) FlowIDOf(blockID string) string { return flowIDOf(s.Flow, blockID, 0) }

func flowIDOf(value json.RawMessage, blockID string, depth int) string {
	members, _, ok := mapOf(value)
	if !ok || depth > maxFlowDepth {
		return ""
	}
	if id, _ := textOf(members["ID"]); id == blockID {
		at, _ := textOf(members["FlowID"])
		return at
	}
	list, _, _ := mapOf(members["Flow"])
	for _, name := range sortedNames(list) {
		if at := flowIDOf(list[name], blockID, depth+1); at != "" {
			return at
		}
	}
	return ""
}

// apart gives the blocks that no flow leads to, such as the trash, with the questions that are still there.
func apart(s Structure, read *reading, parts Parts) []json.RawMessage {
	var out []json.RawMessage
	for _, b := range s.Blocks {
		if !read.placed[blockOf(b).id] {
			out = append(out, withoutMissing(b, parts))
		}
	}
	return out
}

// patchStructure gives a structure with the blocks and fields as they are now, and the flow as it was around them.
func patchStructure(came, made Structure, def *models.SurveyDefinition, read *reading, parts Parts) Structure {
	blocks := slices.Clone(made.Blocks)
	for _, b := range came.Blocks { // as they came, with their skip logic
		id := blockOf(b).id
		at := func(m json.RawMessage) bool { return blockOf(m).id == id }
		if !slices.ContainsFunc(blocks, at) || !read.samePages(id, def) {
			continue
		}
		blocks = slices.DeleteFunc(blocks, func(m json.RawMessage) bool {
			other := blockOf(m).id
			return other != id && slices.ContainsFunc(read.pages, func(p models.Block) bool { return p.ID == other && partOf(&p) == id })
		})
		blocks[slices.IndexFunc(blocks, at)] = b
	}
	names := map[string]bool{}
	for _, b := range blocks {
		names[blockOf(b).id] = true
	}
	flow, _, _ := mapOf(came.Flow)
	list, _, _ := mapOf(flow["Flow"])
	seen := map[string]bool{}
	sameFields := slices.Equal(read.fields, def.EmbeddedData)
	items := keepItems(list, names, seen, !sameFields)
	if !sameFields && len(def.EmbeddedData) > 0 {
		items = slices.Insert(items, 0, raw(fieldsItem(def, "FL_1000")))
	}
	for i, b := range blocks {
		if id := blockOf(b).id; !seen[id] {
			items = append(items, raw(Object{{"Type", "Standard"}, {"ID", id}, {"FlowID", "FL_" + strconv.Itoa(2000+i)}, {"Autofill", []any{}}}))
		}
	}
	out := models.RawFields{}
	for name, value := range flow {
		out[name] = value
	}
	out["Flow"] = raw(items)
	return Structure{Blocks: append(blocks, apart(came, read, parts)...), Flow: raw(out)}
}

func partOf(b *models.Block) string {
	id, _ := textOf(b.Extra[partOfKey])
	return id
}

// samePages reports whether the pages that were read of a block are those of the definition still.
func (r *reading) samePages(id string, def *models.SurveyDefinition) bool {
	var read, now []string
	note := func(to *[]string, pages []models.Block) {
		for i := range pages {
			if p := &pages[i]; p.ID == id || partOf(p) == id {
				*to = append(*to, p.ID, p.Title)
				for k := range p.Questions {
					*to = append(*to, p.Questions[k].ID)
				}
			}
		}
	}
	note(&read, r.pages)
	note(&now, def.Blocks)
	return slices.Equal(read, now)
}

// keepItems gives the items of a flow whose blocks are still there.
func keepItems(list map[string]json.RawMessage, blocks, seen map[string]bool, dropFields bool) []json.RawMessage {
	items := []json.RawMessage{}
	for _, name := range sortedNames(list) {
		item, _, ok := mapOf(list[name])
		kind, _ := textOf(item["Type"])
		id, _ := textOf(item["ID"])
		switch {
		case !ok || kind == "EmbeddedData" && dropFields:
			continue
		case kind == "Block" || kind == "Standard":
			if !blocks[id] {
				continue
			}
			seen[id] = true
		case item["Flow"] != nil:
			inner, _, _ := mapOf(item["Flow"])
			item["Flow"] = raw(keepItems(inner, blocks, seen, dropFields))
		}
		items = append(items, raw(item))
	}
	return items
}

// block is a block while it is read.
type block struct {
	id, kind, title string
	members         map[string]json.RawMessage
	elements        []map[string]json.RawMessage
	own             ownBlock
}

// ownBlock is what our own member of a block holds.
type ownBlock struct {
	Title   string            `json:"title,omitempty"` // shown to respondents, which a block's description is not
	Display *models.Condition `json:"display,omitempty"`
}

func blockOf(value json.RawMessage) block {
	b := block{}
	b.members, _, _ = mapOf(value)
	if b.members == nil {
		b.members = map[string]json.RawMessage{}
	}
	b.id, _ = textOf(b.members["ID"])
	b.kind, _ = textOf(b.members["Type"])
	b.title, _ = textOf(b.members["Description"])
	list, _, _ := mapOf(b.members["BlockElements"])
	for _, name := range sortedNames(list) {
		if e, _, ok := mapOf(list[name]); ok && e != nil {
			b.elements = append(b.elements, e)
		}
	}
	if own := b.members[ownMember]; len(own) > 0 && json.Unmarshal(own, &b.own) != nil {
		b.own = ownBlock{}
	}
	if b.own.Title != "" && b.title != "" { // who changes the name of a page that has a title means that
		b.own.Title = b.title
	}
	return b
}

// reading is what a structure says.
type reading struct {
	parts   Parts
	blocks  map[string]block
	pages   []models.Block
	others  []Other
	fields  []models.EmbeddedField
	notes   []models.ImportLine
	placed  map[string]bool // blocks that the flow leads to
	asked   map[string]bool // questions that are on a page, or kept in their place
	missing []string        // questions that blocks name and nobody has
	beyond  []models.Condition
	ended   bool
}

// says reports whether the reading is what the definition is.
func (r *reading) says(def *models.SurveyDefinition) bool {
	if !slices.Equal(r.fields, def.EmbeddedData) || len(r.pages) != len(def.Blocks) {
		return false
	}
	for i := range r.pages {
		a, b := &r.pages[i], &def.Blocks[i]
		if a.ID != b.ID || a.Title != b.Title || !reflect.DeepEqual(a.Display, b.Display) || len(a.Questions) != len(b.Questions) {
			return false
		}
		for k := range a.Questions {
			if a.Questions[k].ID != b.Questions[k].ID {
				return false
			}
		}
	}
	others := Others(def)
	return len(others) == len(r.others) && !slices.ContainsFunc(r.others, func(o Other) bool {
		return !slices.ContainsFunc(others, func(b Other) bool {
			return b.Question.ID == o.Question.ID && b.Block == o.Block && b.After == o.After
		})
	})
}

func (r *reading) note(kind models.ImportKind, item, name, key string, args ...any) {
	f := models.Field("", key, args...)
	r.notes = append(r.notes, models.ImportLine{Kind: kind, Item: item, Name: name, Key: key, Args: f.Args})
}

func readStructure(s Structure, parts Parts) *reading {
	r := &reading{parts: parts, blocks: map[string]block{}, placed: map[string]bool{}, asked: map[string]bool{}}
	var order []string
	for _, value := range s.Blocks {
		b := blockOf(value)
		if _, twice := r.blocks[b.id]; !twice {
			r.blocks[b.id], order = b, append(order, b.id)
		}
	}
	flow, _, _ := mapOf(s.Flow)
	if list, _, _ := mapOf(flow["Flow"]); len(list) > 0 {
		r.items(list, nil, 0)
	} else {
		for _, id := range order {
			if r.blocks[id].kind != "Trash" {
				r.block(id, nil)
			}
		}
	}
	for _, id := range order {
		if !r.placed[id] {
			r.aside(r.blocks[id])
		}
	}
	return r
}

// aside keeps the questions of a block that no flow leads to.
func (r *reading) aside(b block) {
	if b.kind == "Trash" {
		r.note(models.ImportKept, b.id, b.title, "survey.import.line.trash", "Count", len(b.elements), "What", "")
	} else {
		r.note(models.ImportKept, b.id, b.title, "survey.import.line.not_in_flow", "Count", len(b.elements), "What", "")
	}
	for _, e := range b.elements {
		id, _ := textOf(e["QuestionID"])
		if id == "" {
			continue
		}
		q, there := r.parts.Questions[id]
		if !there {
			r.missing = append(r.missing, id)
			continue
		}
		if !r.asked[id] {
			r.asked[id] = true
			r.others = append(r.others, Other{Block: b.id, Question: q})
		}
	}
}

// maxFlowDepth is how deep branches and groups may be nested.
const maxFlowDepth = 50

// items reads the items of a flow, all of which come only where the conditions hold.
func (r *reading) items(list map[string]json.RawMessage, when []models.Condition, depth int) {
	for _, name := range sortedNames(list) {
		item, _, ok := mapOf(list[name])
		if ok && item != nil && depth < maxFlowDepth {
			r.item(item, when, depth)
		}
	}
}

func (r *reading) item(item map[string]json.RawMessage, when []models.Condition, depth int) {
	kind, _ := textOf(item["Type"])
	at, _ := textOf(item["FlowID"])
	title, _ := textOf(item["Description"])
	inner, _, _ := mapOf(item["Flow"])
	switch kind {
	case "Block", "Standard":
		id, _ := textOf(item["ID"])
		r.block(id, when)
	case "EmbeddedData":
		r.embedded(item, at, len(when) > 0)
	case "Group":
		r.items(inner, when, depth+1)
	case "Branch":
		c, ok := readLogic(item["BranchLogic"], r.parts.asked)
		if !ok {
			r.note(models.ImportKept, at, title, "survey.import.line.branch", "What", "Branch")
		} else if c != nil {
			when = append(slices.Clone(when), *c)
		}
		r.items(inner, when, depth+1)
	case "EndSurvey":
		r.end(item, at, when)
	default:
		if inner == nil {
			r.note(models.ImportKept, at, title, "survey.import.line.flow", "What", kind)
		} else {
			r.note(models.ImportKept, at, title, "survey.import.line.flow_with", "What", kind)
		}
		r.items(inner, when, depth+1)
	}
}

// end reads an end of the survey before its last page: what comes afterwards is shown to those alone who did not get there.
func (r *reading) end(item map[string]json.RawMessage, at string, when []models.Condition) {
	ending, _ := textOf(item["EndingType"])
	if !slices.Contains([]string{"", "Default", "DefaultMessage"}, ending) || !blank(item["Options"]) && ending == "" {
		r.note(models.ImportKept, at, "", "survey.import.line.ending", "What", "EndSurvey")
	}
	if len(when) == 0 {
		r.ended = true
		return
	}
	c, ok := negate(*both(when...))
	if !ok {
		r.note(models.ImportKept, at, "", "survey.import.line.end", "What", "EndSurvey")
		return
	}
	r.beyond = append(r.beyond, c)
}

// embedded reads fields. Those of a branch are declared, but their values would be set for some respondents alone.
func (r *reading) embedded(item map[string]json.RawMessage, at string, branch bool) {
	list, _, _ := mapOf(item["EmbeddedData"])
	for _, name := range sortedNames(list) {
		m, _, _ := mapOf(list[name])
		f := models.EmbeddedField{}
		f.Name, _ = textOf(m["Field"])
		if f.Name == "" {
			f.Name, _ = textOf(m["Description"])
		}
		f.Name = strings.TrimSpace(f.Name)
		kind, _ := textOf(m["Type"])
		f.FromLink = kind == "Recipient"
		value, _ := textOf(m["Value"])
		dynamic := strings.Contains(value, "${") || strings.Contains(value, "$e{")
		switch {
		case f.Name == "":
			r.note(models.ImportKept, at, "", "survey.import.line.field_unnamed", "What", "EmbeddedData")
			continue
		case value != "" && (branch || dynamic):
			r.note(models.ImportKept, at, f.Name, "survey.import.line.field_value", "Field", f.Name, "Value", cutText(value), "What", "EmbeddedData "+f.Name)
		default:
			f.Default = value
		}
		i := slices.IndexFunc(r.fields, func(other models.EmbeddedField) bool { return strings.EqualFold(other.Name, f.Name) })
		switch {
		case i < 0:
			r.fields = append(r.fields, f)
		case f.Default != "" && f.Default != r.fields[i].Default:
			r.note(models.ImportKept, at, f.Name, "survey.import.line.field_value", "Field", f.Name, "Value", cutText(value), "What", "EmbeddedData "+f.Name)
		}
	}
}

// cutText shortens a text for a report.
func cutText(text string) string {
	if all := []rune(text); len(all) > maxDescription {
		return string(all[:maxDescription-1]) + "…"
	}
	return text
}

// block reads a block as pages: one more behind every page break.
func (r *reading) block(id string, when []models.Condition) {
	b, there := r.blocks[id]
	switch {
	case !there:
		r.note(models.ImportChanged, id, "", "survey.import.line.no_block", "What", "")
		return
	case r.placed[id]:
		r.note(models.ImportKept, id, b.title, "survey.import.line.block_twice", "What", "Block")
		return
	case r.ended:
		return // its questions are kept aside
	}
	r.placed[id] = true
	if b.own.Display != nil {
		when = append(slices.Clone(when), *b.own.Display)
	}
	w := pager{reading: r, block: b, when: when, extra: extraOf(b)}
	w.notes()
	w.read()
}

// extraOf gives the members of a block that are kept beside it.
func extraOf(b block) models.RawFields {
	extra := models.RawFields{}
	for name, value := range b.members {
		if !slices.Contains([]string{"Type", "SubType", "Description", "ID", "BlockElements", ownMember}, name) {
			extra[name] = value
		}
	}
	if b.title != "" && b.own.Title == "" && !defaultName.MatchString(b.title) {
		extra["Description"] = raw(b.title)
	}
	if len(extra) == 0 {
		return nil
	}
	return extra
}

// pager makes the pages of one block.
type pager struct {
	*reading
	block  block
	when   []models.Condition
	skips  []skip
	extra  models.RawFields
	page   *models.Block
	after  string // the last question that can be asked
	filled bool   // something stands on the page
	count  int
}

// skip hides pages of the block until a question of it, or its end.
type skip struct {
	unless models.Condition
	until  string
}

// notes tells of the block's options that are not used yet.
func (p *pager) notes() {
	options, _, _ := mapOf(p.block.members["Options"])
	for _, name := range []string{"Looping", "RandomizeQuestions", "RandomizeChoices", "PresentAll"} {
		if value, given := options[name]; given && !blank(value) {
			p.note(models.ImportKept, p.block.id, p.block.title, "survey.import.line.block_option", "Option", name, "What", name)
		}
	}
}

func (p *pager) read() {
	targets := map[string]bool{} // questions before which a page has to begin
	for _, e := range p.block.elements {
		for _, s := range skipsOf(e) {
			targets[s.to] = true
		}
	}
	p.begin()
	for _, e := range p.block.elements {
		kind, _ := textOf(e["Type"])
		switch kind {
		case "Page Break":
			p.breakPage()
		case "Question":
			id, _ := textOf(e["QuestionID"])
			if targets[id] {
				p.skips = slices.DeleteFunc(p.skips, func(s skip) bool { return s.until == id })
				p.breakPage()
				p.begin()
			}
			p.question(id)
			p.skipsFrom(e, id)
		default:
			p.note(models.ImportKept, p.block.id, p.block.title, "survey.import.line.element", "Element", kind, "What", kind)
		}
	}
	if p.count > 1 && !p.filled {
		p.pages = p.pages[:len(p.pages)-1] // a page break at the end of the block
	}
}

// begin starts a page, unless the one that is there is still empty; that one gets the conditions of now.
func (p *pager) begin() {
	if p.page == nil || p.filled {
		b := models.Block{ID: pageID(p.block.id, p.count), Questions: []models.Question{}}
		if p.count == 0 {
			b.Title, b.Extra = p.block.own.Title, p.extra
		} else {
			b.Extra = models.RawFields{partOfKey: raw(p.block.id)}
		}
		p.pages = append(p.pages, b)
		p.count++
		p.page, p.after, p.filled = &p.pages[len(p.pages)-1], "", false
	}
	parts := append(slices.Clone(p.when), p.beyond...)
	for _, s := range p.skips {
		parts = append(parts, s.unless)
	}
	p.page.Display = both(parts...)
	if c := p.page.Display; c != nil && (count(c) > maxLogicParts || depth(c) > maxLogicDepth) {
		p.page.Display = both(p.when...)
		p.note(models.ImportKept, p.block.id, p.block.title, "survey.import.line.too_much_logic", "What", "SkipLogic")
	}
}

func (p *pager) breakPage() {
	if p.filled {
		p.begin()
	}
}

func (p *pager) question(id string) {
	q, there := p.parts.Questions[id]
	switch {
	case !there:
		p.missing = append(p.missing, id)
		p.note(models.ImportChanged, id, "", "survey.import.line.no_question", "Block", p.block.title, "What", "")
		return
	case p.asked[id]:
		p.note(models.ImportKept, id, Plain(q.Text), "survey.import.line.question_twice", "What", "")
		return
	}
	p.asked[id], p.filled = true, true
	if q.Type == "" {
		p.others = append(p.others, Other{Block: p.page.ID, After: p.after, Question: q})
		return
	}
	p.page.Questions, p.after = append(p.page.Questions, q), id
}

// skipRule is one rule of a question's skip logic.
type skipRule struct {
	at, operator, to string
	members          map[string]json.RawMessage
}

func skipsOf(element map[string]json.RawMessage) []skipRule {
	list, _, _ := mapOf(element["SkipLogic"])
	var rules []skipRule
	for _, name := range sortedNames(list) {
		m, _, _ := mapOf(list[name])
		s := skipRule{members: m}
		s.at, _ = textOf(m["ChoiceLocator"])
		s.operator, _ = textOf(m["Condition"])
		s.to, _ = textOf(m["SkipToDestination"])
		rules = append(rules, s)
	}
	return rules
}

// skipsFrom reads the skip logic of a question: the pages that are skipped are shown unless it holds. It ends the page, as
// skip logic does.
func (p *pager) skipsFrom(element map[string]json.RawMessage, id string) {
	rules := skipsOf(element)
	for _, s := range rules {
		title := Plain(p.parts.Questions[id].Text)
		expression := models.RawFields{"LogicType": raw("Question"), "LeftOperand": raw(s.at), "Operator": raw(s.operator)}
		if right, given := s.members["RightOperand"]; given {
			expression["RightOperand"] = right
		}
		c, ok := readExpression(expression, p.parts.asked)
		unless := models.Condition{}
		if ok {
			unless, ok = negate(c)
		}
		switch {
		case !ok || s.to != "ENDOFSURVEY" && s.to != "ENDOFBLOCK" && !p.later(id, s.to):
			p.note(models.ImportKept, id, title, "survey.import.line.skip_kept", "To", s.to, "What", "SkipLogic")
			continue
		case s.to == "ENDOFSURVEY":
			p.beyond = append(p.beyond, unless)
		default:
			p.skips = append(p.skips, skip{unless, s.to})
		}
		switch s.to {
		case "ENDOFSURVEY":
			p.note(models.ImportChanged, id, title, "survey.import.line.skip_survey")
		case "ENDOFBLOCK":
			p.note(models.ImportChanged, id, title, "survey.import.line.skip_block")
		default:
			p.note(models.ImportChanged, id, title, "survey.import.line.skip", "To", s.to)
		}
	}
	if len(rules) > 0 {
		p.begin()
	}
}

// later reports whether a question comes behind another one in the block.
func (p *pager) later(id, other string) bool {
	behind := false
	for _, e := range p.block.elements {
		q, _ := textOf(e["QuestionID"])
		if q == other && behind {
			return true
		}
		behind = behind || q == id && id != ""
	}
	return false
}

const idLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// pageID gives the id of the n-th page of a block: that of the block for the first, and for the others one that is the same
// whenever the block is read.
func pageID(blockID string, n int) string {
	if n == 0 {
		return blockID
	}
	return madeID(models.PrefixBlock, blockID+" page "+strconv.Itoa(n))
}

// madeID makes an id of a text.
func madeID(prefix models.Prefix, text string) string {
	sum := sha256.Sum256([]byte(text))
	id := make([]byte, 15)
	for i := range id {
		id[i] = idLetters[int(sum[i])%len(idLetters)]
	}
	return string(prefix) + string(id)
}

// makeStructure makes a structure of the pages of a definition.
func makeStructure(def *models.SurveyDefinition) Structure {
	flow := []Object{}
	next := 2 // FL_1 is the root
	id := func() string {
		next++
		return "FL_" + strconv.Itoa(next-1)
	}
	if len(def.EmbeddedData) > 0 {
		flow = append(flow, fieldsItem(def, id()))
	}
	s := Structure{Blocks: []json.RawMessage{}}
	for i := 0; i < len(def.Blocks); {
		n := 1
		for i+n < len(def.Blocks) && follows(&def.Blocks[i], &def.Blocks[i+n], n) {
			n++
		}
		logic, noted := any(nil), (*models.Condition)(nil)
		if c := def.Blocks[i].Display; c != nil {
			logic, noted = logicOf(c, nil, def.Question)
		}
		kind := "Standard"
		if i == 0 {
			kind = "Block"
		}
		branch := ""
		if logic != nil {
			branch = id()
		}
		item := Object{{"Type", kind}, {"ID", def.Blocks[i].ID}, {"FlowID", id()}, {"Autofill", []any{}}}
		if logic != nil {
			item = Object{{"Type", "Branch"}, {"FlowID", branch}, {"Description", "New Branch"}, {"BranchLogic", logic}, {"Flow", []Object{item}}}
		}
		flow = append(flow, item)
		s.Blocks = append(s.Blocks, raw(encodeBlock(def, i, n, noted)))
		i += n
	}
	s.Flow = raw(Object{
		{"Type", "Root"},
		{"FlowID", "FL_1"},
		{"Flow", flow},
		{"Properties", Object{{"Count", next - 1}, {"RemovedFieldsets", []any{}}}},
	})
	return s
}

// follows reports whether a page is the n-th of the block that begins with another one.
func follows(head, b *models.Block, n int) bool {
	return partOf(b) == head.ID && b.ID == pageID(head.ID, n) && b.Title == "" && reflect.DeepEqual(head.Display, b.Display)
}

// fieldsItem writes the fields of a definition as an item of the flow.
func fieldsItem(def *models.SurveyDefinition, id string) Object {
	fields := make([]Object, len(def.EmbeddedData))
	for i, f := range def.EmbeddedData {
		fields[i] = encodeField(f)
	}
	return Object{{"Type", "EmbeddedData"}, {"FlowID", id}, {"EmbeddedData", fields}}
}

// encodeBlock writes n pages from the one of that index as one block.
func encodeBlock(def *models.SurveyDefinition, index, n int, display *models.Condition) Object {
	b := &def.Blocks[index]
	kind := "Standard"
	if index == 0 {
		kind = "Default"
	}
	list, others := []Object{}, Others(def)
	for i := index; i < index+n; i++ {
		if i > index {
			list = append(list, Object{{"Type", "Page Break"}})
		}
		for _, id := range elements(&def.Blocks[i], others) {
			list = append(list, Object{{"Type", "Question"}, {"QuestionID", id}})
		}
	}
	o := Object{
		{"Type", kind},
		{"SubType", ""},
		{"Description", blockName(b, index)},
		{"ID", b.ID},
		{"BlockElements", list},
		{"Options", orElse(b.Extra, "Options", `{"BlockLocking":"false","RandomizeQuestions":"false","BlockVisibility":"Collapsed"}`)},
	}
	if own := (ownBlock{Title: b.Title, Display: display}); own != (ownBlock{}) {
		o.add(ownMember, own)
	}
	o.addExtra(b.Extra, partOfKey, "Description")
	return o
}

// blocksObject gives blocks by their ids.
func blocksObject(blocks []json.RawMessage) Object {
	o := Object{}
	for _, b := range blocks {
		o.add(blockOf(b).id, b)
	}
	return o
}
