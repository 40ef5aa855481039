package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Problem is a setting that is refused, with the reason and what to do.
type Problem struct{ What, Hint string }

func (p *Problem) Error() string { return p.What }

// maxSelectorBytes and maxSelectors bound what every page has to match.
const (
	maxSelectorBytes = 512
	maxSelectors     = 200
)

const ident = `-?(?:[A-Za-z_]|[^\x00-\x7F])(?:[\w-]|[^\x00-\x7F])*`

// strangeName is the name of an attribute that the recorder would not find: it watches those of letters of ASCII.
var strangeName = regexp.MustCompile(`\[\s*[\w-]*[^\x00-\x7F][^\]~|^$*=]*[\]~|^$*=]`)

// One compound: a type or *, then classes, ids and attribute conditions, at least one part.
var (
	partPattern = regexp.MustCompile(`^(?:\.` + ident + `|#` + ident +
		`|\[\s*` + ident + `\s*(?:[~|^$*]?=\s*(?:"[^"\\\]\n]*"|'[^'\\\]\n]*'|` + ident + `)\s*(?:[iI]\s*)?)?\])`) // not every browser knows s
	typePattern = regexp.MustCompile(`^(?:\*|` + ident + `)`)
)

// Selector checks one selector (lists with commas included) by the rule of the recorder
// (jsbridge/more/options.ts): type, class, id and attribute conditions, joined by
// descendant and child combinators. What it lets pass is a part of what the recorder
// takes: a page must not be the first to say no.
func Selector(s string) error {
	refuse := func(what, hint string) error {
		return &Problem{fmt.Sprintf("selector %q: %s", short(s), what), hint}
	}
	const form = "use type, class, id and attribute conditions, joined by space or >, as in: form .card-number, #notes > p, [data-private]"
	if strings.TrimSpace(s) == "" {
		return refuse("it is empty", form)
	}
	if len(s) > maxSelectorBytes {
		return refuse(fmt.Sprintf("it has %d bytes, at most %d", len(s), maxSelectorBytes), "mark the elements in the page: data-afterimage=\"mask|block|allow\"")
	}
	for one := range strings.SplitSeq(outsideBrackets(s), ",") {
		if strings.TrimSpace(one) == "" {
			return refuse("a part between commas is empty", form)
		}
	}
	if strings.ContainsFunc(s, isUnseen) {
		return refuse("a character in it cannot be seen, and is part of a name to browsers", "write it anew, without what was pasted")
	}
	if strings.Contains(s, "\\") {
		return refuse("escapes are refused: a selector shall be read one way only", "give the element a class, an id or an attribute without signs that need one")
	}
	if strangeName.MatchString(s) {
		return refuse("names of attributes are of letters of ASCII", form)
	}
	if rest := outsideBrackets(s); strings.ContainsAny(rest, ":") {
		return refuse("pseudo-classes and pseudo-elements are refused: an element can come to match them without a record of its own", form)
	} else if strings.ContainsAny(rest, "+~") {
		return refuse("sibling combinators are refused: an element can come to match them without a record of its own", form)
	}
	rest, joined := strings.TrimSpace(s), true
	for rest != "" {
		n := compound(rest)
		if n == 0 {
			return refuse("it does not parse", form)
		}
		rest = rest[n:]
		trimmed := strings.TrimLeft(rest, " \t\n\r\f")
		joined = false
		if trimmed == "" {
			return nil
		}
		switch {
		case trimmed[0] == '>' || trimmed[0] == ',':
			rest, joined = strings.TrimLeft(trimmed[1:], " \t\n\r\f"), true
		case len(trimmed) == len(rest):
			return refuse("it does not parse", form)
		default:
			rest = trimmed
		}
	}
	if joined {
		return refuse("it ends in a combinator", form)
	}
	return nil
}

// isUnseen: it looks like a blank or like nothing, and is no white space to CSS.
func isUnseen(r rune) bool {
	return !strings.ContainsRune(" \t\n\r\f", r) && (unicode.IsSpace(r) || unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r))
}

// compound is the length of the compound selector at the start of s; 0: there is none.
func compound(s string) int {
	n := len(typePattern.FindString(s))
	for {
		m := len(partPattern.FindString(s[n:]))
		if m == 0 {
			return n
		}
		n += m
	}
}

var conditionPattern = regexp.MustCompile(`^\[\s*(` + ident + `)\s*(?:([~|^$*]?=)\s*(?:"([^"]*)"|'([^']*)'|(` + ident + `))\s*([iIsS])?\s*)?\]$`)

// canonical is one form of all the ways in which a selector that Selector lets pass may be written (the twin is
// canonical in jsbridge/more/options.ts): white space, quotes, the case of types and attributes, the order in a compound.
func canonical(s string) string {
	var out []string
	for rest := strings.TrimSpace(s); rest != ""; {
		n := compound(rest)
		if n == 0 {
			return s
		}
		kind := typePattern.FindString(rest)
		parts := []string{}
		for at := len(kind); at < n; {
			part := partPattern.FindString(rest[at:])
			at += len(part)
			if m := conditionPattern.FindStringSubmatch(part); m != nil {
				part = fmt.Sprintf("[%s%s%q%s]", strings.ToLower(m[1]), m[2], m[3]+m[4]+m[5], strings.ToLower(m[6]))
			}
			parts = append(parts, part)
		}
		slices.Sort(parts)
		if kind == "*" && len(parts) > 0 {
			kind = ""
		}
		out = append(out, strings.ToLower(kind)+strings.Join(slices.Compact(parts), ""))
		rest = strings.TrimLeft(rest[n:], " \t\n\r\f")
		if strings.HasPrefix(rest, ">") {
			out, rest = append(out, ">"), strings.TrimLeft(rest[1:], " \t\n\r\f")
		}
	}
	return strings.Join(out, " ")
}

// outsideBrackets is s without its attribute conditions.
func outsideBrackets(s string) string {
	var b strings.Builder
	depth := 0
	for _, r := range s {
		switch {
		case r == '[':
			depth++
			b.WriteByte('x')
		case r == ']' && depth > 0:
			depth--
		case depth == 0:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func short(s string) string {
	if len(s) > 60 {
		return s[:57] + "…"
	}
	return s
}
