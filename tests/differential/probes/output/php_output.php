<?php
// php://output goes through output buffers.

ob_start(fn ($text) => strtoupper($text));
file_put_contents('php://output', 'through php://output ');
fputcsv(fopen('php://output', 'w'), ['a b', 'c"d', 'e,f'], ',', '"', '');
