package mirror

import (
	"strings"
	"testing"
)

// mail is cut at every place by the tests below.
const mail = "jane.zanthorpe@mail.example.com"

// hides fails if six letters in a row of a secret are in the log of what was sent.
func hides(t testing.TB, p *page, secret string) {
	t.Helper()
	all := strings.Join(p.ops, "\n")
	for i := 0; i+6 <= len(secret); i++ {
		if strings.Contains(all, secret[i:i+6]) {
			t.Fatalf("%q of %q is on the wire:\n%s", secret[i:i+6], secret, all)
		}
	}
}

func TestFindsOverNodes(t *testing.T) {
	for _, c := range []struct {
		name, doc, want string
	}{
		{"an address in two elements", "p\n\tb\n\t\t'jane.zanthorpe\n\t'@\n\ti\n\t\t'mail.example.com", `<p><b>xxxxxxxxxxxxxxxx</b>x<i>xxxxxxxxxxxxxxxx</i></p>`},
		{"an address broken by wbr", "p\n\t'to jane.zanthorpe\n\twbr\n\t'@mail.\n\twbr\n\t'example.com now", `<p>to xxxxxxxxxxxxxxxx<wbr></wbr>xxxxxxx<wbr></wbr>xxxxxxxxxx now</p>`},
		{"an address over a comment's place and an empty element", "p\n\t'jane.zant\n\tspan\n\t'horpe@mail.example.com", `<p>xxxxxxxxxx<span></span>xxxxxxxxxxxxxxxxxxxxxxxx</p>`},
		{"an address in a custom element", "p\n\tx-name\n\t\t'jane.zanthorpe\n\t'@mail.example.com", `<p><x-name>xxxxxxxxxxxxxxxx</x-name>xxxxxxxxxxxxxxxx</p>`},
		{"a card in four elements", "p\n\tspan\n\t\t'4111\n\tspan\n\t\t'1111\n\tspan\n\t\t'1111\n\tspan\n\t\t'1111", `<p><span>xxxx</span><span>xxxx</span><span>xxxx</span><span>xxxx</span></p>`},
		{"a number over elements with blanks", "p\n\tspan\n\t\t'+49\n\t' \n\tspan\n\t\t'30 901820", `<p><span>xxxx</span> <span>xx xxxxxxx</span></p>`},
		{"an address over a template, a picture and style", "p\n\t'jane.zanthorpe\n\ttemplate\n\timg\n\tstyle\n\t\t'a{}\n\t'@mail.example.com", `<p>xxxxxxxxxxxxxxxx<template></template><img></img><style>a{}</style>xxxxxxxxxxxxxxxx</p>`},
		{"blocks are two lines", "div\n\tp\n\t\t'jane.zanthorpe\n\tp\n\t\t'@mail.example.com", `<div><p>jane.zanthorpe</p><p>@mail.example.com</p></div>`},
		{"a line break is one", "p\n\t'jane.zanthorpe\n\tbr\n\t'@mail.example.com", `<p>jane.zanthorpe<br></br>@mail.example.com</p>`},
		{"the pages of a list stay", "p\n\ta\n\t\t'2\n\ta\n\t\t'3\n\ta\n\t\t'4\n\ta\n\t\t'5\n\ta\n\t\t'6\n\ta\n\t\t'7\n\ta\n\t\t'8\n\ta\n\t\t'9\n\ta\n\t\t'10",
			`<p><a>2</a><a>3</a><a>4</a><a>5</a><a>6</a><a>7</a><a>8</a><a>9</a><a>10</a></p>`},
		{"a masked part stays a wall, the rest is shown", "p\n\t'jane \n\tb data-afterimage=mask\n\t\t'zanthorpe\n\t'@mail", `<p>jane <b data-afterimage="mask">xxxxxxxxxx</b>@mail</p>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, got := show(t, 1, c.doc, nil); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// letters puts every character of s into an element of its own under node 2, a batch each or
// all in one, and answers the first id that is free.
func letters(s string, id int, put func(*batch)) int {
	prev := 0
	for _, r := range s {
		b := new(batch).op(opElement, 2, prev, id, 0, "b", 0).op(opTextNode, id, 0, id+1, string(r))
		put(b)
		prev = id
		id += 2
	}
	return id
}

func paragraph(t testing.TB) (*Core, *page) {
	c := start(t, 1)
	must(t, c, new(batch).op(opElement, 1, 0, 2, 0, "p", 0).op(opSnapshotEnd))
	return c, newPage()
}

func TestLettersOfOneTask(t *testing.T) {
	for _, secret := range []string{mail, "4111111111111111", "+4930123456789", "aaB1ccD2eeF3ggH4iiJ5kkL6mm"} {
		c, p := paragraph(t)
		all := new(batch)
		letters(secret, 3, func(b *batch) {
			all.ints = append(all.ints, b.ints...)
			all.text = append(all.text, b.text...)
		})
		must(t, c, all)
		check(t, c)
		p.read(t, c, 0)
		got := p.String()
		if got != "<p>"+strings.Repeat("<b>x</b>", len(secret))+"</p>" {
			t.Errorf("%s: got %s", secret, got)
		}
	}
}

// TestCompletedLater: what a later change completes is masked from then on, also in the
// nodes that were sent before; what comes after it never stood in the clear.
func TestCompletedLater(t *testing.T) {
	for cut := 1; cut < len(mail); cut++ {
		c, p := paragraph(t)
		must(t, c, new(batch).op(opTextNode, 2, 0, 3, "by "+mail[:cut]))
		p.read(t, c, 0)
		must(t, c, new(batch).op(opTime, 500).op(opElement, 2, 3, 4, 0, "b", 0).op(opTextNode, 4, 0, 5, mail[cut:]+" ok"))
		p.read(t, c, 1000)
		if got := p.String(); strings.ContainsAny(strings.NewReplacer("by ", "", " ok", "", "<p>", "", "<b>", "", "</b>", "", "</p>", "").Replace(got), "janemilcozthrp@.") {
			t.Fatalf("cut at %d: got %s", cut, got)
		}
		check(t, c)
		// The first half is masked as long as its text does not change, whatever goes.
		must(t, c, new(batch).op(opTime, 1000).op(opRemove, 4))
		p.read(t, c, 2000)
		if got := p.String(); strings.Contains(got, "j") {
			t.Fatalf("cut at %d, second half removed: got %s", cut, got)
		}
		must(t, c, new(batch).op(opTime, 2000).op(opText, 3, "by nobody"))
		p.read(t, c, 3000)
		if got := p.String(); got != "<p>by nobody</p>" {
			t.Fatalf("cut at %d, new text: got %s", cut, got)
		}
	}
}

// TestCompletedByWhatGoesAndMoves: a find that closes when something between goes, or when
// its halves move together.
func TestCompletedByWhatGoesAndMoves(t *testing.T) {
	const masked = "xxxxxxxxxxxxxxxx"
	for _, c := range []struct {
		name string
		then func(b *batch)
		want string
	}{
		{"a block between goes", func(b *batch) { b.op(opRemove, 4) }, "<p>" + masked + masked + "</p>"},
		{"the first half moves behind the block", func(b *batch) { b.op(opMove, 3, 2, 4) }, "<p><hr></hr>" + masked + masked + "</p>"},
		{"the second half moves before the block", func(b *batch) { b.op(opMove, 5, 2, 3) }, "<p>" + masked + masked + "<hr></hr></p>"},
		{"the block moves away", func(b *batch) { b.op(opMove, 4, 1, 2) }, "<p>" + masked + masked + "</p><hr></hr>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			core, got := show(t, 1, "p\n\t'jane.zanthorpe\n\thr\n\t'@mail.example.com", c.then)
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			check(t, core)
		})
	}
}

// TestLongTextIsAskedFor: of a long text that was sent only the ends are kept; what completes
// a find in it takes it from the wire, and the bridge brings it again.
func TestLongTextIsAskedFor(t *testing.T) {
	c, p := paragraph(t)
	long := strings.Repeat("word ", 60)
	must(t, c, new(batch).op(opTextNode, 2, 0, 3, long+"jane.zant"))
	p.read(t, c, 0)
	must(t, c, new(batch).op(opTime, 500).op(opTextNode, 2, 3, 4, "horpe@mail.example.com"))
	p.read(t, c, 1000)
	if got := p.String(); got != "<p>xxxxxxxxxxxxxxxxxxxxxxxx</p>" {
		t.Errorf("got %s, want the second text alone", got)
	}
	if got := c.Resend(); len(got) != 2 || got[0] != 3 || got[1] != 0 {
		t.Errorf("resend: got %v, want [3 0]", got)
	}
	c.ClearResend()
	must(t, c, new(batch).op(opTime, 600).op(opRemove, 3).op(opTextNode, 2, 0, 5, long+"jane.zant"))
	p.read(t, c, 2000)
	if got, want := p.String(), "<p>"+long+"xxxxxxxxxx"+"xxxxxxxxxxxxxxxxxxxxxxxx</p>"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	check(t, c)
}

// TestRunsEndWithTheirPolicy: a field that becomes secret, or a level that changes while a
// text waits, is written by what holds then.
func TestRunsEndWithTheirPolicy(t *testing.T) {
	for _, c := range []struct{ name, doc, secret string }{
		{"a text moved into a masked element before it was written", "p\n\t'zanthorpe\np data-afterimage=mask", "zanthorpe"},
		{"a text moved into editable text", "p\n\t'zanthorpe\np contenteditable=true", "zanthorpe"},
		{"a text moved into a box", "p\n\t'zanthorpe\np data-afterimage=block", "zanthorpe"},
	} {
		t.Run(c.name, func(t *testing.T) {
			core := start(t, 1)
			b := new(batch)
			build(b, c.doc)
			must(t, core, b.op(opMove, 3, 4, 0))
			p := newPage()
			p.read(t, core, 0)
			hides(t, p, c.secret)
			check(t, core)
			must(t, core, new(batch).op(opText, 3, "and "+c.secret))
			p.read(t, core, 0)
			hides(t, p, c.secret)
		})
	}
}

func TestFlowMemoryIsUsedAgain(t *testing.T) {
	c, p := paragraph(t)
	id, size := 3, 0
	for i := range 3000 {
		b := new(batch)
		for k := range 4 {
			b.op(opTextNode, 2, 0, id+k, strings.Repeat("a b ", 1+(i*7+k*5)%40))
		}
		must(t, c, b)
		b = new(batch).op(opText, id, "short").op(opText, id+1, strings.Repeat("long ", i%50))
		for k := range 4 {
			b.op(opRemove, id+k)
		}
		must(t, c, b.op(opTime, i*20))
		id += 4
		p.read(t, c, int64(i*20))
		if i == 200 {
			size = cap(c.flow.arena) + cap(c.flow.raw) + cap(c.flow.refs)
		}
	}
	if got := cap(c.flow.arena) + cap(c.flow.raw) + cap(c.flow.refs); got != size {
		t.Errorf("got %d bytes after 3,000 rounds, want %d as after 200", got, size)
	}
}

// TestEchoes: what was typed is masked where the page shows it, also over elements, in the
// same batch before the value is told, and for secrets that op echo hands over.
func TestEchoes(t *testing.T) {
	const secret = "zantHorpe42"
	for _, c := range []struct {
		name string
		tell func(b *batch, id int) *batch
	}{
		{"a value", func(b *batch, id int) *batch { return b.op(opValue, 3, secret) }},
		{"a value of a field that names a password", func(b *batch, id int) *batch { return b.op(opAttr, 3, "name", "password").op(opValue, 3, secret) }},
		{"a secret input", func(b *batch, id int) *batch { return b.op(opEcho, 3, secret).op(opSecret, 3, 1) }},
		{"what is typed into a field that is not shown", func(b *batch, id int) *batch { return b.op(opEcho, -1-3, secret) }},
		{"a secret input that was given up", func(b *batch, id int) *batch { return b.op(opRemove, 3).op(opEcho, 3, secret) }},
		{"editable text", func(b *batch, id int) *batch {
			return b.op(opElement, 1, 2, id, 0, "div", 1, "contenteditable", "true").op(opTextNode, id, 0, id+1, "zant").op(opText, id+1, secret)
		}},
		{"text of an editor that waits to be sent anew and is emptied by then", func(b *batch, id int) *batch {
			return b.op(opElement, 1, 2, id, 0, "div", 1, "contenteditable", "true").op(opTextNode, id, 0, id+1, "a").op(opAttr, id, "aria-label", "Password").op(opRemove, id+1).op(opTextNode, id, 0, id+2, secret).op(opRemove, id+2)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, before := range []bool{true, false} {
				core := start(t, 1)
				must(t, core, new(batch).op(opElement, 1, 0, 2, 0, "p", 0).op(opElement, 1, 2, 3, 0, "input", 0).op(opSnapshotEnd))
				p := newPage()
				all := new(batch)
				if before {
					must(t, core, c.tell(all, 4))
					all = new(batch)
				}
				all.op(opTextNode, 2, 0, 10, "hello "+secret+" my ZANTHORPE42s and user"+secret)
				letters(secret, 20, func(b *batch) {
					all.ints = append(all.ints, b.ints...)
					all.text = append(all.text, b.text...)
				})
				if !before {
					c.tell(all, 400)
				}
				must(t, core, all)
				p.read(t, core, 0)
				hides(t, p, secret)
				hides(t, p, strings.ToUpper(secret))
				got := p.String()
				if !strings.Contains(got, "hello xxxxxxxxxx my xxxxxxxxxxs and user") || strings.Count(got, "<b>x</b>") != len(secret) {
					t.Errorf("told before %v: got %s", before, got)
				}
				check(t, core)
			}
		})
	}
}
