package wire_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/html"

	"afterimage/wasm/wire"
)

// script is a recording to be measured: the ops of each segment.
type script struct {
	name     string
	segments [][]wire.Op
	source   []byte // the page's HTML, where there is one
}

// realPages are pages that a module of the build ships for its own benchmarks, turned
// into the ops of a snapshot.
func realPages(t testing.TB) (pages []script) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tdewolff/minify/v2").Output()
	if err != nil {
		t.Logf("no real pages: %v", err)
		return nil
	}
	files, _ := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "_benchmarks", "sample_*.html"))
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(f), "sample_"), ".html")
		pages = append(pages, script{name, [][]wire.Op{snapshotOps(b)}, b})
	}
	return pages
}

var void = map[string]bool{"area": true, "base": true, "br": true, "col": true, "embed": true, "hr": true, "img": true,
	"input": true, "link": true, "meta": true, "source": true, "track": true, "wbr": true}

// snapshotOps reads HTML well enough to measure with: unclosed elements stay open until
// an ancestor is closed. Script text is dropped as a recorder drops it.
func snapshotOps(b []byte) []wire.Op {
	ops := []wire.Op{{Kind: wire.KindSnapshotBegin, AtMs: 20, Nums: []int64{1280, 720, 1000, 0, 0}}}
	type open struct {
		name     string
		id, last uint32
	}
	stack := []open{{"", 1, 0}}
	id := uint32(1)
	add := func(op wire.Op) {
		id++
		top := &stack[len(stack)-1]
		op.AtMs, op.ID, op.Parent, op.Prev = 20, id, top.id, top.last
		top.last = id
		ops = append(ops, op)
	}
	l := html.NewLexer(parse.NewInputBytes(bytes.Clone(b)))
	var pending *wire.Op
	push := func() {
		if pending == nil {
			return
		}
		add(*pending)
		if name := string(pending.Name); !void[name] {
			stack = append(stack, open{name, id, 0})
		}
		pending = nil
	}
	for {
		tt, data := l.Next()
		switch tt {
		case html.ErrorToken:
			ops = append(ops, wire.Op{Kind: wire.KindSnapshotEnd, AtMs: 40})
			return ops
		case html.StartTagToken:
			name := bytes.ToLower(bytes.Clone(l.Text()))
			for string(name) == stack[len(stack)-1].name && (string(name) == "li" || string(name) == "p" || string(name) == "td" || string(name) == "tr") {
				stack = stack[:len(stack)-1]
			}
			pending = &wire.Op{Kind: wire.KindElement, Name: name, Nums: []int64{0}}
		case html.AttributeToken:
			v := bytes.Trim(l.AttrVal(), `"'`)
			if len(v) == 0 {
				v = nil
			}
			pending.Attrs = append(pending.Attrs, wire.Attr{Name: bytes.ToLower(bytes.Clone(l.AttrKey())), Value: bytes.Clone(v)})
		case html.StartTagCloseToken:
			push()
		case html.StartTagVoidToken:
			pending.Kind = wire.KindElement
			add(*pending)
			pending = nil
		case html.EndTagToken:
			name := strings.ToLower(string(l.Text()))
			for i := len(stack) - 1; i > 0; i-- {
				if stack[i].name == name {
					stack = stack[:i]
					break
				}
			}
		case html.TextToken:
			top := stack[len(stack)-1]
			switch {
			case top.name == "style":
				ops = append(ops, wire.Op{Kind: wire.KindSheet, AtMs: 20, ID: top.id, Nums: []int64{0}, Text: bytes.Clone(data)})
			case top.name != "script" && len(data) > 0:
				add(wire.Op{Kind: wire.KindText, Text: bytes.Clone(data)})
			}
		case html.CommentToken:
			add(wire.Op{Kind: wire.KindOther, Nums: []int64{8}})
		}
	}
}

// styles are the CSS files of the same module.
func styleSheets(t testing.TB) (pages []script) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tdewolff/minify/v2").Output()
	if err != nil {
		return nil
	}
	files, _ := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "_benchmarks", "sample_*.css"))
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, script{filepath.Base(f), [][]wire.Op{{{Kind: wire.KindSheet, ID: 4, Nums: []int64{0}, Text: b}}}, b})
	}
	return pages
}

