<?php
// Stream wrappers that a script registers are gone in the next request.
//> GET @
//> GET @

var_dump(in_array('probe', stream_get_wrappers()));
class ProbeStream
{
    public $context;
    private $at = 0;
    public function stream_open($path, $mode, $options, &$opened) { return true; }
    public function stream_read($count) { return $this->at++ ? '' : 'from the wrapper'; }
    public function stream_eof() { return $this->at > 0; }
    public function stream_stat() { return []; }
}
stream_wrapper_register('probe', 'ProbeStream');
echo file_get_contents('probe://x');
stream_wrapper_unregister('file');
var_dump(@file_get_contents(__FILE__));
