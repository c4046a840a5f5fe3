package qsf

import (
	"encoding/json"
	"slices"
	"strconv"

	"surveyflow/models"
)

// Block gives a block as it is written; false when there is none of that id.
func (s *Structure) Block(id string) (json.RawMessage, bool) {
	if i := s.index(id); i >= 0 {
		return s.Blocks[i], true
	}
	return nil, false
}

func (s *Structure) index(id string) int {
	return slices.IndexFunc(s.Blocks, func(b json.RawMessage) bool { return id != "" && blockOf(b).id == id })
}

// BlockIDs lists the ids of all blocks.
func (s *Structure) BlockIDs() []string {
	ids := make([]string, len(s.Blocks))
	for i := range s.Blocks {
		ids[i] = blockOf(s.Blocks[i]).id
	}
	return ids
}

// readBlock reads a block that a client sends, for the id that it gets. Its questions have to be there.
func readBlock(value json.RawMessage, id string, parts Parts) (json.RawMessage, error) {
	members, list, ok := mapOf(value)
	if !ok || list {
		return nil, models.Invalid(models.Field("", "qsf.error.map", "Name", "block"))
	}
	if _, _, ok := mapOf(members["BlockElements"]); !ok {
		return nil, models.Invalid(models.Field("BlockElements", "qsf.error.list", "Name", "BlockElements"))
	}
	delete(members, "revision")
	members["ID"] = raw(id)
	if _, given := members["BlockElements"]; !given {
		members["BlockElements"] = raw([]any{})
	}
	b := blockOf(raw(members))
	if b.kind == "" {
		b.members["Type"] = raw("Standard")
	}
	for i, e := range b.elements {
		question, _ := textOf(e["QuestionID"])
		if _, there := parts.Questions[question]; question != "" && !there {
			return nil, models.Invalid(models.Field("BlockElements["+strconv.Itoa(i)+"].QuestionID", "qsf.error.no_question", "Question", question))
		}
	}
	return raw(b.members), nil
}

// AddBlock adds a block at the end of the flow, with an id of its own, and gives that. It fails with models.CodeInvalid.
func (s *Structure) AddBlock(value json.RawMessage, parts Parts) (string, error) {
	id := models.NewID(models.PrefixBlock)
	b, err := readBlock(value, id, parts)
	if err != nil {
		return "", err
	}
	s.Blocks = append(slices.Clone(s.Blocks), b)
	if blockOf(b).kind != "Trash" {
		root, items := s.flowItems()
		root["Flow"] = raw(append(items, raw(Object{{"Type", "Standard"}, {"ID", id}, {"FlowID", "FL_" + strconv.Itoa(maxFlowID(s.Flow, 0)+1)}, {"Autofill", []any{}}})))
		s.Flow = raw(root)
	}
	return id, nil
}

func (s *Structure) flowItems() (root map[string]json.RawMessage, items []json.RawMessage) {
	root, _, _ = mapOf(s.Flow)
	if root == nil {
		root = map[string]json.RawMessage{"Type": raw("Root"), "FlowID": raw("FL_1")}
	}
	list, _, _ := mapOf(root["Flow"])
	for _, name := range sortedNames(list) {
		items = append(items, list[name])
	}
	return root, items
}

// maxFlowID gives the greatest number of an item of the flow.
func maxFlowID(value json.RawMessage, depth int) int {
	members, _, ok := mapOf(value)
	if !ok || depth > maxFlowDepth {
		return 0
	}
	id, _ := textOf(members["FlowID"])
	most := 0
	if len(id) > 3 {
		most, _ = strconv.Atoi(id[3:])
	}
	list, _, _ := mapOf(members["Flow"])
	for _, item := range list {
		most = max(most, maxFlowID(item, depth+1))
	}
	return min(most, 1_000_000)
}

// PutBlock replaces a block. It fails with models.CodeInvalid, and with models.CodeNotFound when there is none of that id.
func (s *Structure) PutBlock(id string, value json.RawMessage, parts Parts) error {
	i := s.index(id)
	if i < 0 {
		return models.NotFound("api.error.no_block")
	}
	b, err := readBlock(value, id, parts)
	if err != nil {
		return err
	}
	s.Blocks = slices.Clone(s.Blocks)
	s.Blocks[i] = b
	return nil
}

