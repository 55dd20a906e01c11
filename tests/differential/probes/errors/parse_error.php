<?php
// A parse error in an included file can be caught.

try {
    include __DIR__ . '/parts/parse_error.txt';
} catch (ParseError $e) {
    echo $e->getMessage(), ' ', $e->getLine();
}
