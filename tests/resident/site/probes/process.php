<?php

return [
    'environment' => fn () => [putenv('PROBE=1'), putenv('LC_ALL=de_DE'), putenv('HOME'), putenv('NEW=x'),
        getenv('PROBE'), getenv('HOME'), getenv('NEW')],
    'environment again' => fn () => [putenv('PROBE=2'), putenv('PROBE'), getenv('PROBE'), putenv('PROBE=3')],
    'temporary directory' => fn () => [putenv('TMPDIR=/var/tmp'), sys_get_temp_dir()],
    'time zone variable' => fn () => [putenv('TZ=Asia/Tokyo'), mktime(0, 0, 0, 1, 1, 2000)],
    'child' => function () {
        exec('umask; echo "$PROBE$NEW"; pwd', $lines, $status);
        return [$lines, $status];
    },
    'child left' => function () {
        $process = proc_open(['true'], [], $pipes);
        return is_resource($process);
    },
    'child not awaited' => function () {
        exec('true &');
        $pid = pcntl_fork();
        if ($pid === 0) {
            posix_kill(posix_getpid(), SIGKILL);
        }
        return $pid > 0;
    },
    'locale' => fn () => [setlocale(LC_ALL, 'C', 'POSIX'), setlocale(LC_CTYPE, 0), sprintf('%.1f', 1.5)],
    'locale of one category' => fn () => [setlocale(LC_NUMERIC, 'de_DE.UTF-8', 'C.UTF-8', 'C'), setlocale(LC_TIME, 'C')],
    'directory' => fn () => [chdir('/tmp'), getcwd(), realpath('.')],
    'directory by name' => fn () => [chdir('..'), basename(getcwd())],
    'umask' => fn () => [umask(0777), umask()],
    'umask again' => fn () => [umask(), umask(0011), umask(0022)],
    'priority' => fn () => [pcntl_setpriority(5), pcntl_getpriority()],
    'processors' => fn () => count(@pcntl_getcpuaffinity() ?: []) > 0 && pcntl_setcpuaffinity(null, [0]),
    'signals' => function () {
        pcntl_signal(SIGUSR1, fn () => print 'signal');
        pcntl_signal(SIGTERM, SIG_IGN);
        pcntl_sigprocmask(SIG_BLOCK, [SIGINT, SIGTERM]);
        pcntl_async_signals(!pcntl_async_signals());
        return value_of_handler(pcntl_signal_get_handler(SIGTERM));
    },
    'signal of nobody' => function () {
        pcntl_async_signals(false);
        pcntl_signal(SIGUSR2, fn () => print 'signal');
        return posix_kill(posix_getpid(), SIGUSR2);
    },
    'signals put back by the probe' => fn () => [pcntl_signal(SIGUSR1, SIG_DFL), pcntl_sigprocmask(SIG_SETMASK, [SIGURG])],
    'syslog' => fn () => [openlog('probe', LOG_PID, LOG_LOCAL0), closelog()],
    'gettext' => fn () => [textdomain('probe'), bindtextdomain('probe', '/tmp'), textdomain(null)],
    'user of the script' => fn () => [get_current_user() !== '', getmyuid() === getmyuid()],
    'stat cache' => fn () => [file_exists('/etc/hostname'), is_dir('/tmp'), is_link('/tmp')],
    'errno' => fn () => [posix_kill(1, 99), posix_errno(), @pcntl_setpriority(1, 999999), pcntl_get_last_error()],
];
