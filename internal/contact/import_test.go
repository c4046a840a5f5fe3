package contact_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"surveyflow/internal/clock"
	"surveyflow/internal/contact"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// bench is an instance with a list.
type bench struct {
	*storetest.Instance
	service *contact.Service
	list    string
}

func newBench(t testing.TB, s *store.Store) *bench {
	t.Helper()
	i := storetest.NewInstance(t, s, clock.System{})
	l := &models.ContactList{ID: models.NewID(models.PrefixList), Name: "Customers"}
	i.Check(s.CreateContactList(t.Context(), i.Actor, l))
	return &bench{Instance: i, service: contact.New(s, clock.System{}), list: l.ID}
}

func (b *bench) upload(name string, file []byte) (*models.ContactImport, error) {
	return b.service.Upload(b.Context(), b.Actor, b.list, name, bytes.NewReader(file), int64(len(file)))
}

// work does what a node does with the one job there is, and gives the job as it ended.
func (b *bench) work(step store.JobStep) *models.Job {
	b.Helper()
	claimed, err := b.Store.ClaimJob(b.Context(), "ND_1")
	b.Check(err)
	if claimed == nil {
		b.Fatal("there is no job")
	}
	for state := store.JobGoesOn; state == store.JobGoesOn; {
		state, err = b.Store.StepJob(b.Context(), claimed, step)
		b.Check(err)
	}
	j, err := b.Store.Job(b.Context(), b.Actor, claimed.ID)
	b.Check(err)
	return &j.Job
}

// begin imports a file and gives its job as it ended.
func (b *bench) begin(i *models.ContactImport) *models.Job {
	b.Helper()
	_, err := b.service.Begin(b.Context(), b.Actor, i)
	b.Check(err)
	return b.work(b.service.ImportStep)
}

// contacts gives all contacts of the list by address.
func (b *bench) contacts() map[string]models.Contact {
	b.Helper()
	all := map[string]models.Contact{}
	f := store.ContactFilter{ByID: true, Page: store.Page{Limit: store.MaxPage}}
	for {
		part, next, err := b.Store.Contacts(b.Context(), b.Actor, b.list, f)
		b.Check(err)
		for _, c := range part {
			if _, twice := all[c.Email]; twice {
				b.Errorf("%s is there twice", c.Email)
			}
			all[c.Email] = c
		}
		if f.Before = next; next == "" {
			return all
		}
	}
}

func (b *bench) file(id string) string {
	b.Helper()
	f, err := b.Store.File(b.Context(), b.Actor, id)
	b.Check(err)
	var out bytes.Buffer
	b.Check(b.Store.WriteFile(b.Context(), f, &out))
	return out.String()
}

const table = "E-post;Fornavn;Etternavn;Språk;Kundenummer;Etiketter;custom1;Lieblingsfarbe;Unsubscribed\r\n" +
	"ada@example.com;Åda;Løvelace;NB;0042;\"vip, ny\";\"a;b\";rød;\r\n" +
	"bob@example.com;Bob;\"Stone \"\"B\"\"\";;;;;;yes\r\n"

