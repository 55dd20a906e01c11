<?php
// zlib.output_compression for a client without Accept-Encoding: Vary is set nevertheless.

ini_set('zlib.output_compression', '1');
echo str_repeat('do not compress me ', 20);
