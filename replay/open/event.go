package open

import (
	"encoding/hex"
	"strconv"
	"unicode/utf8"

	"afterimage/wasm/wire"
)

// opForm says how an op stands in JSON: its name, what its ids, strings and numbers mean.
type opForm struct {
	name  string
	id    string   // name of ID; "" if the kind has none
	place bool     // Parent and Prev
	nameF string   // name of Name
	textF string   // name of Text
	attrs bool     // has attributes
	nums  []string // names of Nums, in order
	list  string   // name of the list that the rest of Nums is
	each  []string // names inside an element of the list; empty: plain numbers
}

// opForms is by kind (FORMAT.md, op table). A kind that is not here is shown as
// "unknown" with its number.
var opForms = map[wire.Kind]opForm{
	wire.KindSnapshotBegin: {name: "snapshotBegin", nums: []string{"width", "height", "dpr1000", "scrollX", "scrollY"}},
	wire.KindSnapshotEnd:   {name: "snapshotEnd"},
	wire.KindElement:       {name: "element", id: "id", place: true, nameF: "name", attrs: true, nums: []string{"namespace"}},
	wire.KindText:          {name: "text", id: "id", place: true, textF: "text"},
	wire.KindOther:         {name: "other", id: "id", place: true, nameF: "name", nums: []string{"nodeType"}},
	wire.KindShadowRoot:    {name: "shadowRoot", id: "id", place: true, nums: []string{"mode"}},
	wire.KindFrameDocument: {name: "frameDocument", id: "id", place: true},
	wire.KindRemove:        {name: "remove", id: "id"},
	wire.KindMove:          {name: "move", id: "id", place: true},
	wire.KindAttr:          {name: "attr", id: "id", nameF: "name", textF: "value"},
	wire.KindAttrRemoved:   {name: "attrRemoved", id: "id", nameF: "name"},
	wire.KindSetText:       {name: "setText", id: "id", textF: "text"},
	wire.KindBox:           {name: "box", id: "id", nums: []string{"width", "height", "reason"}},
	wire.KindValue:         {name: "value", id: "id", textF: "value"},
	wire.KindChecked:       {name: "checked", id: "id", nums: []string{"state"}},
	wire.KindSelected:      {name: "selected", id: "id", list: "options"},
	wire.KindScroll:        {name: "scroll", id: "id", nums: []string{"x", "y"}},
	wire.KindSheet:         {name: "sheet", id: "id", textF: "css", nums: []string{"sheet"}},
	wire.KindRuleInsert:    {name: "ruleInsert", id: "id", textF: "css", nums: []string{"sheet", "index"}},
	wire.KindRuleDelete:    {name: "ruleDelete", id: "id", nums: []string{"sheet", "index"}},
	wire.KindAdopted:       {name: "adopted", id: "id", list: "sheets"},
	wire.KindDialogState:   {name: "dialogState", id: "id", nums: []string{"state"}},
	wire.KindPointer:       {name: "pointer", id: "id", list: "points", each: []string{"backMs", "x", "y"}},
	wire.KindMouse:         {name: "mouse", id: "id", nums: []string{"kind", "x", "y", "button", "pointerType"}},
	wire.KindTouch:         {name: "touch", nums: []string{"kind"}, list: "points", each: []string{"pointer", "id", "x", "y"}},
	wire.KindKey:           {name: "key", id: "id", nums: []string{"kind"}},
	wire.KindFocus:         {name: "focus", id: "id"},
	wire.KindResize:        {name: "resize", nums: []string{"width", "height", "dpr1000"}},
	wire.KindVisibility:    {name: "visibility", nums: []string{"state"}},
	wire.KindNavigate:      {name: "navigate", textF: "url", nums: []string{"kind"}},
	wire.KindLeave:         {name: "leave"},
	wire.KindViewport:      {name: "viewport", nums: []string{"scale1000", "offsetLeft", "offsetTop", "pageWidth", "pageHeight"}},
	wire.KindMeta:          {name: "meta", textF: "value", nums: []string{"key"}},
	wire.KindTrack:         {name: "track", nameF: "name", textF: "props"},
	wire.KindIdentify:      {name: "identify", nameF: "user", textF: "traits"},
	wire.KindDegraded:      {name: "degraded", id: "id", nums: []string{"step"}},
	wire.KindClockJump:     {name: "clockJump", nums: []string{"deltaMs"}},
	wire.KindAnchor:        {name: "anchor", nums: []string{"anchoredMs", "browserMs"}},
	wire.KindActivity:      {name: "activity", id: "id", nums: []string{"bucketMs", "count"}},
}

// words are numbers that stand as words in JSON, by op and member. A number that has no
// word stays a number.
var words = map[string][]string{
	"element.namespace": {"html", "svg", "mathml", "other"},
	"box.reason":        {"replaced", "blocked"},
	"checked.state":     {"off", "on", "indeterminate"},
	"dialogState.state": {"closed", "modal", "popover"},
	"mouse.kind":        {"down", "up", "click", "dblclick", "contextmenu"},
	"mouse.pointerType": {"mouse", "touch", "pen"},
	"touch.kind":        {"start", "move", "end", "cancel"},
	"key.kind":          {"character", "editing", "navigation", "modifier", "shortcut"},
	"visibility.state":  {"hidden", "visible"},
	"navigate.kind":     {"push", "replace", "traverse", "hash"},
	"degraded.step":     {"none", "pointer", "animations", "canvas", "subtree"},
	"meta.key":          metaKeys,
}