func workbook(t testing.TB) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	head := []any{"Email", "First name", "Phone", "Joined", "Score", "Code"}
	born := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
	for n, row := range [][]any{head, {"ada@example.com", "Ada", 4712345678901, born, 0.5, "007"}, {}, {"bob@example.com", "Bob", "+47 1", nil, nil, nil}} {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", n+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(f.SetCellFormula("Sheet1", "E2", "SUM(20,22)"), f.SetCellValue("Sheet1", "E2", 42), f.SetCellFormula("Sheet1", "E2", "SUM(20,22)")); err != nil {
		t.Fatal(err)
	}
	if _, err := f.NewSheet("Empty"); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAFileIsReadHoweverItWasWritten(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		encode := func(e interface{ String(string) (string, error) }) []byte {
			text, err := e.String(table)
			if err != nil {
				t.Fatal(err)
			}
			return []byte(text)
		}
		b := newBench(t, s)
		for name, file := range map[string][]byte{
			"utf-8":               []byte(table),
			"utf-8 with mark":     []byte("\ufeff" + table),
			"utf-16le with mark":  encode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()),
			"utf-16be with mark":  encode(unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder()),
			"utf-16le":            encode(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder()),
			"windows-1252":        encode(charmap.Windows1252.NewEncoder()),
			"utf-8 for Excel":     []byte("sep=;\r\n" + table),
			"utf-8 with commas":   []byte(strings.NewReplacer(";", ",", "a;b", "a;b", "\"vip, ny\"", "\"vip, ny\"").Replace(table)),
			"utf-8 with tabs":     []byte(strings.ReplaceAll(table, ";", "\t")),
			"utf-8 and no breaks": []byte(strings.TrimRight(strings.ReplaceAll(table, "\r\n", "\n"), "\n")),
		} {
			i, err := b.upload(`C:\files\people.csv`, file)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if i.Encoding != strings.Fields(name)[0] || !i.Heading || i.Contacts() != 2 || i.Name != "people.csv" {
				t.Errorf("%s: %+v", name, i)
			}
			if j := b.begin(i); j.Status != models.JobSucceeded || j.Failed != 0 || j.Done != 2 || j.Total != 2 {
				t.Fatalf("%s: %+v", name, j)
			}
			all := b.contacts()
			ada, bob := all["ada@example.com"], all["bob@example.com"]
			if len(all) != 2 || ada.Name() != "Åda Løvelace" || ada.Language != "nb" || ada.ExternalRef != "0042" || !slices.Equal(ada.Tags.V, []string{"ny", "vip"}) || ada.Fields.V["Lieblingsfarbe"] != "rød" || ada.OptedOutAt != nil {
				t.Errorf("%s: ada is %+v", name, ada)
			}
			if bob.LastName != `Stone "B"` || bob.OptedOutAt == nil {
				t.Errorf("%s: bob is %+v", name, bob)
			}
			ids := slices.Collect(maps.Values(all))
			_, err = s.DeleteContacts(t.Context(), b.Actor, b.list, ids[0].ID, ids[1].ID)
			b.Check(err)
		}
	})
}

func TestAWorkbookIsReadAsItsText(t *testing.T) {
	t.Parallel()
	b := newBench(t, storetest.SQLite(t, storetest.Options{}))
	i, err := b.upload("people.xlsx", workbook(t))
	b.Check(err)
	if !slices.Equal(i.Sheets.V, []string{"Sheet1", "Empty"}) || i.Sheet != "Sheet1" || i.Contacts() != 2 {
		t.Fatalf("%+v", i)
	}
	lines, err := b.service.Preview(t.Context(), i, 10)
	b.Check(err)
	if len(lines) != 2 || !slices.Equal(lines[0].Cells, []string{"ada@example.com", "Ada", "4712345678901", "2024-02-29", "42", "007"}) || lines[1].Number != 4 || lines[1].Cells[2] != "+47 1" {
		t.Errorf("the lines are %+v", lines)
	}
	if err := b.service.Reread(t.Context(), b.Actor, i, contact.Reading{Sheet: "Empty", Heading: true}); models.ErrorCode(err) != models.CodeInvalid {
		t.Errorf("an empty sheet: %v", err)
	}
	if j := b.begin(i); j.Done != 2 || j.Failed != 0 {
		t.Errorf("%+v", j)
	}
}

func TestWhatIsNoTableIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, storetest.SQLite(t, storetest.Options{}))
	bomb := func(name string, says uint64) []byte { // what it says is believed: reading more than that is an error of its own
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		if _, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, UncompressedSize64: says}); err != nil {
			t.Fatal(err)
		}
		b.Check(z.Close())
		return out.Bytes()
	}
	for name, file := range map[string][]byte{
		"nothing":         nil,
		"spaces":          []byte(" \r\n \n"),
		"empty cells":     []byte(",,,\n,,\n"),
		"an old workbook": []byte("\xd0\xcf\x11\xe0 and more"),
		"a program":       []byte("\x7fELF\x00\x00\x01\x02 and \x00 more"),
		"an archive":      []byte("PK\x03\x04 and no more"),
		"a bomb":          bomb("xl/worksheets/sheet1.xml", models.ImportMaxInside+1),
		"a bomb of media": bomb("xl/media/image1.png", 100<<20),
		"an open quote":   []byte("email\n\"" + strings.Repeat("x", models.ImportMaxLine+5000)),
		"many columns":    []byte("email\n" + strings.Repeat("x,", models.ImportMaxColumns+1) + "x\n"),
	} {
		i, err := b.upload("x", file)
		if e, ok := errors.AsType[*models.Error](err); !ok || e.Code != models.CodeInvalid || e.Fields[0].Field != "file" {
			t.Errorf("%s: %v, %+v", name, err, i)
		}
	}
}

func TestLinesThatAreRefusedAreReportedAndCanBeMended(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(t, s)
		var text strings.Builder
		text.WriteString("email,first name,formula\n")
		for n := range 1200 {
			switch {
			case n%100 == 7:
				fmt.Fprintf(&text, "no address %d,Ada,=1+1\n", n)
			case n == 600:
				text.WriteString("5d41402abc4b2a76b9719d911017c592,Bob,\n")
			default:
				fmt.Fprintf(&text, "p%d@example.com,Pat,\n", n)
			}
		}
		i, err := b.upload("people.csv", []byte(text.String()))
		b.Check(err)
		i.Tags.V = []string{"fair"}
		j := b.begin(i)
		if j.Status != models.JobSucceeded || j.Total != 1200 || j.Done != 1200 || j.Failed != 13 || j.Report.V.Notes["added"] != 1187 {
			t.Fatalf("%+v", j)
		}
		if line := j.Report.V.Lines[0]; line.Item != "9" || line.Error.Key != "contact.error.email" {
			t.Errorf("the first line is %+v", line)
		}
		lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.file(j.FileID), "\ufeff"))).ReadAll()
		b.Check(err)
		if len(lines) != 14 || !slices.Equal(lines[0], []string{"Line", "Reason", "email", "first name", "formula"}) || !slices.Equal(lines[1], []string{"9", "Enter an e-mail address such as ada@example.com.", "no address 7", "Ada", "'=1+1"}) {
			t.Errorf("the report is %q", lines)
		}
		if why := lines[7]; why[0] != "602" || !strings.Contains(why[1], "hash") {
			t.Errorf("of a hash is said %q", why)
		}
		if l, err := s.ContactList(t.Context(), b.Actor, b.list); err != nil || l.Contacts != 1187 {
			t.Errorf("%+v, %v", l, err)
		}

		mended, err := b.upload("again.csv", []byte(strings.ReplaceAll(b.file(j.FileID), "no address ", "mended")))
		b.Check(err)
		if to := mended.Columns.V[0].To; to != models.ImportField || mended.Columns.V[2].To != "email" {
			t.Errorf("the columns are %+v", mended.Columns.V)
		}
		if _, err := b.service.Begin(t.Context(), b.Actor, i); models.ErrorCode(err) != models.CodeConflict {
			t.Errorf("started twice: %v", err)
		}
		// What was uploaded is gone once it was imported, and so is what was never started after its time.
		if _, err := s.FileParts(t.Context(), i.RowsID); models.ErrorCode(err) != models.CodeNotFound {
			t.Errorf("the lines are still there: %v", err)
		}
	})
}

