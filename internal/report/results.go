package report

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"surveyflow/internal/store"
	"surveyflow/models"
)

// sums are what was counted of responses. They can be added to, and to each other.
type sums struct {
	Counted   int64             // completed and partial
	Completed int64             `json:",omitempty"`
	Durations map[int64]int64   `json:",omitempty"` // completed responses by seconds, see lasting
	Parts     map[string]*tally `json:",omitempty"` // by question id; "QID4_2" for a row or a ranked choice
}

// tally is what was counted of one question, or of one row of it.
type tally struct {
	Answered int64
	Choices  map[int]int64     `json:",omitempty"`
	Numbers  map[float64]int64 `json:",omitempty"`
	Rough    bool              `json:",omitempty"` // numbers were rounded, because there are too many different ones
}

// MarshalJSON writes numbers as names, which JSON has none for.
func (t *tally) MarshalJSON() ([]byte, error) {
	out := storedTally{Answered: t.Answered, Choices: t.Choices, Rough: t.Rough}
	for n, count := range t.Numbers {
		out.Numbers = append(out.Numbers, [2]float64{n, float64(count)})
	}
	return json.Marshal(out)
}

// UnmarshalJSON is the way back.
func (t *tally) UnmarshalJSON(text []byte) error {
	var in storedTally
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	*t = tally{Answered: in.Answered, Choices: in.Choices, Rough: in.Rough}
	for _, pair := range in.Numbers {
		if t.Numbers == nil {
			t.Numbers = map[float64]int64{}
		}
		t.Numbers[pair[0]] = int64(pair[1])
	}
	return nil
}

type storedTally struct {
	Answered int64
	Choices  map[int]int64 `json:",omitempty"`
	Numbers  [][2]float64  `json:",omitempty"`
	Rough    bool          `json:",omitempty"`
}

// maxDistinct is how many different numbers a tally keeps; more are rounded.
const maxDistinct = 2000

func (t *tally) number(n float64, count int64) {
	if t.Numbers == nil {
		t.Numbers = map[float64]int64{}
	}
	if t.Rough {
		n = rounded(n)
	}
	t.Numbers[n] += count
	if len(t.Numbers) <= maxDistinct || t.Rough {
		return
	}
	t.Rough = true
	all := t.Numbers
	t.Numbers = make(map[float64]int64, maxDistinct)
	for n, count := range all {
		t.Numbers[rounded(n)] += count
	}
}

// rounded gives a number with two significant digits and a half: few enough values, and a median right to one per cent.
func rounded(n float64) float64 {
	if n == 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(n)))-2) * 5
	return math.Round(n/unit) * unit
}

// lasting rounds a duration so that few different ones are kept: to the second up to ten minutes, to one per cent above.
func lasting(seconds int64) int64 {
	unit := int64(1)
	for limit := int64(600); seconds >= limit; limit *= 10 {
		unit *= 10
	}
	return seconds / unit * unit
}

func newSums() *sums { return &sums{Durations: map[int64]int64{}, Parts: map[string]*tally{}} }

func (s *sums) part(key string) *tally {
	t := s.Parts[key]
	if t == nil {
		t = &tally{}
		s.Parts[key] = t
	}
	return t
}

// add counts a response.
func (s *sums) add(r *models.Response, l *Layout) {
	s.Counted++
	if r.Finished() {
		s.Completed++
		if !l.anonymous { // days say nothing about how long it took
			s.Durations[lasting(int64(r.Duration()/time.Second))]++
		}
	}
	for id, a := range r.Answers.V {
		if !a.Empty() {
			s.answer(id, a, l.ranked[id])
		}
	}
}