// metaKeys are the names of the keys of op meta, from number 0, which is none.
var metaKeys = []string{"", "entryUrl", "referrer", "title", "userAgent", "browser", "os", "deviceClass",
	"screen", "language", "timeZone", "connection", "colorScheme", "reducedMotion", "consentState", "release",
	"environment", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "visitorId",
	"predecessorPageView", "recorderVersion", "tabId", "privacyLevel", "viewport", "pixelRatio", "policyVersion"}

// AppendJSON appends the event as one JSON object without a line end: page view, segment,
// epoch, time, the op's name, then what the op holds. Text is as it was recorded, that
// is, masked; control characters, also those that JSON would let through (C1, the
// direction marks), are escaped, so that a terminal shows them and does not obey them.
func (e *Event) AppendJSON(b []byte) []byte {
	op := e.Op
	b = append(b, `{"pageView":"`...)
	b = append(b, e.PageView...)
	b = append(b, `","segment":`...)
	b = strconv.AppendUint(b, uint64(e.Segment), 10)
	b = appendNum(b, "epoch", int64(e.Epoch))
	b = appendNum(b, "atMs", op.AtMs)
	if e.AnchorMs != 0 {
		b = appendNum(b, "time", e.AnchorMs+op.AtMs)
	}
	if op.Kind == wire.KindAsset {
		return append(appendAsset(b, op.Text), '}')
	}
	form, known := opForms[op.Kind]
	if !known {
		b = appendMember(b, "op", "unknown")
		b = appendNum(b, "kind", int64(op.Kind))
		return append(b, '}')
	}
	b = appendMember(b, "op", form.name)
	if form.id != "" {
		b = appendNum(b, form.id, int64(op.ID))
	}
	if form.place {
		b = appendNum(b, "parent", int64(op.Parent))
		b = appendNum(b, "prev", int64(op.Prev))
	}
	if form.nameF != "" {
		b = appendMember(b, form.nameF, op.Name)
	}
	for i, name := range form.nums {
		if i >= len(op.Nums) {
			break
		}
		if list := words[form.name+"."+name]; op.Nums[i] >= 0 && op.Nums[i] < int64(len(list)) {
			b = appendMember(b, name, list[op.Nums[i]])
		} else {
			b = appendNum(b, name, op.Nums[i])
		}
	}
	if form.textF != "" {
		b = appendMember(b, form.textF, wire.Shown(op.Text))
	}
	if form.attrs {
		b = appendAttrs(b, op.Attrs)
	}
	if form.list != "" {
		b = appendList(b, form, op.Nums[min(len(form.nums), len(op.Nums)):])
	}
	return append(b, '}')
}

// appendAsset is what op asset says, but for the key: events are printed, piped and kept.
func appendAsset(b, payload []byte) []byte {
	b = appendMember(b, "op", "asset")
	a, err := wire.ReadAsset(payload)
	if err != nil {
		return appendMember(b, "problem", err.Error())
	}
	b = appendNum(b, "scope", int64(a.Scope))
	b = appendMember(b, "url", a.URL)
	b = appendNum(b, "type", int64(a.Type))
	b = appendNum(b, "bytes", int64(a.Bytes))
	return appendMember(b, "asset", hex.EncodeToString(a.ID[:]))
}

func appendNum(b []byte, name string, n int64) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return strconv.AppendInt(b, n, 10)
}

func appendMember[T string | []byte](b []byte, name string, text T) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return appendQuoted(b, string(text))
}

// appendAttrs is an object in the order of the recording; a name that comes twice (no
// DOM has that) stands there twice.
func appendAttrs(b []byte, attrs []wire.Attr) []byte {
	b = append(b, `,"attrs":{`...)
	for i, a := range attrs {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendQuoted(b, string(a.Name)), ':')
		if a.Null {
			b = append(b, "null"...)
		} else {
			b = appendQuoted(b, string(wire.Shown(a.Value)))
		}
	}
	return append(b, '}')
}

func appendList(b []byte, form opForm, nums []int64) []byte {
	b = append(b, ',', '"')
	b = append(b, form.list...)
	b = append(b, '"', ':', '[')
	width := max(len(form.each), 1)
	for i := 0; i+width <= len(nums); i += width {
		if i > 0 {
			b = append(b, ',')
		}
		if len(form.each) == 0 {
			b = strconv.AppendInt(b, nums[i], 10)
			continue
		}
		for j, name := range form.each {
			open := byte(',')
			if j == 0 {
				open = '{'
			}
			b = append(b, open, '"')
			b = append(b, name...)
			b = append(b, '"', ':')
			b = strconv.AppendInt(b, nums[i+j], 10)
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

// appendQuoted is a JSON string. What is no UTF-8 becomes U+FFFD.
func appendQuoted(b []byte, s string) []byte {
	const hexDigits = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\t':
			b = append(b, '\\', 't')
		case r < 0x20 || (r >= 0x7f && r < 0xa0) || r == 0x200e || r == 0x200f ||
			(r >= 0x2028 && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069):
			b = append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
