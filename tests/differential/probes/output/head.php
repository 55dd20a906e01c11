<?php
// HEAD: the header of GET without its body.
//> HEAD @

header('X-Method: ' . $_SERVER['REQUEST_METHOD']);
echo 'body';
