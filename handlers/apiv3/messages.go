package apiv3

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"surveyflow/internal/link"
	"surveyflow/internal/qsf"
	"surveyflow/models"
)

// messageRow is a message of a library as lists tell it.
type messageRow struct {
	ID          string `json:"id"`
	Description string `json:"description"`
	Category    string `json:"category"`
}

// messageDetail is a message with its texts, by language.
type messageDetail struct {
	messageRow
	Messages map[string]string `json:"messages"`
}

// messageWrite is a message as it is written: what is not named stays.
type messageWrite struct {
	Description *string            `json:"description"`
	Category    *string            `json:"category"`
	Messages    *map[string]string `json:"messages"`
}

var messageSchema = optionalAll(schema{
	"description": text, "category": schema{"type": "string", "enum": models.MessageCategories},
	"messages": schema{"type": "object", "description": "The texts by language, as HTML.", "additionalProperties": text},
})

func (a *API) messageEndpoints() []endpoint {
	return []endpoint{
		{
			method: http.MethodGet, pattern: link.PatternAPIMessages, handler: a.serve(a.listMessages), name: "listMessages", tag: tagDistributions,
			summary: "List the messages of a library, the newest first", result: list[messageRow]{},
			params: append([]param{{"category", "query", "Only messages of this category.", schema{"type": "string", "enum": models.MessageCategories}}}, paging...),
		},
		{
			method: http.MethodPost, pattern: link.PatternAPIMessages, handler: a.serve(a.createMessage), name: "createMessage", tag: tagDistributions,
			summary: "Add a message to a library", body: messageSchema, result: createdID,
			more: "Texts are HTML in the subset that surveys use; other elements are left out. ${l://SurveyLink?d=…} is a link with these words, ${l://SurveyURL} its address, and so are OptOutLink and OptOutURL.",
		},
		{
			method: http.MethodGet, pattern: link.PatternAPIMessage, handler: a.serve(a.showMessage), name: "getMessage", tag: tagDistributions,
			summary: "A message with its texts", result: messageDetail{},
		},
		{
			method: http.MethodPut, pattern: link.PatternAPIMessage, handler: a.serve(a.updateMessage), name: "updateMessage", tag: tagDistributions,
			summary: "Change a message; what is not named stays", more: "Distributions that were made from it keep their words.", body: messageSchema,
		},
		{
			method: http.MethodDelete, pattern: link.PatternAPIMessage, handler: a.serve(a.deleteMessage), name: "deleteMessage", tag: tagDistributions,
			summary: "Delete a message; distributions that were made from it keep their words",
		},
	}
}

func rowOfMessage(m *models.LibraryMessage) messageRow {
	return messageRow{ID: m.ID, Description: m.Name, Category: m.Category}
}

func (a *API) listMessages(c *call) (any, error) {
	page, err := c.page()
	if err != nil {
		return nil, err
	}
	category := c.QueryParam("category")
	if category != "" && !slices.Contains(models.MessageCategories, category) {
		return nil, oneOf("category", models.MessageCategories)
	}
	all, next, err := a.store.LibraryMessages(c.Request().Context(), c.actor, c.Param("libraryId"), category, page)
	if err != nil {
		return nil, missing(err, "api.error.no_library")
	}
	rows := make([]messageRow, len(all))
	for i := range all {
		rows[i] = rowOfMessage(&all[i])
	}
	return listOf(rows, a.nextPage(c, next)), nil
}

func (a *API) message(c *call) (*models.LibraryMessage, error) {
	m, err := a.store.LibraryMessage(c.Request().Context(), c.actor, c.Param("libraryId"), c.Param("messageId"))
	return m, missing(err, "api.error.no_message")
}

func (a *API) showMessage(c *call) (any, error) {
	m, err := a.message(c)
	if err != nil {
		return nil, err
	}
	return messageDetail{messageRow: rowOfMessage(m), Messages: m.Texts.V}, nil
}

func (a *API) createMessage(c *call) (any, error) {
	m := &models.LibraryMessage{OwnerID: c.Param("libraryId"), Category: "general"}
	if err := c.writeMessage(m); err != nil {
		return nil, err
	}
	if err := a.store.CreateLibraryMessage(c.Request().Context(), c.actor, m); err != nil {
		return nil, missing(err, "api.error.no_library")
	}
	return map[string]string{"id": m.ID}, nil
}

func (a *API) updateMessage(c *call) (any, error) {
	m, err := a.message(c)
	if err != nil {
		return nil, err
	}
	if err := c.writeMessage(m); err != nil {
		return nil, err
	}
	return nil, missing(a.store.SaveLibraryMessage(c.Request().Context(), c.actor, m), "api.error.no_message")
}

func (a *API) deleteMessage(c *call) (any, error) {
	err := a.store.DeleteLibraryMessage(c.Request().Context(), c.actor, c.Param("libraryId"), c.Param("messageId"))
	return nil, missing(err, "api.error.no_message")
}

// writeMessage lays the body over a message, and checks it.
func (c *call) writeMessage(m *models.LibraryMessage) error {
	var in messageWrite
	if err := c.body(&in); err != nil {
		return err
	}
	give(&m.Name, in.Description)
	give(&m.Category, in.Category)
	m.Name = strings.Join(strings.Fields(models.CleanText(m.Name)), " ")
	if n := utf8.RuneCountInString(m.Name); n < 1 || n > models.LibraryMessageMaxName {
		return invalid("description", "api.error.too_long", "Max", models.LibraryMessageMaxName)
	}
	if !slices.Contains(models.MessageCategories, m.Category) {
		return oneOf("category", models.MessageCategories)
	}
	if in.Messages != nil {
		m.Texts.V = maps.Clone(*in.Messages)
	}
	if len(m.Texts.V) == 0 || len(m.Texts.V) > models.LibraryMessageMaxTexts {
		return invalid("messages", "api.error.message_texts", "Max", models.LibraryMessageMaxTexts)
	}
	for tag, words := range m.Texts.V {
		if _, ok := qsf.ParseLanguage(tag); !ok {
			return invalid("messages", "api.error.message_texts", "Max", models.LibraryMessageMaxTexts)
		}
		clean, err := cleanWords("messages."+tag, words)
		if err != nil {
			return err
		}
		m.Texts.V[tag] = clean
	}
	return nil
}

// cleanWords checks and cleans a text that is mailed.
func cleanWords(field, words string) (string, error) {
	words = models.CleanText(words) // what of it may be sent is decided when it is
	if strings.TrimSpace(words) == "" || utf8.RuneCountInString(words) > models.LibraryMessageMaxText {
		return "", invalid(field, "api.error.too_long", "Max", models.LibraryMessageMaxText)
	}
	return words, nil
}

func oneOf[S ~string](field string, values []S) error {
	names := make([]string, len(values))
	for i, value := range values {
		names[i] = string(value)
	}
	return invalid(field, "api.error.one_of", "Values", strings.Join(names, ", "))
}
