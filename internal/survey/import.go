package survey

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"surveyflow/internal/qsf"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// ImportFile is a QSF file that a survey is made of.
type ImportFile struct {
	Data     []byte
	FileName string // as it is called; may be empty
	Name     string // of the survey; empty means the one in the file
	Untitled string // its name when neither says one
}

// maxImportName is how many characters the name of a survey, and of a file in its report, may have.
const maxImportName = 200

// Import makes a survey of a QSF file for the actor, with a public link, as a draft. What becomes of each part of the file is
// told line by line, and kept. Nothing that the product does not use yet is dropped: it comes back in exports.
//
// It fails with models.CodeInvalid, on the field file, when there is no survey in the file.
func Import(ctx context.Context, st *store.Store, a models.Actor, in ImportFile) (*models.Survey, *models.SurveyImport, error) {
	file, err := qsf.DecodeFile(in.Data)
	if err != nil {
		return nil, nil, err
	}
	s, link := Begin(a.UserID, cutRunes(cmp.Or(in.Name, file.Name, in.Untitled), maxImportName))
	link.Name = s.Name
	s.Draft.V, s.NextQID = file.Definition, file.NextQID
	if len(s.Draft.V.Blocks) == 0 { // a survey has one page at least
		s.Draft.V.Blocks = NewDefinition(s.Draft.V.Language).Blocks
	}
	i := &models.SurveyImport{FileName: cutRunes(models.CleanText(in.FileName), maxImportName), Size: int64(len(in.Data))}
	i.Report.V = file.Report
	attention(&s.Draft.V, &i.Report.V)
	return s, i, st.CreateImportedSurvey(ctx, a, s, link, i)
}

// attention adds what has to be mended before the survey can be put live.
func attention(def *models.SurveyDefinition, r *models.ImportReport) {
	e, ok := errors.AsType[*models.Error](Check(def))
	if !ok {
		return
	}
	for _, f := range e.Fields {
		item, _, _ := strings.Cut(f.Field, ".")
		l := models.ImportLine{Kind: models.ImportAttention, Item: item, Key: f.Key, Args: f.Args}
		if q := def.Question(item); q != nil {
			l.Name = ShortText(q.Text)
		}
		r.Lines = append(r.Lines, l)
	}
}

func cutRunes(text string, most int) string {
	if all := []rune(text); len(all) > most {
		return string(all[:most])
	}
	return text
}
