/**
 * What the bridge decides about privacy: which subtrees are blocked and which inputs are secret,
 * so that they are not even read, and which nodes the site's selectors mark. Everything else is
 * decided in the core.
 */
import type { Plan } from '../more/plan'
import { given } from './lean'
import {
  $contains, $content, $defaultView, $getRootNode, $hasAttribute, $localName, $matches, $nodeType, $ownerDocument, $parentElement, elementCount,
  $areaValue, $getAttribute, $rect, $isEqualNode, $labels, $selectLabels, $shadowRoot, $textContent, $type, $value, findAll,
} from './native'
import { parentOf } from './nodes'
import { slots, slotted } from './slots'

/** Checked selectors (../more/options.ts). */
export interface Selectors {
  readonly mask: readonly string[]
  readonly block: readonly string[]
  readonly allow: readonly string[]
  /** Attributes that they depend on. */
  readonly names: readonly string[]
}

export const marker = 'data-afterimage'
const secretKinds =
  ':is([type=password i],[autocomplete~=cc-number i],[autocomplete~=cc-csc i],[autocomplete*=-password i],[autocomplete~=one-time-code i])'
const hiddenInputs = ',input[value]' + secretKinds

export let blocked = `[${marker}=block i]`
let hidden = blocked + hiddenInputs
/** Attributes whose change can change a match: the marker's and those that selectors name. */
export let markNames: ReadonlySet<string>
/** Whether anything but the marker's attribute marks nodes. */
export const hasMarks = (): boolean => !!(lists[0] ?? typed[0] ?? called[0]) || slots.size > 0
/** What shows text; empty where the page's level does. */
let allowed: string
export let masked: string
export let shown: string
let lists: readonly (readonly [selectors: string, bit: number])[]
/** Inputs that were secret since they are known, for as long as the page keeps them. */
export const once = (__LEAN__ ? null : given()?.[1]) ?? new WeakSet<Element>()
/** The same, to go through them. */
export const secrets = (__LEAN__ ? null : given()?.[2]) ?? new Set<WeakRef<Element>>()

/** Takes level and selectors, in the full recorder. */
export const openPolicy = ({ selectors, level }: Plan, continues: boolean): void => {
  const { mask, block, allow, names } = selectors ?? { mask: [], block: [], allow: [], names: [] }
  typed = []
  if (!continues) called.length = 0
  for (const ref of secrets) {
    const element = ref.deref()
    if (element) keepNames(element)
  }
  slots.clear()
  markNames = new Set([marker, ...names])
  blocked = [`[${marker}=block i]`, ...block].join()
  hidden = blocked + hiddenInputs
  masked = [`[${marker}]:not([${marker}=allow i])`, ...mask].join()
  shown = [`[${marker}=allow i]`, ...allow].join()
  allowed = level === 'balanced' ? '' : shown
  lists = ([[mask.join(), 1], [block.join(), 2], [allow.join(), 4]] as const).filter(([list]) => list)
  busy = []
}

let closedRoots: WeakMap<Element, ShadowRoot> | undefined
/** Begins a recorder. Closed roots are known by host where ../early.ts was there to see them. */
export const openRoots = (): void => {
  closedRoots = (window as unknown as Record<symbol, typeof closedRoots>)[Symbol.for('afterimage.roots')]
}
/** The shadow root of an element, as far as the recorder sees it. */
export const shadowOf = (element: Element): ShadowRoot | undefined => $shadowRoot(element) ?? closedRoots?.get(element)

/** What is slotted into it is drawn elsewhere than it stands. */
export const isInShadow = (node: Node): boolean => $nodeType($getRootNode(node)) === 11

/** Elements in which the visitor types although no attribute says so. */
let typed: Element[] = []
/** Takes effect with the next op mark; answers whether it is new. */
export const noteTyped = (element: Element): boolean => !typed.includes(element) && !!typed.push(element)
export const isNotedTyped = (element: Element): boolean => typed.includes(element)

