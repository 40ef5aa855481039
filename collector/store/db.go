package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // driver "sqlite"
)

//go:embed migrations
var migrations embed.FS

// database is one dialect behind database/sql. Statements are written with "?" and
// rebound for PostgreSQL; they use only what both dialects have.
type database struct {
	w, r     *sql.DB // SQLite has one writer; with PostgreSQL both are the same pool
	postgres bool
}

func openDB(ctx context.Context, setting, dir string) (*database, error) {
	switch {
	case setting == "" || setting == "embedded":
		return openSQLite(ctx, filepath.Join(dir, "afterimage.db"))
	case strings.HasPrefix(setting, "sqlite:"):
		return openSQLite(ctx, strings.TrimPrefix(setting, "sqlite:"))
	case strings.HasPrefix(setting, "postgres://"), strings.HasPrefix(setting, "postgresql://"):
		return openPostgres(ctx, setting)
	}
	return nil, fmt.Errorf("db %q: %w, expected embedded, sqlite:FILE or postgres://…", redact(setting), ErrSetting)
}

func openSQLite(ctx context.Context, file string) (*database, error) {
	// synchronous(FULL): an acknowledged segment is worth nothing without its envelope,
	// so a commit here must survive power loss as well. secure_delete overwrites deleted
	// envelopes instead of leaving them in free pages.
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "secure_delete(ON)", "foreign_keys(ON)"}}
	dsn := "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + q.Encode()
	w, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	w.SetMaxOpenConns(1)
	if err := migrate(ctx, goose.DialectSQLite3, w, "migrations/sqlite"); err != nil {
		w.Close()
		return nil, fmt.Errorf("database %s: %w", file, err)
	}
	r, err := sql.Open("sqlite", dsn)
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	r.SetMaxOpenConns(4)
	return &database{w: w, r: r}, nil
}

func openPostgres(ctx context.Context, dsn string) (*database, error) {
	pool, err := sql.Open("pgx", dsn)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", redact(dsn), err)
	}
	pool.SetMaxOpenConns(16)
	if err := migrate(ctx, goose.DialectPostgres, pool, "migrations/postgres"); err != nil {
		pool.Close()
		return nil, fmt.Errorf("database %s: %w", redact(dsn), err)
	}
	return &database{w: pool, r: pool, postgres: true}, nil
}

// migrate brings the schema up. A schema above the newest one known here means that a
// newer version has written it.
func migrate(ctx context.Context, dialect goose.Dialect, db *sql.DB, dir string) error {
	sub, err := fs.Sub(migrations, dir)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(dialect, db, sub)
	if err != nil {
		return err
	}
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return err
	}
	if current > target {
		return fmt.Errorf("schema %d, this version knows up to %d: %w", current, target, ErrNewerVersion)
	}
	_, err = p.Up(ctx)
	return err
}

func (d *database) close() error {
	if d.postgres {
		return d.w.Close()
	}
	return errors.Join(d.r.Close(), d.w.Close())
}

// bind rewrites "?" to "$n" for PostgreSQL. No statement here has a "?" in a literal.
func (d *database) bind(q string) string {
	if !d.postgres {
		return q
	}
	var b strings.Builder
	n := 0
	for _, r := range q {
		if r != '?' {
			b.WriteRune(r)
			continue
		}
		n++
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}

func (d *database) query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	return d.r.QueryContext(ctx, d.bind(q), args...)
}

func (d *database) row(ctx context.Context, q string, args ...any) *sql.Row {
	return d.r.QueryRowContext(ctx, d.bind(q), args...)
}

func (d *database) exec(ctx context.Context, q string, args ...any) (sql.Result, error) {
	return d.w.ExecContext(ctx, d.bind(q), args...)
}

// tx is a write transaction.
type tx struct {
	*sql.Tx
	d *database
}

func (t tx) exec(ctx context.Context, q string, args ...any) (sql.Result, error) {
	return t.ExecContext(ctx, t.d.bind(q), args...)
}

func (t tx) row(ctx context.Context, q string, args ...any) *sql.Row {
	return t.QueryRowContext(ctx, t.d.bind(q), args...)
}

// inTx runs f in one write transaction, committed when f returns nil.
func (d *database) inTx(ctx context.Context, f func(tx) error) error {
	t, err := d.w.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer t.Rollback() // no effect after Commit
	if err := f(tx{t, d}); err != nil {
		return err
	}
	return t.Commit()
}

// forget makes what was deleted unreadable in the database's own log as well. done is false
// when a reader kept a part of the log (https://www.sqlite.org/pragma.html#pragma_wal_checkpoint).
func (d *database) forget(ctx context.Context) (done bool, err error) {
	if d.postgres {
		return true, nil // the operator's WAL archive decides; documented in the package that deploys
	}
	var busy, pages, moved int64
	err = d.w.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
	return err == nil && busy == 0, err
}

// forUpdate ends a SELECT of a transaction that is going to write the row: SQLite's write
// transactions exclude one another, PostgreSQL's have to be told.
func (d *database) forUpdate() string {
	if d.postgres {
		return " FOR UPDATE"
	}
	return ""
}

// redact removes the password of a URL before it goes into an error or a log.
func redact(setting string) string {
	u, err := url.Parse(setting)
	if err != nil {
		return "(not a URL)"
	}
	return u.Redacted()
}
