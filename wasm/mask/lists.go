package mask

// lists are what is known to be safe. Who adds a word here says that it carries no data on
// any page; a word that is missing costs fidelity, never privacy.
type lists struct {
	tags, attrs, values, segments, css, cues, persons, hints, inline wordSet
}

func (l *lists) init() {
	l.tags = newWordSet(tagList)
	l.attrs = newWordSet(attrList)
	l.values = newWordSet(valueList)
	l.segments = newWordSet(segmentList)
	l.css = newWordSet(cssList)
	l.persons = newWordSet(personList)
	l.hints = newWordSet(hintList)
	if detects {
		l.cues = newWordSet(cueList)
		l.inline = newWordSet(inlineList)
	}
}

// Tag is what an element's name means to the policy.
type Tag uint8

// Tags. TagPlain has no rule of its own; TagUnknown is a name that no list knows, custom
// elements among them.
const (
	TagUnknown Tag = iota
	TagPlain
	TagInput
	TagTextarea
	TagSelect
	TagOption // option, optgroup, datalist
	TagField  // output, meter, progress
	TagStyle  // its text is CSS
	TagNoText // script, noscript, template, iframe, noembed, noframes: text never sent
	TagMeta
	TagLink
	TagImage  // img, picture's source, image, input type=image
	TagMedia  // video, audio, track
	TagObject // object, embed, applet, param
	TagButton
	TagAnchor // a, area, base
	TagFrame  // iframe, frame
	TagScript
	TagCanvas
)

// Rules of tagList: the letter of a group is 'A' + Tag.
const tagList = "B:hgroup dir menu strike nobr listing xmp plaintext rb rtc basefont frameset acronym " +
	"fedistantlight fepointlight fespotlight fediffuselighting fespecularlighting femorphology feconvolvematrix fedisplacementmap fetile " +
	"maction menclose mphantom mfenced merror mprescripts none annotation-xml html head body title div span p h1 h2 h3 h4 h5 h6 header footer main nav section article aside address " +
	"ul ol li dl dt dd figure figcaption blockquote q cite pre code kbd samp var tt em strong small s del ins u b i big " +
	"mark sub sup ruby rt bdi bdo br wbr hr abbr dfn time data font center marquee table caption colgroup col " +
	"thead tbody tfoot tr td th form fieldset legend label details summary dialog slot map picture search " +
	"selectedcontent " +
	"svg g defs symbol use path rect circle ellipse line polyline polygon text tspan textpath desc metadata view switch marker " +
	"pattern mask clippath lineargradient radialgradient stop filter feblend fecolormatrix fecomponenttransfer fecomposite " +
	"fedropshadow feflood fefunca fefuncb fefuncg fefuncr " +
	"fegaussianblur femerge femergenode feoffset feturbulence " +
	"animate animatemotion animatetransform set mpath foreignobject " +
	"math mi mn mo ms mtext mspace mrow mfrac msqrt mroot mstyle mpadded msub msup msubsup munder " +
	"mover munderover mmultiscripts mtable mtr mtd semantics annotation" +
	"|C:input|D:textarea|E:select|F:option optgroup datalist|G:output meter progress|H:style|I:noscript template noembed noframes" +
	"|J:meta|K:link|L:img image feimage|M:video audio track source|N:object embed applet param|O:button|P:a area base|Q:iframe frame|R:script|S:canvas"

// TagOf finds what a local name means.
func (p *Policy) TagOf(name []byte) Tag {
	if c := p.lists.tags.find(name); c != 0 {
		return Tag(c - 'A')
	}
	return TagUnknown
}

// Rules of attributes, one letter each: attr.go.
//
//	b boolean  n number  N number list  e listed words  c class  i id  r id list  s style
//	t text  u link  m media link  S srcset  l language tag  v value  k checked, selected
//	w SVG paint and the like (a CSS value)  x never
const attrList = "b:hidden disabled readonly required multiple open autofocus autoplay controls loop muted playsinline " +
	"novalidate default inert nowrap " +
	"webkitdirectory" +
	"|n:tabindex width height rows cols size colspan rowspan span start cellpadding cellspacing border " +
	"z cx cy r rx ry fx fy x1 y1 x2 y2 pathlength markerwidth markerheight data-index" +
	"|N:x y dx dy d points viewbox stddeviation scale refx refy" +
	"|e:type dir role rel loading wrap align valign shape " +
	"draggable contenteditable popover " +
	"bgcolor frameborder " +
	"aria-hidden aria-expanded aria-selected aria-pressed aria-disabled aria-haspopup " +
	"aria-current aria-invalid aria-orientation aria-sort " +
	"data-state data-side data-align data-orientation data-theme data-mode data-open " +
	"data-active data-selected data-size data-variant data-color-scheme " +
	"data-type " +
	"data-bs-theme preserveaspectratio gradientunits spreadmethod " +
	"patternunits patterncontentunits clippathunits maskunits maskcontentunits orient " +
	"method " +
	"display mathvariant displaystyle xmlns" +
	"|c:class|i:id|r:for list form aria-labelledby aria-describedby aria-controls " +
	"popovertarget usemap|s:style|l:lang xml:lang" +
	"|t:title alt placeholder label aria-label aria-placeholder abbr" +
	"|u:href action formaction xlink:href|m:src poster background data|S:srcset|v:value|k:checked selected" +
	"|w:fill stroke color stop-color flood-color fill-opacity stroke-opacity opacity stop-opacity flood-opacity fill-rule clip-rule " +
	"stroke-width stroke-linecap stroke-linejoin stroke-dasharray stroke-dashoffset transform gradienttransform patterntransform " +
	"font-size font-weight font-style font-family text-anchor dominant-baseline letter-spacing " +
	"visibility overflow pointer-events cursor clip-path mask filter marker-start marker-mid marker-end shape-rendering vector-effect paint-order transform-origin mix-blend-mode sizes media" +
	"|x:srcdoc nonce integrity charset http-equiv content aria-checked"

