package wire

// model is everything that lives across the segments of an epoch.
type model struct {
	state state
	dict  dict
}

func (m *model) reset() {
	m.state = state{}
	m.dict.reset()
}

// Classes of strings: what one holds is likely to be like others of its class.
const (
	classTag = iota
	classAttrName
	className
	classValue
	classText
	classStyle
	classData
	classes
)

func classOf(field byte) int {
	switch field {
	case fieldTag:
		return classTag
	case fieldAttrName:
		return classAttrName
	case fieldName:
		return className
	case fieldValue:
		return classValue
	case fieldText:
		return classText
	case fieldStyle:
		return classStyle
	}
	return classData
}

// Contexts of numbers. The field at position i of kind k has fieldCtx(k, i).
const (
	ctxKind = 392 + iota
	ctxTime
	ctxParent
	ctxPrev
	ctxRef
	ctxAttrName
	ctxAttrValue
	ctxLen                     // one a class
	ctxAxes = ctxLen + classes // eight an axis, by speed
	ctxs    = ctxAxes + 4*8
)

func fieldCtx(k Kind, i int) uint32 { return uint32(k)*8 + uint32(i) }

func axisOf(code byte) int {
	switch code {
	case fieldX:
		return 0
	case fieldY:
		return 1
	case fieldScrollX:
		return 2
	}
	return 3
}

func ctxAxis(code byte, bucket int) uint32 { return uint32(ctxAxes + 8*axisOf(code) + bucket) }
