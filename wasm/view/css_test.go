package view

import "testing"

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
		{"a value stays", "a{--x:hover;--y:focus}", "a{--x:hover;--y:focus}"},
		{"focus", "a:focus{b:c}", "a:is(:focus,[data-afterimage-focus]){b:c}"},
		{"focus-visible", "a:focus-visible{b:c}", "a:is(:focus-visible,[data-afterimage-focus=visible]){b:c}"},
		{"a custom element counts as defined", "x-a:not(:defined){b:c}", "x-a:not(:not(.afterimage-undefined)){b:c}"},
		{"a pseudo-element stays", "a::first-line{b:c}", "a::first-line{b:c}"},
		{"a quote in an allowed url is escaped", `a{b:url("data:image/svg+xml,<svg a='\"'/>")}`, `a{b:url("data:image/svg+xml,\3c svg a='\22 '/>")}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := safeCSS(test.css)
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