/**
 * What is around a field of which the page itself draws the text or the caret, which no attribute says: code
 * editors do, terminals, and a code's boxes of one character each.
 */
export const drawnAround = (field: Element): Element | null => {
  let at = $parentElement(field)
  if (!at || !isHidden(field) || !((field as { editContext?: unknown }).editContext || $matches(field, drawnFields))) return null
  while (at && (elementCount(at) < 2 || isSmall(at))) at = $parentElement(at)
  return at && /^(body|html)$/.test($localName(at)) ? null : at
}
/** Takes effect where it is written next. */
export const noteDrawn = (field: Element | null | undefined): void => {
  for (; field; field = shadowOf(field)?.activeElement) {
    const around = drawnAround(field)
    if (around) isCode(field) ? makeBox(around) : noteTyped(around)
  }
}
const isSmall = (element: Element): boolean => {
  const { width, height } = $rect(element)
  return width < 9 || height < 9
}
/** Fields whose last character the page took away, as it came, without the visitor's doing: it shows it elsewhere. */
const emptied = new WeakSet<Element>()
/** The field in which something stood after the last input event, while the visitor has done nothing else since. */
let filled: Element | undefined
/** A field was typed into; without one the visitor has done something else, which may empty it. */
export const noteFilled = (field?: Element): void => {
  filled = field && $matches(field, 'input,textarea') && !isBlocked(field) && !isSecret(field) && valueOf(field) ? field : undefined
}
const valueOf = (field: Element): string => ($localName(field) === 'textarea' ? $areaValue(field as HTMLTextAreaElement) : $value(field as HTMLInputElement))
/** A key goes down in it, which `isCharacter` or not: by Enter, Escape and the like it is the visitor who empties it. */
export const noteKey = (field: Element, isCharacter: boolean): void => {
  if (filled === field && isCharacter && !valueOf(field)) emptied.add(field)
  if (!isCharacter) filled = undefined
}

