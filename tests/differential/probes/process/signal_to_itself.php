<?php
// A script handles the signals that it sends to itself: at once, or when it waits for them.
//! needs: pcntl

$noted = [];
$note = function (int $signal, array $info) use (&$noted) {
    $noted[] = [$signal, $info['signo'], $info['code'], $info['pid'] === getmypid()];
};
pcntl_async_signals(true);
var_dump(pcntl_signal(SIGUSR1, $note), posix_kill(posix_getpid(), SIGUSR1), $noted);
pcntl_async_signals(false);
pcntl_signal(SIGTERM, $note);
pcntl_signal(SIGHUP, SIG_IGN);
var_dump(posix_kill(getmypid(), SIGTERM), posix_kill(getmypid(), SIGHUP), count($noted));
pcntl_signal_dispatch();
var_dump($noted);
