package mask

// span is a half-open range of a text that holds personal data.
type span struct{ from, to int }

// appendShown writes text less the personal data found in it.
func (p *Policy) appendShown(s []byte) {
	p.detect(s)
	at := 0
	for _, sp := range p.spans {
		p.add(s[at:sp.from])
		p.appendMasked(s[sp.from:sp.to])
		at = sp.to
	}
	p.add(s[at:])
}

// HasPersonalData reports whether a detector finds something.
func (p *Policy) HasPersonalData(s []byte) bool {
	p.detect(s)
	return len(p.spans) > 0
}

func (p *Policy) mark(from, to int) {
	if n := len(p.spans); n > 0 && from < p.spans[n-1].to {
		from = p.spans[n-1].to
	}
	if from < to {
		p.spans = append(p.spans, span{from, to})
	}
}

// detect finds personal data in s, in one pass over its chunks (runs without white space).
// A chunk of prose costs the loop that counts its kinds of characters and no more.
func (p *Policy) detect(s []byte) {
	p.spans, p.run = p.spans[:0], 0
	done := 0 // up to here everything is decided
	for i := 0; i < len(s); {
		if s[i] <= ' ' {
			i++
			continue
		}
		start := i
		digits, at, upper := 0, 0, 0
		for i < len(s) && s[i] > ' ' {
			c := s[i]
			if c <= '9' {
				if c >= '0' {
					digits++
				}
			} else if c == '@' {
				at++
			} else if c <= 'Z' {
				upper++
			}
			i++
		}
		if start < done {
			if i <= done {
				continue
			}
			start = done
		}
		if at > 0 {
			if e := p.emails(s, start, i); e > done {
				done = e
			}
		}
		if digits > 0 && upper >= 2 {
			if e := ibanAt(s, start, i, p); e > done {
				done = e
			}
		}
		if i-start >= 16 {
			if e := p.tokens(s, start, i); e > done {
				done = e
			}
		}
		if digits > 0 && done < i {
			from := start
			if done > from {
				from = done
			}
			if e := p.numbers(s, from, i); e > done {
				done = e
			}
		}
		if p.typed.n > 0 && done < i {
			from := start
			if done > from {
				from = done
			}
			if e := p.echoes(s, from, i); e > done {
				done = e
			}
		}
	}
}

func (p *Policy) echoes(s []byte, from, to int) (end int) {
	for k := from; k < to; {
		if !wordAlnum(s[k]) || (k > 0 && wordAlnum(s[k-1])) {
			k++
			continue
		}
		if e := p.typed.echo(s, k); e > 0 {
			p.mark(k, e)
			end, k = e, e
			continue
		}
		k++
	}
	return end
}

// emails marks each address between from and to. RFC 5322 dot-atoms, also with letters of
// any script (RFC 6531), and quoted local parts.
func (p *Policy) emails(s []byte, from, to int) (end int) {
	for k := from; k < to; k++ {
		if s[k] != '@' {
			continue
		}
		a := k
		if a > 0 && s[a-1] == '"' {
			a -= 2
			for a > 0 && s[a] != '"' {
				a--
			}
			if a < 0 {
				a = 0
			}
		} else {
			for a > from && localChar(s[a-1]) {
				a--
			}
		}
		b, dot := k+1, 0
		for b < len(s) && (isAlnum(s[b]) || s[b] == '-' || s[b] == '.' || s[b] >= 0x80) {
			if s[b] == '.' && b > k+1 {
				dot = b
			}
			b++
		}
		for b > k+1 && (s[b-1] == '.' || s[b-1] == '-') {
			b--
			if dot == b {
				dot = 0
				for q := k + 2; q < b; q++ {
					if s[q] == '.' {
						dot = q
					}
				}
			}
		}
		if a == k || dot == 0 || b-dot < 3 {
			continue
		}
		if tld := s[dot+1]; !isLetter(tld) && tld < 0x80 {
			continue
		}
		p.mark(a, b)
		end = b
		k = b - 1
	}
	return end
}

func localChar(c byte) bool {
	switch c {
	case '.', '!', '#', '$', '%', '&', '\'', '*', '+', '/', '=', '?', '^', '_', '`', '{', '|', '}', '~', '-':
		return true
	}
	return wordAlnum(c)
}
