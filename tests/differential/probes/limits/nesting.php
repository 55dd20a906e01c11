<?php
// unserialize() and var_export() of nested data.

$x = [];
for ($i = 0; $i < 500; $i++) {
    $x = [$x];
}
var_dump(strlen(serialize($x)), unserialize(serialize($x)) === $x, strlen(var_export($x, true)));
