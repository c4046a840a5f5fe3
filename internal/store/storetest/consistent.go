package storetest

import (
	"database/sql"
	"strings"
	"testing"
)

// rules are queries that must find nothing, whatever happened. Each row that they give names what breaks the rule.
var rules = []struct{ name, query string }{
	{"an open run has a queue row", `SELECT r.id FROM runs r LEFT JOIN queue q ON q.id = r.id WHERE r.status = 'open' AND q.id IS NULL`},
	{"a queue row stands for an open run", `SELECT q.id FROM queue q LEFT JOIN runs r ON r.id = q.id WHERE q.kind = 'run' AND (r.status IS NULL OR r.status <> 'open')`},
	{"a mail to be sent has a queue row, others have none", `SELECT COALESCE(m.id, q.id) FROM (SELECT * FROM mails WHERE status = 'queued') m
		FULL JOIN (SELECT * FROM queue WHERE kind = 'mail') q ON q.id = m.id WHERE m.id IS NULL OR q.id IS NULL`},
	{"a job under way has a queue row, others have none", `SELECT COALESCE(j.id, q.id) FROM (SELECT * FROM jobs WHERE status = 'open') j
		FULL JOIN (SELECT * FROM queue WHERE kind = 'job') q ON q.id = j.id WHERE j.id IS NULL OR q.id IS NULL`},
	{"a run has its event", `SELECT r.id FROM runs r LEFT JOIN events e ON e.id = r.event_id WHERE e.id IS NULL`},
	{"an event has a run", `SELECT e.id FROM events e LEFT JOIN runs r ON r.event_id = e.id WHERE r.id IS NULL`},
	{"an attempt has its run", `SELECT a.run_id FROM attempts a LEFT JOIN runs r ON r.id = a.run_id WHERE r.id IS NULL`},
	{"an attempt has what it says is sealed", `SELECT a.run_id FROM attempts a LEFT JOIN attempt_secrets s ON s.id = a.secret_id
		WHERE a.secret_id IS NOT NULL AND s.id IS NULL`},
	{"what is sealed has its attempt", `SELECT s.id FROM attempt_secrets s LEFT JOIN attempts a ON a.secret_id = s.id WHERE a.run_id IS NULL`},
	{"an ended run has a time, an open one none", `SELECT id FROM runs WHERE (status = 'open') <> (finished_at IS NULL)`},
	{"a failed run says why, others do not", `SELECT id FROM runs WHERE (status = 'failed') <> (error <> '')`},
	{"the run counts what is charged", `SELECT r.id FROM runs r LEFT JOIN attempts a ON a.run_id = r.id AND a.charged
		GROUP BY r.id, r.attempts HAVING r.attempts <> COUNT(a.run_id)`},
	{"a task has one final attempt at most, its last", `SELECT run_id FROM attempts WHERE result NOT IN ('retried', 'lost')
		GROUP BY run_id, task_id HAVING COUNT(*) > 1`},
	{"attempts are numbered without gaps", `SELECT run_id FROM attempts GROUP BY run_id, task_id HAVING MAX(number) <> COUNT(*)`},
	{"a running row has node and claim, others have none", `SELECT id FROM queue
		WHERE (state = 'running') <> (node IS NOT NULL) OR (state = 'running') <> (claim IS NOT NULL)`},
	{"a held row says by what, others do not", `SELECT id FROM queue WHERE (state = 'held') <> (hold IS NOT NULL)`},
	{"a waiting row has a time", `SELECT id FROM queue WHERE state = 'waiting' AND due_at IS NULL`},
	{"what is held for a host has a deadline", `SELECT id FROM queue WHERE hold = 'host' AND (due_at IS NULL OR host IS NULL)`},
	{"run_counts is the real count", `SELECT COALESCE(c.workflow_id, r.workflow_id) || ' ' || COALESCE(c.status, r.status) FROM
		(SELECT workflow_id, status, SUM(n) AS n FROM run_counts GROUP BY workflow_id, status) c FULL JOIN
		(SELECT workflow_id, status, COUNT(*) AS n FROM runs WHERE status <> 'open' GROUP BY workflow_id, status) r
		ON r.workflow_id = c.workflow_id AND r.status = c.status WHERE COALESCE(c.n, 0) <> COALESCE(r.n, 0)`},
	{"response_counts is the real count", `SELECT COALESCE(c.survey_id, r.survey_id) || ' ' || COALESCE(c.state, r.state) FROM
		(SELECT survey_id, state, SUM(n) AS n FROM response_counts GROUP BY survey_id, state) c FULL JOIN
		(SELECT survey_id, state, COUNT(*) AS n FROM responses GROUP BY survey_id, state) r
		ON r.survey_id = c.survey_id AND r.state = c.state WHERE COALESCE(c.n, 0) <> COALESCE(r.n, 0)`},
}

// Consistent checks what must hold in the database at every moment. Runs that a purge removed stay counted: after one,
// the rule about run_counts is not to be asked.
func (d Database) Consistent(t testing.TB) {
	t.Helper()
	db := d.SQL(t)
	for _, rule := range rules {
		broken, err := namesOf(db, rule.query)
		if err != nil {
			t.Fatalf("%s: %v", rule.name, err)
		}
		if len(broken) > 0 {
			t.Errorf("not so: %s: %d times, as in %s", rule.name, len(broken), strings.Join(broken[:min(3, len(broken))], ", "))
		}
	}
}

// namesOf gives the first column of a query. It has no context of a test, because that may be over.
func namesOf(db *sql.DB, query string) ([]string, error) {
	rows, err := db.Query(query) //nolint:noctx // see above
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
