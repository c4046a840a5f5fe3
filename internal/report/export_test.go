package report_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"surveyflow/internal/clock"
	"surveyflow/internal/report"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// bench is an instance with a survey of every kind of column.
type bench struct {
	*storetest.Instance
	d      storetest.Database
	clock  *clock.Fake
	report *report.Service
	survey *models.Survey
}

var definition = models.SurveyDefinition{
	Language: "en",
	EmbeddedData: []models.EmbeddedField{
		{Name: "segment"},
	},
	Blocks: []models.Block{{ID: "BL_1", Questions: []models.Question{
		{ID: "QID1", Type: models.QuestionSingleChoice, Text: "How <b>was</b> it?", Tag: "mood", Choices: []models.Choice{
			{ID: 1, Text: "Good", Recode: "10"}, {ID: 2, Text: "Bad"}, {ID: 3, Text: "Other", TextEntry: true},
		}},
		{ID: "QID2", Type: models.QuestionMultipleChoice, Text: "Which?", Choices: []models.Choice{{ID: 1, Text: "Web, mobile"}, {ID: 2, Text: "Phone"}, {ID: 3, Text: "Shop"}}},
		{ID: "QID3", Type: models.QuestionLongText, Text: "Why?"},
		{ID: "QID4", Type: models.QuestionMatrix, Text: "Rate", Rows: []models.Choice{{ID: 1, Text: "Food"}, {ID: 2, Text: "Room"}}, Choices: []models.Choice{{ID: 1, Text: "Low"}, {ID: 2, Text: "High"}}},
		{ID: "QID5", Type: models.QuestionNPS, Text: "Recommend?"},
		{ID: "QID6", Type: models.QuestionNumber, Text: "How many?"},
		{ID: "QID7", Type: models.QuestionRanking, Text: "Order", Choices: []models.Choice{{ID: 1, Text: "A"}, {ID: 2, Text: "B"}}},
		{ID: "QID8", Type: models.QuestionStatement, Text: "Thanks"},
	}}},
}

func each(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) { test(t, newBench(t, d, definition)) })
}

func newBench(t testing.TB, d storetest.Database, def models.SurveyDefinition) *bench {
	t.Helper()
	c := clock.NewFake(noon)
	b := &bench{d: d, clock: c, Instance: storetest.NewInstance(t, d.Open(t, storetest.Options{Clock: c}), c)}
	b.report = report.New(b.Store, survey.New(b.Store, c), c)
	b.survey = b.Survey
	b.publish(def)
	return b
}

// publish puts another version live.
func (b *bench) publish(def models.SurveyDefinition) {
	b.Helper()
	v, err := b.Store.Survey(b.Context(), b.Actor, b.survey.ID)
	b.Check(err)
	v.Draft.V, v.Name = def, "Stay: 2026/27"
	_, err = b.Store.SaveSurveyDraft(b.Context(), b.Actor, v, 0)
	b.Check(err)
	b.survey, err = b.Store.PutSurveyLive(b.Context(), b.Actor, v.ID, 0)
	b.Check(err)
}

// answer stores a response, recorded a minute after the one before.
func (b *bench) answer(answers models.Answers, fields map[string]string, state models.ResponseState) *models.Response {
	b.Helper()
	b.clock.Advance(time.Minute)
	now := b.clock.Now()
	r := b.Response()
	r.SurveyVersion, r.State, r.StartedAt, r.Channel, r.IP = b.survey.Version, state, now.Add(-30*time.Second), models.ChannelLink, "192.0.2.7"
	r.Answers.V, r.Fields.V = answers, fields
	if state == models.ResponseInProgress {
		expires := now.Add(time.Hour)
		r.RecordedAt, r.ExpiresAt = nil, &expires
	}
	b.Check(b.Store.Accept(&store.Acceptance{Response: r, SurveyRev: b.LiveRev()}))
	return r
}

