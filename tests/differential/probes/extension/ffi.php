<?php
// FFI is off for scripts.

try {
    FFI::cdef('int getpid(void);', 'libc.so.6');
    echo 'allowed';
} catch (FFI\Exception $e) {
    echo $e->getMessage();
}