/** Whether somebody who types in the field may not see it there; of the lean recorder, whether more could be known of it by the full one. */
export const isHidden = (field: Element): boolean => {
  const { opacity, webkitTextFillColor, caretColor } = styleOf(field)
  return opacity === '0' || /rgba[^)]*, 0\)/.test(webkitTextFillColor + caretColor) || (__LEAN__
    ? (field as HTMLInputElement).maxLength === 1 || isCovered(field)
    : !!(field as { editContext?: unknown }).editContext || $localName(field) === 'textarea' && (isSmall(field) || isSmall($parentElement(field) ?? field)) || emptied.has(field) || isUnseen(field))
}
/** Nobody can see what is in it: where it is, something else is, or nothing. */
const isUnseen = (field: Element): boolean => {
  const { fontSize, textIndent, filter } = styleOf(field)
  if (fontSize === '0px' || /opacity\(0/.test(filter) || field.checkVisibility?.({ opacityProperty: true, visibilityProperty: true }) === false) return true
  const { left, top, right, bottom, width, height } = $rect(field)
  if (width < 2 || height < 2) return true
  if (Math.abs(parseFloat(textIndent)) > width) return true
  const view = $defaultView($ownerDocument(field) as Document)
  const root = $getRootNode(field) as Document
  if (!view || !root.elementFromPoint) return false
  // No scrolling goes there; what is merely scrolled away can be seen again.
  if (right + view.scrollX <= 0 || bottom + view.scrollY <= 0) return true
  const x = Math.max(left, 0)
  const y = Math.max(top, 0)
  const across = Math.min(right, view.innerWidth) - x
  const down = Math.min(bottom, view.innerHeight) - y
  if (across <= 0 || down <= 0) return false
  const steps = [0.1, 0.5, 0.9]
  return !steps.some((i) => steps.some((k) => $contains(field, root.elementFromPoint(x + across * i, y + down * k))))
}
/** The page draws the few characters of a code, each in a place of its own: how many are there is how long it is. */
export const isCode = (field: Element): boolean => {
  const { maxLength } = field as HTMLInputElement
  return $localName(field) === 'input' && maxLength > 0 && maxLength < 13 && !isShown(field)
}
/** One of several fields of one character each, of which how many are filled is not told either, nor which of them has the focus. */
export const isSingle = (node: unknown): boolean =>
  node instanceof Node && $nodeType(node) === 1 && $localName(node as Element) === 'input' && (node as HTMLInputElement).maxLength === 1 && isSecret(node as Element)
/** It is tiny, or something else is seen where it is. */
const isCovered = (field: Element): boolean => {
  const { x, y } = $rect(field)
  return !$contains(field, ($getRootNode(field) as Document).elementFromPoint(x + 9, y + 9) ?? field)
}
const drawnFields = 'textarea,[contenteditable],input:not([type=file i],[type=checkbox i],[type=radio i],[type=range i])'

/** Elements that are boxes because their changes cost the page too much, or draw a code. */
let busy: Element[] = []
/** Takes effect when the element is written anew; answers whether it is new. */
export const makeBox = (element: Element): boolean => !busy.includes(element) && !!busy.push(element)
const busyIn = (root: Node): Element[] => busy.filter((element) => $contains(root, element))

/** Matches the node itself, not its ancestors. */
export const isBlocked = (element: Element): boolean =>
  __LEAN__ ? $matches(element, blocked) : $matches(element, blocked) || busy.includes(element)
/** Whether children of this element are never written: boxes and templates. */
export const isClosed = (element: Element): boolean =>
  isBlocked(element) || ($localName(element) === 'template' && 'content' in element)
/** Elements below root that are blocked. */
export const findBlocked = (root: Node): readonly Element[] => [...findAll(root, blocked), ...busyIn(root)]

/** Names and ids of inputs that were secret: frameworks put another element in the place of a password that is to be shown. */
const secretNames = new Set<string>()
const namesOf = (element: Element): string[] =>
  ['id', 'name'].flatMap((name) => ($getAttribute(element, name) ? name + $getAttribute(element, name) : []))
const keepNames = (element: Element): void => namesOf(element).forEach((name) => secretNames.add(name))

/** A copy of an input that was secret once, which shows nothing of that any more; or like one. */
const isTwin = (element: Element): boolean => {
  if (!__LEAN__) if (namesOf(element).some((name) => secretNames.has(name)) || isLikePassword(element)) return true
  return [...secrets].some((ref) => {
    const other = ref.deref()
    return other && $isEqualNode(element, other)
  })
}
/** The words that wasm/mask/secret.go knows in an input's own attributes, for those around it: the short forms of them. */
const secretName =
  /pass(w|code|phrase|eword)|kennwort|contrase|senha|mot de passe|wachtwoord|has[lł]o|salasana|ароль|密[码碼]|パスワード|비밀번호|(card|karten|carte|tarjeta).{0,4}n[uú]m|numero de (carte|tarjeta)|cc-[nce]|one.?time|verif\w+ code|(security|auth\w*|sms|access|card) ?code|expir|\b(p[wi]n|pwd|t?otp|tan|c[vs][vcn]2?)\b/i
/** Those of more languages, without what is no letter or digit: as wasm/mask/secret.go has them. */
const moreSecret = /accesstoken|apisecret|cardsecurity|cardverification|clavedeacceso|clientsecret|codeconfidentiel|codeparsms|codesecret|codesms|codicesicurezza|codigosms|cryptogramme|códigosms|engangskode|engångskod|geheimzahl|kaartnummer|kartyaszam|kertakoodi|kodeord|kodeverifikasi|kodsms|kodweryfikacyjny|korttinumero|kreditkarte|kártyaszám|matkhau|mãxácminh|mãxácnhận|nrkarty|numerocarte|numerodecartao|numerodelacarte|numerotarjeta|numérocarte|numérodelacarte|númerodecartão|númerotarjeta|palavrachave|pincode|salasõna|securityquestionanswer|sicherheitsfrage|sifre|losenord|smskod|toegangscode|verificationnumber|кодизsms|קודאימות|رمزالتحقق|动态码|2stepcode|adgangskode|heslo|lösenord|parola|паролю|пароля|prüfziffer|gültigbis|mm(yy|jj|aa)|cardc[vs][cvn]|ablaufdatum|apikey|authenticatorcode|backupcode|bestätigungscode|beveiligingscode|caducidad|codedeconfirmation|codedesecurite|codedesécurité|codedeverification|codedevérification|codicedisicurezza|codicediverifica|codigodeseguranca|codigodeseguridad|codigodeverificacion|confirmationcode|contrasenya|creditcardno|códigodesegurança|códigodeseguridad|códigodeverificación|códigodeverificação|digitcode|digitsontheback|doğrulamakodu|einmalcode|einmalkennwort|fjalëkalimi|freischaltcode|geslo|goodthru|güvenlikkodu|jelszo|jelszó|kartnumarası|katalaluan|katasandi|kodzabezpieczający|kortinumero|kortnummer|logincode|lozinka|lykilorð|magiccode|memorableword|mnemonic|mậtkhẩu|numerkarty|numerocarta|numerodellacarta|numerodicarta|numerodocartao|numérodecarte|númerodetarjeta|númerodocartão|palavrapasse|parolă|parool|pasahitza|passord|privatekey|prüfcode|prüfnummer|recoverycode|recoveryphrase|scadenza|secretanswer|secretkey|securityanswer|seedphrase|sicherheitscode|sicherheitsnummer|signincode|sikkerhedskode|sikkerhetskode|slaptažodis|sonkullanma|säkerhetskod|turvakoodi|twofactor|twostep|udløbsdato|unlockcode|utgångsdatum|utløpsdato|validade|validthrough|validthru|validuntil|vencimiento|verificatiecode|verificationvalue|vervaldatum|ważnado|číslokarty|şifre|κωδικός|кодбезопасности|кодизсмс|кодподтверждения|лозинка|номеркарты|одноразовыйкод|парола|срокдействия|סיסמא|סיסמה|كلمةالسر|كلمةالمرور|पासवर्ड|รหัสผ่าน|セキュリティコード|安全码|安全碼|暗証番号|有効期限|有效期|確認コード|認証コード|驗證碼|验证码|보안코드|유효기간|인증번호|인증코드|카드번호|^cardno$/
/** Likewise: words of names that are put together, and more of them. */
const saysSecret = (words: string): boolean => {
  if (secretName.test(words)) return true
  const apart = words.replace(/([a-z\d])([A-Z])|_/g, '$1 $2')
  return secretName.test(apart) || moreSecret.test(words.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]+/gu, '')) || /\b(exp|pass|pw|mfa|tfa|2fa|cid|ccv|pan|mdp|puk|cartao)\b|\bcard ?#|\b(exp|cc).?(date|month|year)/i.test(apart)
}
const typedKinds = __LEAN__ ? /text|search|tel|number|email|url/ : /^(text|search|tel|number|email|url|month|date)$/
/** Whether a label element (some are known already) or what aria-labelledby names calls a field a secret. */
const isCalledSecret = (field: Element, known: Iterable<Element> | null): boolean => {
  const root = $getRootNode(field) as Document
  const named = ($getAttribute(field, 'aria-labelledby') ?? '').split(/\s+/).map((id) => id && root.getElementById?.(id))
  // Also where another element of the same id has the label, as browsers see it.
  const id = $getAttribute(field, 'id')
  const labels: readonly Element[] = id ? findAll(root, `label[for="${CSS.escape(id)}"]`) : []
  const legends: Element[] = []
  if (!__LEAN__) {
    // Boxes of one character each have their name in common.
    for (let at = $parentElement(field); at; at = $parentElement(at)) {
      const name = $localName(at)
      if (name === 'fieldset' && findAll(at, 'legend')[0]) legends.push(findAll(at, 'legend')[0] as Element)
      else if ($matches(at, '[role=group],[role=radiogroup]') && saysSecret($getAttribute(at, 'aria-label') ?? '')) return true
      else if (name !== 'form') continue
      break
    }
  }
  return [...(known ?? []), ...labels, ...(__LEAN__ ? [] : legends), ...named].some((label) => label && (__LEAN__ ? secretName.test($textContent(label) ?? '') : saysSecret($textContent(label) ?? '')))
}

