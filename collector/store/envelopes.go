package store

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"afterimage/wasm/wire/seal"
)

// Envelopes are backed up apart from everything else, so that a backup of journal and blobs
// can be kept for as long as one likes: what was erased stays closed in it once the last
// backup of envelopes that holds its own is removed. They are sealed to the site's key; the
// file is as secret as the database.
//
// The file is text: a head line, then a line "site session pageview hex" an envelope, then
// "end COUNT". A file without its end is refused.
const backupHead = "afterimage-envelopes-v1"

// DefaultEnvelopeRetention is how long a backup of envelopes is kept.
const DefaultEnvelopeRetention = 7 * 24 * time.Hour

// Backup is a file of envelopes.
type Backup struct {
	File      string    `json:"file"`
	MadeAt    time.Time `json:"madeAt"`
	GoesAt    time.Time `json:"goesAt"`
	Envelopes int       `json:"envelopes"`
}

// BackUpEnvelopes writes all envelopes into a new file in dir, synced, and notes that it
// goes after keep. The note comes first: a receipt must never miss a copy.
func (s *Store) BackUpEnvelopes(ctx context.Context, dir string, keep time.Duration, who string) (b Backup, err error) {
	if keep <= 0 {
		return Backup{}, errors.New("backup of envelopes: it needs a time after which it goes")
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return Backup{}, fmt.Errorf("backup of envelopes: %w", err)
	}
	data, err := filepath.Abs(s.cfg.Dir)
	if err != nil {
		return Backup{}, fmt.Errorf("backup of envelopes: %w", err)
	}
	if rel, err := filepath.Rel(data, dir); err == nil && rel != ".." && !strings.HasPrefix(rel, "../") {
		return Backup{}, fmt.Errorf("backup of envelopes: %s lies in the data directory: %w", dir, ErrSetting)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Backup{}, fmt.Errorf("backup of envelopes: %w", err)
	}
	now := s.now()
	b = Backup{MadeAt: now, GoesAt: now.Add(keep)}
	b.File = filepath.Join(dir, "envelopes-"+now.UTC().Format("20060102T150405.000Z")+".txt")
	f, err := os.OpenFile(b.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Backup{}, fmt.Errorf("backup of envelopes: %w", err)
	}
	fail := func(err error) (Backup, error) {
		return Backup{}, errors.Join(fmt.Errorf("backup of envelopes: %w", err), f.Close(), os.Remove(b.File))
	}
	// A receipt counts the backups that were made when the session had begun. So none may hold a session
	// that began later by the clock, which may have been set back: made is no earlier than the last beginning,
	// and what begins while the file is written is left to the next backup.
	made := now.UnixMilli()
	err = s.db.inTx(ctx, func(t tx) error {
		var last int64
		if err := t.row(ctx, `SELECT COALESCE(MAX(first_ms), 0) FROM sessions`).Scan(&last); err != nil {
			return err
		}
		made = max(made, last)
		if _, err := t.exec(ctx, `INSERT INTO envelope_backups (file, made_ms, due_ms) VALUES (?, ?, ?)`, b.File, made, b.GoesAt.UnixMilli()); err != nil {
			return err
		}
		return s.audit(ctx, t, AuditEntry{Who: who, Action: AuditBackup, Detail: map[string]any{"goes": b.GoesAt.UTC().Format(time.DateOnly)}})
	})
	if err != nil {
		return fail(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, backupHead)
	rows, err := s.db.query(ctx, `SELECT s.site, e.session, e.page_view, e.envelope FROM envelopes e JOIN sessions s ON s.id = e.session
		WHERE s.first_ms <= ?`, made)
	if err != nil {
		return fail(err)
	}
	defer rows.Close()
	for rows.Next() {
		var site, session, view string
		var envelope []byte
		if err := rows.Scan(&site, &session, &view, &envelope); err != nil {
			return fail(err)
		}
		fmt.Fprintf(w, "%s %s %s %x\n", site, session, view, envelope)
		b.Envelopes++
	}
	fmt.Fprintf(w, "end %d\n", b.Envelopes)
	if err := errors.Join(rows.Err(), w.Flush()); err != nil {
		return fail(err)
	}
	if err := f.Sync(); err != nil {
		return fail(err)
	}
	return b, f.Close()
}

// EnvelopeBackups lists those that were made and not yet removed, latest first.
func (s *Store) EnvelopeBackups(ctx context.Context) ([]Backup, error) {
	rows, err := s.db.query(ctx, `SELECT file, made_ms, due_ms FROM envelope_backups ORDER BY made_ms DESC, file`)
	if err != nil {
		return nil, fmt.Errorf("backups of envelopes: %w", err)
	}
	defer rows.Close()
	var out []Backup
	for rows.Next() {
		var b Backup
		var made, due int64
		if err := rows.Scan(&b.File, &made, &due); err != nil {
			return nil, fmt.Errorf("backups of envelopes: %w", err)
		}
		b.MadeAt, b.GoesAt = time.UnixMilli(made), time.UnixMilli(due)
		out = append(out, b)
	}
	return out, rows.Err()
}

// PruneEnvelopeBackups removes the files whose time has come: overwritten, then unlinked. A
// file that is gone already is forgotten; one that cannot be removed stays noted.
func (s *Store) PruneEnvelopeBackups(ctx context.Context) (n int, errs error) {
	all, err := s.EnvelopeBackups(ctx)
	if err != nil {
		return 0, err
	}
	for _, b := range all {
		if b.GoesAt.After(s.now()) {
			continue
		}
		if err := shred(b.File); err != nil {
			errs = errors.Join(errs, fmt.Errorf("backup of envelopes %s is due and was not removed: %w", b.File, err))
			continue
		}
		if _, err := s.db.exec(ctx, `DELETE FROM envelope_backups WHERE file = ?`, b.File); err != nil {
			errs = errors.Join(errs, err)
			continue
		}
		n++
	}
	return n, errs
}

// shred overwrites a file before it unlinks it. On disks that move blocks this is no
// promise; unlinking alone would not even try.
func shred(file string) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		_, err = io.CopyN(f, zeros{}, info.Size())
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Remove(file)
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// RestoreEnvelopes puts the envelopes of a backup back where the index has the page view
// and no envelope. What was erased meanwhile has no page view any more and stays closed;
// so does all of a site whose key was destroyed.
func (s *Store) RestoreEnvelopes(ctx context.Context, file, who string) (n int, err error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, fmt.Errorf("restore envelopes: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	if !lines.Scan() || lines.Text() != backupHead {
		return 0, fmt.Errorf("restore envelopes: %s is not a backup of envelopes: %w", file, ErrSetting)
	}
	seen, ended := 0, false
	err = s.db.inTx(ctx, func(t tx) error {
		for lines.Scan() {
			var site, session, view string
			var envelope []byte
			if count, ok := strings.CutPrefix(lines.Text(), "end "); ok {
				ended = count == strconv.Itoa(seen)
				break
			}
			if _, err := fmt.Sscanf(lines.Text(), "%s %s %s %x", &site, &session, &view, &envelope); err != nil ||
				!ValidID(session) || !ValidID(view) || len(envelope) != seal.EnvelopeSize {
				return fmt.Errorf("line %d is not an envelope: %w", seen+2, ErrSetting)
			}
			seen++
			var one int64
			err := t.row(ctx, `SELECT 1 FROM page_views p JOIN sessions s ON s.id = p.session JOIN sites x ON x.id = s.site
				WHERE p.id = ? AND p.session = ? AND s.site = ? AND (x.custody = 'held' AND x.enabled = 1 OR x.wrapped_key IS NOT NULL)`, view, session, site).Scan(&one)
			if errors.Is(err, sql.ErrNoRows) {
				continue
			}
			if err != nil {
				return err
			}
			res, err := t.exec(ctx, `INSERT INTO envelopes (page_view, session, envelope) VALUES (?, ?, ?) ON CONFLICT (page_view) DO NOTHING`, view, session, envelope)
			if err != nil {
				return err
			}
			k, err := res.RowsAffected()
			if err != nil {
				return err
			}
			n += int(k)
		}
		if err := lines.Err(); err != nil {
			return err
		}
		if !ended {
			return fmt.Errorf("%s has no end: it was cut: %w", file, ErrSetting)
		}
		return s.audit(ctx, t, AuditEntry{Who: who, Action: AuditRestored, Detail: map[string]any{"envelopes": n}})
	})
	if err != nil {
		return 0, fmt.Errorf("restore envelopes: %w", err)
	}
	return n, nil
}
