package view

import (
	"encoding/hex"
	"strconv"
	"strings"

	"afterimage/wasm/wire"
)

// Assets are facts about a page view, not about a time: an address that stands in the
// recording shows its content before the op that tells of it and after. In patches it
// stands as "afterimage-asset:N", N being a place in Session.Assets; the player puts a
// blob: URL there, or nothing. No recording can write such a name itself: an address that
// is neither inline nor an asset's is taken out.

// AssetPrefix begins the name of an asset in patches.
const AssetPrefix = "afterimage-asset:"

// Asset is one asset as the player loads it.
type Asset struct {
	PageView string
	ID       string // 32 hexadecimal digits
	Key      [16]byte
	Type     wire.AssetType
	Bytes    int
}

// Assets lists what addresses of the session's page views have an asset, in the order in
// which the ops were decoded. An asset of two addresses stands there twice.
func (s *Session) Assets() []Asset { return s.assets }

// AppendAssets writes Assets, from a place on, as JSON.
func (s *Session) AppendAssets(b []byte, from int) []byte {
	b = append(b, '[')
	for i := max(from, 0); i < len(s.assets); i++ {
		a := &s.assets[i]
		if b[len(b)-1] != '[' {
			b = append(b, ',')
		}
		b = append(b, `{"id":"`...)
		b = append(b, a.ID...)
		b = append(b, `","key":"`...)
		b = hex.AppendEncode(b, a.Key[:])
		b = append(b, `","type":`...)
		b = strconv.AppendInt(b, int64(a.Type), 10)
		b = append(b, `,"bytes":`...)
		b = strconv.AppendInt(b, int64(a.Bytes), 10)
		b = append(b, '}')
	}
	return append(b, ']')
}

type assets struct {
	at   map[assetRef]int // places in Session.assets
	told int              // ops taken
}

// assetRef names an address where it stands. epoch is 0 where scope names no node.
type assetRef struct {
	epoch, scope uint32
	url          string
}

func (s *Session) takeAsset(v *pageView, e *epoch, payload []byte) {
	a, err := wire.ReadAsset(payload)
	if err != nil {
		s.problems.add("asset: " + err.Error())
		return
	}
	if len(s.assets) >= maxAssets {
		s.problems.add("asset: too many")
		return
	}
	if v.assets.at == nil {
		v.assets.at = map[assetRef]int{}
	}
	ref := assetRef{scope: a.Scope, url: text(a.URL)}
	if a.Scope > 1 {
		ref.epoch = e.number
	}
	v.assets.at[ref] = len(s.assets)
	v.assets.told++
	s.heldBytes += 160 + len(ref.url)
	s.assets = append(s.assets, Asset{PageView: v.id, ID: hex.EncodeToString(a.ID[:]), Key: a.Key, Type: a.Type, Bytes: int(a.Bytes)})
}

// look is what an attribute or rule is read with: the answers to media features, and the
// assets of the page view with the node in which, or in whose sheet, an address stands.
type look struct {
	media  media
	assets *assets
	epoch  uint32
	st     *state
	n      *node
}

func (d *differ) look(st *state, n *node) look {
	return look{media: st.cur.media, assets: d.assets, epoch: d.epoch, st: st, n: n}
}

// find is the name of the asset that an address has, or "".
func (l look) find(url string) string {
	if l.assets == nil || len(l.assets.at) == 0 || url == "" || len(url) > wire.MaxAssetURL {
		return ""
	}
	i, ok := l.assets.at[assetRef{url: url}]
	if !ok {
		ref := assetRef{scope: l.scope(), url: url}
		if ref.scope > 1 {
			ref.epoch = l.epoch
		}
		if i, ok = l.assets.at[ref]; !ok {
			return ""
		}
	}
	return AssetPrefix + strconv.Itoa(i)
}

// scope is what an address of the node is relative to.
func (l look) scope() uint32 {
	if l.n.kind == kindElement && localName(l.n) == "link" {
		return l.n.id
	}
	for n := l.n; n != nil && n.id != 0; n = l.st.get(n.parent) {
		if n.kind == kindDocument {
			return n.id
		}
		if n.parent == 0 {
			break
		}
	}
	return 1 // constructed sheets
}

// image is the value of an attribute that shows an image.
func (l look) image(value string) (string, bool) {
	if inlineImage(value) {
		return value, true
	}
	name := l.find(value)
	return name, name != ""
}

// srcset keeps the candidates that have an asset, with their descriptors. The recorder has
// only those that the recorded browser loaded; which of them is shown the viewer's browser
// decides as the recorded one did, by the media of a picture's sources and the sizes.
func (l look) srcset(value string) (string, bool) {
	if l.assets == nil || len(l.assets.at) == 0 {
		return "", false
	}
	var b strings.Builder
	for i := 0; i < len(value); {
		for i < len(value) && (cssSpace(value[i]) || value[i] == ',') {
			i++
		}
		from := i
		for i < len(value) && !cssSpace(value[i]) {
			i++
		}
		url := strings.TrimRight(value[from:i], ",")
		descriptor := ""
		if from+len(url) == i { // no comma behind it: a descriptor may follow
			end := strings.IndexByte(value[i:], ',')
			if end < 0 {
				end = len(value) - i
			}
			descriptor = strings.Trim(value[i:i+end], " \t\n\r\f")
			i += end
		}
		name := l.find(url)
		if name == "" || !plainDescriptor(descriptor) {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(name)
		if descriptor != "" {
			b.WriteByte(' ')
			b.WriteString(descriptor)
		}
	}
	return b.String(), b.Len() > 0
}

// plainDescriptor: none, a width or a density.
func plainDescriptor(s string) bool {
	if s == "" {
		return true
	}
	for i := range len(s) - 1 {
		if (s[i] < '0' || s[i] > '9') && s[i] != '.' {
			return false
		}
	}
	return len(s) > 1 && len(s) < 12 && (s[len(s)-1] == 'w' || s[len(s)-1] == 'x')
}
