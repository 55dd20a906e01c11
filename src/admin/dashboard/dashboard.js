// The dashboard of tusk's internal server: asks /status once a second and draws what has changed.
// Texts of requests and scripts are hostile: they only ever become text nodes.
'use strict';

const POLL_MS = 1000, KEPT_S = 300, WINDOW_S = 5, GAP_S = 5, TIMEOUT_MS = 8000, MOST_EVENTS = 256;
const SVG = 'http://www.w3.org/2000/svg';
const $ = id => document.getElementById(id);
const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.filter(child => child != null).map(child => child.nodeType ? child : plain(child)));
  return node;
}
// Controls and marks of writing direction are shown, and not obeyed.
const plain = text => text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, c => '\\u' + c.charCodeAt().toString(16).padStart(4, '0'));
const say = (node, text) => { text = plain(text); if (node.textContent !== text) node.textContent = text; };
const sum = numbers => numbers.reduce((a, b) => a + b, 0);

// --- numbers for people ---

const round = (n, digits) => n.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
const count = n => n == null ? '–' : n >= 1e6 ? round(n / 1e6, 1) + ' M' : n >= 1e4 ? round(n / 1e3, 1) + ' k' : round(n, n < 10 && n % 1 ? 1 : 0);
const percent = n => n == null ? '–' : n && n < 1e-4 ? '< 0.01 %' : round(100 * n, n && n < .1 ? 2 : 0) + ' %';
function time(s) {
  if (s == null) return '–';
  if (s < 1e-3) return round(s * 1e6, 0) + ' µs';
  if (s < 1) return round(s * 1e3, s < .1 ? 1 : 0) + ' ms';
  if (s < 60) return round(s, s < 10 ? 2 : 1) + ' s';
  if (s < 3600) return Math.floor(s / 60) + ' min ' + Math.floor(s % 60) + ' s';
  if (s < 86400) return Math.floor(s / 3600) + ' h ' + Math.floor(s % 3600 / 60) + ' min';
  return Math.floor(s / 86400) + ' d ' + Math.floor(s % 86400 / 3600) + ' h';
}
function bytes(n) {
  if (n == null) return '–';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  for (; n >= 1024 && unit < 4; ++unit) n /= 1024;
  return round(n, unit && n < 100 ? 1 : 0) + ' ' + units[unit];
}

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
    workers: sum(['busy', 'idle', 'starting'].map(state => get('workers', { state }) ?? 0)),
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

// --- tiles ---

const tiles = {};
function tile(title, value, sub, { level = '', part = null } = {}) {
  const t = tiles[title] ??= { value: el('p', { class: 'value' }), sub: el('p', { class: 'sub' }), bar: el('i'), node: el('div') };
  if (!t.node.parentNode) $('tiles').append(fill(t.node, {}, [el('h2', {}, title), t.value, t.sub, part == null ? null : el('div', { class: 'meter', 'aria-hidden': 'true' }, t.bar)]));
  say(t.value, value);
  say(t.sub, sub);
  t.node.className = 'tile ' + level;
  if (part != null) t.bar.style.width = 100 * Math.min(1, part) + '%';
}

function showTiles(s) {
  const get = s.get, capacity = get('queue_capacity'), lost = get('workers', { state: 'lost' }) ?? 0, all = s.workers + lost;
  tile('Requests per second', count(s.rates[0]), count(sum(s.requests)) + ' since the start');
  tile('Latency, median', time(s.p[0]), `p90 ${time(s.p[1])} · p99 ${time(s.p[2])}`);
  tile('Answered with 5xx', percent(s.failed), `of the last ${WINDOW_S} s`, { level: s.failed > .01 ? 'bad' : s.failed > .001 ? 'warn' : '' });
  tile('Waiting requests', count(s.queue), `of ${count(capacity)} · wait p99 ${time(s.wait99)}`, { level: s.queue > .8 * capacity ? 'bad' : s.queue > 0 && s.busy >= s.workers ? 'warn' : '' });
  tile('Busy workers', `${s.busy} of ${all}`, lost ? `${lost} lost` : s.busy >= all ? 'none is free' : `${all - s.busy} free`, { level: lost ? 'bad' : s.busy >= all ? 'warn' : '', part: all ? s.busy / all : 0 });
  tile('Connections', count(get('active_connections')), s.in == null ? '' : `in ${bytes(s.in)}/s · out ${bytes(s.out)}/s`);
  tile('Memory', bytes(s.memory), s.cpuUse == null ? '' : `CPU ${percent(s.cpuUse)} of one core`);
  const used = get('opcache_memory_bytes', { state: 'used' }), room = get('opcache_memory_bytes');
  const restarts = get('opcache_restarts_total') ?? 0, scripts = get('opcache_scripts'), pending = get('opcache_restart_pending');
  const level = pending ? 'warn' : '', times = `${count(restarts)} restart${restarts === 1 ? '' : 's'}`;
  if (room) tile('OPcache', percent(used / room), [scripts == null ? null : count(scripts) + ' scripts', s.hitRate == null ? null : percent(s.hitRate) + ' hits', times].filter(Boolean).join(' · '), { level, part: used / room });
  else tile('OPcache', times, pending ? 'off until scripts have ended' : 'since the start', { level });
}

