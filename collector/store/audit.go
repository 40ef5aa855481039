package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"crypto/rand"
)

// AuditEntry says who did what when. The table is only added to: triggers refuse to change
// or delete a row. It never holds what was recorded, visitor tags or keys.
type AuditEntry struct {
	At     time.Time      `json:"at"`
	Who    string         `json:"who"` // "cli", "user NAME", "visitor", "collector", "retention"
	Action string         `json:"action"`
	Site   string         `json:"site"`
	Detail map[string]any `json:"detail"`
}

// Actions in the audit: stored, never rename.
const (
	AuditPrivacyChanged = "site.privacy-changed"
	AuditAnnounced      = "site.privacy-announced"
	AuditSiteAdded      = "site.added"
	AuditKeyRotated     = "site.key-rotated"
	AuditKeyDestroyed   = "site.key-destroyed"
	AuditErased         = "session.erased"
	AuditVisitorErased  = "visitor.erased"
	AuditExpired        = "sessions.expired"
	AuditReport         = "site.child-report"
	AuditBackup         = "envelopes.backed-up"
	AuditRestored       = "envelopes.restored"
	AuditShared         = "session.shared"
	AuditUnshared       = "session.share-revoked"
	AuditExported       = "session.exported"
	AuditSignedIn       = "user.signed-in"
	AuditSignInFailed   = "user.sign-in-failed"
	AuditUserAdded      = "user.added"
	AuditPasswordSet    = "user.password-changed"
	AuditSignInLink     = "user.sign-in-link"
	AuditTokenAdded     = "token.added"
	AuditTokenRevoked   = "token.revoked"
)

// Audit adds an entry; At zero is now.
func (s *Store) Audit(ctx context.Context, e AuditEntry) error {
	return s.db.inTx(ctx, func(t tx) error { return s.audit(ctx, t, e) })
}

func (s *Store) audit(ctx context.Context, t tx, e AuditEntry) error {
	if e.At.IsZero() {
		e.At = s.now()
	}
	if e.Detail == nil {
		e.Detail = map[string]any{}
	}
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if _, err := t.exec(ctx, `INSERT INTO audit (id, at_ms, who, action, site, detail) VALUES (?, ?, ?, ?, ?, ?)`,
		strings.ToLower(rand.Text()), e.At.UnixMilli(), e.Who, e.Action, e.Site, string(detail)); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

// Audited lists entries since a time, latest first. site and action narrow; empty: all.
func (s *Store) Audited(ctx context.Context, site, action string, since time.Time, limit int) ([]AuditEntry, error) {
	rows, err := s.db.query(ctx, `SELECT at_ms, who, action, site, detail FROM audit
		WHERE at_ms >= ? AND (? = '' OR site = ?) AND (? = '' OR action = ?) ORDER BY at_ms DESC, id LIMIT ?`,
		since.UnixMilli(), site, site, action, action, limit)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	defer rows.Close()
	out := []AuditEntry{}
	for rows.Next() {
		var e AuditEntry
		var ms int64
		var detail string
		if err := rows.Scan(&ms, &e.Who, &e.Action, &e.Site, &detail); err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		e.At = time.UnixMilli(ms)
		if err := json.Unmarshal([]byte(detail), &e.Detail); err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		out = append(out, e)
	}
	return out, rows.Err()
}
