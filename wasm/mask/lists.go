package mask

// lists are what is known to be safe. Who adds a word here says that it carries no data on
// any page; a word that is missing costs fidelity, never privacy.
type lists struct {
	tags, attrs, values, segments, css, cues, hints wordSet
}

func (l *lists) init() {
	l.tags = newWordSet(tagList)
	l.attrs = newWordSet(attrList)
	l.values = newWordSet(valueList)
	l.segments = newWordSet(segmentList)
	l.css = newWordSet(cssList)
	l.cues = newWordSet(cueList)
	l.hints = newWordSet(hintList)
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
)

// Rules of tagList: the letter of a group is 'A' + Tag.
const tagList = "B:hgroup dir menu strike nobr listing xmp plaintext rb rtc basefont bgsound frameset multicol keygen blink spacer isindex acronym rbc portal fencedframe model " +
	"fedistantlight fepointlight fespotlight fediffuselighting fespecularlighting femorphology feconvolvematrix fedisplacementmap fetile tref " +
	"altglyph altglyphdef altglyphitem animatecolor cursor font-face font-face-format font-face-name font-face-src font-face-uri glyph glyphref hkern vkern missing-glyph color-profile hatch hatchpath mesh meshgradient meshpatch meshrow discard solidcolor unknown " +
	"maction menclose mphantom mfenced merror mprescripts none annotation-xml maligngroup malignmark mglyph mlabeledtr mlongdiv ms mscarries mscarry msgroup msline msrow mstack html head body title div span p h1 h2 h3 h4 h5 h6 header footer main nav section article aside address " +
	"ul ol li dl dt dd figure figcaption blockquote q cite pre code kbd samp var tt em strong small s del ins u b i big " +
	"mark sub sup ruby rt bdi bdo br wbr hr abbr acronym dfn time data font center marquee table caption colgroup col " +
	"thead tbody tfoot tr td th form fieldset legend label details summary dialog slot canvas map picture search " +
	"selectedcontent " +
	"svg g defs symbol use path rect circle ellipse line polyline polygon text tspan textpath desc metadata view switch marker " +
	"pattern mask clippath lineargradient radialgradient stop filter feblend fecolormatrix fecomponenttransfer fecomposite " +
	"fedropshadow feflood fefunca fefuncb fefuncg fefuncr " +
	"fegaussianblur femerge femergenode feoffset feturbulence " +
	"animate animatemotion animatetransform set mpath foreignobject " +
	"math mi mn mo ms mtext mspace mrow mfrac msqrt mroot mstyle mpadded msub msup msubsup munder " +
	"mover munderover mmultiscripts mtable mtr mtd semantics annotation" +
	"|C:input|D:textarea|E:select|F:option optgroup datalist|G:output meter progress|H:style|I:noscript template noembed noframes" +
	"|J:meta|K:link|L:img image feimage|M:video audio track source|N:object embed applet param|O:button|P:a area base|Q:iframe frame|R:script"

// TagOf finds what a local name means.
func (p *Policy) TagOf(name []byte) Tag {
	if c := p.lists.tags.find(name); c != 0 {
		return Tag(c - 'A')
	}
	return TagUnknown
}

