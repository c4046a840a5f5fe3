package qsf

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"surveyflow/models"
)

// Keys of logic in questions and blocks: what was understood is kept to be given back as it came while the condition is
// still the one that was read of it.
const (
	displayLogic  = "DisplayLogic"
	knownLogic    = "surveyflow.logic"
	inPageLogic   = "InPageDisplayLogic"
	maxLogicParts = 150 // comparisons of one condition; workflow.CompileCondition takes 200
	maxLogicDepth = 6
)

// lookup finds a question by its id; nil when there is none that can be asked.
type lookup func(id string) *models.Question

// operators are the names of comparisons in Qualtrics' logic.
var operators = map[string]models.Operator{
	"Selected": models.OpSelected, "NotSelected": models.OpNotSelected, "EqualTo": models.OpEqualTo, "NotEqualTo": models.OpNotEqualTo,
	"GreaterThan": models.OpGreaterThan, "GreaterThanOrEqual": models.OpGreaterThanOrEqual, "LessThan": models.OpLessThan,
	"LessThanOrEqual": models.OpLessThanOrEqual, "Empty": models.OpEmpty, "NotEmpty": models.OpNotEmpty, "Contains": models.OpContains,
	"DoesNotContain": models.OpDoesNotContain, "MatchesRegex": models.OpMatchesRegex,
}

// synonyms are further names, which are read and never written.
var synonyms = map[string]models.Operator{"Is": models.OpEqualTo, "IsNot": models.OpNotEqualTo}

// readLogic reads display or branch logic as a condition; nil for logic that asks nothing. It is false when a part of it
// cannot be asked here: half a condition would show questions to the wrong people.
//
// Between comparisons, and between sets of them, "and" binds closer than "or".
func readLogic(value json.RawMessage, find lookup) (*models.Condition, bool) {
	if blank(value) {
		return nil, true
	}
	members, _, ok := mapOf(value)
	if kind, _ := textOf(members["Type"]); !ok || kind != "BooleanExpression" {
		return nil, false
	}
	var terms []term
	for _, name := range sortedNames(members) {
		if !isNumber(name) {
			continue
		}
		set, or, ok := readSet(members[name], find)
		if !ok {
			return nil, false
		}
		if set != nil {
			terms = append(terms, term{*set, or})
		}
	}
	c := joinTerms(terms)
	if c == nil || count(c) > maxLogicParts {
		return nil, false
	}
	return c, true
}

// term is one part of an expression, and whether it is joined to the one before by "or".
type term struct {
	models.Condition
	or bool
}

// readSet reads one set of comparisons, and whether it is joined to the one before it by "or".
func readSet(value json.RawMessage, find lookup) (set *models.Condition, or, ok bool) {
	members, _, ok := mapOf(value)
	if !ok {
		return nil, false, false
	}
	kind, _ := textOf(members["Type"])
	if !slices.Contains([]string{"If", "AndIf", "OrIf", "ElseIf"}, kind) {
		return nil, false, false
	}
	var terms []term
	for _, name := range sortedNames(members) {
		if !isNumber(name) {
			continue
		}
		expression, _, ok := mapOf(members[name])
		if !ok {
			return nil, false, false
		}
		leaf, ok := readExpression(expression, find)
		if !ok {
			return nil, false, false
		}
		joined, _ := textOf(expression["Conjuction"]) //nolint:misspell // so it is spelt
		if joined == "" {                             // and right in some files
			joined, _ = textOf(expression["Conjunction"])
		}
		terms = append(terms, term{leaf, strings.EqualFold(joined, "Or")})
	}
	return joinTerms(terms), kind == "OrIf" || kind == "ElseIf", true
}

// joinTerms makes one condition of several parts; nil of none.
func joinTerms(terms []term) *models.Condition {
	var any []models.Condition
	var all []models.Condition
	for i, t := range terms {
		if t.or && i > 0 {
			any, all = append(any, group(all, false)), nil
		}
		all = append(all, t.Condition)
	}
	switch {
	case len(all) == 0:
		return nil
	case len(any) == 0:
		c := group(all, false)
		return &c
	}
	c := group(append(any, group(all, false)), true)
	return &c
}

