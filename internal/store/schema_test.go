package store_test

import (
	"database/sql"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm/schema"

	"surveyflow/internal/pgtest"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// schemaOf is what a database holds, in words that are the same for both dialects: "table.column" and "index name" to
// what they are.
func schemaOf(t *testing.T, d storetest.Database) map[string]string {
	t.Helper()
	db := d.SQL(t)
	if d.Shared() {
		return read(t, db, `SELECT c.table_name || '.' || c.column_name, c.data_type || CASE WHEN c.is_nullable = 'NO' THEN ' not null' ELSE '' END ||
				COALESCE(' default ' || c.column_default, '')
			FROM information_schema.columns c WHERE c.table_schema = 'public' AND c.table_name <> 'goose_db_version'
			UNION ALL SELECT 'index ' || indexname, indexdef FROM pg_indexes
				WHERE schemaname = 'public' AND tablename <> 'goose_db_version' AND indexname NOT LIKE '%_pkey'
			UNION ALL SELECT 'key ' || conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
				WHERE contype = 'p' AND connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'goose_db_version'
			UNION ALL SELECT 'foreign ' || conrelid::regclass::text || ' ' || pg_get_constraintdef(oid), 'there' FROM pg_constraint
				WHERE contype = 'f' AND connamespace = 'public'::regnamespace`)
	}
	all := read(t, db, `SELECT m.name || '.' || c.name, CASE lower(c.type) WHEN 'timestamp' THEN 'timestamp with time zone' WHEN 'blob' THEN 'bytea' ELSE lower(c.type) END ||
			CASE WHEN c."notnull" OR c.pk > 0 THEN ' not null' ELSE '' END || COALESCE(' default ' || c.dflt_value, '')
		FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT IN ('goose_db_version', 'sqlite_sequence')
		UNION ALL SELECT 'index ' || name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL
		UNION ALL SELECT 'key ' || name, 'PRIMARY KEY (' || columns || ')' FROM (
			SELECT m.name, group_concat(c.name, ', ' ORDER BY c.pk) AS columns FROM sqlite_master m JOIN pragma_table_info(m.name) c
			WHERE m.type = 'table' AND c.pk > 0 AND m.name NOT IN ('goose_db_version', 'sqlite_sequence') GROUP BY m.name)
		UNION ALL SELECT 'foreign ' || m.name || ' FOREIGN KEY (' || f."from" || ') REFERENCES ' || f."table" || '(' || f."to" || ')' ||
				CASE f.on_delete WHEN 'NO ACTION' THEN '' ELSE ' ON DELETE ' || f.on_delete END, 'there'
			FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`)
	return all
}

var (
	casts  = regexp.MustCompile(`::[a-z ]+`)
	spaces = regexp.MustCompile(`\s+`)
)

func read(t *testing.T, db *sql.DB, query string) map[string]string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := map[string]string{}
	for rows.Next() {
		var name, what string
		if err := rows.Scan(&name, &what); err != nil {
			t.Fatal(err)
		}
		what = casts.ReplaceAllString(strings.ReplaceAll(strings.ReplaceAll(what, "public.", ""), " USING btree", ""), "")
		if before, predicate, ok := strings.Cut(what, " WHERE "); ok {
			what = before + " WHERE " + strings.NewReplacer("(", "", ")", "").Replace(predicate)
		}
		all[name] = spaces.ReplaceAllString(what, " ")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestBothDatabasesHaveOneSchema(t *testing.T) {
	t.Parallel()
	lite, big := storetest.NewSQLite(t), storetest.NewPostgres(t)
	lite.Open(t, storetest.Options{})
	big.Open(t, storetest.Options{})
	want := schemaOf(t, big)
	if len(want) < 100 {
		t.Errorf("the schema has %d parts; the test looks past it", len(want))
	}
	if diff := cmp.Diff(want, schemaOf(t, lite)); diff != "" {
		t.Errorf("PostgreSQL (-) and SQLite (+) differ:\n%s", diff)
	}
}

func TestMigrationsGoDownAndUpAgain(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t, storetest.Options{})
		before := schemaOf(t, d)
		if err := s.MigrateDown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left := schemaOf(t, d); len(left) != 0 {
			t.Errorf("left are %v; want nothing", slices.Sorted(maps.Keys(left)))
		}
		if done, err := s.Migrated(t.Context()); err != nil || done {
			t.Errorf("migrated = %v, %v; want false", done, err)
		}
		if _, err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, schemaOf(t, d)); diff != "" {
			t.Errorf("before (-) and after (+) differ:\n%s", diff)
		}
	})
}