// answer counts an answer; of a ranking also the places of its choices, as "QID4#2".
func (s *sums) answer(key string, a models.Answer, ranked bool) { //nolint:revive // what kind of answer it is
	t := s.part(key)
	t.Answered++
	for i, c := range a.Choices {
		if t.Choices == nil {
			t.Choices = map[int]int64{}
		}
		t.Choices[c]++
		if ranked {
			s.part(key+"#"+strconv.Itoa(c)).number(float64(i+1), 1)
		}
	}
	if a.Number != "" {
		if n, err := a.Number.Float64(); err == nil && !math.IsInf(n, 0) {
			t.number(n, 1)
		}
	}
	for row, answer := range a.Rows {
		if !answer.Empty() {
			s.answer(key+"_"+strconv.Itoa(row), answer, false)
		}
	}
}

// join adds other sums.
func (s *sums) join(other *sums) {
	s.Counted += other.Counted
	s.Completed += other.Completed
	for d, n := range other.Durations {
		s.Durations[d] += n
	}
	for key, o := range other.Parts {
		t := s.part(key)
		t.Answered += o.Answered
		for c, n := range o.Choices {
			if t.Choices == nil {
				t.Choices = map[int]int64{}
			}
			t.Choices[c] += n
		}
		for n, count := range o.Numbers {
			t.number(n, count)
		}
	}
}

// Results is what was answered to a survey, summed up.
type Results struct {
	Completed, Partial, InProgress int64
	Counted                        int64         // responses that are summed up, of Completed and Partial
	Whole                          bool          // all of them are; otherwise asking again counts on
	Median                         time.Duration // of completed ones; 0 when unknown
	Questions                      []QuestionResults
}

// QuestionResults is what was answered to one question.
type QuestionResults struct {
	Question *models.Question
	Answered int64
	Choices  []ChoiceResults // of a question with choices, or the points of a scale
	Rows     []RowResults    // of a matrix or of sliders
	Numbers  *Numbers        // of a question whose answer is a number
	NPS      *NPS
	Places   []PlaceResults // of a ranking, best first
	Text     bool           // its answers are texts
}

// ChoiceResults says how often a choice was chosen.
type ChoiceResults struct {
	ID    int
	Text  string
	Count int64
}

// RowResults is what was answered to one row.
type RowResults struct {
	Text     string
	Answered int64
	Choices  []ChoiceResults
	Numbers  *Numbers
}

// PlaceResults says how a choice was ranked.
type PlaceResults struct {
	Text   string
	Ranked int64
	Mean   float64 // place, 1 is best
	First  int64   // how often it was
}

// Numbers sums numbers up.
type Numbers struct {
	Count                  int64
	Mean, Median, Min, Max float64
	Rough                  bool // the median is right to one per cent
}

// NPS is the net promoter score: the share of promoters less that of detractors, from -100 to 100.
type NPS struct {
	Score                           int
	Promoters, Passives, Detractors int64
}

// results keeps what pages show, by survey: one reading serves all who look until another response comes.
type results struct {
	mu       sync.Mutex
	kept     map[string]*kept
	counting singleflight.Group // one counting of a survey at a time
}

type kept struct {
	key     string // see resultsKey
	results *Results
}

const maxResults = 200

func newResults() *results { return &results{kept: map[string]*kept{}} }

const (
	countFor   = 800 * time.Millisecond // how long one request counts; the next goes on
	countRows  = 2000
	countGrace = 10 * time.Second // responses that young are counted anew each time: an older one may still come in
)

