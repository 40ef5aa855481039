package mask

// tokenPrefixes start keys and tokens of well-known makers.
const tokenPrefixes = "eyJ sk_live_ sk_test_ pk_live_ pk_test_ rk_live_ whsec_ ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- xoxb- xoxp- xoxa- xoxs- xapp- " +
	"AKIA ASIA AIza ya29. npm_ pypi- SG. sk-ant- sk-proj- sk- shpat_ shpss_ dop_v1_ doo_v1_ dor_v1_ hf_ rk_test_ dapi ATATT ATBB ATCTT lin_api_ xkeysib- xsmtpsib- sq0csp- gsk_ vercel_ shpca_ shppa_ glptt- gldt- glrt- PMAK- NRAK- " +
	"rubygems_ hvs. hvb. dckr_pat_ ntn_ figd_ sntrys_ sntryu_ sgp_ pplx- GOCSPX- CFPAT- dp.pt. FLWSECK sq0atp- EAAC key- AGE-SECRET-KEY- "

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
		t := p.text[k:b]
		if hasPrefixFold(t, "sha") && (charIn(p.ch(k+4), "-:") || charIn(p.ch(k+6), "-:")) {
			return // the digest of a file, to the end of the chunk
		}
		if len(t) >= 16 {
			if p.knownPrefix(t) || p.secretBefore(k, t) || random(t) && !(hexOnly(t) && p.reference(k, len(t))) {
				p.mark(k, b, findToken)
			} else {
				for i := 1; i+16 <= len(t); i++ { // the value of a parameter
					if t[i-1] == '=' && p.knownPrefix(t[i:]) {
						p.mark(k+i, b, findToken)
						break
					}
				}
			}
		}
		k = max(k+1, e)
	}
}

// secretBefore: the word before what has letters and digits says that it opens something.
func (p *Policy) secretBefore(k int, t []byte) bool {
	if !mixed(t) || charIn(p.ch(k-1), "/-") || !only(t, "_+=") {
		return false
	}
	e := k
	for e > 0 && k-e < 4 && charIn(p.ch(e-1), " :=\"'") {
		e--
	}
	a := e
	w := p.word[:0]
	for a > 0 && e-a < 16 && (isLetter(p.ch(a-1)) || p.ch(a-1) == '_') {
		a--
	}
	for q := a; q < e; q++ {
		w = append(w, lower(p.ch(q)))
	}
	if e == k-1 && p.ch(e) == ' ' {
		return Listed(" bearer basic ", w)
	}
	return e < k && Listed(" bearer basic token access_token refresh_token id_token apikey api_key secret client_secret password passwd pwd session sessionid sid jwt sig signature ", w)
}

// reference: what stands before a hexadecimal number says that it names a version, a file
// or a thing: a word such as commit, a path such as /commit/, or any path, if it is short.
func (p *Policy) reference(k, n int) bool {
	if p.ch(k-1) != '/' {
		return p.cueBefore(k) == 'o'
	}
	a := k - 1
	for a > 0 && isAlnum(p.ch(a-1)) {
		a--
	}
	return n < 32 || Listed(" commit commits blob tree compare raw archive rev ", p.text[a:k-1])
}

func hexOnly(t []byte) bool {
	for _, c := range t {
		if !isHex(c) && c != '-' {
			return false
		}
	}
	return true
}

func (p *Policy) knownPrefix(t []byte) bool {
	if !p.mayBePrefix(t) {
		return false
	}
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

// rarePairs holds, by the first letter, which second letters are rare behind it: those that
// together make 3 percent of the pairs in words of documentation and of programs.
const rarePairs = "A:D0j>]Y[Jb6nRKCh3P0@Xcf6^^HIjk^_e?P34E_oono^ok?if<\\\\Kbj;X03?T24h^IChooo__P24\\29`X:T1Q:R65o^kookVWiojoMo^K`\\onoo?"

// random: a stretch of at least 20 letters and digits of which a third are pairs that words
// do not have, or 32 and more hexadecimal digits (dashes do not count).
func random(t []byte) bool {
	n, odd, digits, letters, hex := 0, 0, 0, 0, 0
	prev := byte(0)
	for _, c := range t {
		kind := byte(0)
		switch {
		case isDigit(c):
			kind = '0'
			digits++
		case isLetter(c):
			kind = c | 0x20
			letters++
		case c == '-' || c == '_':
			prev = 0
			continue
		default:
			n, odd, digits, letters, hex, prev = 0, 0, 0, 0, 0, 0
			continue
		}
		if isHex(c) {
			hex++
		}
		if prev != 0 && prev != kind && (prev == '0' || kind == '0' || kind != prev+1 && rare(prev-'a', kind-'a')) {
			odd++
		}
		prev = kind
		n++
		if n >= 20 && odd*3 >= n && letters >= 3 {
			return true
		}
		if n >= 32 && hex == n && digits >= 4 && letters >= 4 {
			return true
		}
	}
	return false
}

func rare(a, b byte) bool {
	at := uint(a)*26 + uint(b)
	return (rarePairs[at/6]-'0')>>(at%6)&1 != 0
}