// Rules of attributes, one letter each: attr.go.
//
//	b boolean  n number list  e listed words  c class  i id  r id list  s style
//	t text  u link  m media link  S srcset  l language tag  v value  k checked, selected
//	w SVG paint and the like (a CSS value)  x never
const attrList = "b:hidden disabled readonly required multiple open autofocus autoplay controls loop muted playsinline reversed ismap " +
	"novalidate formnovalidate default inert allowfullscreen async defer nomodule itemscope nowrap " +
	"shadowrootdelegatesfocus shadowrootclonable shadowrootserializable webkitdirectory" +
	"|n:tabindex width height rows cols size maxlength minlength colspan rowspan span start cellpadding cellspacing border hspace vspace " +
	"x y z dx dy cx cy r rx ry fx fy fr x1 y1 x2 y2 d points viewbox pathlength offset rotate textlength stddeviation " +
	"basefrequency numoctaves scale " +
	"radius tablevalues slope intercept amplitude exponent " +
	"refx refy markerwidth markerheight dur begin end repeatcount keytimes keysplines " +
	"aria-level aria-posinset aria-setsize aria-colcount aria-rowcount aria-colindex aria-rowindex aria-colspan aria-rowspan " +
	"data-index" +
	"|e:type dir role rel method enctype preload loading decoding fetchpriority scope wrap align valign kind shape inputmode enterkeyhint " +
	"autocapitalize autocorrect draggable spellcheck translate contenteditable popover crossorigin referrerpolicy " +
	"behavior direction bgcolor scrolling frameborder marginheight marginwidth shadowrootmode autocomplete " +
	"aria-hidden aria-expanded aria-checked aria-selected aria-pressed aria-disabled aria-haspopup aria-live aria-busy " +
	"aria-current aria-invalid aria-modal aria-multiline aria-multiselectable aria-orientation aria-readonly aria-required aria-sort " +
	"aria-autocomplete data-state data-side data-align data-orientation data-theme data-mode data-open data-closed " +
	"data-active data-selected data-disabled data-checked data-highlighted data-size data-variant data-color-scheme data-color-mode data-placement data-position data-direction " +
	"data-type " +
	"data-bs-theme xml:space preserveaspectratio gradientunits spreadmethod " +
	"patternunits patterncontentunits clippathunits maskunits maskcontentunits filterunits primitiveunits markerunits orient operator " +
	"in2 mode calcmode additive accumulate attributetype lengthadjust method " +
	"display mathvariant stretchy largeop accent linethickness columnalign rowalign displaystyle media-type xmlns xmlns:xlink" +
	"|c:class|i:id|r:for headers list form aria-labelledby aria-describedby aria-controls aria-owns aria-activedescendant aria-details aria-errormessage aria-flowto " +
	"popovertarget commandfor anchor usemap|s:style|l:lang xml:lang hreflang srclang" +
	"|t:title alt placeholder label summary aria-label aria-description aria-placeholder aria-roledescription aria-valuetext abbr" +
	"|u:href action formaction cite manifest xlink:href|m:src poster background data|S:srcset imagesrcset|v:value|k:checked selected" +
	"|w:fill stroke color stop-color flood-color lighting-color fill-opacity stroke-opacity opacity stop-opacity flood-opacity fill-rule clip-rule " +
	"stroke-width stroke-linecap stroke-linejoin stroke-miterlimit stroke-dasharray stroke-dashoffset transform gradienttransform patterntransform " +
	"font-size font-weight font-style font-family font-stretch font-variant text-anchor dominant-baseline alignment-baseline baseline-shift letter-spacing word-spacing text-decoration writing-mode " +
	"visibility overflow pointer-events cursor clip-path mask filter marker-start marker-mid marker-end shape-rendering text-rendering image-rendering color-interpolation color-interpolation-filters vector-effect paint-order transform-origin mix-blend-mode isolation sizes media" +
	"|x:srcdoc nonce integrity ping charset http-equiv content"

// valueList: words that enumerated attributes may have. "y" is safe everywhere.
const valueList = "y:true false on off yes no mixed none auto normal inherit initial default open closed close active inactive visible invisible hidden show shown hide enabled " +
	"disabled checked unchecked indeterminate selected unselected expanded collapsed loading loaded idle pending error success warning info " +
	"danger primary secondary light dark system dim high low small medium large xs sm md lg xl xxl full top bottom left right start end center middle justify baseline stretch " +
	"horizontal vertical both block inline ltr rtl up down forward backward text password email tel url search number date time month week " +
	"datetime-local datetime color range checkbox radio file submit reset button image module importmap text/css text/javascript " +
	"application/json text/html text/plain image/svg+xml image/png image/jpeg image/webp image/gif video/mp4 " +
	"style font script fetch track worker document video audio object embed " +
	"stylesheet icon shortcut alternate preload prefetch preconnect dns-prefetch canonical manifest noopener noreferrer nofollow external help license next prev " +
	"tag search sponsored opener get post dialog lazy eager async sync anonymous origin no-referrer same-origin " +
	"row col rowgroup colgroup soft hard off virtual " +
	"rect circle poly decimal numeric words sentences characters enter done go previous send manual hint toggle polite assertive all " +
	"ascending descending other page step location list listbox tree grid menu dialog spelling grammar plaintext-only " +
	"alert alertdialog application article banner blockquote cell code columnheader combobox complementary contentinfo directory feed figure form group heading img " +
	"link listitem log main marquee math menubar menuitem menuitemcheckbox menuitemradio meter navigation note option paragraph presentation progressbar radiogroup region row rowheader " +
	"scrollbar searchbox separator slider spinbutton status switch tab table tablist tabpanel textbox timer toolbar tooltip treegrid treeitem " +
	"preserve xminymin xmidymin xmaxymin xminymid xmidymid xmaxymid xminymax xmidymax xmaxymax objectboundingbox userspaceonuse repeat " +
	"in wrap linear discrete replace disable multiply screen darken lighten overlay " +
	"bold italic script sans-serif monospace collapse dropdown tooltip popover modal " +
	"name given-name family-name username organization street-address postal-code " +
	"new-password current-password one-time-code cc-name cc-number cc-exp cc-exp-month cc-exp-year cc-csc cc-type home mobile " +
	"http://www.w3.org/2000/svg http://www.w3.org/1999/xlink http://www.w3.org/1998/math/mathml http://www.w3.org/1999/xhtml 1.0 1.1 2.0 0 1 2 3 4 5 6 ease"

