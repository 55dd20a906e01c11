<?php // A forked process lives on: does it keep what others had open?
if (isset($_GET['lock'])) {
    $f = fopen(sys_get_temp_dir() . '/lock', 'c');
    flock($f, LOCK_EX);
    file_put_contents(sys_get_temp_dir() . '/locked', 'x');
    for ($i = 0; $i < 300 && is_file(sys_get_temp_dir() . '/locked'); $i++) usleep(10000);
    exit;
}
if (isset($_GET['look'])) {
    exit(flock(fopen(sys_get_temp_dir() . '/lock', 'c'), LOCK_EX | LOCK_NB) ? 'free' : 'locked');
}
if (pcntl_fork() === 0) { for ($i = 0; $i < 400; $i++) usleep(10000); exit; }
echo 'forked';
