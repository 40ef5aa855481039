package mask

// ibanLengths: country and length (https://www.swift.com/standards/data-standards/iban,
// and those that banks use without being in it).
const ibanLengths = "AD24AE23AL28AO25AT20AZ28BA20BE16BF28BG22BH22BI27BJ28BR29BY28CF27CG27CH21CI28CM27CR22CV25CY28CZ24DE22DJ27DK18DO28DZ26EE20EG29ES24FI18FK18FO18FR27GA27GB22GE22GI23GL18GQ27GR27GT28GW25HN28HR21HU28IE22IL23IQ23IR26IS26IT27JO30KM27KW30KZ20LB28LC32LI21LT20LU20LV21LY25MA28MC27MD24ME22MG27MK19ML28MN20MR27MT31MU30MZ25NE28NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SN28SO23ST25SV28TD27TG28TL23TN24TR26UA29VA22VG24XK20YE30"

func upper(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - 32
	}
	return c
}

// ibans marks the IBANs that start in the chunk from..to; they may go on over blanks.
func (p *Policy) ibans(from, to int) {
	for k := from; k+4 <= to; k++ {
		if !isDigit(p.ch(k+2)) || !isDigit(p.ch(k+3)) || !isLetter(p.ch(k)) || isAlnum(p.ch(k-1)) && !(k > 3 && eqFold(p.text[k-4:k], "iban")) {
			continue
		}
		length := 0
		a, b := upper(p.ch(k)), upper(p.ch(k+1))
		for q := 0; q+4 <= len(ibanLengths); q += 4 {
			if ibanLengths[q] == a && ibanLengths[q+1] == b {
				length = int(ibanLengths[q+2]-'0')*10 + int(ibanLengths[q+3]-'0')
			}
		}
		if length == 0 {
			continue
		}
		// The first four characters count last: the rest is read to its end, then they.
		rem, n, end := 0, 0, 0
		for j := k; n < length+4; j++ {
			c := p.ch(j)
			if !isAlnum(c) {
				if !charIn(c, " -.\xc2\xa0") {
					break
				}
				continue
			}
			if n++; n > 4 {
				if isDigit(c) {
					rem = rem*10 + int(c-'0')
				} else {
					rem = rem*100 + int(c|0x20-'a') + 10
				}
				rem %= 97
			}
			if n == length {
				end = j + 1
				if isAlnum(p.ch(end)) {
					break
				}
				j = k - 1
			}
		}
		if n == length+4 && rem == 1 {
			p.mark(k, end, findIBAN)
			k = end
		}
	}
}
