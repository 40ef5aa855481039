package e2e

import (
	"bytes"
	le "encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"
)

// wiretap stands between the browser and the collector and keeps every byte that the browser
// sends.
type wiretap struct {
	URL   string
	mu    sync.Mutex
	conns []*bytes.Buffer
	open  map[net.Conn]*bytes.Buffer
}

// cut drops all WebSockets that are open, with what is under way in them.
func (w *wiretap) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for conn, sent := range w.open {
		if bytes.Contains(bytes.ToLower(sent.Bytes()[:min(sent.Len(), 1<<14)]), []byte("upgrade: websocket")) {
			conn.Close()
		}
	}
}

// tapWire passes connections on to the collector at addr until the test ends.
func tapWire(t *testing.T, addr string) *wiretap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	w := &wiretap{URL: "http://" + l.Addr().String(), open: map[net.Conn]*bytes.Buffer{}}
	go func() {
		for {
			browser, err := l.Accept()
			if err != nil {
				return // closed: the test is over
			}
			go w.pass(browser, addr)
		}
	}()
	return w
}

func (w *wiretap) pass(browser net.Conn, addr string) {
	defer browser.Close()
	server, err := net.Dial("tcp", addr)
	if err != nil {
		return // the browser sees a closed connection
	}
	defer server.Close()
	var sent bytes.Buffer
	w.mu.Lock()
	w.conns = append(w.conns, &sent)
	w.open[browser] = &sent
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.open, browser)
	}()
	go func() {
		_, _ = io.Copy(browser, server)
		browser.Close()
	}()
	_, _ = io.Copy(io.MultiWriter(server, lockedBuffer{w, &sent}), browser)
}

type lockedBuffer struct {
	w *wiretap
	b *bytes.Buffer
}

func (l lockedBuffer) Write(b []byte) (int, error) {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	return l.b.Write(b)
}

// sent is what the browser sent on each connection: as it was, and of a WebSocket the
// messages too, whose masking key stands before them.
func (w *wiretap) sent() (list [][]byte, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, c := range w.conns {
		b := bytes.Clone(c.Bytes())
		list = append(list, b)
		messages, err := webSocketMessages(b)
		if err != nil {
			return nil, fmt.Errorf("connection %d: %w", i, err)
		}
		if messages != nil {
			list = append(list, messages)
		}
	}
	return list, nil
}

var errCompressedFrame = errors.New("a WebSocket frame has a reserved bit: it is compressed and cannot be looked into")

// webSocketMessages strings the unmasked payloads of a client's frames together (RFC 6455
// §5.2), and is nil where there was no WebSocket.
func webSocketMessages(b []byte) ([]byte, error) {
	at := strings.Index(strings.ToLower(string(b[:min(len(b), 1<<14)])), "upgrade: websocket")
	if at < 0 {
		return nil, nil
	}
	head := bytes.Index(b[at:], []byte("\r\n\r\n"))
	if head < 0 {
		return nil, nil
	}
	b = b[at+head+4:]
	out := []byte{}
	for len(b) >= 6 {
		if b[0]&0x70 != 0 {
			return nil, errCompressedFrame
		}
		size, at := int(b[1]&0x7f), 2
		switch size {
		case 126:
			if len(b) < 8 {
				return out, nil
			}
			size, at = int(le.BigEndian.Uint16(b[2:])), 4
		case 127:
			if len(b) < 14 {
				return out, nil
			}
			size, at = int(le.BigEndian.Uint64(b[2:])), 10
		}
		if b[1]&0x80 == 0 {
			return nil, errors.New("a client's frame is not masked")
		}
		key := b[at : at+4]
		b = b[at+4:]
		n := min(size, len(b)) // the last one may be cut off
		for i := range n {
			out = append(out, b[i]^key[i%4])
		}
		b = b[n:]
	}
	return out, nil
}

// scanAll scans everything there is of the site's recordings: what the browser sent, what lies
// in the collector's folders and what it printed, and all sessions decrypted, as events and
// raw. It returns the events.
//
// Further arguments go to replay, such as the key of a held site.
func (c *collectorSite) scanAll(t *testing.T, s *scanner, w *wiretap, args ...string) (lines []byte) {
	t.Helper()
	sent, err := w.sent()
	if err != nil {
		t.Fatal(err)
	}
	if len(sent) == 0 {
		t.Fatal("the browser sent nothing through the tap")
	}
	for _, b := range sent {
		s.scanSealed("the upload", b)
	}
	// Most of the time goes to the commands, not to the scan.
	type texts struct{ events, raw string }
	read := make(chan texts)
	sessions := c.sessions(t)
	go func() {
		defer close(read)
		var g errgroup.Group
		g.SetLimit(2)
		for _, session := range sessions {
			g.Go(func() error {
				cat := func(how ...string) string {
					return c.replay(t, slices.Concat([]string{"cat"}, how, []string{session}, args)...)
				}
				read <- texts{cat(), cat("--raw")}
				return nil
			})
		}
		_ = g.Wait()
	}()
	for r := range read {
		events := []byte(r.events)
		if err := s.scanEvents("cat", events); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, events...)
		s.scan("cat --raw", []byte(r.raw))
	}
	c.stop()
	s.scan("the collector's log", []byte(c.output()))
	for _, dir := range []string{c.Data, c.Keys} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			b, err := os.ReadFile(path)
			if err == nil {
				s.scanSealed("file "+filepath.Base(path), append(b, path...))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return lines
}

// sessions are the ids of all sessions in the collector's data.
func (c *collectorSite) sessions(t *testing.T) (ids []string) {
	t.Helper()
	for line := range strings.Lines(c.replay(t, "list", "--json", "--limit", "0")) {
		if _, rest, ok := strings.Cut(line, `"id":"`); ok {
			id, _, _ := strings.Cut(rest, `"`)
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		t.Fatal("the collector holds no session")
	}
	return ids
}