const styleOf = window.getComputedStyle
/** A field that draws discs for characters is a password in all but its type. It matters only where it could be shown. */
const drawsDiscs = (field: Element): boolean => {
  let at: Node | null = field
  while (at && !($nodeType(at) === 1 && $matches(at as Element, shown))) at = parentOf(at)
  const style = at && (styleOf(field) as CSSStyleDeclaration & { webkitTextSecurity?: string })
  return !!style && (/disc|circle|square/.test(style.webkitTextSecurity ?? '') || /text-security/.test(style.fontFamily))
}
/** What the core sees in the field's own attributes, to be remembered with the element; and how it is drawn. */
const isLikePassword = (field: Element): boolean =>
  ($localName(field) !== 'input' || typedKinds.test($type(field as HTMLInputElement))) && (['name', 'id', 'placeholder', 'title', 'aria-label'].some((name) => saysSecret($getAttribute(field, name) ?? '')) || drawsDiscs(field))

/** What says so in the select's own attributes is seen by the core. */
export const isCalledSelect = (select: Element): boolean =>
  isTextShown(select) && isCalledSecret(select, $selectLabels(select as HTMLSelectElement))

/** Selects, textareas and editors that an attribute called secret which they have no more, or that another element calls so. */
export const called = (__LEAN__ ? null : given()?.[3]) ?? ([] as Element[])
const callable = 'textarea,select,[contenteditable],[role~=textbox i],[role~=searchbox i],[role~=combobox i],[role~=spinbutton i]'
/** Notes such a one, for good, and answers whether it is one. Takes effect with the next op mark. */
export const noteCalled = (field: Element): boolean => {
  if (called.includes(field)) return true
  if (!$matches(field, callable)) return false
  const around: Element[] = []
  for (let at = $parentElement(field); at; at = $parentElement(at)) if ($localName(at) === 'label') around.push(at)
  return (isCalledSecret(field, around) || isLikePassword(field)) && !!called.push(field)
}
/** Those at and below root. */
export const findCalled = (root: Node): void => {
  if ($nodeType(root) === 1) noteCalled(root as Element)
  findAll(root, callable).forEach(noteCalled)
}
/**
 * A field may have been secret within one task only, with nothing of that left at its end: the record
 * of the change that ended it says so. Answers whether it was; of a select or an editor, when it is new.
 */
