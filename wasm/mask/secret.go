package mask

// Input is the kind of an input element, by its type.
type Input uint8

// Kinds. Unknown types are text, as in browsers.
const (
	InputText   Input = iota // typed, or unknown
	InputButton              // submit, reset, button: value is a label
	InputToggle              // checkbox, radio
	InputPicker              // number, date and the like: value has a form of its own
	InputSlider              // range, color: no text to be seen
	InputFile
	InputHidden
	InputImage
)

// InputKind finds the kind of a type attribute.
func InputKind(typ []byte) Input {
	switch {
	case eqFold(typ, "submit"), eqFold(typ, "reset"), eqFold(typ, "button"):
		return InputButton
	case eqFold(typ, "checkbox"), eqFold(typ, "radio"):
		return InputToggle
	case eqFold(typ, "range"), eqFold(typ, "color"):
		return InputSlider
	case eqFold(typ, "date"), eqFold(typ, "time"), eqFold(typ, "month"), eqFold(typ, "week"),
		eqFold(typ, "datetime-local"), eqFold(typ, "number"):
		return InputPicker
	case eqFold(typ, "file"):
		return InputFile
	case eqFold(typ, "hidden"):
		return InputHidden
	case eqFold(typ, "image"):
		return InputImage
	default:
		return InputText
	}
}

// secretParts say secret wherever they stand in a name or label from which all but letters
// and digits was taken; secretWords only as a word of their own.
const (
	secretParts = "password passwd passwort kennwort contrasena contraseña senha motdepasse passcode passphrase wachtwoord hasło haslo " +
		"parola heslo lösenord adgangskode salasana ароль 密码 密碼 パスワード 비밀번호 " +
		"cardnumber cardnum cardno ccnumber ccnum creditcardn kartennummer numerodecarte numerodetarjeta 卡号 カード番号 securitycode cardcode prüfziffer " +
		"expirydate expirationdate expdate cardexp ccexp ccmonth ccyear gültigbis onetimecode onetimepass verificationcode verifycode authcode smscode securecode accesscode"
	secretWords = " pass pw pwd pin otp totp mfa 2fa tfa tan cvv cvv2 cvc cvc2 csc cvn cid exp expiry expires expiration "
)

// SecretHint reports whether an attribute makes its input or textarea secret: something
// nothing opens. Once seen, it holds for the element's life (the caller remembers).
func (p *Policy) SecretHint(name, value []byte) bool {
	switch {
	case eqFold(name, "type"):
		return eqFold(value, "password")
	case eqFold(name, "autocomplete"):
		return p.eachWord(value, isSecretToken)
	case eqFold(name, "name"), eqFold(name, "id"), eqFold(name, "placeholder"), eqFold(name, "aria-label"), eqFold(name, "title"),
		eqFold(name, "label"), eqFold(name, "data-testid"), eqFold(name, "formcontrolname"):
		return p.secretLabel(value)
	}
	return false
}

func isSecretToken(w []byte) bool {
	return eqFold(w, "current-password") || eqFold(w, "new-password") || eqFold(w, "one-time-code") ||
		eqFold(w, "cc-number") || eqFold(w, "cc-csc") || hasPrefixFold(w, "cc-exp")
}

func (p *Policy) eachWord(s []byte, f func([]byte) bool) bool {
	for i := 0; i < len(s); {
		for i < len(s) && isSpace(s[i]) {
			i++
		}
		start := i
		for i < len(s) && !isSpace(s[i]) {
			i++
		}
		if f(s[start:i]) {
			return true
		}
	}
	return false
}

func (p *Policy) secretLabel(s []byte) bool {
	if len(s) > 200 {
		s = s[:200]
	}
	t := p.tmp[:0]
	digits, bullets, start := 0, 0, 0
	for i, c := range s {
		switch {
		case c == '*' || (c == 0xe2 && i+1 < len(s) && s[i+1] == 0x80):
			bullets++
		case isDigit(c):
			digits++
		}
		if !wordAlnum(c) || (i > 0 && isUpper(c) && !isUpper(s[i-1])) {
			if listed(secretWords, t[start:]) {
				p.tmp = t
				return true
			}
			start = len(t)
		}
		if wordAlnum(c) {
			t = append(t, lower(c))
		}
	}
	p.tmp = t
	if bullets >= 4 || digits >= 13 || listed(secretWords, t[start:]) || eqFold(t, "mmyy") || eqFold(t, "mmyyyy") || eqFold(t, "mmjj") {
		return true
	}
	for i := 0; i < len(secretParts); {
		k := i
		for k < len(secretParts) && secretParts[k] != ' ' {
			k++
		}
		if containsString(t, secretParts[i:k]) {
			return true
		}
		i = k + 1
	}
	return false
}

// listed reports whether word stands in a list " a b c ".
//
//go:noinline
func listed(list string, word []byte) bool {
	if len(word) == 0 {
		return false
	}
	for i := 0; i+len(word)+1 < len(list); i++ {
		if list[i] != ' ' || list[i+1+len(word)] != ' ' {
			continue
		}
		k := 0
		for k < len(word) && list[i+1+k] == word[k] {
			k++
		}
		if k == len(word) {
			return true
		}
	}
	return false
}

//go:noinline
func containsString(b []byte, s string) bool {
	for i := 0; i+len(s) <= len(b); i++ {
		k := 0
		for k < len(s) && b[i+k] == s[k] {
			k++
		}
		if k == len(s) {
			return true
		}
	}
	return false
}
