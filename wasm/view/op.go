package view

import (
	"slices"
	"strings"
	"unicode/utf8"

	"afterimage/wasm/wire"
)

// op is a kept op. Most have ids alone; the rest stands in data.
type op struct {
	kind             wire.Kind
	at               uint32 // ms in the page view
	id, parent, prev uint32
	data             *opData
}

type opData struct {
	name, text string
	attrs      []attr
	nums       []int64
}

var noData = &opData{}

func (o *op) d() *opData {
	if o.data == nil {
		return noData
	}
	return o.data
}

// num is the i-th number of the op, 0 where it has fewer.
func (o *op) num(i int) int64 {
	if d := o.data; d != nil && i < len(d.nums) {
		return d.nums[i]
	}
	return 0
}

const opBytes = 32

// keep copies a decoded op out of the decoder's memory. bytes is what it will hold.
// Names are interned in names, since a page uses few.
func keep(w *wire.Op, at uint32, names map[string]string) (o op, bytes int) {
	o = op{kind: w.Kind, at: at, id: w.ID, parent: w.Parent, prev: w.Prev}
	bytes = opBytes
	if len(w.Name) == 0 && len(w.Text) == 0 && len(w.Attrs) == 0 && len(w.Nums) == 0 {
		return o, bytes
	}
	d := &opData{name: intern(names, w.Name), text: text(w.Text)}
	bytes += 80 + len(d.text)
	if len(w.Attrs) > 0 {
		attrs := w.Attrs[:min(len(w.Attrs), maxAttrs)]
		d.attrs = make([]attr, 0, len(attrs))
		var seen map[string]bool // of many attributes; among few a loop is faster
		if len(attrs) > 16 {
			seen = make(map[string]bool, len(attrs))
		}
		for i := range attrs {
			name := intern(names, attrs[i].Name)
			if seen[name] || seen == nil && slices.ContainsFunc(d.attrs, func(a attr) bool { return a.name == name }) {
				continue
			}
			if seen != nil {
				seen[name] = true
			}
			d.attrs = append(d.attrs, attr{name, text(attrs[i].Value)})
			bytes += 32 + len(attrs[i].Value)
		}
	}
	if len(w.Nums) > 0 {
		d.nums = append([]int64(nil), w.Nums...)
		bytes += 8 * len(w.Nums)
	}
	o.data = d
	return o, bytes
}

// text copies b as valid UTF-8 without U+0000, cut at maxTextBytes.
func text(b []byte) string {
	b = wire.Shown(b)
	if len(b) > maxTextBytes {
		b = b[:maxTextBytes]
	}
	s := string(b)
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "�")
	}
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "�")
	}
	return s
}

const maxInterned = 1 << 16

func intern(names map[string]string, b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if s, ok := names[string(b)]; ok {
		return s
	}
	s := text(b)
	if len(names) < maxInterned && len(s) <= maxNameBytes {
		names[s] = s
	}
	return s
}
