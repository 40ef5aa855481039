// Package accounts signs people in: passwords (argon2id), one-time sign-in links, login
// sessions (scs, in the store's database) and the pages for them.
//
// Wrap puts a login before a handler: pages are sent to /login, the API answers 401. A
// request that another site's page makes and that would change something is refused
// (net/http's CrossOriginProtection). Attempts are limited per address; who tries is
// neither logged nor stored. The audit says who signed in by what, and how many sign-ins of
// a minute failed.
package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"afterimage/collector/store"
	"afterimage/collector/throttle"

	"github.com/alexedwards/scs/v2"
)

const (
	sessionFor        = 14 * 24 * time.Hour
	idleFor           = 3 * 24 * time.Hour
	userKey           = "user"
	maxFormSize       = 8 << 10
	attemptsPerWindow = 10 // to sign in, of one address
	attemptWindow     = time.Minute
	bodyFor           = 15 * time.Second // for the body of a request of whoever is not signed in
)

// Config connects Accounts.
type Config struct {
	Store  *store.Store
	Log    *slog.Logger
	Secure bool                           // the collector is reached by https: cookies say so
	Client func(*http.Request) netip.Addr // for the limit of attempts
	Now    func() time.Time
	// BodyTimeout bounds the body of a request before the login; 0: 15 s.
	BodyTimeout time.Duration
	// FailedWindow is how long failed sign-ins are counted for one entry of the audit; 0: a minute.
	FailedWindow time.Duration
}

// Accounts is the login of a collector. Safe for concurrent use.
type Accounts struct {
	st        *store.Store
	log       *slog.Logger
	client    func(*http.Request) netip.Addr
	sessions  *scs.SessionManager
	attempts  throttle.Window
	decoy     string
	now       func() time.Time
	failures  failures
	failedFor time.Duration
	bodyFor   time.Duration
}

// New makes the login.
func New(c Config) *Accounts {
	m := scs.New()
	m.Store = c.Store.Logins()
	m.Lifetime, m.IdleTimeout = sessionFor, idleFor
	m.Cookie.Name = "afterimage_login"
	if c.Secure {
		m.Cookie.Name = "__Host-afterimage_login"
	}
	m.Cookie.HttpOnly, m.Cookie.Secure = true, c.Secure
	m.Cookie.SameSite = http.SameSiteLaxMode // Strict would drop it on a link from a chat or ticket
	a := &Accounts{st: c.Store, log: c.Log, client: c.Client, sessions: m, decoy: hash("no user has this password")}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.bodyFor = c.BodyTimeout; a.bodyFor == 0 {
		a.bodyFor = bodyFor
	}
	now := c.Now
	if now == nil {
		now = time.Now
	}
	a.now = now
	if a.failedFor = c.FailedWindow; a.failedFor == 0 {
		a.failedFor = failedWindow
	}
	a.attempts = throttle.Window{Hasher: &throttle.Hasher{Now: now}, Now: now, Every: attemptWindow, Most: attemptsPerWindow}
	m.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		if r.Context().Err() == nil { // else who asked is gone: a browser that closed, a collector that stops
			a.log.Error("login session", "err", err)
		}
		http.Error(w, "internal error", http.StatusInternalServerError)
	}
	return a
}

// Wrap serves the login's own pages and everything else by next, behind the login.
func (a *Accounts) Wrap(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", a.loginPage)
	mux.HandleFunc("POST /login", a.login)
	mux.HandleFunc("POST /logout", a.logout)
	mux.HandleFunc("GET /sign-in/{token}", a.linkPage)
	mux.HandleFunc("POST /sign-in/{token}", a.useLink)
	mux.HandleFunc("GET /login.css", servePage("login.css", http.StatusOK))
	mux.HandleFunc("GET /api/v1/me", a.me)
	mux.Handle("/", a.require(next))
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(refuse))
	inner := cross.Handler(a.sessions.LoadAndSave(mux))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Also for handlers that read no body: net/http reads what is left after them.
		http.NewResponseController(w).SetReadDeadline(time.Now().Add(a.bodyFor)) // an error means no deadline, no more
		inner.ServeHTTP(w, r)
	})
}

// refuse says why a request that would change something is not believed to be of a page of
// the collector. Over plain http, except to this machine, browsers send no Sec-Fetch-Site,
// and the login's pages, which send no referrer, make them send Origin: null.
func refuse(w http.ResponseWriter, r *http.Request) {
	plain := r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "null"
	switch {
	case strings.HasPrefix(r.URL.Path, "/api/"):
		writeProblem(w, http.StatusForbidden, "cross-origin", "the request came from a page of another site", "open the collector's own page and try again there")
	case plain:
		servePage("refused-http.html", http.StatusForbidden)(w, r)
	default:
		servePage("refused.html", http.StatusForbidden)(w, r)
	}
}