func (b *bench) answers() {
	b.answer(models.Answers{
		"QID1": {Choices: []int{3}, Other: map[int]string{3: "=1+1"}}, "QID2": {Choices: []int{1, 3}}, "QID3": {Text: "line \"one\"\nline two, with comma"},
		"QID4": {Rows: map[int]models.Answer{1: {Choices: []int{2}}}}, "QID5": {Number: "9"}, "QID6": {Number: "-2.5"}, "QID7": {Choices: []int{2, 1}},
	}, map[string]string{"segment": "gold", "custom1": "c-1", "referrer": "newsletter", "Zeta": "z"}, models.ResponseCompleted)
	b.answer(models.Answers{"QID1": {Choices: []int{1}}, "QID5": {Number: "3"}}, nil, models.ResponsePartial)
	b.answer(models.Answers{"QID3": {Text: "unfinished"}}, nil, models.ResponseInProgress)
}

var errCrash = errors.New("the process died")

// export makes a file by a job; every third step is lost to a crash, and takes part in nothing.
func (b *bench) export(o report.Options) (*models.Job, []byte) {
	b.Helper()
	b.clock.Advance(time.Second)
	j, err := b.report.Start(b.Context(), b.Actor, b.survey.ID, o)
	b.Check(err)
	random := rand.New(rand.NewPCG(1, 2))
	for {
		c, err := b.Store.ClaimJob(b.Context(), "ND_jobs")
		b.Check(err)
		if c == nil {
			break
		}
		for state := store.JobGoesOn; state == store.JobGoesOn; {
			state, err = b.Store.StepJob(b.Context(), c, func(ctx context.Context, tx *store.Store, j *models.Job) (store.JobNext, error) {
				next, err := report.New(b.Store, survey.New(b.Store, b.clock), b.clock).Step(ctx, tx, j) // by another process each time
				if err == nil && random.IntN(3) == 0 {
					return next, errCrash
				}
				return next, err
			})
			if !errors.Is(err, errCrash) {
				b.Check(err)
			}
		}
	}
	row, err := b.Store.Job(b.Context(), b.Actor, j.ID)
	b.Check(err)
	if row.Status != models.JobSucceeded || row.Done != row.Total {
		b.Fatalf("the job is %+v", row.Job)
	}
	f, err := b.Store.File(b.Context(), b.Actor, row.FileID)
	b.Check(err)
	var content bytes.Buffer
	b.Check(b.Store.WriteFile(b.Context(), f, &content))
	return &row.Job, content.Bytes()
}

// small makes the same file at once.
func (b *bench) small(o report.Options) (*report.Small, []byte) {
	b.Helper()
	b.clock.Advance(time.Second)
	f, err := b.report.Small(b.Context(), b.Actor, b.survey.ID, o)
	b.Check(err)
	var content bytes.Buffer
	b.Check(f.Write(&content))
	return f, content.Bytes()
}

// records reads a table as maps by the first header.
func records(t *testing.T, content []byte, comma rune) (header []string, rows []map[string]string) {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(content))
	r.Comma = comma
	all, err := r.ReadAll()
	if err != nil {
		t.Fatalf("read table: %v\n%s", err, content)
	}
	for _, line := range all[1:] {
		row := map[string]string{}
		for i, cell := range line {
			row[all[0][i]] = cell
		}
		rows = append(rows, row)
	}
	return all[0], rows
}

