<?php
// WeakMap and WeakReference forget.

$map = new WeakMap();
$o = new stdClass();
$map[$o] = 1;
$reference = WeakReference::create($o);
echo count($map);
unset($o);
var_dump(count($map), $reference->get());
