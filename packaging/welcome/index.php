<?php

declare(strict_types=1);

header('Cache-Control: no-store');
?>
<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>tusk works</title>
<style>
body { font: 1rem/1.6 system-ui, sans-serif; margin: 12vh auto; max-width: 36rem; padding: 0 1rem; color: #222; }
code { background: #eee; border-radius: .2rem; padding: .1rem .3rem; }
@media (prefers-color-scheme: dark) { body { background: #181818; color: #ddd; } code { background: #333; } }
</style>
<h1>tusk works</h1>
<p>The server runs, and PHP has made this page in <?= number_format((microtime(true) - $_SERVER['REQUEST_TIME_FLOAT']) * 1000, 1) ?> ms.</p>
<p>To serve your application instead, run <code>sudo tusk init</code> on the server, or edit
<code>/etc/tusk/tusk.toml</code> and run <code>sudo systemctl reload tusk</code>.</p>
</html>
