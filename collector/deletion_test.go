package main_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"afterimage/collector/ingest"
	"afterimage/collector/ingest/ingesttest"
	"afterimage/collector/store"
)

// Whichever way a session is deleted, the audit says who did it, what and when, and nothing of
// what was recorded; the answer is a receipt.
func TestEveryDeletionIsInTheAudit(t *testing.T) {
	b := newBench(t)
	p := b.serve()
	site, public := b.addSite(p.url)
	const key = "00112233445566778899aabbccddeeff"
	tag := ingest.VisitorTag(key, site)
	record := func() string {
		t.Helper()
		v := ingesttest.NewView(t, site, public)
		v.Add([]byte("RECORDED"))
		var hello map[string]any
		if err := json.Unmarshal(ingesttest.Hello(v), &hello); err != nil {
			t.Fatal(err)
		}
		hello["sessions"].([]any)[0].(map[string]any)["visitorTag"] = tag
		text, err := json.Marshal(hello)
		if err != nil {
			t.Fatal(err)
		}
		s := p.dial()
		s.Text(text)
		s.Next()
		s.Binary(v.Frame(0))
		if m := s.Next(); m.T != "ack" {
			t.Fatalf("got %+v, want an ack", m)
		}
		return v.Session
	}
	out, errs, code := b.run("token", "add", "qa")
	token := strings.TrimSpace(out)
	if code != 0 || token == "" {
		t.Fatalf("token add: %d\n%s%s", code, out, errs)
	}
	ask := func(method, path, authorization string, body []byte) map[string]any {
		t.Helper()
		r, err := http.NewRequest(method, p.url+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		answer := map[string]any{}
		if err != nil || resp.StatusCode != 200 || json.Unmarshal(text, &answer) != nil {
			t.Fatalf("%s %s: %d %s %v", method, path, resp.StatusCode, text, err)
		}
		return answer
	}
	for _, c := range []struct {
		name, who string
		how       func(session string)
	}{
		{"the command", "cli", func(session string) {
			if out, errs, code := b.run("session", "erase", session); code != 0 || !strings.Contains(out, "last copy") {
				t.Errorf("session erase: %d %s%s", code, out, errs)
			}
		}},
		{"the API, as the user interface asks it", "user owner", func(session string) {
			if got := ask("DELETE", "/api/v1/sessions/"+session, "Bearer "+token, nil); got["lastCopyGoes"] == "" || got["session"] != session {
				t.Errorf("receipt: %v", got)
			}
		}},
		{"the older path of the API", "user owner", func(session string) {
			if got := ask("POST", "/api/v1/sessions/"+session+"/erase", "Bearer "+token, nil); got["lastCopyGoes"] == "" {
				t.Errorf("receipt: %v", got)
			}
		}},
		{"the visitor's own page", "visitor", func(session string) {
			body, _ := json.Marshal(map[string]any{"v": 1, "site": site, "key": key, "action": "delete", "session": session})
			if got := ask("POST", "/v1/visitor", "", body); got["lastCopyGoes"] == "" {
				t.Errorf("receipt: %v", got)
			}
		}},
		{"the visitor's page, all at once", "visitor", func(string) {
			body, _ := json.Marshal(map[string]any{"v": 1, "site": site, "key": key, "action": "delete"})
			ask("POST", "/v1/visitor", "", body)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			session := record()
			c.how(session)
			out, errs, code := b.run("audit", "--site", site, "--json")
			var entries []store.AuditEntry
			if err := json.Unmarshal([]byte(out), &entries); code != 0 || err != nil {
				t.Fatalf("audit: %d %v\n%s", code, err, errs)
			}
			found := 0
			for _, e := range entries {
				if e.Action == store.AuditErased && e.Detail["session"] == session {
					found++
					if e.Who != c.who || e.At.IsZero() {
						t.Errorf("the entry is of %q at %v, want %q", e.Who, e.At, c.who)
					}
				}
			}
			if found != 1 {
				t.Errorf("%d entries name the session, want 1:\n%s", found, out)
			}
			if table, _, _ := b.run("audit", "--site", site); !strings.Contains(table, " session="+session) || strings.Contains(table, "map[") {
				t.Errorf("for people it is\n%s", table)
			}
			for _, secret := range []string{tag, key, "RECORDED", token} {
				if strings.Contains(out, secret) {
					t.Errorf("the audit holds %q", secret)
				}
			}
		})
	}
}
