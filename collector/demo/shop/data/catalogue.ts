import type { Tone } from '../art/art'
import type { DrawingName } from '../art/drawings'

export type Category = 'Kitchen' | 'Light & air' | 'Home' | 'Out & about'
export const categories: readonly Category[] = ['Kitchen', 'Light & air', 'Home', 'Out & about']

export interface Part { name: string; no: string; cents: number }
export interface Review { who: string; stars: number; text: string; when: string }

export interface Product {
  slug: string
  name: string
  line: string
  about: string
  drawing: DrawingName
  category: Category
  cents: number
  tones: readonly [Tone, ...Tone[]]
  rating: number
  reviews: number
  stock: number
  spec: readonly (readonly [string, string])[]
  parts: readonly Part[]
}

export const products: readonly Product[] = [
  {
    slug: 'hob-kettle', name: 'Hob Kettle', line: '1.8 litres, whistles in C', drawing: 'kettle', category: 'Kitchen',
    cents: 6900, tones: ['tomato', 'cobalt', 'moss', 'slate'], rating: 4.7, reviews: 212, stock: 9,
    about: 'Enamelled steel with a riveted handle. The whistle unscrews, and so does everything else, so limescale is a Sunday chore and not a reason for a new kettle.',
    spec: [['Holds', '1.8 l'], ['Works on', 'Gas, electric, induction'], ['Weighs', '1.2 kg']],
    parts: [{ name: 'Whistle', no: 'K-04', cents: 450 }, { name: 'Lid knob', no: 'K-02', cents: 300 }, { name: 'Handle with rivets', no: 'K-11', cents: 900 }],
  },
  {
    slug: 'swing-lamp', name: 'Swing Lamp', line: 'Two arms, one bulb you can change', drawing: 'lamp', category: 'Light & air',
    cents: 12400, tones: ['honey', 'tomato', 'teal', 'slate'], rating: 4.8, reviews: 164, stock: 6,
    about: 'A reading lamp with springs that stay where you put them. Plain E27 socket, plain fabric cable, and a joint kit in the box for the day in ten years when you want one.',
    spec: [['Reach', '72 cm'], ['Socket', 'E27, up to 12 W LED'], ['Cable', '2 m, cotton']],
    parts: [{ name: 'Joint kit', no: 'L-07', cents: 600 }, { name: 'Socket and switch', no: 'L-01', cents: 1100 }, { name: 'Cable, 2 m', no: 'L-03', cents: 850 }],
  },
  {
    slug: 'morning-mug', name: 'Morning Mug', line: 'Stoneware, 340 ml', drawing: 'mug', category: 'Kitchen',
    cents: 1900, tones: ['teal', 'rose', 'honey', 'plum'], rating: 4.6, reviews: 508, stock: 31,
    about: 'Thrown thick, fired twice, glazed with a speckle that hides tea. Chipped it? Post it back and we grind and re-glaze the rim.',
    spec: [['Holds', '340 ml'], ['Clay', 'Stoneware, 1,240 °C'], ['Dishwasher', 'Every day']],
    parts: [{ name: 'Rim repair', no: 'M-R1', cents: 500 }],
  },
  {
    slug: 'bench-radio', name: 'Bench Radio', line: 'FM, DAB and a proper dial', drawing: 'radio', category: 'Home',
    cents: 15900, tones: ['cobalt', 'tomato', 'honey'], rating: 4.5, reviews: 97, stock: 4,
    about: 'Six screws and you are inside. Board, speaker and battery each lift out alone; the diagram is printed on the back panel, where you need it.',
    spec: [['Tunes', 'FM 87.5–108, DAB+'], ['Plays', '22 h on a charge'], ['Speaker', '3.5 inch paper cone']],
    parts: [{ name: 'Battery pack', no: 'R-20', cents: 1900 }, { name: 'Speaker', no: 'R-08', cents: 1400 }, { name: 'Aerial', no: 'R-02', cents: 500 }, { name: 'Dial knobs, pair', no: 'R-05', cents: 400 }],
  },
  {
    slug: 'two-step-stool', name: 'Two-Step Stool', line: 'Ash and four bolts', drawing: 'stool', category: 'Home',
    cents: 9800, tones: ['moss', 'rose', 'slate'], rating: 4.9, reviews: 76, stock: 12,
    about: 'A seat, a step, a bedside table. It comes flat, goes together with one key, and every board can be bought alone.',
    spec: [['Carries', '150 kg'], ['Stands', '46 cm high'], ['Wood', 'Ash, linseed painted']],
    parts: [{ name: 'Seat board', no: 'S-01', cents: 2400 }, { name: 'Bolt set', no: 'S-09', cents: 350 }],
  },
  {
    slug: 'station-clock', name: 'Station Clock', line: 'Silent sweep, 32 cm', drawing: 'clock', category: 'Home',
    cents: 7400, tones: ['slate', 'tomato', 'cobalt', 'teal'], rating: 4.4, reviews: 133, stock: 7,
    about: 'Big enough to read with shampoo in your eyes. Standard movement on a standard shaft: when it stops, a new one is four euros and a coin to turn it.',
    spec: [['Face', '32 cm, glass'], ['Movement', 'Quartz, sweeping'], ['Battery', 'One AA']],
    parts: [{ name: 'Movement', no: 'C-03', cents: 400 }, { name: 'Hands, set of three', no: 'C-04', cents: 350 }, { name: 'Glass', no: 'C-01', cents: 1200 }],
  },
  {
    slug: 'long-can', name: 'Long Can', line: 'Waters what you cannot reach', drawing: 'can', category: 'Out & about',
    cents: 5200, tones: ['moss', 'honey', 'plum'], rating: 4.7, reviews: 58, stock: 15,
    about: 'Folded and soldered, no plastic anywhere. The rose screws off for cleaning; the solder line can be run again by anyone with an iron.',
    spec: [['Holds', '3 l'], ['Made of', 'Galvanised steel'], ['Rose', 'Brass, 0.8 mm']],
    parts: [{ name: 'Brass rose', no: 'W-02', cents: 900 }],
  },
  {
    slug: 'slow-carafe', name: 'Slow Carafe', line: 'Four cups, no filter papers', drawing: 'carafe', category: 'Kitchen',
    cents: 4600, tones: ['honey', 'teal', 'plum'], rating: 4.3, reviews: 241, stock: 3,
    about: 'Borosilicate glass with a wooden collar that unties. We sell the glass alone, because it is always the glass.',
    spec: [['Brews', '600 ml'], ['Filter', 'Steel mesh, for good'], ['Collar', 'Beech']],
    parts: [{ name: 'Glass', no: 'P-01', cents: 1800 }, { name: 'Steel filter', no: 'P-02', cents: 1200 }, { name: 'Collar and cord', no: 'P-03', cents: 700 }],
  },
  {
    slug: 'day-pack', name: 'Day Pack', line: '18 litres of waxed canvas', drawing: 'pack', category: 'Out & about',
    cents: 11800, tones: ['plum', 'moss', 'cobalt', 'tomato'], rating: 4.8, reviews: 189, stock: 8,
    about: 'Straps are bolted, not stitched into the seam, so a dog can only eat one part of it. Re-waxing is free for as long as you own it.',
    spec: [['Carries', '18 l'], ['Fits', 'A 15 inch laptop'], ['Cloth', 'Waxed canvas, 18 oz']],
    parts: [{ name: 'Shoulder strap', no: 'D-05', cents: 1600 }, { name: 'Buckle', no: 'D-02', cents: 400 }, { name: 'Tin of wax', no: 'D-90', cents: 800 }],
  },
  {
    slug: 'house-shears', name: 'House Shears', line: 'Come apart, sharpen flat', drawing: 'shears', category: 'Home',
    cents: 3400, tones: ['tomato', 'cobalt', 'moss'], rating: 4.6, reviews: 320, stock: 22,
    about: 'Two blades and one screw. Take them apart, run them over any flat stone, put them back: they cut like the first day.',
    spec: [['Length', '21 cm'], ['Steel', 'Carbon, 58 HRC'], ['Hands', 'Left or right']],
    parts: [{ name: 'Pivot screw', no: 'H-01', cents: 200 }, { name: 'Sharpening', no: 'H-S', cents: 700 }],
  },
  {
    slug: 'egg-pan', name: 'Egg Pan', line: 'Cast iron for exactly two eggs', drawing: 'pan', category: 'Kitchen',
    cents: 5800, tones: ['rose', 'teal', 'honey'], rating: 4.9, reviews: 417, stock: 0,
    about: 'Cast thin, machined smooth. The handle bolts on, so a burnt grip is not the end of a pan that will see your grandchildren.',
    spec: [['Across', '20 cm'], ['Weighs', '1.1 kg'], ['Hob', 'Any, and a campfire']],
    parts: [{ name: 'Ash handle', no: 'E-02', cents: 1400 }],
  },
  {
    slug: 'desk-fan', name: 'Desk Fan', line: 'Three speeds, 31 dB', drawing: 'fan', category: 'Light & air',
    cents: 8900, tones: ['teal', 'rose', 'cobalt'], rating: 4.2, reviews: 88, stock: 11,
    about: 'The cage unclips without a tool, because a fan that cannot be dusted is a fan that will be thrown away. Brushless motor, two screws.',
    spec: [['Across', '26 cm'], ['Draws', '14 W'], ['Sound', '31 dB at one metre']],
    parts: [{ name: 'Blade set', no: 'F-03', cents: 900 }, { name: 'Motor', no: 'F-01', cents: 2600 }],
  },
]

