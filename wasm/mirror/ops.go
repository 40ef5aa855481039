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
	opEcho          = 44
	opPosted        = 45
	opLast          = 45
)

// opSpecs says of each op how it is read and what becomes of it. The first byte is the kind
// of the wire op that its ints make, or '-' where a handler does more; then a letter an
// argument, in the order of PROTOCOL.md:
//
//	n  id of a node: never used ends the recording, given up skips the op
//	e  id of a node in an event: the nearest node on the wire stands for it; 0 is none
//	i  int, goes to the wire's Nums   j  int for the handler
//	E  as e, but goes to Nums   s  string   c  count; what follows repeats to the end
//
// Ops tree and element are of an irregular form and read by hand.
var opSpecs = [opLast + 1]string{
	opHello:         "-jjjj",
	opTime:          "-j",
	opMeta:          "\x2ais",
	opSnapshotBegin: "\x01iiiii",
	opSnapshotEnd:   "\x02",
	opTree:          "-jjjjcjcjjcjs",
	opElement:       "-jjjjscss",
	opTextNode:      "-njjs",
	opOtherNode:     "-njjjs",
	opRemove:        "-n",
	opMove:          "-njj",
	opAttr:          "-nss",
	opText:          "-ns",
	opMark:          "-jj",
	opShadow:        "-nji",
	opFrame:         "-nj",
	opValue:         "-ns",
	opChecked:       "\x0fni",
	opSelected:      "\x10nci",
	opSecret:        "-nj",
	opScroll:        "\x11nii",
	opPointer:       "\x20eciii",
	opMouse:         "\x21ieiiii",
	opTouch:         "\x22iciEii",
	opKey:           "-ei",
	opFocus:         "\x24e",
	opResize:        "\x25iii",
	opVisibility:    "\x26i",
	opNavigate:      "\x27is",
	opLeave:         "\x28",
	opViewport:      "\x29iiiii",
	opSize:          "\x0dnii",
	opSheet:         "\x12eis",
	opRuleInsert:    "\x13eiis",
	opRuleDelete:    "\x14eii",
	opAdopted:       "\x15eci",
	opTrack:         "\x2bss",
	opIdentify:      "\x2css",
	opDegraded:      "\x2die",
	opDialogState:   "\x16ni",
	opClockJump:     "\x2ei",
	opAnchor:        "-ss",
	opClear:         "-n",
	opEcho:          "-es",
	opPosted:        "-",
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
