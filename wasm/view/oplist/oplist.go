// Package oplist reads ops in the text form in which tests and the corpus of attacking
// recordings have them, one op a line:
//
//	# comment
//	@120                                  the ops that follow happened at 120 ms
//	snapshotBegin 800 600 1000 0 0
//	element 2 1 0 "html" ns=0 "lang"="en"
//	text 5 4 0 "hello"
//	attr 4 "class" "big"
//	sheet 9 0 "a{}"                       id, numbers, text
//
// An op is its name, then its id, parent and prev as far as it has them, then strings and
// numbers in the order of the op table (wasm/wire/FORMAT.md §6). Strings are quoted as in
// Go; element takes attributes at its end.
package oplist

import (
	"fmt"
	"strconv"
	"strings"

	"afterimage/wasm/wire"
)

type form struct {
	kind wire.Kind
	ids  int // ID, Parent, Prev
	name bool
	text bool
}

var forms = map[string]form{
	"snapshotBegin": {kind: wire.KindSnapshotBegin},
	"snapshotEnd":   {kind: wire.KindSnapshotEnd},
	"element":       {kind: wire.KindElement, ids: 3, name: true},
	"text":          {kind: wire.KindText, ids: 3, text: true},
	"other":         {kind: wire.KindOther, ids: 3, name: true},
	"shadowRoot":    {kind: wire.KindShadowRoot, ids: 2},
	"frameDocument": {kind: wire.KindFrameDocument, ids: 2},
	"remove":        {kind: wire.KindRemove, ids: 1},
	"move":          {kind: wire.KindMove, ids: 3},
	"attr":          {kind: wire.KindAttr, ids: 1, name: true, text: true},
	"attrRemoved":   {kind: wire.KindAttrRemoved, ids: 1, name: true},
	"setText":       {kind: wire.KindSetText, ids: 1, text: true},
	"box":           {kind: wire.KindBox, ids: 1},
	"value":         {kind: wire.KindValue, ids: 1, text: true},
	"checked":       {kind: wire.KindChecked, ids: 1},
	"selected":      {kind: wire.KindSelected, ids: 1},
	"scroll":        {kind: wire.KindScroll, ids: 1},
	"sheet":         {kind: wire.KindSheet, ids: 1, text: true},
	"ruleInsert":    {kind: wire.KindRuleInsert, ids: 1, text: true},
	"ruleDelete":    {kind: wire.KindRuleDelete, ids: 1},
	"adopted":       {kind: wire.KindAdopted, ids: 1},
	"dialogState":   {kind: wire.KindDialogState, ids: 1},
	"pointer":       {kind: wire.KindPointer, ids: 1},
	"mouse":         {kind: wire.KindMouse, ids: 1},
	"touch":         {kind: wire.KindTouch},
	"key":           {kind: wire.KindKey, ids: 1},
	"focus":         {kind: wire.KindFocus, ids: 1},
	"resize":        {kind: wire.KindResize},
	"visibility":    {kind: wire.KindVisibility},
	"navigate":      {kind: wire.KindNavigate, text: true},
	"leave":         {kind: wire.KindLeave},
	"viewport":      {kind: wire.KindViewport},
	"meta":          {kind: wire.KindMeta, text: true},
	"track":         {kind: wire.KindTrack, name: true, text: true},
	"identify":      {kind: wire.KindIdentify, name: true, text: true},
	"degraded":      {kind: wire.KindDegraded, ids: 1},
	"clockJump":     {kind: wire.KindClockJump},
	"anchor":        {kind: wire.KindAnchor},
	"activity":      {kind: wire.KindActivity, ids: 1},
}

// Parse reads a list. The error names the line.
func Parse(list string) ([]wire.Op, error) {
	var ops []wire.Op
	atMs := int64(0)
	for i, line := range strings.Split(list, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '@' {
			n, err := strconv.ParseInt(line[1:], 10, 64)
			if err != nil {
				return nil, fmt.Errorf("op list, line %d: time: %w", i+1, err)
			}
			atMs = n
			continue
		}
		op, err := parseOp(line)
		if err != nil {
			return nil, fmt.Errorf("op list, line %d: %w", i+1, err)
		}
		op.AtMs = atMs
		ops = append(ops, op)
	}
	return ops, nil
}

func parseOp(line string) (wire.Op, error) {
	word, rest, _ := strings.Cut(line, " ")
	f, ok := forms[word]
	if !ok {
		return wire.Op{}, fmt.Errorf("unknown op %q", word)
	}
	op := wire.Op{Kind: f.kind}
	ids := 0
	var strs [][]byte
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		if rest[0] == '"' || rest[0] == '`' {
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				return op, fmt.Errorf("string at %q: %w", rest, err)
			}
			s, err := strconv.Unquote(quoted)
			if err != nil {
				return op, err
			}
			rest = rest[len(quoted):]
			if strings.HasPrefix(rest, "=") {
				quoted, err := strconv.QuotedPrefix(rest[1:])
				if err != nil {
					return op, fmt.Errorf("attribute value at %q: %w", rest, err)
				}
				v, err := strconv.Unquote(quoted)
				if err != nil {
					return op, err
				}
				rest = rest[1+len(quoted):]
				op.Attrs = append(op.Attrs, wire.Attr{Name: []byte(s), Value: []byte(v)})
				continue
			}
			strs = append(strs, []byte(s))
			continue
		}
		var word string
		word, rest, _ = strings.Cut(rest, " ")
		n, err := strconv.ParseInt(strings.TrimPrefix(word, "ns="), 10, 64)
		if err != nil {
			return op, fmt.Errorf("number %q", word)
		}
		if ids < f.ids {
			*[]*uint32{&op.ID, &op.Parent, &op.Prev}[ids] = uint32(n)
			ids++
			continue
		}
		op.Nums = append(op.Nums, n)
	}
	if f.name {
		if len(strs) == 0 {
			return op, fmt.Errorf("%s needs a name", word)
		}
		op.Name, strs = strs[0], strs[1:]
	}
	if f.text {
		if len(strs) == 0 {
			return op, fmt.Errorf("%s needs a text", word)
		}
		op.Text, strs = strs[0], strs[1:]
	}
	if ids < f.ids || len(strs) > 0 {
		return op, fmt.Errorf("%s takes %d ids and no more strings", word, f.ids)
	}
	return op, nil
}
