<?php
// A program that is started inherits none of the server's sockets, pipes and event descriptors.

$open = shell_exec('for f in /proc/self/fd/*; do n=${f##*/}; [ "$n" -gt 2 ] && readlink $f; done');
$open = preg_grep('/^(socket|pipe|anon_inode)/', explode("\n", (string) $open));
echo preg_replace('/\d+/', 'N', implode("\n", $open));