// group joins conditions; one alone stays as it is.
func group(parts []models.Condition, any bool) models.Condition {
	switch {
	case len(parts) == 1:
		return parts[0]
	case any:
		return models.Condition{Any: parts}
	}
	return models.Condition{All: parts}
}

func isNumber(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}

// count gives the number of comparisons of a condition.
func count(c *models.Condition) int {
	n := 0
	for _, parts := range [][]models.Condition{c.All, c.Any} {
		for i := range parts {
			n += count(&parts[i])
		}
	}
	return max(n, 1)
}

// plainName are names that stand in piped text as they are.
var plainName = regexp.MustCompile(`^[^\s{}/|?#%~$][^{}/|?#%~$]*$`)

// readExpression reads one comparison.
func readExpression(members map[string]json.RawMessage, find lookup) (models.Condition, bool) {
	text := func(name string) string {
		s, _ := textOf(members[name])
		return strings.TrimSpace(s)
	}
	operator, known := operators[text("Operator")]
	if !known {
		if operator, known = synonyms[text("Operator")]; !known {
			return models.Condition{}, false
		}
	}
	left := text("LeftOperand")
	c := models.Condition{Operator: operator, Right: text("RightOperand")}
	if operator.Unary() {
		c.Right = ""
	}
	switch text("LogicType") {
	case "Question":
		if left == "" {
			left = text("ChoiceLocator")
		}
		return readLocator(left, c, find)
	case "EmbeddedField":
		return ofField("e://Field/", strings.TrimPrefix(left, "e://Field/"), c)
	case "PanelData":
		return ofField("m://", strings.TrimPrefix(left, "m://"), c)
	}
	return models.Condition{}, false
}

func ofField(scheme, name string, c models.Condition) (models.Condition, bool) {
	c.Left = "${" + scheme + name + "}"
	return c, plainName.MatchString(name) && c.Operator != models.OpSelected && c.Operator != models.OpNotSelected
}

var locator = regexp.MustCompile(`^q://(QID[0-9]+)/(SelectableChoice|SelectedChoicesCount|ChoiceTextEntryValue|ChoiceNumericEntryValue)(?:/([0-9]+))?$`)

// readLocator reads a comparison about a question.
func readLocator(left string, c models.Condition, find lookup) (models.Condition, bool) {
	m := locator.FindStringSubmatch(left)
	if m == nil || find(m[1]) == nil {
		return c, false
	}
	q, part := find(m[1]), m[3]
	selecting := c.Operator == models.OpSelected || c.Operator == models.OpNotSelected
	if (m[2] == "SelectableChoice") != selecting {
		return c, false
	}
	if selecting {
		c.Left = "${q://" + q.ID + "/SelectedChoicesRecode}"
		id, err := strconv.Atoi(part)
		if err != nil {
			return c, false
		}
		var ok bool
		c.Right, ok = choiceName(q, id)
		return c, ok
	}
	c.Left = "${q://" + q.ID + "/" + m[2]
	if part != "" {
		c.Left += "/" + part
	}
	c.Left += "}"
	return c, true
}

// choiceName gives the name by which a condition asks for one choice and no other: its recode value or its id.
func choiceName(q *models.Question, id int) (string, bool) {
	if q.Type.HasRows() { // which row is meant is not said
		return "", false
	}
	if q.Type == models.QuestionNPS || q.Type == models.QuestionRating {
		points := maxScore
		if q.Type == models.QuestionRating {
			points = q.Scale.RatingPoints()
		}
		return strconv.Itoa(id), id <= points
	}
	c := q.Choice(id)
	if c == nil {
		return "", false
	}
	for _, name := range []string{c.RecodeValue(), strconv.Itoa(id)} {
		if found, ok := choiceNamed(q, name); ok && found == id && strings.TrimSpace(name) == name {
			return name, true
		}
	}
	return "", false
}

// choiceNamed finds the one choice of that name; false when none or several have it.
func choiceNamed(q *models.Question, name string) (id int, ok bool) {
	for i := range q.Choices {
		c := &q.Choices[i]
		if c.RecodeValue() != name && Plain(c.Text) != name && strconv.Itoa(c.ID) != name {
			continue
		}
		if ok {
			return 0, false
		}
		id, ok = c.ID, true
	}
	return id, ok
}