// --- tables ---

// Makes the rows those of `items`, and keeps the nodes of items that were there: a focused button stays.
function syncRows(body, items, keyOf, update) {
  const there = new Map([...body.rows].map(row => [row.dataset.key, row]));
  const rows = items.map(item => {
    const key = keyOf(item), row = there.get(key) ?? el('tr', { 'data-key': key });
    there.delete(key);
    update(row, item);
    return row;
  });
  for (const row of there.values()) row.remove();
  rows.forEach((row, i) => { if (body.rows[i] !== row) body.insertBefore(row, body.rows[i] ?? null); });
}
function setCells(row, texts, classes) {
  while (row.cells.length < texts.length) row.append(el('td', classes[row.cells.length] ? { class: classes[row.cells.length] } : {}));
  texts.forEach((text, i) => { if (text != null) say(row.cells[i], text); });
}

const STATES = { busy: ['▶ busy', 'good'], idle: ['○ idle', ''], lost: ['✕ lost', 'bad'], starting: ['… starting', 'warn'], stopped: ['■ stopped', 'warn'] };
let showIdle = false, processes = [];

function workerRow(row, { process, worker }) {
  const request = worker.request ?? worker.last_request;
  if (!row.cells.length) {
    setCells(row, Array(10).fill(''), ['', '', '', 'number', 'text', 'text mono', '', 'number', 'number', '']);
    row.cells[2].append(el('span', { class: 'badge' }));
    row.cells[4].append(el('span'), el('small', { class: 'error' }));
    row.cells[9].append(el('button', { type: 'button' }, 'Backtrace'));
    row.cells[9].firstChild.addEventListener('click', () => showBacktraces(process.pid, worker.worker));
  }
  const [text, look] = STATES[worker.state] ?? [worker.state, ''];
  row.className = worker.request ? '' : 'idle';
  setCells(row, [`${process.pid}${process.phase === 'serving' ? '' : ` (${process.phase})`}`, `${worker.worker}`, null, worker.request ? time(worker.request.seconds) : '', null,
    request?.script ?? '', request?.client ?? '', count(worker.requests), worker.last_memory_bytes ? bytes(worker.last_memory_bytes) : '', null], []);
  say(row.cells[2].firstChild, text);
  row.cells[2].firstChild.className = 'badge ' + look;
  say(row.cells[4].firstChild, request ? `${request.method} ${request.host}${request.path}` : '');
  say(row.cells[4].lastChild, worker.last_fatal_error ? '✕ last fatal error: ' + worker.last_fatal_error : '');
  row.cells[9].firstChild.hidden = !worker.request;
}

function showWorkers() {
  const all = processes.flatMap(process => process.workers.map((worker, i) => ({ process, worker, key: `${process.pid}:${worker.worker}:${i}` })));
  const running = all.filter(({ worker }) => worker.request || worker.state !== 'idle');
  running.sort((a, b) => (b.worker.request?.seconds ?? 0) - (a.worker.request?.seconds ?? 0));
  const idle = all.length - running.length;
  const shown = showIdle ? running.concat(all.filter(each => !running.includes(each))) : running;
  const rows = shown.length ? shown : [{ key: 'none' }];
  syncRows($('workers'), rows, each => each.key, (row, each) => {
    if (each.worker) workerRow(row, each);
    else if (!row.cells.length) row.append(el('td', { class: 'none', colspan: 10 }, 'No worker runs a request now.'));
  });
  say($('workers-note'), `${running.length} running, ${idle} idle, in ${processes.length} server process${processes.length === 1 ? '' : 'es'}`);
}

