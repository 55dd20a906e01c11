<?php
// php://input: seeking, its end, and its metadata.
//> PUT @
//: Content-Type: text/plain
//= 12345

$in = fopen('php://input', 'r');
var_dump(fread($in, 5), feof($in), fread($in, 1), feof($in), rewind($in), ftell($in));
$meta = stream_get_meta_data($in);
var_dump($meta['mode'], $meta['seekable'], $meta['uri'], $meta['stream_type']);
