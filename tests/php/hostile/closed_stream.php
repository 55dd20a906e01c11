<?php // The stream is closed while vfprintf() makes its text.
$f = fopen('php://temp', 'w');
vfprintf($f, '%s', [new class($f) {
    function __construct(public $f) {}
    function __toString() { fclose($this->f); return 'x'; }
}]);
echo 'done';
