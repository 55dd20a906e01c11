<?php
// Calls a C function that no signal and no limit ends: it waits for the test at the barrier in the
// file ?barrier= (tests/harness/barrier.py), and uses no CPU meanwhile.
$c = FFI::cdef('
    int open(const char *, int);
    int close(int);
    void *mmap(void *, size_t, int, int, int, long);
    int pthread_barrier_wait(void *);
');
$file = $c->open($_GET['barrier'], 2);
$memory = $c->mmap(null, 4096, 3, 1, $file, 0);
$c->close($file);
$c->pthread_barrier_wait($memory);
echo 'came back';
