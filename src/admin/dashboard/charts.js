// The charts: the samples of the last five minutes, what is computed from them, and how they are drawn.

const KEPT_S = 300, WINDOW_S = 5, GAP_S = 5;

// --- samples ---

// Metrics by name; each series has its labels and its value.
function parseMetrics(series) {
  const metrics = {};
  for (const [key, value] of Object.entries(series)) {
    const brace = key.indexOf('{');
    const name = brace < 0 ? key : key.slice(0, brace), labels = {};
    if (brace >= 0) for (const [, label, text] of key.slice(brace).matchAll(/(\w+)="([^"]*)"/g)) labels[label] = text;
    (metrics[name] ??= []).push({ labels, value });
  }
  const find = (name, wanted) => (metrics[name] ?? []).filter(({ labels }) => Object.entries(wanted).every(([k, v]) => labels[k] === v));
  return {
    // The sum of the series with these labels; null: there is no such metric.
    total(name, wanted = {}) {
      const found = find(name, wanted);
      return found.length ? sum(found.map(each => each.value)) : null;
    },
    // [upper bound, count up to it], the last bound is Infinity.
    buckets: name => find(name + '_bucket', {}).map(({ labels, value }) => [labels.le === '+Inf' ? Infinity : +labels.le, value]).sort((a, b) => a[0] - b[0]),
  };
}

function sampleOf(status) {
  const m = parseMetrics(status.metrics), get = (name, labels) => m.total('tusk_' + name, labels);
  return {
    t: status.time_ms / 1000, get,
    requests: ['1xx', '2xx', '3xx', '4xx', '5xx'].map(cls => get('requests_total', { class: cls }) ?? 0),
    latency: m.buckets('tusk_request_duration_seconds'), wait: m.buckets('tusk_queue_wait_seconds'),
    cpu: m.total('process_cpu_seconds_total'), memory: m.total('process_resident_memory_bytes'),
    queue: get('queue_depth'), busy: get('workers', { state: 'busy' }),
    workers: sum(['busy', 'idle', 'starting', 'booting'].map(state => get('workers', { state }) ?? 0)),
    hits: get('opcache_hits_total'), misses: get('opcache_misses_total'),
    received: get('received_bytes_total'), sent: get('sent_bytes_total'),
  };
}

// Estimated inside the bucket; null: there was none.
function quantile(from, to, q) {
  if (from.length !== to.length || !to.length) return null;
  const grown = to.map(([bound, n], i) => [bound, n - from[i][1]]), all = grown.at(-1)[1];
  if (!(all > 0)) return null;
  let below = 0, lower = 0;
  for (const [bound, n] of grown) {
    if (n >= q * all) return bound === Infinity ? lower : lower + (bound - lower) * (q * all - below) / (n - below || 1);
    [below, lower] = [n, bound];
  }
  return lower;
}

const samples = [];
function addSample(s) {
  // The clock was set back, or it is another tusk.
  if (samples.length && s.t <= samples.at(-1).t) samples.length = 0;
  const before = samples.at(-1);
  // After a pause, or when tusk has begun to count anew, nothing is known of the time between.
  s.gap = !before || s.t - before.t > GAP_S || sum(s.requests) < sum(before.requests);
  samples.push(s);
  while (samples[0].t < s.t - KEPT_S) samples.shift();
  let first = samples.length - 1;
  while (first > 0 && !samples[first].gap && s.t - samples[first - 1].t < WINDOW_S + .5) --first;
  const base = samples[first];
  s.p = [.5, .9, .99].map(q => quantile(base.latency, s.latency, q));
  s.wait99 = quantile(base.wait, s.wait, .99);
  s.rates = [null, null, null];
  if (s.gap) return;
  const seconds = s.t - before.t, grown = s.requests.map((n, i) => n - before.requests[i]);
  s.rates = [sum(grown), grown[3], grown[4]].map(n => n / seconds);
  s.cpuUse = s.cpu == null ? null : Math.max(0, s.cpu - before.cpu) / seconds;
  s.in = (s.received - before.received) / seconds;
  s.out = (s.sent - before.sent) / seconds;
  const recent = s.requests.map((n, i) => n - base.requests[i]);
  s.failed = sum(recent) ? recent[4] / sum(recent) : null;
  const lookups = s.hits - base.hits + s.misses - base.misses;
  s.hitRate = s.hits != null && lookups > 0 ? (s.hits - base.hits) / lookups : null;
}

// --- charts ---

const HEIGHT = 190, LEFT = 58, RIGHT = 8, TOP = 10, BOTTOM = 20;

class Chart {
  // Each series: a name, and a function from a sample to its value, or null.
  constructor(title, series, format, scale = 'linear') {
    Object.assign(this, { title, series, format, scale, at: null });
    this.values = series.map(() => el('span'));
    this.when = el('span');
    this.svg = svg('svg', { role: 'img', tabindex: 0 });
    this.figure = el('figure', {}, el('figcaption', {}, el('b', {}, title), this.when, ...series.map(([name], i) =>
      el('span', {}, svg('svg', { viewBox: '0 0 22 8', 'aria-hidden': 'true' }, svg('path', { class: 's' + (i + 1), d: 'M1 4H21' })), name + ' ', this.values[i]))), this.svg);
    const look = t => { this.at = t; this.draw(); };
    this.svg.addEventListener('pointermove', event => {
      const box = this.svg.getBoundingClientRect();
      look(this.now - this.span * (1 - (event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT)));
    });
    for (const end of ['pointerleave', 'blur']) this.svg.addEventListener(end, () => look(null));
    this.svg.addEventListener('keydown', event => {
      const step = { ArrowLeft: -5, ArrowRight: 5 }[event.key];
      if (event.key === 'Escape') look(null);
      if (!step) return;
      event.preventDefault();
      look(Math.min(this.now, Math.max(this.now - this.span, (this.at ?? this.now) + step)));
    });
  }

