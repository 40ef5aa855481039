package mask

// tokenPrefixes start keys and tokens of well-known makers.
const tokenPrefixes = "eyJ sk_live_ sk_test_ pk_live_ pk_test_ rk_live_ whsec_ ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- xoxb- xoxp- xoxa- xoxs- xapp- " +
	"AKIA ASIA AIza ya29. npm_ pypi- SG. sk-ant- sk-proj- sk- shpat_ shpss_ dop_v1_ hf_ sq0atp- EAAC key- AGE-SECRET-KEY- "

// tokens marks keys and tokens in the chunk from..to: by prefix, or by looking random.
func (p *Policy) tokens(from, to int) {
	for k := from; k < to; {
		e := k
		for e < to && (isAlnum(p.ch(e)) || charIn(p.ch(e), "-_.+=")) {
			e++
		}
		b := e
		for b > k && charIn(p.ch(b-1), ".-") {
			b--
		}
		if t := p.text[k:b]; len(t) >= 16 && (knownPrefix(t) || random(t)) {
			p.mark(k, b)
		}
		k = max(k+1, e)
	}
}

func knownPrefix(t []byte) bool {
	for i := 0; i < len(tokenPrefixes); {
		k := i
		for tokenPrefixes[k] != ' ' {
			k++
		}
		if n := k - i; n < len(t) {
			j := 0
			for j < n && t[j] == tokenPrefixes[i+j] {
				j++
			}
			if j == n && (n > 3 || random(t[n:]) || len(t) >= 20 && mixed(t[n:])) {
				return true
			}
		}
		i = k + 1
	}
	return false
}

func mixed(t []byte) bool {
	digits, letters := 0, 0
	for _, c := range t {
		if isDigit(c) {
			digits++
		} else if isLetter(c) {
			letters++
		}
	}
	return digits >= 2 && letters >= 2
}

// random: a stretch of at least 20 letters and digits that change their kind as often as
// chance would, or 32 and more hexadecimal digits (a UUID's dashes do not count).
func random(t []byte) bool {
	n, turns, digits, letters, hex := 0, 0, 0, 0, 0
	prev := byte(0)
	for _, c := range t {
		kind := byte(0)
		switch {
		case isDigit(c):
			kind = 1
			digits++
		case isUpper(c):
			kind = 2
			letters++
		case isLetter(c):
			kind = 3
			letters++
		case c == '-':
			continue
		default:
			n, turns, digits, letters, hex, prev = 0, 0, 0, 0, 0, 0
			continue
		}
		if isHex(c) {
			hex++
		}
		if n > 0 && kind != prev {
			turns++
		}
		prev = kind
		n++
		if n >= 20 && digits >= 3 && letters >= 3 && turns*4 >= n {
			return true
		}
		if n >= 32 && hex == n && digits >= 4 && letters >= 4 {
			return true
		}
	}
	return false
}