func pick(row map[string]string, names ...string) []string {
	var out []string
	for _, name := range names {
		cell, ok := row[name]
		if !ok {
			cell = "(none)"
		}
		out = append(out, cell)
	}
	return out
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestATableHasEverythingThatWasAnsweredAndPassed(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.answers()
		_, content := b.export(report.Options{Format: report.FormatCSV, Defuse: true, Zone: "Europe/Berlin"})
		header, rows := records(t, content, ',')
		same(t, "header", header, []string{
			"StartDate", "EndDate", "Status", "IPAddress", "Progress", "Duration (in seconds)", "Finished", "RecordedDate", "ResponseId", "RecipientLastName", "RecipientFirstName", "RecipientEmail",
			"ExternalReference", "RecipientPhone", "DistributionChannel", "UserLanguage", "crk",
			"mood", "mood_3_TEXT", "Q2", "Q3", "Q4_1", "Q4_2", "Q5", "Q5_NPS_GROUP", "Q6", "Q7_1", "Q7_2", "segment", "referrer", "custom1", "Zeta",
		})
		if len(rows) != 2 {
			t.Fatalf("%d rows", len(rows))
		}
		same(t, "first", pick(rows[0], "RecordedDate", "Duration (in seconds)", "Finished", "IPAddress", "mood", "mood_3_TEXT", "Q2", "Q3", "Q4_1", "Q4_2", "Q5", "Q5_NPS_GROUP", "Q6", "Q7_1", "Q7_2", "segment", "referrer", "custom1", "Zeta"),
			[]string{"2026-11-26 13:01:00", "30", "True", "192.0.2.7", "Other", "'=1+1", "Web, mobile; Shop", "line \"one\"\nline two, with comma", "High", "", "9", "Promoter", "-2.5", "2", "1", "gold", "newsletter", "c-1", "z"})
		same(t, "second", pick(rows[1], "mood", "Q2", "Q5_NPS_GROUP", "Finished", "Progress"), []string{"Good", "", "Detractor", "False", "0"})
		if _, again := b.small(report.Options{Format: report.FormatCSV, Defuse: true, Zone: "Europe/Berlin"}); !bytes.Equal(content, again) {
			t.Errorf("written at once it is another file:\n%s\n%s", content, again)
		}

		_, content = b.export(report.Options{Format: report.FormatTSV, Show: report.ShowBoth, Split: true, States: []models.ResponseState{models.ResponseCompleted}})
		_, rows = records(t, content, '\t')
		same(t, "both", pick(rows[0], "mood", "mood - Label", "mood_3_TEXT", "Q2_1", "Q2_2", "Q2_3", "Q4_1", "Q4_1 - Label"), []string{"3", "Other", "=1+1", "1", "0", "1", "2", "High"})
		_, content = b.export(report.Options{Format: report.FormatCSV, States: []models.ResponseState{models.ResponseInProgress}, Columns: []string{"QID3", "recordedDate"}, BOM: true})
		if want := "\xef\xbb\xbfRecordedDate,Q3\r\n,unfinished\r\n"; string(content) != want {
			t.Errorf("unfinished ones: %q, want %q", content, want)
		}
	})
}

func TestWhatOlderVersionsAskedIsKept(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.answer(models.Answers{"QID1": {Choices: []int{2}}, "QID2": {Choices: []int{2}}}, nil, models.ResponseCompleted)
		def := definition
		def.Blocks = []models.Block{{ID: "BL_1", Questions: []models.Question{
			{ID: "QID9", Type: models.QuestionShortText, Text: "New?"},
			{ID: "QID1", Type: models.QuestionSingleChoice, Text: "How was it?", Tag: "mood", Choices: []models.Choice{{ID: 1, Text: "Great"}, {ID: 4, Text: "So so"}}},
		}}}
		b.publish(def)
		b.answer(models.Answers{"QID1": {Choices: []int{4}}, "QID9": {Text: "yes"}}, nil, models.ResponseCompleted)
		_, content := b.export(report.Options{Format: report.FormatCSV})
		header, rows := records(t, content, ',')
		if i := slices.Index(header, "Q9"); i < 0 || header[i+1] != "mood" || !slices.Contains(header, "Q2") {
			t.Errorf("the header is %v", header)
		}
		same(t, "old", pick(rows[0], "mood", "Q2", "Q9"), []string{"Bad", "Phone", ""})
		same(t, "new", pick(rows[1], "mood", "Q2", "Q9"), []string{"So so", "", "yes"})
	})
}