export const noteOld = ({ target, attributeName, oldValue }: MutationRecord): boolean => {
  if (!oldValue || !/^(type|autocomplete|name|id|placeholder|title|aria-label)$/.test(attributeName as string) || !(__LEAN__ ? secretName.test(oldValue) : saysSecret(oldValue))) return false
  if ($localName(target as Element) === 'input') {
    keepSecret(target as Element)
    return true
  }
  return $matches(target as Element, __LEAN__ ? 'select,[contenteditable],[role]' : callable) && !called.includes(target as Element) && !!called.push(target as Element)
}

/**
 * Frameworks put another input in the place of a password that is to be shown: one of the same class that comes below the
 * node from which a secret one went, within one task.
 */
export const noteReplaced = (records: readonly MutationRecord[]): void => {
  const went = new Map<Node, Element[]>()
  for (const { target, removedNodes } of records) for (const node of removedNodes) if (once.has(node as Element)) went.set(target, [...(went.get(target) ?? []), node as Element])
  if (!went.size) return
  for (const { target, addedNodes } of records) {
    for (const node of addedNodes) {
      const field = node as HTMLInputElement
      if ($nodeType(node) !== 1 || $localName(field) !== 'input' || once.has(field) || !typedKinds.test($type(field))) continue
      if (went.get(target)?.some((old) => $getAttribute(old, 'class') === $getAttribute(field, 'class'))) keepSecret(field)
    }
  }
}