// writeLogic writes a condition as display or branch logic; false when Qualtrics' logic cannot say it.
func writeLogic(c *models.Condition, find lookup) (Object, bool) {
	sets := []models.Condition{*c}
	joined := ""
	switch {
	case len(c.All) > 0 && !leaves(c.All):
		sets, joined = c.All, "AndIf"
	case len(c.Any) > 0 && !leaves(c.Any):
		sets, joined = c.Any, "OrIf"
	}
	o := Object{}
	for i := range sets {
		set, ok := writeSet(&sets[i], find)
		if !ok {
			return nil, false
		}
		kind := joined
		if i == 0 {
			kind = "If"
		}
		set.add("Type", kind)
		o.add(strconv.Itoa(i), set)
	}
	o.add("Type", "BooleanExpression")
	back, ok := readLogic(raw(o), find)
	return o, ok && reflect.DeepEqual(back, c)
}

func leaves(parts []models.Condition) bool {
	return !slices.ContainsFunc(parts, func(c models.Condition) bool { return len(c.All)+len(c.Any) > 0 })
}

func writeSet(c *models.Condition, find lookup) (Object, bool) {
	parts, conjunction := []models.Condition{*c}, ""
	switch {
	case len(c.All) > 0:
		parts, conjunction = c.All, "And"
	case len(c.Any) > 0:
		parts, conjunction = c.Any, "Or"
	}
	o := Object{}
	for i := range parts {
		if len(parts[i].All)+len(parts[i].Any) > 0 {
			return nil, false
		}
		leaf, ok := writeExpression(&parts[i], find)
		if !ok {
			return nil, false
		}
		if i > 0 {
			leaf.add("Conjuction", conjunction) //nolint:misspell // so it is spelt
		}
		o.add(strconv.Itoa(i), leaf)
	}
	return o, true
}

var token = regexp.MustCompile(`^\$\{(q|e|m)://(?:Field/)?([^{}/|]+)(?:/([^{}|]+))?\}$`)

func writeExpression(c *models.Condition, find lookup) (Object, bool) {
	m := token.FindStringSubmatch(c.Left)
	operator := ""
	for name, o := range operators {
		if o == c.Operator {
			operator = name
		}
	}
	if m == nil || operator == "" {
		return nil, false
	}
	var o Object
	switch m[1] {
	case "e":
		o = Object{{"LogicType", "EmbeddedField"}, {"LeftOperand", m[2]}}
	case "m":
		o = Object{{"LogicType", "PanelData"}, {"LeftOperand", "m://" + m[2]}}
	default:
		at, ok := writeLocator(m[2], m[3], c, find)
		if !ok {
			return nil, false
		}
		o = Object{{"LogicType", "Question"}, {"QuestionID", m[2]}, {"QuestionIsInLoop", "no"}, {"ChoiceLocator", at}, {"QuestionIDFromLocator", m[2]}, {"LeftOperand", at}}
	}
	o.add("Operator", operator)
	if !c.Operator.Unary() && c.Operator != models.OpSelected && c.Operator != models.OpNotSelected {
		o.add("RightOperand", c.Right)
	}
	o.add("Type", "Expression", "Description", c.Left+" "+operator+" "+c.Right)
	return o, true
}

func writeLocator(id, path string, c *models.Condition, find lookup) (string, bool) {
	q := find(id)
	if q == nil {
		return "", false
	}
	if c.Operator != models.OpSelected && c.Operator != models.OpNotSelected {
		return "q://" + id + "/" + path, true
	}
	choice, ok := choiceNamed(q, c.Right)
	if q.Type == models.QuestionNPS || q.Type == models.QuestionRating {
		n, err := strconv.Atoi(c.Right)
		choice, ok = n, err == nil
	}
	return "q://" + id + "/SelectableChoice/" + strconv.Itoa(choice), ok && path == "SelectedChoicesRecode"
}

// opposites are the comparisons that hold exactly when the others do not.
var opposites = map[models.Operator]models.Operator{
	models.OpSelected: models.OpNotSelected, models.OpNotSelected: models.OpSelected, models.OpEqualTo: models.OpNotEqualTo, models.OpNotEqualTo: models.OpEqualTo,
	models.OpEmpty: models.OpNotEmpty, models.OpNotEmpty: models.OpEmpty, models.OpContains: models.OpDoesNotContain, models.OpDoesNotContain: models.OpContains,
}

