<?php
// The order at the end: shutdown functions, destructors, output buffers.

ob_start(function ($text) {
    return $text . 'buffer ';
});
class D
{
    public function __destruct()
    {
        echo 'destructor ';
    }
}
$d = new D();
register_shutdown_function(fn () => print('shutdown '));
echo 'script ';