// valueList: words that enumerated attributes may have. "y" is safe everywhere.
const valueList = "y:true false on yes no mixed none auto normal inherit initial default open closed close active inactive visible invisible hidden show shown hide enabled " +
	"disabled selected expanded loading error success warning info " +
	"primary light dark system dim high low small medium xs sm md lg xl full top bottom left right start end center middle justify baseline stretch " +
	"horizontal vertical both block inline ltr rtl up down forward backward text password email tel url search number date time " +
	"color range checkbox radio file submit reset button image text/css text/javascript " +
	"image/svg+xml " +
	"video audio object embed " +
	"stylesheet icon " +
	"row col off " +
	"rect circle manual hint toggle " +
	"list listbox tree grid menu dialog plaintext-only " +
	"alert cell combobox form group img " +
	"link listitem main menuitem navigation option presentation region " +
	"separator slider status switch tab table tablist tabpanel textbox toolbar tooltip treeitem " +
	"preserve xminymin xmidymin xmaxymin xminymid xmidymid xmaxymid xminymax xmidymax xmaxymax objectboundingbox userspaceonuse " +
	"in " +
	"bold italic script sans-serif monospace collapse dropdown popover modal " +
	"name " +
	"http://www.w3.org/2000/svg http://www.w3.org/1999/xlink http://www.w3.org/1998/math/mathml http://www.w3.org/1999/xhtml 1.0 0 1 2 3 4 5 6"

// segmentList: words of a path that name a page and nobody. In strict no other survives.
const segmentList = "y:js users products product item category shop store cart basket checkout payment shipping order orders " +
	"search login register signup account profile settings user home index about contact help faq " +
	"support docs blog news post terms privacy jobs " +
	"events images img " +
	"app en de fr es it list edit new " +
	"page success error " +
	"test"

// Extensions and the like stand in cssList under another rule to save a table:
//
//	k CSS keyword and function  p first word of a property with other values than numbers and k, or large ones  e file extension
const cssList = "k:light-dark oklab oklch translatex translatey brightness contrast none auto inherit initial normal flex grid block inline solid dashed hidden visible " +
	"bold italic center left right top bottom start end both all row column " +
	"evenodd nonzero round butt miter square bevel middle matrix screen print and min-width max-width prefers-color-scheme " +
	"transparent currentcolor black white red green blue gray " +
	"var calc min max clamp rgb rgba hsl color-mix url linear-gradient radial-gradient " +
	"cubic-bezier ease ease-in ease-out ease-in-out linear infinite " +
	"translate scale rotate skew " +
	"blur drop-shadow opacity cover contain no-repeat " +
	"sans-serif serif monospace " +
	"default minmax repeat fr " +
	"cyclic vertical light dark px em rem fill stroke stretch space-between flex-start flex-end" +
	"|p:align animation appearance background border box break clip color container content cursor direction display filter " +
	"isolation justify list mix overflow position scroll table text transform transition will word writing z" +
	"|e:html css js json png jpg webp svg woff woff2 pdf"

// cueList: words before a number which say that it is somebody's (p a phone number, i an
// id) or a thing's (o), c between such a word and the number, n likewise
// and a thing's if no such word is there, x an extension behind a phone
// number.
const cueList = "p:tel telephone telefon telefono teléfono téléphone tél phone mobile mobil mobiltelefon mob cell cellphone handy fax call whatsapp sms portable móvil celular telefoon telefone telefonnummer rufnummer " +
	"телефон тел 电话 電話 전화 הטלפון هاتف telefonu puhelin tlf hotline phonenumber" +
	"|i:ssn bsn pesel cpf dni nie nif nir nino personnummer personnr aadhaar steuerid steuernummer steueridentifikationsnummer idnr tckn curp rut ahv passport passnummer burgerservicenummer rijksregisternummer" +
	"|o:order orders bestellung bestellnummer auftrag invoice rechnung rechnungsnummer commande facture pedido factura ordine bestelling ordernummer zamówienie nr ref reference referenz ticket rma sku article artikel item ean isbn issn gtin upc asin " +
	"build revision rev commit port pid version v issue pr bug case serial tracking timestamp epoch hash checksum total amount sum price" +
	"|n:no number nummer num numéro número" +
	"|c:us me at is under the on our my your" +
	"|x:x ext extension poste durchwahl dw anexo ramal int доб"

// personList: words of a path before a segment that names somebody.
const personList = "u:user users u profile profiles people person persons member members account accounts customer customers client clients patient patients employee employees " +
	"author authors contact contacts candidate candidates student students guest guests friend friends invite invitation invitations reset verify unsubscribe token session sessions auth activate confirm magic"

// inlineList: elements within a line of text.
const inlineList = "y:a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q rb rp rt ruby s samp slot small span strike strong sub sup time tt u var wbr tspan textpath img mi mn mo ms mtext mrow mstyle"

// Inline reports whether an element of this name stands within a line, as far as a name tells:
// custom elements do.
func (p *Policy) Inline(name []byte) bool {
	if !detects {
		return false
	}
	for _, c := range name {
		if c == '-' {
			return true
		}
	}
	return p.lists.inline.find(name) != 0
}