// visit is a minute on a page in one-second segments: pointer paths at 50 ms with the
// slowing and the tremor of a hand, scrolling, clicks, typing into masked fields, a clock
// that ticks, an animation that writes style, class changes on hover, and a list that grows.
func visit(seed uint64) script {
	r := rand.New(rand.NewPCG(seed, 1))
	s := script{name: "visit"}
	x, y := 400.0, 300.0
	scroll := 0.0
	next := uint32(5000)
	last := uint32(3100)
	var fromX, fromY, toX, toY float64
	moveAt, moveFor := 0, 0
	for sec := range 60 {
		at := int64(2000 + 1000*sec)
		var ops []wire.Op
		var samples []int64
		target := uint32(300 + r.IntN(40))
		for tick := range 20 {
			now := sec*20 + tick
			if now >= moveAt+moveFor+r.IntN(30) {
				fromX, fromY, moveAt, moveFor = x, y, now, 6+r.IntN(12)
				toX, toY = 100+r.Float64()*1000, 60+r.Float64()*600
			}
			if now-moveAt < moveFor {
				p := float64(now-moveAt+1) / float64(moveFor)
				p = p * p * p * (10 - 15*p + 6*p*p)
				nx := fromX + (toX-fromX)*p + r.NormFloat64()*1.2
				ny := fromY + (toY-fromY)*p + 18*math.Sin(p*math.Pi) + r.NormFloat64()*1.2
				if int(nx) != int(x) || int(ny) != int(y) {
					samples = append(samples, int64(1000-50*tick), int64(nx), int64(ny))
				}
				x, y = nx, ny
			}
		}
		if len(samples) > 0 {
			ops = append(ops, wire.Op{Kind: wire.KindPointer, AtMs: at, ID: target, Nums: samples})
		}
		if sec%7 == 3 || sec%7 == 4 {
			for k := range 8 {
				scroll += 60 * math.Sin(float64(k+1)/9*math.Pi)
				ops = append(ops, wire.Op{Kind: wire.KindScroll, AtMs: at + int64(k)*100, ID: 1, Nums: []int64{0, int64(scroll)}})
			}
		}
		if sec%4 == 1 {
			for k := range int64(3) {
				ops = append(ops, wire.Op{Kind: wire.KindMouse, AtMs: at + 300 + 60*k, ID: target, Nums: []int64{k, int64(x), int64(y), 0, 0}})
			}
		}
		if sec%9 == 5 {
			ops = append(ops, wire.Op{Kind: wire.KindFocus, AtMs: at + 400, ID: 900})
			for k := range int64(4) {
				ops = append(ops, wire.Op{Kind: wire.KindKey, AtMs: at + 420 + 110*k + int64(r.IntN(50)), ID: 900, Nums: []int64{0}},
					wire.Op{Kind: wire.KindActivity, AtMs: at + 420 + 110*k + int64(r.IntN(50)), ID: 900, Nums: []int64{500, 1}})
			}
			ops = append(ops, wire.Op{Kind: wire.KindValue, AtMs: at + 950, ID: 900, Text: []byte("••••••••")})
		}
		ops = append(ops, wire.Op{Kind: wire.KindSetText, AtMs: at + 500, ID: 77, Text: []byte("12:" + string(rune('0'+sec/10)) + string(rune('0'+sec%10)))})
		if sec%3 == 0 {
			hover := uint32(300 + r.IntN(40))
			ops = append(ops, wire.Op{Kind: wire.KindAttr, AtMs: at + 600, ID: hover, Name: []byte("class"), Text: []byte("card card--hover")},
				wire.Op{Kind: wire.KindAttr, AtMs: at + 800, ID: hover, Name: []byte("class"), Text: []byte("card")})
		}
		if sec%10 == 6 {
			for k := range 12 {
				v := []byte("transform: translate3d(0px, " + string(rune('0'+k%10)) + string(rune('0'+r.IntN(10))) + "." + string(rune('0'+r.IntN(10))) + "px, 0px); opacity: 0." + string(rune('0'+k%10)))
				ops = append(ops, wire.Op{Kind: wire.KindAttr, AtMs: at + 16*int64(k), ID: 410, Name: []byte("style"), Text: v})
			}
		}
		if sec%5 == 2 {
			for k := range 6 {
				li, img, div, text := next, next+1, next+2, next+3
				next += 4
				t := at + 700
				ops = append(ops,
					wire.Op{Kind: wire.KindElement, AtMs: t, ID: li, Parent: 310, Prev: last, Name: []byte("li"), Nums: []int64{0}, Attrs: []wire.Attr{{Name: []byte("class"), Value: []byte("card")}, {Name: []byte("data-id"), Value: []byte("p-" + string(rune('a'+r.IntN(26))) + string(rune('0'+k)) + string(rune('0'+sec%10)))}}},
					wire.Op{Kind: wire.KindElement, AtMs: t, ID: img, Parent: li, Name: []byte("img"), Nums: []int64{0}, Attrs: []wire.Attr{{Name: []byte("class"), Value: []byte("card__image")}, {Name: []byte("src"), Value: []byte("/assets/products/" + string(rune('a'+r.IntN(26))) + string(rune('a'+r.IntN(26))) + "-320.webp")}, {Name: []byte("alt"), Value: []byte("xxxxxx")}}},
					wire.Op{Kind: wire.KindElement, AtMs: t, ID: div, Parent: li, Prev: img, Name: []byte("div"), Nums: []int64{0}, Attrs: []wire.Attr{{Name: []byte("class"), Value: []byte("card__title")}}},
					wire.Op{Kind: wire.KindText, AtMs: t, ID: text, Parent: div, Text: []byte(strings.Repeat("x", 4+r.IntN(6)) + " " + strings.Repeat("x", 3+r.IntN(8)))})
				last = li
			}
		}
		s.segments = append(s.segments, ops)
	}
	return s
}
