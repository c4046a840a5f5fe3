package components

// QuestionChoices are the choices of a question, as a condition may name them.
type QuestionChoices struct {
	ID      string
	Choices []Option
}
