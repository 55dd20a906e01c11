<?php
// stream_copy_to_stream() into php://output.

$from = fopen('php://memory', 'w+');
fwrite($from, str_repeat('0123456789', 2000));
rewind($from);
var_dump(stream_copy_to_stream($from, fopen('php://output', 'w')));