const keepSecret = (element: Element): void => {
  once.add(element)
  secrets.add(new WeakRef(element))
  if (!__LEAN__) keepNames(element)
}

/** Password kinds, and every input that was one since it is known. */
export const isSecret = (element: Element): boolean => {
  if ($localName(element) !== 'input') return false
  if (once.has(element)) return true
  if (!$matches(element, secretKinds) && !isTwin(element) && !(!__LEAN__ && (element as HTMLInputElement).maxLength === 1 && !isAllowed(element)) && !(typedKinds.test($type(element as HTMLInputElement)) && isCalledSecret(element, $labels(element as HTMLInputElement)))) return false
  keepSecret(element)
  return true
}

/** Whether text is shown anywhere in the element's document or the top one. */
export const isTextShown = (element: Element): boolean =>
  !allowed || !!(findAll(document, allowed)[0] ?? findAll($ownerDocument(element) as Document, allowed)[0])

/** Whether the field's text is shown: what changes with its keys is no secret then. */
export const isShown = (field: Element): boolean => !isSecret(field) && isAllowed(field)
const isAllowed = (field: Element): boolean => {
  for (let at: Node | null = field; at; at = parentOf(at)) {
    if ($nodeType(at) !== 1) continue
    if ($matches(at as Element, masked) || isBlocked(at as Element)) return false
    if ($matches(at as Element, shown)) return true
  }
  return false
}

/** Bits of op mark for this node by the site's selectors. */
export const bitsOf = (element: Element): number =>
  lists.reduce(
    (bits, [list, bit]) => bits | ($matches(element, list) ? bit : 0),
    (busy.includes(element) ? 2 : 0) | (typed.includes(element) ? 32 : 0) | (called.includes(element) ? 64 : 0) | slotted(element),
  )
/** What the selectors mark at and below root, with the bits. */
export const findMarked = (root: Node): Map<Element, number> => {
  const found = new Map<Element, number>()
  if ($nodeType(root) !== 1) return found
  const matching = lists.length ? findAll(root, lists.map(([list]) => list).join()) : []
  const others = [...busy, ...typed, ...called, ...slots.keys()].filter((element) => $contains(root, element))
  for (const element of [root as Element, ...matching, ...others]) {
    const bits = bitsOf(element)
    if (bits) found.set(element, bits)
  }
  return found
}

// A template's content is another tree; what is nested in it lies deeper still.
const hides = (template: Element): boolean => {
  const content = $content(template as HTMLTemplateElement)
  return !!content && (!!findAll(content, hidden)[0] || findAll(content, 'template').some(hides))
}
const isAround = (element: Element): boolean =>
  $matches(element, hidden) ||
  ($localName(element) === 'template' && hides(element)) ||
  ($hasAttribute(element, 'value') && isSecret(element))

/**
 * Elements at or below root that native serialisation must not touch: blocked ones, secret inputs
 * that have a value attribute, templates that hold such.
 */
export const findAround = (root: Node): Element[] => {
  const found = findAll(root, hidden + ',template,input[value]').filter(isAround)
  if (!__LEAN__) found.push(...busyIn(root))
  // Those that are no longer what the selector finds: a shown password.
  for (const secret of secrets) {
    const element = secret.deref()
    if (!element) secrets.delete(secret)
    else if ($contains(root, element) && isAround(element)) found.push(element)
  }
  if ($nodeType(root) === 1 && isAround(root as Element)) found.push(root as Element)
  return found
}
