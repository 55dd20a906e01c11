<?php // Listens on the server's own port.
$context = stream_context_create(['socket' => ['so_reuseport' => true]]);
$s = @stream_socket_server("tcp://127.0.0.1:$_SERVER[SERVER_PORT]", $n, $t, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, $context);
for ($i = 0; $s && $i < 100; $i++) usleep(10000);
echo $s ? 'bound' : 'refused';
