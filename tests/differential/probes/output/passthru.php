<?php
// passthru() and system() send a program's output.

passthru('echo one; echo two >&2 2>/dev/null', $code);
var_dump($code, system('echo three; exit 3', $code), $code);
