package contact_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/contact"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
)

// BenchmarkManyContacts tells how quick a list with many contacts (20,000, or what CONTACTS says) is: brought by an import, listed,
// searched and exported.
func BenchmarkManyContacts(b *testing.B) {
	many := 20_000
	if n, err := strconv.Atoi(os.Getenv("CONTACTS")); err == nil {
		many = n
	}
	for name, d := range map[string]func(testing.TB) storetest.Database{"SQLite": storetest.NewSQLite, "PostgreSQL": storetest.NewPostgres} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				measureContacts(b, d(b).Open(b, storetest.Options{}), many)
			}
		})
	}
}

func measureContacts(b *testing.B, s *store.Store, many int) {
	b.Helper()
	x := newBench(b, s)
	var text strings.Builder
	text.WriteString("email,first name,last name,phone,customerId,language,plan,tags\n")
	for n := range many {
		fmt.Fprintf(&text, "person%d@example.com,First%d,Last%d,+47%d,C-%d,en,gold,tag%d\n", n, n%5000, n%70000, n, n, n%20)
	}
	took := func(what string, unit float64, do func()) {
		began := time.Now()
		do()
		spent := time.Since(began)
		if unit > 0 {
			b.ReportMetric(unit/spent.Seconds(), what+"/s")
			return
		}
		b.ReportMetric(float64(spent.Microseconds())/1000, what+"-ms")
	}
	i, err := x.upload("people.csv", []byte(text.String()))
	x.Check(err)
	took("imported", float64(many), func() { x.begin(i) })
	again, err := x.upload("people.csv", []byte(strings.ReplaceAll(text.String(), "gold", "silver")))
	x.Check(err)
	took("merged", float64(many), func() { x.begin(again) })
	list := func(f store.ContactFilter) func() {
		return func() {
			_, next, err := s.Contacts(b.Context(), x.Actor, x.list, f)
			x.Check(err)
			f.Before = next
		}
	}
	middle := strconv.Itoa(many / 2)
	for what, f := range map[string]store.ContactFilter{
		"page": {}, "email": {Search: "person" + middle}, "name": {Search: "first4999 last"}, "last": {Search: "last6999"}, "reference": {Search: "C-" + middle},
		"nothing": {Search: "zzz"}, "wide": {Search: "p"}, "tag": {Tag: "tag7"}, "tag+search": {Tag: "tag7", Search: "person7"},
	} {
		list(f)() // once, for what is read first
		took(what, 0, list(f))
	}
	l, err := s.ContactList(b.Context(), x.Actor, x.list)
	x.Check(err)
	for _, format := range []contact.ExportFormat{contact.ExportCSV, contact.ExportXLSX} {
		_, err := x.service.Export(b.Context(), x.Actor, l, format)
		x.Check(err)
		took("exported-"+string(format), float64(many), func() { x.work(x.service.ExportStep) })
	}
}
