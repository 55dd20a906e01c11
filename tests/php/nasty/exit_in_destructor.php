<?php
class Leaves { public function __destruct() { echo 'destructor '; exit(1); } }
$kept = new Leaves;
echo 'script ';
