package mirror

// ProtocolVersion is what hello has to say.
const ProtocolVersion = 1

// Ops of the bridge: jsbridge/PROTOCOL.md is the document, and a test compares the two.
// Never renumber.
const (
	opHello         = 1
	opTime          = 2
	opMeta          = 3
	opSnapshotBegin = 4
	opSnapshotEnd   = 5
	opTree          = 6
	opElement       = 7
	opTextNode      = 8
	opOtherNode     = 9
	opRemove        = 10
	opMove          = 11
	opAttr          = 12
	opText          = 13
	opMark          = 14
	opShadow        = 15
	opFrame         = 16
	opValue         = 17
	opChecked       = 18
	opSelected      = 19
	opSecret        = 20
	opScroll        = 21
	opPointer       = 22
	opMouse         = 23
	opTouch         = 24
	opKey           = 25
	opFocus         = 26
	opResize        = 27
	opVisibility    = 28
	opNavigate      = 29
	opLeave         = 30
	opViewport      = 31
	opSize          = 32
	opSheet         = 33
	opRuleInsert    = 34
	opRuleDelete    = 35
	opAdopted       = 36
	opTrack         = 37
	opIdentify      = 38
	opDegraded      = 39
	opDialogState   = 40
	opClockJump     = 41
	opAnchor        = 42
	opClear         = 43
	opLast          = 43
)

// opShapes is the form of each op's arguments: i an int, s a string, and after * what
// repeats to the end by a count (c). The order is that of the table in PROTOCOL.md. Ops of
// an irregular form (tree, element) are read by hand.
var opShapes = [opLast + 1]string{
	opHello:         "iiii",
	opTime:          "i",
	opMeta:          "is",
	opSnapshotBegin: "iiiii",
	opSnapshotEnd:   "",
	opTree:          "iiiic*ic*iic*is",
	opElement:       "iiiisc*ss",
	opTextNode:      "iiis",
	opOtherNode:     "iiiis",
	opRemove:        "i",
	opMove:          "iii",
	opAttr:          "iss",
	opText:          "is",
	opMark:          "ii",
	opShadow:        "iii",
	opFrame:         "ii",
	opValue:         "is",
	opChecked:       "ii",
	opSelected:      "ic*i",
	opSecret:        "ii",
	opScroll:        "iii",
	opPointer:       "ic*iii",
	opMouse:         "iiiiii",
	opTouch:         "ic*iiii",
	opKey:           "ii",
	opFocus:         "i",
	opResize:        "iii",
	opVisibility:    "i",
	opNavigate:      "is",
	opLeave:         "",
	opViewport:      "iiiii",
	opSize:          "iii",
	opSheet:         "iis",
	opRuleInsert:    "iiis",
	opRuleDelete:    "iii",
	opAdopted:       "ic*i",
	opTrack:         "ss",
	opIdentify:      "ss",
	opDegraded:      "ii",
	opDialogState:   "ii",
	opClockJump:     "i",
	opAnchor:        "ss",
	opClear:         "i",
}

// Types of op tree's shape.
const (
	shapeHTML     = 1
	shapeText     = 2
	shapeNextText = 3
	shapeComment  = 4
	shapeSVG      = 5
	shapeMathML   = 6
	shapeRaw      = 7
)

// Code is what Apply answers. The worker turns it into a reason.
type Code int32

// Codes; the twin is REASONS in jsbridge/worker/core.ts.
const (
	OK          Code = 0
	ErrOp       Code = -1 // unknown op
	ErrSize     Code = -2 // an op of the wrong size
	ErrText     Code = -3 // strings and lengths differ
	ErrID       Code = -4 // an id that was never used, or is used twice
	ErrVersion  Code = -5 // bridge and core are of two builds
	ErrMemory   Code = -6 // over the memory ceiling
	ErrOrder    Code = -7 // no hello, or no snapshot
	ErrInternal Code = -8
)
