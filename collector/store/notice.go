package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"
)

// Notice is what the collector says of a site on its privacy page and does by itself,
// beside the settings that recorders read (which the owner of a held site signs).
type Notice struct {
	Contact       string `json:"contact,omitempty"`       // mail address or https URL for visitors
	RetentionDays int    `json:"retentionDays,omitempty"` // 0: kept until somebody deletes
	Viewers       string `json:"viewers,omitempty"`       // who can see recordings, in the owner's words
	ConsentText   string `json:"consentText,omitempty"`   // what visitors are asked
	VisitorDays   int    `json:"visitorDays,omitempty"`   // life of the visitor id that the site's pages set
	CookieDomain  string `json:"cookieDomain,omitempty"`  // that the site's pages set
	Keystrokes    *bool  `json:"keystrokes,omitempty"`    // what the site's pages set capture.keystrokes to; nil: nothing, and so on
}

// Report is what somebody wrote about a child's data.
type Report struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Text    string    `json:"text"`
	Contact string    `json:"contact"`
}

// AddReport keeps a report and notes it in the audit.
func (s *Store) AddReport(ctx context.Context, site, text, contact string) error {
	return s.db.inTx(ctx, func(t tx) error {
		if _, err := t.exec(ctx, `INSERT INTO reports (id, site, at_ms, text, contact) VALUES (?, ?, ?, ?, ?)`,
			strings.ToLower(rand.Text()), site, s.now().UnixMilli(), text, contact); err != nil {
			return fmt.Errorf("report: %w", err)
		}
		return s.audit(ctx, t, AuditEntry{Who: "visitor", Action: AuditReport, Site: site})
	})
}

// Reports lists the reports of a site, latest first.
func (s *Store) Reports(ctx context.Context, site string) ([]Report, error) {
	rows, err := s.db.query(ctx, `SELECT id, at_ms, text, contact FROM reports WHERE site = ? ORDER BY at_ms DESC, id LIMIT 1000`, site)
	if err != nil {
		return nil, fmt.Errorf("reports: %w", err)
	}
	defer rows.Close()
	out := []Report{}
	for rows.Next() {
		var r Report
		var ms int64
		if err := rows.Scan(&r.ID, &ms, &r.Text, &r.Contact); err != nil {
			return nil, fmt.Errorf("reports: %w", err)
		}
		r.At = time.UnixMilli(ms)
		out = append(out, r)
	}
	return out, rows.Err()
}

// DeleteReport removes a report that was dealt with; its words are nobody's business then.
func (s *Store) DeleteReport(ctx context.Context, site, id string) error {
	res, err := s.db.exec(ctx, `DELETE FROM reports WHERE site = ? AND id = ?`, site, id)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if n, err := res.RowsAffected(); err == nil && n == 0 {
		return fmt.Errorf("report: %w", ErrNotFound)
	}
	return s.forget(ctx)
}

// RecorderCount is how often a site's recorders counted something on one day.
type RecorderCount struct {
	Day   string `json:"day"`
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

// AddRecorderCounts adds what one hello reported; the caller has checked the names.
func (s *Store) AddRecorderCounts(ctx context.Context, site string, counts map[string]int) error {
	if len(counts) == 0 {
		return nil
	}
	day := s.now().UTC().Format(time.DateOnly)
	return s.db.inTx(ctx, func(t tx) error {
		for name, n := range counts {
			if _, err := t.exec(ctx, `INSERT INTO recorder_counts (site, day, name, count) VALUES (?, ?, ?, ?)
				ON CONFLICT (site, day, name) DO UPDATE SET count = recorder_counts.count + excluded.count`, site, day, name, n); err != nil {
				return fmt.Errorf("counts: %w", err)
			}
		}
		return nil
	})
}

// RecorderCounts returns a site's counts of the last 30 days, latest first.
func (s *Store) RecorderCounts(ctx context.Context, site string) ([]RecorderCount, error) {
	rows, err := s.db.query(ctx, `SELECT day, name, count FROM recorder_counts WHERE site = ? AND day >= ? ORDER BY day DESC, name`,
		site, s.now().UTC().AddDate(0, 0, -30).Format(time.DateOnly))
	if err != nil {
		return nil, fmt.Errorf("counts: %w", err)
	}
	defer rows.Close()
	out := []RecorderCount{}
	for rows.Next() {
		var c RecorderCount
		if err := rows.Scan(&c.Day, &c.Name, &c.Count); err != nil {
			return nil, fmt.Errorf("counts: %w", err)
		}
		out = append(out, c)
	}
	return out, rows.Err()
}
