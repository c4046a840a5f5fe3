package apiv3

import (
	"encoding/json"
	"slices"

	"surveyflow/internal/link"
	"surveyflow/internal/qsf"
	"surveyflow/models"
)

// madeBlock answers POST …/blocks.
type madeBlock struct {
	BlockID  string `json:"BlockID"`
	FlowID   string `json:"FlowID"`
	Revision int64  `json:"revision"`
}

// revised is the part of a body that says of which draft a write was made.
type revised struct {
	Revision int64 `json:"revision"`
}

// rawBody reads a JSON object as it is, and the revision of the draft that it was made of.
func (c *call) rawBody() (json.RawMessage, int64, error) {
	var in revised
	text, err := c.text()
	if err != nil {
		return nil, 0, err
	}
	return text, in.Revision, decode(text, &in)
}

// restructure changes blocks and flow of a draft.
func (a *API) restructure(c *call, revision int64, change func(s *qsf.Structure, parts qsf.Parts) error) (*models.Survey, error) {
	s, err := a.edit(c, revision, func(s *models.Survey) error {
		structure := qsf.StructureOf(&s.Draft.V)
		if err := change(&structure, qsf.PartsOf(&s.Draft.V)); err != nil {
			return err
		}
		qsf.Restructure(&s.Draft.V, structure)
		return nil
	})
	if err != nil {
		return nil, err
	}
	c.tellUnused(qsf.UnusedStructure(&s.Draft.V))
	return s, nil
}

// blockList answers GET …/blocks.
type blockList struct {
	Elements []json.RawMessage `json:"elements"`
}

func (a *API) listBlocks(c *call) (any, error) {
	s, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	return blockList{Elements: qsf.StructureOf(&s.Draft.V).Blocks}, nil
}

func (a *API) showBlock(c *call) (any, error) {
	s, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	structure := qsf.StructureOf(&s.Draft.V)
	b, ok := structure.Block(c.Param("blockId"))
	if !ok {
		return nil, models.NotFound("api.error.no_block")
	}
	return b, nil
}

func (a *API) createBlock(c *call) (any, error) {
	in, revision, err := c.rawBody()
	if err != nil {
		return nil, err
	}
	var id string
	s, err := a.restructure(c, revision, func(s *qsf.Structure, parts qsf.Parts) error {
		id, err = s.AddBlock(in, parts)
		return err
	})
	if err != nil {
		return nil, err
	}
	structure := qsf.StructureOf(&s.Draft.V)
	return madeBlock{BlockID: id, FlowID: structure.FlowIDOf(id), Revision: s.DraftRev}, nil
}

func (a *API) updateBlock(c *call) (any, error) {
	in, revision, err := c.rawBody()
	if err != nil {
		return nil, err
	}
	id := c.Param("blockId")
	_, err = a.restructure(c, revision, func(s *qsf.Structure, parts qsf.Parts) error { return s.PutBlock(id, in, parts) })
	return nil, err
}

func (a *API) deleteBlock(c *call) (any, error) {
	id := c.Param("blockId")
	_, err := a.restructure(c, 0, func(s *qsf.Structure, _ qsf.Parts) error {
		if !s.RemoveBlock(id) {
			return models.NotFound("api.error.no_block")
		}
		return nil
	})
	return nil, err
}

func (a *API) showFlow(c *call) (any, error) {
	s, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	c.tellUnused(qsf.UnusedStructure(&s.Draft.V))
	return qsf.StructureOf(&s.Draft.V).Flow, nil
}

func (a *API) updateFlow(c *call) (any, error) {
	in, revision, err := c.rawBody()
	if err != nil {
		return nil, err
	}
	_, err = a.restructure(c, revision, func(s *qsf.Structure, _ qsf.Parts) error { return s.SetFlow(in) })
	return nil, err
}

func (a *API) showOptions(c *call) (any, error) {
	s, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	return qsf.EncodeOptions(&s.Draft.V), nil
}

