package accounts

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"afterimage/collector/store"
)

// failedWindow is how long failed sign-ins are counted before they become one entry of the
// audit: the table is only added to, and strangers must not fill it.
const failedWindow = time.Minute

// maxFailedNames bounds the accounts that one entry names.
const maxFailedNames = 20

// failures counts failed sign-ins. Names are those of accounts: what else stands in the
// name's field may be a password.
type failures struct {
	mu    sync.Mutex
	began time.Time
	wrong int // passwords and links
	many  int // not looked at any more
	names []string
	timer *time.Timer
}

// failed notes a failed sign-in; name is that of an account, or empty.
func (a *Accounts) failed(name string, tooMany bool) {
	f := &a.failures
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.timer == nil {
		f.began = a.now()
		f.timer = time.AfterFunc(a.failedFor, a.noteFailures)
	}
	if tooMany {
		f.many++
		return
	}
	f.wrong++
	if name != "" && len(f.names) < maxFailedNames && !slices.Contains(f.names, name) {
		f.names = append(f.names, name)
	}
}

// noteFailures writes what was counted.
func (a *Accounts) noteFailures() {
	f := &a.failures
	f.mu.Lock()
	entry := store.AuditEntry{At: f.began, Who: "collector", Action: store.AuditSignInFailed,
		Detail: map[string]any{"failed": f.wrong, "refusedUnseen": f.many, "accounts": append([]string{}, f.names...), "inSeconds": int(a.now().Sub(f.began).Seconds()) + 1}}
	counted := f.timer != nil
	if counted {
		f.timer.Stop()
	}
	f.timer, f.wrong, f.many, f.names = nil, 0, 0, nil
	f.mu.Unlock()
	if !counted {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := a.st.Audit(ctx, entry); err != nil {
		a.log.Error("audit of failed sign-ins", "err", err)
	}
}

// signedInBy notes who signed in, and by what. A collector that cannot write it down lets
// nobody in.
func (a *Accounts) signedInBy(r *http.Request, user store.User, by string) error {
	return a.st.Audit(r.Context(), store.AuditEntry{Who: "user " + user.Name, Action: store.AuditSignedIn, Detail: map[string]any{"by": by}})
}

// Close writes what is only counted. The store is closed after it.
func (a *Accounts) Close() { a.noteFailures() }