func TestAnonymousResponsesAreExportedWithoutTheirPeople(t *testing.T) {
	t.Parallel()
	def := definition
	def.Anonymous = true
	b := newBench(t, storetest.NewSQLite(t), def)
	crk := "key-1"
	r := b.Response()
	r.SurveyVersion, r.IP, r.Crk = b.survey.Version, "192.0.2.7", &crk
	b.Check(b.Store.Accept(&store.Acceptance{Response: r, SurveyRev: b.LiveRev()}))
	for _, o := range []report.Options{{Format: report.FormatCSV}, {Format: report.FormatCSV, API: true, Headers: report.HeaderAPI}, {Format: report.FormatJSON}, {Format: report.FormatXML}} {
		_, content := b.small(o)
		for _, secret := range []string{"192.0.2.7", "key-1", "12:00"} {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%+v tells %q:\n%s", o, secret, content)
			}
		}
	}
	header, _ := records(t, second(b.small(report.Options{Format: report.FormatCSV})), ',')
	for _, name := range []string{"IPAddress", "crk", "RecipientEmail", "Duration (in seconds)"} {
		if slices.Contains(header, name) {
			t.Errorf("there is a column %s", name)
		}
	}
}

func second[A, B any](_ A, b B) B { return b }

// A file of thousands of responses, made in many steps by processes that die, has each of them once in every format.
func TestEveryFormatHasEveryResponseOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		const n = 2345
		_, err := b.d.SQL(t).Exec(insertMany(b, n))
		b.Check(err)
		for _, f := range report.Formats {
			if f == report.FormatPDF && b.d.Shared() { // slow, and the same on both
				continue
			}
			o := report.Options{Format: f, Columns: []string{"_recordId", "QID3"}}
			j, content := b.export(o)
			if j.Total != n {
				t.Errorf("%s: %d responses", f, j.Total)
			}
			ids := idsIn(t, f, content)
			if f == report.FormatPDF {
				continue
			}
			if len(ids) != n {
				t.Errorf("%s: %d responses in the file", f, len(ids))
			}
			if slices.Sort(ids); len(slices.Compact(ids)) != n {
				t.Errorf("%s: some are there twice", f)
			}
			o.Compress = f != report.FormatXLSX
			if o.Compress {
				_, zipped := b.export(o)
				if files := unzip(t, zipped); len(files) != 1 || !bytes.Equal(unstamped(f, files[0].content), unstamped(f, content)) {
					t.Errorf("%s: packed it is another", f)
				}
			}
		}
		j, content := b.export(report.Options{Format: report.FormatCSV, Limit: 1003, Continue: true, API: true, Headers: report.HeaderNone, Columns: []string{"_recordId"}})
		first := strings.Fields(string(content))
		_, content = b.export(report.Options{Format: report.FormatCSV, API: true, After: b.report.Cursor(j), Headers: report.HeaderNone, Columns: []string{"_recordId"}})
		rest := strings.Fields(string(content))
		if len(first) != 1003 || len(rest) != n-1003 || slices.Contains(rest, first[1002]) {
			t.Errorf("%d, then %d responses", len(first), len(rest))
		}
	})
}

// unstamped takes the time at which it was asked for out of a file.
func unstamped(f report.Format, content []byte) []byte {
	if f != report.FormatSPSS {
		return content
	}
	return slices.Concat(content[:92], content[109:])
}