// updateOptions changes the options that it names. Whether answers are anonymous is fixed after the first one (contract §7).
func (a *API) updateOptions(c *call) (any, error) {
	in, revision, err := c.rawBody()
	if err != nil {
		return nil, err
	}
	counts, err := a.store.ResponseCounts(c.Request().Context(), c.Param("surveyId"))
	if err != nil {
		return nil, err
	}
	answered := false
	for _, n := range counts[c.Param("surveyId")] {
		answered = answered || n > 0
	}
	s, err := a.edit(c, revision, func(s *models.Survey) error {
		was := s.Draft.V.Anonymous
		if err := qsf.SetOptions(&s.Draft.V, in); err != nil {
			return err
		}
		if answered && s.Draft.V.Anonymous != was {
			return invalid("AnonymizeResponse", "survey.options.anonymous.fixed")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	c.tellUnused(qsf.UnusedOptions(&s.Draft.V))
	return nil, nil
}

// languages are the languages of a survey.
type languages struct {
	AvailableLanguages []string `json:"AvailableLanguages"`
}

func (a *API) showLanguages(c *call) (any, error) {
	s, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	return languages{AvailableLanguages: qsf.Languages(&s.Draft.V)}, nil
}

func (a *API) updateLanguages(c *call) (any, error) {
	var in struct {
		languages
		revised
	}
	if err := c.body(&in); err != nil {
		return nil, err
	}
	s, err := a.edit(c, in.Revision, func(s *models.Survey) error { return qsf.SetLanguages(&s.Draft.V, in.AvailableLanguages) })
	if err != nil {
		return nil, err
	}
	c.tellUnused(qsf.UnusedOptions(&s.Draft.V))
	return nil, nil
}

// language reads the language that the path names, as the API writes it.
func (c *call) language() (string, error) {
	tag, ok := qsf.ParseLanguage(c.Param("languageCode"))
	if !ok {
		return "", models.NotFound("api.error.no_language")
	}
	return qsf.LanguageCode(tag), nil
}

func (a *API) showTranslation(c *call) (any, error) {
	s, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	code, err := c.language()
	if err != nil {
		return nil, err
	}
	texts, ok := qsf.Translation(&s.Draft.V, s.Name, code)
	if !ok {
		return nil, models.NotFound("api.error.no_language")
	}
	return texts, nil
}

// updateTranslation replaces the texts that it names. Those of the survey's own language are changed in its questions.
func (a *API) updateTranslation(c *call) (any, error) {
	var in map[string]json.RawMessage
	if err := c.body(&in); err != nil {
		return nil, err
	}
	code, err := c.language()
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for name, value := range in {
		var text string
		if json.Unmarshal(value, &text) != nil {
			return nil, invalid(name, "qsf.error.text", "Name", name)
		}
		texts[name] = text
	}
	s, err := a.edit(c, 0, func(s *models.Survey) error {
		switch {
		case !slices.Contains(qsf.Languages(&s.Draft.V), code):
			return models.NotFound("api.error.no_language")
		case code == qsf.LanguageCode(s.Draft.V.Language):
			return invalid("languageCode", "api.error.own_language", "Value", code)
		}
		return qsf.SetTranslation(&s.Draft.V, s.Name, code, texts)
	})
	if err != nil {
		return nil, err
	}
	c.tellUnused(qsf.UnusedOptions(&s.Draft.V))
	return nil, nil
}

func (a *API) showMetadata(c *call) (any, error) {
	s, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	return qsf.EncodeEntry(qsf.Survey{Survey: s, Definition: &s.Draft.V, BaseURL: a.base.App("")}), nil
}

// metadataChange is what PUT …/metadata may change; what is not named stays.
type metadataChange struct {
	SurveyName           *string      `json:"SurveyName"`
	SurveyStatus         *string      `json:"SurveyStatus"`
	SurveyStartDate      optionalTime `json:"SurveyStartDate"`
	SurveyExpirationDate optionalTime `json:"SurveyExpirationDate"`
	SurveyOwnerID        *string      `json:"SurveyOwnerID"`
}

// updateMetadata is PUT /surveys/{id} in the words of survey definitions.
func (a *API) updateMetadata(c *call) (any, error) {
	var in metadataChange
	if err := c.body(&in); err != nil {
		return nil, err
	}
	change := surveyChange{Name: in.SurveyName, OwnerID: in.SurveyOwnerID}
	if in.SurveyStatus != nil {
		active := *in.SurveyStatus == "Active"
		if !active && *in.SurveyStatus != "Inactive" {
			return nil, invalid("SurveyStatus", "api.error.survey_status", "Value", *in.SurveyStatus)
		}
		change.IsActive = &active
	}
	if in.SurveyStartDate.given || in.SurveyExpirationDate.given {
		change.Expiration = &expiration{StartDate: in.SurveyStartDate, EndDate: in.SurveyExpirationDate}
	}
	return a.changeSurvey(c, &change)
}

func (a *API) structureEndpoints() []endpoint {
	all := []endpoint{
		{
			method: get, pattern: link.PatternAPIBlocks, handler: a.serve(a.listBlocks), name: "listBlocks", tag: tagDefinitions,
			summary: "The blocks of the draft, with those that no flow leads to", result: required(schema{"elements": schema{"type": "array", "items": blockSchema}}),
		},
		{
			method: post, pattern: link.PatternAPIBlocks, handler: a.serve(a.createBlock), name: "createBlock", tag: tagDefinitions,
			summary: "Add a block at the end of the flow", more: "A block is one page, and one more behind every page break.", body: blockSchema, result: madeBlock{},
		},
		{
			method: get, pattern: link.PatternAPIBlock, handler: a.serve(a.showBlock), name: "getBlock", tag: tagDefinitions,
			summary: "One block of the draft", result: blockSchema,
		},
		{
			method: put, pattern: link.PatternAPIBlock, handler: a.serve(a.updateBlock), name: "updateBlock", tag: tagDefinitions,
			summary: "Replace a block of the draft: its name, options, and the order of what stands in it",
			more:    "Questions that no block names any more are kept and not asked.", body: blockSchema,
		},
		{
			method: del, pattern: link.PatternAPIBlock, handler: a.serve(a.deleteBlock), name: "deleteBlock", tag: tagDefinitions,
			summary: "Remove a block; its questions go into the trash",
		},
		{
			method: get, pattern: link.PatternAPIFlow, handler: a.serve(a.showFlow), name: "getFlow", tag: tagDefinitions,
			summary: "In what order the blocks come, and when", result: flowSchema,
		},
		{
			method: put, pattern: link.PatternAPIFlow, handler: a.serve(a.updateFlow), name: "updateFlow", tag: tagDefinitions,
			summary: "Replace the flow", more: "Blocks, embedded data, groups, branches and ends of the survey are used; other elements are kept, and named in meta.notice.", body: flowSchema,
		},
		{
			method: get, pattern: link.PatternAPIOptions, handler: a.serve(a.showOptions), name: "getOptions", tag: tagDefinitions,
			summary: "The options of the draft", result: anyObject,
		},
		{
			method: put, pattern: link.PatternAPIOptions, handler: a.serve(a.updateOptions), name: "updateOptions", tag: tagDefinitions,
			summary: "Change options of the draft; what is not named stays", more: "AnonymizeResponse is fixed after the first response.", body: anyObject,
		},
		{
			method: get, pattern: link.PatternAPIMetadata, handler: a.serve(a.showMetadata), name: "getMetadata", tag: tagDefinitions,
			summary: "What the survey is, beside what it asks", result: anyObject,
		},
		{
			method: put, pattern: link.PatternAPIMetadata, handler: a.serve(a.updateMetadata), name: "updateMetadata", tag: tagDefinitions,
			summary: "Rename, publish and open, close, date or give away a survey",
			body: optionalAll(schema{
				"SurveyName": text, "SurveyStatus": schema{"type": "string", "enum": []string{"Active", "Inactive"}},
				"SurveyStartDate": maybeTime, "SurveyExpirationDate": maybeTime, "SurveyOwnerID": text,
			}),
		},
		{
			method: get, pattern: link.PatternAPILanguages, handler: a.serve(a.showLanguages), name: "getLanguages", tag: tagSurveys,
			summary: "The languages of a survey, its own first", result: languages{},
		},
		{
			method: put, pattern: link.PatternAPILanguages, handler: a.serve(a.updateLanguages), name: "updateLanguages", tag: tagSurveys,
			summary: "Say into which languages a survey is translated", body: languages{},
		},
		{
			method: get, pattern: link.PatternAPITranslation, handler: a.serve(a.showTranslation), name: "getTranslation", tag: tagSurveys,
			summary: "The texts of a survey in one of its languages, such as QID1_QuestionText and QID1_Choice2", result: textsSchema,
		},
		{
			method: put, pattern: link.PatternAPITranslation, handler: a.serve(a.updateTranslation), name: "updateTranslation", tag: tagSurveys,
			summary: "Replace texts of a translation; what is not named stays", body: textsSchema,
		},
	}
	return append(all, a.quotaEndpoints()...)
}

var (
	blockSchema = optionalAll(schema{
		"Type": schema{"type": "string", "examples": []string{"Standard", "Default", "Trash"}}, "Description": text, "ID": text,
		"BlockElements": schema{"type": []string{"array", "object"}}, "Options": schema{"type": []string{"object", "array"}}, "revision": whole,
	})
	flowSchema  = optionalAll(schema{"Type": text, "FlowID": text, "Flow": schema{"type": []string{"array", "object"}}, "Properties": anyObject, "revision": whole})
	textsSchema = schema{"type": "object", "additionalProperties": text}
)
