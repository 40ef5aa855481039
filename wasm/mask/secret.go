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

// Hint is what an attribute says about its element, by the attribute's name.
type Hint byte

// Hints: the rules of hintList.
const (
	HintNone     Hint = 0
	HintMarker   Hint = 'M' // data-afterimage
	HintEditable Hint = 'C' // contenteditable
	HintType     Hint = 'T'
	HintComplete Hint = 'A' // autocomplete
	HintLabel    Hint = 'L' // names and labels of a field
	HintRole     Hint = 'R'
)

// hintList: upper-case rules are attributes, lower-case ones words in their values.
const hintList = "M:data-afterimage|C:contenteditable|T:type|A:autocomplete|L:name id placeholder aria-label title label data-testid formcontrolname|R:role" +
	"|b:submit reset button|t:checkbox radio|r:range color|p:date time month week datetime-local number|f:file|h:hidden|i:image" +
	"|s:password current-password new-password one-time-code cc-number cc-csc cc-exp cc-exp-month cc-exp-year" +
	"|u:http https ws wss|m:mailto tel sms javascript blob|d:data" + // schemes; file is above
	"|e:textbox searchbox combobox spinbutton|n:viewport theme-color color-scheme"

// HintOf finds what an attribute's name says.
func (p *Policy) HintOf(name []byte) Hint {
	if h := p.lists.hints.find(name); h < 'a' {
		return Hint(h)
	}
	return HintNone
}

// InputKind finds the kind of a type attribute.
func (p *Policy) InputKind(typ []byte) Input {
	switch p.lists.hints.find(typ) {
	case 'b':
		return InputButton
	case 't':
		return InputToggle
	case 'p':
		return InputPicker
	case 'r':
		return InputSlider
	case 'f':
		return InputFile
	case 'h':
		return InputHidden
	case 'i':
		return InputImage
	default:
		return InputText
	}
}

// TypedRole reports whether one of the roles says that the visitor types into the element: the
// first that a browser knows counts, and which it knows is not known here.
func (p *Policy) TypedRole(roles []byte) bool {
	from := 0
	for i := 0; i <= len(roles); i++ {
		if i == len(roles) || roles[i] <= ' ' {
			if p.lists.hints.find(roles[from:i]) == 'e' {
				return true
			}
			from = i + 1
		}
	}
	return false
}

// NamedMeta reports whether a meta element of this name speaks of the page's form.
func (p *Policy) NamedMeta(name []byte) bool { return p.lists.hints.find(name) == 'n' }

// secretParts say secret wherever they stand in a name or label from which all but letters
// and digits was taken; secretWords only as a word of their own.
const (
	secretParts = "password passwd passwort kennwort contrasena contraseña senha motdepasse passcode passphrase wachtwoord hasło haslo " +
		"parola heslo lösenord adgangskode salasana ароль 密码 密碼 パスワード 비밀번호 " +
		"cardnumber cardnum cardno ccnumber ccnum creditcardn kartennummer numerodecarte numerodetarjeta 卡号 カード番号 securitycode cardcode prüfziffer " +
		"expirydate expirationdate expdate cardexp ccexp ccmonth ccyear gültigbis onetimecode onetimepass verificationcode verifycode authcode smscode securecode accesscode"
	secretWords = " pass pw pwd pin otp totp mfa 2fa tfa tan cvv cvv2 cvc cvc2 csc cvn cid exp expiry expires expiration "
)

