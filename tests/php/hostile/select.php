<?php // stream_select(), as loops of proc_open() and many clients use it.
$pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
fwrite($pair[1], 'x');
$r = [$pair[0]]; $w = $e = null;
echo @stream_select($r, $w, $e, 2) === 1 ? 'ready' : 'failed';
