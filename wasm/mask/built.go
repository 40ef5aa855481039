//go:build !strict

package mask

// Files that a site's build made: bundlers put a hash of the content into the name, which
// looks like a token. POLICY.md "URLs".

const (
	// Folders that bundlers and frameworks write to by default. In the last one sites also keep
	// what visitors posted: there only two forms of hash count that no server gives a posted file.
	builtFolders = " assets static dist build fonts immutable _next _nuxt _astro _app "
	mediaFolder  = " media "
	// Below these a file is of a person, whoever made its name.
	postedFolders = " upload uploads uploaded file files attachment attachments document documents avatar avatars photo photos storage private secure "
	builtTypes    = " png jpg jpeg gif webp avif svg ico woff woff2 ttf otf "
)

// built is where in a path its segments stand: below a folder of a build, or of media.
type built struct{ folder, media, posted bool }

func (b *built) pass(seg []byte) {
	b.folder = b.folder || wordIn(seg, builtFolders)
	b.media = b.media || wordIn(seg, mediaFolder)
	b.posted = b.posted || wordIn(seg, postedFolders)
}

// builtName reports whether seg is the name of an image or font as a build makes it:
//
//	NAME.HEX.EXT  NAME-HEX.EXT  NAME-HASH.EXT
//
// HEX being 8 to 64 digits with a letter among them, HASH eight characters of base64url or
// base32.
func (p *Policy) builtName(b built, seg []byte) bool {
	e := extension(seg)
	if b.posted || !b.folder && !b.media || e == 0 || !wordIn(seg[e:], builtTypes) {
		return false
	}
	name := seg[:e-1]
	at := len(name)
	for at > 0 && isHex(name[at-1]) {
		at--
	}
	hash := name[at:]
	dotted := at > 0 && name[at-1] == '.'
	switch {
	case at > 1 && len(hash) >= 8 && len(hash) <= 64 && (dotted || b.folder && name[at-1] == '-'):
	case len(name) > 9 && name[len(name)-9] == '-':
		at = len(name) - 8
		hash = name[at:]
		for _, c := range hash {
			if !isAlnum(c) && c != '-' && c != '_' || !b.folder && !isUpper(c) && !isDigit(c) {
				return false
			}
		}
	default:
		return false
	}
	letters := 0
	for _, c := range hash {
		if isLetter(c) {
			letters++
		}
	}
	stem := name[:at-1]
	for _, c := range stem {
		if isLetter(c) {
			return letters > 0 && p.safeSegment(stem, true) && (len(p.typed.vals) == 0 || !p.typed.in(seg))
		}
	}
	return false
}