// More of them in the full form, where fields can be shown. Letters beyond ASCII stand in both cases where a label
// begins with them.
const (
	moreSecretParts = "cardcvv cardcvc cardcvn cardcsc пароля паролю şifre Şifre katasandi katalaluan mậtkhẩu κωδικός Κωδικός كلمةالمرور كلمةالسر סיסמה סיסמא รหัสผ่าน पासवर्ड jelszó jelszo parolă lozinka geslo " +
		"slaptažodis lykilorð fjalëkalimi лозинка Лозинка парола Парола pasahitza contrasenya palavrapasse passord parool einmalcode einmalkennwort " +
		"codicedisicurezza codicediverifica codedesécurité codedesecurite codedevérification codedeverification codedeconfirmation sicherheitscode " +
		"sicherheitsnummer prüfnummer prüfcode bestätigungscode freischaltcode códigodeseguridad codigodeseguridad códigodeverificación codigodeverificacion " +
		"códigodesegurança codigodeseguranca códigodeverificação beveiligingscode verificatiecode säkerhetskod sikkerhedskode sikkerhetskode turvakoodi " +
		"güvenlikkodu doğrulamakodu kodzabezpieczający кодбезопасности кодподтверждения Кодподтверждения кодизсмс Кодизсмс одноразовыйкод Одноразовыйкод " +
		"vencimiento caducidad validade vervaldatum ablaufdatum scadenza срокдействия Срокдействия udløbsdato utgångsdatum utløpsdato sonkullanma ważnado " +
		"validthru validthrough validuntil goodthru 有効期限 有效期 유효기간 認証コード 確認コード セキュリティコード 暗証番号 验证码 驗證碼 安全码 安全碼 인증번호 인증코드 보안코드 카드번호 kortnummer kortinumero " +
		"kartnumarası numerkarty číslokarty númerodetarjeta númerodocartão numerodocartao numérodecarte numerodicarta numerocarta numerodellacarta номеркарты " +
		"Номеркарты creditcardno recoverycode backupcode recoveryphrase seedphrase mnemonic privatekey secretkey apikey securityanswer secretanswer " +
		"memorableword unlockcode logincode signincode confirmationcode authenticatorcode magiccode twofactor twostep 2stepcode digitcode digitsontheback " +
		"verificationvalue kreditkarte codicesicurezza cryptogramme matkhau kodeord salasõna kodweryfikacyjny apisecret accesstoken númerodecartão numerodecartao numérodelacarte numerodelacarte numerotarjeta númerotarjeta numerocarte numérocarte nrkarty kártyaszám kartyaszam korttinumero kaartnummer cardsecurity cardverification sicherheitsfrage securityquestionanswer " +
		"codigosms códigosms codesms codeparsms kodsms smskod кодизsms Кодизsms 动态码 clientsecret verificationnumber kodeverifikasi mãxácnhận mãxácminh رمزالتحقق קודאימות engangskode engångskod kertakoodi sifreniz palavrachave codesecret codeconfidentiel geheimzahl pincode toegangscode clavedeacceso sifre losenord"
	moreSecretWords = " pan ccv mdp puk cartao "
	moreLabels      = " data-stripe data-encrypted-name data-braintree-name data-recurly data-openpay-card data-conekta data-checkout data-eway-encrypt-name " +
		"ng-model ng-reflect-name v-model x-model wire:model data-bind data-cy data-qa data-test data-test-id data-field data-name data-role " +
		"autocompletetype x-autocompletetype aria-description aria-roledescription data-mask data-inputmask data-inputmask-mask "
)

// FieldHintOf is HintOf for a field: it knows more attributes that name one.
func (p *Policy) FieldHintOf(name []byte) Hint {
	h := p.HintOf(name)
	if detects && h == HintNone && Listed(moreLabels, name) {
		return HintLabel
	}
	return h
}

// SecretHint reports whether an attribute makes its input or textarea secret: something
// nothing opens. Once seen, it holds for the element's life (the caller remembers).
func (p *Policy) SecretHint(h Hint, value []byte) bool {
	switch h {
	case HintType:
		return eqFold(value, "password")
	case HintComplete:
		for from := 0; from < len(value); {
			to := from
			for to < len(value) && !isSpace(value[to]) {
				to++
			}
			if p.lists.hints.find(value[from:to]) == 's' {
				return true
			}
			from = to + 1
		}
	case HintLabel:
		return p.secretLabel(value)
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
			if Listed(secretWords, t[start:]) || detects && Listed(moreSecretWords, t[start:]) {
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
	if bullets >= 4 || digits >= 13 || Listed(secretWords, t[start:]) || eqFold(t, "mmyy") || eqFold(t, "mmyyyy") || eqFold(t, "mmjj") {
		return true
	}
	return containsAny(t, secretParts) || detects && (containsAny(t, moreSecretParts) || Listed(moreSecretWords, t[start:]) || eqFold(t, "cardno"))
}

// Listed reports whether word stands in a list " a b c ".
//
//go:noinline
func Listed(list string, word []byte) bool {
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

// containsAny reports whether b contains one of the words of a list.
//
//go:noinline
func containsAny(b []byte, list string) bool {
	for from := 0; from < len(list); {
		to := from
		for to < len(list) && list[to] != ' ' {
			to++
		}
		for i := 0; i+to-from <= len(b); i++ {
			k := from
			for k < to && b[i+k-from] == list[k] {
				k++
			}
			if k == to {
				return true
			}
		}
		from = to + 1
	}
	return false
}
