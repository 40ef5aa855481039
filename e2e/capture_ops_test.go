package e2e

import (
	le "encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"afterimage/wasm/mirror"
)

// opTree reads the ops of jsbridge/PROTOCOL.md back into a tree, as text of the page, without
// any masking: the bridge's own tests compare it with the document. It demands what the
// protocol demands, and answers for strings that do not have their shape as the core does.
type opTree struct {
	fed    []posted     // what the core took
	core   *mirror.Core // the real one, natively: it must take every batch
	nodes  map[int32]*opNode
	lost   map[int32]bool // given up until the bridge sends them anew
	next   int32          // ids below were used
	resend [][2]int32
	ops    map[int32]int // how often each op came
	log    []op          // ops beside the tree
	began  bool
	ended  bool
}

type opNode struct {
	id             int32
	kind           int // 1, 3, 8, 9 (root), 10 …
	ns             int32
	name           string
	attrs          map[string][]uint16
	text           []uint16
	parent         *opNode
	children       []*opNode
	shadow, frame  *opNode
	value          *string
	checked        int32
	secret         int32
	marks          int32
	width, height  int32
	scrollX        int32
	scrollY        int32
	dialog         int32
	adopted        []int32
	sheet          string
	selectedOption []int32
}

type op struct {
	code int32
	ints []int32
	strs []string
}

type posted struct {
	Type string  `json:"type"`
	Ints []int32 `json:"ints"`
	Text string  `json:"text"`
}

func newOpTree() *opTree {
	return &opTree{core: mirror.New(), ops: map[int32]int{}, nodes: map[int32]*opNode{}, lost: map[int32]bool{}}
}

// utf16Of reads the tests' form of a text: four hex digits a unit.
func utf16Of(text string) []uint16 {
	out := make([]uint16, 0, len(text)/4)
	for i := 0; i+4 <= len(text); i += 4 {
		u, err := strconv.ParseUint(text[i:i+4], 16, 16)
		if err != nil {
			panic(err)
		}
		out = append(out, uint16(u))
	}
	return out
}

func hexOf(text []uint16) string {
	var b strings.Builder
	for _, u := range text {
		fmt.Fprintf(&b, "%04x", u)
	}
	return b.String()
}

// opReader walks ints and text of one batch.
type opReader struct {
	ints []int32
	text []uint16
	end  int
	i    int
}

func (r *opReader) int() int32 {
	if r.i >= r.end {
		panic(fmt.Errorf("op reads past its size"))
	}
	r.i++
	return r.ints[r.i-1]
}

func (r *opReader) list(n int32) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = r.int()
	}
	return out
}

func (r *opReader) units() []uint16 {
	n := r.int()
	if n < 0 {
		return nil
	}
	if int(n) >= len(r.text) || r.text[n] != 0 {
		panic(fmt.Errorf("string of %d units does not end where it must", n))
	}
	s := r.text[:n:n]
	r.text = r.text[n+1:]
	if s == nil {
		s = []uint16{}
	}
	return s
}

func (r *opReader) str() string { return string(utf16.Decode(r.units())) }

// feed gives a batch to the real core, as the worker does.
func (t *opTree) feed(p posted) error {
	text := string(utf16.Decode(utf16Of(p.Text)))
	in := t.core.In(len(p.Ints), len(text))
	if in == nil {
		return errors.New("the core has no room")
	}
	for i, v := range p.Ints {
		le.LittleEndian.PutUint32(in[4*i:], uint32(v))
	}
	copy(in[4*len(p.Ints):], text)
	if code := t.core.Apply(len(p.Ints), len(text)); code != mirror.OK {
		return fmt.Errorf("the core answers %v to %v", code, t.blame(p))
	}
	t.fed = append(t.fed, p)
	list := t.core.Resend()
	for i := 0; i+1 < len(list); i += 2 {
		t.resend = append(t.resend, [2]int32{list[i], list[i+1]})
	}
	t.core.ClearResend()
	return nil
}

// blame finds the op of a batch that a core refuses which took all before it.
func (t *opTree) blame(p posted) []int32 {
	again := &opTree{core: mirror.New()}
	for _, before := range t.fed {
		if again.feed(before) != nil {
			return nil
		}
	}
	rest := utf16Of(p.Text)
	for i := 0; i < len(p.Ints); {
		end := i + int(p.Ints[i]>>8)
		// All texts that follow are given along; only a refusal other than of what is left over counts.
		one := posted{Ints: p.Ints[i:end]}
		for n := 0; ; {
			code := again.try(posted{Ints: one.Ints, Text: hexOf(rest[:n])})
			if code == mirror.OK {
				rest = rest[n:]
				break
			}
			next := slices.Index(rest[n:], 0)
			if next < 0 {
				return one.Ints
			}
			n += next + 1
			again = &opTree{core: mirror.New()}
			for _, before := range t.fed {
				_ = again.feed(before)
			}
			_ = again.feed(posted{Ints: p.Ints[:i], Text: hexOf(utf16Of(p.Text)[:len(utf16Of(p.Text))-len(rest)])})
		}
		i = end
	}
	return nil
}

func (t *opTree) try(p posted) mirror.Code {
	text := string(utf16.Decode(utf16Of(p.Text)))
	in := t.core.In(len(p.Ints), len(text))
	for i, v := range p.Ints {
		le.LittleEndian.PutUint32(in[4*i:], uint32(v))
	}
	copy(in[4*len(p.Ints):], text)
	code := t.core.Apply(len(p.Ints), len(text))
	t.core.ClearResend()
	return code
}

// apply reads one batch. Any breach of the protocol is an error.
func (t *opTree) apply(p posted) (err error) {
	if err := t.feed(p); err != nil {
		return err
	}
	r := &opReader{ints: p.Ints, text: utf16Of(p.Text)}
	defer func() {
		if e := recover(); e != nil {
			broken, ok := e.(error)
			if !ok {
				panic(e)
			}
			err = fmt.Errorf("int %d of %v: %w", r.i, r.ints[:min(len(r.ints), r.i+8)], broken)
		}
	}()
	for r.i < len(r.ints) {
		head := r.ints[r.i]
		code, size := head&255, int(head>>8)
		start := r.i
		r.end = start + size
		if size < 1 || r.end > len(r.ints) {
			return fmt.Errorf("op %d at %d has size %d", code, start, size)
		}
		r.i++
		t.ops[code]++
		t.one(code, r)
		if r.i != r.end {
			return fmt.Errorf("op %d at %d reads %d of %d ints", code, start, r.i-start, size)
		}
	}
	if len(r.text) != 0 {
		return fmt.Errorf("%d units of text are left", len(r.text))
	}
	return nil
}