// Results sums up what was answered to a survey that the caller may see. Counting goes on where it stopped: only new responses
// are read. Where many have to be read it takes several calls until the results are whole.
func (s *Service) Results(ctx context.Context, v *models.Survey) (*Results, error) {
	counts, err := s.store.ResponseCounts(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	newest, _, err := s.store.ScanResponses(ctx, store.ResponseScan{SurveyID: v.ID, Newest: true, Limit: 1})
	if err != nil {
		return nil, err
	}
	key := fmt.Sprint(v.Version, counts[v.ID])
	if len(newest) > 0 {
		key += newest[0].ID
	}
	s.results.mu.Lock()
	k := s.results.kept[v.ID]
	s.results.mu.Unlock()
	if k != nil && k.key == key {
		return k.results, nil
	}
	l, err := s.Layout(ctx, v)
	if err != nil {
		return nil, err
	}
	type counted struct {
		sums  *sums
		whole bool
	}
	one, err, _ := s.results.counting.Do(v.ID, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		total, whole, err := s.sum(ctx, v, l, counts[v.ID])
		return counted{total, whole}, err
	})
	if err != nil {
		return nil, err
	}
	whole := one.(counted).whole
	out := l.results(one.(counted).sums)
	out.Completed, out.Partial, out.InProgress = counts[v.ID][models.ResponseCompleted], counts[v.ID][models.ResponsePartial], counts[v.ID][models.ResponseInProgress]
	out.Whole = whole
	if !whole {
		return out, nil
	}
	s.results.mu.Lock()
	defer s.results.mu.Unlock()
	if len(s.results.kept) >= maxResults {
		clear(s.results.kept)
	}
	s.results.kept[v.ID] = &kept{key: key, results: out}
	return out, nil
}

// sum adds what came since the last counting; false when time was up before the end.
func (s *Service) sum(ctx context.Context, v *models.Survey, l Layout, counts map[models.ResponseState]int64) (*sums, bool, error) {
	stored, err := s.store.SurveyResults(ctx, v.ID)
	if err != nil {
		return nil, false, err
	}
	base, place := newSums(), store.Place{}
	if stored.Sums != "" && stored.PlaceAt != nil {
		if err := json.Unmarshal([]byte(stored.Sums), base); err != nil {
			base = newSums()
		} else {
			place = store.Place{At: *stored.PlaceAt, ID: stored.PlaceID}
		}
	}
	if base.Durations == nil {
		base.Durations = map[int64]int64{}
	}
	if base.Parts == nil {
		base.Parts = map[string]*tally{}
	}
	now := s.clock.Now()
	settled := now.Add(-countGrace)
	if l.anonymous { // of these the day is known alone, and their order within it is none
		settled = now.UTC().Truncate(24 * time.Hour)
	}
	until := time.Now().Add(countFor)
	was := base.Counted
	whole, at, err := s.read(ctx, base, store.ResponseScan{SurveyID: v.ID, To: settled, After: place}, &l, until)
	if err != nil {
		return nil, false, err
	}
	if base.Counted != was {
		if err := s.keep(ctx, v, base, at); err != nil {
			return nil, false, err
		}
	}
	if !whole {
		return base, false, nil
	}
	young := newSums()
	if whole, _, err = s.read(ctx, young, store.ResponseScan{SurveyID: v.ID, From: settled}, &l, until); err != nil {
		return nil, false, err
	}
	base.join(young)
	if want := counts[models.ResponseCompleted] + counts[models.ResponsePartial]; whole && base.Counted != want {
		// Some were deleted: what they said cannot be taken out, so that all are counted again.
		if again, err := s.store.ResponseCounts(ctx, v.ID); err != nil || again[v.ID][models.ResponseCompleted]+again[v.ID][models.ResponsePartial] != want {
			return base, true, err
		}
		return base, false, s.store.SaveSurveyResults(ctx, models.SurveyResults{SurveyID: v.ID})
	}
	return base, whole, nil
}

// read counts the responses of a scan until time is up; it tells whether it came to the end, and where it stopped.
func (s *Service) read(ctx context.Context, to *sums, scan store.ResponseScan, l *Layout, until time.Time) (bool, store.Place, error) {
	scan.Limit = countRows
	for {
		found, at, err := s.store.ScanResponses(ctx, scan)
		if err != nil {
			return false, scan.After, err
		}
		for i := range found {
			to.add(&found[i], l)
		}
		scan.After = at
		if len(found) < countRows {
			return true, at, nil
		}
		if time.Now().After(until) {
			return false, at, nil
		}
	}
}

