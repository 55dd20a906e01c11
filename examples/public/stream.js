// Reads the two streams of stream.php and writes down when each piece arrived.
'use strict';

function show(log, started, text) {
  const line = document.createElement('li');
  const time = document.createElement('time');
  time.textContent = ((performance.now() - started) / 1000).toFixed(2) + ' s';
  line.append(time, ' ', text);
  log.append(line);
  log.scrollTop = log.scrollHeight;
}

// Calls `each` for every line of the body as it arrives.
async function readLines(url, signal, each) {
  const response = await fetch(url, {signal});
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop();
    lines.forEach(each);
  }
}

function readEvents(url, signal, each) {
  return new Promise((resolve, reject) => {
    const source = new EventSource(url);
    const end = (settle, reason) => { source.close(); settle(reason); };
    source.addEventListener('tick', (event) => each(event.data));
    source.addEventListener('done', () => end(resolve));
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CLOSED) end(reject, new Error('refused'));
    });
    signal.addEventListener('abort', () => end(reject, new DOMException('stopped', 'AbortError')));
  });
}

const readers = {lines: readLines, events: readEvents};

for (const button of document.querySelectorAll('button[data-stream]')) {
  const log = document.getElementById(`${button.dataset.stream}-log`);
  const progress = button.parentElement.querySelector('progress');
  let running = null;
  button.addEventListener('click', async () => {
    if (running) {
      running.abort();
      return;
    }
    running = new AbortController();
    button.textContent = 'Stop';
    log.replaceChildren();
    progress.value = 0;
    const started = performance.now();
    try {
      await readers[button.dataset.stream](button.dataset.from, running.signal, (text) => {
        progress.value += 1;
        show(log, started, text);
      });
      show(log, started, 'end');
    } catch (error) {
      show(log, started, error.name === 'AbortError' ? 'stopped' : error.message);
    }
    button.textContent = 'Start';
    running = null;
  });
}