// insertMany spells a statement that adds completed responses.
func insertMany(b *bench, n int) string {
	numbers := "WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < " + strconv.Itoa(n) + ")"
	at := "'2026-11-26 0' || (i % 10) || ':00:00+00:00'"
	id := "'R_' || printf('%015d', i)"
	if b.d.Shared() {
		numbers = "WITH k AS (SELECT i FROM generate_series(1, " + strconv.Itoa(n) + ") AS i)"
		at = "TIMESTAMPTZ '2026-11-26 00:00:00Z' + (i % 10) * INTERVAL '1 hour'"
		id = "'R_' || lpad(i::text, 15, '0')"
	}
	answers := `'{"QID1":{"choices":[' || (i % 3 + 1) || ']},"QID2":{"choices":[1,3]},"QID3":{"text":"Comment number ' || i || ', as people write them: kind and short."},"QID5":{"number":' || (i % 11) || '},"QID6":{"number":' || i || '}}'`
	return numbers + ` INSERT INTO responses (id, org_id, survey_id, survey_version, collector_id, token_hash, state, channel, language, answers, fields, page, rev, ip, user_agent, started_at, updated_at, recorded_at)
		SELECT ` + id + `, '` + b.Actor.OrgID + `', '` + b.survey.ID + `', ` + strconv.Itoa(b.survey.Version) + `, '` + b.Collector.ID + `', '', 'completed', 'anonymous', 'en', ` + answers + `, '{"segment":"gold"}', 'BL_1', 1, '192.0.2.7', '', ` +
		at + `, ` + at + `, ` + at + ` FROM k`
}

type zipped struct {
	name    string
	content []byte
}

func unzip(t *testing.T, content []byte) []zipped {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var all []zipped
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		inner, err := io.ReadAll(r)
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		all = append(all, zipped{f.Name, inner})
	}
	return all
}

// idsIn reads the ids of the responses in a file.
func idsIn(t *testing.T, f report.Format, content []byte) []string {
	t.Helper()
	var ids []string
	type one struct {
		ResponseID string `json:"ResponseId"`
	}
	check := func(err error) {
		if err != nil {
			t.Fatalf("read %s: %v", f, err)
		}
	}
	switch f {
	case report.FormatCSV, report.FormatTSV:
		comma := ','
		if f == report.FormatTSV {
			comma = '\t'
		}
		_, rows := records(t, content, comma)
		for _, r := range rows {
			ids = append(ids, r["ResponseId"])
		}
	case report.FormatXLSX:
		x, err := excelize.OpenReader(bytes.NewReader(content))
		check(err)
		rows, err := x.GetRows("Responses")
		check(err)
		for _, r := range rows[1:] {
			ids = append(ids, r[0])
		}
	case report.FormatJSON:
		var all struct{ Responses []one }
		check(json.Unmarshal(content, &all))
		for _, r := range all.Responses {
			ids = append(ids, r.ResponseID)
		}
	case report.FormatNDJSON:
		for d := json.NewDecoder(bytes.NewReader(content)); d.More(); {
			var r one
			check(d.Decode(&r))
			ids = append(ids, r.ResponseID)
		}
	case report.FormatXML:
		var all struct {
			Response []struct{ ResponseId string } //nolint:revive // as the element is called
		}
		check(xml.Unmarshal(content, &all))
		for _, r := range all.Response {
			ids = append(ids, r.ResponseId)
		}
	case report.FormatSPSS:
		s := parseSystem(t, content)
		all, _ := s.column(t, "ResponseId")
		for _, id := range all {
			ids = append(ids, id.(string))
		}
	case report.FormatPDF:
		for _, file := range unzip(t, content) {
			if !bytes.HasPrefix(file.content, []byte("%PDF-")) || !bytes.HasSuffix(bytes.TrimSpace(file.content), []byte("%%EOF")) {
				t.Errorf("%s is no document", file.name)
			}
		}
	}
	return ids
}

