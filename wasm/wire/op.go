package wire

// Kind is an op's number in the format: never renumber, never reuse (FORMAT.md §6).
// Kinds below [KindSkippable] have the schema of the table below; later kinds carry
// their length, so that a reader of this version can skip them.
type Kind uint8

// The kinds of version 1. What each field means stands in FORMAT.md §6.
const (
	KindEnd           Kind = 0 // closes a segment, never visited
	KindSnapshotBegin Kind = 1
	KindSnapshotEnd   Kind = 2
	KindElement       Kind = 3
	KindText          Kind = 4
	KindOther         Kind = 5
	KindShadowRoot    Kind = 6
	KindFrameDocument Kind = 7
	KindRemove        Kind = 8
	KindMove          Kind = 9
	KindAttr          Kind = 10
	KindAttrRemoved   Kind = 11
	KindSetText       Kind = 12
	KindBox           Kind = 13
	KindValue         Kind = 14
	KindChecked       Kind = 15
	KindSelected      Kind = 16
	KindScroll        Kind = 17
	KindSheet         Kind = 18
	KindRuleInsert    Kind = 19
	KindRuleDelete    Kind = 20
	KindAdopted       Kind = 21
	KindDialogState   Kind = 22

	KindPointer    Kind = 32
	KindMouse      Kind = 33
	KindTouch      Kind = 34
	KindKey        Kind = 35
	KindFocus      Kind = 36
	KindResize     Kind = 37
	KindVisibility Kind = 38
	KindNavigate   Kind = 39
	KindLeave      Kind = 40
	KindViewport   Kind = 41
	KindMeta       Kind = 42
	KindTrack      Kind = 43
	KindIdentify   Kind = 44
	KindDegraded   Kind = 45
	KindClockJump  Kind = 46
	KindAnchor     Kind = 47
	KindActivity   Kind = 48

	// KindSkippable is the first kind whose ops carry their length.
	KindSkippable Kind = 64
	// KindAsset says where the content of an address lies and what opens it (asset.go).
	KindAsset Kind = 64
)

// Attr is one attribute of an element op. Null marks a value that is withheld, which is
// not the same as the empty string.
type Attr struct {
	Name, Value []byte
	Null        bool
}

// Op is one instruction of a recording, in one shape for all kinds: a kind uses the
// fields that the op table names (FORMAT.md §6) and leaves the others zero.
//
// AtMs is milliseconds since the page view began. Strings are UTF-8. An op that a
// [Decoder] visits, and all it points to, is the decoder's memory until its next
// ReadSegment.
type Op struct {
	Kind             Kind
	AtMs             int64
	ID, Parent, Prev uint32
	Name, Text       []byte
	Attrs            []Attr
	Nums             []int64
}

// Field codes of a schema, one byte each, in the order in which they are coded.
const (
	fieldNewID    = 'I' // ID of a node that this op creates
	fieldPlace    = 'P' // Parent and Prev of a created node
	fieldRef      = 'R' // ID of a node that exists, or 0
	fieldParent   = 'Q' // Parent, as a reference
	fieldPrev     = 'S' // Prev, as a reference
	fieldTag      = 'N' // Name: qualified name of an element
	fieldAttrName = 'M' // Name: of an attribute
	fieldName     = 'O' // Name: other
	fieldText     = 'T' // Text: of the page
	fieldValue    = 'V' // Text: of an attribute or control
	fieldStyle    = 'C' // Text: style rules
	fieldData     = 'J' // Text: addresses, JSON, environment
	fieldAttrs    = 'A' // Attrs

	fieldNum     = 'n' // one of Nums, as it is
	fieldX       = 'x' // pointer coordinates, CSS px
	fieldY       = 'y'
	fieldScrollX = 'u' // scroll offsets, CSS px
	fieldScrollY = 'v'
	fieldGap     = 'g' // ms back from AtMs, falling inside a list
	fieldNumRef  = 'r' // one of Nums that is a node id
	fieldList    = '*' // the codes behind it repeat to the end of Nums
)

// schemas is the op table in the form that encoder and decoder run.
var schemas = [...]string{
	KindSnapshotBegin: "nnnnn",
	KindSnapshotEnd:   "",
	KindElement:       "IPNAn",
	KindText:          "IPT",
	KindOther:         "IPOn",
	KindShadowRoot:    "IPn",
	KindFrameDocument: "IP",
	KindRemove:        "R",
	KindMove:          "RQS",
	KindAttr:          "RMV",
	KindAttrRemoved:   "RM",
	KindSetText:       "RT",
	KindBox:           "Rnnn",
	KindValue:         "RV",
	KindChecked:       "Rn",
	KindSelected:      "R*n",
	KindScroll:        "Ruv",
	KindSheet:         "RnC",
	KindRuleInsert:    "RnnC",
	KindRuleDelete:    "Rnn",
	KindAdopted:       "R*n",
	KindDialogState:   "Rn",
	KindPointer:       "R*gxy",
	KindMouse:         "Rnxynn",
	KindTouch:         "n*nrxy",
	KindKey:           "Rn",
	KindFocus:         "R",
	KindResize:        "nnn",
	KindVisibility:    "n",
	KindNavigate:      "nJ",
	KindLeave:         "",
	KindViewport:      "nnnnn",
	KindMeta:          "nJ",
	KindTrack:         "OJ",
	KindIdentify:      "OJ",
	KindDegraded:      "Rn",
	KindClockJump:     "n",
	KindAnchor:        "nn",
	KindActivity:      "Rnn",
}

// schemaOf answers ok == false for a kind that version 1 does not have.
func schemaOf(k Kind) (s string, ok bool) {
	if int(k) >= len(schemas) || k == KindEnd || (k > KindDialogState && k < KindPointer) {
		return "", false
	}
	return schemas[k], true
}
