package report_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/report"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

var manyRows = flag.Int("rows", 20000, "responses that the benchmarks export")

// BenchmarkExport writes all responses of a survey in each format, as a job does. It tells rows per second and the largest
// resident size while it writes, with what the size was before: go test ./internal/report -bench Export -benchtime 1x -rows 1000000.
func BenchmarkExport(b *testing.B) {
	for name, open := range map[string]func(testing.TB) storetest.Database{"sqlite": storetest.NewSQLite, "postgres": storetest.NewPostgres} {
		s := newBench(b, open(b), definition)
		_, err := s.d.SQL(b).Exec(insertMany(s, *manyRows))
		s.Check(err)
		if s.d.Shared() {
			_, err = s.d.SQL(b).Exec("ANALYZE responses")
			s.Check(err)
		}
		s.clock.Advance(time.Second)
		for _, format := range report.Formats {
			b.Run(name+"/"+string(format), func(b *testing.B) {
				for b.Loop() {
					rows, before, most, size := s.measured(report.Options{Format: format})
					b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
					b.ReportMetric(float64(before)/1e6, "MB-before")
					b.ReportMetric(float64(most)/1e6, "MB-most")
					b.ReportMetric(float64(size)/1e6, "MB-file")
				}
			})
		}
	}
}

// measured works on an export and looks at the resident size after each step.
func (b *bench) measured(o report.Options) (rows, before, most, size int64) {
	j, err := b.report.Start(b.Context(), b.Actor, b.survey.ID, o)
	b.Check(err)
	debug.FreeOSMemory()
	before = resident(b)
	c, err := b.Store.ClaimJob(context.Background(), "ND_jobs")
	b.Check(err)
	for state := store.JobGoesOn; state == store.JobGoesOn; {
		state, err = b.Store.StepJob(b.Context(), c, b.report.Step)
		b.Check(err)
		most = max(most, resident(b))
	}
	row, err := b.Store.Job(b.Context(), b.Actor, j.ID)
	b.Check(err)
	f, err := b.Store.File(b.Context(), b.Actor, row.FileID)
	b.Check(err)
	return row.Done, before, most, f.Size
}

// resident gives the resident size of this process in bytes.
func resident(t testing.TB) int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.Sys) //nolint:gosec // far below the limit
	}
	fields := strings.Fields(string(bytes.TrimSpace(text)))
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// BenchmarkPages reads what the pages of reports show: go test ./internal/report -bench Pages -rows 1000000.
func BenchmarkPages(b *testing.B) {
	for name, open := range map[string]func(testing.TB) storetest.Database{"sqlite": storetest.NewSQLite, "postgres": storetest.NewPostgres} {
		s := newBench(b, open(b), definition)
		_, err := s.d.SQL(b).Exec(insertMany(s, *manyRows))
		s.Check(err)
		_, err = s.d.SQL(b).Exec("INSERT INTO response_counts (survey_id, state, shard, n) VALUES ('" + s.survey.ID + "', 'completed', 99, " + strconv.Itoa(*manyRows) + ")")
		s.Check(err)
		if s.d.Shared() {
			_, err = s.d.SQL(b).Exec("ANALYZE responses")
			s.Check(err)
		}
		s.clock.Advance(time.Hour)
		deep := "20260926T000000.000000~R_"
		if *manyRows > 1 {
			deep = "20261126T040000.000000~R_" + strings.Repeat("0", 15)
		}
		for page, q := range map[string]report.ViewQuery{"newest": {}, "oldest": {Oldest: true}, "deep": {After: deep}, "period": {From: noon.Add(-9 * time.Hour), To: noon.Add(-8 * time.Hour)}} {
			q.Limit = 50
			b.Run(name+"/view-"+page, func(b *testing.B) {
				for b.Loop() {
					v, err := s.report.View(b.Context(), s.survey, q)
					s.Check(err)
					if len(v.Rows) == 0 {
						b.Fatal("no rows")
					}
				}
			})
		}
		b.Run(name+"/results-first", func(b *testing.B) {
			for b.Loop() {
				s.Check(s.Store.SaveSurveyResults(b.Context(), models.SurveyResults{SurveyID: s.survey.ID}))
				s.report = report.New(s.Store, survey.New(s.Store, s.clock), s.clock)
				for r, err := s.report.Results(b.Context(), s.survey); !r.Whole; r, err = s.report.Results(b.Context(), s.survey) {
					s.Check(err)
				}
			}
		})
		b.Run(name+"/results-kept", func(b *testing.B) {
			for b.Loop() {
				_, err := s.report.Results(b.Context(), s.survey)
				s.Check(err)
			}
		})
	}
}
