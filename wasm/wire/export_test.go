package wire

// What the tests compare FORMAT.md with, and what only a later writer would do.

func Schemas() map[int]string {
	m := map[int]string{}
	for k := range 64 {
		if s, ok := schemaOf(Kind(k)); ok {
			m[k] = s
		}
	}
	return m
}

var Limits = map[string]uint64{
	"MaxString": MaxString, "MaxAttrs": MaxAttrs, "MaxNums": MaxNums, "MaxNum": MaxNum,
	"MaxDecoded": MaxDecoded, "expansion": expansion, "expansionFloor": expansionFloor,
}

var Contexts = map[int]string{
	ctxKind: "kind", ctxTime: "time", ctxParent: "explicit parent", ctxPrev: "explicit previous sibling",
	ctxRef: "difference of an explicit reference", ctxAttrName: "attribute name of an element",
	ctxAttrValue: "attribute value of an element", ctxLen: "length of a new string, + class (§5.4)",
	ctxAxes: "step of an axis, + 8·axis + speed (§7.3)",
}

// AppendUnknown writes an op of a kind that this version does not have.
func (e *Encoder) AppendUnknown(kind uint64, payload []byte) {
	if e.m == nil {
		e.BeginEpoch(1)
	}
	e.ops++
	e.num(ctxKind, kind)
	e.far(ctxLen+classData, uint64(len(payload)))
	if len(payload) > 0 {
		e.bytes(classData, payload)
	}
}

// AppendNumbers writes an op of kind and time 0 whose numbers are foretold ones: what a
// writer with a mistake would write.
func (e *Encoder) AppendNumbers(kind Kind, numbers ...uint64) {
	if e.m == nil {
		e.BeginEpoch(1)
	}
	e.ops++
	e.num(ctxKind, uint64(kind))
	e.m.note(uint32(kind))
	e.num(ctxTime, 0)
	for i, n := range numbers {
		e.num(fieldCtx(kind, i), n)
	}
}

// AppendString writes setText with an explicit length or slot.
func (e *Encoder) AppendString(number uint32, length uint64) {
	e.AppendNumbers(KindSetText, refNone)
	e.slot(fieldCtx(KindSetText, 1), classText, number)
	if number == 0 {
		e.far(ctxLen+classText, length)
	}
}

// AppendAttrs writes an element that claims n attributes, the first child of the node
// created last.
func (e *Encoder) AppendAttrs(n uint64) {
	e.AppendNumbers(KindElement, 0, placeChild)
	e.m.note(placeChild)
	e.slot(fieldCtx(KindElement, 2), classTag, 1+slotEmpty)
	e.num(fieldCtx(KindElement, 3), n)
}