// require lets signed-in people through.
func (a *Accounts) require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name := a.name(r); name != "" {
			r = r.WithContext(store.WithActor(r.Context(), "user "+name))
			// Imports and long polls of people who are signed in take their time.
			http.NewResponseController(w).SetReadDeadline(time.Time{})
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		if strings.HasPrefix(r.URL.Path, "/api/") || r.Method != http.MethodGet && r.Method != http.MethodHead {
			writeProblem(w, http.StatusUnauthorized, "unauthorized", "sign in first", "open /login, or send a token of: collector token add NAME")
			return
		}
		to := "/login"
		if r.URL.Path != "/" {
			to += "?next=" + url.QueryEscape(r.URL.RequestURI())
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	})
}

// name is who asks, "" for nobody: by the login's cookie, or by an API token, which is good
// for the API alone.
func (a *Accounts) name(r *http.Request) string {
	u, err := store.User{}, store.ErrNotFound
	if id := a.sessions.GetString(r.Context(), userKey); id != "" {
		u, err = a.st.UserByID(r.Context(), id)
	} else if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && strings.HasPrefix(r.URL.Path, "/api/") {
		if id, err = a.st.APITokenUser(r.Context(), token); err == nil {
			u, err = a.st.UserByID(r.Context(), id)
		}
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) && r.Context().Err() == nil {
		a.log.Error("who asks", "err", err)
	}
	if err != nil {
		return ""
	}
	return u.Name
}

func (a *Accounts) signedIn(ctx context.Context) bool {
	return a.sessions.GetString(ctx, userKey) != ""
}

func (a *Accounts) me(w http.ResponseWriter, r *http.Request) {
	u, err := a.st.UserByID(r.Context(), a.sessions.GetString(r.Context(), userKey))
	if err != nil {
		writeProblem(w, http.StatusUnauthorized, "unauthorized", "sign in first", "open /login")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(map[string]string{"name": u.Name, "role": u.Role})
}

func (a *Accounts) loginPage(w http.ResponseWriter, r *http.Request) {
	if a.signedIn(r.Context()) {
		http.Redirect(w, r, target(r), http.StatusSeeOther)
		return
	}
	servePage("login.html", http.StatusOK)(w, r)
}

func (a *Accounts) login(w http.ResponseWriter, r *http.Request) {
	if !a.attempts.Allow(a.client(r)) {
		a.failed("", true)
		servePage("login-wait.html", http.StatusTooManyRequests)(w, r)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxFormSize)
	u, err := a.st.User(r.Context(), r.PostFormValue("name"))
	phc := u.Password
	if err != nil {
		phc = a.decoy // the same work for a name that nobody has
	}
	ok, wrong := matches(r.PostFormValue("password"), phc)
	if err != nil && !errors.Is(err, store.ErrNotFound) || wrong != nil {
		a.log.Error("login", "err", errors.Join(err, wrong))
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	if err != nil || !ok {
		a.failed(u.Name, false)
		servePage("login-wrong.html", http.StatusUnauthorized)(w, r)
		return
	}
	a.begin(w, r, u, "password")
}

// begin starts a login session under a new token, so that one set before cannot be used.
func (a *Accounts) begin(w http.ResponseWriter, r *http.Request, user store.User, by string) {
	err := a.signedInBy(r, user, by)
	if err == nil {
		err = a.sessions.RenewToken(r.Context())
	}
	if err != nil {
		a.log.Error("login", "err", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	a.sessions.Put(r.Context(), userKey, user.ID)
	http.Redirect(w, r, target(r), http.StatusSeeOther)
}

// linkPage asks for a click: programs that look at links in messages only GET, and would
// use the link up.
func (a *Accounts) linkPage(w http.ResponseWriter, r *http.Request) {
	servePage("sign-in.html", http.StatusOK)(w, r)
}

func (a *Accounts) useLink(w http.ResponseWriter, r *http.Request) {
	if !a.attempts.Allow(a.client(r)) {
		a.failed("", true)
		servePage("login-wait.html", http.StatusTooManyRequests)(w, r)
		return
	}
	id, err := a.st.UseSignInLink(r.Context(), r.PathValue("token"))
	if errors.Is(err, store.ErrNotFound) {
		a.failed("", false)
		servePage("sign-in-used.html", http.StatusGone)(w, r)
		return
	}
	user := store.User{}
	if err == nil {
		user, err = a.st.UserByID(r.Context(), id)
	}
	if err != nil {
		a.log.Error("sign-in link", "err", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	a.begin(w, r, user, "link")
}

func (a *Accounts) logout(w http.ResponseWriter, r *http.Request) {
	if err := a.sessions.Destroy(r.Context()); err != nil {
		a.log.Error("logout", "err", err)
	}
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// target is where to go after the login: a path of this collector, nothing else.
func target(r *http.Request) string {
	next := r.URL.Query().Get("next")
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.Contains(next, `\`) {
		return "/"
	}
	return next
}

func writeProblem(w http.ResponseWriter, status int, code, what, hint string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"code": code, "error": what, "hint": hint})
}
