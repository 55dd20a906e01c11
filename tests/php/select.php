<?php
// Calls select() in each of its forms, on descriptors that this request opens.
$got = [];

$pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
fwrite($pair[0], 'x');
[$read, $write, $except] = [[$pair[1]], [$pair[0]], []];
$got['stream_select'] = stream_select($read, $write, $except, 5);

socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $sockets);
socket_write($sockets[0], 'x');
[$read, $write, $except] = [[$sockets[1]], [$sockets[0]], []];
$got['socket_select'] = socket_select($read, $write, $except, 5);

$process = proc_open('echo out; echo err >&2', [1 => ['pipe', 'w'], 2 => ['pipe', 'w']], $pipes);
$output = '';
while ($pipes) {
    [$read, $write, $except] = [$pipes, [], []];
    if (!stream_select($read, $write, $except, 5)) {
        break;
    }
    foreach ($read as $pipe) {
        $output .= fread($pipe, 100);
        if (feof($pipe)) {
            unset($pipes[array_search($pipe, $pipes, true)]);
        }
    }
}
$lines = explode("\n", trim($output));
sort($lines);
$got['proc_open'] = implode(' ', $lines) . proc_close($process);

header('Content-Type: application/json');
echo json_encode($got);
