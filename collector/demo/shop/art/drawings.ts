// Product drawings, 240 by 240, ground at y=206. Classes give the colours (shop.css):
// m main, d its shade, l its light, k ink, w white, g shadow on the ground; sk, sm and sd
// are strokes of ink, main and shade.

const ground = (rx: number): string => `<ellipse class="g" cx="120" cy="208" rx="${rx}" ry="7"/>`

export const drawings = {
  kettle: `${ground(78)}
<path class="sk" stroke-width="11" d="M80 106C70 34 178 34 168 106"/>
<path class="m" d="M74 134 38 92c-4-5-11-4-14 1l-5 8c-2 4-1 7 2 10l42 50z"/>
<path class="m" d="M56 198c-9-28-2-74 26-94h80c28 20 35 66 26 94a11 11 0 0 1-11 8H67a11 11 0 0 1-11-8z"/>
<path class="d" d="M148 104h14c28 20 35 66 26 94a11 11 0 0 1-11 8h-30c26-22 28-72 1-102z"/>
<path class="l" d="M86 126c-13 16-16 40-12 62h11c-4-22 0-44 12-62z"/>
<path class="d" d="M86 104c3-16 18-24 36-24s33 8 36 24z"/><circle class="k" cx="122" cy="76" r="9"/>
<path class="k" d="M56 196h132l-1 5a11 11 0 0 1-10 5H67a11 11 0 0 1-10-5z" opacity=".250"/>`,

  lamp: `${ground(52)}
<g transform="translate(140 62) rotate(28)"><path class="glow" d="M-46 34h92l26 76H-84z"/></g>
<path class="k" d="M72 194h72a7 7 0 0 1 7 7v5H65v-5a7 7 0 0 1 7-7z"/>
<path class="sk" stroke-width="8" d="m108 194-30-70 62-62"/>
<circle class="m" cx="78" cy="124" r="10"/><circle class="w" cx="78" cy="124" r="3.500"/>
<path class="sd" stroke-width="4" d="m92 128 34-34"/>
<g transform="translate(140 62) rotate(28)"><rect class="d" x="-14" y="-36" width="28" height="20" rx="5"/>
<path class="m" d="M-18-20h36l30 54h-96z"/><path class="d" d="M4-20h14l30 54H20z"/><ellipse class="w" cx="0" cy="34" rx="48" ry="8"/><ellipse class="l" cx="0" cy="34" rx="34" ry="5"/></g>`,

  mug: `${ground(64)}
<path class="sk" stroke-width="5" opacity=".500" d="M92 64c-8-12 8-16 0-30M118 60c-8-12 8-18 0-32M144 64c-8-12 8-16 0-30"/>
<path class="sd" stroke-width="15" d="M162 112h16a25 25 0 0 1 0 54h-22"/>
<path class="m" d="M60 90h112v74a42 42 0 0 1-42 42h-28a42 42 0 0 1-42-42z"/>
<path class="d" d="M142 90h30v74a42 42 0 0 1-42 42h-10c16-8 22-24 22-44z"/>
<ellipse class="l" cx="116" cy="90" rx="56" ry="12"/><ellipse class="k" cx="116" cy="92" rx="47" ry="8"/>
<g class="w" opacity=".800"><circle cx="80" cy="128" r="2"/><circle cx="98" cy="146" r="1.600"/><circle cx="86" cy="168" r="2.200"/><circle cx="116" cy="126" r="1.700"/><circle cx="126" cy="160" r="2"/><circle cx="106" cy="182" r="1.500"/><circle cx="150" cy="138" r="1.700"/><circle cx="72" cy="148" r="1.400"/></g>
<path class="w" opacity=".350" d="M60 166h112a42 42 0 0 1-2 12H62a42 42 0 0 1-2-12z"/>`,

  radio: `${ground(92)}
<path class="sk" stroke-width="4" d="m166 84 36-58"/><circle class="k" cx="203" cy="24" r="5"/>
<path class="sk" stroke-width="9" d="M72 86V74a10 10 0 0 1 10-10h56a10 10 0 0 1 10 10v12"/>
<rect class="k" x="54" y="196" width="24" height="11" rx="4"/><rect class="k" x="162" y="196" width="24" height="11" rx="4"/>
<rect class="m" x="32" y="82" width="176" height="118" rx="16"/>
<path class="d" d="M32 166h176v18a16 16 0 0 1-16 16H48a16 16 0 0 1-16-16z"/>
<circle class="k" cx="86" cy="134" r="38"/><circle class="d" cx="86" cy="134" r="30"/><circle class="k" cx="86" cy="134" r="11"/>
<g class="sk" stroke-width="3" opacity=".600"><path d="M62 116h48M57 125h58M57 143h58M62 152h48"/></g>
<rect class="w" x="138" y="98" width="56" height="28" rx="5"/><g class="sk" stroke-width="2"><path d="M146 106v8M154 106v5M162 106v8M170 106v5M178 106v8M186 106v5"/></g><path class="l" d="M166 98h4v28h-4z"/>
<circle class="l" cx="152" cy="152" r="12"/><circle class="l" cx="182" cy="152" r="12"/><path class="sk" stroke-width="3" d="M152 152v-8M182 152l6 6"/>`,

  stool: `${ground(84)}
<path class="d" d="m80 88-16 118h15L96 88zM160 88l16 118h-15L144 88z"/>
<path class="k" opacity=".300" d="M70 168h100v9H70z"/>
<path class="m" d="M62 88 34 206h17L82 88zM178 88l28 118h-17L158 88z"/>
<path class="m" d="M40 140h160a5 5 0 0 1 5 5v9a5 5 0 0 1-5 5H40a5 5 0 0 1-5-5v-9a5 5 0 0 1 5-5z"/><path class="d" d="M35 152h170v2a5 5 0 0 1-5 5H40a5 5 0 0 1-5-5z"/>
<path class="m" d="M50 66h140a8 8 0 0 1 8 8v14a8 8 0 0 1-8 8H50a8 8 0 0 1-8-8V74a8 8 0 0 1 8-8z"/><path class="d" d="M42 84h156v4a8 8 0 0 1-8 8H50a8 8 0 0 1-8-8z"/>
<rect class="k" x="102" y="73" width="36" height="7" rx="3.500"/>
<g class="w"><circle cx="58" cy="80" r="3"/><circle cx="182" cy="80" r="3"/><circle cx="48" cy="149" r="3"/><circle cx="192" cy="149" r="3"/></g>`,

  clock: `<path class="sk" stroke-width="8" d="M120 34V18"/><circle class="k" cx="120" cy="14" r="6"/>
<circle class="d" cx="126" cy="124" r="92"/><circle class="m" cx="120" cy="120" r="92"/><circle class="w" cx="120" cy="120" r="74"/>
<g class="sk" stroke-width="6"><path d="M120 54v14M120 172v14M54 120h14M172 120h14"/></g>
<g class="sk" stroke-width="3"><path d="m153 63-5 9M177 87l-9 5M177 153l-9-5M153 177l-5-9M87 177l5-9M63 153l9-5M63 87l9 5M87 63l5 9"/></g>
<path class="sk" stroke-width="8" d="m120 120-28-30"/><path class="sk" stroke-width="6" d="m120 120 38-36"/><path class="sm" stroke-width="3" d="m108 142 36-66"/>
<circle class="m" cx="120" cy="120" r="8"/><circle class="w" cx="120" cy="120" r="3"/>`,

  can: `${ground(80)}
<path class="sd" stroke-width="10" d="M150 112c0-52 60-52 60-2 0 32-22 58-44 66"/>
<path class="m" d="M84 168 42 92l13-8 49 62z"/><path class="d" d="m28 82 32-19 11 18-27 16z"/>
<g class="w"><circle cx="41" cy="85" r="2"/><circle cx="48" cy="80" r="2"/><circle cx="56" cy="76" r="2"/></g>
<g class="sk" stroke-width="3" opacity=".500"><path d="m28 98-8 18M40 102l-5 20M20 92l-10 12"/></g>
<path class="m" d="M92 104h76l14 92a9 9 0 0 1-9 10H87a9 9 0 0 1-9-10z"/><path class="d" d="M148 104h20l14 92a9 9 0 0 1-9 10h-24z"/>
<path class="l" d="M100 120h9l-8 70h-9z"/><ellipse class="k" cx="130" cy="104" rx="38" ry="8"/>
<path class="sk" stroke-width="8" d="M100 102c2-40 58-40 60 0"/>`,

  carafe: `${ground(62)}
<path class="w" opacity=".750" d="M74 40h92c-4 30-18 44-28 60v10c26 18 46 40 46 66 0 20-14 30-30 30H86c-16 0-30-10-30-30 0-26 20-48 46-66v-10C92 84 78 70 74 40z"/>
<path class="d" d="M62 156h116c4 7 6 13 6 20 0 20-14 30-30 30H86c-16 0-30-10-30-30 0-7 2-13 6-20z"/><ellipse class="k" opacity=".350" cx="120" cy="157" rx="58" ry="6"/>
<path class="l" d="M78 44h84l-36 50h-12z"/><path class="k" opacity=".700" d="M88 56h64l-26 36h-12z"/>
<path class="m" d="M94 88h52l6 14-6 20H94l-6-20z"/><path class="d" d="M128 88h18l6 14-6 20h-18z"/>
<path class="sk" stroke-width="4" d="M88 104h64"/><circle class="w" cx="120" cy="104" r="6"/>
<path class="w" opacity=".600" d="M72 166c-2 10 2 22 10 28h8c-8-8-12-18-10-28z"/>`,

  pack: `${ground(70)}
<path class="sk" stroke-width="8" d="M98 48V38a22 22 0 0 1 44 0v10"/>
<path class="d" d="M48 122c-12 8-16 60-8 74h18v-74zM192 122c12 8 16 60 8 74h-18v-74z"/>
<path class="m" d="M56 90a46 46 0 0 1 46-46h36a46 46 0 0 1 46 46v102a14 14 0 0 1-14 14H70a14 14 0 0 1-14-14z"/>
<path class="d" d="M56 90a46 46 0 0 1 46-46h36a46 46 0 0 1 46 46v20c-40 16-88 16-128 0z"/>
<rect class="l" x="72" y="140" width="96" height="50" rx="10"/><path class="sk" stroke-width="3" opacity=".500" d="M80 154h80"/>
<path class="k" d="M88 108h12v30H88zM140 108h12v30h-12z"/><rect class="w" x="84" y="124" width="20" height="12" rx="3"/><rect class="w" x="136" y="124" width="20" height="12" rx="3"/>
<circle class="w" cx="120" cy="76" r="10"/><path class="sd" stroke-width="3" d="m116 76 3 3 6-6"/>`,

  shears: `<g transform="rotate(18 120 120)"><path class="w" d="M116 126 90 18c14 4 28 34 36 104z"/><path class="sk" stroke-width="2" opacity=".400" d="M116 126 90 18c14 4 28 34 36 104"/>
<path class="l" d="M124 126l26-108c-14 4-28 34-36 104z"/>
<path class="m" d="M112 116c-6 22-30 16-44 38-12 20-4 50 20 52 26 2 34-26 32-46-1-14 4-22 8-34z"/><path class="w" d="M86 164c-8 12-4 26 6 27 12 1 14-14 14-25 0-10-12-14-20-2z" opacity="0"/>
<ellipse class="hole" cx="92" cy="174" rx="14" ry="19" transform="rotate(24 92 174)"/>
<path class="d" d="M128 116c6 22 30 16 44 38 12 20 4 50-20 52-26 2-34-26-32-46 1-14-4-22-8-34z"/><ellipse class="hole" cx="148" cy="174" rx="14" ry="19" transform="rotate(-24 148 174)"/>
<circle class="k" cx="120" cy="124" r="9"/><path class="sl" stroke-width="3" d="m116 124 8 0"/></g>`,

  pan: `<g transform="rotate(-38 120 120)"><path class="d" d="M186 106h50a14 14 0 0 1 0 28h-50z"/><path class="m" d="M190 108h44a12 12 0 0 1 0 24h-44z"/><circle class="hole" cx="234" cy="120" r="5"/></g>
<circle class="g" cx="108" cy="138" r="84"/><circle class="k" cx="104" cy="132" r="84"/><circle class="m" cx="104" cy="132" r="84" opacity=".200"/><circle class="k" cx="104" cy="132" r="70"/>
<path class="sl" stroke-width="3" opacity=".350" d="M46 116a62 62 0 0 1 42-44"/>
<path class="w" d="M72 112c8-22 40-26 56-12 10 9 26 8 28 26 2 16-14 20-18 32-6 18-30 22-44 10-10-8-26-6-30-22-3-12 4-22 8-34z"/>
<circle class="yolk" cx="108" cy="130" r="22"/><path class="w" opacity=".700" d="M98 120c4-6 10-7 14-6-4 2-9 5-11 10z"/>`,

  fan: `${ground(54)}
<path class="k" d="M80 196h80a8 8 0 0 1 8 8v2H72v-2a8 8 0 0 1 8-8z"/><path class="d" d="M112 164h16l4 34h-24z"/>
<circle class="m" cx="120" cy="98" r="80"/><circle class="hole" cx="120" cy="98" r="69"/>
<g class="blades"><path class="d" d="M120 98c-8-26-4-54 18-58 20-2 22 30-18 58z"/><path class="m" d="M120 98c26-8 54-4 58 18 2 20-30 22-58-18z"/><path class="d" d="M120 98c8 26 4 54-18 58-20 2-22-30 18-58z"/><path class="m" d="M120 98c-26 8-54 4-58-18-2-20 30-22 58 18z"/></g>
<g class="sk" stroke-width="1.500" opacity=".450"><circle cx="120" cy="98" r="60"/><circle cx="120" cy="98" r="46"/><circle cx="120" cy="98" r="32"/><path d="M120 26v144M48 98h144M69 47l102 102M171 47 69 149"/></g>
<circle class="l" cx="120" cy="98" r="15"/><circle class="k" cx="120" cy="98" r="5"/>`,
} as const

export type DrawingName = keyof typeof drawings
