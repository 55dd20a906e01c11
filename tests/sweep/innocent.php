<?php
// A visitor's request beside the sweep. Its output never changes: it shows process state that another
// request could have changed, and the work of a page.

$db = new PDO('sqlite::memory:');
$db->exec('CREATE TABLE t (a, b); INSERT INTO t VALUES (1, "one"), (2, "two")');
$dom = new DOMDocument;
$dom->loadXML('<page><title>innocent</title></page>');
$state = [
    'ini' => md5(serialize(array_diff_key(ini_get_all(null, false), ['date.timezone' => 0]))),
    'time zone' => [date_default_timezone_get(), date('Y-m-d H:i:s', 86400 * 365)],
    'locale' => [setlocale(LC_ALL, 0), sprintf('%.2f', 1234.5), strtoupper('aä'), localeconv()['decimal_point']],
    'environment' => md5(serialize(array_filter(getenv(), fn($n) => !str_starts_with($n, 'REMOTE_'), ARRAY_FILTER_USE_KEY))),
    'umask' => umask(),
    'directory' => getcwd() === __DIR__,
    'functions' => array_map('count', get_defined_functions(true)),
    'classes' => count(get_declared_classes()),
    'encodings' => [mb_internal_encoding(), mb_regex_encoding(), mb_substitute_character(), iconv_get_encoding()],
    'services' => [getservbyname('http', 'tcp'), getprotobyname('udp')],
    'limits' => posix_getrlimit(),
    'identity' => [posix_getuid(), posix_geteuid(), posix_getgid(), posix_getsid(0), pcntl_getpriority()],
    'last error' => error_get_last(),
    'libxml' => [libxml_use_internal_errors(), libxml_get_last_error()],
    'textdomain' => function_exists('textdomain') ? textdomain(null) : null,
    'sapi' => [PHP_SAPI, php_sapi_name()],
    'superglobals' => [$_GET, $_POST, $_COOKIE, $_FILES, isset($_SESSION)],
    'buffers' => ob_get_status(true),
    'headers' => headers_list(),
    'wrappers' => [stream_get_wrappers(), stream_get_filters(), stream_get_transports()],
    'autoloaders' => spl_autoload_functions(),
    'database' => $db->query('SELECT group_concat(b) FROM t')->fetchColumn(),
    'heap limit' => $db->query('PRAGMA hard_heap_limit')->fetchColumn(),
    'document' => $dom->saveXML($dom->documentElement),
    'work' => md5(implode(',', array_map(fn($n) => $n ** 2, range(1, 2000)))),
    'collation' => (new Collator('de'))->compare('ä', 'z'),
    'pattern' => preg_replace_callback('/\w+/u', fn($m) => ucfirst($m[0]), 'grüße an alle'),
];
header('Content-Type: application/json');
echo json_encode($state, JSON_PRETTY_PRINT | JSON_PARTIAL_OUTPUT_ON_ERROR);
