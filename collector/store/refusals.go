package store

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// RefusalCount is how often uploads of a site were refused for one reason on one day.
type RefusalCount struct {
	Day    string // UTC, 2006-01-02
	Code   string
	Count  int64
	LastAt time.Time
}

type refusalKey struct{ site, day, code string }

// refusalCounts gathers in memory, since a flood of refusals must not become a flood of
// transactions.
type refusalCounts struct {
	mu sync.Mutex
	m  map[refusalKey]RefusalCount
}

// maxRefusalKeys bounds what can be gathered between two flushes.
const maxRefusalKeys = 10_000

// CountRefusal adds n refusals of a site. site is "" where none is known.
func (s *Store) CountRefusal(site, code string, n int) {
	now := s.now().UTC()
	k := refusalKey{site, now.Format(time.DateOnly), code}
	c := &s.refusals
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil {
		c.m = map[refusalKey]RefusalCount{}
	}
	v, ok := c.m[k]
	if !ok && len(c.m) >= maxRefusalKeys {
		return
	}
	v.Count += int64(n)
	v.LastAt = now
	c.m[k] = v
}

func (c *refusalCounts) flush(ctx context.Context, d *database) error {
	c.mu.Lock()
	m := c.m
	c.m = nil
	c.mu.Unlock()
	if len(m) == 0 {
		return nil
	}
	err := d.inTx(ctx, func(t tx) error {
		for k, v := range m {
			if _, err := t.exec(ctx, `INSERT INTO refusals (site, day, code, count, last_ms) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (site, day, code) DO UPDATE SET count = refusals.count + excluded.count, last_ms = excluded.last_ms`,
				k.site, k.day, k.code, v.Count, v.LastAt.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("refusals: %w", err)
	}
	return nil
}

// Refusals returns a site's counts of the last 30 days, latest first.
func (s *Store) Refusals(ctx context.Context, site string) ([]RefusalCount, error) {
	if err := s.refusals.flush(ctx, s.db); err != nil {
		return nil, err
	}
	since := s.now().UTC().AddDate(0, 0, -30).Format(time.DateOnly)
	rows, err := s.db.query(ctx, `SELECT day, code, count, last_ms FROM refusals WHERE site = ? AND day >= ? ORDER BY day DESC, code`, site, since)
	if err != nil {
		return nil, fmt.Errorf("refusals: %w", err)
	}
	defer rows.Close()
	out := []RefusalCount{}
	for rows.Next() {
		var r RefusalCount
		var ms int64
		if err := rows.Scan(&r.Day, &r.Code, &r.Count, &ms); err != nil {
			return nil, fmt.Errorf("refusals: %w", err)
		}
		r.LastAt = time.UnixMilli(ms)
		out = append(out, r)
	}
	return out, rows.Err()
}