// segmentList: words of a path that name a page and nobody. In strict no other survives.
const segmentList = "y:products product items item category categories collections collection catalog catalogue shop store cart basket checkout payment shipping order orders " +
	"search login signin sign-in logout register signup sign-up account profile settings dashboard admin user users home index about contact help faq " +
	"support docs documentation api blog news articles article post posts press pricing plans features terms privacy legal imprint jobs careers " +
	"events gallery media images img image photos video videos assets static public dist build css js fonts files downloads download upload uploads " +
	"app web mobile en de fr es it nl pt pl ja zh us uk eu v1 v2 v3 list detail details edit new create view overview reports report archive tags tag " +
	"page pages compare wishlist favorites reviews review returns invoice invoices billing subscription welcome onboarding confirm confirmation thanks thank-you success error 404 500 " +
	"wp-content wp-includes themes plugins node_modules vendor lib src demo example examples test"

// Extensions and the like stand in cssList under another rule to save a table:
//
//	k CSS keyword and function  e file extension
const cssList = "k:light-dark oklab oklch lab lch hwb translatex translatey translatez scalex scaley rotatex rotatey rotatez skewx skewy brightness contrast grayscale hue-rotate invert saturate sepia auto-fill auto-fit subgrid arial helvetica georgia verdana roboto inter none auto inherit initial unset revert normal flex grid block inline contents solid dashed dotted double hidden visible collapse " +
	"bold bolder lighter italic oblique center left right top bottom start end both all row column wrap nowrap absolute relative fixed sticky static " +
	"transparent currentcolor black white red green blue gray grey yellow orange purple pink cyan silver gold " +
	"var calc min max clamp rgb rgba hsl hsla color-mix in url attr linear-gradient radial-gradient conic-gradient repeating-linear-gradient to from at " +
	"cubic-bezier steps ease ease-in ease-out ease-in-out linear infinite alternate forwards backwards reverse paused running " +
	"translate translate3d scale rotate skew matrix matrix3d perspective " +
	"blur drop-shadow opacity cover contain repeat no-repeat space round " +
	"sans-serif serif monospace cursive system-ui " +
	"uppercase lowercase capitalize underline pointer default text move minmax repeat fit-content min-content max-content fr span dense " +
	"light dark inset outset px em rem vh vw fill stroke stretch baseline middle space-between space-around space-evenly flex-start flex-end" +
	"|e:html htm php asp aspx jsp css js mjs json xml png jpg jpeg gif webp avif svg ico mp4 webm mp3 ogg woff woff2 ttf otf eot pdf txt zip csv map md wasm webmanifest"

// cueList: words before a number which say that it is somebody's (p a phone number), or
// before a segment which say that it is somebody (u).
const cueList = "p:tel telephone telefon telefono teléfono téléphone phone mobile mobil mob cell cellphone handy fax call whatsapp sms portable móvil" +
	"|u:user users u profile profiles people person persons member members account accounts customer customers client clients patient patients employee employees " +
	"author authors contact contacts candidate candidates student students guest guests friend friends invite invitation invitations reset verify unsubscribe token session sessions auth activate confirm magic"
