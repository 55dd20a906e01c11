<?php
class Breaks { public function __destruct() { throw new LogicException('from a destructor'); } }
$kept = new Breaks;
echo 'script ';