// beyond are the comparisons of numbers that hold when the others do not, unless nothing was answered.
var beyond = map[models.Operator]models.Operator{
	models.OpGreaterThan: models.OpLessThanOrEqual, models.OpLessThanOrEqual: models.OpGreaterThan,
	models.OpLessThan: models.OpGreaterThanOrEqual, models.OpGreaterThanOrEqual: models.OpLessThan,
}

// negate gives the condition that holds when the other one does not; false when there is none.
func negate(c models.Condition) (models.Condition, bool) {
	for _, parts := range [][]models.Condition{c.All, c.Any} {
		if len(parts) == 0 {
			continue
		}
		out := make([]models.Condition, len(parts))
		for i := range parts {
			var ok bool
			if out[i], ok = negate(parts[i]); !ok {
				return c, false
			}
		}
		if len(c.All) > 0 {
			return models.Condition{Any: out}, true
		}
		return models.Condition{All: out}, true
	}
	if o, ok := opposites[c.Operator]; ok {
		c.Operator = o
		return c, true
	}
	o, ok := beyond[c.Operator]
	other := c
	other.Operator = o
	return models.Condition{Any: []models.Condition{other, {Left: c.Left, Operator: models.OpEmpty}}}, ok
}

// both joins conditions of which all have to hold: those that are groups of that kind themselves are taken apart.
func both(parts ...models.Condition) *models.Condition {
	var flat []models.Condition
	for _, c := range parts {
		list := []models.Condition{c}
		if len(c.All) > 0 {
			list = c.All
		}
		for _, one := range list {
			if !slices.ContainsFunc(flat, func(other models.Condition) bool { return reflect.DeepEqual(one, other) }) {
				flat = append(flat, one)
			}
		}
	}
	if len(flat) == 0 {
		return nil
	}
	c := group(flat, false)
	return &c
}

func depth(c *models.Condition) int {
	most := 0
	for _, parts := range [][]models.Condition{c.All, c.Any} {
		for i := range parts {
			most = max(most, depth(&parts[i])+1)
		}
	}
	return most
}

// ApplyLogic reads the display logic that a question came with as its condition, among the questions of a definition. Logic
// that cannot be asked here is kept as it is. It changes nothing for a question that came without any.
func ApplyLogic(q *models.Question, def *models.SurveyDefinition) {
	value, came := q.Extra[displayLogic]
	if !came || q.Type == "" {
		return
	}
	delete(q.Extra, knownLogic)
	c, ok := readLogic(value, def.Question)
	if !ok {
		q.Display = nil
		return
	}
	q.Display = c
	delete(q.Extra, displayLogic)
	if c != nil {
		q.Extra[knownLogic] = value
	}
}

// EncodeQuestionOf is [EncodeQuestion] for a question of a definition: with its display logic.
func EncodeQuestionOf(def *models.SurveyDefinition, q *models.Question) Object {
	o := EncodeQuestion(q)
	if q.Type == "" || q.Display == nil {
		return o
	}
	logic, noted := logicOf(q.Display, q.Extra[knownLogic], def.Question)
	o = slices.DeleteFunc(o, func(m Member) bool { return m.Name == displayLogic || m.Name == ownMember })
	at := len(o)
	if o[at-1].Name == "QuestionText_Unsafe" {
		at--
	}
	var more Object
	own := ownOf(q)
	own.Display = noted
	if !own.empty() {
		more.add(ownMember, own)
	}
	if logic != nil {
		more.add(displayLogic, logic)
	}
	return slices.Insert(o, at, more...)
}

// logicOf gives logic as it came while it still says the condition, else in our spelling; noted is the condition when no
// logic of Qualtrics' says it.
func logicOf(c *models.Condition, came json.RawMessage, find lookup) (logic any, noted *models.Condition) {
	if len(came) > 0 {
		if read, ok := readLogic(came, find); ok && reflect.DeepEqual(read, c) {
			return came, nil
		}
	}
	if o, ok := writeLogic(c, find); ok {
		return o, nil
	}
	return nil, c
}
