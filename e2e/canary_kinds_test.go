package e2e

import (
	"crypto/rand"
	"fmt"
	"math/big"
)

// Letters of canaries: no vowels, so that chance brings no word, and no x, which is the mask.
const canaryLetters = "bcdfghjklmnpqrstvwz"

// intN is a source of numbers from 0 to n-1.
type intN func(n int) int

func systemIntN(n int) int {
	k, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic(err) // the system has no randomness
	}
	return int(k.Int64())
}

func (r intN) pick(letters string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[r(len(letters))]
	}
	return string(b)
}

// newCanary makes a canary of a kind:
//
//	W a word, secret where text is masked         M an e-mail address, secret everywhere
//	I a word in a field, secret unless allowed    T a token, secret everywhere
//	S a word that nothing lets out                N a card number, P a phone number, likewise
func newCanary(kind, where string) *canary { return intN(systemIntN).canary(kind, where) }

func (r intN) canary(kind, where string) *canary {
	c := &canary{where: where + " $" + kind}
	switch kind {
	case "M":
		c.text = fmt.Sprintf("%s@%s.de", r.pick(canaryLetters, 12), r.pick(canaryLetters, 9))
	case "T":
		c.text = r.pick(canaryLetters, 2)
		for range 6 {
			c.text += r.pick("BCDFGHJKLMNPQRSTVWZ", 1) + r.pick("0123456789", 1) + r.pick(canaryLetters, 2)
		}
	case "N":
		c.text = r.cardNumber()
	case "P":
		c.text = "+4930" + r.pick("123456789", 9)
	default:
		c.text = r.pick(canaryLetters, 14)
	}
	return c
}

// draws are what is told apart in the canaries of one run: every window by which one of them would be
// found in clear, forwards and backwards. Of the tens of thousands of a run some would share eight letters
// by chance, so that one that may be shown looked like a leak of another.
type draws map[string]bool

// take reports whether no window of the canary belongs to one taken before; then it is taken itself.
func (d draws) take(c *canary) bool {
	windows := clearWindows(c.text)
	for _, w := range windows {
		if d[w.text] {
			return false
		}
	}
	for _, w := range windows {
		d[w.text] = true
	}
	return true
}

// canary makes one that shares no window with those drawn before.
func (d draws) canary(r intN, kind, where string) *canary {
	for {
		if c := r.canary(kind, where); d.take(c) {
			return c
		}
	}
}

// cardNumber is a random number of the form of a payment card (Luhn).
func (r intN) cardNumber() string {
	digits := []byte("4" + r.pick("0123456789", 15))
	sum := 0
	for i, d := range digits[:15] {
		n := int(d - '0')
		if i%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	digits[15] = byte('0' + (10-sum%10)%10)
	return string(digits)
}
