package view

import (
	"strings"
	"testing"
)

func TestSafeCSS(t *testing.T) {
	tests := []struct{ name, css, want string }{
		{"plain rules stay byte by byte", "a{color:red}\n.b>c{margin:0 1px}", "a{color:red}\n.b>c{margin:0 1px}"},
		{"a url becomes inert", "a{background:url(/x.png) no-repeat}", `a{background:url("data:,") no-repeat}`},
		{"a quoted url keeps its modifiers", `a{background:url( "x" foo)}`, `a{background:url("data:," foo)}`},
		{"an inline image stays", "a{b:url(data:image/png;base64,AA==)}", `a{b:url("data:image/png;base64,AA==")}`},
		{"an inline font stays", "@font-face{src:url('data:font/woff2;base64,AA==')}", `@font-face{src:url("data:font/woff2;base64,AA==")}`},
		{"inline HTML does not", "a{b:url(data:text/html,x)}", `a{b:url("data:,")}`},
		{"a fragment stays", "a{filter:url(#f)}", `a{filter:url("#f")}`},
		{"an escaped name is a name", `a{b:\75 \72 l(x)}`, `a{b:url("data:,")}`},
		{"capitals too", "a{b:URL(x)}", `a{b:url("data:,")}`},
		{"an unclosed url is closed", "a{b:url(x", `a{b:url("data:,")`},
		{"an unclosed string in a url", "a{b:url('x", `a{b:url("data:,")`},
		{"import with a string goes", "@import 'x' screen;a{}", "a{}"},
		{"import with a url goes", "@import url(x;y);a{}", "a{}"},
		{"import with a quoted url and conditions goes", "@import url('x;') layer(a) supports(b:c) screen;a{}", "a{}"},
		{"import with an escape goes", `@\69mport "x";a{}`, "a{}"},
		{"import that does not end takes all", "@import 'x'", ""},
		{"import before a block takes the block", "@import {a{b:c}} d{}", " d{}"},
		{"another at-rule stays", "@media print{a{b:c}}", "@media print{a{b:c}}"},
		{"image-set loses its name", "a{b:image-set('x' 1x)}", "a{b:afterimage-none('x' 1x)}"},
		{"src() of a font descriptor is no function", "@font-face{src:local(x)}", "@font-face{src:local(x)}"},
		{"a comment becomes a space", "a/*url(*/b{c:d}", "a b{c:d}"},
		{"a string is left alone", `a{content:"url(x) @import"}`, `a{content:"url(x) @import"}`},
		{"a bad string ends with its line", "a{b:'x\nc:url(y)}", "a{b:'x\nc:url(\"data:,\")}"},
		{"an end tag is no end tag", "a{}</style>", "a{}< /style>"},
		{"scripting enabled holds", "@media (scripting: enabled){a{}}", "@media (min-width:0){a{}}"},
		{"scripting alone holds", "@media (scripting){a{}}", "@media (min-width:0){a{}}"},
		{"scripting none does not", "@media ( scripting : none ){a{}}", "@media (max-width:0){a{}}"},
		{"hover also where the recorded pointer is", "a:hover>b{c:d}", "a:is(:hover,[data-afterimage-hover])>b{c:d}"},
		{"hover at the end of a selector list", "a,a:hover{b:c}", "a,a:is(:hover,[data-afterimage-hover]){b:c}"},
		{"hover inside not()", "a:not(:hover){b:c}", "a:not(:is(:hover,[data-afterimage-hover])){b:c}"},
		{"the media feature hover stays", "@media (hover:hover){a{b:c}}", "@media (hover:hover){a{b:c}}"},
		{"a pseudo-class in brackets after a media feature", "@media (hover:hover){a:not(:hover){b:c}}", "@media (hover:hover){a:not(:is(:hover,[data-afterimage-hover])){b:c}}"},
		{"a value stays", "a{--x:hover;--y:focus}", "a{--x:hover;--y:focus}"},
		{"focus", "a:focus{b:c}", "a:is(:focus,[data-afterimage-focus]){b:c}"},
		{"focus-visible", "a:focus-visible{b:c}", "a:is(:focus-visible,[data-afterimage-focus=visible]){b:c}"},
		{"a custom element counts as defined", "x-a:not(:defined){b:c}", "x-a:not(:not(.afterimage-undefined)){b:c}"},
		{"a pseudo-element stays", "a::first-line{b:c}", "a::first-line{b:c}"},
		{"a quote in an allowed url is escaped", `a{b:url("data:image/svg+xml,<svg a='\"'/>")}`, `a{b:url("data:image/svg+xml,\3c svg a='\22 '/>")}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := safeCSS(test.css, look{})
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// 256 KB of brackets in which looking back for the last open one took 4 s; 32 MB would
// take hours.
func TestSafeCSSIsLinear(t *testing.T) {
	for _, unit := range []string{"a:hover)", "(a:hover)", "(hover:hover", ":hover ", "(/*", "url(", "@import(", "\\"} {
		n := (32 << 20) / len(unit)
		if got := safeCSS(strings.Repeat(unit, n), look{}); len(got) > 16*n*len(unit) {
			t.Errorf("%q repeated to 32 MB: got %d bytes", unit, len(got))
		}
	}
}

func TestSafeCSSAnswersAsTheRecordedBrowser(t *testing.T) {
	const yes, no = "(min-width:0)", "(max-width:0)"
	mouse, touch := media{device: deviceMouse, motion: motionFree}, media{device: deviceTouch, motion: motionReduced}
	tests := []struct{ query, mouse, touch, unknown string }{
		{"(hover:hover)", yes, no, "(hover:hover)"},
		{"(hover)", yes, no, "(hover)"},
		{"( HOVER : none )", no, yes, "( HOVER : none )"},
		{"(any-hover: hover)", yes, no, "(any-hover: hover)"},
		{"(pointer: fine)", yes, no, "(pointer: fine)"},
		{"(pointer: coarse)", no, yes, "(pointer: coarse)"},
		{"(pointer: none)", no, no, "(pointer: none)"},
		{"(any-pointer)", yes, yes, "(any-pointer)"},
		{"(prefers-reduced-motion)", no, yes, "(prefers-reduced-motion)"},
		{"(prefers-reduced-motion: reduce)", no, yes, "(prefers-reduced-motion: reduce)"},
		{"(prefers-reduced-motion:no-preference)", yes, no, "(prefers-reduced-motion:no-preference)"},
		{"(min-width: 10px)", "(min-width: 10px)", "(min-width: 10px)", "(min-width: 10px)"},
		{"not all and (hover: none)", "not all and " + no, "not all and " + yes, "not all and (hover: none)"},
		{"screen,(hover)", "screen," + yes, "screen," + no, "screen,(hover)"},
	}
	for _, test := range tests {
		for m, want := range map[media]string{mouse: test.mouse, touch: test.touch, {}: test.unknown} {
			if got := safeCSS(test.query, look{media: m}); got != want {
				t.Errorf("%s for %+v: got %s, want %s", test.query, m, got, want)
			}
		}
	}
}

func TestMediaOfMeta(t *testing.T) {
	tests := []struct {
		key   int64
		value string
		want  media
	}{
		{metaDeviceClass, "desktop", media{device: deviceMouse}},
		{metaDeviceClass, "phone", media{device: deviceTouch}},
		{metaDeviceClass, "tablet", media{device: deviceTouch}},
		{metaDeviceClass, "fridge", media{}},
		{metaReducedMotion, "reduce", media{motion: motionReduced}},
		{metaReducedMotion, "no-preference", media{motion: motionFree}},
		{metaEntryURL, "reduce", media{}},
	}
	for _, test := range tests {
		var m media
		m.note(test.key, test.value)
		if m != test.want {
			t.Errorf("meta %d %q: got %+v, want %+v", test.key, test.value, m, test.want)
		}
	}
}