func (s *Service) keep(ctx context.Context, v *models.Survey, base *sums, at store.Place) error {
	text, err := json.Marshal(base)
	if err != nil {
		return fmt.Errorf("write sums: %w", err)
	}
	return s.store.SaveSurveyResults(ctx, models.SurveyResults{SurveyID: v.ID, Version: v.Version, PlaceAt: &at.At, PlaceID: at.ID, Counted: base.Counted, Sums: string(text)})
}

// results words sums by the questions of a layout.
func (l Layout) results(s *sums) *Results {
	out := &Results{Counted: s.Counted, Median: time.Duration(middle(s.Durations)) * time.Second}
	for _, q := range l.Questions {
		out.Questions = append(out.Questions, questionResults(q, s))
	}
	return out
}

func questionResults(q *models.Question, s *sums) QuestionResults {
	t := s.Parts[q.ID]
	if t == nil {
		t = &tally{}
	}
	out := QuestionResults{Question: q, Answered: t.Answered}
	switch q.Type {
	case models.QuestionRanking:
		for _, c := range q.Choices {
			p := PlaceResults{Text: c.Text, Ranked: t.Choices[c.ID]}
			if places := s.Parts[q.ID+"#"+strconv.Itoa(c.ID)]; places != nil {
				p.First = places.Numbers[1]
				if n := numbersOf(places); n != nil {
					p.Mean = n.Mean
				}
			}
			out.Places = append(out.Places, p)
		}
		slices.SortStableFunc(out.Places, func(a, b PlaceResults) int {
			switch {
			case a.Ranked == 0 || b.Ranked == 0:
				return int(min(b.Ranked, 1) - min(a.Ranked, 1))
			case a.Mean < b.Mean:
				return -1
			case a.Mean > b.Mean:
				return 1
			}
			return 0
		})
	case models.QuestionMatrix, models.QuestionMatrixMultiple, models.QuestionSlider:
		for _, r := range q.Rows {
			row := RowResults{Text: r.Text}
			if part := s.Parts[q.ID+"_"+strconv.Itoa(r.ID)]; part != nil {
				row.Answered, row.Numbers = part.Answered, numbersOf(part)
				row.Choices = choicesOf(q.Choices, part)
			} else {
				row.Choices = choicesOf(q.Choices, &tally{})
			}
			out.Rows = append(out.Rows, row)
		}
	case models.QuestionNPS:
		out.Numbers, out.NPS, out.Choices = numbersOf(t), npsOf(t), pointsOf(t, 0, 10)
	case models.QuestionRating:
		out.Numbers, out.Choices = numbersOf(t), pointsOf(t, 1, q.Scale.RatingPoints())
	case models.QuestionNumber:
		out.Numbers = numbersOf(t)
	default:
		if out.Text = len(q.Choices) == 0; !out.Text {
			out.Choices = choicesOf(q.Choices, t)
		}
	}
	return out
}

func choicesOf(all []models.Choice, t *tally) []ChoiceResults {
	out := make([]ChoiceResults, len(all))
	for i, c := range all {
		out[i] = ChoiceResults{ID: c.ID, Text: c.Text, Count: t.Choices[c.ID]}
	}
	return out
}

func pointsOf(t *tally, low, high int) []ChoiceResults {
	out := make([]ChoiceResults, 0, high-low+1)
	for n := low; n <= high; n++ {
		out = append(out, ChoiceResults{ID: n, Text: strconv.Itoa(n), Count: t.Numbers[float64(n)]})
	}
	return out
}

func numbersOf(t *tally) *Numbers {
	if len(t.Numbers) == 0 {
		return nil
	}
	n := &Numbers{Min: math.Inf(1), Max: math.Inf(-1), Rough: t.Rough, Median: middle(t.Numbers)}
	sum := 0.0
	for value, count := range t.Numbers {
		n.Count += count
		sum += value * float64(count)
		n.Min, n.Max = min(n.Min, value), max(n.Max, value)
	}
	n.Mean = sum / float64(n.Count)
	return n
}

