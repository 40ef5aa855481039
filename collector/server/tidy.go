package server

import (
	"context"
	"log/slog"
	"time"

	"afterimage/collector/notify"
	"afterimage/collector/store"
)

// tidy erases what is older than its site's retention, backs envelopes up each day where a
// folder is named, and removes the backups that are due.
func (c *collector) tidy(ctx context.Context) {
	t := time.NewTicker(tidyEvery)
	defer t.Stop()
	for {
		c.tidyOnce(ctx)
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

func (c *collector) tidyOnce(ctx context.Context) {
	fail := func(what string, err error) {
		if err != nil && ctx.Err() == nil {
			c.Log.Error(what, "err", err)
		}
	}
	n, err := c.store.Expire(ctx)
	fail("retention", err)
	if n > 0 {
		c.Log.Info("erased by retention", "sessions", n)
	}
	_, err = c.store.PruneEnvelopeBackups(ctx)
	fail("backups of envelopes", err)
	if c.EnvelopeBackups == "" {
		return
	}
	all, err := c.store.EnvelopeBackups(ctx)
	fail("backups of envelopes", err)
	if err != nil || len(all) > 0 && c.Now().Sub(all[0].MadeAt) < backUpEvery {
		return
	}
	_, err = c.store.BackUpEnvelopes(ctx, c.EnvelopeBackups, c.envelopesFor(), "collector")
	fail("backup of envelopes", err)
}

func (c *collector) envelopesFor() time.Duration {
	if c.EnvelopesFor > 0 {
		return c.EnvelopesFor
	}
	return store.DefaultEnvelopeRetention
}

// announceTries is how often a message is sent before it is given up.
const announceTries = 3

// Announcer sends word of new privacy versions and notes in the audit whether it arrived. A
// message that does not is no failure of the change. nil where nothing is configured.
func Announcer(st *store.Store, to notify.Config, log *slog.Logger) func(context.Context, notify.Change) error {
	if to.Webhook == "" && to.SMTP == "" {
		return nil
	}
	return func(ctx context.Context, x notify.Change) (err error) {
		for range announceTries {
			if err = to.Send(ctx, x); err == nil || ctx.Err() != nil {
				break
			}
		}
		detail := map[string]any{"privacyVersion": x.PrivacyVersion, "sent": err == nil}
		if err != nil {
			log.Error("the change of privacy settings was not announced by every way", "site", x.Site, "err", err)
			detail["problem"] = err.Error()
		}
		return st.Audit(context.WithoutCancel(ctx), store.AuditEntry{Who: "collector", Action: store.AuditAnnounced, Site: x.Site, Detail: detail})
	}
}
