// Package rules says which settings of a site are refused and which open a risky field. It
// is one for both custodies: the collector asks it before it stores, the owner of a held
// site before signing. What is refused is never read in a looser way.
package rules

import (
	"fmt"
	"slices"
	"strings"
)

// Settings is what recorders of a site read, as far as privacy depends on it.
type Settings struct {
	Privacy            string
	Mask, Block, Allow []string
	Consent            string
	RespectDNT         bool
	Sample             float64
}

// Check refuses what no recorder may be told: the error is a *Problem.
func Check(s Settings) error {
	switch {
	case s.Privacy != "strict" && s.Privacy != "balanced":
		return &Problem{fmt.Sprintf("privacy %q is unknown", short(s.Privacy)), "use strict or balanced"}
	case s.Consent != "none" && s.Consent != "required":
		return &Problem{fmt.Sprintf("consent %q is unknown", short(s.Consent)), "use none or required"}
	case !(s.Sample >= 0 && s.Sample <= 1):
		return &Problem{fmt.Sprintf("sample %v is not a share", s.Sample), "use a number from 0 to 1"}
	}
	lists := []struct {
		name string
		list []string
	}{{"mask", s.Mask}, {"block", s.Block}, {"allow", s.Allow}}
	for _, l := range lists {
		if len(l.list) > maxSelectors {
			return &Problem{fmt.Sprintf("%s has %d selectors, at most %d", l.name, len(l.list), maxSelectors), "mark the elements in the page: data-afterimage"}
		}
		for _, one := range l.list {
			if err := Selector(one); err != nil {
				return err
			}
		}
	}
	// The same selector in two lists: one of them is a mistake, and nobody can tell which.
	for i, l := range lists {
		for _, other := range lists[i+1:] {
			for _, one := range each(l.list) {
				if slices.ContainsFunc(each(other.list), func(o string) bool { return canonical(o) == canonical(one) }) {
					return &Problem{fmt.Sprintf("selector %q is in %s and in %s", short(one), l.name, other.name), "take it out of one of the two lists"}
				}
			}
		}
	}
	return nil
}

// each splits lists with commas and evens out white space, for comparison.
func each(list []string) (out []string) {
	for _, s := range list {
		depth, from := 0, 0
		for i, r := range s + "," {
			switch {
			case r == '[':
				depth++
			case r == ']':
				depth--
			case r == ',' && depth == 0:
				out = append(out, strings.Join(strings.Fields(s[from:min(i, len(s))]), " "))
				from = i + 1
			}
		}
	}
	return out
}

// Site is all that Warnings looks at.
type Site struct {
	ID string
	Settings
	Contact       string
	RetentionDays int
	CookieDomain  string
	Keystrokes    bool
	Held          bool
	// Masked is how often in 30 days recorders masked or refused what the site itself handed
	// over, by name of the count.
	Masked map[string]int64
}

// Warning is a setting that is allowed and opens a risky field, or says too little.
type Warning struct {
	Code string `json:"code"`
	What string `json:"what"`
	Hint string `json:"hint"`
}

// broad are the selectors that open a page rather than a place in it.
var broad = []string{"*", "html", "body", "main", "form", "div", "section", "article", "table", "fieldset", "label"}

// fields are the types that hold what visitors type.
var fields = []string{"input", "textarea", "select", "option", "[contenteditable", "[role=textbox", "[role=\"textbox", "[role=searchbox", "[role=combobox", "[type="}

// Warnings lists what an owner should look at, the gravest first.
func Warnings(s Site) []Warning {
	out := []Warning{}
	add := func(code, hint, format string, args ...any) {
		out = append(out, Warning{code, fmt.Sprintf(format, args...), hint})
	}
	for _, one := range each(s.Allow) {
		subject := lastCompound(one)
		switch {
		case slices.ContainsFunc(fields, func(f string) bool {
			return strings.HasPrefix(subject, f) || strings.Contains(subject, f) && f[0] == '['
		}):
			add("allow-field", "name the one field by its id or class, and only if nobody types about a person there",
				"allow %q shows what visitors type into fields (passwords, one-time codes and cards stay masked)", one)
		case slices.Contains(broad, subject):
			more := ""
			if s.Privacy == "balanced" {
				more = ", and with privacy balanced its texts are shown already"
			}
			add("allow-broad", "allow the smallest element that has to be seen, by its id or class",
				"allow %q opens all below it, fields too%s", one, more)
		}
	}
	if !s.RespectDNT {
		add("ignores-dnt", "switch it on again, unless your pages ask for consent themselves",
			"visitors who send Do Not Track or Global Privacy Control are recorded")
	}
	if s.Privacy == "balanced" && s.Consent != "required" {
		add("balanced-without-consent", "set consent required, or privacy strict", "texts of pages are recorded and visitors are not asked")
	}
	if s.Keystrokes {
		add("keystrokes", "switch capture.keystrokes off in the pages unless a study needs it",
			"the pages capture key activity: when and how often keys are pressed outside masked fields")
	}
	if s.CookieDomain != "" {
		add("cookie-domain", "leave cookieDomain out where one host is enough: every host of the domain sees the cookie",
			"the visitor id is kept in a cookie for all of %s", s.CookieDomain)
	}
	if s.Contact == "" {
		add("no-contact", "collector site set "+s.ID+" --contact privacy@example.com", "visitors are told nobody whom they can ask")
	}
	if s.RetentionDays == 0 {
		add("no-retention", "collector site set "+s.ID+" --retention-days 30", "recordings are kept until somebody deletes them")
	}
	for _, name := range slices.Sorted(keysOf(s.Masked)) {
		if text := handed[name]; text != "" && s.Masked[name] > 0 {
			add("site-"+name, "hand over an id of your own instead of a name, an address or a number of a person", text, times(s.Masked[name]))
		}
	}
	return out
}

// handed are the counts of what the site's own code hands over.
var handed = map[string]string{
	"identify-refused": "identify() was given what looks like a person %s in 30 days, and refused it",
	"track-refused":    "track() was given a name that looks like a person %s in 30 days, and refused it",
	"track-masked":     "properties of track() looked like a person %s in 30 days, and were masked",
	"traits-masked":    "traits of identify() looked like a person %s in 30 days, and were masked",
	"label-masked":     "release, environment or tags looked like a person %s in 30 days, and were masked",
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func keysOf(m map[string]int64) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// lastCompound is the part of a selector that names the element itself, in lower case.
func lastCompound(s string) string {
	depth, from := 0, 0
	for i, r := range s {
		switch {
		case r == '[':
			depth++
		case r == ']':
			depth--
		case depth == 0 && (r == ' ' || r == '>'):
			from = i + 1
		}
	}
	return strings.ToLower(s[from:])
}