func TestAnImportMergesByItsRule(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(t, s)
		run := func(merge models.MergeRule, text string) *models.Job {
			t.Helper()
			i, err := b.upload("people.csv", []byte("email,customerId,name,tags,plan\n"+text))
			b.Check(err)
			i.Merge = merge
			return b.begin(i)
		}
		run(models.MergeEmail, "ada@example.com,1,Ada,vip,gold\nADA@example.com,,,new,\nbob@example.com,2,Bob,,\n")
		j := run(models.MergeExternal, "ada@new.example.com,1,,,silver\nbob@example.com,2,Bob,,\nchi@example.com,3,Chi,vip,\n")
		if notes := j.Report.V.Notes; notes["added"] != 1 || notes["updated"] != 1 || notes["unchanged"] != 1 {
			t.Errorf("%v", notes)
		}
		all := b.contacts()
		if ada := all["ada@new.example.com"]; len(all) != 3 || ada.FirstName != "Ada" || ada.Fields.V["plan"] != "silver" || !slices.Equal(ada.Tags.V, []string{"new", "vip"}) {
			t.Errorf("%+v", all)
		}
		found, _, err := s.Contacts(t.Context(), b.Actor, b.list, store.ContactFilter{Tag: "vip"})
		if err != nil || len(found) != 2 {
			t.Errorf("by tag: %+v, %v", found, err)
		}
		i, err := b.upload("people.csv", []byte("email,name\nx@example.com,X\n"))
		b.Check(err)
		i.Merge = models.MergeExternal
		if _, err := b.service.Begin(t.Context(), b.Actor, i); models.ErrorCode(err) != models.CodeInvalid {
			t.Errorf("without the column: %v", err)
		}
	})
}

// Whatever breaks off between two parts, or in one, no line is imported twice and none is left out.
func TestAnImportThatBreaksOffGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(t, s)
		var text strings.Builder
		text.WriteString("email,customerId\n")
		for n := range 2600 {
			fmt.Fprintf(&text, "p%d@example.com,%d\n", n, n)
		}
		i, err := b.upload("people.csv", []byte(text.String()))
		b.Check(err)
		i.Merge = models.MergeNone // a line that came twice would be two contacts
		_, err = b.service.Begin(t.Context(), b.Actor, i)
		b.Check(err)
		claimed, err := s.ClaimJob(t.Context(), "ND_1")
		b.Check(err)
		broken := errors.New("broken off")
		for n := 0; ; n++ {
			ctx, cancel := context.WithCancel(t.Context())
			state, err := s.StepJob(ctx, claimed, func(ctx context.Context, tx *store.Store, j *models.Job) (store.JobNext, error) {
				next, err := b.service.ImportStep(ctx, tx, j)
				switch n % 3 {
				case 1:
					return next, broken
				case 2:
					cancel()
				}
				return next, err
			})
			cancel()
			if n%3 == 0 && err != nil || n%3 == 1 && !errors.Is(err, broken) {
				t.Fatalf("step %d: %v", n, err)
			}
			if state == store.JobEnded {
				break
			}
		}
		if all := b.contacts(); len(all) != 2600 {
			t.Errorf("%d contacts; want 2600", len(all))
		}
		if l, err := s.ContactList(t.Context(), b.Actor, b.list); err != nil || l.Contacts != 2600 {
			t.Errorf("%+v, %v", l, err)
		}
	})
}

func TestAListComesOutAsItWentIn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(t, s)
		var text strings.Builder
		text.WriteString("email,phone,note,tags,unsubscribed\n")
		for n := range 1300 {
			fmt.Fprintf(&text, "p%d@example.com,+47 %d,\"=%d\n<b>&\",a;b,%d\n", n, n, n, n%2)
		}
		i, err := b.upload("people.csv", []byte(text.String()))
		b.Check(err)
		b.begin(i)
		want := b.contacts()
		l, err := s.ContactList(t.Context(), b.Actor, b.list)
		b.Check(err)
		for _, format := range []contact.ExportFormat{contact.ExportCSV, contact.ExportXLSX} {
			_, err := b.service.Export(t.Context(), b.Actor, l, format)
			b.Check(err)
			j := b.work(b.service.ExportStep)
			if j.Done != 1300 || j.Status != models.JobSucceeded {
				t.Fatalf("%s: %+v", format, j)
			}
			other := &models.ContactList{ID: models.NewID(models.PrefixList), Name: "Copy"}
			b.Check(s.CreateContactList(t.Context(), b.Actor, other))
			first := b.list
			b.list = other.ID
			again, err := b.upload("x."+string(format), []byte(b.file(j.FileID)))
			b.Check(err)
			b.begin(again)
			got := b.contacts()
			b.list = first
			for email, w := range want {
				g := got[email]
				if g.Phone != w.Phone || g.Fields.V["note"] != w.Fields.V["note"] || len(g.Fields.V) != 1 || !slices.Equal(g.Tags.V, w.Tags.V) || (g.OptedOutAt == nil) != (w.OptedOutAt == nil) {
					t.Fatalf("%s: %+v came back as %+v", format, w, g)
				}
			}
		}
	})
}

