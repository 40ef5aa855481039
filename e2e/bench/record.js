'use strict'
// Scenarios of `make bench-record`. The same page serves all recorders: the driver calls
// load, prepare, start, run and drain in this order and reads the main thread's CPU time around the
// part that it measures.
const root = document.getElementById('root')
const frame = () => new Promise((done) => requestAnimationFrame(() => done()))
const task = () => new Promise((done) => setTimeout(done, 0))
const words = 'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu'.split(' ')
const word = (i) => words[i % words.length] + i

function row(i) {
  const el = document.createElement('div')
  el.className = 'row'
  el.dataset.index = String(i)
  for (let c = 0; c < 3; c++) {
    const cell = document.createElement('span')
    cell.className = 'cell c' + c
    cell.title = word(i + c)
    cell.append(word(i * 3 + c))
    el.append(cell)
  }
  return el // 7 nodes
}

const scenarios = {
  // A page of 50,000 nodes; measured: the start of recording.
  snapshot: {
    prepare() { for (let i = 0; i < 7143; i++) root.append(row(i)) },
    measureStart: true,
    async run() { await frame() },
  },
  // 10,000 elements appended in 10 rounds.
  append: {
    prepare() {},
    async run() {
      for (let round = 0; round < 10; round++) {
        for (let i = 0; i < 250; i++) root.append(row(round * 250 + i))
        await frame()
      }
    },
  },
  // 300 changes a frame over 100 frames: text, class, style and attribute.
  churn: {
    prepare() { for (let i = 0; i < 300; i++) root.append(row(i)) },
    async run() {
      const rows = [...root.children]
      for (let f = 0; f < 100; f++) {
        for (let i = 0; i < 300; i++) {
          const el = rows[i]
          switch (i % 4) {
            case 0: el.firstChild.firstChild.data = word(f * 300 + i); break
            case 1: el.className = f % 2 ? 'row on' : 'row'; break
            case 2: el.style.opacity = String((f % 10) / 10); break
            default: el.dataset.index = String(f)
          }
        }
        await frame()
      }
    },
  },
  // 1,000 items reordered 20 times.
  reorder: {
    prepare() { for (let i = 0; i < 1000; i++) root.append(row(i)) },
    async run() {
      let seed = 1
      for (let round = 0; round < 20; round++) {
        const rows = [...root.children]
        for (let i = rows.length - 1; i > 0; i--) {
          seed = (seed * 48271) % 2147483647
          const j = seed % (i + 1)
          const keep = rows[i]; rows[i] = rows[j]; rows[j] = keep
        }
        for (const el of rows) root.append(el)
        await frame()
      }
    },
  },
}

const script = (src, attributes) => new Promise((done, fail) => {
  const el = document.createElement('script')
  el.src = src
  for (const [k, v] of Object.entries(attributes || {})) el.setAttribute(k, v)
  el.onload = () => done()
  el.onerror = () => fail(new Error('cannot load ' + src))
  document.head.append(el)
})

const recorders = {
  none: { async load() {}, async start() {}, async drain() {} },
  rrweb: {
    load: () => script('/npm/@rrweb/record/dist/record.umd.min.cjs'),
    events: [],
    async start() {
      const record = window.rrwebRecord?.record ?? window.rrweb?.record
      this.stop = record({ emit: (event) => { this.events.push(event) } })
      this.timer = setInterval(() => { void this.post() }, 5000)
    },
    async post() {
      if (this.events.length === 0) return
      const body = JSON.stringify(this.events)
      this.events = []
      const gz = new Response(new Blob([body]).stream().pipeThrough(new CompressionStream('gzip')))
      await fetch('/bench/sink', { method: 'POST', body: await gz.arrayBuffer() })
    },
    async drain() { clearInterval(this.timer); await this.post(); this.stop() },
  },
  afterimage: {
    load: (config) => script(config.script),
    async start(config) { await window.afterimage.start({ site: config.site, endpoint: config.endpoint }) },
    async drain() { await window.afterimage.flush() },
  },
}

let longest = 0
new PerformanceObserver((list) => { for (const e of list.getEntries()) longest = Math.max(longest, e.duration) }).observe({ type: 'longtask' })

window.bench = {
  async load(config) {
    this.recorder = recorders[config.recorder]
    this.scenario = scenarios[config.scenario]
    this.config = config
    await this.recorder.load(config)
    this.scenario.prepare()
    await frame(); await frame(); await task()
    if (!this.scenario.measureStart) {
      await this.recorder.start(config)
      await new Promise((done) => setTimeout(done, 1500))
    }
    longest = 0
  },
  async run() {
    const began = performance.now()
    if (this.scenario.measureStart) await this.recorder.start(this.config)
    await this.scenario.run()
    await frame(); await task()
    await this.recorder.drain()
    await task()
    return { wallMs: performance.now() - began, nodes: root.getElementsByTagName('*').length }
  },
  async longest() { await task(); await frame(); await task(); return longest },
}