// RemoveBlock removes a block and moves its questions into the trash; false when there is none of that id.
func (s *Structure) RemoveBlock(id string) bool {
	i := s.index(id)
	if i < 0 {
		return false
	}
	gone := blockOf(s.Blocks[i])
	s.Blocks = slices.Delete(slices.Clone(s.Blocks), i, i+1)
	root, items := s.flowItems()
	list := map[string]json.RawMessage{}
	for n, item := range items {
		list[strconv.Itoa(n)] = item
	}
	names := map[string]bool{}
	for _, other := range s.BlockIDs() {
		names[other] = true
	}
	root["Flow"] = raw(keepItems(list, names, map[string]bool{}, false))
	s.Flow = raw(root)
	if gone.kind == "Trash" || len(gone.elements) == 0 {
		return true
	}
	trash := slices.IndexFunc(s.Blocks, func(b json.RawMessage) bool { return blockOf(b).kind == "Trash" })
	if trash < 0 {
		trash = len(s.Blocks)
		s.Blocks = append(s.Blocks, raw(Object{
			{"Type", "Trash"}, {"Description", "Trash / Unused Questions"}, {"ID", madeID(models.PrefixBlock, "trash of "+id)}, {"BlockElements", []any{}},
		}))
	}
	b := blockOf(s.Blocks[trash])
	for _, e := range gone.elements {
		if question, _ := textOf(e["QuestionID"]); question != "" {
			b.elements = append(b.elements, map[string]json.RawMessage{"Type": raw("Question"), "QuestionID": raw(question)})
		}
	}
	b.members["BlockElements"] = raw(b.elements)
	s.Blocks[trash] = raw(b.members)
	return true
}

// SetFlow replaces the flow. Its blocks have to be there. It fails with models.CodeInvalid.
func (s *Structure) SetFlow(value json.RawMessage) error {
	members, list, ok := mapOf(value)
	if !ok || list {
		return models.Invalid(models.Field("", "qsf.error.map", "Name", "SurveyFlow"))
	}
	items, _, ok := mapOf(members["Flow"])
	if !ok {
		return models.Invalid(models.Field("Flow", "qsf.error.list", "Name", "Flow"))
	}
	if fields := s.unknownBlocks(items, "Flow", 0); len(fields) > 0 {
		return models.Invalid(fields...)
	}
	delete(members, "revision")
	s.Flow = raw(members)
	return nil
}

func (s *Structure) unknownBlocks(items map[string]json.RawMessage, at string, depth int) []models.FieldError {
	var fields []models.FieldError
	for _, name := range sortedNames(items) {
		place := at + "[" + name + "]"
		item, _, ok := mapOf(items[name])
		if !ok || depth > maxFlowDepth {
			return append(fields, models.Field(place, "qsf.error.map", "Name", place))
		}
		kind, _ := textOf(item["Type"])
		id, _ := textOf(item["ID"])
		if (kind == "Block" || kind == "Standard") && s.index(id) < 0 {
			fields = append(fields, models.Field(place+".ID", "api.error.no_block"))
		}
		inner, _, ok := mapOf(item["Flow"])
		if !ok {
			return append(fields, models.Field(place+".Flow", "qsf.error.list", "Name", "Flow"))
		}
		fields = append(fields, s.unknownBlocks(inner, place+".Flow", depth+1)...)
	}
	return fields
}

// Restructure gives a definition another structure; questions that it names nowhere are kept apart.
func Restructure(def *models.SurveyDefinition, s Structure) {
	parts := PartsOf(def)
	order := AllQuestions(def)
	ids := make([]string, len(order))
	for i, q := range order {
		ids[i] = q.ID
	}
	SetStructure(def, s, parts)
	keepLoose(def, parts, ids)
}

// keepLoose keeps questions apart that no block names, and gives their ids.
func keepLoose(def *models.SurveyDefinition, parts Parts, order []string) []string {
	placed := map[string]bool{}
	for _, q := range AllQuestions(def) {
		placed[q.ID] = true
	}
	others := Others(def)
	var loose []string
	for _, id := range order {
		if q, there := parts.Questions[id]; there && !placed[id] {
			others, loose = append(others, Other{Question: q}), append(loose, id)
		}
	}
	SetOthers(def, others)
	return loose
}