const KINDS = { fatal_error: ['✕ fatal error', 'bad', 'Errors'], server_error: ['✕ server error', 'bad', 'Errors'], slow_request: ['◷ slow', 'warn', 'Slow'],
  rejected: ['⊘ rejected', 'warn', 'Rejected'], lost_worker: ['✕ lost worker', 'bad', 'Processes'], crash: ['✕ crash', 'bad', 'Processes'],
  reload: ['↻ reload', 'good', 'Processes'], reload_failed: ['✕ reload failed', 'bad', 'Processes'] };
let events = [], lastEvent = 0, filter = 'All';

function eventRow(row, event) {
  if (row.cells.length) return;
  if (event.number == null) return row.append(el('td', { class: 'none', colspan: 5 }, 'Nothing to report.'));
  const [text, look] = KINDS[event.kind] ?? [event.kind, ''], when = new Date(event.time_ms);
  const request = event.path ? `${event.method} ${event.host}${event.path}` : `process ${event.pid}`;
  const rest = [event.script, event.request_id && 'request ' + event.request_id].filter(Boolean).join(' · ');
  row.append(el('td', { class: 'time', title: isNaN(when) ? '' : when.toISOString() }, when.toLocaleTimeString('en-GB')),
    el('td', {}, el('span', { class: 'badge ' + look }, text), event.times > 1 ? ` × ${count(event.times)}` : null),
    el('td', { class: 'number' }, event.status ? `${event.status}` : ''), el('td', { class: 'number' }, event.seconds ? time(event.seconds) : ''),
    el('td', { class: 'text' }, request, el('small', { class: look === 'bad' ? 'error' : '' }, event.message), rest ? el('small', {}, rest) : null));
}

// The same error again and again is one row, with the time of the last.
function folded(list) {
  const rows = new Map();
  for (const event of list) {
    const key = event.kind === 'slow_request' ? event.number : [event.kind, event.status, event.method, event.host, event.path, event.message].join('\n');
    const row = rows.get(key);
    if (row) row.times += event.times;
    else rows.set(key, { ...event });
  }
  return [...rows.values()];
}

function showEvents() {
  const groups = ['All', 'Errors', 'Slow', 'Rejected', 'Processes'], groupOf = event => KINDS[event.kind]?.[2];
  const body = $('filters');
  if (!body.children.length) {
    body.append(...groups.map(name => el('button', { type: 'button' })));
    groups.forEach((name, i) => body.children[i].addEventListener('click', () => { filter = name; showEvents(); }));
  }
  groups.forEach((name, i) => {
    say(body.children[i], `${name} ${name === 'All' ? events.length : events.filter(event => groupOf(event) === name).length}`);
    body.children[i].setAttribute('aria-pressed', name === filter);
  });
  const shown = folded(events.filter(event => filter === 'All' || groupOf(event) === filter));
  syncRows($('events'), shown.length ? shown : [{}], event => `${event.number}×${event.times}`, eventRow);
}

async function fetchEvents(last) {
  if (last === lastEvent) return;
  if (last < lastEvent) [events, lastEvent] = [[], 0];  // of another tusk
  const added = (await ask(`/events?format=json&after=${lastEvent}`)).events;
  events = added.reverse().concat(events).slice(0, MOST_EVENTS);
  lastEvent = events[0]?.number ?? last;
  showEvents();
}

// --- backtraces ---

// Of those that run a request, the chosen one or all. A server process sees into its own workers alone: with several
// processes there are more questions, each on a connection of its own, so that others answer too.
async function running(pid, worker) {
  const questions = Array(processes.length > 1 ? 5 : 1).fill('/workers?format=json&backtrace=1'), found = new Map();
  for (const answer of await Promise.all(questions.map(ask))) {
    for (const process of answer.processes) {
      for (const each of process.workers) {
        const key = process.pid + each.request?.id;
        if (each.request && (worker == null || process.pid === pid && each.worker === worker) && !found.get(key)?.backtrace) found.set(key, { process, ...each });
      }
    }
  }
  return [...found.values()];
}

