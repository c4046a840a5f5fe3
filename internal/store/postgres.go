package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
	gormpostgres "gorm.io/driver/postgres"
	"gorm.io/gorm"
)

const (
	defaultMaxConns = 16
	hotConns        = postgresCommitters + 3 // and one for calls of collectors, two for what reads a claim
	notifyChannel   = "surveyflow_work"
	// announceEvery is the least time between two announcements: a NOTIFY per commit would make commits queue for its lock.
	announceEvery = 5 * time.Millisecond
	relistenAfter = time.Second
)

func openPostgres(_ context.Context, c *core) (*Store, error) {
	c.dialect = postgres
	config, err := postgresConfig(c, map[string]string{"jit": "off", "statement_timeout": "30s", "idle_in_transaction_session_timeout": "30s"})
	if err != nil {
		return nil, err
	}
	c.writer = stdlib.OpenDB(*config, stdlib.OptionAfterConnect(readUTC))
	c.reader = c.writer
	conns := c.options.MaxConns
	if conns == 0 {
		conns = defaultMaxConns
	}
	c.writer.SetMaxOpenConns(conns)
	c.writer.SetMaxIdleConns(conns)
	c.writer.SetConnMaxIdleTime(5 * time.Minute)
	if err := openHot(c); err != nil {
		return nil, err
	}
	db, err := gorm.Open(gormpostgres.New(gormpostgres.Config{Conn: c.writer}), gormConfig())
	if err != nil {
		return nil, err
	}
	if c.keyed, err = gorm.Open(gormpostgres.New(gormpostgres.Config{Conn: c.hot}), gormConfig()); err != nil {
		return nil, err
	}
	return &Store{core: c, w: db, r: db}, errors.Join(guardTransactions(db), guardTransactions(c.keyed))
}

// openHot opens the connections of the committers and of what reads the rows of a claim. All that runs there goes by key,
// but the planner does not know how few keys there are and, in young tables, how many rows: it would read whole tables.
// The plans are made once.
func openHot(c *core) error {
	config, err := postgresConfig(c, map[string]string{
		"statement_timeout": "30s", "idle_in_transaction_session_timeout": "30s", "plan_cache_mode": "force_generic_plan",
		"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "jit": "off",
	})
	if err != nil {
		return err
	}
	c.hot = stdlib.OpenDB(*config, stdlib.OptionAfterConnect(readUTC))
	c.hot.SetMaxOpenConns(hotConns)
	c.hot.SetMaxIdleConns(hotConns)
	c.hot.SetConnMaxIdleTime(5 * time.Minute)
	return nil
}

// openPatient opens connections whose statements may take as long as they need: changing a large table takes longer than
// any request may.
func openPatient(c *core) (*sql.DB, error) {
	config, err := postgresConfig(c, nil)
	if err != nil {
		return nil, err
	}
	// Whatever the connection string or the server says: that is meant for the ordinary work.
	config.RuntimeParams["statement_timeout"], config.RuntimeParams["idle_in_transaction_session_timeout"] = "0", "0"
	return stdlib.OpenDB(*config), nil
}

// postgresConfig reads the connection string and adds what it does not set itself.
func postgresConfig(c *core, parameters map[string]string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(c.options.Postgres)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", err)
	}
	set := func(key, value string) {
		if _, there := config.RuntimeParams[key]; !there {
			config.RuntimeParams[key] = value
		}
	}
	set("timezone", "UTC")
	set("application_name", "surveyflow")
	for key, value := range parameters {
		set(key, value)
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 3 * time.Second
	}
	return config, nil
}

// readUTC makes a connection give times in UTC, where the driver would give them in the machine's zone.
func readUTC(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}})
	return nil
}

// listen turns the announcements of other nodes into wake-ups. While it is not connected, polling does without it.
func (c *core) listen(ctx context.Context) {
	for ctx.Err() == nil {
		if err := c.listenOnce(ctx); err != nil && ctx.Err() == nil {
			c.log.Warn("listening for work of other nodes was interrupted", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(relistenAfter):
			}
		}
	}
}

func (c *core) listenOnce(ctx context.Context) error {
	config, err := postgresConfig(c, nil)
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN "+notifyChannel); err != nil {
		return err
	}
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
}

// announceWork tells other nodes that work may be ready, outside the commits that made it.
func (c *core) announceWork(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.announce:
		}
		if _, err := c.writer.ExecContext(ctx, "NOTIFY "+notifyChannel); err != nil && ctx.Err() == nil {
			c.log.Debug("announcing work failed; the other nodes will find it by looking", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(announceEvery):
		}
	}
}
