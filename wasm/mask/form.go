package mask

// detects is set by a program that shows text. It is a variable of the package and not a
// field, so that a program which never sets it has none of detection in it: a compiler that
// sees the whole program (TinyGo's) finds it false for good and drops all that hangs on it.
var detects bool

// WithDetection makes this program the full form, which knows Shown and Allowed. Without it
// all text is masked whatever level or marker says. It is called once, before anything else.
func WithDetection() { detects = true }

// Detects reports whether this is the full form.
func Detects() bool { return detects }

// shows reports whether text of this mode is shown, less personal data.
func (m Mode) shows() bool { return detects && (m == Shown || m == Allowed) }

// Opens reports whether also fields of non-secret kinds are shown.
func (m Mode) Opens() bool { return detects && m == Allowed }

// plain reports whether a label that the site's code hands over (a release, the name of an
// event) can be shown by a program without detection: few digits, nothing that an address
// or a token has, nothing that was typed.
func (p *Policy) plain(s []byte) bool {
	digits, word, inWord := 0, 0, 0
	for _, c := range s {
		word++
		if isDigit(c) {
			digits++
			inWord++
		} else if c <= ' ' || charIn(c, "-_/") {
			word, inWord = 0, 0
		}
		if c == '@' || digits > 6 || word > 28 || word > 15 && inWord > 0 {
			return false
		}
	}
	return len(s) <= plainBytes && !p.typed.in(s)
}

// plainBytes is less than what typedTable.in looks at.
const plainBytes = 80