let traced = [];
async function showBacktraces(pid, worker) {
  traced = [pid, worker];
  const dialog = $('trace');
  say($('trace-title'), worker == null ? 'What all workers run now' : `What worker ${worker} of process ${pid} runs now`);
  if (!dialog.open) dialog.showModal();
  let articles;
  try {
    articles = (await running(pid, worker)).map(each => el('article', {}, el('h2', {}, `Worker ${each.worker} of process ${each.process.pid}, ${time(each.request.seconds)}`),
      el('p', { class: 'note' }, `${each.request.method} ${each.request.host}${each.request.path}`),
      el('pre', {}, each.backtrace?.join('\n') ?? 'Its process has not answered. Try again, or use: tusk workers --backtrace')));
    if (!articles.length) articles = [el('article', {}, 'Nothing runs now.')];
  } catch (error) {
    articles = [el('article', {}, `No answer: ${error.message}`)];
  }
  $('trace-body').replaceChildren(...articles);
}

// --- polling ---

async function ask(path) {
  // Not relative: the page's address may have the token in it, and fetch() refuses that.
  const response = await fetch(location.origin + path, { signal: AbortSignal.timeout(TIMEOUT_MS), cache: 'no-store' });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.json();
}

const STATUS = { ready: ['Ready', ''], starting: ['Starting', 'warn'], draining: ['Draining', 'warn'], stalled: ['Stalled: no worker takes a request', 'bad'], lost: ['No worker is left', 'bad'] };
let version = null, answeredAt = Date.now(), timer = 0, asking = false;

function setState([text, look]) {
  say($('state'), text);
  $('state').className = 'pill ' + look;
}

function show(status) {
  // Another version may have another page.
  if (version !== null && version !== status.version) location.reload();
  version = status.version;
  setState(STATUS[status.status] ?? [status.status, 'warn']);
  const s = sampleOf(status);
  addSample(s);
  showTiles(s);
  for (const chart of charts) chart.draw();
  processes = status.processes;
  showWorkers();
  $('totals').replaceChildren(...status.totals.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));
  $('profile').hidden = !status.pages.includes('/profile');
}

async function poll() {
  clearTimeout(timer);
  if (document.hidden || asking) return;
  asking = true;
  try {
    const status = await ask('/status');
    answeredAt = Date.now();
    show(status);
    await fetchEvents(status.last_event);
    document.documentElement.classList.remove('lost');
  } catch (error) {
    document.documentElement.classList.add('lost');
    setState([`Connection lost for ${Math.ceil((Date.now() - answeredAt) / 1000)} s (${error.message}), trying again`, 'bad']);
  }
  asking = false;
  timer = setTimeout(poll, POLL_MS);
}

function start() {
  document.documentElement.classList.add('js');
  const profile = el('button', { type: 'button', id: 'profile', hidden: '' }, 'Profile 10 s');
  document.querySelector('nav').append(profile);
  profile.addEventListener('click', () => {
    window.open('/profile?seconds=10&format=flamegraph', '_blank', 'noopener');
    profile.disabled = true;
    for (let s = 0; s <= 10; ++s) setTimeout(() => { say(profile, s < 10 ? `Profiling, ${10 - s} s` : 'Profile 10 s'); profile.disabled = s < 10; }, 1000 * s);
  });
  $('charts').append(...charts.map(chart => chart.figure));
  $('show-idle').addEventListener('click', event => { showIdle = !showIdle; event.currentTarget.setAttribute('aria-pressed', showIdle); showWorkers(); });
  $('all-backtraces').addEventListener('click', () => showBacktraces());
  $('trace-close').addEventListener('click', () => $('trace').close());
  $('trace-again').addEventListener('click', () => showBacktraces(...traced));
  for (const body of ['workers', 'events']) $(body).replaceChildren();
  document.addEventListener('visibilitychange', poll);
  new ResizeObserver(() => charts.forEach(chart => chart.draw())).observe($('charts'));
  showEvents();
  poll();
}
start();