  // Returns [lowest, highest, ticks].
  range() {
    const all = samples.flatMap(s => this.series.map(([, of]) => of(s))).filter(v => v != null);
    const most = Math.max(...all, 0);
    if (this.scale === 'log') {
      const low = Math.floor(Math.log10(Math.max(1e-5, Math.min(...all, 1e-3)))), high = Math.max(low + 1, Math.ceil(Math.log10(most || 1e-2)));
      return [10 ** low, 10 ** high, Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i))];
    }
    const base = this.scale === 'bytes' ? 2 : 10, least = this.scale === 'bytes' ? 1 << 22 : this.scale === 'whole' ? 1 : .1;
    const power = base ** Math.floor(Math.log(Math.max(most / 4, least)) / Math.log(base) + 1e-9);
    const step = power * (base === 2 ? [1, 1.5, 2] : [1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10]).find(n => n * power * 4 >= most * .999 && (this.scale !== 'whole' || n * power % 1 === 0));
    return [0, 4 * step, [0, 1, 2, 3, 4].map(i => i * step)];
  }

  draw() {
    if (!samples.length) return;
    const width = this.svg.clientWidth || 600;
    this.now = samples.at(-1).t;
    this.span = Math.max(60, Math.min(KEPT_S, this.now - samples[0].t));
    const [low, high, ticks] = this.range();
    const level = v => this.scale === 'log' ? Math.log(Math.max(v, low) / low) / Math.log(high / low) : v / high;
    const x = t => LEFT + (width - LEFT - RIGHT) * (1 - (this.now - t) / this.span);
    const y = v => TOP + (HEIGHT - TOP - BOTTOM) * (1 - Math.min(1, level(v)));
    const parts = ticks.flatMap(v => [svg('line', { class: 'grid', x1: LEFT, x2: width - RIGHT, y1: y(v), y2: y(v) }),
      svg('text', { x: LEFT - 8, y: y(v) + 4, 'text-anchor': 'end' }, this.format(v))]);
    const every = this.span > 120 ? 60 : 15;
    for (let ago = 0; ago <= this.span; ago += every) {
      parts.push(svg('text', { x: x(this.now - ago), y: HEIGHT - 4, 'text-anchor': ago ? 'middle' : 'end' }, !ago ? 'now' : ago % 60 ? `−${ago} s` : `−${ago / 60} min`));
    }
    this.series.forEach(([, of], i) => {
      const runs = [];
      let run = null;
      for (const s of samples) {
        const value = of(s);
        if (s.gap || value == null) run = null;
        if (value == null) continue;
        if (!run) runs.push(run = []);
        run.push(`${x(s.t).toFixed(1)} ${y(value).toFixed(1)}`);
      }
      const lines = runs.map(points => 'M' + points.join('L') + (points.length < 2 ? 'h.1' : ''));
      if (i === 0 && this.scale !== 'log') {
        const areas = runs.map(points => `M${points[0].split(' ')[0]} ${y(0)}L${points.join('L')}V${y(0)}Z`);
        parts.push(svg('path', { class: 'area', d: areas.join('') }));
      }
      parts.push(svg('path', { class: 's' + (i + 1), d: lines.join('') }));
    });
    let shown = samples.at(-1);
    if (this.at != null) {
      shown = samples.reduce((best, s) => Math.abs(s.t - this.at) < Math.abs(best.t - this.at) ? s : best);
      parts.push(svg('line', { class: 'cross', x1: x(shown.t), x2: x(shown.t), y1: TOP, y2: HEIGHT - BOTTOM }));
    }
    this.svg.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
    this.svg.replaceChildren(...parts);
    const texts = this.series.map(([, of]) => { const value = of(shown); return value == null ? '–' : this.format(value); });
    texts.forEach((text, i) => say(this.values[i], text));
    say(this.when, this.at == null ? '' : `${Math.round(this.now - shown.t)} s ago:`);
    this.svg.setAttribute('aria-label', `${this.title}: ` + this.series.map(([name], i) => `${name} ${texts[i]}`).join(', '));
  }
}

const charts = [
  new Chart('Requests per second', [['all', s => s.rates[0]], ['4xx', s => s.rates[1]], ['5xx', s => s.rates[2]]], count),
  new Chart('Latency', [['median', s => s.p[0]], ['p90', s => s.p[1]], ['p99', s => s.p[2]]], time, 'log'),
  new Chart('Workers and queue', [['busy', s => s.busy], ['workers', s => s.workers], ['waiting requests', s => s.queue]], count, 'whole'),
  new Chart('Memory', [['resident', s => s.memory]], bytes, 'bytes'),
];
