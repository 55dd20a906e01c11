<?php
// stream_socket_pair() and stream_select().

[$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
fwrite($a, 'ping');
$read = [$b];
$none = null;
var_dump(stream_select($read, $none, $none, 5), fread($b, 10));
