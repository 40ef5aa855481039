// Writes values of personal data and look-alikes, one JSON line each, for the measurement of
// detection (wasm/mask/measure_test.go): node values.mjs SEED COUNT
//
// {kind, value, cue?, stay?}: cue is a word to write before a value that no one can tell from a
// count or an order number by itself; stay marks what must not be masked.
import { allFakers, faker } from '@faker-js/faker'

const seed = Number(process.argv[2])
const count = Number(process.argv[3])
const locales = Object.keys(allFakers).filter((name) => name !== 'base' && name !== 'dummy').sort()
locales.forEach((name, i) => allFakers[name].seed(seed + i))
faker.seed(seed)

const int = (min, max) => faker.number.int({ min, max })
const pick = (list) => list[int(0, list.length - 1)]
const digits = (n) => Array.from({ length: n }, () => int(0, 9)).join('')
const letters = (n, from = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') => Array.from({ length: n }, () => pick(from)).join('')
const two = (n) => String(n).padStart(2, '0')
const local = () => allFakers[pick(locales)]
/** Tries again where a locale lacks something. */
const ofLocale = (make) => {
  for (;;) {
    try {
      const value = make(local())
      if (value) return value
    } catch { /* another locale */ }
  }
}
const sum = (text, weights) => weights.reduce((n, w, i) => n + w * Number(text[i]), 0)
const luhn = (body) => {
  let n = 0
  for (let i = 0; i < body.length; i++) {
    let v = Number(body[body.length - 1 - i])
    if (i % 2 === 0 && (v *= 2) > 9) v -= 9
    n += v
  }
  return (10 - (n % 10)) % 10
}
const birth = () => faker.date.birthdate({ mode: 'age', min: 1, max: 95 })

const d = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
const times = (a, b) => (a < 5 ? (b < 5 ? (a + b) % 5 : ((a + b) % 5) + 5) : b < 5 ? ((a - b + 10) % 5) + 5 : (a - b + 10) % 5)
const shift = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
const verhoeff = (body) => {
  let c = 0
  const text = body + '0'
  for (let i = 0; i < text.length; i++) {
    let v = Number(text[text.length - 1 - i])
    for (let k = 0; k < i % 8; k++) v = shift[v]
    c = times(c, v)
  }
  return d.find((x) => times(c, x) === 0)
}

const ids = {
  'id US SSN': () => `${pick([int(1, 665), int(667, 899)]).toString().padStart(3, '0')}-${two(int(1, 99))}-${String(int(1, 9999)).padStart(4, '0')}`,
  'id ES DNI/NIE': () => {
    const table = 'TRWAGMYFPDXBNJZSQVHLCKE'
    const n = digits(8)
    const nie = int(0, 2)
    const tail = digits(7)
    return pick([n + pick(['', '-']) + table[n % 23], 'XYZ'[nie] + pick(['', '-']) + tail + pick(['', '-']) + table[(nie + tail) % 23]])
  },
  'id FR NIR': () => {
    const at = birth()
    const body = pick('12') + two(at.getFullYear() % 100) + two(at.getMonth() + 1) + two(int(1, 95)) + digits(3) + String(int(1, 999)).padStart(3, '0')
    const key = two(97 - Number(BigInt(body) % 97n))
    return pick([body + key, body.replace(/(.)(..)(..)(..)(...)(...)/, '$1 $2 $3 $4 $5 $6') + ' ' + key])
  },
  'id IT codice fiscale': () => {
    const at = birth()
    const day = at.getDate() + pick([0, 40])
    const body = letters(6, 'BCDFGLMNPRSTVZAEIOU') + two(at.getFullYear() % 100) + 'ABCDEHLMPRST'[at.getMonth()] + two(day) + pick('ABCDEFGHIL') + digits(3)
    const odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]
    let n = 0
    for (let i = 0; i < 15; i++) {
      const v = /\d/.test(body[i]) ? Number(body[i]) : body.charCodeAt(i) - 65
      n += i % 2 === 0 ? odd[v] : v
    }
    const id = body + String.fromCharCode(65 + (n % 26))
    return pick([id, id, id.toLowerCase(), id.replace(/(...)(...)(.....)(.....)/, '$1 $2 $3 $4')])
  },
  'id PL PESEL': () => {
    const at = birth()
    const body = two(at.getFullYear() % 100) + two(at.getMonth() + 1 + (at.getFullYear() > 1999 ? 20 : 0)) + two(at.getDate()) + digits(4)
    return body + ((10 - (sum(body, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10)
  },
  'id NL BSN': () => {
    for (;;) {
      const body = int(1, 9) + digits(7)
      const check = sum(body, [9, 8, 7, 6, 5, 4, 3, 2]) % 11
      if (check < 10) return pick([body + check, (body + check).replace(/(....)(..)(...)/, '$1.$2.$3')])
    }
  },
  'id BR CPF': () => {
    let body = digits(9)
    for (const n of [10, 11]) body += ((sum(body, Array.from({ length: n - 1 }, (_, i) => n - i)) * 10) % 11) % 10
    return pick([body, body.replace(/(...)(...)(...)(..)/, '$1.$2.$3-$4')])
  },
  'id DE Steuer-ID': () => {
    for (;;) {
      const pool = faker.helpers.shuffle(d.slice()).slice(0, 9)
      const body = faker.helpers.shuffle([...pool, pick(pool)]).join('')
      if (body[0] === '0') continue
      let p = 10
      for (const c of body) {
        const s = (Number(c) + p) % 10 || 10
        p = (2 * s) % 11
      }
      const id = body + ((11 - p) % 10)
      return pick([id, id.replace(/(..)(...)(...)(...)/, '$1 $2 $3 $4')])
    }
  },
  'id UK NINO': () => {
    for (;;) {
      const p = letters(1, 'ABCEGHJKLMNOPRSTWXYZ') + letters(1, 'ABCEGHJKLMNPRSTWXYZ')
      if (/BG|GB|KN|NK|NT|TN|ZZ/.test(p)) continue
      const id = p + digits(6) + pick('ABCD')
      return pick([id, id.replace(/(..)(..)(..)(..)(.)/, '$1 $2 $3 $4 $5')])
    }
  },
  'id SE personnummer': () => {
    const at = birth()
    const body = two(at.getFullYear() % 100) + two(at.getMonth() + 1) + two(at.getDate()) + digits(3)
    const id = body.slice(0, 6) + pick(['-', '-', '']) + body.slice(6) + luhn(body)
    return pick([id, String(at.getFullYear()).slice(0, 2) + id])
  },
  'id IN Aadhaar': () => {
    const body = int(2, 9) + digits(10)
    const id = body + verhoeff(body)
    return pick([id, id.replace(/(....)(....)/, '$1 $2 ')])
  },
  'id CN resident': () => {
    const at = birth()
    const body = pick(['11', '31', '44', '51', '62', '33', '37']) + two(int(1, 29)) + two(int(1, 29)) + at.getFullYear() + two(at.getMonth() + 1) + two(at.getDate()) + digits(3)
    return body + '10X98765432'[sum(body, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11]
  },
  'id BE rijksregister': () => {
    const at = birth()
    const body = two(at.getFullYear() % 100) + two(at.getMonth() + 1) + two(at.getDate()) + String(int(1, 997)).padStart(3, '0')
    const key = two(97 - (Number((at.getFullYear() > 1999 ? '2' : '') + body) % 97))
    return pick([body + key, body.replace(/(..)(..)(..)(...)/, '$1.$2.$3-$4') + '.' + key])
  },
  'id CA SIN': () => {
    const body = int(1, 7) + digits(7)
    return (body + luhn(body)).replace(/(...)(...)/, pick(['$1 $2 ', '$1-$2-']))
  },
  'id FI henkilötunnus': () => {
    const at = birth()
    const body = two(at.getDate()) + two(at.getMonth() + 1) + two(at.getFullYear() % 100)
    const n = String(int(2, 899)).padStart(3, '0')
    return body + (at.getFullYear() > 1999 ? 'A' : '-') + n + '0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(body + n) % 31]
  },
  'id KR RRN': () => {
    const at = birth()
    const body = two(at.getFullYear() % 100) + two(at.getMonth() + 1) + two(at.getDate()) + (at.getFullYear() > 1999 ? pick('34') : pick('12')) + digits(5)
    return (body + ((11 - (sum(body, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11)) % 10)).replace(/(......)/, '$1-')
  },
  'id TR TCKN': () => {
    const b = [int(1, 9), ...Array.from({ length: 8 }, () => int(0, 9))]
    const odd = b[0] + b[2] + b[4] + b[6] + b[8]
    const even = b[1] + b[3] + b[5] + b[7]
    const tenth = (odd * 7 - even + 100) % 10
    return b.join('') + tenth + ((odd + even + tenth) % 10)
  },
  'id ZA': () => {
    const at = birth()
    const body = two(at.getFullYear() % 100) + two(at.getMonth() + 1) + two(at.getDate()) + digits(4) + pick('01') + '8'
    return body + luhn(body)
  },
  'id NO fødselsnummer': () => {
    for (;;) {
      const at = birth()
      const body = two(at.getDate()) + two(at.getMonth() + 1) + two(at.getFullYear() % 100) + digits(3)
      const one = (11 - (sum(body, [3, 7, 6, 1, 8, 9, 4, 5, 2]) % 11)) % 11
      const other = (11 - (sum(body + (one % 10), [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11
      if (one < 10 && other < 10) return pick([body + one + other, body.slice(0, 6) + ' ' + body.slice(6) + one + other])
    }
  },
  'id CH AHV': () => {
    const body = '756' + digits(9)
    const check = (10 - (sum(body, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]) % 10)) % 10
    return (body + check).replace(/(...)(....)(....)(..)/, '$1.$2.$3.$4')
  },
  'id MX CURP': () => {
    const at = birth()
    return letters(1) + pick('AEIOU') + letters(2) + two(at.getFullYear() % 100) + two(at.getMonth() + 1) + two(at.getDate()) + pick('HM') + pick(['DF', 'JC', 'NL', 'MC']) + letters(3, 'BCDFGHJKLMNPQRSTVWXYZ') + (at.getFullYear() > 1999 ? letters(1) : '0') + int(0, 9)
  },
  'id AR CUIT': () => {
    for (;;) {
      const body = pick(['20', '23', '27']) + digits(8)
      const check = (11 - (sum(body, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11
      if (check < 10) return (body + check).replace(/(..)(........)(.)/, '$1-$2-$3')
    }
  },
  'id CL RUT': () => {
    const body = String(int(5000000, 27000000))
    const check = (11 - ([...body].reverse().reduce((n, c, i) => n + Number(c) * (2 + (i % 6)), 0) % 11)) % 11
    return Number(body).toLocaleString('de-DE') + '-' + (check === 10 ? 'K' : check)
  },
  'id RU SNILS/INN': () => {
    const body = String(int(1001999, 999999999)).padStart(9, '0')
    const check = two((sum(body, [9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101) % 100)
    let inn = String(int(10, 92)) + digits(8)
    inn += (sum(inn, [7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11) % 10
    inn += (sum(inn, [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11) % 10
    return pick([body.replace(/(...)(...)(...)/, '$1-$2-$3 ') + check, inn])
  },
  'id JP My Number': () => {
    const body = digits(11)
    const r = sum(body, [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11
    return (body + (r <= 1 ? 0 : 11 - r)).replace(/(....)(....)/, '$1 $2 ')
  },
  'id IN PAN': () => letters(3) + pick('PCHFAT') + letters(1) + digits(4) + letters(1),
  'id SG NRIC': () => {
    const body = digits(7)
    const kind = pick('STFG')
    const n = sum(body, [2, 7, 6, 5, 4, 3, 2]) + (kind === 'T' || kind === 'G' ? 4 : 0)
    return kind + body + (kind === 'S' || kind === 'T' ? 'JZIHGFEDCBA' : 'XWUTRQPNMLK')[n % 11]
  },
  'id IE PPS': () => {
    const body = digits(7)
    const last = pick(['', 'A', 'B'])
    const n = sum(body, [8, 7, 6, 5, 4, 3, 2]) + (last ? (last.charCodeAt(0) - 64) * 9 : 0)
    return body + 'WABCDEFGHIJKLMNOPQRSTUV'[n % 23] + last
  },
  'id ID NIK': () => {
    const at = birth()
    return pick(['31', '32', '33', '35', '51']) + two(int(1, 79)) + two(int(1, 30)) + two(at.getDate() + pick([0, 40])) + two(at.getMonth() + 1) + two(at.getFullYear() % 100) + String(int(1, 9999)).padStart(4, '0')
  },
  'id PK CNIC': () => `${int(1, 7)}${digits(4)}-${digits(7)}-${int(0, 9)}`,
  'id CZ/SK rodné číslo': () => {
    const at = birth()
    const body = two(at.getFullYear() % 100) + two(at.getMonth() + 1 + pick([0, 50])) + two(at.getDate())
    for (;;) {
      const tail = digits(3)
      const check = Number(body + tail) % 11
      if (check < 10) return `${body}/${tail}${check}`
    }
  },
}

const b64 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
const word = (n) => letters(n, b64)
const keys = () => pick([
  () => pick(['sk_live_', 'sk_test_', 'pk_live_', 'rk_live_']) + word(24), () => 'whsec_' + word(32),
  () => pick(['ghp_', 'gho_', 'ghu_', 'ghs_']) + word(36), () => 'github_pat_' + word(22) + '_' + word(59), () => 'glpat-' + letters(20, b64 + '-_'),
  () => 'AKIA' + letters(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'), () => 'AIza' + letters(35, b64 + '-_'), () => 'ya29.' + letters(60, b64 + '-_'),
  () => `xoxb-${digits(12)}-${digits(12)}-${word(24)}`, () => 'npm_' + word(36), () => `SG.${letters(22, b64 + '-_')}.${letters(43, b64 + '-_')}`,
  () => 'sk-ant-api03-' + letters(40, b64 + '-_'), () => 'shpat_' + letters(32, '0123456789abcdef'), () => 'hf_' + word(34), () => 'dop_v1_' + letters(64, '0123456789abcdef'),
])()

const issuers = ['visa', 'mastercard', 'american_express', 'discover', 'diners_club', 'jcb', 'maestro']
const grouped = (card, by) => (card.length === 15 ? card.replace(/(....)(......)(.....)/, `$1${by}$2${by}$3`) : card.replace(/(....)(?=.)/g, `$1${by}`))

const international = () => {
  const number = ofLocale((f) => f.phone.number({ style: 'international' }))
  const rest = number.slice(3)
  const by = pick([' ', '-', '.', ' '])
  return pick([number, number.slice(0, 3) + by + rest.replace(/(...)(?=..)/g, `$1${by}`), number.slice(0, 3) + ' (' + rest.slice(0, 3) + ') ' + rest.slice(3), '00' + number.slice(1, 3) + ' ' + rest])
}

const emails = () => {
  const f = faker
  const plain = f.internet.email()
  const unicode = () => ofLocale((l) => {
    const name = l.person.firstName().replace(/[^\p{L}\p{M}]/gu, '').toLowerCase()
    return name && name + '@' + pick(['example.com', 'müller.example', 'пример.рф', '例え.jp', 'correo.españa.es'])
  })
  return pick([
    () => plain, () => f.internet.exampleEmail(), () => ofLocale((l) => l.internet.email()), () => plain.toUpperCase(), () => plain.replace('@', '+' + f.word.noun() + '@'),
    () => `"${f.person.firstName()} ${f.person.lastName()}"@${f.internet.domainName()}`, unicode, () => `${f.internet.username()}@${f.internet.domainWord()}.${f.internet.domainName()}`,
    () => `${letters(1, 'abcdefghij')}.${f.person.lastName().replace(/[^A-Za-z]/g, '')}-${int(1, 99)}@${f.internet.domainName()}`.toLowerCase(),
  ])()
}

const kinds = {
  email: emails,
  phone: () => pick([international, () => ofLocale((f) => f.phone.number({ style: 'human' })), () => ofLocale((f) => f.phone.number({ style: 'national' }))])(),
  card: () => {
    const card = faker.finance.creditCardNumber(pick(issuers)).replace(/\D/g, '')
    return pick([card, grouped(card, ' '), grouped(card, '-')])
  },
  IBAN: () => faker.finance.iban({ formatted: int(0, 1) === 1 }),
  JWT: () => faker.internet.jwt(),
  key: keys,
  token: () => pick([() => word(int(24, 48)), () => letters(pick([32, 40, 48, 64]), '0123456789abcdef'), () => letters(43, b64 + '-_'), () => letters(32, b64).replace(/.{8}/g, '$&-').slice(0, -1)])(),
  ...ids,
}

const hex = (n) => letters(n, '0123456789abcdef')
const stays = {
  price: () => ofLocale((f) => pick([pick(['$', '€', '£', 'R$ ', 'CHF ', '¥']) + faker.commerce.price({ max: 100000 }), int(1, 9999999).toLocaleString(pick(['de-DE', 'fr-FR', 'en-US', 'de-CH', 'en-IN'])) + ' €', f.commerce.price({ max: 9999999 }) + pick([' EUR', ' USD', ' kr', ' zł'])])),
  date: () => {
    const at = faker.date.anytime()
    return pick([at.toISOString(), at.toISOString().slice(0, 10), at.toLocaleDateString(pick(['de-DE', 'fr-FR', 'en-US', 'en-GB', 'sv-SE', 'ja-JP', 'pt-BR', 'nl-NL'])), at.toLocaleString(pick(['de-DE', 'en-US', 'en-GB', 'fr-FR'])), at.toUTCString(), two(at.getDate()) + '.' + two(at.getMonth() + 1) + '.' + at.getFullYear(), at.toISOString().slice(0, 10).replaceAll('-', '')])
  },
  time: () => pick([`${two(int(0, 23))}:${two(int(0, 59))}`, `${two(int(0, 23))}:${two(int(0, 59))}:${two(int(0, 59))}.${digits(3)}`, `${int(1, 12)}:${two(int(0, 59))} pm – ${int(1, 12)}:${two(int(0, 59))} pm`, String(faker.date.recent().getTime()), `${int(1, 9999)} ms`]),
  version: () => pick([faker.system.semver(), 'v' + faker.system.semver() + '-beta.' + int(1, 99), `${int(1, 150)}.0.${int(1000, 9999)}.${int(10, 300)}`, '^' + faker.system.semver(), `lodash@${faker.system.semver()}`]),
  'order number': () => pick(['order ', 'Order #', '#', 'Bestellung ', 'invoice no. ', 'Ref. ', 'ticket ', 'SKU ', 'No. ']) + pick([digits(6), int(1, 9) + digits(8), int(1, 9) + digits(9), int(1, 9) + digits(11), `${letters(2)}-${digits(6)}`, `${digits(4)}-${digits(5)}`]),
  count: () => pick([() => int(1, 9999999).toLocaleString('en-US') + ' downloads', () => int(1, 999999999).toLocaleString('de-DE'), () => int(1, 9999999).toLocaleString('fr-FR') + ' items', () => String(int(1, 999999)), () => `${int(1, 99)}/${int(100, 999)}`, () => `${int(1, 100)}.${digits(8)}`, () => `${int(100, 4000)}x${int(100, 4000)}`])(),
  code: () => pick([() => `getElementById('${faker.hacker.noun().replace(/\W/g, '')}')`, () => faker.git.commitSha({ length: 7 }), () => `commit ${faker.git.commitSha()}`, () => `https://github.com/a/b/commit/${faker.git.commitSha()}`, () => `sha512-${letters(86, b64 + '+/')}==`, () => `arr[${int(0, 99)}] += 0x${hex(8)}`, () => `@${faker.word.noun()}/core`, () => `${faker.hacker.verb()}_${faker.word.noun()}_${int(1, 99)}`, () => faker.system.filePath(), () => faker.internet.ipv4() + ':' + int(1000, 9999), () => faker.helpers.slugify(faker.lorem.words(6)), () => `(${int(0, 900)}, ${int(0, 900)})`, () => `translate3d(${int(0, 900)}px, ${int(0, 900)}px, 0)`])(),
  'hex colour': () => pick([() => faker.color.rgb(), () => faker.color.rgb({ includeAlpha: true }), () => faker.color.rgb({ format: 'css' }), () => '#' + hex(3)])(),
}

/** Written without + and without anything that groups it, or grouped like thousands, it looks like any other number. */
const bare = (kind, value) => kind === 'phone' && (/^\d{1,2}( ?)\d{3}\1\d{3}$/.test(value) || /^\d{1,3}(\.\d{3})+$/.test(value)) || kind === 'phone' && !/^(?:\+|00|\(|0\d)/.test(value) && !/\d{2,}[-. /)]+\d{2,}[-. /]+\d{2,}/.test(value)
const cues = ['Tel. ', 'tel: ', 'Phone: ', 'phone ', 'call ', 'Fax: ', 'Telefon: ', 'Mobile: ', 'Tél. ', 'WhatsApp ']

const write = (kind, value, stay) => process.stdout.write(JSON.stringify({ kind, value, ...(bare(kind, value) && { cue: pick(cues) }), ...(stay && { stay }) }) + '\n')
const names = Object.keys(kinds)
const share = { email: 8, phone: 8, card: 6, IBAN: 5, JWT: 3, key: 5, token: 4 }
const bag = names.flatMap((name) => Array.from({ length: share[name] ?? 1 }, () => name))
for (let i = 0; i < count; i++) {
  const kind = bag[i % bag.length]
  write(kind, kinds[kind](), false)
}
const stayNames = Object.keys(stays)
for (let i = 0; i < count / 4; i++) write(stayNames[i % stayNames.length], stays[stayNames[i % stayNames.length]](), true)
