package ingest

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// tailAnswer is the body of a 200.
type tailAnswer struct {
	Acks    []ack     `json:"acks"`
	Refused []refused `json:"refused"`
}

// problem is the body of every other answer to a recorder.
type problem struct {
	Code  string `json:"code"`
	Error string `json:"error"`
}

// Tail takes what a leaving page still has: one request of u32 length | hello |
// (u32 length | frame)…, little endian. It is a simple request (text/plain), so that no
// preflight stands between a closing page and its last second.
func (s *Server) Tail(w http.ResponseWriter, r *http.Request) {
	address, body, leave := s.takePost(w, r, MaxTailBytes)
	if leave == nil {
		return
	}
	defer leave()
	p := &peer{s: s, origin: r.Header.Get("Origin"), address: address, views: map[string]string{}, barred: map[string]string{}}
	ctx, cancel := context.WithTimeout(r.Context(), StoreTimeout)
	defer cancel()
	answer, err := p.tail(ctx, body)
	if err != nil {
		no := asRefusal(err)
		s.logUnstored("tail was not stored and not acknowledged", p.site, no, err)
		s.answerRefusal(w, p.site, no)
		return
	}
	w.Header().Set("Access-Control-Allow-Origin", p.origin)
	writeJSON(w, http.StatusOK, answer)
}

// takePost begins what a page posts as a simple request, whatever its origin is: headers, an
// asked preflight, the caps, the body. leave is nil where the answer is written already.
func (s *Server) takePost(w http.ResponseWriter, r *http.Request, most int64) (address addressHash, body []byte, leave func()) {
	h := w.Header()
	h.Set("Vary", "Origin")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	// A refusal holds nothing secret and has to be readable for the page's developer.
	h.Set("Access-Control-Allow-Origin", "*")
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "POST")
		h.Set("Access-Control-Allow-Headers", "Content-Type")
		w.WriteHeader(http.StatusNoContent)
		return address, nil, nil
	}
	address = s.hashAddress(s.client(r))
	if no := s.enter(address); no != nil {
		s.answerRefusal(w, "", no)
		return address, nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if err != nil {
		s.leave(address)
		s.answerRefusal(w, "", &refusal{CloseTooLarge, http.StatusRequestEntityTooLarge, CodeTooLarge,
			fmt.Sprintf("the request has more than %d KiB or ended early", most>>10)})
		return address, nil, nil
	}
	return address, body, func() { s.leave(address) }
}

func (p *peer) tail(ctx context.Context, body []byte) (tailAnswer, error) {
	text, rest, ok := cutBlock(body)
	if !ok {
		return tailAnswer{}, refuseHello("the tail is cut short")
	}
	_, no, err := p.hello(ctx, text)
	if err != nil {
		return tailAnswer{}, err
	}
	answer := tailAnswer{Acks: []ack{}, Refused: append([]refused{}, no...)}
	for len(rest) > 0 {
		var b []byte
		if b, rest, ok = cutBlock(rest); !ok {
			// What stood before is durable and must be said so.
			p.s.count(p.site, CodeFrame, 1)
			break
		}
		a, no, err := p.frame(ctx, b)
		if err != nil {
			if len(answer.Acks) > 0 {
				p.s.count(p.site, asRefusal(err).code, 1)
				break
			}
			return tailAnswer{}, err
		}
		answer.Refused = append(answer.Refused, no...)
		if len(a.Ranges) > 0 {
			answer.Acks = append(answer.Acks, a)
		}
	}
	return answer, nil
}

// cutBlock takes u32 length and that many bytes off b.
func cutBlock(b []byte) (block, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := uint64(binary.LittleEndian.Uint32(b))
	b = b[4:]
	if n > uint64(len(b)) {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}

func (s *Server) answerRefusal(w http.ResponseWriter, site string, no *refusal) {
	s.count(site, no.code, 1)
	if no.status == http.StatusServiceUnavailable || no.status == http.StatusInsufficientStorage {
		w.Header().Set("Retry-After", "30")
	}
	writeJSON(w, no.status, problem{no.code, no.reason})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(b, '\n'))
}

// ifNoneMatch compares an ETag with a request's list.
func ifNoneMatch(header, etag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if part = strings.TrimSpace(part); part == etag || part == "W/"+etag || part == "*" {
			return true
		}
	}
	return false
}
