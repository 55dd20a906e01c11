<?php
// Code that the pages of the example site share: their frame, and escaping.
//
// This file is outside public/, so no URL leads to it.

declare(strict_types=1);

const PAGES = [
    '/index.php' => 'Overview',
    '/upload.php' => 'Upload',
    '/stream.php' => 'Streaming',
];

// Escapes everything that comes from outside before it goes into HTML.
function h(mixed $value): string
{
    return htmlspecialchars((string) $value, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
}

function page_begin(string $title, string $lead): void
{
    header('Content-Type: text/html; charset=utf-8');
    // These pages load nothing from other sites; pictures of an upload are data: URLs.
    header("Content-Security-Policy: default-src 'self'; img-src 'self' data:; frame-ancestors 'none'");
    header('X-Content-Type-Options: nosniff');
    header('Referrer-Policy: same-origin');

    echo '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        '<title>', h($title), ' · tusk</title>',
        '<link rel="icon" href="/tusk.svg" type="image/svg+xml">',
        '<link rel="stylesheet" href="/style.css"></head><body>',
        '<a class="skip" href="#main">Skip to the content</a>',
        '<header class="top"><div class="wide"><a class="brand" href="/">',
        '<img src="/tusk.svg" width="28" height="28" alt="">tusk</a>',
        '<nav aria-label="Pages">';
    foreach (PAGES as $path => $name) {
        $here = $_SERVER['SCRIPT_NAME'] === $path ? ' aria-current="page"' : '';
        echo '<a href="', $path === '/index.php' ? '/' : h($path), '"', $here, '>', h($name), '</a>';
    }
    echo '</nav></div></header><main id="main" class="wide">',
        '<h1>', h($title), '</h1><p class="lead">', h($lead), '</p>';
}

function page_end(): void
{
    $milliseconds = (microtime(true) - $_SERVER['REQUEST_TIME_FLOAT']) * 1000;
    echo '</main><footer class="wide"><p>This page took PHP ',
        h(number_format($milliseconds, 2)), ' ms. The source of this example is in ',
        '<code>examples/</code>. It shows details of the server, so do not put it on a public one.',
        '</p></footer></body></html>';
}

// A table of names and values. A value may be an array, as in $_GET.
function table(string $caption, array $rows, string $empty = 'empty'): void
{
    echo '<div class="scroll"><table><caption>', h($caption), '</caption><tbody>';
    foreach ($rows as $name => $value) {
        echo '<tr><th scope="row">', h($name), '</th><td>', value($value), '</td></tr>';
    }
    if ($rows === []) {
        echo '<tr><td class="none">', h($empty), '</td></tr>';
    }
    echo '</tbody></table></div>';
}

function value(mixed $value): string
{
    if (is_array($value)) {
        $flags = JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE
            | JSON_INVALID_UTF8_SUBSTITUTE;
        return '<pre>' . h(json_encode($value, $flags)) . '</pre>';
    }
    if ($value === '') {
        return '<span class="none">""</span>';
    }
    return h(is_bool($value) ? ($value ? 'yes' : 'no') : $value);
}

function bytes(int|float $count): string
{
    if ($count < 1024) {
        return $count . ($count === 1 ? ' byte' : ' bytes');
    }
    foreach (['KiB', 'MiB'] as $unit) {
        $count /= 1024;
        if ($count < 1024) {
            return number_format($count, 1) . ' ' . $unit;
        }
    }
    return number_format($count / 1024, 1) . ' GiB';
}