// middle gives the median of values by how often each is there; 0 for none. Between two it is the mean of both.
func middle[N int64 | float64](counts map[N]int64) N {
	values := make([]N, 0, len(counts))
	total := int64(0)
	for v, n := range counts {
		values = append(values, v)
		total += n
	}
	if total == 0 {
		return 0
	}
	slices.Sort(values)
	at := func(place int64) N { // counting from 0
		for _, v := range values {
			if place -= counts[v]; place < 0 {
				return v
			}
		}
		return values[len(values)-1]
	}
	if total%2 == 1 {
		return at(total / 2)
	}
	return (at(total/2-1) + at(total/2)) / 2
}

func npsOf(t *tally) *NPS {
	n, total := &NPS{}, int64(0)
	for score, count := range t.Numbers {
		total += count
		switch {
		case score >= promoter:
			n.Promoters += count
		case score >= passive:
			n.Passives += count
		default:
			n.Detractors += count
		}
	}
	if total == 0 {
		return nil
	}
	n.Score = int(math.Round(float64(n.Promoters-n.Detractors) * 100 / float64(total)))
	return n
}

// Text is what a respondent wrote to a question.
type Text struct {
	ResponseID string
	At         time.Time // when the response was recorded; of an anonymous survey the day
	Lines      []string
}

// textScan is how many responses are looked through for the texts of one page.
const textScan = 2000

// Texts reads what was written to a question, also beside its choices: the latest first. It gives the cursor of what follows; a
// page may have fewer texts than the limit although more follow, where few respondents wrote any.
func (s *Service) Texts(ctx context.Context, v *models.Survey, questionID, after string, limit int) ([]Text, string, error) {
	scan := store.ResponseScan{SurveyID: v.ID, Newest: true, Limit: 200}
	if after != "" {
		place, err := parsePlace(after)
		if err != nil {
			return nil, "", err
		}
		scan.After = place
	}
	var out []Text
	for looked := 0; looked < textScan; looked += scan.Limit {
		found, at, err := s.store.ScanResponses(ctx, scan)
		if err != nil {
			return nil, "", err
		}
		for i := range found {
			r := &found[i]
			if lines := textsOf(r.Answers.V[questionID]); len(lines) > 0 {
				out = append(out, Text{ResponseID: r.ID, At: *r.RecordedAt, Lines: lines})
			}
			if len(out) == limit {
				return out, placeText(store.Place{At: *r.RecordedAt, ID: r.ID}), nil
			}
		}
		scan.After = at
		if len(found) < scan.Limit {
			return out, "", nil
		}
	}
	return out, placeText(scan.After), nil
}

// textsOf gives what was typed: the text itself, and those beside choices in their order.
func textsOf(a models.Answer) []string {
	var lines []string
	if a.Text != "" {
		lines = append(lines, a.Text)
	}
	for _, c := range a.Choices {
		if text := a.Other[c]; text != "" {
			lines = append(lines, text)
		}
	}
	return lines
}

// LatestTexts gives the latest texts of each question that has some among the newest responses.
func (s *Service) LatestTexts(ctx context.Context, v *models.Survey, most int) (map[string][]Text, error) {
	found, _, err := s.store.ScanResponses(ctx, store.ResponseScan{SurveyID: v.ID, Newest: true, Limit: 100})
	if err != nil {
		return nil, err
	}
	out := map[string][]Text{}
	for i := range found {
		for id, a := range found[i].Answers.V {
			if lines := textsOf(a); len(lines) > 0 && len(out[id]) < most {
				out[id] = append(out[id], Text{ResponseID: found[i].ID, At: *found[i].RecordedAt, Lines: lines})
			}
		}
	}
	return out, nil
}