func TestManyMigrateAtOnce(t *testing.T) {
	t.Parallel()
	empty := pgtest.New(t)
	var wg sync.WaitGroup
	for range 4 {
		s, err := store.Open(t.Context(), store.Options{Postgres: empty})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		wg.Go(func() {
			if _, err := s.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// tables without a struct in models: they are read and written by SQL alone.
var withoutModel = []string{"collector_counts", "quota_counts", "quota_responses", "response_counts", "run_counts", "setup_codes"}

func TestEveryFieldOfAModelHasItsColumn(t *testing.T) {
	t.Parallel()
	d := storetest.NewSQLite(t)
	d.Open(t, storetest.Options{})
	columns := schemaOf(t, d)
	tables := map[string]bool{}
	for name := range columns {
		if table, _, ok := strings.Cut(name, "."); ok && !strings.Contains(name, " ") {
			tables[table] = true
		}
	}
	for _, name := range withoutModel {
		if !tables[name] {
			t.Errorf("there is no table %s", name)
		}
		delete(tables, name)
	}
	for _, model := range []any{
		models.Organisation{},
		models.User{},
		models.Session{},
		models.APIToken{},
		models.APIClient{},
		models.AccessToken{},
		models.Survey{},
		models.SurveyVersion{},
		models.SurveyLabels{},
		models.WebhookSecret{},
		models.Collector{},
		models.Invitation{},
		models.Distribution{},
		models.DistributionMail{},
		models.LibraryMessage{},
		models.EventSubscription{},
		models.CollectorCall{},
		models.Response{},
		models.Workflow{},
		models.WorkflowVersion{},
		models.RemovedTask{},
		models.SurveyImport{},
		models.APIRequest{},
		models.ClientAuthority{},
		models.ClientCertificate{},
		models.SurveyRemoval{},
		models.Event{},
		models.Trigger{},
		models.Schedule{},
		models.Run{},
		models.Attempt{},
		models.AttemptSecret{},
		models.QueueItem{},
		models.Host{},
		models.WorkflowHealth{},
		models.RefusalCount{},
		models.Credential{},
		models.ContactList{},
		models.Contact{},
		models.OptOut{},
		models.ContactTag{},
		models.ContactCount{},
		models.ContactImport{},
		models.OAuthState{},
		models.Receiver{},
		models.ReceivedRequest{},
		models.AuditEntry{},
		models.SurveyShare{},
		models.SurveySubscriber{},
		models.NoticeChoice{},
		models.SurveyNotice{},
		models.Invite{},
		models.Mail{},
		models.Job{},
		models.File{},
		models.FileChunk{},
		models.SurveyResults{},
		models.Notification{},
		models.PasswordReset{},
		models.RecoveryCode{},
		models.SignInService{},
		models.Identity{},
		store.Node{},
		store.DataKey{},
		store.SignInFailure{},
	} {
		parsed, err := schema.Parse(model, &sync.Map{}, schema.NamingStrategy{})
		if err != nil {
			t.Fatal(err)
		}
		table := parsed.Table
		if _, ok := model.(models.QueueItem); ok {
			table = "queue"
		}
		if _, ok := model.(models.WorkflowHealth); ok {
			table = "workflow_health"
		}
		delete(tables, table)
		fields := map[string]bool{}
		for _, f := range parsed.Fields {
			if f.DBName == "" {
				continue
			}
			fields[f.DBName] = true
			column, ok := columns[table+"."+f.DBName]
			if !ok {
				t.Errorf("%s.%s has no column %s.%s", parsed.Name, f.Name, table, f.DBName)
			}
			if nullable := !strings.Contains(column, "not null"); nullable != (f.FieldType.Kind().String() == "ptr") {
				t.Errorf("%s.%s is a %s, the column is %q", parsed.Name, f.Name, f.FieldType, column)
			}
		}
		for name, what := range columns {
			if column, ok := strings.CutPrefix(name, table+"."); ok && !fields[column] && strings.Contains(what, "not null") && !strings.Contains(what, "default") {
				t.Errorf("%s has no field for %s, which needs a value", parsed.Name, name)
			}
		}
	}
	if len(tables) > 0 {
		t.Errorf("no model was checked against %s", fmt.Sprint(slices.Sorted(maps.Keys(tables))))
	}
}
