package apiv3

import (
	"slices"

	"surveyflow/models"
)

// The shapes that no Go type has: Qualtrics' own, which internal/qsf writes member by member, and writes in which all
// members are optional.

var (
	text       = schema{"type": "string"}
	maybeText  = schema{"type": []string{"string", "null"}}
	maybeTime  = schema{"type": []string{"string", "null"}, "format": "date-time"}
	truth      = schema{"type": "boolean"}
	whole      = schema{"type": "integer"}
	anyObject  = schema{"type": "object"}
	anyThing   = schema{}
	listOfText = schema{"type": "array", "items": text}
)

// required gives a schema of an object whose members are all there.
func required(properties schema, optional ...string) schema {
	skip := map[string]bool{}
	for _, name := range optional {
		skip[name] = true
	}
	var names []string
	for name := range properties {
		if !skip[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return schema{"type": "object", "properties": properties, "required": names}
}

var questionSchema = schema{
	"type": "object", "required": []string{"QuestionText", "QuestionType", "Selector"},
	"properties": schema{
		"QuestionText": text, "DataExportTag": text, "QuestionType": schema{"type": "string", "examples": []string{"MC", "TE"}},
		"Selector": schema{"type": "string", "examples": []string{"SAVR", "MAVR", "NPS", "SL", "ML"}}, "SubSelector": text,
		"Choices":      schema{"description": "By id; an array is taken too.", "type": []string{"object", "array"}},
		"ChoiceOrder":  schema{"type": "array"},
		"RecodeValues": schema{"type": []string{"object", "array"}},
		"Validation": schema{
			"type": []string{"object", "array"}, "properties": schema{"Settings": schema{"type": "object", "properties": schema{
				"ForceResponse": schema{"type": "string"}, "Type": text, "ContentType": text, "ValidNumber": anyObject,
			}}},
		},
		"Language": schema{"type": []string{"object", "array"}}, "QuestionID": text, "NextChoiceId": whole,
		"revision": schema{"type": "integer", "description": "Of the draft that the write was made of; an older one is answered 409."},
	},
}

var questionListSchema = required(schema{"elements": schema{"type": "array", "items": questionSchema}})

var newSurveySchema = schema{
	"type": "object", "required": []string{"SurveyName"},
	"properties": schema{"SurveyName": text, "Language": schema{"type": "string", "examples": []string{"EN"}}, "ProjectCategory": schema{"type": "string", "examples": []string{"CORE"}}},
}

var definitionSchema = required(schema{
	"SurveyID": text, "SurveyName": text, "SurveyStatus": schema{"type": "string", "enum": []string{"Active", "Inactive"}},
	"OwnerID": text, "CreatorID": text, "BrandID": text, "BrandBaseURL": text,
	"LastModified": text, "LastAccessed": text, "LastActivated": maybeText, "QuestionCount": text,
	"Questions": schema{"type": "object", "additionalProperties": questionSchema}, "Blocks": anyObject, "SurveyFlow": anyObject,
	"SurveyOptions": anyObject, "ResponseSets": anyObject, "Scoring": anyObject, "ProjectInfo": anyObject, "revision": whole,
})

var legacySurveySchema = required(schema{
	"id": text, "name": text, "ownerId": text, "organizationId": text, "isActive": truth, "creationDate": text, "lastModifiedDate": text,
	"expiration": required(schema{"startDate": maybeTime, "endDate": maybeTime}),
	"questions": schema{"type": "object", "additionalProperties": required(schema{
		"questionType": required(schema{"type": text, "selector": text, "subSelector": maybeText}),
		"questionText": text, "questionLabel": maybeText, "validation": anyObject, "questionName": text, "choices": anyObject,
	}, "choices")},
	"exportColumnMap": schema{"type": "object", "additionalProperties": required(schema{"question": text, "choice": text}, "choice")},
	"blocks":          anyObject, "flow": schema{"type": "array"}, "embeddedData": schema{"type": "array"}, "comments": anyObject, "loopAndMerge": anyObject,
	"responseCounts": required(schema{"auditable": whole, "generated": whole, "deleted": whole}),
})

var surveyChangeSchema = optionalAll(schema{
	"name": text, "isActive": truth, "ownerId": text,
	"expiration": optionalAll(schema{"startDate": maybeTime, "endDate": maybeTime}),
})

var workflowWriteSchema = optionalAll(schema{
	"name": text, "surveyId": maybeText, "enabled": truth,
	"event":         reference("EventSpec"),
	"condition":     schema{"anyOf": []schema{reference("Condition"), {"type": "null"}}},
	"tasks":         schema{"type": "array", "items": taskWriteSchema},
	"notifications": optionalAll(schema{"enabled": truth, "recipients": listOfText}),
	"revision":      schema{"type": "integer", "description": "The live version that the write was made of; an older one is answered 409."},
})

var taskWriteSchema = schema{
	"type": "object", "required": []string{"type", "config"},
	"properties": schema{
		"id": text, "type": schema{"type": "string", "enum": models.TaskTypes}, "summary": text,
		"onFailure": schema{"type": "string", "enum": []models.OnFailure{models.FailureContinue, models.FailureStop}},
		"condition": schema{"anyOf": []schema{reference("Condition"), {"type": "null"}}},
		"retry":     optionalAll(schema{"delays": listOfText}), "config": anyThing,
	},
}

var runReplaySchema = optionalAll(schema{
	"from":     schema{"type": "string", "enum": []string{"start", "failedTask"}},
	"revision": schema{"type": "string", "enum": []string{"current", "original"}},
})