export function find(slug: string): Product | undefined {
  return products.find((product) => product.slug === slug)
}

const opinions: readonly Review[] = [
  { who: 'Ines, Porto', stars: 5, when: '3 days ago', text: 'Took it apart on the first evening to see whether they mean it. They mean it.' },
  { who: 'Joost, Utrecht', stars: 4, when: 'last week', text: 'Heavier than the photograph suggests, which I count as a plus. Box was a bit large.' },
  { who: 'Maeve, Galway', stars: 5, when: '2 weeks ago', text: 'Second one in eleven years, and only because my sister kept the first.' },
  { who: 'Radek, Brno', stars: 5, when: '3 weeks ago', text: 'Ordered a spare part on Monday, had it on Wednesday, fixed by Wednesday evening.' },
  { who: 'Lucía, Gijón', stars: 3, when: 'last month', text: 'Good thing, wrong shade in my kitchen. They changed it without a word and paid the postage.' },
  { who: 'Tom, Leeds', stars: 5, when: 'last month', text: 'The printed diagram alone is worth it. My daughter did the repair.' },
  { who: 'Aino, Turku', stars: 4, when: '2 months ago', text: 'Works as it should. One star less because I wanted it in yellow.' },
]

/** reviewsOf gives the reviews of a product, another order for each. */
export function reviewsOf(product: Product): readonly Review[] {
  const start = products.indexOf(product) % opinions.length
  return [...opinions.slice(start), ...opinions.slice(0, start)]
}

export const questions: readonly (readonly [string, string])[] = [
  ['What does “you can mend it” mean here?', 'Every thing we sell comes apart with tools you can buy in any town, each part has a number, and we keep that part for at least fifteen years after we last sold the thing.'],
  ['Can you repair it for me?', 'Yes. Post it to the bench; we look at it within two days and tell you the price before we touch it. Most repairs are under fifteen euros.'],
  ['How fast do you send?', 'Orders before three in the afternoon leave the same day. Parts go by letter post and are usually there the day after next.'],
  ['What if I do not like the colour?', 'Send it back within sixty days. If it is only the colour, we swap the coloured parts and you keep the rest.'],
  ['Is this a real shop?', 'No. It is the demo of a session recorder. Nothing can be bought, nothing you type reaches a shop, and what you do here is recorded so that you can watch it afterwards.'],
]
