<?php
// headers_sent() tells where output began.

var_dump(headers_sent($file, $line), $file, $line);
echo 'first output';
flush();
var_dump(headers_sent($file, $line), basename($file), $line);
