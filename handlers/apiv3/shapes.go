package apiv3

import (
	"slices"

	"surveyflow/internal/qsf"
	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
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
		"QuestionText": text, "DataExportTag": text, "QuestionType": schema{"type": "string", "examples": []string{"MC", "TE", "Matrix", "Slider", "RO", "DB"}},
		"Selector": schema{"type": "string", "examples": []string{"SAVR", "MAVR", "DL", "NPS", "SL", "ML", "Likert", "HSLIDER", "DND", "TB"}}, "SubSelector": text,
		"Choices":      schema{"description": "By id; an array is taken too.", "type": []string{"object", "array"}},
		"ChoiceOrder":  schema{"type": "array"},
		"Answers":      schema{"description": "The columns of a matrix, whose rows are Choices.", "type": []string{"object", "array"}},
		"AnswerOrder":  schema{"type": "array"},
		"RecodeValues": schema{"type": []string{"object", "array"}},
		"Validation": schema{
			"type": []string{"object", "array"}, "properties": schema{"Settings": schema{"type": "object", "properties": schema{
				"ForceResponse": schema{"type": "string"}, "Type": text, "ContentType": text, "ValidNumber": anyObject,
			}}},
		},
		"Language": schema{"type": []string{"object", "array"}}, "QuestionID": text, "NextChoiceId": whole,
		"Surveyflow": optionalAll(schema{
			"type":  schema{"type": "string", "enum": models.QuestionTypes, "description": "Of a question that Qualtrics has no type for."},
			"help":  text,
			"scale": optionalAll(schema{"shape": schema{"type": "string", "enum": models.Shapes}, "low": text, "high": text, "step": schema{"type": "number"}}),
			"rules": optionalAll(schema{"pattern": text, "message": text, "earliest": text, "latest": text, "day": schema{"type": "string", "enum": models.DayRules}, "minChoices": whole, "maxChoices": whole}),
		}),
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
		"questionText": text, "questionLabel": maybeText, "validation": anyObject, "questionName": text, "choices": anyObject, "subQuestions": anyObject,
	}, "choices", "subQuestions")},
	"exportColumnMap": schema{"type": "object", "additionalProperties": required(schema{"question": text, "choice": text, "subQuestion": text}, "choice", "subQuestion")},
	"blocks":          anyObject, "flow": schema{"type": "array"}, "embeddedData": schema{"type": "array"}, "comments": anyObject, "loopAndMerge": anyObject,
	"responseCounts": required(schema{"auditable": whole, "generated": whole, "deleted": whole}),
})

var surveyMakingSchema = optionalAll(schema{
	"name":        text,
	"file":        schema{"type": "string", "format": "binary", "description": "A QSF file of up to 20 MB, in a form."},
	"fileUrl":     schema{"type": "string", "format": "uri"},
	"contentType": schema{"type": "string", "enum": []string{qsf.ContentType}},
	"projectName": schema{"type": "string", "description": "Of a copy."},
})

var surveyMadeSchema = required(schema{"id": text, "importReport": reference("ImportReport")}, "importReport")

var surveyChangeSchema = optionalAll(schema{
	"name": text, "isActive": truth, "ownerId": text,
	"expiration": optionalAll(schema{"startDate": maybeTime, "endDate": maybeTime}),
})

var workflowSwitchSchema = optionalAll(schema{"held": schema{"type": "string", "enum": []string{"run", "cancel"}}})

var workflowWriteSchema = optionalAll(schema{
	"name": text, "surveyId": maybeText, "enabled": truth,
	"event":          reference("EventSpec"),
	"condition":      schema{"anyOf": []schema{reference("Condition"), {"type": "null"}}},
	"tasks":          schema{"type": "array", "items": reference("TaskWrite")},
	"notifications":  optionalAll(schema{"enabled": truth, "recipients": listOfText}),
	"switchOffAfter": schema{"type": "integer", "minimum": 0, "description": "After how many failed runs in a row the workflow switches itself off; 0 means never."},
	"revision":       schema{"type": "integer", "description": "The live version that the write was made of; an older one is answered 409."},
})

var runReplaySchema = optionalAll(schema{
	"from":     schema{"type": "string", "enum": []string{"start", "failedTask"}},
	"revision": schema{"type": "string", "enum": []string{"current", "original"}},
})

var shownVersionSchema = required(schema{
	"SurveyID": text, "VersionNumber": whole, "Description": text, "CreationDate": text, "UserID": text, "Published": truth, "Definition": definitionSchema,
})

var chosenIDs = schema{"type": "array", "items": schema{"type": "string"}, "maxItems": workflow.MaxChosen}

// bulkFilterSchema describes a filter of runs of those statuses.
func bulkFilterSchema(statuses ...models.RunStatus) schema {
	return optionalAll(schema{
		"status":     schema{"type": "string", "enum": statuses},
		"from":       schema{"type": "string", "format": "date-time"},
		"to":         schema{"type": "string", "format": "date-time"},
		"q":          schema{"type": "string", "minLength": store.MinSearch},
		"workflowId": schema{"type": "string"},
		"surveyId":   schema{"type": "string"},
	})
}

var bulkOpenSchema = optionalAll(schema{"runIds": chosenIDs, "filter": bulkFilterSchema(models.RunScheduled, models.RunRunning)})

var bulkExportSchema = schema{
	"type": "object", "required": []string{"filter"}, "properties": schema{
		"filter": bulkFilterSchema(models.RunStatuses...),
		"format": schema{"type": "string", "enum": workflow.ExportFormats, "default": workflow.ExportCSV},
	},
}

var bulkStartSchema = optionalAll(schema{
	"responseIds": chosenIDs,
	"filter": optionalAll(schema{
		"state": schema{"type": "string", "enum": []models.ResponseState{models.ResponseCompleted, models.ResponsePartial}},
		"from":  schema{"type": "string", "format": "date-time"},
		"to":    schema{"type": "string", "format": "date-time"},
	}),
	"always":    schema{"type": "boolean"},
	"perSecond": schema{"type": "integer", "minimum": 0, "maximum": workflow.MaxPace},
})

var bulkReplaySchema = optionalAll(schema{
	"runIds":    chosenIDs,
	"filter":    bulkFilterSchema(models.RunSucceeded, models.RunFailed, models.RunCanceled),
	"from":      schema{"type": "string", "enum": []string{"start", "failedTask"}},
	"revision":  schema{"type": "string", "enum": []string{"current", "original"}},
	"perSecond": schema{"type": "integer", "minimum": 0, "maximum": workflow.MaxPace},
})
