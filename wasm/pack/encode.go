package pack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// A packed file is itself a WebAssembly module, an empty one, so that servers, bundlers
// and proxies treat it as what it is for: a header and one custom section (Core
// Specification 1.0, 5.5.3). From paramsAt on it holds, little endian: the length of the
// packed module, the offset of its first function body, that of the end of its code
// section, 32 bits each; the masks of the contexts, 16 bits each; the shapes, two bytes
// each; the code.
const (
	// The section's length has four bytes, which aligns what follows.
	sectionName = "packed"
	paramsAt    = len(magic) + 1 + 4 + 1 + len(sectionName)
	masksAt     = paramsAt + 12
	shapesAt    = masksAt + 2*len(masks)
	codeAt      = shapesAt + 2*len(shapes)
)

const magic = "\x00asm\x01\x00\x00\x00"

// Packed is the file from which Unpacked restores a WebAssembly module.
func Packed(module []byte) ([]byte, error) {
	begin, end, err := bodies(module)
	if err != nil {
		return nil, err
	}
	out := append([]byte(magic), 0, 0, 0, 0, 0, byte(len(sectionName)))
	out = append(out, sectionName...)
	for _, n := range []int{len(module), begin, end} {
		out = binary.LittleEndian.AppendUint32(out, uint32(n))
	}
	for _, mask := range masks {
		out = binary.LittleEndian.AppendUint16(out, mask)
	}
	for _, s := range shapes {
		out = append(out, s[:]...)
	}
	m := newModel(masks[:], begin, end)
	var e encoder
	e.begin()
	for _, b := range module {
		c := uint32(1)
		for i := 7; i >= 0; i-- {
			bit := uint32(b) >> i & 1
			e.bit(m.predict(c), bit)
			m.update(bit)
			c = c<<1 | bit
		}
		m.next(uint32(b))
	}
	out = append(out, e.finish()...)
	n := len(out) - len(magic) - 5
	for i := range 4 {
		out[len(magic)+1+i] = byte(n>>(7*i)&127 | 128)
	}
	out[len(magic)+4] &= 127
	return out, nil
}

// Unpacked restores the module of a packed file.
func Unpacked(file []byte) ([]byte, error) {
	if len(file) < codeAt || string(file[:len(magic)]) != magic || string(file[paramsAt-len(sectionName):paramsAt]) != sectionName {
		return nil, errors.New("not a packed WebAssembly module")
	}
	params := file[paramsAt:]
	n, begin, end := binary.LittleEndian.Uint32(params), binary.LittleEndian.Uint32(params[4:]), binary.LittleEndian.Uint32(params[8:])
	m := newModel(masks[:], int(begin), int(end))
	file = file[codeAt:]
	var out []byte
	width, code := uint32(1), uint32(0)
	for range n {
		c := uint32(1)
		for c < 256 {
			for width < 1<<24 {
				width <<= 8
				code <<= 8
				if len(file) > 0 {
					code |= uint32(file[0])
					file = file[1:]
				}
			}
			bound := width >> 16 * m.predict(c)
			c <<= 1
			if code < bound {
				c, width = c|1, bound
			} else {
				code -= bound
				width -= bound
			}
			m.update(c & 1)
		}
		out = append(out, byte(c))
		m.next(c & 255)
	}
	return out, nil
}

// encoder is a carry-propagating range coder as in LZMA, for probabilities of 16 bits and
// output that is whole in memory. It begins with a width of 1, as its reader does, which so
// needs no other beginning.
type encoder struct {
	low   uint64
	width uint32
	out   []byte
}

func (e *encoder) begin() {
	e.width = 1
	e.widen()
}

// bit codes bit where a 1 has probability p/65536.
func (e *encoder) bit(p, bit uint32) {
	bound := e.width >> 16 * p
	if bit == 1 {
		e.width = bound
	} else {
		e.low += uint64(bound)
		e.width -= bound
	}
	e.widen()
}

func (e *encoder) widen() {
	for ; e.width < 1<<24; e.width <<= 8 {
		e.shift()
	}
}

func (e *encoder) shift() {
	for i := len(e.out) - 1; e.low>>32 != 0; i-- {
		if e.out[i]++; e.out[i] != 0 {
			e.low &= 1<<32 - 1
		}
	}
	e.out = append(e.out, byte(e.low>>24))
	e.low = e.low << 8 & (1<<32 - 1)
}

// finish ends with as few bytes as tell the last bit: behind the end zeros are read.
func (e *encoder) finish() []byte {
	for k := 24; k >= 0; k -= 8 {
		if v := (e.low + 1<<k - 1) >> k << k; v < e.low+uint64(e.width) {
			e.low = v
			break
		}
	}
	for range 4 {
		e.shift()
	}
	// The first four bytes stand above the first one of the code.
	return bytes.TrimRight(e.out[4:], "\x00")
}

// bodies finds the function bodies of a module: offsets of the first one and of the end of
// the last (WebAssembly Core Specification 1.0, 5.5).
func bodies(module []byte) (begin, end int, err error) {
	if len(module) < 8 || string(module[:8]) != magic {
		return 0, 0, errors.New("not a WebAssembly module of version 1")
	}
	for at := 8; at < len(module); {
		id := module[at]
		size, n := binary.Uvarint(module[at+1:])
		at += 1 + n
		if n <= 0 || size > uint64(len(module)-at) {
			return 0, 0, fmt.Errorf("the section before byte %d of a module of %d is cut off", at, len(module))
		}
		if id == 10 {
			_, n := binary.Uvarint(module[at:])
			begin, end = at+max(n, 0), at+int(size)
		}
		at += int(size)
	}
	if begin == 0 {
		return 0, 0, errors.New("a module without code")
	}
	return begin, end, nil
}
