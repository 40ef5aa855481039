package mask

// Finds tells the tests where detection finds something in s: from, to, kind of find.
func (p *Policy) Finds(s []byte) (list [][3]int) {
	p.detect(s)
	for _, sp := range p.spans {
		list = append(list, [3]int{sp.from, sp.to, int(sp.kind)})
	}
	return
}

// FindAddress is the kind of find of which no values are planted.
const FindAddress = int(findAddress)

// FindKind names a kind of find.
func FindKind(k int) string {
	return [...]string{"e-mail", "card", "phone", "id", "IBAN", "token", "echo", "postal address"}[k]
}

func init() { WithDetection() }
