<?php
// ?size= bytes of compressible text, different for each ?seed=, with the fields ?header[]=.
// ?pieces= of it are flushed, one by one; before the last but one, ?until= must exist.
foreach ($_GET['header'] ?? [] as $line) {
    header($line);
}
if (isset($_GET['status'])) {
    http_response_code((int) $_GET['status']);
}
$size = (int) ($_GET['size'] ?? 5000);
$seed = $_GET['seed'] ?? 'a';
$text = '';
for ($i = 0; strlen($text) < $size; $i++) {
    $text .= "line $i of $seed\n";
}
$text = substr($text, 0, $size);
$etag = $_GET['etag'] ?? null;
if ($etag !== null) {
    header('ETag: "' . $etag . '"');
    $asked = $_SERVER['HTTP_IF_NONE_MATCH'] ?? '';
    // As scripts do: some compare texts, some know what W/ is.
    $known = isset($_GET['naive']) ? $asked === "\"$etag\"" : str_contains($asked, "\"$etag\"");
    if ($known) {
        http_response_code(304);
        exit;
    }
}
$pieces = (int) ($_GET['pieces'] ?? 0);
foreach (str_split($text, max(1, intdiv($size, max(1, $pieces)))) as $number => $piece) {
    if ($pieces > 0 && $number === $pieces - 1) {
        while (isset($_GET['until']) && !file_exists($_GET['until'])) {
            usleep(2000);
            clearstatcache();
        }
    }
    echo $piece;
    if ($pieces > 0) {
        flush();
    }
}
if (isset($_GET['fatal'])) {
    undefined_function();
}
if (isset($_GET['finish'])) {
    fastcgi_finish_request();
    echo 'not for the client';
    touch($_GET['finish']);
}
