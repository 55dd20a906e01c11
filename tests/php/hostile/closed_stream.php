<?php // Closes the stream while vfprintf() formats its text.
$f = fopen('php://temp', 'w');
vfprintf($f, '%s', [new class($f) {
    function __construct(public $f) {}
    function __toString() { fclose($this->f); return 'x'; }
}]);
echo 'done';
