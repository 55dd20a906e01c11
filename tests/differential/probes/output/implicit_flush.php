<?php
// ob_implicit_flush() sends each output at once.

ob_implicit_flush();
echo 'a';
var_dump(headers_sent());
echo 'b';