func TestASpreadsheetHasNumbersTimesAndTexts(t *testing.T) {
	t.Parallel()
	b := newBench(t, storetest.NewSQLite(t), definition)
	b.answers()
	long := strings.Repeat("ü😀", 20000)
	b.answer(models.Answers{"QID3": {Text: long}, "QID6": {Number: "12345678901234567890"}, "QID1": {Choices: []int{3}, Other: map[int]string{3: "_x0041_ a\tb & <c>\x01"}}}, nil, models.ResponseCompleted)
	j, content := b.export(report.Options{Format: report.FormatXLSX, Headers: report.HeaderTexts, Zone: "Europe/Berlin"})
	x, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := x.GetRows("Responses")
	if err != nil {
		t.Fatal(err)
	}
	at := func(row int, name string) string {
		i := slices.Index(rows[0], name)
		if i >= len(rows[row]) {
			return ""
		}
		return rows[row][i]
	}
	if got := rows[1][slices.Index(rows[0], "mood_3_TEXT")]; got != "How was it? - Other - Text" {
		t.Errorf("the second head is %q", got)
	}
	same(t, "first", []string{at(2, "RecordedDate"), at(2, "mood_3_TEXT"), at(2, "Q6"), at(2, "Q3")}, []string{"2026-11-26 13:01:00", "=1+1", "-2.5", "line \"one\"\nline two, with comma"})
	cell, err := excelize.CoordinatesToCellName(slices.Index(rows[0], "Q6")+1, 3)
	b.Check(err)
	if kind, err := x.GetCellType("Responses", cell); err != nil || kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber {
		t.Errorf("a number is of type %v, %v", kind, err)
	}
	same(t, "odd texts", []string{at(4, "mood_3_TEXT"), at(4, "Q6")}, []string{"_x0041_ a\tb & <c>", "12345678901234567890"})
	if got := at(4, "Q3"); len([]rune(got)) > 32767 || !strings.HasSuffix(got, "…") || j.Report.V.Notes["cut"] != 1 {
		t.Errorf("a long text has %d characters; notes %v", len([]rune(got)), j.Report.V.Notes)
	}
}

func TestOptionsThatMakeNoFileAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, storetest.NewSQLite(t), definition)
	for field, o := range map[string]report.Options{
		"format": {Format: "sav"}, "show": {Format: "csv", Show: "x"}, "headers": {Format: "csv", Headers: "x"}, "timeZone": {Format: "csv", Zone: "Mars/Base"},
		"endDate": {Format: "csv", From: noon, To: noon}, "continuationToken": {Format: "csv", After: "x"},
	} {
		_, err := b.report.Start(t.Context(), b.Actor, b.survey.ID, o)
		var e *models.Error
		if !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	stranger := b.User("bob@example.com", models.RoleMember)
	if _, err := b.report.Start(t.Context(), stranger, b.survey.ID, report.Options{Format: "csv"}); models.ErrorCode(err) != models.CodeNotFound {
		t.Errorf("a stranger: %v", err)
	}
}

// Long answers make small steps: what a process holds at once does not grow with them.
func TestLongAnswersMakeSmallSteps(t *testing.T) {
	t.Parallel()
	b := newBench(t, storetest.NewSQLite(t), definition)
	for range 250 {
		b.answer(models.Answers{"QID3": {Text: strings.Repeat("long ", 10000)}}, nil, models.ResponseCompleted)
	}
	b.clock.Advance(time.Second)
	for _, compress := range []bool{false, true} {
		j, content := b.export(report.Options{Format: report.FormatCSV, Compress: compress})
		var largest int
		b.Check(b.d.SQL(t).QueryRow("SELECT MAX(LENGTH(bytes)) FROM file_chunks WHERE file_id = ?", j.FileID).Scan(&largest))
		if largest > 6<<20 || j.Done != 250 || len(content) == 0 {
			t.Errorf("packed %t: the largest part has %d bytes, of %d; %d responses", compress, largest, len(content), j.Done)
		}
	}
}

func TestNobodyFillsTheDatabaseWithExports(t *testing.T) {
	t.Parallel()
	b := newBench(t, storetest.NewSQLite(t), definition)
	for range 20 {
		_, err := b.report.Start(t.Context(), b.Actor, b.survey.ID, report.Options{Format: report.FormatCSV})
		b.Check(err)
	}
	if _, err := b.report.Start(t.Context(), b.Actor, b.survey.ID, report.Options{Format: report.FormatCSV}); models.ErrorCode(err) != models.CodeThrottled {
		t.Errorf("one more: %v", err)
	}
	_, content := b.small(report.Options{Format: report.FormatCSV}) // what is written at once is no job
	if len(content) == 0 {
		t.Error("nothing is written at once")
	}
}
