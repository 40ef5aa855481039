package ingest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"afterimage/collector/store"
	"afterimage/wasm/wire/seal"
)

const (
	frameType   = 1
	frameHead   = 1 + 16 + 2
	flagFollows = 1 // the previous segment stands directly before this one
	tagBytes    = seal.Overhead - seal.HeaderSize
	segmentHead = 1 + 4 + 4 + 4
)

// readFrame parses a frame and rebuilds the clear header of each segment, which the sender
// leaves out where it follows from the frame. The error is a *refusal; then nothing of the
// frame is used. Segments are new memory, about the size of the frame.
func readFrame(b []byte) (pageView string, segs []store.Segment, err error) {
	if len(b) < frameHead {
		return "", nil, refuseFrame("%d bytes, shorter than its head of %d", len(b), frameHead)
	}
	if b[0] != frameType {
		return "", nil, refuseFrame("type %d, this collector knows %d, and %d on a socket", b[0], frameType, assetType)
	}
	pv := b[1:17]
	pageView = hex.EncodeToString(pv)
	count := int(binary.LittleEndian.Uint16(b[17:]))
	rest := b[frameHead:]
	if count == 0 {
		return "", nil, refuseFrame("no segment")
	}
	if count > len(rest)/(segmentHead+tagBytes) {
		return "", nil, refuseFrame("%d segments cannot stand in %d bytes", count, len(rest))
	}
	segs = make([]store.Segment, 0, count)
	var previous []byte
	for i := range count {
		if len(rest) < segmentHead {
			return "", nil, refuseFrame("segment %d of %d: truncated", i, count)
		}
		flags, number, epoch := rest[0], binary.LittleEndian.Uint32(rest[1:]), binary.LittleEndian.Uint32(rest[5:])
		rest = rest[9:]
		if flags&^flagFollows != 0 {
			return "", nil, refuseFrame("segment %d of %d: unknown flags %#x", i, count, flags)
		}
		var hash [32]byte
		if flags&flagFollows != 0 {
			if previous == nil || number != segs[i-1].Number+1 {
				return "", nil, refuseFrame("segment %d of %d: says that it follows, but the one before it is not there", i, count)
			}
			hash = sha256.Sum256(previous)
		} else {
			if len(rest) < len(hash) {
				return "", nil, refuseFrame("segment %d of %d: truncated", i, count)
			}
			copy(hash[:], rest)
			rest = rest[len(hash):]
		}
		if len(rest) < 4 {
			return "", nil, refuseFrame("segment %d of %d: truncated", i, count)
		}
		n := binary.LittleEndian.Uint32(rest)
		rest = rest[4:]
		if uint64(n) > uint64(len(rest)) || n < tagBytes {
			return "", nil, refuseFrame("segment %d of %d: %d bytes, %d remain", i, count, n, len(rest))
		}
		sealed := seal.AppendHeader(make([]byte, 0, seal.HeaderSize+int(n)),
			seal.Header{PageView: [16]byte(pv), Number: number, Epoch: epoch, PrevHash: hash})
		sealed = append(sealed, rest[:n]...)
		rest = rest[n:]
		segs = append(segs, store.Segment{PageView: pageView, Number: number, Epoch: epoch, Sealed: sealed})
		previous = sealed
	}
	if len(rest) != 0 {
		return "", nil, refuseFrame("%d bytes behind the last segment", len(rest))
	}
	return pageView, segs, nil
}
