// The dashboard of tusk's internal server: asks /status once a second and draws what has changed.
// Texts of requests and scripts are hostile: they only ever become text nodes.

const POLL_MS = 1000, TIMEOUT_MS = 8000, MOST_EVENTS = 256;

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

const STATES = { busy: ['▶ busy', 'good'], idle: ['○ idle', ''], lost: ['✕ lost', 'bad'], starting: ['… starting', 'warn'], booting: ['… booting', 'warn'], stopped: ['■ stopped', 'warn'] };
let showIdle = false, processes = [];

function workerRow(row, { process, worker }) {
  const request = worker.request ?? worker.last_request, runs = worker.request ?? worker.boot;
  if (!row.cells.length) {
    setCells(row, Array(10).fill(''), ['', '', '', 'number', 'text', 'text mono', '', 'number', 'number', '']);
    row.cells[2].append(el('span', { class: 'badge' }));
    row.cells[4].append(el('span'), el('small'));
    row.cells[9].append(el('button', { type: 'button' }, 'Backtrace'));
    row.cells[9].firstChild.addEventListener('click', () => showBacktraces(process.pid, worker.worker));
  }
  const [text, look] = STATES[worker.state] ?? [worker.state, ''];
  row.className = runs ? '' : 'idle';
  setCells(row, [`${process.pid}${process.phase === 'serving' ? '' : ` (${process.phase})`}`, `${worker.worker}${worker.pool && worker.pool !== 'default' ? ' ' + worker.pool : ''}`, null, runs ? time(runs.seconds) : '', null,
    (request ?? worker.boot)?.script ?? '', request?.client ?? '', count(worker.requests), worker.last_memory_bytes ? bytes(worker.last_memory_bytes) : '', null], []);
  say(row.cells[2].firstChild, text);
  row.cells[2].firstChild.className = 'badge ' + look;
  say(row.cells[4].firstChild, request ? `${request.method} ${request.host}${request.path}` : '');
  say(row.cells[4].lastChild, worker.last_fatal_error ? `last fatal error, ${whenFatal(worker.last_fatal_error)}: ${worker.last_fatal_error}` : '');
  row.cells[9].firstChild.hidden = !worker.request;
}

// It is that of some request before. The events know when, unless there have been many others since.
function whenFatal(message) {
  const event = events.find(each => each.kind === 'fatal_error' && each.message.startsWith(message.slice(0, 200)));
  return event ? time(Math.max(0, Date.now() - event.time_ms) / 1000) + ' ago' : 'some time ago';
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

// The same error again and again is one row, with the time of the last. What is said of a slow request while it runs
// and at its end is one row, too: the latter.
function folded(list) {
  const rows = new Map();
  for (const event of list) {
    const isSlow = event.kind === 'slow_request';
    const key = isSlow ? event.request_id || event.number : [event.kind, event.status, event.method, event.host, event.path, event.message].join('\n');
    const row = rows.get(key);
    if (row) row.times += isSlow ? 0 : event.times;
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
  if (last < lastEvent) [events, lastEvent] = [[], 0];  // tusk was restarted
  const added = (await ask(`/events?format=json&after=${lastEvent}`)).events;
  events = added.reverse().concat(events).slice(0, MOST_EVENTS);
  lastEvent = events[0]?.number ?? last;
  showEvents();
}

// --- backtraces ---

// Returns the chosen worker if it runs a request, or all workers that do. A server process sees its own workers only.
// So with several processes this asks several times, on a connection each, for other processes to answer too.
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

const STATUS = { ready: ['Ready', ''], starting: ['Starting', 'warn'], draining: ['Draining', 'warn'], stalled: ['Stalled: no worker takes a request', 'bad'], lost: ['No worker is left', 'bad'], down: ['A resident script does not boot', 'bad'] };
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
