package wire

// Asset is the payload of op asset (FORMAT.md §6.1): where the content of one address that
// stands in the recording lies, and what opens it.
type Asset struct {
	// Scope is 0 for an absolute address, which means the same everywhere; 1 for one that
	// stands in the page's document or its style elements; else the node of the epoch that
	// the address is relative to: a link element whose sheet it stands in.
	Scope uint32
	URL   []byte // as it stands in an attribute, a srcset or a rule
	Type  AssetType
	Bytes uint32 // of the content
	ID    [16]byte
	Key   [16]byte
}

// AssetType is what the recorder found the content to be, by its first bytes.
type AssetType uint8

// Media types: never renumber.
const (
	AssetPNG   AssetType = 1
	AssetJPEG  AssetType = 2
	AssetGIF   AssetType = 3
	AssetWebP  AssetType = 4
	AssetAVIF  AssetType = 5
	AssetSVG   AssetType = 6
	AssetICO   AssetType = 7
	AssetWOFF2 AssetType = 16
	AssetWOFF  AssetType = 17
	AssetSFNT  AssetType = 18 // TrueType or OpenType
)

// MaxAssetURL and MaxAssetBytes bound what a reader takes.
const (
	MaxAssetURL   = 2048
	MaxAssetBytes = 256 << 10
)

// AppendAsset writes the payload.
func AppendAsset(dst []byte, a *Asset) []byte {
	dst = appendVarint(dst, uint64(a.Scope))
	dst = appendVarint(dst, uint64(len(a.URL)))
	dst = append(dst, a.URL...)
	dst = append(dst, a.ID[:]...)
	dst = append(dst, a.Key[:]...)
	dst = append(dst, byte(a.Type))
	return appendVarint(dst, uint64(a.Bytes))
}

// ReadAsset parses the payload; a.URL aliases b. Bytes behind it are of later versions. The
// error is ErrTruncated or ErrLimit; it never panics and allocates nothing.
func ReadAsset(b []byte) (a Asset, err error) {
	scope, b, ok := cutVarint(b)
	n, b, ok2 := cutVarint(b)
	if !ok || !ok2 {
		return Asset{}, ErrTruncated
	}
	if scope > 1<<32-1 || n == 0 || n > MaxAssetURL {
		return Asset{}, ErrLimit
	}
	if uint64(len(b)) < n+33 {
		return Asset{}, ErrTruncated
	}
	a.Scope, a.URL = uint32(scope), b[:n:n]
	b = b[n:]
	copy(a.ID[:], b)
	copy(a.Key[:], b[16:])
	a.Type = AssetType(b[32])
	size, _, ok := cutVarint(b[33:])
	switch {
	case !ok:
		return Asset{}, ErrTruncated
	case size == 0 || size > MaxAssetBytes:
		return Asset{}, ErrLimit
	}
	a.Bytes = uint32(size)
	return a, nil
}

// cutVarint takes a varint of at most 63 bits off b.
func cutVarint(b []byte) (v uint64, rest []byte, ok bool) {
	for i := 0; i < len(b) && i < 9; i++ {
		v |= uint64(b[i]&0x7f) << (7 * i)
		if b[i] < 0x80 {
			return v, b[i+1:], true
		}
	}
	return 0, nil, false
}
