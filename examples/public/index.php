<?php
// Shows details of the server, PHP, OPcache and the superglobals for this request.

declare(strict_types=1);

require_once __DIR__ . '/../src/page.php';

// The variables that are shown, by name. The environment may contain passwords and is not shown.
const SHOWN = [
    'REQUEST_METHOD', 'REQUEST_URI', 'QUERY_STRING', 'SERVER_PROTOCOL', 'REQUEST_SCHEME', 'SCRIPT_NAME',
    'SCRIPT_FILENAME', 'PATH_INFO', 'PHP_SELF', 'DOCUMENT_ROOT', 'SERVER_NAME', 'SERVER_ADDR',
    'SERVER_PORT', 'REMOTE_ADDR', 'REMOTE_PORT', 'CONTENT_TYPE', 'CONTENT_LENGTH', 'REQUEST_TIME_FLOAT',
    'HTTP_HOST', 'HTTP_USER_AGENT', 'HTTP_ACCEPT', 'HTTP_ACCEPT_LANGUAGE', 'HTTP_ACCEPT_ENCODING',
];

// redirect.php leaves one of these words. Other words show no message.
const FLASHES = ['redirected' => 'You were redirected here. A cookie carried this message, and has been deleted.'];

function take_flash(): ?string
{
    if (!isset($_COOKIE['flash'])) {
        return null;
    }
    setcookie('flash', '', ['expires' => 1, 'path' => '/']);
    return is_string($_COOKIE['flash']) ? FLASHES[$_COOKIE['flash']] ?? null : null;
}

function card(string $title, string $value, string $note): void
{
    echo '<li class="card"><h3>', h($title), '</h3><p class="value">', h($value),
        '</p><p class="note">', h($note), '</p></li>';
}

function opcache_card(): void
{
    $status = function_exists('opcache_get_status') ? opcache_get_status(false) : false;
    if ($status === false) {
        card('OPcache', 'off', 'every request compiles its scripts');
        return;
    }
    $memory = $status['memory_usage'];
    $scripts = $status['opcache_statistics']['num_cached_scripts'];
    card(
        'OPcache',
        $status['opcache_enabled'] ? 'on' : 'off',
        $scripts . ($scripts === 1 ? ' script, ' : ' scripts, ')
            . bytes($memory['used_memory']) . ' used of '
            . bytes($memory['used_memory'] + $memory['free_memory'])
            . ', JIT ' . (($status['jit']['on'] ?? false) ? 'on' : 'off'),
    );
}

$flash = take_flash();
page_begin('It works', 'A PHP script made this page, in a thread of the server that sent it.');

if ($flash !== null) {
    echo '<p class="flash" role="status">', h($flash), '</p>';
}

echo '<section aria-labelledby="running"><h2 id="running">What is running</h2><ul class="cards">';
card('Server', $_SERVER['SERVER_SOFTWARE'], 'over ' . $_SERVER['SERVER_PROTOCOL']);
card('PHP', PHP_VERSION, (PHP_ZTS ? 'thread-safe, ' : 'not thread-safe, ') . 'SAPI ' . PHP_SAPI);
opcache_card();
card(
    'Memory',
    bytes(memory_get_peak_usage()),
    'peak of this request; the limit is ' . ini_get('memory_limit'),
);
echo '</ul></section>';

echo '<section aria-labelledby="try"><h2 id="try">Things to try</h2><ul class="links">',
    '<li><a href="/upload.php">Send a form with files</a><span>what PHP receives, with previews</span></li>',
    '<li><a href="/stream.php">Watch a response arrive</a><span>flush() and Server-Sent Events</span></li>',
    '<li><a href="/redirect.php">Follow a redirect</a><span>header(), setcookie() and exit</span></li>',
    '<li><a href="/index.php/a/path?name=%3Cb%3Etusk%3C/b%3E&amp;list[]=1&amp;list[]=2#get">Send a path and a query</a>',
    '<span>see $_GET and $_SERVER below</span></li>',
    '<li><a href="/tusk.svg">Fetch a static file</a><span>no PHP: the server sends it</span></li>',
    '<li><a href="/no/such/page">Request a page that does not exist</a><span>404</span></li>',
    '</ul></section>';

echo '<section aria-labelledby="get"><h2 id="get">Superglobals</h2>';
table('$_GET', $_GET);
table('$_POST', $_POST, 'empty; the upload page sends a form');
// Browsers send the cookies of every program on this host, whatever its port: show only names.
table('$_COOKIE', array_map(fn ($value) => '(not shown)', $_COOKIE));
$shown = array_intersect_key($_SERVER, array_flip(SHOWN));
table('$_SERVER, in part', array_replace(array_intersect_key(array_flip(SHOWN), $shown), $shown));
echo '</section>';

$extensions = get_loaded_extensions();
natcasesort($extensions);
echo '<section aria-labelledby="extensions"><h2 id="extensions">Extensions</h2>',
    '<details><summary>', count($extensions), ' are loaded</summary><ul class="tags">';
foreach ($extensions as $extension) {
    echo '<li>', h($extension), '</li>';
}
echo '</ul></details></section>';

page_end();
