package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"afterimage/collector/rules"
	"afterimage/collector/store"
)

// Actions is what both an Admin and a Client do.
type Actions interface {
	AddSite(context.Context, AddSite) (store.Site, error)
	SetSite(context.Context, SetSite) (store.Site, error)
	Sites(context.Context) ([]store.Site, error)
	AddUser(context.Context, User) (Credentials, error)
	SetPassword(context.Context, User) (Credentials, error)
	SignInLink(context.Context, User) (Credentials, error)
	Users(context.Context) ([]User, error)
	AddToken(context.Context, Token) (Credentials, error)
	RevokeToken(context.Context, Token) (Credentials, error)
	Tokens(context.Context) ([]Token, error)
	EraseSession(context.Context, SessionID) (Receipt, error)
	DestroyKey(context.Context, SiteID) (Receipt, error)
	RotateKey(context.Context, SiteID) (store.Site, error)
	CheckSite(context.Context, SiteID) ([]rules.Warning, error)
	BackUpEnvelopes(context.Context, Backup) (store.Backup, error)
	RestoreEnvelopes(context.Context, File) (Restored, error)
	Reports(context.Context, SiteID) ([]store.Report, error)
	Audited(context.Context, SiteID) ([]store.AuditEntry, error)
	Status(context.Context, struct{}) (Status, error)
}

var (
	_ Actions = (*Admin)(nil)
	_ Actions = (*Client)(nil)
)

const maxRequest = 1 << 20

// Handler serves a below /admin/v1/. It has no login: mount it on the unix socket alone.
func Handler(a *Admin) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /admin/v1/site-add", call(a.AddSite))
	mux.Handle("POST /admin/v1/site-set", call(a.SetSite))
	mux.Handle("POST /admin/v1/site-list", call(func(ctx context.Context, _ struct{}) ([]store.Site, error) { return a.Sites(ctx) }))
	mux.Handle("POST /admin/v1/user-add", call(a.AddUser))
	mux.Handle("POST /admin/v1/user-password", call(a.SetPassword))
	mux.Handle("POST /admin/v1/user-link", call(a.SignInLink))
	mux.Handle("POST /admin/v1/user-list", call(func(ctx context.Context, _ struct{}) ([]User, error) { return a.Users(ctx) }))
	mux.Handle("POST /admin/v1/token-add", call(a.AddToken))
	mux.Handle("POST /admin/v1/token-revoke", call(a.RevokeToken))
	mux.Handle("POST /admin/v1/token-list", call(func(ctx context.Context, _ struct{}) ([]Token, error) { return a.Tokens(ctx) }))
	mux.Handle("POST /admin/v1/session-erase", call(a.EraseSession))
	mux.Handle("POST /admin/v1/site-destroy-key", call(a.DestroyKey))
	mux.Handle("POST /admin/v1/site-rotate-key", call(a.RotateKey))
	mux.Handle("POST /admin/v1/site-check", call(a.CheckSite))
	mux.Handle("POST /admin/v1/envelopes-back-up", call(a.BackUpEnvelopes))
	mux.Handle("POST /admin/v1/envelopes-restore", call(a.RestoreEnvelopes))
	mux.Handle("POST /admin/v1/site-reports", call(a.Reports))
	mux.Handle("POST /admin/v1/audit", call(a.Audited))
	mux.Handle("POST /admin/v1/status", call(a.Status))
	return mux
}

func call[Q, A any](f func(context.Context, Q) (A, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q Q
		var answer any
		status := http.StatusOK
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&q)
		if err == nil {
			answer, err = f(r.Context(), q)
		}
		if err != nil {
			status = http.StatusBadRequest
			var p *Problem
			if !errors.As(err, &p) {
				p = &Problem{What: err.Error()}
			}
			answer = p
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(answer)
	})
}

// Client speaks to the collector that holds a data directory.
type Client struct{ http *http.Client }