func TestAnImportInvitesUnlessItIsToldNotTo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(t, s)
		later := time.Now().Add(time.Hour)
		for _, c := range []*models.Collector{
			{Name: "Now", Open: true}, {Name: "Later", Open: true, SendAt: &later}, {Name: "Closed"},
		} {
			c.Type, c.ListID = models.CollectorEmail, &b.list
			b.Check(s.CreateCollector(t.Context(), b.Actor, b.Survey.ID, c))
		}
		inviting, err := s.InvitingCollectors(t.Context(), b.Actor, b.list)
		if err != nil || len(inviting) != 2 || inviting[0].Name != "Now" || inviting[1].From.Before(later.Truncate(time.Second)) || inviting[0].Survey.ID != b.Survey.ID {
			t.Fatalf("inviting are %+v, %v", inviting, err)
		}
		for _, quiet := range []bool{true, false} {
			i, err := b.upload("people.csv", fmt.Appendf(nil, "email\nquiet.%t@example.com\n", quiet))
			b.Check(err)
			i.Quiet = quiet
			b.begin(i)
		}
		for _, c := range inviting {
			all, _, err := s.Invitations(t.Context(), b.Actor, b.Survey.ID, c.ID, store.InvitationFilter{})
			if err != nil || len(all) != 1 || all[0].Email != "quiet.false@example.com" {
				t.Errorf("%s invited %+v, %v", c.Name, all, err)
			}
		}
	})
}

func TestAFileOfContactsLosesNoCellWithoutAWord(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(t, s)
		for file, key := range map[string]string{
			"email,name\na@example.com,\"open\nb@example.com,lost\n":           "import.error.quote",
			"\ufeffemail,name\na@example.com,Gr\xfc\xdfe\nb@example.com,Bob\n": "import.error.misread",
		} {
			_, err := b.upload("a.csv", []byte(file))
			if e, ok := errors.AsType[*models.Error](err); !ok || len(e.Fields) != 1 || e.Fields[0].Key != key || e.Fields[0].Args["Line"] != 2 {
				t.Errorf("%q is taken, or refused with %v", file, err)
			}
		}
		i, err := b.upload("a.csv", []byte("email,first name\na@example.com,Smith, Ada\nb@example.com,Bob,,\n"))
		b.Check(err)
		if j := b.begin(i); j.Done != 2 || j.Failed != 1 || j.Report.V.Lines[0].Item != "2" || j.Report.V.Lines[0].Error.Key != "import.error.cells" {
			t.Errorf("a line with more cells than the heading ends as %+v", j)
		}
		if all := b.contacts(); len(all) != 1 || all["b@example.com"].FirstName != "Bob" {
			t.Errorf("the contacts are %v", all)
		}
		// Without a heading, and where the further column was given a meaning, it is one.
		i, err = b.upload("a.csv", []byte("email,first name\na@example.com,Ada,gold\n"))
		b.Check(err)
		i.Columns.V[2] = models.ImportColumn{To: models.ImportField, Field: "plan"}
		if j := b.begin(i); j.Failed != 0 || b.contacts()["a@example.com"].Fields.V["plan"] != "gold" {
			t.Errorf("a column that was named on the page ends as %+v", j)
		}
	})
}
