<?php
// proc_open() with pipes, its own directory and its own environment.

$process = proc_open('cat; echo "$PROBE" >&2; pwd; exit 7', [['pipe', 'r'], ['pipe', 'w'], ['pipe', 'w']], $pipes, '/', ['PROBE' => 'own', 'PATH' => getenv('PATH')]);
fwrite($pipes[0], "to the program\n");
fclose($pipes[0]);
var_dump(stream_get_contents($pipes[1]), stream_get_contents($pipes[2]), proc_close($process));