// Dial connects to the unix socket of a running collector; the error says that none runs.
func Dial(socket string) (*Client, error) {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil, err
	}
	conn.Close()
	return &Client{&http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}}, nil
}

func ask[A any](ctx context.Context, c *Client, name string, q any) (answer A, err error) {
	body, err := json.Marshal(q)
	if err != nil {
		return answer, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://collector/admin/v1/"+name, bytes.NewReader(body))
	if err != nil {
		return answer, err
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return answer, fmt.Errorf("running collector: %w", err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer, fmt.Errorf("running collector: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		var p Problem
		if err := json.Unmarshal(b, &p); err != nil || p.What == "" {
			return answer, fmt.Errorf("running collector: status %d", resp.StatusCode)
		}
		return answer, &p
	}
	if err := json.Unmarshal(b, &answer); err != nil {
		return answer, fmt.Errorf("running collector: %w", err)
	}
	return answer, nil
}

func (c *Client) AddSite(ctx context.Context, q AddSite) (store.Site, error) {
	return ask[store.Site](ctx, c, "site-add", q)
}

func (c *Client) SetSite(ctx context.Context, q SetSite) (store.Site, error) {
	return ask[store.Site](ctx, c, "site-set", q)
}

func (c *Client) Sites(ctx context.Context) ([]store.Site, error) {
	return ask[[]store.Site](ctx, c, "site-list", struct{}{})
}

func (c *Client) AddUser(ctx context.Context, q User) (Credentials, error) {
	return ask[Credentials](ctx, c, "user-add", q)
}

func (c *Client) SetPassword(ctx context.Context, q User) (Credentials, error) {
	return ask[Credentials](ctx, c, "user-password", q)
}

func (c *Client) SignInLink(ctx context.Context, q User) (Credentials, error) {
	return ask[Credentials](ctx, c, "user-link", q)
}

func (c *Client) Users(ctx context.Context) ([]User, error) {
	return ask[[]User](ctx, c, "user-list", struct{}{})
}

func (c *Client) AddToken(ctx context.Context, q Token) (Credentials, error) {
	return ask[Credentials](ctx, c, "token-add", q)
}

func (c *Client) RevokeToken(ctx context.Context, q Token) (Credentials, error) {
	return ask[Credentials](ctx, c, "token-revoke", q)
}

func (c *Client) Tokens(ctx context.Context) ([]Token, error) {
	return ask[[]Token](ctx, c, "token-list", struct{}{})
}

func (c *Client) EraseSession(ctx context.Context, q SessionID) (Receipt, error) {
	return ask[Receipt](ctx, c, "session-erase", q)
}

func (c *Client) DestroyKey(ctx context.Context, q SiteID) (Receipt, error) {
	return ask[Receipt](ctx, c, "site-destroy-key", q)
}

func (c *Client) RotateKey(ctx context.Context, q SiteID) (store.Site, error) {
	return ask[store.Site](ctx, c, "site-rotate-key", q)
}

func (c *Client) CheckSite(ctx context.Context, q SiteID) ([]rules.Warning, error) {
	return ask[[]rules.Warning](ctx, c, "site-check", q)
}

func (c *Client) BackUpEnvelopes(ctx context.Context, q Backup) (store.Backup, error) {
	return ask[store.Backup](ctx, c, "envelopes-back-up", q)
}

func (c *Client) RestoreEnvelopes(ctx context.Context, q File) (Restored, error) {
	return ask[Restored](ctx, c, "envelopes-restore", q)
}

func (c *Client) Reports(ctx context.Context, q SiteID) ([]store.Report, error) {
	return ask[[]store.Report](ctx, c, "site-reports", q)
}

func (c *Client) Audited(ctx context.Context, q SiteID) ([]store.AuditEntry, error) {
	return ask[[]store.AuditEntry](ctx, c, "audit", q)
}

func (c *Client) Status(ctx context.Context, q struct{}) (Status, error) {
	return ask[Status](ctx, c, "status", q)
}
