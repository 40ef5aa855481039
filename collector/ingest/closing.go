package ingest

import (
	"errors"
	"fmt"
	"strings"

	"afterimage/collector/store"
)

// Close codes of the protocol. UPLOAD.md lists them: never renumber.
const (
	CloseGoingAway   = 1001 // RFC 6455: the collector stops; come again
	CloseInternal    = 1011 // RFC 6455: a fault of the collector; come again
	CloseBusy        = 1013 // too many sockets or too much under way; come again
	CloseUnknownSite = 4001
	CloseOrigin      = 4002
	CloseHello       = 4003
	CloseTooLarge    = 4004
	CloseRate        = 4005
	CloseOtherWriter = 4006
	CloseFull        = 4007
	CloseDisabled    = 4008
	CloseFrame       = 4009
	CloseSettings    = 4010
)

// Codes under which refusals are counted and, for some, sent. Shown on the health page
// and kept in the store: never rename.
const (
	CodeUnknownSite = "unknown-site"
	CodeOrigin      = "origin"
	CodeHello       = "hello"
	CodeTooLarge    = "too-large"
	CodeRate        = "rate"
	CodeOtherWriter = "other-writer"
	CodeFull        = "full"
	CodeDisabled    = "disabled"
	CodeFrame       = "frame"
	CodeBusy        = "busy"
	CodeInternal    = "internal"
	CodeNoEnvelope  = "no-envelope"
	CodeWrongKey    = "wrong-key"
	CodeOptedOut    = "opted-out"
	CodeSettings    = "settings"
)

// refusal ends a socket or a request. reason says what is wrong and what to do, without
// anything that came from the page.
type refusal struct {
	close  int
	status int // of HTTP
	code   string
	reason string
}

func (r *refusal) Error() string { return r.code + ": " + r.reason }

// stopReason is what the message stop says: a word of the protocol where recorders go on
// under new settings, else the reason for people.
func (r *refusal) stopReason() string {
	if r == refuseSettings {
		return CodeSettings
	}
	return r.reason
}

var (
	refuseUnknownSite = &refusal{CloseUnknownSite, 404, CodeUnknownSite, "no site has this key; copy the script tag from the collector's site page"}
	refuseTooLarge    = &refusal{CloseTooLarge, 413, CodeTooLarge, fmt.Sprintf("a message has more than %d bytes; send smaller frames", MaxFrameBytes)}
	refuseRate        = &refusal{CloseRate, 429, CodeRate, "too many messages or bytes for one socket; wait and send larger frames less often"}
	refuseFull        = &refusal{CloseFull, 507, CodeFull, "the collector's storage is full; keep the outbox and come again later"}
	refuseBusy        = &refusal{CloseBusy, 503, CodeBusy, "the collector has as many sockets or new page views as it takes; come again later"}
	refuseInternal    = &refusal{CloseInternal, 500, CodeInternal, "the collector could not store this; keep the outbox and come again"}
	refuseGoingAway   = &refusal{CloseGoingAway, 503, CodeBusy, "the collector stops; come again in a moment"}
	refuseSettings    = &refusal{CloseSettings, 409, CodeSettings, "the site's privacy settings or consent text changed; load the settings anew"}
	refuseOtherWriter = &refusal{CloseOtherWriter, 403, CodeOtherWriter, "the page view belongs to another writer; start a new page view"}
)

func refuseDisabled(site string) *refusal {
	return &refusal{CloseDisabled, 403, CodeDisabled, "recording of this site is switched off; switch it on with: collector site set " + site + " --enabled"}
}

func refuseOrigin(site, origin string) *refusal {
	// The origin is the page's own address bar, and the person who looks needs to see it.
	const what, flag = " is not listed; add it with: collector site set ", " --add-origin"
	if origin == "" {
		origin = "a request without Origin"
	}
	// The site's id can be looked up, the origin cannot.
	if len(origin)+len(what)+len(site)+len(flag) > maxCloseReason {
		site = "ID"
	}
	if room := maxCloseReason - len(what) - len(site) - len(flag) - len("…"); len(origin) > room {
		origin = origin[:room] + "…"
	}
	return &refusal{CloseOrigin, 403, CodeOrigin, origin + what + site + flag}
}

func refuseHello(format string, args ...any) *refusal {
	return &refusal{CloseHello, 400, CodeHello, "hello: " + withRemedy(format, args)}
}

func refuseFrame(format string, args ...any) *refusal {
	return &refusal{CloseFrame, 400, CodeFrame, "frame: " + withRemedy(format, args)}
}

// withRemedy says where the right form stands, where format has no remedy of its own.
func withRemedy(format string, args []any) string {
	text := fmt.Sprintf(format, args...)
	if !strings.Contains(text, ";") {
		text += "; the right form is in collector/UPLOAD.md"
	}
	return text
}

// asRefusal turns an error of the store into what the recorder is told.
func asRefusal(err error) *refusal {
	var r *refusal
	switch {
	case errors.As(err, &r):
		return r
	case errors.Is(err, store.ErrFull):
		return refuseFull
	}
	return refuseInternal
}

// logUnstored tells the collector's operator of what only the operator can mend.
func (s *Server) logUnstored(what, site string, no *refusal, err error) {
	switch no {
	case refuseFull:
		s.log.Error(what, "site", site, "err", err, "hint", "make room on the disk of the data directory, raise --journal-max-mib, or shorten --retention-days of sites; recorders keep it and come again")
	case refuseInternal:
		s.log.Error(what, "site", site, "err", err, "hint", "recorders keep it and come again; collector doctor looks for the cause")
	}
}

// cutReason fits a reason into a close frame without cutting a rune in two.
func cutReason(s string) string {
	if len(s) <= maxCloseReason {
		return s
	}
	n := maxCloseReason
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
