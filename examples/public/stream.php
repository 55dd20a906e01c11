<?php
// Shows two responses that arrive while scripts write them. stream.js reads them.

declare(strict_types=1);

require_once __DIR__ . '/../src/page.php';

page_begin('Streaming', 'flush() sends the output of a script so far. Each of these takes five seconds.');
?>
<noscript><p class="flash">Without JavaScript, open <a href="/lines.php">lines.php</a> and watch it load.</p></noscript>
<div class="columns">
  <section class="panel" aria-labelledby="lines">
    <h2 id="lines">A long answer</h2>
    <p><code>lines.php</code> writes a line, flushes and sleeps. The browser reads the body with <code>fetch()</code>.</p>
    <div class="controls">
      <button type="button" data-stream="lines" data-from="/lines.php">Start</button>
      <progress max="10" value="0" aria-label="Progress of the long answer"></progress>
    </div>
    <ol class="log" id="lines-log" role="log" aria-label="Lines received" tabindex="0"></ol>
  </section>
  <section class="panel" aria-labelledby="events">
    <h2 id="events">Server-Sent Events</h2>
    <p><code>events.php</code> does the same as <code>text/event-stream</code>, for <code>EventSource</code>.</p>
    <div class="controls">
      <button type="button" data-stream="events" data-from="/events.php">Start</button>
      <progress max="10" value="0" aria-label="Progress of the events"></progress>
    </div>
    <ol class="log" id="events-log" role="log" aria-label="Events received" tabindex="0"></ol>
  </section>
</div>
<p class="note">The time before each line is the time of its arrival. A script that streams occupies its worker
until it ends. If you stop it, the script notices at one of its next writes, and ends.</p>
<script src="/stream.js" defer></script>
<?php
page_end();
